"""What callbacks of `StreamClient` get as their first argument, and programs find as ``WS``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.errors import UsageError
from fastpoly.protocol.subscriptions import Request

if TYPE_CHECKING:
    from fastpoly.protocol.statuses import Action

__all__ = ["StreamSocket", "StreamSocketOwner"]

ACTIONS: dict[str, Action] = {"subscribe": "subscribe", "unsubscribe": "unsubscribe"}


class StreamSocketOwner(Protocol):
    """The client."""

    def make_request(self, request: Request) -> object:
        """Send a request, or keep it for the next connection."""

    def close_stream(self) -> None:
        """Close the connection."""

    @property
    def is_running(self) -> bool:
        """Whether there is a stream."""


class StreamSocket:
    """Stands in for the ``WebSocketApp`` of the package ``websocket-client``.

    Args:
        url: As below.
        owner: The client.

    Attributes:
        url: Where to connect to; may be assigned before the stream is started.
        on_message: Called as ``on_message(ws, message)``; may be assigned, as those below.
        on_error: Called as ``on_error(ws, error)``.
        on_close: Called as ``on_close(ws, code, text)``.
        on_notice: Called as ``on_notice(ws, notice)``.
    """

    on_message: Callable[[Any, Any], object]
    on_error: Callable[[Any, BaseException], object]
    on_close: Callable[[Any, int | None, str | None], object]
    on_notice: Callable[[Any, Any], object]

    def __init__(self, url: str, owner: StreamSocketOwner) -> None:
        self.url = url
        self._owner = owner

    @property
    def keep_running(self) -> bool:
        """Whether the stream has been started and has not ended."""
        return self._owner.is_running

    def send(self, data: str | bytes) -> None:
        """Send a request to subscribe or unsubscribe; from any thread.

        Args:
            data: JSON, with ``action`` and ``params``.

        Raises:
            UsageError: It is something else.
        """
        try:
            said = json.loads(data)
            action, params = ACTIONS[said["action"]], said["params"].split(",")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(
                "Only requests to subscribe and to unsubscribe can be sent.",
                hint='Send {"action": "subscribe", "params": "T.AAPL,T.MSFT"}.',
            ) from None
        self._owner.make_request(Request(action, tuple(params)))

    def close(self) -> None:
        """Close the stream, as the client's ``close_stream()``."""
        self._owner.close_stream()
