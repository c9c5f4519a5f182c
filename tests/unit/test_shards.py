"""The hash that divides symbols among shards, and readers among these."""

from __future__ import annotations

import itertools
import re
import string
import zlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import UsageError, shard_of
from fastpoly.shards import ALL_SHARDS, SHARDS, shard_bits, shard_range

PAGE = Path(__file__).parents[2] / "docs" / "shards.md"
CONTRACT = re.compile(r"O:(.+)[0-9]{6}[CP][0-9]{8}", re.DOTALL)


def by_the_book(symbol: str) -> int:
    """The hash as the documentation defines it, for whoever writes it in another language."""
    contract = CONTRACT.fullmatch(symbol)
    return zlib.crc32((contract[1] if contract else symbol).encode()) % 64


def vectors() -> list[tuple[str, int]]:
    rows = re.findall(r"^\| `([^`]*)` \| ([0-9]+) \|$", PAGE.read_text(), re.MULTILINE)
    return [(symbol, int(shard)) for symbol, shard in rows]


def test_the_documented_vectors_hold() -> None:
    assert len(vectors()) >= 12
    assert {symbol: shard_of(symbol) for symbol, _ in vectors()} == dict(vectors())


@given(st.one_of(st.text(), st.from_regex(CONTRACT), st.from_regex(r"O:[A-Z0-9]*[CP]?[0-9]*")))
def test_it_is_what_the_documentation_says(symbol: str) -> None:
    assert shard_of(symbol) == by_the_book(symbol)


def test_a_chain_stays_together_with_its_stock() -> None:
    chain = [f"O:SPY{day}{kind}00{strike}000" for day in ("251219", "260116") for kind in "CP"
             for strike in (450, 460)]  # fmt: skip
    assert {shard_of(contract) for contract in chain} == {shard_of("SPY")}
    assert shard_of("O:251219C00450000") == by_the_book("O:251219C00450000")


def test_tickers_are_spread_evenly() -> None:
    for length, tolerance in ((3, 0.02), (4, 0.01)):
        names = itertools.product(string.ascii_uppercase, repeat=length)
        counts = Counter(shard_of("".join(name)) for name in names)
        even = 26**length / SHARDS
        assert len(counts) == SHARDS
        assert max(abs(count - even) for count in counts.values()) <= tolerance * even


@given(st.integers(1, SHARDS))
def test_readers_have_each_shard_once(count: int) -> None:
    shares = [shard_range(index, count) for index in range(count)]
    assert [*itertools.chain(*shares)] == [*range(SHARDS)]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert sum(shard_bits((index, count)) for index in range(count)) == ALL_SHARDS


def test_no_shard_is_all_of_them() -> None:
    assert shard_bits(None) == shard_bits((0, 1)) == ALL_SHARDS


@pytest.mark.parametrize(
    "shard", [(1, 1), (-1, 2), (0, 0), (0, 65), (0.0, 2), (True, 2), ("0", 2), (0,), 3, "ab", ()]
)
def test_what_is_no_share_is_refused(shard: object) -> None:
    with pytest.raises(UsageError, match="shard="):
        shard_bits(shard)  # type: ignore[arg-type]


def test_only_text_has_a_shard() -> None:
    with pytest.raises(TypeError):
        shard_of(b"AAPL")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        shard_of(None)  # type: ignore[arg-type]
