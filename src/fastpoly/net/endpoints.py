"""Where to connect: market, feed, host or URL to one URL; TLS settings; proxies."""

from __future__ import annotations

import ipaddress
import os
import ssl as ssl_module
import urllib.parse
import urllib.request
from typing import Final, TypeAlias

from fastpoly import schema
from fastpoly.enums import Feed, member
from fastpoly.errors import UsageError
from fastpoly.protocol.markets import market_of

__all__ = [
    "SslLike",
    "find_proxy",
    "is_loopback",
    "make_ssl_context",
    "make_url",
    "nominal_delay_s",
    "shown_url",
]

SslLike: TypeAlias = ssl_module.SSLContext | str | os.PathLike[str] | bool | None

_LOOPBACK: Final = ("localhost", "127.", "::1")


def is_loopback(url: str) -> bool:
    """Whether a URL is of a server on this machine, by its name or address."""
    host = (urllib.parse.urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name, whatever it resolves to today


def make_url(
    market: str,
    *,
    feed: str | None = None,
    host: str | None = None,
    url: str | None = None,
) -> str:
    """Return the URL to connect to; without arguments, the real-time one of the market.

    Args:
        market: The market, such as ``stocks`` or ``futures/cme``.
        feed: A feed of the vendor, such as ``delayed``.
        host: A host name, with or without a port, or a full URL.
        url: A full ``ws://`` or ``wss://`` URL. Without a path it gets the market's.

    Raises:
        UsageError: More than one of feed, host and url was passed, or an invalid one.
    """
    path = market_of(market).path
    given = [name for name, value in (("feed", feed), ("host", host), ("url", url)) if value]
    if len(given) > 1:
        raise UsageError(f"Both {given[0]} and {given[1]} say where to connect.", hint="Pass one.")
    if url:
        return _complete(url, path)
    if host:
        return _complete(host if "://" in host else f"wss://{host}", path)
    stem = member(Feed, feed, "a feed") if feed else Feed.REAL_TIME
    return f"wss://{stem.value}.{schema.DOMAIN}/{path}"


def _complete(url: str, path: str) -> str:
    try:
        parts = urllib.parse.urlsplit(str(url).strip())
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is not a URL: {error}.", hint=_URL_HINT) from None
    if parts.username or parts.password:
        # Not repeated in the message: it may be the key.
        raise UsageError(
            "The URL has a user name or password in it.", hint="Pass api_key=... instead."
        )
    if parts.scheme.lower() not in ("ws", "wss") or not parts.hostname or parts.fragment:
        raise UsageError(f"{shown_url(str(url))!r} is not a WebSocket URL.", hint=_URL_HINT)
    if any(character.isspace() for character in parts.netloc) or port == 0:
        raise UsageError(f"{parts.netloc!r} is not a host.", hint=_URL_HINT)
    return urllib.parse.urlunsplit(
        (parts.scheme.lower(), parts.netloc, parts.path.rstrip("/") or f"/{path}", parts.query, "")
    )


def nominal_delay_s(url: str, market: str) -> float:
    """Return by how many seconds the data of a URL is late because its feed is a delayed one.

    Args:
        url: A full URL.
        market: The market's name.
    """
    stem, _, domain = (urllib.parse.urlsplit(url).hostname or "").partition(".")
    if domain not in (schema.DOMAIN, schema.FORMER_DOMAIN) or not stem.startswith("delayed"):
        return 0.0
    return schema.FUTURES_DELAY_S if market == "futures" else schema.DELAY_S


_URL_HINT: Final = "Write it as wss://socket.massive.com/stocks or ws://127.0.0.1:8765."


def shown_url(url: str) -> str:
    """Return a URL as messages may show it: without query and credentials."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(
        (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")
    )


def make_ssl_context(ssl: SslLike = None) -> ssl_module.SSLContext:
    """Return the TLS settings of a ``wss://`` connection; certificates are verified.

    Args:
        ssl: None or True for the system's certificate authorities, or those that ``SSL_CERT_FILE``
            and ``SSL_CERT_DIR`` name; a path of a file with certificate authorities; or an
            `ssl.SSLContext`, which is used as it is.

    Raises:
        UsageError: The file cannot be read, or False was passed to switch verification off.
    """
    if isinstance(ssl, ssl_module.SSLContext):
        return ssl
    if ssl is None or ssl is True:
        _check_environment_file()
        return ssl_module.create_default_context()
    if ssl is False:
        raise UsageError(
            "ssl=False would send the API key to whoever answers.",
            hint="Pass an ssl.SSLContext of your own, or use a ws:// URL on loopback.",
        )
    try:
        return ssl_module.create_default_context(cafile=os.fspath(ssl))
    except (OSError, TypeError) as error:
        raise UsageError(
            f"ssl={ssl!r} has no certificate authorities: {error}.",
            hint="Pass a PEM file, or an ssl.SSLContext.",
        ) from error


def _check_environment_file() -> None:
    # OpenSSL ignores a file that is not there; the user would see certificates fail for no reason.
    path = os.environ.get("SSL_CERT_FILE")
    if path and not os.access(path, os.R_OK):
        raise UsageError(
            f"SSL_CERT_FILE names {path!r}, which cannot be read.", hint="Correct it or unset it."
        )


def find_proxy(url: str, proxy: str | bool | None = True) -> str | None:
    """Return the URL of the proxy that a connection goes through, or None.

    Args:
        url: Where the connection goes to.
        proxy: A proxy's URL (``http``, ``https``, ``socks4``, ``socks5``); True to ask the
            environment (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), which never
            applies to loopback; None or False for none.

    Raises:
        UsageError: It is not a proxy's URL.
    """
    if proxy is None or proxy is False:
        return None
    if proxy is True:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        if host.startswith(_LOOPBACK) or urllib.request.proxy_bypass(host):
            return None
        found = urllib.request.getproxies()
        scheme = "https" if parts.scheme == "wss" else "http"
        proxy = found.get(parts.scheme) or found.get(scheme) or found.get("all")
        if not proxy:
            return None
        if "://" not in proxy:
            proxy = f"http://{proxy}"
    parts = urllib.parse.urlsplit(proxy)
    if parts.scheme == "socks5h":
        # What curl calls socks5h, names resolved by the proxy, is what happens here anyway.
        proxy = proxy.replace("socks5h", "socks5", 1)
    elif parts.scheme not in ("http", "https", "socks4", "socks5") or not parts.hostname:
        raise UsageError(
            f"{shown_url(proxy)!r} is not a proxy's URL.",
            hint="Write it as http://host:port or socks5://host:port.",
        )
    return proxy
