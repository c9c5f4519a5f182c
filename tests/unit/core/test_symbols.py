"""The table of symbols when it is full: events of further symbols are right, only slower."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastpoly import decode
from fastpoly._core import LineWatch, latest
from fastpoly.filters.build import make_filter

CAPACITY = 2_000_000
LONG = "-AND-SOME-MORE"


def fill_the_table() -> None:
    """Decodes an event of each of as many symbols as the table takes; each tenth is a long one."""
    step = 20_000
    for start in range(0, CAPACITY, step):
        names = (f"{n:x}{LONG if n % 10 == 0 else ''}" for n in range(start, start + step))
        frame = ",".join(f'{{"ev":"T","sym":"{name}"}}' for name in names)
        assert len(decode(f"[{frame}]", market="stocks")) == step


def trade(symbol: str, price: float, number: int) -> dict[str, Any]:
    return {"ev": "T", "sym": symbol, "p": price, "s": 100, "t": 1_781_706_600_000, "q": number}


def check_further_symbols() -> None:
    contents = [
        trade("KNOWN", 1.5, 1),
        trade("NEW", 2.5, 2),
        trade(f"NEW{LONG}", 3.5, 3),
        trade("KNOWN", 4.5, 4),
        trade("NEW", 5.5, 5),
    ]
    for separators in ((",", ":"), (", ", ": ")):
        text = json.dumps(contents, separators=separators)
        batch = decode(text, market="stocks")
        assert batch.dicts() == contents
        assert [dict(event) for event in batch] == contents
        assert [event.symbol for event in batch] == [one["sym"] for one in contents]
        assert [event.price for event in batch] == [one["p"] for one in contents]
        assert all(event.malformed == () for event in batch)
        assert list(batch.to_numpy("T")["symbol"]) == [one["sym"] for one in contents]
        assert [event["q"] for event in latest([batch])] == [3, 4, 5]
        wanted = make_filter("stocks", {"NEW", "KNOWN"}, None)
        assert wanted is not None
        assert [event["q"] for event in wanted.apply(batch)] == [1, 2, 4, 5]
        watch = LineWatch("stocks")
        watch.see(batch, 1_781_706_600_000_000_000)
        assert watch.lags()["T"][0].count == len(contents)
        # Steps of the numbers are followed for known symbols only.
        assert watch.sequences()["T"][0] == 2


@pytest.mark.slow
def test_events_of_more_symbols_than_the_table_takes() -> None:
    # In a process of its own, which takes some 200 MB; what is interned is never given back.
    script = (
        "from fastpoly import decode\n"
        "from tests.unit.core import test_symbols as test\n"
        'decode(\'[{"ev":"T","sym":"KNOWN"}]\', market=\'stocks\')\n'
        "test.fill_the_table()\n"
        "test.check_further_symbols()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
