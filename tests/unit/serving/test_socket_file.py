"""The file of a Unix socket: who may connect, what is replaced, what is removed."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastpoly.errors import UsageError
from fastpoly.serving import socket_file
from fastpoly.serving.socket_file import ListeningFile
from tests.loops import in_loop


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fp-") as folder:  # pytest's own are long
        yield Path(folder) / "hub.sock"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_there(path: Path) -> bool:
    return os.path.lexists(path)


def is_socket(path: Path) -> bool:
    return stat.S_ISSOCK(path.lstat().st_mode)


def leave_dead(path: Path) -> None:
    """What a program that was killed leaves behind."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        sock.listen()
    assert is_socket(path)


@pytest.mark.parametrize("umask", [0o000, 0o077])
@in_loop
async def test_its_mode_is_the_one_that_was_asked_for(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        for wanted in (0o600, 0o660, 0o666):
            file = ListeningFile(path, wanted)
            with await file.listen():
                assert mode(path) == wanted
            file.remove()
            assert not is_there(path)
        with await ListeningFile(path).listen():
            assert mode(path) == 0o600
    finally:
        os.umask(before)


@pytest.mark.parametrize("wrong", [-1, 660, 0o1000])
def test_a_mode_that_was_not_meant_octal_is_refused(path: Path, wrong: int) -> None:
    with pytest.raises(UsageError, match="octal"):
        ListeningFile(path, wrong)


@in_loop
async def test_what_the_dead_left_is_replaced(path: Path) -> None:
    leave_dead(path)
    file = ListeningFile(path)
    with await file.listen(), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    file.remove()
    assert not is_there(path)


@pytest.mark.parametrize("full", [False, True])
@in_loop
async def test_where_another_listens_it_is_refused(path: Path, full: bool) -> None:
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as waiting:
        other.bind(str(path))
        other.listen(0)
        if full:
            waiting.connect(str(path))
        file = ListeningFile(path)
        with pytest.raises(OSError, match="another program listens there") as caught:
            await file.listen()
        assert caught.value.errno == errno.EADDRINUSE
        assert caught.value.filename == str(path)
        file.remove()
        assert is_socket(path)


def test_other_files_are_left_alone(path: Path) -> None:
    path.write_text("something")
    with pytest.raises(FileExistsError, match="no socket"):
        asyncio.run(ListeningFile(path).listen())
    assert path.read_text() == "something"
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(FileExistsError, match="no socket"):
        asyncio.run(ListeningFile(path).listen())
    assert path.is_symlink()


@in_loop
async def test_a_folder_that_is_not_there_is_named(path: Path) -> None:
    file = ListeningFile(path.parent / "none" / "hub.sock")
    with pytest.raises(FileNotFoundError) as caught:
        await file.listen()
    assert caught.value.filename == file.path


@in_loop
async def test_the_file_of_another_is_not_removed(path: Path) -> None:
    file = ListeningFile(path)
    with await file.listen():
        os.unlink(path)
        other = ListeningFile(path)
        with await other.listen():
            file.remove()
            assert is_socket(path)
        other.remove()
        assert not is_there(path)
        other.remove()  # once more is fine


@in_loop
async def test_nothing_is_left_where_it_fails_half_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr(os, "chmod", refuse)
    with pytest.raises(PermissionError):
        await ListeningFile(path).listen()
    assert not is_there(path)


@in_loop
async def test_of_several_that_come_at_once_one_takes_over(path: Path) -> None:
    for _ in range(20):
        leave_dead(path)
        files = [ListeningFile(path) for _ in range(4)]
        found = await asyncio.gather(*(file.listen() for file in files), return_exceptions=True)
        sockets = [one for one in found if isinstance(one, socket.socket)]
        assert len(sockets) == 1
        assert [one.errno for one in found if isinstance(one, OSError)] == [errno.EADDRINUSE] * 3
        with sockets[0], socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
        for file in files:
            file.remove()
        assert not is_there(path)


@in_loop
async def test_it_waits_for_who_is_at_it_but_not_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        waiting = asyncio.create_task(ListeningFile(path).listen())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not is_there(path)
        fcntl.flock(folder, fcntl.LOCK_UN)
        (await waiting).close()
        os.unlink(path)
        monkeypatch.setattr(socket_file, "_TURNS", 3)
        fcntl.flock(folder, fcntl.LOCK_EX)
        (await ListeningFile(path).listen()).close()
        assert is_socket(path)
    finally:
        os.close(folder)
