"""What `WebSocketClient.websocket` is: the connection of the moment, for subclasses that send."""

from __future__ import annotations

import json
from typing import Protocol

from fastpoly.errors import UsageError
from fastpoly.protocol.subscriptions import Request

__all__ = ["ClientSocket", "ClientSocketOwner"]


class ClientSocketOwner(Protocol):
    """The client."""

    def make_request(self, request: Request) -> object:
        """Send a request, or keep it for the next connection."""

    async def close(self) -> None:
        """Close the connection."""


class ClientSocket:
    """Takes the messages that the official client sends, so that the engine knows of them.

    Args:
        owner: The client.
    """

    def __init__(self, owner: ClientSocketOwner) -> None:
        self._owner = owner

    async def send(self, message: str | bytes) -> None:
        """Send a request to subscribe or unsubscribe.

        Args:
            message: JSON, with ``action`` and ``params``.

        Raises:
            UsageError: It is something else.
        """
        try:
            said = json.loads(message)
            action, params = said["action"], said["params"].split(",")
        except (ValueError, KeyError, TypeError, AttributeError):
            action, params = None, []
        if action not in ("subscribe", "unsubscribe"):
            raise UsageError(
                "Only requests to subscribe and to unsubscribe can be sent.",
                hint='Send {"action": "subscribe", "params": "T.AAPL,T.MSFT"}.',
            )
        self._owner.make_request(Request(action, tuple(filter(None, map(str.strip, params)))))

    async def close(self) -> None:
        """Close the connection."""
        await self._owner.close()
