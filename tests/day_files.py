"""Made-up day files in the vendor's order, and what is in them by way of `csv` and `json`.

What each column becomes is said here a second time, one function a type of file, by somebody who
has not seen the table.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastpoly import Batch
from fastpoly.capture import CaptureReader, Mark

START_NS = 1_795_617_000_000_000_000
"""When the made-up days begin."""

HEADERS = {
    "stocks trades": "ticker,conditions,correction,exchange,id,participant_timestamp,price,"
    "sequence_number,sip_timestamp,size,tape,trf_id,trf_timestamp",
    "stocks quotes": "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,"
    "conditions,indicators,participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp",
    "stocks minute aggs": "ticker,volume,open,close,high,low,window_start,transactions",
    "options trades": "ticker,conditions,correction,exchange,price,sip_timestamp,size",
    "options quotes": "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,"
    "sequence_number,sip_timestamp",
    "options minute aggs": "ticker,volume,open,close,high,low,window_start,transactions",
    "futures trades": "ticker,timestamp,sequence_number,report_sequence,price,size,correction,"
    "exchange,session_end_date",
    "futures quotes": "ticker,timestamp,sequence_number,report_sequence,ask_timestamp,ask_price,"
    "ask_size,bid_timestamp,bid_price,bid_size,exchange,session_end_date",
    "futures minute aggs": "ticker,exchange,session_end_date,window_start,open,high,low,close,"
    "volume,dollar_volume,transactions",
    "indices values": "ticker,value,timestamp",
    "indices minute aggs": "ticker,open,close,high,low,window_start",
    "forex quotes": "ticker,ask_exchange,ask_price,bid_exchange,bid_price,participant_timestamp",
    "forex minute aggs": "ticker,volume,open,close,high,low,window_start,transactions",
    "crypto trades": "ticker,conditions,exchange,id,participant_timestamp,price,size",
    "crypto minute aggs": "ticker,volume,open,close,high,low,window_start,transactions",
}
"""Name of a type -> the header that the vendor's files of it have."""

PREFIXES = {"options": "O:", "indices": "I:", "forex": "C:", "crypto": "X:"}

Row = dict[str, str]

# ---------------------------------------------------------------------------------- made up


def market_of(kind: str) -> str:
    return kind.partition(" ")[0]


