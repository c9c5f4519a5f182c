"""Where to connect: market, feed, host or URL to one URL; TLS settings; proxies."""

from __future__ import annotations

import ipaddress
import os
import ssl as ssl_module
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from fastpoly import schema
from fastpoly.enums import Feed, member
from fastpoly.errors import UsageError
from fastpoly.protocol.markets import market_of
from fastpoly.unix_sockets import UNIX_SCHEME, is_unix, path_problem, split_unix_url, unix_url

__all__ = [
    "WEBSOCKET_SCHEMES",
    "Destination",
    "HiddenUrl",
    "HostPort",
    "Place",
    "SocketFile",
    "SslLike",
    "destination_of",
    "find_proxy",
    "is_loopback",
    "make_ssl_context",
    "make_url",
    "nominal_delay_s",
    "shown_url",
]

SslLike: TypeAlias = ssl_module.SSLContext | str | os.PathLike[str] | bool | None

_PROXY_SCHEMES: Final = {
    "http": "http",
    "https": "https",
    "socks4": "socks4",
    "socks4a": "socks4",
    "socks5": "socks5",
    "socks5h": "socks5",
}
"""Schemes of proxies, and what they are called from then on. What curl calls socks5h, names
resolved by the proxy, is what happens here anyway."""

_SOCKS_PORT: Final = 1080

_PORTS: Final = {"ws": 80, "wss": 443}

WEBSOCKET_SCHEMES: Final = ("ws", "wss", UNIX_SCHEME)
"""Of the URLs of servers that speak the service's protocol."""


class HostPort(NamedTuple):
    """A host, by name or address, and its TCP port."""

    host: str
    port: int


class SocketFile(NamedTuple):
    """The path of a Unix socket."""

    path: str


Place: TypeAlias = HostPort | SocketFile
"""What a socket connects to."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What the URL of a WebSocket says.

    Attributes:
        place: What to connect to.
        host: What the request has in its ``Host`` field.
        target: The path and query that it asks for.
    """

    place: Place
    host: str
    target: str


