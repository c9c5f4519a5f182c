"""Who may reach a hub: this machine alone, unless somebody says otherwise and takes precautions."""

from __future__ import annotations

import hmac
import ipaddress
import ssl
from typing import Final

from fastpoly.errors import UsageError

__all__ = ["Access", "is_local"]

_LICENCE: Final = (
    "Agreements on market data mostly forbid passing it on; docs/hub.md has what to consider."
)


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """Judges where a hub may listen, and whom it lets in.

    Args:
        host: The address to listen on; None for a Unix socket alone, which nobody else reaches.
        token: What readers must pass as their API key; None for any.
        context: For wss://, the server's TLS context.
        allow_remote: Whether other machines may reach it.

    Raises:
        UsageError: Other machines would reach it, and that was not said, or without a token or TLS;
            or there is TLS and no address.
    """

    def __init__(
        self,
        host: str | None,
        token: str | None,
        context: ssl.SSLContext | None,
        allow_remote: bool,
    ) -> None:
        if token is not None and not token.strip():
            raise UsageError("The hub's token is empty.", hint="Pass a long random text, or none.")
        if host is None and context is not None:
            raise UsageError(
                "A hub on a Unix socket alone has nothing to use a certificate for.",
                hint="The mode of its file says who may read it. Pass a port as well, or no TLS.",
            )
        if host is not None and not is_local(host):
            if not allow_remote:
                raise UsageError(
                    f"{host} can be reached from other machines. {_LICENCE}",
                    hint="Listen on 127.0.0.1, or allow other machines explicitly.",
                )
            missing = [
                name for name, value in (("a token", token), ("TLS", context)) if value is None
            ]
            if missing:
                raise UsageError(
                    f"A hub on {host} needs {' and '.join(missing)}.",
                    hint="Pass a token that readers know, and a certificate with its key.",
                )
        self._token = None if token is None else token.strip().encode()

    def __repr__(self) -> str:
        return f"<Access {'by token' if self._token else 'for anybody on this machine'}>"

    def admits(self, key: str) -> bool:
        """Whether a reader with this key is let in."""
        return self._token is None or hmac.compare_digest(key.encode(), self._token)