def ticker(kind: str, number: int) -> str:
    letters = "".join(chr(65 + number // 26**place % 26) for place in (2, 1, 0))
    market = market_of(kind)
    pair = "-USD" if market in ("forex", "crypto") else ""
    return f"{PREFIXES.get(market, '')}{letters}{pair}"


def rows(kind: str, tickers: int = 5, each: int = 20, seed: int = 1) -> list[Row]:
    """Made-up rows: by ticker, and each ticker's by time."""
    made = random.Random(f"{kind} {seed}")
    header = HEADERS[kind].split(",")
    found = []
    for number in range(tickers):
        at_ns = START_NS + made.randrange(10**9)
        for sequence in range(1, each + 1):
            at_ns += made.choice((0, made.randrange(10**7), made.randrange(10**10)))
            values = {name: _value(made, name, at_ns, sequence) for name in header}
            found.append({**values, "ticker": ticker(kind, number)})
    return found


def _value(made: random.Random, name: str, at_ns: int, sequence: int) -> str:
    if name == "window_start":
        return str(at_ns // 60_000_000_000 * 60_000_000_000)
    if name in ("sip_timestamp", "timestamp"):
        return str(at_ns)
    if name == "trf_timestamp":
        return made.choice(("0", str(at_ns)))
    if name.endswith("timestamp"):
        return str(at_ns - made.randrange(10**6))
    if name in ("conditions", "indicators"):
        return made.choice(("", "12", "12,37", "1,2,3"))
    if name.endswith("size") or name == "volume":
        return made.choice((str(made.randrange(1, 900)), f"{made.uniform(0.1, 900):.6f}"))
    if name == "session_end_date":
        return "2026-11-25"
    if name == "id":
        return str(made.randrange(10**14))
    if name in ("sequence_number", "report_sequence"):
        return str(sequence)
    if name == "trf_id":
        return made.choice(("0", "201"))
    if name.endswith(("exchange", "tape", "correction", "transactions")):
        return str(made.randrange(20))
    return f"{made.uniform(1, 900):.{made.randrange(7)}f}"


def text_of(
    header: Sequence[str], table: Iterable[Mapping[str, str]], *, end: str = "\n", quoting: int = 0
) -> str:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows([row[name] for name in header] for row in table)
    return out.getvalue()


def write(path: Path, text: str) -> Path:
    """Writes a text, packed where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def day_file(folder: Path, kind: str, table: Iterable[Row]) -> Path:
    """Writes rows as the vendor does."""
    name = kind.replace(" ", "-")
    return write(folder / name / "2026-11-25.csv.gz", text_of(HEADERS[kind].split(","), table))


# ------------------------------------------------------------------- by way of csv and json


def _number(text: str) -> str:
    if "e" in text.lower():
        return text
    value = Decimal(text)
    return str(int(value)) if value == int(value) else f"{value:f}".rstrip("0")


def _whole(text: str) -> str:
    return text if "e" in text.lower() else text.partition(".")[0]


def _ns(text: str) -> int:
    value = Decimal(text)
    return int(value if value >= 10**14 else value * 10**6)


def _ms(text: str, add: int = 0) -> str:
    at = _ns(text)
    return str(at // 10**6 + add) if at else ""


def _not_zero(text: str) -> str:
    return "" if text.strip("0.") == "" else _whole(text)


def _codes(text: str) -> str:
    return "[" + ",".join(_whole(code) for code in text.split(",")) + "]"


def _first(text: str) -> str:
    return _whole(text.split(",")[0])


def _minute_end(text: str) -> str:
    return _ms(text, 60_000)


def _slashed(text: str) -> str:
    return json.dumps(text.removeprefix("C:").replace("-", "/"))


def _coins(text: str) -> str:
    return json.dumps(text.removeprefix("X:"))


Maker = Callable[[str], str]
_BAR: dict[str, tuple[str, Maker]] = {
    "v": ("volume", _number),
    "o": ("open", _number),
    "c": ("close", _number),
    "h": ("high", _number),
    "l": ("low", _number),
    "s": ("window_start", _ms),
    "e": ("window_start", _minute_end),
}
_SIDES: dict[str, tuple[str, Maker]] = {
    "bx": ("bid_exchange", _whole),
    "ax": ("ask_exchange", _whole),
    "bp": ("bid_price", _number),
    "ap": ("ask_price", _number),
    "bs": ("bid_size", _whole),
    "as": ("ask_size", _whole),
}
_SYM: dict[str, tuple[str, Maker]] = {"sym": ("ticker", json.dumps)}

WIRE: dict[str, tuple[str, str, dict[str, tuple[str, Maker]]]] = {
    "stocks trades": (
        "T",
        "sip_timestamp",
        {
            **_SYM,
            "i": ("id", json.dumps),
            "x": ("exchange", _whole),
            "p": ("price", _number),
            "s": ("size", _whole),
            "c": ("conditions", _codes),
            "t": ("sip_timestamp", _ms),
            "pt": ("participant_timestamp", _ms),
            "q": ("sequence_number", _whole),
            "z": ("tape", _whole),
            "trfi": ("trf_id", _not_zero),
            "trft": ("trf_timestamp", _ms),
            "ds": ("size", json.dumps),
        },
    ),
    "stocks quotes": (
        "Q",
        "sip_timestamp",
        {
            **_SYM,
            "c": ("conditions", _first),
            "i": ("indicators", _codes),
            **_SIDES,
            "t": ("sip_timestamp", _ms),
            "pt": ("participant_timestamp", _ms),
            "q": ("sequence_number", _whole),
            "z": ("tape", _whole),
            "trft": ("trf_timestamp", _ms),
        },
    ),
    "stocks minute aggs": ("AM", "window_start", {**_SYM, **_BAR}),
    "options trades": (
        "T",
        "sip_timestamp",
        {
            **_SYM,
            "x": ("exchange", _whole),
            "p": ("price", _number),
            "s": ("size", _whole),
            "c": ("conditions", _codes),
            "t": ("sip_timestamp", _ms),
        },
    ),
    "options quotes": (
        "Q",
        "sip_timestamp",
        {**_SYM, **_SIDES, "t": ("sip_timestamp", _ms), "q": ("sequence_number", _whole)},
    ),
    "options minute aggs": ("AM", "window_start", {**_SYM, **_BAR}),
    "futures trades": (
        "T",
        "timestamp",
        {
            **_SYM,
            "p": ("price", _number),
            "s": ("size", _whole),
            "t": ("timestamp", _ms),
            "q": ("sequence_number", _whole),
        },
    ),
    "futures quotes": (
        "Q",
        "timestamp",
        {
            **_SYM,
            "bp": ("bid_price", _number),
            "bs": ("bid_size", _whole),
            "bt": ("bid_timestamp", _ms),
            "ap": ("ask_price", _number),
            "as": ("ask_size", _whole),
            "at": ("ask_timestamp", _ms),
            "t": ("timestamp", _ms),
        },
    ),
    "futures minute aggs": (
        "AM",
        "window_start",
        {
            **_SYM,
            **_BAR,
            "dv": ("dollar_volume", _number),
            "n": ("transactions", _whole),
        },
    ),
    "indices values": (
        "V",
        "timestamp",
        {"val": ("value", _number), "T": ("ticker", json.dumps), "t": ("timestamp", _ms)},
    ),
    "indices minute aggs": (
        "AM",
        "window_start",
        {**_SYM, **{key: made for key, made in _BAR.items() if key != "v"}},
    ),
    "forex quotes": (
        "C",
        "participant_timestamp",
        {
            "p": ("ticker", _slashed),
            "x": ("bid_exchange", _whole),
            "a": ("ask_price", _number),
            "b": ("bid_price", _number),
            "t": ("participant_timestamp", _ms),
        },
    ),
    "forex minute aggs": ("CA", "window_start", {"pair": ("ticker", _slashed), **_BAR}),
    "crypto trades": (
        "XT",
        "participant_timestamp",
        {
            "pair": ("ticker", _coins),
            "p": ("price", _number),
            "t": ("participant_timestamp", _ms),
            "s": ("size", _number),
            "c": ("conditions", _codes),
            "i": ("id", json.dumps),
            "x": ("exchange", _whole),
        },
    ),
    "crypto minute aggs": ("XA", "window_start", {"pair": ("ticker", _coins), **_BAR}),
}
"""Type -> channel, column of the time, and key -> column and what makes JSON of its text."""

Events = list[tuple[int, dict[str, Any]]]
"""Time in ns and event as the wire has it."""


def as_wire(kind: str, row: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """One row as the wire has it, through `json`."""
    channel, clock, keys = WIRE[kind]
    parts = [f'"ev":"{channel}"']
    for key, (name, made) in keys.items():
        text = row.get(name, "")
        if text and (value := made(text)):
            parts.append(f'"{key}":{value}')
    window_ns = 60_000_000_000 if clock == "window_start" else 0
    return _ns(row[clock]) + window_ns, json.loads("{" + ",".join(parts) + "}")


def expected(kind: str, text: str) -> Events:
    """What a file's text holds, in the order of time, through `csv` and `json`."""
    made = [as_wire(kind, row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    return sorted(made, key=lambda one: one[0])


def events_of(found: Iterable[Batch | Mark]) -> Events:
    return [
        (frame.received_ns, event)
        for batch in found
        if isinstance(batch, Batch)
        for frame in batch.frames()
        for event in frame.dicts()
    ]


def read(*paths: Path, **options: Any) -> Events:
    """All events that a reader gives, with their times."""
    with CaptureReader(*paths, **options) as reader:
        return events_of(reader)


def found_in(*paths: Path, **options: Any) -> Iterator[Batch | Mark]:
    with CaptureReader(*paths, **options) as reader:
        yield from reader
