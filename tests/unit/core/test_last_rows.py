"""The last event of each symbol, kept as rows, against a dict of events."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import Batch, decode, schema
from fastpoly._core import Decoder, LastRows, LineWatch, batch_of, concat
from fastpoly.errors import DecodeError, UsageError
from fastpoly.notices import Gap
from tests import frames
from tests.budgets import examples

NAMES = ("A", "B", "BRK.B", "O:SPXW261218C06800000", "x" * 32, "x" * 33, "é", "", "a\0", "\ud800")
SYMBOLS = (*NAMES, None, 7, [1], {"A": 1})


def gap(market: str = "stocks") -> Batch:
    return batch_of(market, [Gap(market=market, at_ns=1, cause="x", since_ns=0, until_ns=1)])


class Slow:
    """The same in Python: events by channel and symbol."""

    def __init__(self, market: str, channels: list[str]) -> None:
        self.keys = {name: symbol_key(market, name) for name in channels}
        self.events: dict[str, dict[str, list[Any]]] = {name: {} for name in channels}
        self.left_out = dict.fromkeys(channels, 0)

    def add(self, batch: Batch) -> None:
        for event in batch:
            name = event.event_type
            if name not in self.keys:
                continue
            symbol = event.get(self.keys[name])
            if isinstance(symbol, str):
                self.events[name][symbol] = [event, batch.received_ns, False]
            else:
                self.left_out[name] += 1

    def pass_gap(self) -> None:
        for table in self.events.values():
            for kept in table.values():
                kept[2] = True


def symbol_key(market: str, channel: str) -> str:
    return next(
        one.event.symbol.key for one in schema.MARKETS[market].channels if one.name == channel
    )


def random_batch(rng: Random, market: str, decoder: Decoder, stamp: int) -> Batch:
    """A frame's batch, or a part of it; few symbols, so that they come again."""
    text: str | bytes
    if rng.random() < 0.3:
        text = frames.frame(rng, market, 8, hostile=0.5)
    else:
        objects = []
        for q in range(rng.randrange(20)):
            channel = rng.choice(schema.MARKETS[market].channels)
            key = channel.event.symbol.key
            event: dict[str, Any] = {"ev": channel.name, key: rng.choice(SYMBOLS), "q": q}
            if rng.random() < 0.2:
                event["new"] = "y" * rng.choice((1, 10, 5000))
            if rng.random() < 0.1:
                event = {"ev": rng.choice(("status", "unheard")), "sym": "A"}
            if rng.random() < 0.1:
                event.pop(key, None)
            objects.append(event)
        text = json.dumps(objects, ensure_ascii=True)
    try:
        batch = decoder.receive(text, stamp, LineWatch(market))
    except DecodeError:
        return gap(market)
    cut = rng.randrange(6)
    if cut == 0 and batch.channels:
        return batch.select(*rng.sample(batch.channels, rng.randint(1, len(batch.channels))))
    if cut == 1:
        return concat([gap(market), batch])
    return (batch, batch[1:], batch[::2], batch[::-1])[cut - 2]


def plain(event: Any) -> Any:
    """What can be compared of an event: NaN is not equal to itself."""
    return repr(event), json.dumps(event.to_dict(), allow_nan=True)


@examples(400)
@given(st.randoms(use_true_random=False), st.sampled_from(list(schema.MARKETS)))
def test_what_is_kept_is_what_a_dict_of_events_has(rng: Random, market: str) -> None:
    channels = [channel.name for channel in schema.MARKETS[market].channels]
    kept = rng.sample(channels, rng.randint(1, len(channels)))
    rows, slow, decoder = LastRows(market), Slow(market, kept), Decoder(market)
    for name in kept:
        rows.keep(name)
    for number in range(rng.randrange(7)):
        if rng.random() < 0.2:
            rows.pass_gap()
            slow.pass_gap()
        batch = random_batch(rng, market, decoder, 1000 + number)
        rows.add(batch)
        slow.add(batch)
    for name in channels:
        assert rows.keeps(name) == (name in kept)
    for name in kept:
        for since_gap in (False, True):
            wanted = {
                symbol: one
                for symbol, one in slow.events[name].items()
                if not (since_gap and one[2])
            }
            batch, received, stale, left_out = rows.snapshot(name, since_gap)
            # In the order in which the symbols first came, as a dict has them.
            assert [plain(event) for event in batch] == [plain(one[0]) for one in wanted.values()]
            assert list(memoryview(received).cast("q")) == [one[1] for one in wanted.values()]
            assert list(stale) == [one[2] for one in wanted.values()]
            assert left_out == slow.left_out[name]
            assert batch.to_arrow(name).num_rows == len(batch.to_numpy(name)) == len(batch)
            for symbol in (*NAMES, *wanted):
                event = rows.get(name, symbol, since_gap)
                if symbol not in wanted:
                    assert event is None
                else:
                    assert plain(event) == plain(wanted[symbol][0])


