"""Where a hub may listen, and whom it lets in."""

from __future__ import annotations

import ssl

import pytest

from fastpoly.errors import UsageError
from fastpoly.hub.access import Access, is_local

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_needs_nothing(host: str) -> None:
    assert is_local(host)
    assert Access(host, None, None, False).admits("anything")


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "10.0.0.1", "example.com"])  # noqa: S104
def test_others_need_a_word_a_token_and_tls(host: str) -> None:
    assert not is_local(host)
    with pytest.raises(UsageError, match="from other machines"):
        Access(host, "t0ken", TLS, False)
    with pytest.raises(UsageError, match="a token and TLS"):
        Access(host, None, None, True)
    with pytest.raises(UsageError, match="needs TLS"):
        Access(host, "t0ken", None, True)
    with pytest.raises(UsageError, match="needs a token"):
        Access(host, None, TLS, True)
    assert Access(host, "t0ken", TLS, True).admits("t0ken")


def test_a_token_is_asked_for_and_never_shown() -> None:
    access = Access("127.0.0.1", " t0ken ", None, False)
    assert access.admits("t0ken")
    assert not access.admits("t0ke")
    assert not access.admits("\u00e4")
    assert "t0ken" not in repr(access)
    with pytest.raises(UsageError, match="empty"):
        Access("127.0.0.1", " ", None, False)


def test_a_unix_socket_alone_is_local_and_has_no_tls() -> None:
    assert Access(None, None, None, False).admits("anything")
    assert not Access(None, "t0ken", None, False).admits("anything")
    with pytest.raises(UsageError, match="nothing to use a certificate for"):
        Access(None, None, TLS, False)
