"""A batch is a sequence of events that can be cut, sorted out by channel, and let go."""

from __future__ import annotations

import gc
import json
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import fastpoly
from fastpoly import events, schema
from fastpoly._core import batch_of, concat
from fastpoly.errors import DecodeError, UsageError
from tests import golden
from tests.heap import native_bytes

ITEMS: list[dict[str, Any]] = [
    {"ev": "T", "sym": "A", "x": 1, "p": 1.5},
    {"ev": "Q", "sym": "A", "bp": 1.25},
    {"ev": "status", "status": "success", "message": "subscribed to: T.*"},
    {"ev": "T", "sym": "B", "p": "bad", "new": [1, {"a": None}]},
    {"ev": "ZZ", "sym": "A"},
    {"ev": "T", "sym": "A", "p": 2.5, "c": [1, 2, 3, 4, 5, 6, 7, 8, 9]},
    {"sym": "nobody"},
    {"ev": "AM", "sym": "A", "v": 5, "dv": "5.5"},
    {"ev": "Q", "sym": "a symbol that is longer than any row has room for", "bp": 3},
]
FRAME = json.dumps(ITEMS).encode()
FORMS = {"padded": FRAME, "compact": json.dumps(ITEMS, separators=(",", ":")).encode()}


def channel_of(item: dict[str, Any]) -> str:
    return item["ev"] if item.get("ev") in ("T", "Q", "AM", "status") else "unknown"


SLICES = [
    slice(start, stop, step)
    for start in (None, 0, 1, 4, 9, 20, -1, -3, -20)
    for stop in (None, 0, 2, 9, 20, -1, -4, -20)
    for step in (None, 1, 2, 3, 20, -1, -2, -20)
]


@pytest.fixture(params=FORMS)
def batch(request: pytest.FixtureRequest) -> fastpoly.Batch:
    return fastpoly.decode(FORMS[request.param])


def test_length_iteration_and_index(batch: fastpoly.Batch) -> None:
    assert len(batch) == len(ITEMS)
    assert [event.to_dict() for event in batch] == ITEMS
    assert [batch[at].to_dict() for at in range(len(ITEMS))] == ITEMS
    assert [batch[at - len(ITEMS)].to_dict() for at in range(len(ITEMS))] == ITEMS
    assert [event.to_dict() for event in reversed(batch)] == ITEMS[::-1]
    assert batch.events() == list(batch)
    assert batch[2:7:2].events() == list(batch)[2:7:2]
    assert batch.select("Q").events() == list(batch.select("Q"))
    assert batch[:0].events() == []
    assert batch[0] in batch


@pytest.mark.parametrize("index", [9, -10, 10**6, 2**63, -(2**70)])
def test_index_out_of_range(batch: fastpoly.Batch, index: int) -> None:
    with pytest.raises(IndexError):
        batch[index]


@pytest.mark.parametrize("bound", [2**63 - 1, 2**63, -(2**63), 10**40, -(10**40)])
def test_slices_with_huge_bounds_and_steps(batch: fastpoly.Batch, bound: int) -> None:
    same = list(batch)
    for where in (
        slice(bound), slice(bound, None), slice(None, None, bound), slice(1, bound, bound),
        slice(-bound, bound, 2), slice(bound, -bound, -1), slice(None, bound, -bound),
    ):  # fmt: skip
        assert list(batch[where]) == same[where]
        assert list(batch[1:][where]) == same[1:][where]


@pytest.mark.parametrize("index", [1.0, "T", None, (1,)])
def test_index_of_another_type(batch: fastpoly.Batch, index: object) -> None:
    with pytest.raises(TypeError):
        batch[index]  # type: ignore[call-overload]


def test_empty_batch() -> None:
    batch = fastpoly.decode(b"[]")
    assert len(batch) == 0
    assert not batch
    assert list(batch) == batch.dicts() == []
    assert batch.channels == ()
    assert len(batch[:]) == len(batch.select("T")) == 0
    assert len(batch.to_numpy("T")) == 0
    with pytest.raises(IndexError):
        batch[0]


def test_every_slice_is_that_of_the_list(batch: fastpoly.Batch) -> None:
    for cut in SLICES:
        part = batch[cut]
        assert part.dicts() == ITEMS[cut], cut
        assert [event.to_dict() for event in part] == ITEMS[cut], cut
        assert len(part) == len(ITEMS[cut])


def test_slices_of_slices(batch: fastpoly.Batch) -> None:
    for one in SLICES[::7]:
        for other in SLICES[::5]:
            assert batch[one][other].dicts() == ITEMS[one][other], (one, other)


def test_slice_step_of_zero(batch: fastpoly.Batch) -> None:
    with pytest.raises(ValueError, match="zero"):
        batch[::0]