def test_a_snapshot_stays_what_it_was() -> None:
    rows = LastRows("stocks")
    rows.keep("T")
    rows.add(decode(b'[{"ev":"T","sym":"A","p":1.5,"new":"x"},{"ev":"T","sym":"B","p":2}]'))
    batch, *_ = rows.snapshot("T")
    rows.add(decode(b'[{"ev":"T","sym":"A","p":3.5,"new":"y"}]'))
    del rows
    assert [event.to_dict() for event in batch] == [
        {"ev": "T", "sym": "A", "p": 1.5, "new": "x"},
        {"ev": "T", "sym": "B", "p": 2},
    ]


def test_a_symbol_keeps_its_place() -> None:
    rows = LastRows("stocks")
    rows.keep("Q")
    symbols = [f"PL{number}" for number in range(5000)]
    for q, order in enumerate((symbols, symbols[::-1])):
        frame = ",".join(f'{{"ev":"Q","sym":"{name}","q":{q}}}' for name in order)
        rows.add(decode(f"[{frame}]"))
        batch, *_ = rows.snapshot("Q")
        assert [event.symbol for event in batch] == symbols
        assert set(batch.to_numpy("Q")["sequence_number"]) == {q}


def test_the_bytes_of_an_event_go_with_it() -> None:
    rows = LastRows("stocks")
    rows.keep("T")
    empty = rows.__sizeof__()
    rows.add(decode(json.dumps([{"ev": "T", "sym": "A", "new": "x" * 1_000_000}])))
    full = rows.__sizeof__()
    assert full > empty + 1_000_000
    rows.add(decode(b'[{"ev":"T","sym":"A"}]'))
    assert rows.__sizeof__() < full - 999_000
    event = rows.get("T", "A")
    assert event is not None
    assert event.to_dict() == {"ev": "T", "sym": "A"}


def test_what_there_is_no_room_for_is_left_out_and_so_is_what_it_replaces() -> None:
    """268 million bytes of events that are no rows."""
    rows = LastRows("stocks")
    rows.keep("T")
    rows.add(decode(b'[{"ev":"T","sym":"LAST","q":1},{"ev":"T","sym":"PLAIN","q":1}]'))
    text = "x" * (16 << 20)
    decoder = Decoder("stocks")
    for number in range(15):
        rows.add(decoder.decode(json.dumps([{"ev": "T", "sym": f"G{number}", "new": text}])))
    batch, *_, left_out = rows.snapshot("T")
    assert (len(batch), left_out) == (17, 0)
    rows.add(decoder.decode(json.dumps([{"ev": "T", "sym": "LAST", "new": text, "q": 2}])))
    batch, *_, left_out = rows.snapshot("T")
    assert (len(batch), left_out) == (16, 1)
    assert rows.get("T", "LAST") is None
    # Those of plain rows go on, and what is smaller fits again.
    rows.add(decode(b'[{"ev":"T","sym":"PLAIN","q":2},{"ev":"T","sym":"LAST","new":1,"q":3}]'))
    for symbol, q in (("PLAIN", 2), ("LAST", 3)):
        event = rows.get("T", symbol)
        assert event is not None
        assert event["q"] == q


def test_asking_for_a_symbol_makes_none() -> None:
    rows = LastRows("stocks")
    rows.keep("T")
    for name in ("NEVER1", "NEVERHEARDOF1", "x" * 40, "é"):
        assert rows.get("T", name) is None
        rows.add(decode(json.dumps([{"ev": "T", "sym": name, "q": 1}])))
        assert rows.get("T", name) is not None


def test_wrong_arguments() -> None:
    rows = LastRows("stocks")
    rows.keep("T")
    rows.keep("T")
    for channel in ("status", "unknown", "notice", "X"):
        with pytest.raises(UsageError):
            rows.keep(channel)
    for ask in (rows.snapshot, lambda channel: rows.get(channel, "A")):
        with pytest.raises(UsageError, match="last events of Q are not kept"):
            ask("Q")
    with pytest.raises(TypeError):
        rows.get("T", None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is of crypto, not of stocks"):
        rows.add(decode(b'[{"ev":"XT"}]', market="crypto"))
    with pytest.raises(UsageError):
        LastRows("bonds")
