"""Makes the data that everything is measured on: a seeded market, rendered as the server does.

Half the events are trades, half quotes, in the key order of the schema and in the shape that the
service sends in 2026 (``pt``, ``ds``, off-exchange prints with ``trfi`` and ``trft``). Activity is
heavy-tailed over thousands of symbols, prices walk, timestamps rise, trade ids are unique.

Nothing here touches the compiled core: what is measured must not also make the input.
"""

from __future__ import annotations

import importlib.util
import json
import math
import random
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SEED: Final = 20260917
SYMBOLS: Final = 8_000
OPENING_MS: Final = 1_781_706_600_000
"""When the data begins, Unix time in ms."""

EVENTS_PER_SECOND: Final = 200_000
"""How dense the timestamps are: a busy second at the open."""

OFF_EXCHANGE: Final = 4
EXCHANGES: Final = (4, 4, 4, 4, 4, 12, 12, 12, 11, 11, 19, 19, 10, 8, 21, 15, 7, 3, 18, 20)
"""Exchange ids in proportion to their share of trades; a quarter to a third are off-exchange."""

CONDITIONS: Final = (
    *[None] * 6,
    *[[14, 41]] * 3,
    *[[37]] * 4,
    *[[12, 37]] * 2,
    *[[14, 37, 41]] * 3,
    [41],
    [2],
    [10],
    [53, 41],
)
"""Trade conditions in proportion; None for a trade without any, where the key is absent."""