def test_slices_are_batches_in_all_respects(batch: fastpoly.Batch) -> None:
    part = batch[1:6]
    assert part.market == batch.market == "stocks"
    assert part.received_ns == batch.received_ns == 0
    assert part.channels == ("Q", "status", "T", "unknown")
    assert (part.count("T"), part.count("Q"), part.count("AM")) == (2, 1, 0)
    assert part.select("T").dicts() == [ITEMS[3], ITEMS[5]]
    assert part.to_numpy("T")["symbol"].tolist() == ["B", "A"]
    assert batch[::-1].to_numpy("T")["symbol"].tolist() == ["A", "B", "A"]


def test_channels_in_order_of_appearance(batch: fastpoly.Batch) -> None:
    assert batch.channels == ("T", "Q", "status", "unknown", "AM")
    assert batch[::-1].channels == ("Q", "AM", "unknown", "T", "status")


@pytest.mark.parametrize(
    "channels",
    [("T",), ("Q",), ("T", "Q"), ("Q", "T"), ("AM", "T"), ("status",), ("LULD",), ("unknown",), ()],
)
def test_count_and_select(batch: fastpoly.Batch, channels: tuple[str, ...]) -> None:
    names = [channel_of(item) for item in ITEMS]
    want = [item for item, name in zip(ITEMS, names, strict=True) if name in channels]
    part = batch.select(*channels)
    assert part.dicts() == want
    assert [event.to_dict() for event in part] == want
    assert len(part) == len(want) == sum(batch.count(channel) for channel in channels)
    assert part.market == batch.market


@pytest.mark.parametrize("channel", ["", "ZZ", "XT", "t", "T.A", "*", None, 5])
def test_channel_that_the_market_lacks(batch: fastpoly.Batch, channel: Any) -> None:
    for method in (batch.select, batch.count, batch.to_numpy, batch.to_arrow):
        with pytest.raises(UsageError, match="channel"):
            method(channel)


def test_select_all_of_one_channel_when_there_is_no_other() -> None:
    items = [ITEMS[0]] * 3
    batch = fastpoly.decode(json.dumps(items))
    assert batch.select("T").dicts() == items
    assert batch.select("T").select("T")[1:].dicts() == items[1:]
    assert batch.select("Q").dicts() == []


def test_frames_of_one_frame(batch: fastpoly.Batch) -> None:
    (frame,) = batch.frames()
    assert frame.dicts() == ITEMS
    assert frame.nbytes == batch.nbytes


def test_several_batches_as_one(batch: fastpoly.Batch) -> None:
    other = fastpoly.decode(b"[" + golden.TRADE + b"]")
    empty = fastpoly.decode(b"[]")
    joined = concat([batch, other, empty, batch[2:4], batch.select("T")])
    want = [ITEMS, [json.loads(golden.TRADE)], [], ITEMS[2:4], [ITEMS[0], ITEMS[3], ITEMS[5]]]
    assert joined.dicts() == [item for part in want for item in part]
    assert [frame.dicts() for frame in joined.frames()] == want
    assert [frame.dicts() for frame in joined.frames()[0].frames()] == want[:1]
    assert joined.market == "stocks"
    assert joined.count("T") == 3 + 1 + 1 + 3
    assert [event.symbol for event in joined.select("T")] == [*"ABA", "AAPL", "B", *"ABA"]
    assert joined.to_numpy("T")["symbol"].tolist() == [*"ABA", "AAPL", "B", *"ABA"]
    assert concat([batch]).nbytes == batch.nbytes
    assert concat([batch, other]).nbytes == batch.nbytes + other.nbytes


def test_joined_batches_stand_alone() -> None:
    joined = concat([fastpoly.decode(FRAME), fastpoly.decode(FRAME)])
    frames = joined.frames()
    del joined
    _churn()
    assert [frame.dicts() for frame in frames] == [ITEMS, ITEMS]


def test_batches_that_can_not_be_one() -> None:
    stocks, options = fastpoly.decode(b"[]"), fastpoly.decode(b"[]", market="options")
    with pytest.raises(UsageError, match="market"):
        concat([stocks, options])
    with pytest.raises(UsageError, match="batch"):
        concat([])
    with pytest.raises(UsageError, match="Batch"):
        concat([stocks, None])  # type: ignore[list-item]


def test_symbol_counts(batch: fastpoly.Batch) -> None:
    assert batch.symbol_counts() == {"A": 4, "B": 1, ITEMS[8]["sym"]: 1}
    assert batch.select("T").symbol_counts() == {"A": 2, "B": 1}
    assert batch[2:3].symbol_counts() == {}


