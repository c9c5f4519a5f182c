"""Messages to handlers: which, in what order, in what form, and what a change of handlers does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fastpoly import Batch, decode, events
from fastpoly.consumers.buffer import Buffer
from fastpoly.consumers.handlers.tasks import MAX_IDLE
from fastpoly.enums import Overflow
from fastpoly.errors import FastpolyError
from fastpoly.polygon.dispatch.dispatcher import MAX_PLANS, Dispatcher, log_notice
from fastpoly.polygon.dispatch.messages import Messages
from tests.loops import in_loop
from tests.waiting import PATIENCE_S


class Desk:
    """A dispatcher with a default handler, and what they told."""

    def __init__(self, messages: Messages = "dicts", concurrency: int = 1) -> None:
        self.unclaimed: list[Any] = []
        self.errors: list[Any] = []
        self.buffers: list[Buffer] = []
        self.dispatcher = Dispatcher(
            self.unclaimed.append,
            self,
            messages=messages,
            concurrency=concurrency,
        )

    def push(self, batch: Batch) -> None:
        self.dispatcher.push(batch, batch.channels)

    def on_overflow(self, error: FastpolyError) -> None:
        self.errors.append(error)

    def handler_failed(self, error: BaseException, handler: Any, message: Any) -> bool:
        self.errors.append((error, message))
        return True

    def make_buffer(self, consumer: str) -> Buffer:
        buffer = Buffer("stocks", consumer=consumer, overflow=Overflow.BLOCK, max_bytes=1 << 20)
        self.buffers.append(buffer)
        return buffer

    async def start(self) -> None:
        self.dispatcher.start()
        await asyncio.sleep(0)

    @property
    def waiting(self) -> int:
        """Events in buffers."""
        return sum(buffer.stats().events for buffer in self.buffers)

    async def settle(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.dispatcher.busy:
                await asyncio.sleep(0)
        assert self.waiting == 0


def batch(text: str, market: str = "stocks") -> Batch:
    """A batch of events, named by their channels, and numbered."""
    found = [{"ev": name, "q": number} for number, name in enumerate(text.split())]
    return decode(json.dumps(found), market=market)


def shown(messages: list[Any]) -> list[str]:
    return [f"{message['ev']}{message['q']}" for message in messages]


def test_each_channel_to_its_handler_and_the_rest_to_the_default() -> None:
    desk = Desk()
    trades: list[Any] = []
    statuses: list[Any] = []
    desk.dispatcher.set_handler("T", trades.append)
    desk.dispatcher.set_handler("status", statuses.append)
    desk.push(batch("T Q status T AM"))
    assert shown(trades) == ["T0", "T3"]
    assert shown(statuses) == ["status2"]
    assert shown(desk.unclaimed) == ["Q1", "AM4"]


def test_messages_are_the_very_dicts_that_json_gives() -> None:
    desk = Desk()
    text = '[{"p":1.5,"ev":"T","new":[1,{"a":null}]},{"ev":"status","status":"x"},{"ev":"ZZ"}]'
    desk.push(decode(text))
    assert json.dumps(desk.unclaimed) == json.dumps(json.loads(text))


def test_order_is_kept_across_functions() -> None:
    desk = Desk()
    got: list[Any] = []
    desk.dispatcher.set_handler("T", got.append)
    desk.dispatcher.set_handler("Q", lambda message: got.append(message))
    desk.push(batch("T Q T T Q Q T"))
    assert shown(got) == ["T0", "Q1", "T2", "T3", "Q4", "Q5", "T6"]


@in_loop
async def test_order_is_kept_across_coroutines_that_need_not_wait() -> None:
    desk = Desk()
    got: list[Any] = []

    async def on_trade(message: Any) -> None:
        got.append(message)

    async def on_quote(message: Any) -> None:
        got.append(message)

    desk.dispatcher.set_handler("T", on_trade)
    desk.dispatcher.set_handler("Q", on_quote)
    desk.dispatcher.set_handler("AM", got.append)
    await desk.start()
    desk.push(batch("T Q AM T T Q"))
    assert shown(got) == ["T0", "Q1", "AM2", "T3", "T4", "Q5"]
    assert await desk.dispatcher.finish(1) == 0


@in_loop
async def test_one_handler_of_many_channels_gets_them_in_order_also_when_it_waits() -> None:
    desk = Desk()
    got: list[Any] = []

    async def handler(message: Any) -> None:
        await asyncio.sleep(0)
        got.append(message)

    for channel in ("T", "Q", "A"):
        desk.dispatcher.set_handler(channel, handler)
    desk.push(batch("T Q A T"))
    desk.push(batch("A Q"))
    await desk.settle()
    assert shown(got) == ["T0", "Q1", "A2", "T3", "A0", "Q1"]
    assert await desk.dispatcher.finish(1) == 0


@in_loop
async def test_handler_that_waits_holds_up_no_other() -> None:
    desk = Desk()
    gate = asyncio.Event()
    slow: list[Any] = []
    fast: list[Any] = []

    async def on_trade(message: Any) -> None:
        await gate.wait()
        slow.append(message)

    desk.dispatcher.set_handler("T", on_trade)
    desk.dispatcher.set_handler("Q", fast.append)
    desk.dispatcher.set_handler("A", fast.append)
    await desk.start()
    desk.push(batch("T Q T A"))
    desk.push(batch("Q T A T"))
    assert shown(fast) == ["Q1", "A3", "Q0", "A2"]
    assert desk.waiting > 0
    gate.set()
    await desk.settle()
    assert shown(slow) == ["T0", "T2", "T1", "T3"]
    assert await desk.dispatcher.finish(1) == 0


@in_loop
async def test_order_is_kept_when_unknown_messages_come_while_a_handler_waits() -> None:
    desk = Desk()
    gate = asyncio.Event()
    got: list[Any] = []

    async def handler(message: Any) -> None:
        await gate.wait()
        got.append(message)

    desk.dispatcher.set_handler("T", handler)
    await desk.start()
    for text in ("T", "T T", "ZZ T ZZ T", "T"):
        desk.push(batch(text))
    assert shown(desk.unclaimed) == ["ZZ0", "ZZ2"]
    gate.set()
    await desk.settle()
    assert shown(got) == ["T0", "T0", "T1", "T1", "T3", "T0"]
    assert await desk.dispatcher.finish(1) == 0


@pytest.mark.parametrize(
    "text",
    [
        '[{"ev":"ZZ","a":1},{"ev":"T","a":2}]',
        '[{"a":1},{"ev":"T"}]',
        '[{"ev":5},{"ev":null},{"ev":"T"}]',
        '[1,"x",null,[2],{"ev":"T"}]',
        '[{"ev":"unknown"},{"ev":"T"}]',
    ],
)
def test_what_the_market_does_not_know_goes_to_the_default_handler(text: str) -> None:
    desk = Desk()
    trades: list[Any] = []
    desk.dispatcher.set_handler("T", trades.append)
    desk.push(decode(text))
    *others, trade = json.loads(text)
    assert desk.unclaimed == others
    assert trades == [trade]


def test_channel_of_another_market_goes_to_the_handler_that_asked_for_it() -> None:
    desk = Desk()
    trades: list[Any] = []
    desk.dispatcher.set_handler("XT", trades.append)
    desk.push(batch("XT ZZ XT"))
    assert shown(trades) == ["XT0", "XT2"]
    assert shown(desk.unclaimed) == ["ZZ1"]


def test_empty_batch_reaches_nobody() -> None:
    for messages in ("dicts", "events", "batches"):
        desk = Desk(messages)  # type: ignore[arg-type]
        desk.push(decode("[]"))
        assert desk.unclaimed == []


def test_events_one_at_a_time() -> None:
    desk = Desk("events")
    trades: list[Any] = []
    desk.dispatcher.set_handler("T", trades.append)
    desk.push(batch("T Q status ZZ T"))
    assert [type(event) for event in trades] == [events.EquityTrade] * 2
    assert [event.sequence_number for event in trades] == [0, 4]
    assert [type(event) for event in desk.unclaimed] == [
        events.EquityQuote,
        events.Status,
        events.UnknownEvent,
    ]


@in_loop
async def test_batches_of_the_handlers_channels() -> None:
    desk = Desk("batches")
    got: list[Batch] = []

    async def handler(part: Batch) -> None:
        await asyncio.sleep(0)
        got.append(part)

    desk.dispatcher.set_handler("T", handler)
    desk.dispatcher.set_handler("AM", handler)
    desk.push(batch("T Q AM T"))
    desk.push(batch("T Q ZZ"))
    await desk.settle()
    assert [shown(part.dicts()) for part in got] == [["T0", "AM2", "T3"], ["T0"]]
    assert [shown(part.dicts()) for part in desk.unclaimed] == [["Q1"], ["Q1", "ZZ2"]]
    assert await desk.dispatcher.finish(1) == 0


def test_change_of_handler_applies_to_the_next_batch() -> None:
    desk = Desk()
    first: list[Any] = []
    second: list[Any] = []
    desk.dispatcher.set_handler("T", first.append)
    desk.push(batch("T"))
    desk.dispatcher.set_handler("T", second.append)
    desk.push(batch("T"))
    desk.dispatcher.set_handler("T", None)
    desk.push(batch("T"))
    assert (len(first), len(second), len(desk.unclaimed)) == (1, 1, 1)


@pytest.mark.parametrize("text", ["T T T Q", "T T T"])
@in_loop
async def test_change_from_inside_a_handler_applies_to_the_next_message(text: str) -> None:
    desk = Desk()
    first: list[Any] = []
    second: list[Any] = []

    async def replaced(message: Any) -> None:
        desk.dispatcher.set_handler("T", second.append)
        first.append(message)

    desk.dispatcher.set_handler("T", replaced)
    desk.dispatcher.set_handler("Q", replaced)
    await desk.start()
    desk.push(batch(text))
    assert second == []  # not called from inside the other one
    await desk.settle()
    desk.push(batch("T"))
    assert shown(second) == ["T1", "T2", "T0"]
    assert shown(first) == ["T0", "Q3"][: 1 + text.count("Q")]
    assert await desk.dispatcher.finish(1) == 0


@in_loop
async def test_change_gives_the_new_handler_what_waits_for_the_old_one() -> None:
    desk = Desk()
    gate = asyncio.Event()
    first: list[Any] = []
    second: list[Any] = []

    async def slow(message: Any) -> None:
        first.append(message)
        await gate.wait()

    desk.dispatcher.set_handler("T", slow)
    desk.dispatcher.set_handler("Q", slow)
    await desk.start()
    desk.push(batch("T Q T"))
    desk.push(batch("Q T"))
    desk.dispatcher.set_handler("T", second.append)
    desk.push(batch("T"))
    gate.set()
    await desk.settle()
    assert shown(first) == ["T0", "Q1", "Q0"]
    assert shown(second) == ["T2", "T1", "T0"]
    assert await desk.dispatcher.finish(1) == 0


@in_loop
async def test_change_while_batches_wait() -> None:
    desk = Desk("batches")
    gate = asyncio.Event()
    first: list[Batch] = []
    second: list[Batch] = []

    async def slow(part: Batch) -> None:
        first.append(part)
        await gate.wait()

    for channel in ("T", "Q"):
        desk.dispatcher.set_handler(channel, slow)
    await desk.start()
    for text in ("T Q", "Q T Q", "T"):
        desk.push(batch(text))
    desk.dispatcher.set_handler("T", second.append)
    gate.set()
    await desk.settle()
    assert [shown(part.dicts()) for part in first] == [["T0", "Q1"], ["Q0", "Q2"]]
    assert [shown(part.dicts()) for part in second] == [["T1"], ["T0"]]
    assert await desk.dispatcher.finish(1) == 0


@in_loop
async def test_handlers_that_are_replaced_leave_no_task() -> None:
    desk = Desk()

    def make() -> Any:
        async def handler(message: Any) -> None:
            pass

        return handler

    for _ in range(20):
        desk.dispatcher.set_handler("T", make())
        await asyncio.sleep(0)
        desk.push(batch("T"))
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= 1 + MAX_IDLE
    assert await desk.dispatcher.finish(1) == 0


def test_bound_methods_are_one_handler() -> None:
    class Handlers:
        def __init__(self) -> None:
            self.got: list[Any] = []

        def on_message(self, message: Any) -> None:
            self.got.append(message)

    desk = Desk()
    handlers = Handlers()
    desk.dispatcher.set_handler("T", handlers.on_message)
    desk.dispatcher.set_handler("Q", handlers.on_message)
    whole = batch("T Q T")
    desk.push(whole)
    assert shown(handlers.got) == ["T0", "Q1", "T2"]
    assert desk.dispatcher._plans[whole.channels].only is not None


def test_plans_are_bounded() -> None:
    desk = Desk()
    names = ("T", "Q", "A", "AM", "LULD", "NOI", "FMV", "LV", "status")
    for number in range(1, 1 << len(names)):
        chosen = [name for bit, name in enumerate(names) if number >> bit & 1]
        desk.push(batch(" ".join(chosen)))
    assert len(desk.dispatcher._plans) <= MAX_PLANS
    assert len(desk.unclaimed) == len(names) << (len(names) - 1)


@in_loop
async def test_finish_waits_for_handlers_and_cancels_those_that_take_too_long() -> None:
    desk = Desk()
    ended: list[str] = []

    async def slow(message: Any) -> None:
        await asyncio.sleep(0.01)
        ended.append("slow")

    async def endless(message: Any) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    desk.dispatcher.set_handler("T", slow)
    desk.dispatcher.set_handler("Q", endless)
    await desk.start()
    desk.push(batch("T Q"))
    desk.push(batch("T Q Q"))
    left = await desk.dispatcher.finish(0.2)
    assert sorted(ended) == ["cancelled", "slow", "slow"]
    assert left == 2
    assert desk.waiting == 0


@in_loop
async def test_finish_from_inside_a_handler_ends_its_messages() -> None:
    desk = Desk()
    got: list[Any] = []

    async def handler(message: Any) -> None:
        got.append(message)
        await desk.dispatcher.finish(1)

    desk.dispatcher.set_handler("T", handler)
    await desk.start()
    desk.push(batch("T T T"))
    assert shown(got) == ["T0"]


@in_loop
async def test_errors_name_the_message_and_the_rest_goes_on() -> None:
    desk = Desk()
    got: list[Any] = []

    async def handler(message: Any) -> None:
        if message["q"] == 1:
            raise RuntimeError("broken")
        got.append(message)

    desk.dispatcher.set_handler("T", handler)
    desk.dispatcher.set_handler("Q", got.append)
    await desk.start()
    desk.push(batch("T T Q T"))
    assert shown(got) == ["T0", "Q2", "T3"]
    (failure,) = desk.errors
    assert isinstance(failure[0], RuntimeError)
    assert failure[1]["q"] == 1
    assert await desk.dispatcher.finish(1) == 0


def test_notices_are_logged_while_they_have_no_handler(caplog: pytest.LogCaptureFixture) -> None:
    log_notice("a gap")
    assert [record.getMessage() for record in caplog.records] == ["a gap"]