def destination_of(url: str) -> Destination:
    """Return what a URL says that `make_url` has made."""
    if is_unix(url):
        path, target, query = split_unix_url(url)
        place: Place = SocketFile(path)
        host = "localhost"
    else:
        parts = urllib.parse.urlsplit(url)
        place = HostPort(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        host, target, query = parts.netloc, parts.path, parts.query
    return Destination(place, host, urllib.parse.urlunsplit(("", "", target or "/", query, "")))


def is_loopback(url: str) -> bool:
    """Whether a URL is of a server on this machine, by its name or address."""
    if is_unix(url):
        return True
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
        url: A full ``ws://``, ``wss://`` or ``ws+unix://`` URL. Without a path it gets the
            market's.

    Raises:
        UsageError: More than one of feed, host and url was passed, or an invalid one.
    """
    path = market_of(market).path
    given = [name for name, value in (("feed", feed), ("host", host), ("url", url)) if value]
    if len(given) > 1:
        raise UsageError(f"Both {given[0]} and {given[1]} say where to connect.", hint="Pass one.")
    address = url or host
    if url is None and address and "://" not in address:
        address = f"wss://{address}"
    # Not left in this frame either, which a traceback may show.
    url = host = None
    if address:
        pending = [address]
        del address
        return _complete(pending.pop(), path)
    stem = member(Feed, feed, "a feed") if feed else Feed.REAL_TIME
    return f"wss://{stem.value}.{schema.DOMAIN}/{path}"


def _complete(url: str, path: str) -> str:
    text = str(url).strip()
    # What was passed stays in no local: of a malformed URL nobody knows which part is a password.
    del url
    if text.partition(":")[0].lower() in _UNIX_SPELLINGS:
        pending = [text]
        del text
        return _complete_unix(pending.pop(), path)
    try:
        parts, problem = _split(text)
    finally:
        del text
    if parts is not None and not problem:
        problem = _url_problem(parts)
    if parts is None or problem:
        del parts
        raise UsageError(f"The URL of the server {problem}.", hint=_URL_HINT)
    host = parts.hostname or ""
    netloc = f"[{host}]" if ":" in host else host.encode("idna").decode()
    if parts.port is not None:
        netloc += f":{parts.port}"
    return HiddenUrl(
        urllib.parse.urlunsplit(
            (
                parts.scheme.lower(),
                netloc,
                urllib.parse.quote(parts.path.rstrip("/") or f"/{path}", _URL_CHARACTERS),
                urllib.parse.quote(parts.query, _URL_CHARACTERS),
                "",
            )
        )
    )


def _complete_unix(text: str, path: str) -> str:
    problem = _text_problem(text)
    parts = None
    if not problem and not is_unix(text):
        problem = f"has another scheme than {UNIX_SCHEME}"
    if not problem:
        try:
            parts = urllib.parse.urlsplit(text)
        except ValueError:
            problem = _HOST_BEFORE_SOCKET
    if parts is not None:
        problem = _unix_problem(parts)
    if problem:
        del text, parts
        raise UsageError(f"The URL of the Unix socket {problem}.", hint=_UNIX_HINT)
    file, request, query = split_unix_url(text)
    url = unix_url(file, urllib.parse.quote(request.strip("/") or path, _URL_CHARACTERS))
    return HiddenUrl(f"{url}?{urllib.parse.quote(query, _URL_CHARACTERS)}" if query else url)


_UNIX_SPELLINGS: Final = (UNIX_SCHEME, "wss+unix", "http+unix", "unix")
"""Schemes by which a Unix socket is meant."""

_HOST_BEFORE_SOCKET: Final = "has a host, and a socket has none: it begins with three slashes"


def _unix_problem(parts: urllib.parse.SplitResult) -> str:
    """Return why a URL is none of a Unix socket, without a word of it; or nothing."""
    if parts.netloc:
        return _HOST_BEFORE_SOCKET
    if parts.fragment:
        return "has a fragment (#...)"
    path = parts.path.partition(":")[0]
    if not path.startswith("/") or path.endswith("/"):
        return "has no full path of a socket"
    problem = path_problem(os.fsdecode(urllib.parse.unquote_to_bytes(path)))
    return f"has a path that {problem}" if problem else ""


def _text_problem(text: str) -> str:
    if any(character.isspace() or not character.isprintable() for character in text):
        return "has white space in it"
    return ""


def _split(text: str) -> tuple[urllib.parse.SplitResult | None, str]:
    """Return the parts of a URL, or what is wrong with them all, without a word of the text."""
    problem = _text_problem(text)
    if problem:
        return None, problem
    if "://" not in text:
        return None, "does not begin with a scheme, such as wss://"
    try:
        parts = urllib.parse.urlsplit(text)
    except ValueError:
        return None, "has square brackets around what is no IPv6 address"
    return parts, _address_problem(parts)


def _address_problem(parts: urllib.parse.SplitResult) -> str:
    """Return what is wrong with the host and port of a URL, without a word of it; or nothing."""
    try:
        if parts.port == 0:
            raise ValueError
    except ValueError:
        return "has a port that is not a number from 1 to 65535"
    if not parts.hostname:
        return "has no host"
    try:
        if ":" not in parts.hostname:
            parts.hostname.rstrip(".").encode("idna")
    except UnicodeError:
        return "has a host that cannot be one: a part of it is empty or too long"
    if any(character in _NEVER_IN_A_HOST for character in parts.hostname):
        return "has a host with characters that no host has"
    return ""


def _url_problem(parts: urllib.parse.SplitResult) -> str:
    """Return why a URL is none of a server, without a word of it; or nothing."""
    if parts.scheme.lower() not in _PORTS:
        return f"is not a WebSocket URL: its scheme is none of {', '.join(WEBSOCKET_SCHEMES)}"
    if "@" in parts.netloc:
        return "has a user name or password in it, which no server asks for; pass api_key=..."
    if parts.fragment:
        return "is not a WebSocket URL: it has a fragment (#...)"
    return ""


class HiddenUrl(str):
    """A URL whose repr, as tracebacks and dataclasses show it, has no credentials and no query."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(shown_url(self))


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
_UNIX_HINT: Final = "Write it as ws+unix:///run/hub.sock:/stocks."
_PROXY_HINT: Final = (
    "Write it as http://host:port or socks5://user:password@host:port, with the characters "
    "/ ? # @ % of a password as %2F %3F %23 %40 %25."
)
_NEVER_IN_A_HOST: Final = frozenset("\"<>\\^`{|}%@,;!$&'()*+=")
# What may stay as it is in a path or query, and what is quoted already.
_URL_CHARACTERS: Final = ":/?#[]@!$&'()*+,;=%"


def shown_url(url: str) -> str:
    """Return a URL as messages may show it: without query and credentials."""
    scheme, separator, rest = url.partition("://")
    # Of a password with a slash or the like, the rest would look like a path.
    rest = rest.rpartition("@")[2].partition("?")[0].partition("#")[0]
    return f"{scheme}://{rest}" if separator else ""


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
        what = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"ssl={str(ssl)!r} has no certificate authorities: {what}.",
            hint="Pass the path of a PEM file that can be read, or an ssl.SSLContext.",
        ) from error


