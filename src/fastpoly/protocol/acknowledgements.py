"""One round of requests and its answers: what was confirmed, refused, never answered. Pure.

The server answers each parameter that it accepts by name. A refusal names nothing: there is one
``error`` status per refused parameter, or fewer, before the confirmations of the same request.
What changes nothing and what it does not know, it passes over in silence. So a refused parameter is
one that was refused *or* passed over while refusals came, and only one round at a time can be told
apart; `quiet_s` says how long to wait for more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastpoly import schema
from fastpoly.errors import ServerError
from fastpoly.net.close_reasons import server_error
from fastpoly.protocol.subscriptions import Action, Request, acknowledged

__all__ = ["Exchange", "Outcome"]

SETTLED_QUIET_S: Final = 0.1
"""Wait for more after the answers add up: a refusal too many would blame the wrong parameter."""

REFUSED_QUIET_S: Final = 1.0
"""Wait for more after a refusal while the answers do not add up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a round ended.

    Attributes:
        refused: Parameters of subscriptions that were not confirmed while the server refused some.
        unanswered: Parameters that were neither confirmed nor refused.
        error: The server's refusal, if there was one.
    """

    refused: tuple[str, ...]
    unanswered: tuple[str, ...]
    error: ServerError | None


class Exchange:
    """Collects the answers to one round of requests.

    Args:
        requests: What is sent.
        timeout_s: How long to wait for the next answer.
    """

    def __init__(self, requests: Iterable[Request], timeout_s: float) -> None:
        self._pending: dict[tuple[Action, str], None] = {
            (request.action, param): None for request in requests for param in request.params
        }
        self._timeout_s = timeout_s
        self._refusals = 0
        self._error: ServerError | None = None

    @property
    def done(self) -> bool:
        """Whether every parameter was confirmed."""
        return not self._pending

    @property
    def quiet_s(self) -> float:
        """Seconds without another answer after which the round is over."""
        if not self._refusals:
            return self._timeout_s
        quiet_s = SETTLED_QUIET_S if self._refusals >= len(self._pending) else REFUSED_QUIET_S
        return min(quiet_s, self._timeout_s)

    def take(self, status: str, message: str) -> list[tuple[Action, str]] | None:
        """Takes a control message.

        Returns:
            What it confirms, also of earlier rounds; an empty list for a refusal; None for a
            message that has nothing to do with requests.
        """
        if status == "success":
            confirmed = acknowledged(message)
            if confirmed is None:
                return None
            action, params = confirmed
            for param in params:
                self._pending.pop((action, param), None)
            return [(action, param) for param in params]
        if status != "error":
            return None
        spec = schema.status_spec(status, message)
        self._refusals += 1
        if self._error is None:
            self._error = (
                server_error(spec, message)
                if spec is not None and spec.error
                else ServerError(f"The server said: {message}.", status=status, message=message)
            )
        return []

    def conclude(self) -> Outcome:
        """What to make of what has not been answered by now."""
        asked = [param for action, param in self._pending if action == "subscribe"]
        let_go = [param for action, param in self._pending if action == "unsubscribe"]
        if self._error is None:
            return Outcome((), tuple(asked + let_go), None)
        return Outcome(tuple(asked), tuple(let_go), self._error)
