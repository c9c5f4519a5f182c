"""The watch over a line's events, against the same said with plain loops over what json gives."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import schema
from fastpoly._core import LATE_REPORT_S, WINDOW_S, Batch, Histogram, LineWatch, decode
from fastpoly.errors import UsageError
from tests import frames, reference

MS = 1_000_000
SECOND = 1_000_000_000
NOW = 1_781_706_600 * SECOND
SLICE_S = 2


def is_int(value: object) -> bool:
    """Whether it is a number that a row holds; the least one means that there is none."""
    return type(value) is int and -(1 << 63) < value < 1 << 63


def time_ns(kind: schema.Kind, value: Any) -> int | None:
    """A time in ns, if it is one and later than what counts as late after 1970."""
    if not is_int(value):
        return None
    in_ns = kind is schema.NS or (kind is schema.EPOCH and value >= 10**14)
    ns: int = value if in_ns else value * MS
    return ns if LATE_REPORT_S * SECOND < ns < 1 << 63 else None


@dataclass
class Channel:
    on_time: list[tuple[int, int]] = field(default_factory=list)
    late: list[tuple[int, int]] = field(default_factory=list)
    last_q: dict[str, int] = field(default_factory=dict)
    numbered: int = 0
    repeats: int = 0
    regressions: int = 0


class Oracle:
    """What a `LineWatch` must find. Lags are pairs of when they were received and how long."""

    def __init__(self, market: str) -> None:
        self.spec = schema.MARKETS[market]
        self.channels: dict[str, Channel] = defaultdict(Channel)

    def see(self, frame: bytes, received_ns: int) -> None:
        for event in reference.decode(frame, self.spec.name):
            spec = self.spec.channel(event.event_type or "")
            if spec is not None:
                self._see(self.channels[spec.name], spec.event, event.attributes, received_ns)

    def _see(
        self, channel: Channel, kind: schema.EventType, event: dict[str, Any], received_ns: int
    ) -> None:
        (clock,) = kind.of_role(schema.CLOCK)
        due_ns = time_ns(clock.kind, event[clock.name])
        if due_ns is not None:
            happened = [event[other.name] for other in kind.of_role(schema.HAPPENED)]
            unit_ns = 1 if clock.kind is schema.NS else MS
            late = any(
                is_int(other) and other > 0 and due_ns - other * unit_ns > LATE_REPORT_S * SECOND
                for other in happened
            )
            lags = channel.late if late else channel.on_time
            lags.append((received_ns, received_ns - due_ns))
        for sequence in kind.of_role(schema.SEQUENCE):
            q, symbol = event[sequence.name], event[kind.symbol.name]
            if not is_int(q) or not isinstance(symbol, str) or len(symbol.encode()) > 32:
                continue
            if not symbol.isascii():
                continue
            channel.numbered += 1
            last = channel.last_q.get(symbol)
            channel.repeats += last is not None and q == last
            channel.regressions += last is not None and q < last
            channel.last_q[symbol] = q

    def check(self, watch: LineWatch, now_ns: int) -> None:
        lags = {name: one.on_time + one.late for name, one in self.channels.items()}
        assert {name: (figures(made), late) for name, (made, late) in watch.lags().items()} == {
            name: (figures(of(every)), len(self.channels[name].late))
            for name, every in lags.items()
            if every
        }
        assert watch.sequences() == {
            name: (one.numbered, one.repeats, one.regressions)
            for name, one in self.channels.items()
            if one.numbered
        }
        since = (now_ns // SECOND // SLICE_S * SLICE_S - WINDOW_S + SLICE_S) * SECOND
        recent = {
            name: (
                [one for one in channel.on_time if one[0] >= since],
                sum(one[0] >= since for one in channel.late),
            )
            for name, channel in self.channels.items()
        }
        assert {
            name: (figures(made), late) for name, (made, late) in watch.recent(now_ns).items()
        } == {
            name: (figures(of(lags)), late) for name, (lags, late) in recent.items() if lags or late
        }


def of(lags: list[tuple[int, int]]) -> Histogram:
    histogram = Histogram()
    for _, lag in lags:
        histogram.record(lag)
    return histogram


def figures(histogram: Histogram) -> tuple[int, ...]:
    percentiles = [histogram.percentile(percent) for percent in (0, 10, 50, 90, 99, 100)]
    return (histogram.count, histogram.min, histogram.max, *percentiles)


# ------------------------------------------------------------------------- against the oracle

TIMES = st.sampled_from(
    [
        *(NOW // MS, NOW // MS - 1, NOW // MS - 5000, NOW // MS - 5001, NOW // MS + 3, NOW),
        *(None, "1781706600000", 1781706600000.5, 1781706600000.0, True, -5, 0, 1, 5000, 5001),
        *(10**14 - 1, 10**14, 9223372036854, 9223372036855, 2**63 - 1, 2**63, -(2**63), []),
    ]
)
NUMBERS = st.sampled_from([0, 1, 2, 3, -1, 2**63 - 1, 2**63, -(2**63), None, "1", 1.0])
NAMES = st.sampled_from(["A", "BRK.B", "O:SPXW261218C06800000", "", "é", "x" * 32, "x" * 33, 7])


def keys_of(market: str) -> list[tuple[str, str, list[str], list[str], str]]:
    return [
        (
            market,
            channel.name,
            [one.key for one in channel.event.fields if one.role in ("clock", "happened")],
            [one.key for one in channel.event.of_role(schema.SEQUENCE)],
            channel.event.symbol.key,
        )
        for channel in schema.MARKETS[market].channels
    ]


@st.composite
def odd_events(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """Events of one market whose times, numbers and symbols are odd, in any mixture."""
    market = draw(frames.markets)
    events = []
    for _ in range(draw(st.integers(0, 12))):
        _, name, times, numbers, symbol = draw(st.sampled_from(keys_of(market)))
        event: dict[str, Any] = {"ev": name, symbol: draw(NAMES)}
        event |= {key: draw(TIMES) for key in times if draw(st.integers(0, 4))}
        event |= {key: draw(NUMBERS) for key in numbers if draw(st.integers(0, 9))}
        events.append(event)
    return market, events


@given(odd_events(), st.lists(st.integers(0, 12 * SECOND), max_size=4))
def test_odd_events(made: tuple[str, list[dict[str, Any]]], after_ns: list[int]) -> None:
    market, events = made
    watch, oracle = LineWatch(market), Oracle(market)
    now_ns = NOW
    for ns in [0, *after_ns]:
        now_ns += ns
        frame = json.dumps(events).encode()
        watch.see(decode(frame, market=market), now_ns)
        oracle.see(frame, now_ns)
        oracle.check(watch, now_ns)
        oracle.check(watch, now_ns + 3 * SECOND)


@given(st.one_of(frames.canonical_frames, frames.disturbed_frames))
def test_any_frame(made: tuple[str, bytes]) -> None:
    market, frame = made
    watch, oracle = LineWatch(market), Oracle(market)
    for number in range(2):
        watch.see(decode(frame, market=market), NOW + number)
        oracle.see(frame, NOW + number)
    oracle.check(watch, NOW)


@given(frames.canonical_frames, st.data())
def test_parts_of_a_batch_are_seen_as_frames_of_their_own(
    made: tuple[str, bytes], data: st.DataObject
) -> None:
    market, frame = made
    batch = decode(frame, market=market)
    at = data.draw(st.integers(0, len(batch)))
    step = data.draw(st.integers(1, 3))
    watch, oracle = LineWatch(market), Oracle(market)
    for part in (batch[at:], batch[:at], batch[::step], batch.select(*batch.channels[:1])):
        watch.see(part, NOW)
        oracle.see(json.dumps(part.dicts()).encode(), NOW)
    oracle.check(watch, NOW)


# ------------------------------------------------------------------------------ one by one


def trades(*numbers: int, symbol: str = "A", **more: Any) -> list[dict[str, Any]]:
    return [{"ev": "T", "sym": symbol, "t": NOW // MS, "q": q} | more for q in numbers]


def batch_of(events: list[dict[str, Any]], market: str = "stocks") -> Batch:
    return decode(json.dumps(events, separators=(",", ":")).encode(), market=market)


def seen(*batches: list[dict[str, Any]], market: str = "stocks") -> LineWatch:
    watch = LineWatch(market)
    for events in batches:
        watch.see(batch_of(events, market), NOW)
    return watch


@pytest.mark.parametrize(
    ("numbers", "repeats", "regressions"),
    [
        ((1, 2, 3), 0, 0),
        # Gaps are normal and are not counted.
        ((1, 5, 900), 0, 0),
        ((4, 4, 4), 2, 0),
        # One step back, and on from there.
        ((7, 3, 4, 5), 0, 1),
        # What was sent before and comes again is a step back, too.
        ((1, 2, 3, 1, 2, 3), 0, 1),
        ((0,), 0, 0),
        ((-1, 0), 0, 0),
    ],
)
def test_steps_of_a_symbol(numbers: tuple[int, ...], repeats: int, regressions: int) -> None:
    expected = {"T": (len(numbers), repeats, regressions)}
    assert seen(trades(*numbers)).sequences() == expected
    assert seen(*([event] for event in trades(*numbers))).sequences() == expected


def test_symbols_and_channels_have_numbers_of_their_own() -> None:
    quotes = [event | {"ev": "Q"} for event in trades(5, 5)]
    watch = seen(trades(5), trades(4, symbol="B"), quotes, trades(6), trades(5, symbol="B"))
    assert watch.sequences() == {"T": (4, 0, 0), "Q": (2, 1, 0)}


def test_very_many_symbols() -> None:
    symbols = [f"O:S{number:06}" for number in range(10_000)]
    watch = LineWatch("options")
    for q in (2, 2, 1):
        events = [event for symbol in symbols for event in trades(q, symbol=symbol)]
        watch.see(batch_of(events, "options"), NOW)
    assert watch.sequences() == {"T": (30_000, 10_000, 10_000)}


def test_channels_without_numbers_have_none() -> None:
    watch = seen([{"ev": "AM", "sym": "A", "e": NOW // MS, "q": 5}] * 2)
    assert watch.sequences() == {}
    assert list(watch.lags()) == ["AM"]


def test_a_clock_that_steps_back_keeps_what_it_counted() -> None:
    watch = LineWatch("stocks")
    for received_ns in (NOW, NOW - 100 * SECOND, NOW + 100 * SECOND, NOW):
        watch.see(batch_of(trades(1)), received_ns)
    assert watch.lags()["T"][0].count == 4
    assert watch.recent(NOW)["T"][0].count >= 1
    assert watch.recent(0) == {}


def test_what_is_not_watched() -> None:
    watch = seen([{"ev": "status", "status": "x", "t": NOW}, {"ev": "new", "t": NOW}])
    assert (watch.lags(), watch.sequences(), watch.recent(NOW)) == ({}, {}, {})
    # Batches that come from no socket are nobody's last.
    assert (watch.last_events(), watch.last_ns()) == ({}, {})


def test_misuse() -> None:
    watch = LineWatch("crypto")
    with pytest.raises(UsageError, match="crypto was given events of stocks"):
        watch.see(batch_of(trades(1)), NOW)
    with pytest.raises(UsageError, match="before 1970"):
        watch.see(batch_of([], "crypto"), -1)
    with pytest.raises(TypeError):
        watch.see(None, NOW)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unknown market"):
        LineWatch("bonds")


def test_it_keeps_no_batch() -> None:
    batch = batch_of(trades(1, 2))
    before = sys.getrefcount(batch)
    watch = LineWatch("stocks")
    watch.see(batch, NOW)
    assert sys.getrefcount(batch) == before
