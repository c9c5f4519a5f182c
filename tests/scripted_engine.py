"""An engine over a scripted source in virtual time, with all that it has said so far."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from fastpoly._core import Batch
from fastpoly.engine.pipeline import GapTicket
from fastpoly.engine.supervisor import Engine, EngineSettings
from fastpoly.errors import AuthError, ConnectionEvicted, FastpolyError
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import StateChange
from fastpoly.protocol.reconnect import Backoff, FixedDelay, ReconnectPolicy
from fastpoly.protocol.subscriptions import LiteralSubscriptions, Subscriptions
from fastpoly.sources.scripted import ScriptedConnection, ScriptedSource
from tests.virtual_time import VirtualClock, idle

NEVER = Backoff(max_attempts=0)
SOON = FixedDelay(delay_s=5.0, max_attempts=None)
LIVE = ["connecting", "authenticating", "subscribing", "live"]
REFUSED = AuthError("The server said: authentication failed.", status="auth_failed")
EVICTED = ConnectionEvicted("Another connection took its place.", status="max_connections")


class ScriptedEngine:
    """The owner of an engine, to be made in a loop of virtual time.

    Args:
        params: What is wanted from the beginning.
        policy: When to reconnect.
        obliging: Whether the server accepts and confirms everything by itself.
        literal: Whether requests are in the user's own words.
        settings: Others of `EngineSettings`.

    Attributes:
        changes: Every change of state.
        warnings: Errors that ended nothing.
        tickets: Gaps to fill.
        exits: What asked for the program's end.
        ends: What each life ended with.
        batches: What consumers were given, with the channels that were told.
    """

    def __init__(
        self,
        *params: str,
        policy: ReconnectPolicy = SOON,
        obliging: bool = True,
        literal: bool = False,
        **settings: Any,
    ) -> None:
        self.clock = VirtualClock()
        self.source = ScriptedSource("stocks", obliging=obliging, clock=self.clock)
        self.changes: list[StateChange] = []
        self.warnings: list[FastpolyError] = []
        self.tickets: list[GapTicket] = []
        self.exits: list[BaseException] = []
        self.ends: list[FastpolyError | None] = []
        self.batches: list[tuple[Batch, tuple[str, ...]]] = []
        subscriptions = LiteralSubscriptions("stocks") if literal else Subscriptions("stocks")
        subscriptions.add(params)
        self.engine = Engine(
            self.source,
            subscriptions,
            EngineSettings(policy=policy, clock=self.clock, **settings),
            self,
        )
        self.engine.pipeline.route(self.deliver)

    @property
    def connection(self) -> ScriptedConnection:
        """The connection that was made last."""
        return self.source.latest

    @property
    def states(self) -> list[str]:
        """Every state that it has come to."""
        return [str(change.new) for change in self.changes]

    @property
    def events(self) -> list[Any]:
        """What consumers were given, event by event."""
        return [event for batch, _ in self.batches for event in batch]

    @property
    def gaps(self) -> list[Gap]:
        """Those of the events that are gaps."""
        return [event for event in self.events if isinstance(event, Gap)]

    def told(self) -> list[Any]:
        """Return the events by their sequence numbers, control messages as None, gaps as such."""
        return [event if isinstance(event, Gap) else event.get("q") for event in self.events]

    def send(self, *numbers: int, channel: str = "T", symbol: str = "A") -> None:
        """Have the server send one frame of events with these sequence numbers."""
        self.connection.deliver(*trades(numbers, channel, symbol))

    # ------------------------------------------------------------------- what the engine says

    def deliver(self, batch: Batch, channels: tuple[str, ...]) -> None:
        assert channels == batch.channels
        self.batches.append((batch, channels))

    def on_state_change(self, change: StateChange) -> None:
        self.changes.append(change)

    def on_warning(self, error: FastpolyError) -> None:
        self.warnings.append(error)

    def on_gap(self, ticket: GapTicket) -> None:
        self.tickets.append(ticket)

    def on_exit(self, error: BaseException) -> None:
        self.exits.append(error)

    def on_finish(self, error: FastpolyError | None) -> None:
        self.ends.append(error)


def trades(numbers: Iterable[int], channel: str = "T", symbol: str = "A") -> list[dict[str, Any]]:
    """Return events of a channel with these sequence numbers."""
    return [{"ev": channel, "sym": symbol, "q": number, "i": str(number)} for number in numbers]


@dataclass
class Policy:
    """Answers from a list, and remembers what it was asked."""

    answers: list[Any]
    stable_after_s: float = 60.0
    retry_first: bool = False
    asked: list[tuple[int, FastpolyError]] = field(default_factory=list)

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        self.asked.append((attempt, error))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def attempts(self) -> list[int]:
        return [attempt for attempt, _ in self.asked]


async def begin(call: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Start what will have to wait, and let it go as far as it can."""
    task = asyncio.ensure_future(call)
    await idle()
    return task


def seconds() -> float:
    return asyncio.get_running_loop().time()
