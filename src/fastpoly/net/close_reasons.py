"""What the end of a connection means: close codes, control messages and failures to errors."""

from __future__ import annotations

import ssl as ssl_module
from dataclasses import dataclass
from typing import Any, Final

import picows

from fastpoly import errors, schema
from fastpoly.errors import (
    CertificateError,
    ConnectError,
    ConnectionLost,
    FastpolyError,
    NotWebSocketError,
    ServerError,
)
from fastpoly.net.endpoints import shown_url

__all__ = ["CloseReason", "close_code", "connect_error", "connection_lost", "server_error"]


@dataclass(frozen=True, slots=True)
class CloseReason:
    """How a connection ended.

    Attributes:
        code: The WebSocket close code; 1006 when the line went without a close frame.
        reason: The text that came with the code; may be empty.
        error: What went wrong; None when this side closed the connection.
    """

    code: int
    reason: str
    error: FastpolyError | None


_CODE_MEANINGS: Final = {
    1000: "ended the connection as if all were done",
    1001: "is going away",
    1002: "broke the WebSocket protocol",
    1005: "closed the connection without a reason",
    1006: "dropped the line without a word",
    1007: "sent text that is not UTF-8",
    1008: "closed the connection for a breach of its policy",
    1009: "sent a message that is too long",
    1011: "had an internal error",
    1012: "restarts",
    1013: "is overloaded",
}


def close_code(code: Any) -> int:
    """A close code as picows has it (an enum to type checkers, an int at run time) as a number."""
    # picows says 0 for a close frame without a code, for which the RFC reserves 1005.
    return int(code) or 1005


def connection_lost(where: str, code: int, reason: str) -> ConnectionLost:
    """The error for a line that this side did not close."""
    meaning = _CODE_MEANINGS.get(code, "closed the connection")
    text = f": {reason}" if reason else ""
    hint = "Raise max_message_bytes." if code == 1009 else ""
    return ConnectionLost(
        f"{where} {meaning} (code {code}{text}).", hint=hint, code=code, reason=reason
    )


def server_error(spec: schema.StatusSpec, message: str) -> ServerError:
    """The error that a control message means."""
    kind: type[ServerError] = getattr(errors, spec.error)
    text = message.strip().rstrip(".") or spec.status
    return kind(f"The server said: {text}.", status=spec.status, message=message)


def connect_error(error: Exception, url: str, proxy: str | None) -> FastpolyError | None:
    """What an exception means that picows raised instead of a connection.

    Args:
        error: The exception.
        url: Where the connection was to go.
        proxy: The proxy's URL, if there is one.

    Returns:
        The error to raise, or None for an exception that is no failure to connect.
    """
    where = shown_url(url)
    through = f" through the proxy {shown_url(proxy)}" if proxy else ""
    if isinstance(error, FastpolyError):
        return error
    if isinstance(error, ssl_module.SSLCertVerificationError):
        return CertificateError(
            f"The certificate of {where} does not verify: {error.verify_message}.",
            hint="Check host and feed. Where a proxy signs with an authority of its own, name "
            "that authority by ssl=... or SSL_CERT_FILE.",
        )
    if isinstance(error, ssl_module.SSLError):
        return NotWebSocketError(
            f"{where} does not speak TLS: {error.reason or error}.",
            hint="Use ws:// for a server without TLS.",
        )
    if isinstance(error, picows.WSInvalidStatusError) and error.response is not None:
        return NotWebSocketError(
            f"{where} answered the WebSocket request with HTTP {int(error.response.status)}.",
            hint="Check host and path; the path is the market, such as /stocks.",
        )
    if isinstance(error, picows.WSError):
        return NotWebSocketError(
            f"{where} is not a WebSocket server: {error}.",
            hint="Check host and port, and ws:// against wss://.",
        )
    # python-socks, which picows uses for proxies, has exceptions of its own.
    if type(error).__module__.partition(".")[0] == "python_socks":
        return ConnectError(
            f"{where} could not be reached{through}: {error}.",
            hint="Check the proxy's URL, user name and password.",
        )
    if isinstance(error, (OSError, EOFError, RuntimeError)):
        return ConnectError(
            f"{where} could not be reached{through}: {str(error) or type(error).__name__}.",
            hint="Check the network, host and port.",
        )
    return None
