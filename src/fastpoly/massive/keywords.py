"""Keywords of the official client that it passes on to ``websockets``, and what they mean here."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any, Final

from fastpoly.errors import UsageError
from fastpoly.net.options import ConnectionOptions

__all__ = ["connection_options", "find_ca_bundle"]

logger = logging.getLogger("fastpoly.massive")

MEANT: Final[Mapping[str, str]] = {
    "ping_interval": "ping_interval",
    "ping_timeout": "ping_timeout",
    "open_timeout": "open_timeout",
    "auth_timeout": "auth_timeout",
    "max_size": "max_message_bytes",
    "max_read_delay": "max_read_delay",
    "proxy": "proxy",
    "ssl": "ssl",
    "use_aiofastnet": "use_aiofastnet",
}
"""A keyword -> the option of `ConnectionOptions` that it is."""

WITHOUT_EFFECT: Final = frozenset(("max_queue", "read_limit", "write_limit", "compression"))
"""Keywords that size buffers of ``websockets``, or ask for what this library never does."""

_NOT_OURS: Final = "The request that opens the connection is this library's affair."

REFUSED: Final[Mapping[str, str]] = {
    "additional_headers": _NOT_OURS,
    "create_connection": _NOT_OURS,
    "extra_headers": _NOT_OURS,
    "extensions": _NOT_OURS,
    "origin": _NOT_OURS,
    "subprotocols": _NOT_OURS,
    "user_agent_header": _NOT_OURS,
    "process_exception": "max_reconnects= says how often a lost connection is restored.",
    "reconnect_delays": "Pass reconnect=Backoff(...) to the client.",
    "logger": "Configure the loggers 'fastpoly.massive' and 'fastpoly.stream'.",
}
"""Keywords of ``websockets`` that have no meaning here -> what to do instead."""


def connection_options(
    keywords: Mapping[str, Any], *, close_timeout: float, ssl: Any
) -> ConnectionOptions:
    """Return how connections are made.

    Args:
        keywords: Those of the user's.
        close_timeout: Seconds for the server's part in closing.
        ssl: Certificate authorities, where no keyword says otherwise.

    Raises:
        UsageError: A keyword is unknown or has no meaning here, or its value is invalid.
    """
    options: dict[str, Any] = {"ssl": ssl}
    for name, value in keywords.items():
        if name in MEANT:
            options[MEANT[name]] = value
        elif name not in WITHOUT_EFFECT:
            raise UsageError(
                f"{name}= is not an option of this client.",
                hint=REFUSED.get(name) or f"Choose among {', '.join(sorted(MEANT))}.",
            )
    return ConnectionOptions(close_timeout=close_timeout, **options)


def find_ca_bundle(ca_certs: str | None) -> str | None:
    """Return the file of certificate authorities: the one passed, or of the environment, or None.

    As there: ``SSL_CERT_FILE``, then ``REQUESTS_CA_BUNDLE``; one that is no file is passed over.
    """
    if ca_certs is not None:
        return ca_certs
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        path = os.environ.get(name)
        if path and os.path.isfile(path):
            return path
        if path:
            logger.warning("%s is not a file and is passed over: %s", name, path)
    return None
