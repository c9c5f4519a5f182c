"""Subscribes to what is desired, and tells whoever waits whether the server has confirmed it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fastpoly.errors import (
    ConnectionLost,
    FastpolyError,
    ServerError,
    SubscriptionError,
    SubscriptionLimitError,
)
from fastpoly.health.log_limit import LogLimit
from fastpoly.protocol.acknowledgements import Outcome, SubscriptionRound
from fastpoly.protocol.statuses import shown
from fastpoly.protocol.subscriptions import (
    LiteralSubscriptions,
    Request,
    Subscriptions,
    joined,
)

if TYPE_CHECKING:
    from fastpoly.protocol.statuses import Action, ControlMessage
    from fastpoly.sources.source import SourceConnection

__all__ = ["Reconciler", "ReconcilerOwner"]

logger = logging.getLogger("fastpoly.stream")


@dataclass(slots=True, eq=False)
class _Wait:
    """Someone who waits for an answer."""

    action: Action
    params: tuple[str, ...]
    future: asyncio.Future[None]
    # Whether it is no failure if somebody else wants the opposite since.
    may_be_overtaken: bool
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


class ReconcilerOwner(Protocol):
    """Whose subscriptions are reconciled."""

    @property
    def is_reading(self) -> bool:
        """Whether the connection is read; if not, no answer can come."""

    def on_warning(self, error: FastpolyError) -> object:
        """Take a refusal that nobody waits for."""

    def on_confirmed(self, params: tuple[str, ...]) -> object:
        """Take note of parameters of which the server has confirmed that they are subscribed."""

    def on_refused(self, params: tuple[str, ...], error: ServerError | None) -> object:
        """Take note of parameters that the server has refused, and what it said."""

    def on_asking(self, asking: bool) -> object:
        """Take note that answers are awaited now, or no longer."""

    def on_settled(self) -> object:
        """Take note that nothing is left to ask for."""


class Reconciler:
    """Sends what `Subscriptions.plan` says, one round at a time, and collects the answers.

    One round at a time, because a refusal does not say what it refuses. What is asked for while a
    round is under way goes into the next one. Only requests in the user's own words do not wait for
    each other: their answers are collected together.

    Args:
        subscriptions: What is desired, sent and confirmed.
        timeout_s: Seconds to wait for the next answer of a round.
        owner: Whose subscriptions they are.

    Attributes:
        subscriptions: As above.
    """

    def __init__(
        self, subscriptions: Subscriptions, timeout_s: float, owner: ReconcilerOwner
    ) -> None:
        self.subscriptions = subscriptions
        self._timeout_s = timeout_s
        self._owner = owner
        self._connection: SourceConnection | None = None
        self._round: SubscriptionRound | None = None
        self._answered = asyncio.Event()
        self._changed = asyncio.Event()
        self._waits: list[_Wait] = []
        self._log_limit = LogLimit()

    def start(self) -> None:
        """Get ready in the running loop, for a stream that is opened, or opened again."""
        self._answered = asyncio.Event()
        self._changed = asyncio.Event()

    # ------------------------------------------------------------------------------- the users

    def expect(self, params: Iterable[str]) -> asyncio.Future[None]:
        """Return a future that is done when desired parameters are confirmed.

        It fails if they are refused or not answered. What somebody unsubscribes from meanwhile is
        no longer waited for.
        """
        return self._wait("subscribe", tuple(params), may_be_overtaken=True).future

    async def subscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Add parameters to what is desired, and wait until they are confirmed.

        Raises:
            SubscriptionError: Some are malformed, or were refused or not answered; those that were
                not confirmed are no longer desired, and the others are subscribed. Or they were
                unsubscribed from in the meantime.
        """
        added, errors = self.subscriptions.add_some(params)
        try:
            if added or not errors:
                await self._wait("subscribe", added).future
        except SubscriptionError as error:
            errors.append(error)
        if errors:
            raise joined(errors)

    async def unsubscribe(self, params: Iterable[str | Iterable[str]]) -> None:
        """Remove parameters from what is desired, and wait until that is confirmed.

        Raises:
            SubscriptionError: They are malformed, would still arrive, or were not answered. Or they
                were subscribed to again in the meantime.
        """
        await self._wait("unsubscribe", self.subscriptions.remove(params)).future

    def _wait(
        self, action: Action, params: tuple[str, ...], *, may_be_overtaken: bool = False
    ) -> _Wait:
        future = asyncio.get_running_loop().create_future()
        wait = _Wait(action, params, future, may_be_overtaken)
        self._waits.append(wait)
        self._changed.set()
        self._release()
        return wait

    def _release(self) -> None:
        """Release those whose parameters are as they asked, or who have gone away."""
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

    def _release_overtaken(self) -> None:
        """Release those who would wait for ever: the opposite was requested before their turn."""
        waits, self._waits = self._waits, []
        for wait in waits:
            if wait.future.done():
                continue
            if wait.may_be_overtaken:
                wait.future.set_result(None)
            else:
                wait.future.set_exception(_overtaken(wait, self.subscriptions.desired))

    def request(self, request: Request) -> None:
        """Make a request in the user's own words: at once, or as a part of the next connection's.

        Only for `LiteralSubscriptions`.
        """
        connection = self._connection
        sent = connection is not None and connection.is_open
        changes = self.subscriptions.changes(request)
        if isinstance(self.subscriptions, LiteralSubscriptions):
            self.subscriptions.apply(request, sent=sent)
        if connection is None or not sent:
            return
        connection.send(request.action, request.params)
        if changes:
            # What changes nothing is not answered.
            self._expect(Request(request.action, changes))
            self._answered.set()
            self._changed.set()

    # ---------------------------------------------------------------------- the connection

    def begin(self, connection: SourceConnection, left_alone: Iterable[str] = ()) -> None:
        """Ask a new connection for everything that is desired.

        Args:
            connection: The connection.
            left_alone: Desired parameters that it is not asked for.
        """
        self._connection = connection
        self.subscriptions.restart()
        self.subscriptions.adopt(left_alone)
        with contextlib.suppress(ConnectionLost):  # its own end says the same, and more
            self._send_plan()

    async def run(self) -> None:
        """Reconcile after each change, for as long as the connection lives.

        Raises:
            ConnectionLost: The connection went down.
        """
        while True:
            if self._round is not None:
                await self._collect(self._round)
            self._changed.clear()
            self._send_plan()
            if self._round is None:
                self._release()
                self._release_overtaken()
                self._owner.on_settled()
                await self._changed.wait()

    def _send_plan(self) -> None:
        connection = self._connection
        requests = self.subscriptions.plan()
        if connection is None or not requests:
            return
        self._owner.on_asking(True)
        for request in requests:
            connection.send(request.action, request.params)
            self.subscriptions.sent(request)
            self._expect(request)

    def _expect(self, request: Request) -> None:
        if self._round is None:
            self._round = SubscriptionRound(self._timeout_s)
        self._round.add(request)

    async def _collect(self, answers: SubscriptionRound) -> None:
        try:
            while not answers.done:
                self._answered.clear()
                try:
                    async with asyncio.timeout(answers.quiet_s):
                        await self._answered.wait()
                except TimeoutError:
                    if self._owner.is_reading:
                        break
        finally:
            self._round = None
            self._owner.on_asking(False)
        outcome = answers.conclude()
        if outcome.refused or outcome.unanswered or outcome.kept:
            self._settle(outcome)

    def on_status(self, message: ControlMessage) -> None:
        """Take a control message."""
        if self._round is not None:
            self._round.on_status(message)
        if message.is_refusal and not self._waits:
            # What it refuses is known only when the round is over; nobody waits for that.
            self._log_limit.warn(logger, "The server said: %s", shown(message.message))
        if message.confirmed is not None:
            action, params = message.confirmed
            if action == "subscribe":
                self._owner.on_confirmed(params)
            for param in params:
                self.subscriptions.acknowledge(action, param)
            self._release()
        if message.confirmed is not None or message.is_refusal:
            self._answered.set()

    def _settle(self, outcome: Outcome) -> None:
        """Tell those who wait what was refused or not answered, and everybody else the rest."""
        if outcome.refused:
            self._owner.on_refused(outcome.refused, outcome.error)
        told: dict[Action, set[str]] = {"subscribe": set(), "unsubscribe": set()}
        for wait in self._waits:
            if wait.future.done():
                continue
            refused, unanswered = self._blame(wait, outcome)
            if refused or unanswered:
                wait.future.set_exception(_error(wait.action, refused, unanswered, outcome.error))
                told[wait.action].update(refused, unanswered)
        subscriptions = self.subscriptions
        subscriptions.forget(told["subscribe"])
        desired = set(subscriptions.desired)
        failed = [*outcome.refused, *outcome.unanswered]
        subscriptions.forget(param for param in failed if param not in desired)
        # The server may have taken in silence what nobody wants any more.
        silent = [param for param in outcome.unanswered if param not in desired]
        for request in Subscriptions.dropping(silent):
            if self._connection is not None:
                self._connection.send(request.action, request.params)
        subscriptions.pass_over(
            [param for param in outcome.refused if param in desired],
            [param for param in outcome.unanswered if param in desired],
        )
        for param in outcome.kept:
            subscriptions.acknowledge("unsubscribe", param)
        asked, let_go = told["subscribe"], told["unsubscribe"]
        self._warn(
            "subscribe",
            [param for param in outcome.refused if param not in asked],
            [param for param in outcome.unanswered if param not in asked],
            outcome.error,
        )
        self._warn(
            "unsubscribe", [], [param for param in outcome.kept if param not in let_go], None
        )
        self._release()

    def _blame(self, wait: _Wait, outcome: Outcome) -> tuple[list[str], list[str]]:
        """Return which parameters of a wait were refused, and which were not answered."""
        if wait.action == "unsubscribe":
            return [], [param for param in wait.params if param in outcome.kept]
        # Who subscribes to a ticker under a wildcard waits for the wildcard.
        mine = [(param, self.subscriptions.carrier(param)) for param in wait.params]
        return (
            [param for param, carrier in mine if carrier in outcome.refused],
            [param for param, carrier in mine if carrier in outcome.unanswered],
        )

    def _warn(
        self,
        action: Action,
        refused: list[str],
        unanswered: list[str],
        error: ServerError | None,
    ) -> None:
        if refused or unanswered:
            self._owner.on_warning(_error(action, refused, unanswered, error))

    def disconnected(self) -> None:
        """Take note that nothing is held any more. Those who wait to subscribe go on waiting."""
        self._connection = self._round = None
        self._owner.on_asking(False)
        self.subscriptions.restart()
        self._release()

    def finish(self, error: FastpolyError | None) -> None:
        """Fail everyone who still waits: the stream has ended."""
        waits, self._waits = self._waits, []
        for wait in waits:
            if not wait.future.done():
                failure = ConnectionLost(
                    "The stream ended before the server had answered.", hint="Make a new stream."
                )
                failure.__cause__ = error
                wait.future.set_exception(failure)
                wait.future.exception()  # read once: whoever waits may be gone


