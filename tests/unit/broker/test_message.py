"""The format of messages: what is written can be read, and by others; damage is told."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly._core import (
    Batch,
    Decoder,
    LineWatch,
    MessageBuilder,
    decode,
    decode_runs,
    restore_batch,
)
from fastpoly.broker.message import Loss, MessageKind, pack, subject_of, unpack
from fastpoly.capture import CaptureReader, CaptureWriter
from fastpoly.errors import DecodeError, UsageError
from fastpoly.shards import shard_of
from tests.budgets import examples

START_NS = 1_781_706_600_000_000_000
RUN_BYTES = 12
ALL_NS = (1 << 63) - 1

Message = tuple[str, int, int, int, int, int, bytes]


def kept(*frames: bytes, stamps: list[int] | None = None) -> Batch:
    """A batch of frames as a recording gives it to those who publish: with text and stamps."""
    stamps = stamps or [START_NS + n for n in range(len(frames))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.mcap"
        with CaptureWriter(path, market="stocks", compression="none") as writer:
            for frame, stamp in zip(frames, stamps, strict=True):
                writer.add_frame(frame, stamp)
        with CaptureReader(path, market="stocks", keep_frames=True) as reader:
            (found,) = [one for one in reader if isinstance(one, Batch)]
            return found


def built(batch: Batch, target_bytes: int = 12_000) -> list[Message]:
    builder = MessageBuilder("stocks", target_bytes)
    builder.add(batch, 0)
    builder.flush(ALL_NS)
    assert builder.waiting_bytes == 0
    assert builder.oldest_ns is None
    return builder.take()


def read(message: Message) -> Batch:
    channel, shard, events, runs, _, _, content = message
    packed = pack(MessageKind.EVENTS, 1, 2, 3, 4, runs, events, b"", content)
    head = unpack(packed)
    assert (head.epoch, head.number, head.previous, head.losses) == (1, 2, 3, 4)
    batch = decode_runs(Decoder("stocks"), packed, head.table_at, head.runs, START_NS)
    assert len(batch) == events == head.events
    assert batch.channels == (channel,)
    # As a reader in another language has it: an array of arrays, behind a table.
    body = json.loads(packed[head.table_at + RUN_BYTES * runs :])
    assert [event for run in body for event in run] == batch.dicts()
    if channel == "T":
        assert {shard_of(event["sym"]) for event in batch} == {shard}
    return batch


def trades(*numbers: int, **more: Any) -> bytes:
    events = [
        {"ev": "T", "sym": f"S{n % 7}", "i": str(n), "x": 4, "p": 10.5, "s": 100, "t": 1, "q": n}
        | more
        for n in numbers
    ]
    return json.dumps(events, separators=(",", ":")).encode()


def test_each_event_comes_once_in_order_with_the_stamp_of_its_frame() -> None:
    frames = [trades(*range(n * 20, n * 20 + 20)) for n in range(5)]
    messages = built(kept(*frames))
    assert len(messages) == len({shard_of(f"S{n}") for n in range(7)})
    stamps: dict[int, int] = {}
    for message in messages:
        batch = read(message)
        by_symbol: dict[str, list[int]] = {}
        for part in batch.frames():
            for event in part:
                stamps[event["q"]] = part.received_ns
                by_symbol.setdefault(event["sym"], []).append(event["q"])
        assert all(numbers == sorted(numbers) for numbers in by_symbol.values())
        assert (batch.frames()[0].received_ns, batch.received_ns) == message[4:6]
    assert stamps == {n: START_NS + n // 20 for n in range(100)}


def test_what_is_received_at_the_same_time_shares_a_stamp() -> None:
    batch = kept(trades(0, 7), trades(14), stamps=[START_NS, START_NS])
    (message,) = built(batch)
    assert message[2:4] == (3, 1)


def test_bytes_are_those_of_the_server_whatever_their_shape() -> None:
    odd = (
        b'[ {"ev":"T","sym":"A","i":"1","p":1.0,"q":1,"new":[{"ev":"T"},"}],{"]} ,\n'
        b' {"ev":"T", "sym":"A","p":2e0,"q":2}, {"ev":"T","sym":"A}","i":"},{","q":3},'
        b'{"ev":"T","sym":"A","p":1.50,"q":4},{"ev":"XX","q":5},{"sym":"A","q":6}]'
    )
    bodies = [
        event
        for message in built(kept(odd))
        for run in json.loads(message[6][RUN_BYTES * message[3] :])
        for event in run
    ]
    assert sorted(bodies, key=lambda event: event["q"]) == json.loads(odd)
    texts = b"".join(message[6] for message in built(kept(odd)))
    assert b'"p":1.50' in texts, "nothing is encoded again"
    assert b'{"ev":"T", "sym":"A","p":2e0,"q":2}' in texts


@pytest.mark.parametrize("symbol", ["ÄÖ", "A" * 60, 'q"x'])
def test_a_symbol_that_only_the_bytes_have_is_in_the_shard_of_its_text(symbol: str) -> None:
    (message,) = built(kept(trades(1, sym=symbol)))
    assert message[1] == shard_of(symbol)
    assert read(message)[0]["sym"] == symbol


def test_control_messages_and_empty_frames_are_left_out() -> None:
    status = b'[{"ev":"status","status":"success","message":"subscribed to: T.*"}]'
    messages = built(kept(status, trades(1), b"[]", status))
    assert [message[2] for message in messages] == [1]


def test_a_message_is_ready_when_it_is_full_or_due() -> None:
    batch = kept(trades(*range(0, 700, 7)))  # all of one symbol
    builder = MessageBuilder("stocks", 2000)
    ready = builder.add(batch, 10)
    assert ready > 1
    sizes = [len(message[6]) for message in builder.take()]
    assert all(2000 <= size < 2300 for size in sizes)
    assert builder.oldest_ns == 10
    assert builder.flush(9) == 0
    assert builder.flush(10) == 1


def test_a_batch_without_its_text_is_refused() -> None:
    builder = MessageBuilder("stocks", 2000)
    with pytest.raises(UsageError, match="text"):
        builder.add(decode(trades(1)), 0)
    whole = kept(trades(1, 2))
    with pytest.raises(UsageError, match="selection"):
        builder.add(whole.select("T"), 0)
    with pytest.raises(UsageError, match="of crypto"):
        builder.add(decode("[]", market="crypto"), 0)


def test_a_slice_gives_its_own_events() -> None:
    batch = kept(trades(*range(10)))
    found = [event["q"] for message in built(batch[3:6]) for event in read(message)]
    assert sorted(found) == [3, 4, 5]


def test_the_watch_goes_by_the_time_of_the_message() -> None:
    (message,) = built(kept(trades(1)))
    packed = pack(MessageKind.EVENTS, 1, 0, 0, 0, message[3], message[2], b"", message[6])
    head = unpack(packed)
    watch = LineWatch("stocks")
    later = START_NS + 5_000_000_000
    batch = decode_runs(Decoder("stocks"), packed, head.table_at, head.runs, later, watch, True)
    assert watch.last_ns() == {"T": later}
    assert batch.received_ns == START_NS
    assert batch.raw() == [trades(1)]


@examples(500)
@given(st.data())
def test_damage_is_told_and_breaks_nothing(data: st.DataObject) -> None:
    (message,) = MESSAGES
    whole = bytearray(pack(MessageKind.EVENTS, 1, 0, 0, 0, message[3], message[2], b"", message[6]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    damaged = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        head = unpack(damaged)
        batch = decode_runs(Decoder("stocks"), damaged, head.table_at, head.runs, START_NS)
    except DecodeError:
        return
    list(batch)


MESSAGES = built(kept(trades(0, 7, 14), trades(21)))


def test_a_foreign_message_says_so() -> None:
    for text in (b"", b"hello", b"FPM0" + bytes(60)):
        with pytest.raises(DecodeError, match="none of fastpoly's"):
            unpack(text)


def test_a_loss_says_what_it_said() -> None:
    loss = Loss(5, 7, "why", 1001, {"T": 3})
    assert Loss.from_json(loss.to_json()) == loss
    with pytest.raises(DecodeError):
        Loss.from_json(b"[1]")
    with pytest.raises(DecodeError):
        Loss.from_json(b"{")


def test_subjects_group_shards_by_sixteen() -> None:
    assert subject_of("fp", "stocks", "T", 5) == "fp.stocks.T.0.5"
    assert subject_of("fp", "stocks", "T", 63) == "fp.stocks.T.3.63"


def test_a_restored_batch_has_text_too() -> None:
    batch = restore_batch("stocks", [[]], 2, START_NS, [b"[]"], [START_NS])
    assert built(batch) == []
