"""What goes wrong while a connection opens, as errors that say what to do."""

from __future__ import annotations

import datetime
import email.utils
import re
import ssl as ssl_module
import time
import urllib.parse
from typing import Final

from fastpoly.errors import (
    AccessDeniedError,
    CertificateError,
    ConnectError,
    FastpolyError,
    HttpStatusError,
    NotWebSocketError,
    RedirectError,
    ServiceUnavailableError,
    TooManyRequestsError,
)
from fastpoly.net.endpoints import shown_url
from fastpoly.net.opening.upgrade import Answer

__all__ = ["connect_error", "handshake_error", "http_error", "retry_after_s", "upgrade_error"]

_KINDS: Final[dict[int, type[HttpStatusError]]] = {
    401: AccessDeniedError,
    403: AccessDeniedError,
    407: AccessDeniedError,
    429: TooManyRequestsError,
    503: ServiceUnavailableError,
}
"""Statuses with an error of their own."""

_HINTS: Final = {
    400: "Check port, path and query; where the port speaks TLS, use wss://.",
    404: "Check host and path; the path is the market, such as /stocks.",
}
_HINT: Final = "Check host and port, and that a WebSocket server is behind them."
_SERVER_HINT: Final = "The server, or what stands before it, has a fault; try again later."

_SECONDS: Final = re.compile(r"\d{1,9}")


def retry_after_s(value: str | None, now_s: float) -> float | None:
    """Return for how many seconds a ``Retry-After`` field asks to wait; None where it does not.

    Args:
        value: The field's value: seconds, or a date.
        now_s: The time, in seconds since 1970.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=datetime.UTC)
    return max(0.0, date.timestamp() - now_s)


def http_error(answer: Answer, url: str) -> HttpStatusError:
    """Return the error for an HTTP answer other than 101.

    Args:
        answer: The answer.
        url: Where it came from.
    """
    where = shown_url(url)
    status = answer.status
    said = f"{where} answered the WebSocket request with HTTP {status}"
    wait_s = retry_after_s(answer.value("retry-after"), time.time())
    if 300 <= status < 400:
        location = _location(answer.value("location"), url)
        return RedirectError(
            f"{said}, which points to {location or 'nowhere'}.",
            hint="Redirects are not followed, as the API key would go there. If that address is "
            "right, pass it as url=....",
            http_status=status,
            retry_after_s=wait_s,
            location=location,
        )
    asked = f" and asks to be left alone for {wait_s:.0f} s" if wait_s is not None else ""
    kind = _KINDS.get(status, HttpStatusError)
    hint = "" if kind.hint else _HINTS.get(status, _SERVER_HINT if status >= 500 else _HINT)
    return kind(f"{said}{asked}.", hint=hint, http_status=status, retry_after_s=wait_s)


def _location(value: str | None, url: str) -> str:
    if not value:
        return ""
    try:
        target = urllib.parse.urljoin(url, value)
    except ValueError:
        return ""
    shown = shown_url(target)
    return shown if shown.isprintable() else ""


def upgrade_error(fault: str, url: str) -> NotWebSocketError:
    """Return the error for an answer that opens no WebSocket.

    Args:
        fault: Why, as the end of a sentence.
        url: Where it came from.
    """
    hint = (
        "Use wss:// in the URL."
        if "TLS" in fault
        else "Check host and port, and what stands between: a proxy may not know WebSockets."
    )
    return NotWebSocketError(f"{shown_url(url)} is not a WebSocket server: {fault}.", hint=hint)


def handshake_error(error: Exception, url: str) -> FastpolyError:
    """Return the error for a connection that ended during the TLS handshake.

    Args:
        error: How it ended.
        url: Where it was to go.
    """
    if isinstance(error, FastpolyError):
        return error
    return ConnectError(
        f"{shown_url(url)} ended the connection during the TLS handshake, as a server without TLS "
        "does.",
        hint="Where the server has no TLS, as a simulator without a certificate, use ws:// and not "
        "wss://.",
    )


def connect_error(error: Exception, url: str, proxy: str | None) -> FastpolyError | None:
    """Return what an exception means that was raised instead of a connection.

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
