from __future__ import annotations

import pickle
import traceback

import pytest

from fastpoly.errors import UsageError
from fastpoly.net.credentials import API_KEY_VARIABLES, LOOPBACK_KEY, ApiKey, find_api_key

SECRET = "k3y-of-nobody"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in API_KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_argument_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTPOLY_API_KEY", "other")
    assert find_api_key(f" {SECRET}\n").reveal() == SECRET


def test_order_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in reversed(API_KEY_VARIABLES):
        monkeypatch.setenv(name, name.lower())
        assert find_api_key().reveal() == name.lower()


def test_empty_variable_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTPOLY_API_KEY", "")
    monkeypatch.setenv("POLYGON_API_KEY", SECRET)
    assert find_api_key().reveal() == SECRET


def test_missing() -> None:
    with pytest.raises(UsageError, match=r"no API key.*FASTPOLY_API_KEY"):
        find_api_key()


@pytest.mark.parametrize("given", ["", "   ", f"{SECRET} {SECRET}", f"{SECRET}\x00", b"bytes", 7])
def test_bad_key_is_named_without_being_shown(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_api_key(given)
    assert SECRET not in str(caught.value)
    assert "bytes" not in str(caught.value) or "is a bytes" in str(caught.value)


def test_key_hides() -> None:
    key = ApiKey(SECRET)
    try:
        raise ValueError(key)
    except ValueError as error:
        shown = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    for text in (repr(key), str(key), f"{key}", f"{[key]}", shown):
        assert "hidden" in text
    assert f"'{SECRET}'" not in repr(key)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)


def test_key_compares() -> None:
    assert ApiKey("a") == ApiKey("a") != ApiKey("b")
    assert ApiKey("a") != "a"
    assert len({ApiKey("a"), ApiKey("a")}) == 1
    assert find_api_key(ApiKey("a")) == ApiKey("a")


def test_key_is_hidden_in_what_others_wrote() -> None:
    assert ApiKey("sesame").hide("no sesame, open sesame") == "no (the API key), open (the API key)"


def test_short_key_leaves_words_readable() -> None:
    """A simulator takes any key, and with this one no answer of a server could be read."""
    key = ApiKey("s")
    assert key.hide("success, subscribed to: T.*") == "success, subscribed to: T.*"
    assert key.hide('the key "s" is bad: s') == 'the key "(the API key)" is bad: (the API key)'


def test_long_key_is_hidden_in_words_too() -> None:
    assert ApiKey("abcd1234").hide("xabcd1234y") == "x(the API key)y"


@pytest.mark.parametrize(
    ("url", "needs_a_key"),
    [
        ("ws://127.0.0.1:8765/stocks", False),
        ("ws://127.8.8.8/stocks", False),
        ("ws://localhost:8765/stocks", False),
        ("wss://LOCALHOST./stocks", False),
        ("ws://[::1]:8765/stocks", False),
        ("", True),
        ("wss://socket.massive.com/stocks", True),
        ("ws://127.0.0.1.example.com/stocks", True),
        ("ws://localhost.example.com/stocks", True),
        ("ws://example.com/127.0.0.1", True),
        ("ws://example.com/?localhost", True),
        ("ws://0.0.0.0:8765/stocks", True),
        ("ws://192.168.0.1:8765/stocks", True),
        ("ws://[fe80::1]/stocks", True),
    ],
)
def test_only_a_server_on_loopback_needs_no_key(
    url: str, needs_a_key: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in API_KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    if needs_a_key:
        with pytest.raises(UsageError, match="There is no API key"):
            find_api_key(None, url)
    else:
        assert find_api_key(None, url).reveal() == LOOPBACK_KEY
        assert find_api_key(SECRET, url).reveal() == SECRET
        monkeypatch.setenv(API_KEY_VARIABLES[0], SECRET)
        assert find_api_key(None, url).reveal() == SECRET
    with pytest.raises(UsageError, match="is empty"):
        find_api_key(" ", url)