def _check_environment_file() -> None:
    # OpenSSL ignores a file that is not there; the user would see certificates fail for no reason.
    path = os.environ.get("SSL_CERT_FILE")
    if path and not os.access(path, os.R_OK):
        raise UsageError(
            f"SSL_CERT_FILE names {path!r}, which cannot be read.", hint="Correct it or unset it."
        )


def find_proxy(url: str, proxy: str | bool | None = True) -> str | None:
    """Return the URL of the proxy that a connection goes through; None for no proxy.

    Args:
        url: Where the connection goes to.
        proxy: A proxy's URL (``http``, ``https``, ``socks4``, ``socks5``); True to ask the
            environment (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), which never
            applies to loopback; None or False for none.

    Raises:
        UsageError: It is no proxy's URL; the message names the part that is wrong.
    """
    if proxy is None or proxy is False:
        return None
    if proxy is not True and is_unix(url):
        del proxy
        raise UsageError("No proxy leads to a Unix socket.", hint="Leave proxy=... out.")
    source = "proxy=..."
    if proxy is True:
        parts = urllib.parse.urlsplit(url)
        if is_loopback(url) or urllib.request.proxy_bypass(parts.hostname or ""):
            return None
        found = urllib.request.getproxies()
        scheme = "https" if parts.scheme == "wss" else "http"
        name = next((name for name in (parts.scheme, scheme, "all") if found.get(name)), None)
        if name is None:
            return None
        source = f"the environment ({name.upper()}_PROXY)"
        proxy = found.pop(name)
        del found
        if "://" not in proxy:
            proxy = f"http://{proxy}"
    if not isinstance(proxy, str):
        kind = type(proxy).__name__
        del proxy
        raise UsageError(f"The proxy of {source} is a {kind}, not a URL.", hint=_PROXY_HINT)
    text = proxy.strip()
    del proxy
    try:
        parsed, problem = _split(text)
    finally:
        del text
    if parsed is not None and not problem:
        problem = _proxy_problem(parsed)
    if parsed is None or problem:
        del parsed
        raise UsageError(f"The proxy's URL in {source} {problem}.", hint=_PROXY_HINT)
    return _normalised(parsed)


def _proxy_problem(parts: urllib.parse.SplitResult) -> str:
    """Return why a URL is none of a proxy, without a word of it; or nothing."""
    scheme = parts.scheme.lower()
    if scheme not in _PROXY_SCHEMES:
        return f"is not a proxy's: its scheme is none of {', '.join(_PROXY_SCHEMES)}"
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return "has something behind host and port; perhaps it is a part of the password"
    if scheme.startswith("socks"):
        for name, quoted in (("user name", parts.username), ("password", parts.password)):
            text = urllib.parse.unquote(quoted or "")
            if not text.isascii():
                return f"has a {name} that is not ASCII, which SOCKS cannot carry"
            if len(text) > 255:
                return f"has a {name} of more than 255 characters, which SOCKS cannot carry"
    return ""


def _normalised(parts: urllib.parse.SplitResult) -> HiddenUrl:
    """Return a proxy's URL in ASCII, with its credentials quoted, as libraries read it."""
    host = parts.hostname or ""
    netloc = f"[{host}]" if ":" in host else host.encode("idna").decode()
    scheme = _PROXY_SCHEMES[parts.scheme.lower()]
    port = parts.port or (_SOCKS_PORT if scheme.startswith("socks") else None)
    if port is not None:
        netloc += f":{port}"
    if parts.username is not None or parts.password is not None:
        user, password = (
            urllib.parse.quote(urllib.parse.unquote(text or ""), "")
            for text in (parts.username, parts.password)
        )
        netloc = f"{user}:{password}@{netloc}"
    return HiddenUrl(f"{scheme}://{netloc}")
