"""What the decoder passes over, against what it decodes without being told to."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import Batch, DecodeError, Decoder, schema, shard_of
from fastpoly.shards import shard_bits
from tests import frames
from tests.budgets import examples


@examples(150)
@given(
    st.one_of(frames.canonical_frames, frames.disturbed_frames),
    st.integers(2, 5),
    st.booleans(),
)
def test_readers_have_every_event_once_and_in_order(
    case: tuple[str, bytes], count: int, fast: bool
) -> None:
    market, text = case
    whole = Decoder(market).decode(text)
    shares: list[Batch] = []
    for index in range(count):
        decoder = Decoder(market, shards=shard_bits((index, count)))
        decoder.fast = fast
        shares.append(decoder.decode(text))
    statuses = whole.count("status")
    assert sum(map(len, shares)) == len(whole) + (count - 1) * statuses
    for index, share in enumerate(shares):
        bits = shard_bits((index, count))
        expected = [
            event
            for event in whole
            if event.event_type == "status" or bits >> shard_of(text_of(market, event)) & 1
        ]
        assert [one.to_dict() for one in share] == [one.to_dict() for one in expected]
        assert share.nbytes == whole.nbytes
        assert share.frame_count == whole.frame_count


def text_of(market: str, event: Any) -> str:
    """The text of an event's symbol; empty where it has none."""
    channels = {channel.name: channel for channel in schema.MARKETS[market].channels}
    if (channel := channels.get(event.event_type)) is None:
        return ""
    (name,) = (field.name for field in channel.event.fields if field.kind == schema.SYMBOL)
    value = getattr(event, name)
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("fast", [True, False])
def test_a_frame_that_is_not_json_is_an_error_in_every_share(fast: bool) -> None:
    text = b'[{"ev":"T","sym":"AAPL"},{"ev":"T","sym":"MSFT","p":1.2.3}]'
    for index in range(2):
        decoder = Decoder("stocks", shards=shard_bits((index, 2)))
        decoder.fast = fast
        with pytest.raises(DecodeError):
            decoder.decode(text)
        assert len(decoder.decode(b'[{"ev":"T","sym":"A"},{"ev":"T","sym":"SPY"}]')) == 1


@pytest.mark.parametrize("long", ["A" * 33, "Ä", "A\tB", "O:" + "A" * 40 + "251219C00150000"])
def test_symbols_that_rows_cannot_hold_have_shards_too(long: str) -> None:
    text = json.dumps([{"ev": "T", "sym": long, "p": 1}], ensure_ascii=False).encode()
    for shard in range(64):
        share = Decoder("stocks", shards=1 << shard).decode(text)
        assert len(share) == (shard == shard_of(long))


def test_a_large_frame_of_others_costs_no_memory() -> None:
    # In a process of its own: memory that other batches have given back is used again.
    script = """
import json
from fastpoly._core import Decoder
from fastpoly.shards import ALL_SHARDS, shard_of
text = json.dumps([{"ev": "T", "sym": "AAPL", "new": "x" * 100}] * 5000).encode()
share = Decoder("stocks", shards=ALL_SHARDS & ~(1 << shard_of("AAPL"))).decode(text)
print(len(share), share.__sizeof__())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    length, size = map(int, done.stdout.split())
    assert length == 0
    assert size < 100_000
