"""The newest bars of each symbol, kept as rows by their starts, against a dict of events."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import Batch, decode, schema
from fastpoly._core import BarRows, Decoder, LineWatch, batch_of
from fastpoly.errors import UsageError
from fastpoly.notices import Gap
from tests.budgets import examples

SYMBOLS = ("A", "B", "BRK.B", "x" * 33, "é", None, 7)
MINUTE_MS = 60_000
NOW_MS = 1_781_706_600_000
BARS = [
    (market, channel.name)
    for market, spec in schema.MARKETS.items()
    for channel in spec.channels
    if "start_timestamp" in (field.name for field in channel.event.fields)
]


class Slow:
    """The same in Python: bars by symbol and start, and which starts are open."""

    def __init__(self, key: str, starts: int) -> None:
        self.key = key
        self.starts = starts
        # Of each symbol: start -> [event, when it was received, stale, how often it was restated].
        self.bars: dict[str, dict[int, list[Any]]] = {}
        self.opened: list[int] = []
        self.open: set[int] = set()
        self.closed: int | None = None
        self.left_out = self.late = self.restated = 0

    def add(self, batch: Batch, channel: str) -> None:
        for event in batch:
            if event.event_type == channel:
                self.put(event, batch.received_ns)

    def put(self, event: Any, received_ns: int) -> None:
        symbol, start = event.get(self.key), event.get("s")
        if not isinstance(symbol, str):
            self.left_out += 1
            return
        bars = self.bars.setdefault(symbol, {})
        if not isinstance(start, int):
            self.left_out += 1
            return
        is_closed = self.closed is not None and start <= self.closed
        if start in bars:
            old = bars[start]
            changed = plain(old[0]) != plain(event)
            self.restated += changed and is_closed
            bars[start] = [event, received_ns, False, old[3] + changed]
            return
        if len(bars) == self.starts:
            if start < min(bars):
                self.left_out += 1
                self.late += is_closed
                return
            del bars[min(bars)]
        bars[start] = [event, received_ns, False, 0]
        if is_closed:
            self.late += 1
        elif start <= received_ns // 1_000_000 + MINUTE_MS and start not in self.open:
            self.open.add(start)
            self.opened.append(start)

    def pass_gap(self) -> None:
        for bars in self.bars.values():
            for kept in bars.values():
                kept[2] = True

    def close(self, start: int, before: int) -> tuple[dict[str, int], list[str]]:
        has = {name for name, bars in self.bars.items() if start in bars}
        had = {name for name, bars in self.bars.items() if before in bars}
        missing = [name for name in self.bars if name in had - has]
        told = {"bars": len(has), "expected": len(had), "missing": len(missing)}
        told |= {"late": self.late, "restated": self.restated}
        self.late = self.restated = 0
        self.closed = start if self.closed is None else max(start, self.closed)
        self.open = {one for one in self.open if one > self.closed}
        return told, missing


def plain(event: Any) -> Any:
    return json.dumps(event.to_dict())


def random_bars(rng: Random, channel: str, key: str) -> list[dict[str, Any]]:
    """Of few symbols and starts, so that they come again: the same, or restated."""
    bars = []
    for _ in range(rng.randrange(12)):
        bar: dict[str, Any] = {"ev": channel, key: rng.choice(SYMBOLS)}
        bar["s"] = NOW_MS + rng.choice((-3, -2, -1, -1, 0, 0, 0, 1, 2, 1_000_000)) * MINUTE_MS
        bar["c"] = rng.choice((1.5, 2.5))
        if rng.random() < 0.1:
            bar["new"] = rng.choice("xy")
        if rng.random() < 0.05:
            bar.pop(rng.choice((key, "s", "c")), None)
        elif rng.random() < 0.05:
            bar["s"] = rng.choice((None, "x"))
        if rng.random() < 0.1:
            bar["ev"] = "status"
        bars.append(bar)
    return bars


@examples(150)
@given(st.randoms(use_true_random=False), st.sampled_from(BARS))
def test_what_is_kept_is_what_a_dict_of_bars_has(rng: Random, which: tuple[str, str]) -> None:
    market, channel = which
    key = next(
        one.event.symbol.key for one in schema.MARKETS[market].channels if one.name == channel
    )
    starts = rng.choice((2, 3, 5))
    rows, slow, decoder = BarRows(market, channel, starts), Slow(key, starts), Decoder(market)
    # With blanks, every event keeps its bytes beside its row.
    separators = rng.choice(((",", ":"), (", ", ": ")))
    for number in range(rng.randrange(10)):
        if rng.random() < 0.2:
            rows.pass_gap()
            slow.pass_gap()
        text = json.dumps(random_bars(rng, channel, key), separators=separators)
        received_ns = NOW_MS * 1_000_000 + number
        batch = decoder.receive(text, received_ns, LineWatch(market))
        batch = (batch, batch[1:], batch[::2], batch[::-1])[rng.randrange(4)]
        rows.add(batch)
        slow.add(batch, channel)
        if rng.random() < 0.5:
            assert rows.take_opened() == slow.opened
            slow.opened = []
        if rng.random() < 0.3:
            start = NOW_MS + rng.choice((-1, 0, 1)) * MINUTE_MS
            told, missing = rows.close(start, start - MINUTE_MS, 3)
            wanted, names = slow.close(start, start - MINUTE_MS)
            assert told == wanted
            assert [bar[key] for bar in missing] == names[:3]
            assert all(bar["s"] == start - MINUTE_MS for bar in missing)
            assert rows.take_opened() == slow.opened
            slow.opened = []
    for since_gap in (False, True):
        of_each = {
            name: [bars[start] for start in sorted(bars) if not (since_gap and bars[start][2])]
            for name, bars in slow.bars.items()
        }
        for name, kept in [
            (None, [one for each in of_each.values() for one in each]),
            *of_each.items(),
        ]:
            batch, received, stale, changes, left_out = rows.snapshot(name, since_gap)
            assert [plain(bar) for bar in batch] == [plain(one[0]) for one in kept]
            assert list(memoryview(received).cast("q")) == [one[1] for one in kept]
            assert list(stale) == [one[2] for one in kept]
            assert list(memoryview(changes).cast("I")) == [one[3] for one in kept]
            assert left_out == slow.left_out
            assert batch.to_arrow(channel).num_rows == len(batch)
    assert len(rows.snapshot("never")[0]) == 0


def bar(symbol: str, start: int, close: float = 1.5, **more: Any) -> dict[str, Any]:
    return {"ev": "AM", "sym": symbol, "c": close, "s": start, **more}


def bars(*those: dict[str, Any]) -> Batch:
    return decode(json.dumps(those, separators=(",", ":")))


def test_a_bar_that_is_repeated_as_it_was_is_not_restated() -> None:
    rows = BarRows("stocks", "AM", 5)
    rows.add(bars(bar("A", 0), bar("B", 0, new=[1])))
    rows.add(bars(bar("A", 0), bar("B", 0, new=[1])))
    assert list(memoryview(rows.snapshot()[3]).cast("I")) == [0, 0]
    rows.add(bars(bar("A", 0, 2.5), bar("B", 0, new=[2])))
    rows.add(bars(bar("A", 0), bar("B", 0)))
    assert list(memoryview(rows.snapshot()[3]).cast("I")) == [2, 2]
    # Another key, with the same values in what both have.
    rows.add(bars(bar("A", 0, v=100)))
    assert list(memoryview(rows.snapshot("A")[3]).cast("I")) == [3]


def test_a_snapshot_stays_what_it_was() -> None:
    rows = BarRows("stocks", "AM", 2)
    rows.add(bars(bar("A", 0, new="x"), bar("A", 1)))
    batch, *_ = rows.snapshot()
    rows.add(bars(bar("A", 0, 9.5), bar("A", 2)))
    del rows
    assert [event.to_dict() for event in batch] == [bar("A", 0, new="x"), bar("A", 1)]


def test_memory_is_that_of_what_is_kept() -> None:
    rows = BarRows("stocks", "AM", 60)
    sizes = []
    for start in range(200):
        rows.add(bars(*(bar(f"S{number}", start) for number in range(100))))
        sizes.append(rows.__sizeof__())
    assert sizes[30] < sizes[59] == sizes[199] < 100 * 60 * 300
    batch, *_, left_out = rows.snapshot("S7")
    assert ([event["s"] for event in batch], left_out) == (list(range(140, 200)), 0)


def test_starts_that_are_open_have_an_end() -> None:
    rows, now_ns = BarRows("stocks", "AM", 2), 10**15
    frame = json.dumps([bar(f"S{start}", start) for start in range(100)])
    rows.add(Decoder("stocks").receive(frame, now_ns, LineWatch("stocks")))
    assert len(rows.take_opened()) == 64
    rows.close(99, 98, 1)
    rows.add(Decoder("stocks").receive(frame.replace("S", "R"), now_ns, LineWatch("stocks")))
    assert rows.take_opened() == []
    assert rows.close(100, 99, 1)[0]["late"] == 100


def test_wrong_arguments() -> None:
    for channel in ("T", "LULD"):
        with pytest.raises(UsageError, match="are no bars"):
            BarRows("stocks", channel, 5)
    for channel in ("status", "notice", "XA", "X"):
        with pytest.raises(UsageError):
            BarRows("stocks", channel, 5)
    with pytest.raises(UsageError, match="1 is below 2"):
        BarRows("stocks", "AM", 1)
    with pytest.raises(OverflowError):
        BarRows("stocks", "AM", -1)
    with pytest.raises(UsageError):
        BarRows("bonds", "AM", 5)
    rows = BarRows("stocks", "AM", 5)
    with pytest.raises(UsageError, match="is of crypto, not of stocks"):
        rows.add(decode(b'[{"ev":"XT"}]', market="crypto"))
    with pytest.raises(TypeError):
        rows.add(None)  # type: ignore[arg-type]
    rows.add(batch_of("stocks", [Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)]))
    assert len(rows.snapshot()[0]) == 0
