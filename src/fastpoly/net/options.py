"""How a connection is made and kept: the options that every client of a socket takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final, TypedDict, TypeVar

from fastpoly.errors import UsageError
from fastpoly.net.endpoints import HiddenUrl, SslLike
from fastpoly.net.read_coalescing import DEFAULT_MAX_READ_DELAY_S, check_max_read_delay

__all__ = [
    "ConnectionKeywords",
    "ConnectionOptions",
    "OpeningKeywords",
    "TransportKeywords",
    "require_positive",
    "takes_options",
]

DEFAULT_MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""A message beyond this ends the connection. No message above 1 MB has been reported."""

F = TypeVar("F", bound=Callable[..., Any])


def require_positive(**values: Any) -> None:
    """Check that each value is a number above 0, or None.

    Raises:
        UsageError: One is not; the message names it.
    """
    for name, value in values.items():
        if value is not None and not (isinstance(value, (int, float)) and value > 0):
            raise UsageError(f"{name}={value!r} is not above 0.", hint="Pass a positive number.")


class OpeningKeywords(TypedDict, total=False):
    """Keywords of `ConnectionOptions` that every facade has by the same name and default."""

    open_timeout: float | None
    auth_timeout: float | None
    max_read_delay: float
    ssl: SslLike
    proxy: str | bool | None
    use_aiofastnet: bool | None


class TransportKeywords(OpeningKeywords, total=False):
    """Keywords of `ConnectionOptions` that most facades have under no name of their own."""

    close_timeout: float


class ConnectionKeywords(TransportKeywords, total=False):
    """All keywords of `ConnectionOptions`, for signatures that pass them on."""

    ping_interval: float | None
    ping_timeout: float | None
    max_message_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """How a connection is made and kept.

    Attributes:
        ping_interval: Seconds of silence after which a ping is sent; None or 0 for no pings.
        ping_timeout: Seconds that the silence may then go on before the connection counts as dead;
            None for no limit.
        open_timeout: Seconds for name, TCP, proxy, TLS and upgrade together; None for no limit.
        auth_timeout: Seconds for the server's answer to the key; None for no limit.
        close_timeout: Seconds for the server's part in closing, and then for the handlers.
        max_message_bytes: A longer message, also in fragments, ends the connection with code 1009;
            None or 0 for no limit.
        max_read_delay: Seconds that data may wait in the kernel so that one read brings more. It
            waits only while eight reads and more would come in that time, as in the busiest minutes
            of single-event frames, when waking up for each costs many times what it brings. 0 for
            no waiting. On Linux only.
        ssl: See `fastpoly.net.endpoints.make_ssl_context`.
        proxy: See `fastpoly.net.endpoints.find_proxy`.
        use_aiofastnet: The transport: aiofastnet's or the loop's own. None for aiofastnet's, but on
            uvloop for uvloop's own if the URL is ``ws://`` or the system is not Linux. A Unix
            socket on uvloop is read by aiofastnet's whatever this says.

    Raises:
        UsageError: A value is invalid; the message names it.
    """

    ping_interval: float | None = 20.0
    ping_timeout: float | None = 20.0
    open_timeout: float | None = 10.0
    auth_timeout: float | None = 10.0
    close_timeout: float = 5.0
    max_message_bytes: int | None = DEFAULT_MAX_MESSAGE_BYTES
    max_read_delay: float = DEFAULT_MAX_READ_DELAY_S
    ssl: SslLike = None
    proxy: str | bool | None = True
    use_aiofastnet: bool | None = None

    def __post_init__(self) -> None:
        if isinstance(self.proxy, str):
            object.__setattr__(self, "proxy", HiddenUrl(self.proxy))
        require_positive(
            ping_interval=self.ping_interval or None,
            ping_timeout=self.ping_timeout,
            open_timeout=self.open_timeout,
            auth_timeout=self.auth_timeout,
            close_timeout=self.close_timeout,
            max_message_bytes=self.max_message_bytes or None,
        )
        check_max_read_delay(self.max_read_delay)


def takes_options(*renamed: str) -> Callable[[F], F]:
    """Decorate a function that passes its ``**connection`` on to `ConnectionOptions`.

    `help`, `inspect.signature` and editors then show the options by name and default.

    Args:
        renamed: Options that the function takes under a name of its own.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        hidden = {*renamed, *(one.name for one in own)}
        options = [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default)
            for one in fields(ConnectionOptions)
            if one.name not in hidden
        ]
        function.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
        return function

    return decorate
