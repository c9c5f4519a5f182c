"""From a source's batches to consumers: order, the filter, gaps announced, held back and filled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from fastpoly._core import Batch, Decoder
from fastpoly.engine import pipeline as module
from fastpoly.engine.pipeline import GapTicket, Pipeline
from fastpoly.errors import ConnectionLost, FastpolyError, HandlerFailed, UsageError
from fastpoly.filters.build import make_filter
from fastpoly.notices import NOTICE_CHANNEL, Gap
from tests.scripted_engine import trades
from tests.virtual_time import VirtualClock, in_virtual_time

FILL_S = 10.0
LOST = ConnectionLost("The connection was cut.", code=1006)
STATUS = {"ev": "status", "status": "success", "message": "subscribed to: T.A"}


class Line:
    """The owner of a pipeline in virtual time, and its one consumer.

    Attributes:
        tickets: Gaps to fill.
        warnings: What was wrong with what was supplied.
        taken: What the consumer was given, with the channels that were told.
    """

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.tickets: list[GapTicket] = []
        self.warnings: list[FastpolyError] = []
        self.taken: list[tuple[Batch, tuple[str, ...]]] = []
        self.pipeline = Pipeline("stocks", self, self.clock, **settings)
        self._decoder = Decoder("stocks")
        self.pipeline.route(self.take)

    def on_gap(self, ticket: GapTicket) -> None:
        self.tickets.append(ticket)

    def on_warning(self, error: FastpolyError) -> None:
        self.warnings.append(error)

    def take(self, batch: Batch, channels: tuple[str, ...]) -> None:
        assert channels == batch.channels
        self.taken.append((batch, channels))

    def receive(self, *events: dict[str, Any]) -> Batch:
        """Return a batch as a source makes it: watched, and stamped with the time."""
        text = json.dumps(events)
        return self._decoder.receive(text, self.clock.time_ns(), self.pipeline.watch)

    def bring_all(self, *events: dict[str, Any]) -> Batch:
        """Have the connection bring one batch."""
        batch = self.receive(*events)
        self.pipeline.on_batch(batch)
        return batch

    def bring(self, *numbers: int, symbol: str = "A") -> None:
        """Have the connection bring one batch of trades with these sequence numbers."""
        self.bring_all(*trades(numbers, "T", symbol))

    def lose(self, error: FastpolyError = LOST, channels: Iterable[str] = ("T", "Q")) -> None:
        """End the connection, as an engine does that has lost something by it."""
        self.pipeline.end_connection()
        self.pipeline.interrupt(error, tuple(channels))

    @property
    def told(self) -> list[Any]:
        """What the consumer was given: sequence numbers, and gaps as such."""
        return [
            event if isinstance(event, Gap) else event.get("q")
            for batch, _ in self.taken
            for event in batch
        ]

    @property
    def gaps(self) -> list[Gap]:
        """The gaps among them."""
        return [one for one in self.told if isinstance(one, Gap)]


# ---------------------------------------------------------------------------------------- batches


@in_virtual_time
async def test_batches_go_where_they_are_routed_as_they_are() -> None:
    line = Line()
    first = line.bring_all(*trades([1, 2]), *trades([3], "Q"))
    assert line.taken == [(first, ("T", "Q"))]
    assert line.taken[0][0] is first
    others: list[Batch] = []
    line.pipeline.route(lambda one, channels: others.append(one))
    line.bring(4)
    assert [event["q"] for event in others[0]] == [4]
    assert line.told == [1, 2, 3]


@in_virtual_time
async def test_what_comes_before_anyone_wants_it_is_dropped() -> None:
    line = Line()
    pipeline = Pipeline("stocks", line, line.clock)
    pipeline.on_batch(line.receive(*trades([1])))
    pipeline.route(line.take)
    pipeline.on_batch(line.receive(*trades([2])))
    assert line.told == [2]


@in_virtual_time
async def test_a_filter_passes_a_batch_part_of_it_or_nothing() -> None:
    line = Line(filter=make_filter("stocks", symbols={"A"}, where=None))
    whole = line.bring_all(*trades([1, 2]))
    line.bring_all(*trades([3]), *trades([4], symbol="B"))
    line.bring(5, 6, symbol="B")
    assert line.told == [1, 2, 3]
    assert line.taken[0][0] is whole
    assert len(line.taken) == 2
    assert line.pipeline.filtered == 3


@in_virtual_time
async def test_channels_are_those_that_passed_the_filter() -> None:
    line = Line(filter=make_filter("stocks", symbols={"A"}, where=None))
    line.bring_all(*trades([1]), *trades([2], "Q", "B"))
    assert [channels for _, channels in line.taken] == [("T",)]


# ----------------------------------------------------------------------------- connections, gaps


@in_virtual_time
async def test_a_connection_begins_with_data_and_says_how_long_it_flowed() -> None:
    line = Line()
    assert not line.pipeline.has_begun
    assert line.pipeline.end_connection() is None
    line.bring_all(STATUS)
    assert not line.pipeline.has_begun, "a control message is no data"
    await asyncio.sleep(5)
    line.bring(1)
    assert line.pipeline.has_begun
    await asyncio.sleep(3)
    line.bring(2)
    assert line.pipeline.end_connection() == pytest.approx(3.0)
    assert not line.pipeline.has_begun
    assert line.pipeline.end_connection() is None


@in_virtual_time
async def test_a_gap_is_the_first_event_of_the_batch_that_ends_it() -> None:
    line = Line()
    line.bring(1)
    await asyncio.sleep(1)
    since_ns = line.clock.time_ns()
    line.lose()
    await asyncio.sleep(4)
    line.bring(2)
    line.bring(3)
    (gap,) = line.gaps
    assert line.told == [1, gap, 2, 3]
    assert [len(one) for one, _ in line.taken] == [1, 2, 1]
    assert line.taken[1][1] == line.taken[1][0].channels
    assert set(line.taken[1][1]) == {NOTICE_CHANNEL, "T"}
    assert (gap.since_ns, gap.until_ns) == (since_ns, line.clock.time_ns())
    assert (gap.channels, gap.code, gap.attempts) == (("T", "Q"), 1006, 0)
    assert [one["q"] for one in gap.first_by_channel.values()] == [2]


@in_virtual_time
async def test_a_gap_apart_is_a_batch_of_its_own() -> None:
    line = Line(gap_apart=True)
    line.bring(1)
    line.lose()
    line.bring(2)
    assert line.told == [1, line.gaps[0], 2]
    assert [channels for _, channels in line.taken] == [("T",), (NOTICE_CHANNEL,), ("T",)]


@in_virtual_time
async def test_an_interruption_that_goes_on_stays_the_first_one() -> None:
    line = Line()
    line.pipeline.note_attempt()  # nothing is interrupted yet
    line.bring(1)
    since_ns = line.clock.time_ns()
    line.lose(ConnectionLost("first", code=1012))
    for _ in range(3):
        await asyncio.sleep(1)
        line.pipeline.note_attempt()
        line.lose(ConnectionLost("later", code=1006), ())
    line.bring(9)
    (gap,) = line.gaps
    assert (gap.code, gap.attempts, gap.since_ns) == (1012, 3, since_ns)
    assert gap.channels == ("T", "Q")
    line.pipeline.end_connection()
    line.bring(10)
    assert len(line.gaps) == 1, "announced once"


@in_virtual_time
async def test_control_messages_end_no_gap() -> None:
    line = Line()
    line.bring(1)
    line.lose()
    line.bring_all(STATUS)
    assert not line.gaps
    line.bring_all(STATUS, *trades([2]))
    (gap,) = line.gaps
    assert list(gap.first_by_channel) == ["T"]


@in_virtual_time
async def test_a_gap_reaches_consumers_whose_filter_lets_nothing_else_through() -> None:
    line = Line(filter=make_filter("stocks", symbols={"A"}, where=None))
    line.bring(1)
    line.lose()
    line.bring(2, symbol="B")
    (gap,) = line.gaps
    assert line.told == [1, gap]
    assert gap.first_by_channel["T"]["q"] == 2


# ---------------------------------------------------------------------------------------- filling


async def interrupted(**settings: Any) -> Line:
    """A line that fills gaps, with one open: 1 came before it, 5 and 6 are held back."""
    line = Line(fill_timeout_s=FILL_S, **settings)
    line.bring(1)
    line.lose()
    line.bring(5)
    line.bring(6)
    assert line.told == [1]
    return line


@in_virtual_time
async def test_what_was_supplied_comes_between_the_gap_and_what_was_held_back() -> None:
    line = await interrupted()
    (ticket,) = line.tickets
    assert isinstance(ticket.gap, Gap)
    ticket.fill(trades([1, 2, 3, 5]))
    (gap,) = line.gaps
    assert gap.filled == 2
    assert line.told == [1, gap, 2, 3, 5, 6]
    line.bring(7)
    assert line.told[-1] == 7
    await asyncio.sleep(2 * FILL_S)
    assert line.warnings == [], "the timeout is over with the filling"


@in_virtual_time
async def test_a_gap_that_is_filled_twice_is_filled_once() -> None:
    line = await interrupted()
    line.tickets[0].fill(trades([2]))
    told = line.told
    line.tickets[0].fill(trades([3]))
    assert line.told == told


@in_virtual_time
async def test_what_is_held_back_goes_on_when_filling_takes_too_long() -> None:
    line = await interrupted()
    await asyncio.sleep(FILL_S - 1)
    assert line.told == [1]
    await asyncio.sleep(2)
    (gap,) = line.gaps
    assert (line.told, gap.filled) == ([1, gap, 5, 6], 0)
    (warning,) = line.warnings
    assert isinstance(warning, HandlerFailed)
    assert "took longer than 10 s" in str(warning)
    line.tickets[0].fill(trades([2]))  # too late
    assert line.told == [1, gap, 5, 6]


@in_virtual_time
async def test_the_timeout_of_a_gap_does_not_end_the_next_one() -> None:
    line = await interrupted()
    await asyncio.sleep(FILL_S - 1)
    line.tickets[0].fill(None)
    line.lose()
    line.bring(9)
    await asyncio.sleep(2)
    assert line.told[-1] == 6, "the second one is held back for a time of its own"
    line.tickets[1].fill(trades([8]))
    assert line.told == [1, line.gaps[0], 5, 6, line.gaps[1], 8, 9]
    assert line.warnings == []


@in_virtual_time
async def test_a_gap_within_a_gap_that_is_being_filled_is_announced_in_its_place() -> None:
    line = await interrupted()
    line.lose(ConnectionLost("again", code=1012))
    line.bring(9)
    assert len(line.tickets) == 1, "one at a time"
    line.tickets[0].fill(trades([2]))
    first, second = line.gaps
    assert line.told == [1, first, 2, 5, 6, second, 9]
    assert (first.code, second.code) == (1006, 1012)


@in_virtual_time
async def test_no_more_is_held_back_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastpoly.engine.filling.backfill.MAX_HELD_BYTES", 200)
    line = await interrupted()
    numbers = iter(range(7, 1000))
    while not line.warnings:
        line.bring(next(numbers))
    told = line.told
    assert told[:4] == [1, line.gaps[0], 5, 6]
    assert told[4:] == [*range(7, next(numbers))], "nothing of it is lost"
    assert f"{module.MAX_HELD_BYTES} bytes" in str(line.warnings[0])


@pytest.mark.parametrize("nonsense", [7, ["x"], [{"sym": "A"}]])
@in_virtual_time
async def test_what_is_no_event_leaves_the_gap_and_is_told(nonsense: Any) -> None:
    line = await interrupted()
    line.tickets[0].fill(nonsense)
    assert line.told == [1, line.gaps[0], 5, 6]
    (warning,) = line.warnings
    assert isinstance(warning, UsageError)


@in_virtual_time
async def test_what_raises_while_it_is_read_leaves_the_gap_and_is_told() -> None:
    class Broken:
        def __iter__(self) -> Any:
            raise ZeroDivisionError("of the user's")

    line = await interrupted()
    line.tickets[0].fill(Broken())  # type: ignore[arg-type]
    assert line.told == [1, line.gaps[0], 5, 6]
    assert "of the user's" in str(line.warnings[0])


@in_virtual_time
async def test_consumers_that_come_while_a_gap_is_filled_get_what_was_held_back() -> None:
    line = await interrupted()
    later: list[Any] = []

    def take(batch: Batch, channels: tuple[str, ...]) -> None:
        later.extend(event.get("q", "gap") for event in batch)

    line.pipeline.route(take)
    line.bring(7)
    assert later == []
    line.tickets[0].fill(trades([2]))
    assert later == ["gap", 2, 5, 6, 7]
    assert line.told == [1]


@in_virtual_time
async def test_what_is_held_back_passed_the_filter_and_so_does_what_is_supplied() -> None:
    line = await interrupted(filter=make_filter("stocks", symbols={"A"}, where=None))
    line.bring(7, symbol="B")
    line.tickets[0].fill([*trades([2]), *trades([3], symbol="B")])
    (gap,) = line.gaps
    assert (line.told, gap.filled) == ([1, gap, 2, 5, 6], 1)


@in_virtual_time
async def test_what_was_supplied_does_not_come_again_when_the_stream_lags_behind() -> None:
    line = await interrupted()
    line.tickets[0].fill(trades([2, 7, 8]))
    line.bring(7, 9, 8)
    line.bring(8)
    line.bring(10, symbol="B")
    assert line.told == [1, line.gaps[0], 2, 7, 8, 5, 6, 9, 10]
    await asyncio.sleep(20)
    line.bring(8)
    assert line.told[-1] == 8, "a hook cannot know the far future: the server says it again"


@in_virtual_time
async def test_the_next_gap_is_not_filled_with_the_end_of_the_last_one() -> None:
    line = await interrupted()
    line.tickets[0].fill(trades([2, 3]))
    line.lose()
    line.bring(9)
    line.tickets[1].fill(trades([3, 8]))
    assert line.told == [1, line.gaps[0], 2, 3, 5, 6, line.gaps[1], 8, 9]


@in_virtual_time
async def test_a_gap_names_what_was_subscribed() -> None:
    line = Line()
    line.bring(1)
    line.pipeline.end_connection()
    line.pipeline.interrupt(LOST, ("T",), params=("T.A", "T.B"))
    line.bring(2)
    (gap,) = line.gaps
    assert (gap.channels, gap.params) == (("T",), ("T.A", "T.B"))


@in_virtual_time
async def test_at_the_end_what_is_held_back_goes_on() -> None:
    line = await interrupted()
    line.pipeline.finish()
    assert line.told == [1, line.gaps[0], 5, 6]
    line.pipeline.finish()
    await asyncio.sleep(2 * FILL_S)
    assert (len(line.taken), line.warnings) == (4, [])


# ---------------------------------------------------------------------------------------- figures


@in_virtual_time
async def test_what_watches_the_data_knows_what_came_last() -> None:
    line = Line(filter=make_filter("stocks", symbols={"A"}, where=None))
    line.bring(1)
    line.bring_all(*trades([2], "Q", "B"))
    assert set(line.pipeline.last_ns) == {"T", "Q"}, "also what the filter held back"
    line.lose()
    line.bring(3)
    (gap,) = line.gaps
    assert {name: one["q"] for name, one in gap.last_by_channel.items()} == {"T": 1, "Q": 2}
