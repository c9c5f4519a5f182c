from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from fastpoly.enums import Feed, Market
from fastpoly.errors import UsageError
from fastpoly.net.endpoints import (
    find_proxy,
    make_ssl_context,
    make_url,
    market_of,
    nominal_delay_s,
    shown_url,
)
from fastpoly.polygon.enums import StreamCluster, StreamHost

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ws_proxy", "wss_proxy")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES), "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("market", "path", "name"),
    [
        ("stocks", "stocks", "stocks"),
        (StreamCluster.CRYPTO, "crypto", "crypto"),
        (Market.FUTURES_CME, "futures/cme", "futures"),
        ("FUTURES_CBOT", "futures/cbot", "futures"),
        ("Stocks", "stocks", "stocks"),
    ],
)
def test_market(market: str, path: str, name: str) -> None:
    found = market_of(market)
    assert (found.path, found.name) == (path, name)


@pytest.mark.parametrize(
    ("market", "where", "delay_s"),
    [
        ("stocks", {}, 0),
        ("stocks", {"feed": "delayed"}, 900),
        ("options", {"feed": "delayed-business"}, 900),
        ("stocks", {"host": StreamHost.DELAYED}, 900),
        ("futures/cme", {"feed": "delayed"}, 600),
        ("stocks", {"url": "ws://127.0.0.1:8765"}, 0),
        ("stocks", {"url": "wss://delayed.example.com"}, 0),
    ],
)
def test_delay(market: str, where: dict[str, str], delay_s: float) -> None:
    assert nominal_delay_s(make_url(market, **where), market_of(market).name) == delay_s


@pytest.mark.parametrize("market", ["", "stock", "futures/ice", None, 5])
def test_unknown_market(market: str) -> None:
    with pytest.raises(UsageError, match=r"is not a market.*'stocks'.*'futures/comex'"):
        market_of(market)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "wss://socket.massive.com/stocks"),
        ({"feed": "delayed"}, "wss://delayed.massive.com/stocks"),
        ({"feed": Feed.DELAYED_BUSINESS}, "wss://delayed-business.massive.com/stocks"),
        ({"feed": "real_time"}, "wss://socket.massive.com/stocks"),
        ({"host": StreamHost.REAL_TIME}, "wss://socket.polygon.io/stocks"),
        ({"host": "localhost:8765"}, "wss://localhost:8765/stocks"),
        ({"host": "ws://127.0.0.1:8765"}, "ws://127.0.0.1:8765/stocks"),
        ({"url": "ws://127.0.0.1:8765/"}, "ws://127.0.0.1:8765/stocks"),
        ({"url": "WS://[::1]:8765/base/stocks?x=1"}, "ws://[::1]:8765/base/stocks?x=1"),
        ({"url": "wss://example.com/crypto"}, "wss://example.com/crypto"),
        ({"url": "", "host": None}, "wss://socket.massive.com/stocks"),
    ],
)
def test_url(given: dict[str, str], url: str) -> None:
    assert make_url("stocks", **given) == url


def test_url_of_a_futures_exchange() -> None:
    assert make_url(Market.FUTURES_NYMEX) == "wss://socket.massive.com/futures/nymex"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"feed": "slow"}, "is not a feed.*'delayed'"),
        ({"feed": "delayed", "host": "localhost"}, "Both feed and host"),
        ({"host": "localhost", "url": "ws://localhost"}, "Both host and url"),
        ({"url": "localhost:8765"}, "is not a WebSocket URL.*Write it as"),
        ({"url": "https://socket.massive.com"}, "is not a WebSocket URL"),
        ({"url": "ws://"}, "is not a WebSocket URL"),
        ({"url": "ws://localhost:99999"}, "is not a URL"),
        ({"host": "two words"}, "is not a host"),
    ],
)
def test_bad_url(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_url("stocks", **given)


def test_credentials_in_a_url_are_refused_and_not_shown() -> None:
    with pytest.raises(UsageError, match="user name or password") as caught:
        make_url("stocks", url="wss://user:sesame@localhost/stocks")
    assert "sesame" not in str(caught.value)
    assert shown_url("wss://user:sesame@localhost:1/stocks?apiKey=sesame") == (
        "wss://localhost:1/stocks"
    )


def test_certificates_are_verified() -> None:
    for given in (None, True):
        context = make_ssl_context(given)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert make_ssl_context(own) is own


def test_verification_is_not_switched_off_by_false() -> None:
    with pytest.raises(UsageError, match="would send the API key"):
        make_ssl_context(False)


def test_missing_authority_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no certificate authorities"):
        make_ssl_context(tmp_path / "none.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(UsageError, match="SSL_CERT_FILE names"):
        make_ssl_context()


def test_no_proxy_by_default() -> None:
    assert find_proxy("wss://socket.massive.com/stocks") is None
    assert find_proxy("wss://socket.massive.com/stocks", None) is None


def test_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("HTTP_PROXY", "plain:3128")
    monkeypatch.setenv("NO_PROXY", "delayed.massive.com")
    assert find_proxy("wss://socket.massive.com/stocks") == "http://proxy:3128"
    assert find_proxy("ws://example.com/stocks") == "http://plain:3128"
    assert find_proxy("wss://delayed.massive.com/stocks") is None
    assert find_proxy("wss://socket.massive.com/stocks", False) is None
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert find_proxy(f"wss://{host}:1/stocks") is None


def test_explicit_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert find_proxy("wss://localhost/x", "socks5h://p:1080") == "socks5://p:1080"
    with pytest.raises(UsageError, match="is not a proxy") as caught:
        find_proxy("wss://localhost/x", "ftp://user:sesame@p")
    assert "sesame" not in str(caught.value)
