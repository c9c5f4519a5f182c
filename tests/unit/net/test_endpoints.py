from __future__ import annotations

import ssl
import traceback
from pathlib import Path

import pytest

from fastpoly.enums import Feed, Market
from fastpoly.errors import UsageError
from fastpoly.net.credentials import API_KEY_VARIABLES, LOOPBACK_KEY, find_api_key
from fastpoly.net.endpoints import (
    Destination,
    HostPort,
    SocketFile,
    destination_of,
    find_proxy,
    is_loopback,
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
    proxies = (*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES))
    for name in (*proxies, "SSL_CERT_FILE", *API_KEY_VARIABLES):
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
        ({"url": "ws+unix:///run/hub.sock:/stocks"}, "ws+unix:///run/hub.sock:/stocks"),
        ({"url": "WS+UNIX:///run/hub.sock"}, "ws+unix:///run/hub.sock:/stocks"),
        ({"url": "ws+unix:/run/hub.sock:/"}, "ws+unix:///run/hub.sock:/stocks"),
        ({"host": "ws+unix:///run/hub.sock"}, "ws+unix:///run/hub.sock:/stocks"),
        ({"url": "ws+unix:///a%20b/%3A@x:/c?x=1"}, "ws+unix:///a%20b/%3A%40x:/c?x=1"),
        ({"url": "ws+unix:///run/\u00e4?start=all"}, "ws+unix:///run/%C3%A4:/stocks?start=all"),
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
        ({"url": "localhost:8765"}, "does not begin with a scheme.*Write it as"),
        ({"url": "https://socket.massive.com"}, "is not a WebSocket URL.*Write it as"),
        ({"url": "ws://"}, "has no host"),
        ({"url": "ws://:8765"}, "has no host"),
        ({"url": "ws://localhost:99999"}, "a port that is not a number from 1 to 65535"),
        ({"url": "ws://localhost:0"}, "a port that is not a number from 1 to 65535"),
        ({"url": "ws://localhost:port"}, "a port that is not a number from 1 to 65535"),
        ({"url": "ws://[::1"}, "square brackets"),
        ({"url": "ws://a..b"}, "a host that cannot be one"),
        ({"url": f"ws://{'a' * 64}.com"}, "a host that cannot be one"),
        ({"url": "ws://a,b"}, "characters that no host has"),
        ({"url": "ws://localhost/#x"}, "a fragment"),
        ({"host": "two words"}, "white space"),
        ({"host": "localhost:https"}, "a port that is not a number from 1 to 65535"),
        ({"url": 5}, "does not begin with a scheme"),
        ({"url": "unix:///run/hub.sock"}, r"another scheme than ws\+unix.*Write it as ws\+unix"),
        ({"url": "wss+unix:///run/hub.sock"}, r"another scheme than ws\+unix"),
        ({"url": "ws+unix://run/hub.sock"}, "three slashes"),
        ({"url": "ws+unix://[run/hub.sock"}, "three slashes"),
        ({"url": "ws+unix:run/hub.sock"}, "no full path of a socket"),
        ({"url": "ws+unix:///"}, "no full path of a socket"),
        ({"url": "ws+unix:///run/hub.sock#x"}, "a fragment"),
        ({"url": "ws+unix:///run/my hub.sock"}, "white space"),
        ({"url": "ws+unix:///run/%00"}, "a zero in it"),
        ({"url": f"ws+unix:///{'a' * 107}"}, "has 108 bytes, and the system has room for 10"),
    ],
)
def test_bad_url(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_url("stocks", **given)


SECRET = "sesame"

WITH_SECRETS = [
    f"wss://user:{SECRET}@localhost/stocks",
    f"wss://{SECRET}@localhost/stocks",
    f"wss://user:{SECRET}@localhost:99999/stocks",
    f"wss://user:{SECRET}@localhost:port/",
    f"wss://user:{SECRET}@[::1/stocks",
    f"wss://user:a#{SECRET}@localhost",
    f"wss://user:a?{SECRET}@localhost",
    f"wss://user:a/{SECRET}@localhost",
    f"wss://user:a@{SECRET}@localhost",
    f"wss://user:{SECRET}",
    f"user:{SECRET}@localhost",
    f"https://localhost/stocks?apiKey={SECRET}",
    f"ws://local host/stocks?apiKey={SECRET}",
    f"ws://localhost/stocks#{SECRET}",
    f"ws+unix://user:{SECRET}@localhost/run/hub.sock",
    f"ws+unix:///run/hub.sock:/stocks?apiKey={SECRET}#x",
    f"unix:///run/hub.sock?apiKey={SECRET}",
]


def shown_by(error: BaseException) -> str:
    """What a report with the local variables of all frames but the test's own shows."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    report.stack = traceback.StackSummary.from_list(list(report.stack)[1:])
    return "".join(report.format()) + repr(error) + repr(vars(error))


@pytest.mark.parametrize("name", ["url", "host"])
@pytest.mark.parametrize("text", WITH_SECRETS)
def test_credentials_are_refused_and_not_shown(name: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_url("stocks", **{name: text})
    assert caught.value.hint
    assert SECRET not in shown_by(caught.value)


def test_a_url_is_shown_without_its_query() -> None:
    url = make_url("stocks", url=f"ws://localhost:1/stocks?apiKey={SECRET}")
    assert url.endswith(f"?apiKey={SECRET}")
    assert repr(url) == "'ws://localhost:1/stocks'"
    assert shown_url(f"wss://user:{SECRET}@localhost:1/stocks?apiKey={SECRET}") == (
        "wss://localhost:1/stocks"
    )


def test_names_beyond_ascii() -> None:
    url = make_url("stocks", url="ws://b\u00fccher.example/\u00e4?\u00f6=1%20")
    assert url == "ws://xn--bcher-kva.example/%C3%A4?%C3%B6=1%20"


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("ws://h:1/stocks?x=1", Destination(HostPort("h", 1), "h:1", "/stocks?x=1")),
        ("wss://[::1]/a", Destination(HostPort("::1", 443), "[::1]", "/a")),
        ("ws://h", Destination(HostPort("h", 80), "h", "/")),
        (
            "ws+unix:///run/a%3Ab.sock:/stocks?x=1",
            Destination(SocketFile("/run/a:b.sock"), "localhost", "/stocks?x=1"),
        ),
    ],
)
def test_what_a_url_leads_to(url: str, destination: Destination) -> None:
    assert destination_of(url) == destination


def test_a_unix_socket_is_on_this_machine_and_behind_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy:3128")
    url = make_url("stocks", url="ws+unix:///run/hub.sock")
    assert is_loopback(url)
    assert find_proxy(url) is None
    assert find_api_key(url=url).reveal() == LOOPBACK_KEY
    with pytest.raises(UsageError, match="No proxy leads to a Unix socket") as caught:
        find_proxy(url, "http://user:sesame@proxy:3128")
    assert SECRET not in shown_by(caught.value)


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
    for host in ("127.example.com", "localhost.example.com"):
        assert find_proxy(f"wss://{host}/stocks") == "http://proxy:3128"


def test_explicit_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert find_proxy("wss://localhost/x", "socks5h://p:1080") == "socks5://p:1080"


@pytest.mark.parametrize(
    ("given", "proxy"),
    [
        ("HTTP://Proxy:3128/", "http://proxy:3128"),
        ("socks4a://p", "socks4://p:1080"),
        ("http://user@p:1", "http://user:@p:1"),
        ("http://user:s%40same@p:1", "http://user:s%40same@p:1"),
        ("http://user:s@same@p:1", "http://user:s%40same@p:1"),
        ("https://user:s\u00e4same@[::1]:1", "https://user:s%C3%A4same@[::1]:1"),
        ("http://b\u00fccher.example", "http://xn--bcher-kva.example"),
    ],
)
def test_spellings_of_proxies(given: str, proxy: str) -> None:
    found = find_proxy("ws://example.com/x", given)
    assert found == proxy
    assert "same" not in repr(found)


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("ftp://user:sesame@p", "its scheme is none of http"),
        ("user:sesame@p:8080", "does not begin with a scheme"),
        ("http://user:sesame@p:99999", "a port that is not a number"),
        ("http://user:sesame@", "has no host"),
        ("http://user:sesame@p/x", "has something behind host and port"),
        ("http://user:#sesame@p", "perhaps it is a part of the password"),
        ("http://user:a#sesame@p", "a port that is not a number"),
        ("http://user:ses ame@p", "white space"),
        ("socks5://user:sesam\u00e9@p", "a password that is not ASCII"),
        ("socks5://us\u00e9r:sesame@p", "a user name that is not ASCII"),
        (f"socks5://user:{'sesame' * 50}@p", "a password of more than 255"),
        (b"http://user:sesame@p", "is a bytes, not a URL"),
        (5, "is a int, not a URL"),
    ],
)
def test_bad_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str | bytes | int, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        find_proxy("ws://example.com/x", proxy)  # type: ignore[arg-type]
    assert "ses" not in shown_by(caught.value)
    if isinstance(proxy, str) and "://" in proxy and " " not in proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        with pytest.raises(UsageError, match=r"the environment \(HTTP_PROXY\).*" + message):
            find_proxy("ws://example.com/x")