@pytest.mark.parametrize("length", [6, 8, 9, 16, 17, 32, 33])
def test_more_symbols_than_ever_before(length: int) -> None:
    names = [f"{at:X}".rjust(length, "Z") for at in range(20_000)]
    frame = json.dumps([{"ev": "T", "sym": name} for name in names], separators=(",", ":"))
    for _ in range(2):
        batch = fastpoly.decode(frame)
        assert [event.symbol for event in batch] == names
        assert batch.to_numpy("T")["symbol"].tolist() == names
        assert [item["sym"] for item in batch.dicts()] == names


def test_nbytes_is_the_frames_size() -> None:
    for frame in golden.written():
        if frame.classes is not None:
            assert fastpoly.decode(frame.data, market=frame.market).nbytes == len(frame.data)


def test_market_is_a_name() -> None:
    for market in schema.MARKETS:
        assert fastpoly.decode(b"[]", market=market).market == market


def test_iterators_do_not_disturb_each_other(batch: fastpoly.Batch) -> None:
    one, other = iter(batch), iter(batch)
    next(one)
    next(one)
    assert next(other) == batch[0]
    assert next(one) == batch[2]
    assert [event.to_dict() for event in other] == ITEMS[1:]
    assert next(other, None) is None


def test_iterator_outlives_its_batch() -> None:
    iterator = iter(fastpoly.decode(FRAME))
    gc.collect()
    _churn()
    assert [event.to_dict() for event in iterator] == ITEMS


def test_batch_says_what_it_is(batch: fastpoly.Batch) -> None:
    text = repr(batch)
    assert "Batch" in text
    assert "stocks" in text
    assert "T: 3" in text


def test_batch_can_not_be_changed(batch: fastpoly.Batch) -> None:
    with pytest.raises(TypeError):
        batch[0] = batch[1]  # type: ignore[index]
    with pytest.raises(TypeError):
        del batch[0]  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        batch.market = "options"  # type: ignore[misc]
    dicts = batch.dicts()
    dicts[0]["p"] = None
    dicts.clear()
    assert batch.dicts() == ITEMS


def test_dicts_do_not_share_what_can_change(batch: fastpoly.Batch) -> None:
    one, other = batch.dicts(), batch.dicts()
    one[3]["new"][1]["a"] = 5
    one[5]["c"].append(10)
    assert other == batch.dicts() == ITEMS


def _churn() -> None:
    """Decodes enough to take any memory that was let go too early."""
    junk = json.dumps(
        [{"ev": "T", "sym": "JUNK", "x": 9, "p": 9.75, "c": [9] * 9, "i": "9" * 50}] * 50
    )
    for _ in range(50):
        fastpoly.decode(junk).dicts()


@pytest.mark.sampled
@pytest.mark.parametrize(
    "take",
    [
        lambda batch: list(batch),
        lambda batch: [batch[at] for at in range(len(batch))],
        lambda batch: list(batch[::-1])[::-1],
        lambda batch: list(batch.frames()[0][:]),
    ],
)
@pytest.mark.parametrize("frame", FORMS.values(), ids=FORMS)
def test_events_outlive_their_batch(
    take: Callable[[fastpoly.Batch], list[Any]], frame: bytes
) -> None:
    events = take(fastpoly.decode(frame))
    gc.collect()
    _churn()
    assert [event.to_dict() for event in events] == ITEMS
    assert events[0].price == 1.5
    assert events[3].malformed == ("p",)
    assert events[5].conditions == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert events[8].symbol == ITEMS[8]["sym"]
    assert events[2].message == "subscribed to: T.*"
    del events[1:]
    _churn()
    assert events[0].symbol == "A"


def test_parts_outlive_their_batch() -> None:
    batch = fastpoly.decode(FRAME)
    part, trades, (frame,) = batch[3:], batch.select("T"), batch.frames()
    columns, table = batch.to_numpy("T"), batch.to_arrow("T")
    del batch
    gc.collect()
    _churn()
    assert part.dicts() == ITEMS[3:]
    assert [event.symbol for event in trades] == ["A", "B", "A"]
    assert frame.dicts() == ITEMS
    assert columns["symbol"].tolist() == ["A", "B", "A"]
    assert table.column("symbol").to_pylist() == ["A", "B", "A"]


def test_columns_do_not_show_later_frames() -> None:
    columns = fastpoly.decode(FRAME).to_numpy("T")
    before = columns.copy()
    _churn()
    assert columns["symbol"].tolist() == before["symbol"].tolist()
    assert columns["conditions"].tolist() == before["conditions"].tolist()


def test_frame_is_not_held() -> None:
    frame = bytes(bytearray(FRAME))
    before = sys.getrefcount(frame)
    batch = fastpoly.decode(frame)
    events = list(batch)
    del batch, events
    assert sys.getrefcount(frame) == before
    with pytest.raises(DecodeError):
        fastpoly.decode(frame[:-1])
    assert sys.getrefcount(frame) == before


