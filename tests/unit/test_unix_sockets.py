"""Unix sockets: their URLs, and options of TCP that they take for set."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from fastpoly.errors import UsageError
from fastpoly.unix_sockets import UnixSocket, is_unix, socket_path, split_unix_url, unix_url

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets")


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/run/hub.sock", "ws+unix:///run/hub.sock:/stocks"),
        ("/run/a b:c?d#e@f%g", "ws+unix:///run/a%20b%3Ac%3Fd%23e%40f%25g:/stocks"),
        ("/run/\u00e4", "ws+unix:///run/%C3%A4:/stocks"),
        (os.fsdecode(b"/run/\xff"), "ws+unix:///run/%FF:/stocks"),
    ],
)
def test_any_path_is_told_by_a_url(path: str, url: str) -> None:
    assert unix_url(path, "stocks") == unix_url(path, "/stocks") == url
    assert split_unix_url(url) == (path, "/stocks", "")
    assert is_unix(url)


def test_what_is_asked_for() -> None:
    assert split_unix_url("ws+unix:///a.sock") == ("/a.sock", "", "")
    assert split_unix_url("ws+unix:///a.sock:/x/y?z=1:2") == ("/a.sock", "/x/y", "z=1:2")
    assert not is_unix("ws://localhost/ws+unix:")


def test_a_path_is_made_full_and_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir("/")
    assert socket_path("hub.sock") == "/hub.sock"
    assert socket_path(Path("/run/../hub.sock")) == "/hub.sock"
    assert len(socket_path("a" * 100)) == 101
    # Twice the bytes of its characters.
    for path in ("a" * 107, "\u00e4" * 60, tmp_path / ("a" * 107)):
        with pytest.raises(UsageError, match=r"room for 10\d.*Choose a short one"):
            socket_path(path)


def test_options_of_tcp_are_taken_for_set() -> None:
    with tempfile.TemporaryDirectory() as folder, UnixSocket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/s")
        listening.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{folder}/s")
            accepted, _ = listening.accept()
            with accepted:
                assert isinstance(accepted, UnixSocket)
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
                # Others are its own.
                before = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, before // 4)
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < before
                assert len(accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4)) == 4
                client.sendall(b"x")
                assert accepted.recv(1) == b"x"
