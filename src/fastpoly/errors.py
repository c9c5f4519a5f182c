"""The errors, by whose fault they are.

    FastpolyError
    ├── UsageError (ValueError)             the caller's mistake: a bad argument, use after close
    │   └── SubscriptionError               a parameter that is malformed, refused or unanswered
    │       └── SubscriptionLimitError      (and ServerError) too many contracts for one connection
    ├── ServerError                         the server said no
    │   ├── AuthError                       the key is bad, or came too late
    │   ├── NotAuthorizedError              the key is good, the plan does not include this
    │   └── ConnectionEvicted               another connection took this one's place
    ├── DecodeError (ValueError)            the server sent what is not JSON
    ├── ConnectionLost (ConnectionError)    the connection failed or was closed
    │   └── ConnectError                    it never opened
    │       ├── HostNotFoundError           the host's name does not resolve
    │       ├── NotWebSocketError           the other side does not speak WebSocket
    │       └── CertificateError            the server's certificate does not verify
    ├── CaptureError                        a recording cannot be written or read
    ├── ConsumerTooSlow                     a buffer is full and its policy is to fail
    └── HandlerFailed                       a handler raised and the policy is to stop

This module imports nothing of fastpoly: the compiled core imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = [
    "AuthError",
    "CaptureError",
    "CertificateError",
    "ConnectError",
    "ConnectionEvicted",
    "ConnectionLost",
    "ConsumerTooSlow",
    "DecodeError",
    "FastpolyError",
    "HandlerFailed",
    "HostNotFoundError",
    "NotAuthorizedError",
    "NotWebSocketError",
    "ServerError",
    "SubscriptionError",
    "SubscriptionLimitError",
    "UsageError",
]


class FastpolyError(Exception):
    """Any error of this library.

    Attributes:
        detail: What happened, one sentence.
        hint: What to do about it; may be empty.
    """

    hint: str = ""

    def __init__(self, detail: str = "", *, hint: str = "") -> None:
        # One positional argument and keywords with defaults, here and below: an exception is
        # copied and pickled as its arguments plus its dict, so nothing more is needed for that.
        super().__init__(detail)
        self.detail = detail
        if hint:
            self.hint = hint

    def __str__(self) -> str:
        return f"{self.detail} {self.hint}" if self.hint else self.detail


class UsageError(FastpolyError, ValueError):
    """The caller's mistake: a bad argument, a call in the wrong state."""


class SubscriptionError(UsageError):
    """Parameters that are malformed, that the server refused, or that it never answered.

    Attributes:
        refused: Parameters that were refused, by this library before sending or by the server.
        unanswered: Parameters that were sent and neither confirmed nor refused in time.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        hint: str = "",
        refused: Iterable[str] = (),
        unanswered: Iterable[str] = (),
    ) -> None:
        super().__init__(detail, hint=hint)
        self.refused = tuple(refused)
        self.unanswered = tuple(unanswered)


class ServerError(FastpolyError):
    """The server said no.

    Attributes:
        status: The ``status`` text of its control message.
        message: The ``message`` text.
    """

    def __init__(
        self, detail: str = "", *, hint: str = "", status: str = "", message: str = ""
    ) -> None:
        super().__init__(detail, hint=hint)
        self.status = status
        self.message = message


class AuthError(ServerError):
    """The key is bad, or did not arrive within the server's limit."""

    hint = "Check the API key: its dashboard shows whether it is active."


class NotAuthorizedError(ServerError):
    """The key is good, but its plan does not include this market, feed, channel or symbol."""

    hint = "See which markets and channels the plan of this API key includes."


class ConnectionEvicted(ServerError):
    """Another connection with this account took this one's place."""

    hint = (
        "An account may hold few connections per market, often one. Look for another program, or "
        "an older copy of this one, that uses the account; two that reconnect evict each other "
        "for ever, so this one does not."
    )


class SubscriptionLimitError(ServerError, SubscriptionError):
    """More options contracts than one connection may hold."""

    hint = "Unsubscribe from some contracts, or spread them over several connections."

    def __init__(
        self,
        detail: str = "",
        *,
        hint: str = "",
        status: str = "",
        message: str = "",
        refused: Iterable[str] = (),
        unanswered: Iterable[str] = (),
    ) -> None:
        FastpolyError.__init__(self, detail, hint=hint)
        self.status = status
        self.message = message
        self.refused = tuple(refused)
        self.unanswered = tuple(unanswered)


class DecodeError(FastpolyError, ValueError):
    """A frame that is not JSON.

    Attributes:
        offset: Where in the frame the error is, in bytes from its start.
    """

    def __init__(self, detail: str = "", *, offset: int = 0, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.offset = offset


class ConnectionLost(FastpolyError, ConnectionError):
    """The connection failed, or the server closed it.

    Attributes:
        code: The WebSocket close code; 1006 when it ended without a close frame.
        reason: The text that came with the code; may be empty.
    """

    def __init__(
        self, detail: str = "", *, hint: str = "", code: int = 1006, reason: str = ""
    ) -> None:
        super().__init__(detail, hint=hint)
        self.code = code
        self.reason = reason


class ConnectError(ConnectionLost):
    """The connection never opened."""


class HostNotFoundError(ConnectError):
    """The host's name does not resolve."""


class NotWebSocketError(ConnectError):
    """Something answered, but it does not speak WebSocket."""


class CertificateError(ConnectError):
    """The server's certificate does not verify."""


class CaptureError(FastpolyError):
    """A recording cannot be written or read: the disk, the path, or the file itself.

    Attributes:
        path: The file; empty where there is none to name.
        errno: The system's number of the error; 0 where it is not the system's.
    """

    def __init__(self, detail: str = "", *, hint: str = "", path: str = "", errno: int = 0) -> None:
        super().__init__(detail, hint=hint)
        self.path = path
        self.errno = errno


class ConsumerTooSlow(FastpolyError):
    """A consumer's buffer is full and its overflow policy is ``error``.

    Attributes:
        lost_by_channel: Events that this consumer did not get, by channel.
    """

    hint = "Do less per batch, raise max_buffer_bytes, or choose another overflow policy."

    def __init__(
        self, detail: str = "", *, hint: str = "", lost_by_channel: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(detail, hint=hint)
        self.lost_by_channel = dict(lost_by_channel or {})


class HandlerFailed(FastpolyError):
    """A handler raised and the stream's policy for that is ``stop``; see ``__cause__``."""
