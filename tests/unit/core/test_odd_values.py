"""One odd value costs its own event and nothing else, however the batch is read."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any, Final

import pytest

import fastpoly
from fastpoly import Batch, Decoder, field, schema
from fastpoly._core import LineWatch, concat, latest
from fastpoly.cli.formats import FORMATS
from fastpoly.events import Status, UnknownEvent

DIGITS: Final = "9" * 4301
DEEP: Final = "[" * 1000 + "]" * 1000

VALUES: Final = {
    "whole number of 4300 digits": "9" * 4300,
    "whole number of 4301 digits": DIGITS,
    "negative one of a hundred thousand": "-" + "9" * 100_000,
    "fraction of 4301 digits": f"1.{DIGITS}",
    "huge exponent": "1e999999999999",
    "tiny exponent": "-1e-999999999999",
    "zeros": f"0.{'0' * 5000}1",
    "lists in lists": DEEP,
    "objects in objects": '{"a":' * 1000 + "1" + "}" * 1000,
    "long numbers in a list": f"[{DIGITS},1.5]",
    "long numbers in lists": f"[[{DIGITS},1.5]]",
    "half of a pair": r'"\ud800"',
    "the other half": r'"A\udfff\ud800"',
    "not a number": '"NaN"',
    "infinity": '"-Infinity"',
    "digits as text": f'"{DIGITS}"',
    "long text": f'"{"x" * 100_000}"',
    "long text beyond ASCII": f'"{"é" * 1000}"',
    "control characters": r'"\u0000\u001b[2J\n"',
    "null": "null",
    "nothing": '""',
}
KEYS: Final = {
    "unknown": '"zz"',
    "empty": '""',
    "half of a pair": r'"\ud800"',
    "long": f'"{"k" * 100_000}"',
}


def odd_events() -> dict[str, str]:
    """One event for each odd value in each field of a trade, and in keys that it does not have."""
    event = schema.MARKETS["stocks"].channel("T")
    assert event is not None
    keys = {spec.name: json.dumps(spec.key) for spec in event.event.fields} | KEYS
    made = {
        f"{value} in {name}": f'{{"ev":"T","sym":"ODD",{key}:{VALUES[value]}}}'
        for value in VALUES
        for name, key in keys.items()
    }
    for value, text in VALUES.items():
        made[f"{value} twice"] = f'{{"ev":"T","sym":"ODD","q":{text},"q":{text},"ds":{text}}}'
        made[f"{value} in an unknown event"] = f'{{"ev":"odd","zz":{text},"t":{text}}}'
        made[f"{value} as the channel"] = f'{{"ev":{text},"zz":{text}}}'
        made[f"{value} in a status"] = f'{{"ev":"status","status":"s","message":{text},"n":{text}}}'
        made[f"{value} alone"] = text
    return made


ODD: Final = odd_events()
GOOD: Final = [
    f'{{"ev":"T","sym":"S{n}","i":"{n}","x":4,"p":1.5,"s":{n},"t":1781706600123,"q":{n}}}'
    for n in range(10)
]


def frame(odd: str) -> str:
    return f"[{','.join([*GOOD[:5], odd, *GOOD[5:]])}]"


def good(events: Any) -> Any:
    """What is read of the good events, without what is read of others."""
    return [event for event in events if (getattr(event, "symbol", "") or "").startswith("S")]


def every_attribute(batch: Batch) -> Any:
    for event in batch:
        for name in dir(event):
            getattr(event, name)
    return good(batch)


def lines(form: str) -> Callable[[Batch], Any]:
    def read(batch: Batch) -> Any:
        made = list(FORMATS[form](batch))
        assert len(made) == len(batch)
        for line in made:
            assert b"\n" not in line
            if form != "text":
                json.loads(line) if len(line) < 2000 else line.decode()
        return [line for line in made if b"ODD" not in line and b"S" in line[:60]][:10]

    return read


def watched(batch: Batch) -> Any:
    watch = LineWatch("stocks")
    decoder = Decoder("stocks")
    received = decoder.receive(frame("0"), 1, watch)
    watch.see(batch, 1)
    repr(watch.last_events())
    return good(received)


def arrow(batch: Batch) -> Any:
    rows = batch.to_arrow("T").to_pylist()
    return [row for row in rows if (row["symbol"] or "").startswith("S")]


def numpy(batch: Batch) -> Any:
    array = batch.to_numpy("T")
    return [
        [str(value) for value in record.item()]
        for record in array
        if record["symbol"].startswith("S")
    ]


def pickled(batch: Batch) -> Any:
    again = pickle.loads(pickle.dumps(batch))  # noqa: S301
    assert [repr(event) for event in again] == [repr(event) for event in batch]
    return good(again)


WAYS: Final[dict[str, Callable[[Batch], Any]]] = {
    "events": lambda batch: good(batch.events()),
    "attributes": lambda batch: [
        (event.price, event.size, event.timestamp) for event in good(batch)
    ],
    "every attribute": every_attribute,
    "dicts": lambda batch: [
        one for one in batch.dicts() if isinstance(one, dict) and len(one) == 8
    ],
    "dicts of events": lambda batch: [dict(event) for event in batch if len(event) == 8],
    "repr": lambda batch: [repr(event) for event in batch][:5],
    "malformed": lambda batch: [event.malformed for event in batch][:5],
    "numpy": numpy,
    "filtered": lambda batch: good(batch.where(field("sequence_number") >= 0)),
    "filtered by text": lambda batch: good(batch.where(field("symbol") != "\ud800")),
    "filtered by number": lambda batch: good(batch.where(field("fractional_shares").is_missing())),
    "latest": lambda batch: good(latest([batch])),
    "joined": lambda batch: good(concat([batch, batch])),
    "compact": lambda batch: good(batch[3:4].compact()),
    "symbols": lambda batch: [batch.symbol_counts()[f"S{n}"] for n in range(10)],
    "watched": watched,
    "pickled": pickled,
    **{form: lines(form) for form in FORMATS},
}


@pytest.fixture(scope="module")
def plain() -> Batch:
    return fastpoly.decode(frame('{"ev":"T","sym":"ODD"}'))


@pytest.mark.sampled
@pytest.mark.parametrize("way", WAYS)
def test_the_others_are_read_as_ever(way: str, plain: Batch) -> None:
    if way == "numpy":
        pytest.importorskip("numpy")
    read = WAYS[way]
    expected = read(plain)
    assert expected
    wrong = {}
    for name, odd in ODD.items():
        try:
            found = read(fastpoly.decode(frame(odd)))
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"[:200]
        else:
            if found != expected:
                wrong[name] = repr(found)[:200]
    assert not wrong, f"{len(wrong)} of {len(ODD)}: {list(wrong.items())[:5]}"


def test_arrow_reads_the_others_as_ever(plain: Batch) -> None:
    pytest.importorskip("pyarrow")
    expected = arrow(plain)
    for name, odd in ODD.items():
        assert arrow(fastpoly.decode(frame(odd))) == expected, name


def test_a_whole_number_beyond_the_limit_of_the_interpreter() -> None:
    (event,) = fastpoly.decode(f'[{{"ev":"T","sym":"X","q":{DIGITS},"i":{DIGITS},"ds":-{DIGITS}}}]')
    assert event["q"] == float("inf")
    assert event.sequence_number is None
    assert event.malformed == ("q",)
    # Where text is expected, it is all there.
    assert event.id == DIGITS
    assert event.fractional_shares == f"-{DIGITS}"
    (event,) = fastpoly.decode(f'[{{"ev":"T","sym":"X","q":{DIGITS[1:]}}}]')
    assert event["q"] == int(DIGITS[1:])


def test_statuses_and_unknown_events_show_what_can_be_shown() -> None:
    status, unknown = fastpoly.decode(
        f'[{{"ev":"status","status":"s","n":{DIGITS},"zz":{DEEP}}},{{"ev":"odd","zz":{DEEP}}}]'
    )
    assert isinstance(status, Status)
    assert (status.status, status.message) == ("s", None)
    assert isinstance(unknown, UnknownEvent)
    try:
        can_be_shown = repr(json.loads(DEEP))
    except RecursionError:  # before Python 3.12, whose limit is not on what is nested in C
        can_be_shown = "nested too deeply"
    assert can_be_shown in repr(unknown)
    assert unknown == pickle.loads(pickle.dumps(unknown))  # noqa: S301
