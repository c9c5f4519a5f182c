"""One round of requests and its answers: what was confirmed, refused, never answered. Pure.

The server answers each parameter that it accepts by name. A refusal names nothing: there is one
``error`` status per refused parameter, or fewer, before the confirmations of the same request.
What changes nothing and what it does not know, it passes over in silence. So a refused parameter is
one that was refused *or* passed over while refusals came, and only one round at a time can be told
apart; `quiet_s` says how long to wait for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastpoly.errors import ServerError
from fastpoly.protocol.statuses import Action, ControlMessage
from fastpoly.protocol.subscriptions import Request

__all__ = ["Outcome", "SubscriptionRound"]

SETTLED_QUIET_S: Final = 0.1
"""Wait for more after the answers add up: a refusal too many would blame the wrong parameter."""

REFUSED_QUIET_S: Final = 1.0
"""Wait for more after a refusal while the answers do not add up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a round ended.

    Attributes:
        refused: Parameters of subscriptions that were not confirmed while the server refused some.
        unanswered: Parameters of subscriptions that were neither confirmed nor refused.
        kept: Parameters that the server was to let go of, and did not confirm.
        error: The server's refusal, if there was one.
    """

    refused: tuple[str, ...]
    unanswered: tuple[str, ...]
    kept: tuple[str, ...]
    error: ServerError | None


class SubscriptionRound:
    """Collects the answers to one round of requests.

    Args:
        timeout_s: How long to wait for the next answer.
    """

    def __init__(self, timeout_s: float) -> None:
        self._pending: dict[tuple[Action, str], None] = {}
        self._timeout_s = timeout_s
        self._refusals = 0
        self._error: ServerError | None = None

    def add(self, request: Request) -> None:
        """Expect the answers to one more request."""
        self._pending.update(((request.action, param), None) for param in request.params)

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

    def on_status(self, message: ControlMessage) -> None:
        """Take a control message."""
        if message.confirmed is not None:
            action, params = message.confirmed
            for param in params:
                self._pending.pop((action, param), None)
        elif message.is_refusal:
            self._refusals += 1
            self._error = self._error or message.error()

    def conclude(self) -> Outcome:
        """Return what to make of what has not been answered by now."""
        asked = tuple(param for action, param in self._pending if action == "subscribe")
        kept = tuple(param for action, param in self._pending if action == "unsubscribe")
        if self._error is None:
            return Outcome((), asked, kept, None)
        return Outcome(asked, (), kept, self._error)