def test_references_are_given_back() -> None:
    watched = (None, True, False, "A", "T", "ev", fastpoly.Batch, events.EquityTrade)

    def work() -> None:
        for frame in (*FORMS.values(), b'[{"ev":"A","sym":"A","otc":true,"v":null,"new":false}]'):
            batch = fastpoly.decode(frame)
            batch.dicts()
            for event in batch:
                event.to_dict()
                repr(event)
                _ = event == batch[0]
                _ = "p" in event, event.get("p"), event.malformed, event.event_type
                for field in schema.EQUITY_TRADE.fields:
                    getattr(event, field.name, None)
            batch.to_numpy("T")
            batch.select("T")[::2].to_arrow("T")

    work()
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(200):
        work()
    after = [sys.getrefcount(each) for each in watched]
    assert all(abs(a - b) < 100 for a, b in zip(after, before, strict=True)), (before, after)


def _native_bytes() -> int:
    found = native_bytes()
    if found is None:
        pytest.skip("needs mallinfo2 of glibc")
    return found


def _workload() -> Iterator[tuple[bytes, str]]:
    for frame in golden.named():
        if len(frame.data) < 20_000 and not frame.name.startswith("cut_"):
            yield frame.data, frame.market


def test_memory_is_given_back() -> None:
    work = list(_workload())

    def once() -> None:
        for data, market in work:
            try:
                batch = fastpoly.decode(data, market=market)
            except ValueError:
                continue
            batch.dicts()
            events = list(batch)
            for event in events:
                event.to_dict()
            batch[::2].select(*batch.channels)
            for channel in batch.channels:
                if schema.MARKETS[market].channel(channel):
                    batch.to_numpy(channel)

    # Until the pool is warm, whatever other tests have left in it.
    for _ in range(8):
        once()
    gc.collect()
    # Apart from each other: tracemalloc's own tables are native memory too.
    native = _native_bytes()
    for _ in range(10):
        once()
    gc.collect()
    assert _native_bytes() - native < 100_000
    tracemalloc.start()
    try:
        once()
        python = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            once()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - python < 20_000
    finally:
        tracemalloc.stop()


def test_batches_and_events_are_not_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            events = list(fastpoly.decode(FRAME)[1:].select("T"))
            del events
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_threads_decode_side_by_side() -> None:
    failures: list[str] = []

    def work(name: str) -> None:
        items = [{"ev": "T", "sym": f"{name}{at}", "p": at + 0.5} for at in range(40)]
        frame = json.dumps(items, separators=(",", ":"))
        for _ in range(60):
            batch = fastpoly.decode(frame)
            if batch.dicts() != items or [event.price for event in batch] != [
                i["p"] for i in items
            ]:
                failures.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ABCD"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def roomy(*batches: fastpoly.Batch) -> fastpoly.Batch:
    """These as one batch, in memory that held a thousand events before."""
    large = fastpoly.decode(json.dumps([ITEMS[0]] * 1000))
    del large
    made = concat(batches)
    assert sys.getsizeof(made) > 50_000
    return made


def test_compact_leaves_memory_that_is_too_large() -> None:
    class Note:
        def to_dict(self) -> dict[str, Any]:
            return {}

    note = Note()
    references = sys.getrefcount(note)
    batch = roomy(fastpoly.decode(FRAME), batch_of("stocks", [note]), fastpoly.decode(b"[]"))
    same = batch.compact()
    assert same is not batch
    assert sys.getsizeof(same) < 10_000
    assert same.compact() is same
    assert (same.nbytes, same.received_ns) == (batch.nbytes, batch.received_ns)
    assert same.channels == batch.channels
    assert same.dicts() == batch.dicts()
    assert [one.dicts() for one in same.frames()] == [one.dicts() for one in batch.frames()]
    assert [len(one) for one in same.frames()] == [9, 1, 0]
    del batch
    gc.collect()
    assert same[9] is note
    assert repr(list(same)[:9]) == repr(list(fastpoly.decode(FRAME)))
    del same
    assert sys.getrefcount(note) == references


def test_compact_of_a_part_leaves_memory_that_is_too_large() -> None:
    batch = roomy(fastpoly.decode(FRAME))[1:]
    same = batch.compact()
    assert same is not batch
    assert sys.getsizeof(same) < 10_000
    assert repr(list(same)) == repr(list(batch))


def test_compact_of_nothing_leaves_memory_that_is_too_large() -> None:
    same = roomy(fastpoly.decode(b"[]"), fastpoly.decode(b"[]")).compact()
    assert sys.getsizeof(same) < 10_000
    assert (len(same), same.nbytes, len(same.frames())) == (0, 4, 2)


def test_compact_leaves_a_batch_of_its_own_size_as_it_is() -> None:
    # Once, because `decode` may have had memory at hand that is too large.
    batch = fastpoly.decode(json.dumps(ITEMS * 100)).compact()
    assert batch.compact() is batch
