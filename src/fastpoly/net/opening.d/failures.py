"""What picows raises instead of a connection, as errors that say what to do."""

from __future__ import annotations

import ssl as ssl_module
from typing import Any

import picows

from fastpoly.errors import CertificateError, ConnectError, FastpolyError, NotWebSocketError
from fastpoly.net.endpoints import shown_url

__all__ = ["close_code", "connect_error"]


def close_code(code: Any) -> int:
    """Return a close code of picows (an enum to type checkers, an int at run time) as a number."""
    # picows says 0 for a close frame without a code, for which the RFC reserves 1005.
    return int(code) or 1005


def connect_error(error: Exception, url: str, proxy: str | None) -> FastpolyError | None:
    """Return what an exception means that picows raised instead of a connection.

    Args:
        error: The exception.
        url: Where the connection was to go.
        proxy: The proxy's URL, if there is one.

    Returns:
        The error to raise, or None for an exception that is not a failure to connect.
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
