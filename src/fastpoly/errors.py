"""The errors, by whose fault they are.

    FastpolyError
    ├── UsageError (ValueError)             the caller's mistake: a bad argument, use after close
    │   └── SubscriptionError               a parameter that is malformed, refused or unanswered
    │       └── SubscriptionLimitError      (and ServerError) too many contracts for one connection
    ├── ServerError                         the server said no
    │   ├── AuthError                       the key is bad, or came too late
    │   ├── NotAuthorizedError              the key is good, the plan does not include this
    │   ├── ConnectionEvicted               another connection took this one's place
    │   ├── SlowReaderError                 this side reads too slowly for the server
    │   └── ForcedDisconnect                the service ended the connection on purpose
    ├── DecodeError (ValueError)            the server sent what is not JSON
    ├── ConnectionLost (ConnectionError)    the connection failed or was closed
    │   ├── ReaderOverrun                   a reader of shared memory was too slow, and goes on
    │   └── ConnectError                    it never opened
    │       ├── HostNotFoundError           the host's name does not resolve
    │       ├── NotWebSocketError           the other side does not speak WebSocket
    │       │   └── HttpStatusError         it answered with an HTTP status instead
    │       │       ├── RedirectError       ... which points elsewhere
    │       │       ├── AccessDeniedError   ... 401, 403 or 407: somebody on the way wants a login
    │       │       ├── TooManyRequestsError        ... 429
    │       │       └── ServiceUnavailableError     ... 503
    │       └── CertificateError            the server's certificate does not verify
    ├── CaptureError                        a recording cannot be written or read
    ├── SinkError                           a sink cannot write
    ├── RestError                           a REST request failed
    ├── PublishError                        a stream of messages cannot be written any more
    ├── ConsumerTooSlow                     a buffer is full and its policy is to fail
    └── HandlerFailed                       a handler raised and the policy is to stop

This module imports nothing of fastpoly: the compiled core imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = [
    "AccessDeniedError",
    "AuthError",
    "CaptureError",
    "CertificateError",
    "ConnectError",
    "ConnectionEvicted",
    "ConnectionLost",
    "ConsumerTooSlow",
    "DecodeError",
    "FastpolyError",
    "ForcedDisconnect",
    "HandlerFailed",
    "HostNotFoundError",
    "HttpStatusError",
    "NotAuthorizedError",
    "NotWebSocketError",
    "PublishError",
    "ReaderOverrun",
    "RedirectError",
    "RestError",
    "ServerError",
    "ServiceUnavailableError",
    "SinkError",
    "SlowReaderError",
    "SubscriptionError",
    "SubscriptionLimitError",
    "TooManyRequestsError",
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


class SlowReaderError(ServerError):
    """The server ended the connection because this side did not read it fast enough."""

    hint = (
        "What arrives has to be read at once: look in stats() for what held the event loop up, do "
        "less in handlers, subscribe to less, or check the network's capacity."
    )


class ForcedDisconnect(ServerError):
    """The service ended the connection on purpose: an operator did, or a rule of the plan."""

    hint = "Ask the vendor's support for the reason before connecting again."


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
        resumes: Whether nothing is missing once the source is connected again, as it goes on where
            it was.
    """

    resumes: bool = False

    def __init__(
        self, detail: str = "", *, hint: str = "", code: int = 1006, reason: str = ""
    ) -> None:
        super().__init__(detail, hint=hint)
        self.code = code
        self.reason = reason


class ReaderOverrun(ConnectionLost):
    """A reader of shared memory was so slow that the writer has written over what it had not read.

    It goes on at once with the newest; what it lost is missing between.

    Attributes:
        frames: Frames that were lost.
        events: Events in them, of all symbols and channels that are shared.
        nbytes: Bytes of these frames.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        hint: str = "",
        code: int = 1006,
        reason: str = "",
        frames: int = 0,
        events: int = 0,
        nbytes: int = 0,
    ) -> None:
        super().__init__(detail, hint=hint, code=code, reason=reason)
        self.frames = frames
        self.events = events
        self.nbytes = nbytes


class ConnectError(ConnectionLost):
    """The connection never opened."""


class HostNotFoundError(ConnectError):
    """The host's name does not resolve."""


class NotWebSocketError(ConnectError):
    """Something answered, but it does not speak WebSocket."""


class HttpStatusError(NotWebSocketError):
    """The server answered the request for a WebSocket with an HTTP status other than 101.

    Attributes:
        http_status: The status, such as 404.
        retry_after_s: Seconds for which the server asks not to be tried again, from when the error
            was made; None where it did not say.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        hint: str = "",
        code: int = 1006,
        reason: str = "",
        http_status: int = 0,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail, hint=hint, code=code, reason=reason)
        self.http_status = http_status
        self.retry_after_s = retry_after_s


class RedirectError(HttpStatusError):
    """The server pointed to another address, which is never followed: the API key would go there.

    Attributes:
        location: Where it pointed, without credentials and query; may be empty.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        hint: str = "",
        code: int = 1006,
        reason: str = "",
        http_status: int = 0,
        retry_after_s: float | None = None,
        location: str = "",
    ) -> None:
        super().__init__(
            detail,
            hint=hint,
            code=code,
            reason=reason,
            http_status=http_status,
            retry_after_s=retry_after_s,
        )
        self.location = location


class AccessDeniedError(HttpStatusError):
    """The request for a WebSocket was refused before the API key was sent (HTTP 401, 403, 407)."""

    hint = (
        "The API key was not sent yet, so it is not the cause: check the host, and whether a proxy "
        "or firewall in between wants a login or blocks this address."
    )


class TooManyRequestsError(HttpStatusError):
    """The server was asked too often (HTTP 429)."""

    hint = "Connect less often; retry_after_s says how long the server wants to be left alone."


class ServiceUnavailableError(HttpStatusError):
    """The server takes no connections at the moment (HTTP 503)."""

    hint = "Try again later; retry_after_s says when, where the server knows."


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


class SinkError(FastpolyError):
    """A sink cannot write.

    Attributes:
        lost_by_channel: Events that were lost with it, by channel; those of unfinished files may
            be of earlier batches.
    """

    def __init__(
        self, detail: str = "", *, hint: str = "", lost_by_channel: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(detail, hint=hint)
        self.lost_by_channel = dict(lost_by_channel or {})


class RestError(FastpolyError):
    """A REST request failed, for good or as often as it was tried.

    Attributes:
        status: The HTTP status of the last answer; 0 where there was none.
    """

    def __init__(self, detail: str = "", *, hint: str = "", status: int = 0) -> None:
        super().__init__(detail, hint=hint)
        self.status = status


class PublishError(FastpolyError):
    """A stream of messages cannot be written any more: another publisher has taken over, or the
    broker has lost what it had acknowledged.
    """


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
