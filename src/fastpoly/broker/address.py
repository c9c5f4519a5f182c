"""Where a broker is and what is wanted of it: the parts of a ``nats://`` URL."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastpoly.errors import UsageError

__all__ = ["SCHEMES", "BrokerAddress", "read_address"]

SCHEMES: Final = ("nats", "tls")
"""What a broker's URL begins with; ``tls`` for an encrypted connection."""

DEFAULT_PORT: Final = 4222

_HINT: Final = "Write it as nats://host:4222, or tls://user:password@host:4222."
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker, or a cluster of them.

    Attributes:
        servers: The URL of each server, without credentials.
        is_secure: Whether connections are encrypted.
        user: The user's name; None where there is none.
        password: The password, of a user.
        token: A token, instead.
        settings: What the URL's query says.
    """

    servers: tuple[str, ...]
    is_secure: bool
    # Hidden, as they are secrets.
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """What texts call it."""
        return ",".join(self.servers)

    def hide(self, text: str) -> str:
        """Return a text without the password or token in it."""
        for secret in (self.password, self.token):
            if secret:
                text = text.replace(secret, "(hidden)")
        return text

    def stream_name(self, market: str) -> str:
        """Return the name of a market's stream."""
        return self.settings.get("stream", f"fastpoly-{market}")

    @property
    def prefix(self) -> str:
        """What subjects begin with."""
        return self.settings.get("prefix", "fp")


def read_address(url: str, known: Collection[str] = ()) -> BrokerAddress:
    """Return what a URL says; several hosts are parted by commas.

    Args:
        url: Such as ``nats://token@one:4222,two:4222?stream=day``.
        known: What may be said in its query, besides ``stream`` and ``prefix``.

    Raises:
        UsageError: It is none of a broker. A credential is not repeated.
    """
    parts = urllib.parse.urlsplit(url.strip())
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, colon, password = credentials.partition(":")
    scheme = parts.scheme.lower()
    servers = tuple(_server(scheme, host) for host in hosts.split(","))
    if scheme not in SCHEMES or parts.path not in ("", "/") or parts.fragment:
        raise UsageError("The URL is none of a NATS server.", hint=_HINT)
    settings: dict[str, str] = {}
    allowed = ("stream", "prefix", *known)
    for name, value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True):
        if name not in allowed:
            raise UsageError(
                f"{name!r} is nothing that can be said here of a broker.",
                hint=f"Choose among {', '.join(allowed)}.",
            )
        settings[name] = value
    for name, pattern in (("stream", _NAME), ("durable", _NAME), ("prefix", _PREFIX)):
        if name in settings and not pattern.fullmatch(settings[name]):
            raise UsageError(
                f"{name}={settings[name]!r} is no name for a broker.",
                hint="Use letters, digits, _ and -.",
            )
    unquote = urllib.parse.unquote
    return BrokerAddress(
        servers,
        scheme == "tls",
        unquote(user) if colon else None,
        unquote(password) if colon else None,
        unquote(user) if user and not colon else None,
        settings,
    )


def _server(scheme: str, host: str) -> str:
    try:
        parts = urllib.parse.urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        name, port = None, 0
    if not name or parts.username is not None:
        raise UsageError("The URL has no host, or a port that is none.", hint=_HINT)
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"
