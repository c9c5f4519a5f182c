"""Makes the server hold what is desired, and tells whoever waits what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastpoly.errors import (
    ConnectionLost,
    FastpolyError,
    SubscriptionError,
    SubscriptionLimitError,
)
from fastpoly.protocol.acknowledgements import Exchange, Outcome
from fastpoly.protocol.subscriptions import Action, Request, Subscriptions, acknowledged

if TYPE_CHECKING:
    from fastpoly.net.session import Session

__all__ = ["Reconciler"]

logger = logging.getLogger("fastpoly.stream")


@dataclass(slots=True, eq=False)
class _Wait:
    """Someone who waits for an answer."""

    action: Action
    params: tuple[str, ...]
    future: asyncio.Future[None]
    # How many of the parameters, from the first on, were as wanted when last looked at: each
    # answer must not cost a look at thousands of them.
    settled: int = 0

    def is_done(self, settled: Callable[[str], bool]) -> bool:
        params = self.params
        while self.settled < len(params) and settled(params[self.settled]):
            self.settled += 1
        if self.settled < len(params):
            return False
        # An answer may have been taken back since.
        self.settled = 0
        return all(map(settled, params))


class Reconciler:
    """Sends what `Subscriptions.plan` says, one round at a time, and collects the answers.

    One round at a time, because a refusal does not say what it refuses. What is asked for while a
    round is under way goes into the next one.

    Args:
        market: The market's name.
        timeout_s: Seconds to wait for the next answer of a round.
        on_trouble: Called with refusals that nobody waits for.
        on_asking: Called when a round begins and when it ends.

    Attributes:
        subscriptions: What is desired, sent and confirmed.
        is_asking: Whether a round is under way.
    """

    def __init__(
        self,
        market: str,
        timeout_s: float,
        *,
        on_trouble: Callable[[FastpolyError], object],
        on_asking: Callable[[], object],
    ) -> None:
        self.subscriptions = Subscriptions(market)
        self.is_asking = False
        self._timeout_s = timeout_s
        self._on_trouble = on_trouble
        self._on_asking = on_asking
        self._exchange: Exchange | None = None
        self._answered = asyncio.Event()
        self._changed = asyncio.Event()
        self._waits: list[_Wait] = []

    # ------------------------------------------------------------------------------- the users

    def expect(self, params: Iterable[str]) -> asyncio.Future[None]:
        """A future that is done when desired parameters are confirmed, or fails if they are not."""
        return self._wait("subscribe", tuple(params)).future

    async def subscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Wants parameters, and waits until they are confirmed.

        Raises:
            SubscriptionError: They are malformed, or were refused or not answered; those that were
                not confirmed are no longer wanted.
        """
        await self._wait("subscribe", self.subscriptions.add(params)).future

    async def unsubscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Wants parameters no more, and waits until that is confirmed.

        Raises:
            SubscriptionError: They are malformed, would arrive all the same, or were not answered.
        """
        await self._wait("unsubscribe", self.subscriptions.remove(params)).future

    def _wait(self, action: Action, params: tuple[str, ...]) -> _Wait:
        wait = _Wait(action, params, asyncio.get_running_loop().create_future())
        self._waits.append(wait)
        self._changed.set()
        self._release()
        return wait

    def _release(self) -> None:
        """Lets go those whose parameters are as they wanted them, or who have gone away."""
        confirmed = self.subscriptions.is_confirmed

        def let_go(param: str) -> bool:
            return not self.subscriptions.is_held(param)

        waits, self._waits = self._waits, []
        for wait in waits:
            if wait.future.done():
                continue
            if wait.is_done(confirmed if wait.action == "subscribe" else let_go):
                wait.future.set_result(None)
            else:
                self._waits.append(wait)

    # -------------------------------------------------------------------------------- the line

    async def run(self, session: Session, on_settled: Callable[[], object]) -> None:
        """Reconciles on a new connection, and again after each change, for as long as it lives.

        Args:
            session: The connection.
            on_settled: Called whenever there is nothing left to ask for.

        Raises:
            ConnectionLost: The connection went down.
        """
        self.subscriptions.restart()
        while True:
            self._changed.clear()
            requests = self.subscriptions.plan()
            if requests:
                await self._ask(session, requests)
                continue
            self._release()
            on_settled()
            await self._changed.wait()

    async def _ask(self, session: Session, requests: list[Request]) -> None:
        exchange = self._exchange = Exchange(requests, self._timeout_s)
        self._set_asking(True)
        try:
            for request in requests:
                session.send(request.action, request.params)
                self.subscriptions.sent(request)
            while not exchange.done:
                self._answered.clear()
                try:
                    async with asyncio.timeout(exchange.quiet_s):
                        await self._answered.wait()
                except TimeoutError:
                    break
        finally:
            self._exchange = None
            self._set_asking(False)
        outcome = exchange.conclude()
        if outcome.refused or outcome.unanswered:
            self._settle(session, outcome)

    def _set_asking(self, asking: bool) -> None:
        self.is_asking = asking
        self._on_asking()

    def take(self, status: str, message: str) -> None:
        """Takes a control message."""
        if self._exchange is not None:
            confirmed = self._exchange.take(status, message)
        elif status == "success" and (late := acknowledged(message)) is not None:
            confirmed = [(late[0], param) for param in late[1]]
        else:
            confirmed = None
            if status == "error":
                logger.warning("The server said %r when it had not been asked.", message)
        for action, param in confirmed or ():
            self.subscriptions.acknowledge(action, param)
        if confirmed is not None:
            self._release()
            self._answered.set()

    def _settle(self, session: Session, outcome: Outcome) -> None:
        """Tells those who wait what was refused or not answered."""
        blamed: set[str] = set()
        for wait in self._waits:
            if wait.future.done():
                continue
            # Who subscribes to a ticker under a wildcard waits for the wildcard.
            subscribing = wait.action == "subscribe"
            carrier = self.subscriptions.carrier if subscribing else str
            mine = [(param, carrier(param)) for param in wait.params]
            refused = [param for param, carried in mine if carried in outcome.refused]
            unanswered = [param for param, carried in mine if carried in outcome.unanswered]
            if refused or unanswered:
                wait.future.set_exception(_error(wait.action, refused, unanswered, outcome))
                blamed.update(refused, unanswered)
        self.subscriptions.forget(blamed)
        # The server may have taken in silence what nobody wants any more.
        for request in Subscriptions.dropping(blamed.intersection(outcome.unanswered)):
            session.send(request.action, request.params)
        for param in outcome.unanswered:
            self.subscriptions.acknowledge("unsubscribe", param)
        rest = Outcome(
            tuple(param for param in outcome.refused if param not in blamed),
            tuple(param for param in outcome.unanswered if param not in blamed),
            outcome.error,
        )
        if rest.refused or rest.unanswered:
            self._on_trouble(_error("subscribe", rest.refused, rest.unanswered, rest))
        self._release()

    def disconnected(self) -> None:
        """The line is down: nothing is held any more. Those who wait to subscribe go on waiting."""
        self.subscriptions.restart()
        self._release()

    def finish(self, error: FastpolyError | None) -> None:
        """The stream has ended: nobody will be answered any more."""
        waits, self._waits = self._waits, []
        for wait in waits:
            if not wait.future.done():
                failure = ConnectionLost(
                    "The stream ended before the server had answered.", hint="Make a new stream."
                )
                failure.__cause__ = error
                wait.future.set_exception(failure)
                wait.future.exception()  # read once: whoever waits may be gone


def _error(
    action: Action, refused: Iterable[str], unanswered: Iterable[str], outcome: Outcome
) -> SubscriptionError:
    """The error for parameters that did not become what was asked for."""
    refused, unanswered = tuple(refused), tuple(unanswered)
    said = f" The server said: {outcome.error.message}." if refused and outcome.error else ""
    parts = []
    if refused:
        parts.append(f"refused {_some(refused)}")
    if unanswered:
        parts.append(f"did not answer for {_some(unanswered)}")
    detail = f"To {action}, the server {' and '.join(parts)}.{said}"
    if refused and isinstance(outcome.error, SubscriptionLimitError):
        failure: SubscriptionError = SubscriptionLimitError(
            detail,
            status=outcome.error.status,
            message=outcome.error.message,
            refused=refused,
            unanswered=unanswered,
        )
    else:
        hint = (
            "See which channels the plan of this API key includes."
            if refused
            else "The feed may not carry the channel; or raise subscribe_timeout."
        )
        failure = SubscriptionError(detail, hint=hint, refused=refused, unanswered=unanswered)
    failure.__cause__ = outcome.error
    return failure


def _some(params: tuple[str, ...]) -> str:
    shown = ", ".join(params[:5])
    return shown if len(params) <= 5 else f"{shown} and {len(params) - 5} more"