def _overtaken(wait: _Wait, desired: tuple[str, ...]) -> SubscriptionError:
    """Return the error for a call whose opposite was requested before it was sent."""
    subscribing = wait.action == "subscribe"
    others = [param for param in wait.params if (param in desired) is not subscribing]
    now = "unsubscribed from" if subscribing else "subscribed to"
    return SubscriptionError(
        f"{_some(tuple(others))} was {now} before the server had confirmed the opposite.",
        hint="Await one change before making the next of the same parameter.",
    )


def _error(
    action: Action,
    refused: Iterable[str],
    unanswered: Iterable[str],
    error: ServerError | None,
) -> SubscriptionError:
    """Return the error for parameters that were refused or not answered."""
    refused, unanswered = tuple(refused), tuple(unanswered)
    said = f" The server said: {error.message}." if refused and error else ""
    parts = []
    if refused:
        parts.append(f"refused {_some(refused)}")
    if unanswered:
        parts.append(f"did not answer for {_some(unanswered)}")
    detail = f"To {action}, the server {' and '.join(parts)}.{said}"
    if refused and isinstance(error, SubscriptionLimitError):
        failure: SubscriptionError = SubscriptionLimitError(
            detail,
            status=error.status,
            message=error.message,
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
    failure.__cause__ = error
    return failure


def _some(params: tuple[str, ...]) -> str:
    shown = ", ".join(params[:5])
    return shown if len(params) <= 5 else f"{shown} and {len(params) - 5} more"