def load_schema() -> ModuleType:
    """The schema table, loaded by path: importing the package would load the compiled core."""
    path = ROOT / "src" / "fastpoly" / "schema.py"
    spec = importlib.util.spec_from_file_location("bench_schema", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up while it is being loaded
    spec.loader.exec_module(module)
    return module


def key_order(channel: str) -> tuple[str, ...]:
    """The wire keys of a stocks channel in the order in which the server sends them."""
    spec = load_schema().MARKETS["stocks"].channel(channel)
    return ("ev", *(field.key for field in spec.event.fields))


def symbol_names(count: int, rng: random.Random) -> list[str]:
    """Tickers as they are: one to five letters, the busy ones short, a few with a share class."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names: dict[str, None] = {}
    while len(names) < count:
        rank = len(names)
        length = 1 if rank < 10 else 2 if rank < 60 else 3 if rank < 1_500 else 4
        if rng.random() < 0.12:
            length += 1
        name = "".join(rng.choice(letters) for _ in range(length))
        if rng.random() < 0.01:
            name += rng.choice((".A", ".B", ".U", "p", "w"))
        names[name] = None
    return list(names)


def spelled(price: float) -> float:
    """A price as the server spells it: a whole one without a fraction, ``34`` and not ``34.0``."""
    return int(price) if price == int(price) else price


class Instrument:
    """One symbol's state: its price walks, its sequence numbers and ids rise."""

    __slots__ = ("cents", "next_id", "quote_sequence", "spread", "symbol", "tape", "trade_sequence")

    def __init__(self, symbol: str, rank: int, rng: random.Random) -> None:
        self.symbol = symbol
        self.tape = rng.choice((1, 1, 2, 3, 3))
        self.cents = max(120, int(100 * math.exp(rng.gauss(3.6, 1.1))))
        self.spread = 1 if rank < 200 else rng.randint(1, 12)
        self.trade_sequence = rng.randint(1_000, 5_000_000)
        self.quote_sequence = rng.randint(100_000, 60_000_000)
        self.next_id = rng.randint(1, 90_000)


class Market:
    """A seeded market of stocks.

    Args:
        symbols: How many.
        seed: The same seed gives the same events.
    """

    def __init__(self, symbols: int = SYMBOLS, seed: int = SEED) -> None:
        self._rng = rng = random.Random(seed)
        names = symbol_names(symbols, rng)
        self._instruments = [Instrument(name, rank, rng) for rank, name in enumerate(names)]
        weights = (1.0 / (rank + 3) ** 1.05 for rank in range(symbols))
        self._cumulative = list(accumulate(weights))
        self._key_order = {channel: key_order(channel) for channel in ("T", "Q")}
        self._sent = 0

    def _pick(self) -> Instrument:
        point = self._rng.random() * self._cumulative[-1]
        return self._instruments[bisect_left(self._cumulative, point)]

    def _times(self) -> tuple[int, int]:
        """Time at the tape, ms, and the time at the exchange a little before it."""
        stamp = OPENING_MS + self._sent * 1000 // EVENTS_PER_SECOND
        self._sent += 1
        return stamp, stamp - int(self._rng.expovariate(0.8))

    def trade(self) -> dict[str, Any]:
        """One trade, by wire key, in no particular key order."""
        rng, instrument = self._rng, self._pick()
        stamp, participant = self._times()
        exchange = rng.choice(EXCHANGES)
        instrument.cents = max(100, instrument.cents + rng.choice((-1, 0, 0, 0, 1)))
        instrument.trade_sequence += rng.randint(1, 40)
        instrument.next_id += 1
        price = instrument.cents / 100
        size = rng.choice((1, 2, 5, 10, 25, 40, 100, 100, 100, 100, 200, 300, 500, 1_200))
        event: dict[str, Any] = {
            "ev": "T",
            "sym": instrument.symbol,
            "x": exchange,
            "i": str(instrument.next_id),
            "z": instrument.tape,
            "p": spelled(price),
            "s": size,
            "ds": f"{size}.0",
            "t": stamp,
            "pt": participant,
            "q": instrument.trade_sequence,
        }
        conditions = rng.choice(CONDITIONS)
        if conditions is not None:
            event["c"] = conditions
        if exchange == OFF_EXCHANGE:
            event["i"] = f"{71_346_018_000_000 + self._sent}"
            event["trfi"] = rng.choice((201, 202, 202, 203))
            event["trft"] = stamp - rng.randint(0, 4)
            if rng.random() < 0.5:
                event["p"] = round(price + rng.randint(1, 99) / 10_000, 4)
            if rng.random() < 0.4:
                fraction = rng.randint(1, 999_999)
                event["s"] = 0
                event["ds"] = f"0.{fraction:06d}"
        return event

    def quote(self) -> dict[str, Any]:
        """One quote, by wire key, in no particular key order."""
        rng, instrument = self._rng, self._pick()
        stamp, participant = self._times()
        instrument.cents = max(100, instrument.cents + rng.choice((-1, 0, 0, 0, 0, 1)))
        instrument.quote_sequence += rng.randint(1, 400)
        event: dict[str, Any] = {
            "ev": "Q",
            "sym": instrument.symbol,
            "bx": rng.choice(EXCHANGES[5:]),
            "ax": rng.choice(EXCHANGES[5:]),
            "bp": spelled(instrument.cents / 100),
            "ap": spelled((instrument.cents + instrument.spread) / 100),
            "bs": rng.choice((1, 2, 3, 5, 8, 14, 40)) * 100 - rng.choice((0, 0, 0, 20)),
            "as": rng.choice((1, 2, 3, 5, 8, 14, 40)) * 100 - rng.choice((0, 0, 0, 20)),
            "t": stamp,
            "pt": participant,
            "q": instrument.quote_sequence,
            "z": instrument.tape,
        }
        if rng.random() < 0.4:
            event["i"] = [604]
        if rng.random() < 0.02:
            event["c"] = 1
        if rng.random() < 0.002:
            event.update({"ax": 0, "ap": 0, "as": 0})
        return event

    def __iter__(self) -> Iterator[bytes]:
        """Trades and quotes as they fall, half and half, for ever, as the server renders them."""
        while True:
            yield self._render(self.trade() if self._rng.random() < 0.5 else self.quote())

    def _render(self, event: dict[str, Any]) -> bytes:
        order = self._key_order[event["ev"]]
        unknown = event.keys() - set(order)
        assert not unknown, f"keys that the schema does not have: {sorted(unknown)}"
        ordered = {key: event[key] for key in order if key in event}
        return json.dumps(ordered, separators=(",", ":")).encode()


def events(count: int, *, symbols: int = SYMBOLS, seed: int = SEED) -> list[bytes]:
    """The first `count` events of a seeded market, each one JSON object."""
    market = iter(Market(symbols, seed))
    return [next(market) for _ in range(count)]


def frames(rendered: Sequence[bytes], per_frame: int) -> list[bytes]:
    """Events in frames of `per_frame`; a rest that does not fill a frame is left out."""
    whole = len(rendered) - len(rendered) % per_frame
    return [
        b"[" + b",".join(rendered[start : start + per_frame]) + b"]"
        for start in range(0, whole, per_frame)
    ]
