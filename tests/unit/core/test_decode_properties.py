"""What must hold of any frame: the compiled decoder against the reference and against itself."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fastpoly
from fastpoly import schema
from fastpoly.errors import DecodeError
from tests import agreement, frames, processors, reference
from tests.budgets import budget, examples
from tests.fuzz import differential

many = examples(100)
Case = tuple[str, bytes]


@many
@given(frames.canonical_frames)
def test_canonical_frames_agree(case: Case) -> None:
    agreement.agree(case[1], case[0])


@many
@given(frames.disturbed_frames)
def test_disturbed_frames_agree(case: Case) -> None:
    agreement.agree(case[1], case[0])


@many
@given(frames.mutated_frames)
def test_mutated_frames_agree(case: Case) -> None:
    agreement.agree(case[1], case[0])


@many
@given(st.binary(max_size=200))
@example(b"")
def test_any_bytes_agree(frame: bytes) -> None:
    agreement.agree(frame, "stocks")


@many
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
        ),
    )
)
def test_any_json_agrees(value: object) -> None:
    agreement.agree(json.dumps(value).encode(), "stocks")
    agreement.agree(
        json.dumps([value, {"ev": "T", "new": value}], ensure_ascii=False).encode(), "stocks"
    )


@pytest.mark.budget
def test_bounded_differential_run(capsys: pytest.CaptureFixture[str]) -> None:
    bad = differential.run(seed=1, start=0, seconds=60.0, count=budget(1500))
    assert bad == 0, capsys.readouterr().out


@pytest.mark.budget
@pytest.mark.parametrize("processor", processors.OTHERS)
def test_code_for_other_processors(processor: str) -> None:
    arguments = ("--seed", "2", "--count", str(budget(700)), "--seconds", "60")
    processors.run_as(processor, "-m", "tests.fuzz.differential", *arguments)


def _prices(texts: list[str]) -> list[float]:
    frame = "[" + ",".join(f'{{"ev":"T","sym":"A","p":{text},"s":1}}' for text in texts) + "]"
    batch = fastpoly.decode(frame)
    prices = [event.price for event in batch]
    assert [struct.pack("d", p) for p in batch.to_numpy("T")["price"]] == [
        struct.pack("d", p) for p in prices
    ]
    assert repr([item["p"] for item in batch.dicts()]) == repr([json.loads(text) for text in texts])
    return prices


def _same_bits(texts: list[str]) -> None:
    got = [struct.pack("d", price) for price in _prices(texts)]
    want = [struct.pack("d", float(text)) for text in texts]
    assert got == want, [t for t, g, w in zip(texts, got, want, strict=True) if g != w][:5]


@many
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_doubles_written_by_repr_come_back(values: list[float]) -> None:
    _same_bits([repr(value) for value in values])


@many
@given(
    st.lists(
        st.from_regex(
            r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,3})?", fullmatch=True
        ).filter(str.isascii),
        min_size=1,
    )
)
def test_doubles_of_any_spelling_are_pythons(texts: list[str]) -> None:
    _same_bits(texts)


def test_doubles_in_bulk() -> None:
    rng = Random(3)
    texts = []
    for _ in range(20_000):
        whole, fraction = rng.randint(1, 12), rng.randint(0, 10)
        text = str(rng.randrange(10**whole))
        if fraction:
            text += "." + "".join(rng.choice("0123456789") for _ in range(fraction))
        texts.append(text)
    _same_bits(texts)


def test_doubles_around_halfway_points() -> None:
    rng = Random(4)
    texts = []
    for _ in range(2000):
        bits = rng.getrandbits(52) | rng.randrange(1, 2046) << 52
        low = struct.unpack("d", struct.pack("Q", bits))[0]
        high = math.nextafter(low, math.inf)
        if math.isinf(high):
            continue
        middle = (Fraction(low) + Fraction(high)) / 2
        for nudge in (Fraction(0), Fraction(1, 10**30), -Fraction(1, 10**30)):
            value = middle * (1 + nudge)
            exponent = math.floor(math.log10(high)) if high > 0 else 0
            scaled = value / Fraction(10) ** (exponent - 40)
            texts.append(f"{round(scaled)}e{exponent - 40}")
    _same_bits(texts)


@many
@given(st.lists(st.integers(-(2**65), 2**65), min_size=1))
def test_integers_of_any_size(values: list[int]) -> None:
    frame = json.dumps([{"ev": "T", "q": value, "p": value, "c": [value]} for value in values])
    batch = fastpoly.decode(frame)
    for event, value in zip(batch, values, strict=True):
        held = value if -(2**63) <= value < 2**63 else None
        assert event.sequence_number == held
        assert event.conditions == (None if held is None else [held])
        assert event.price == float(value)
        assert event["q"] == value
    assert batch.dicts() == json.loads(frame)


@many
@given(st.data(), frames.markets)
def test_space_between_tokens_changes_nothing(data: st.DataObject, market: str) -> None:
    rng = data.draw(st.randoms(use_true_random=False))
    tight = frames.frame(rng, market, 3, hostile=0.0)
    loose = frames.TOKEN.sub(
        lambda match: (
            rng.choice(frames.SPACES).encode() + match[0] + rng.choice(frames.SPACES).encode()
        ),
        tight,
    )
    one, other = fastpoly.decode(tight, market=market), fastpoly.decode(loose, market=market)
    assert agreement.observed(one) == agreement.observed(other)
    assert list(one) == list(other)


@many
@given(frames.disturbed_frames, st.data())
def test_events_do_not_depend_on_their_neighbours(case: Case, data: st.DataObject) -> None:
    market, frame = case
    try:
        items = reference.loads(frame)
    except reference.Undecided:
        return
    if not isinstance(items, list) or "Infinity" in json.dumps(items):
        return  # json.dumps has no way to write 1e400
    alone = [
        agreement.observed(fastpoly.decode(json.dumps([item]), market=market))[0] for item in items
    ]
    order = data.draw(st.permutations(range(len(items))))
    mixed = fastpoly.decode(json.dumps([items[at] for at in order]), market=market)
    assert agreement.observed(mixed) == [alone[at] for at in order]


@many
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1))
def test_text_of_any_alphabet(texts: list[str]) -> None:
    items = [{"ev": "T", "sym": text, "i": text, "ds": text, text: text} for text in texts]
    for ascii_only in (True, False):
        frame = json.dumps(items, ensure_ascii=ascii_only)
        agreement.agree(frame.encode(), "stocks")


def test_key_order_learnt_from_one_event_is_not_taken_for_the_next() -> None:
    rng = Random(5)
    for market, spec in schema.MARKETS.items():
        for channel in spec.channels:
            pairs = frames.event(rng, market, channel, frozenset())
            objects = []
            for at in range(len(pairs)):
                objects.append(pairs)
                objects.append(pairs[:at] + pairs[at + 1 :])
                objects.append([*pairs[:at], *reversed(pairs[at:])])
                objects.append([*pairs[:at], (pairs[at][0], "null"), *pairs[at + 1 :]])
                objects.append([*pairs[:at], ("new", '"x"'), *pairs[at:]])
                objects.append([*pairs, pairs[at]])
            text = ",".join(
                frames.spelled(rng, one, padded=False, escaped=False) for one in objects
            )
            agreement.agree(f"[{text}]".encode(), market)


def _wrong_bytes(event: bytes) -> Iterator[bytes]:
    """An event with each of its bytes deleted, replaced, or followed by one that may mislead."""
    for at in range(len(event)):
        yield event[:at] + event[at + 1 :]
        for byte in b',}{][:"\\ \n0-.e\x00':
            yield event[:at] + bytes([byte]) + event[at + 1 :]
            yield event[:at] + bytes([byte]) + event[at:]


def _loaded(frame: bytes) -> Any:
    try:
        return reference.loads(frame)
    except (reference.NotJson, reference.Undecided):
        return None


@pytest.mark.parametrize("event_type", schema.EVENT_TYPES, ids=lambda each: each.name)
def test_every_byte_of_an_event_counts(event_type: schema.EventType) -> None:
    rng = Random(8)
    market, channel = next(
        (name, channel)
        for name, spec in schema.MARKETS.items()
        for channel in spec.channels
        if channel.event is event_type
    )
    decode = fastpoly.Decoder(market).decode
    pairs = frames.event(rng, market, channel, frozenset())
    good = frames.spelled(rng, pairs, padded=False, escaped=False).encode()
    for bad in _wrong_bytes(good):
        frame = b"[" + bad + b"," + good + b"]"
        want = _loaded(frame)
        try:
            got: Any = decode(frame).dicts()
        except DecodeError:
            got = None
        assert repr(got) == repr(want), frame


def _long_frame(rng: Random, market: str, size: int, hostile: float) -> bytes:
    parts: list[bytes] = []
    while sum(map(len, parts)) < size:
        part = frames.frame(rng, market, 40, hostile)
        if part.startswith(b"[{"):
            parts.append(part[1:-1])
    return b"[" + b",".join(parts) + b"]"


@pytest.mark.sampled
@pytest.mark.parametrize("market", schema.MARKETS)
@pytest.mark.parametrize("hostile", [0.0, 0.02])
def test_frames_of_many_kilobytes_agree(market: str, hostile: float) -> None:
    agreement.agree(_long_frame(Random(6), market, 150_000, hostile), market)


@pytest.mark.parametrize("block", [4096, 32768, 65536])
def test_events_around_a_boundary_of_any_block(block: int) -> None:
    rng = Random(block)
    pairs = frames.event(rng, "stocks", schema.MARKETS["stocks"].channels[0], frozenset())
    plain = frames.spelled(rng, pairs, padded=False, escaped=False)
    odd = frames.spelled(rng, [*pairs, ("new", '{"a":[1,"},{"]}')], padded=False, escaped=False)
    head = dict(json.loads(plain), i="1234567890")
    for shift in range(0, 2 * len(plain), 3):
        for last in (plain, odd):
            # Longer ids, which still fit a row, bring the last events to the block's end.
            size = len(json.dumps(head, separators=(",", ":"))) + 1
            count, missing = divmod(block - shift - 1, size)
            fillers = [dict(head) for _ in range(count)]
            for filler in fillers[: missing // 10 + 1]:
                filler["i"] += "0" * min(10, missing)
                missing -= min(10, missing)
            texts = [json.dumps(filler, separators=(",", ":")) for filler in fillers]
            frame = "[" + ",".join([*texts, last, plain, last]) + "]"
            assert len(frame) - len(plain) - 2 * len(last) - 3 == block - shift
            batch = fastpoly.decode(frame)
            want = json.loads(frame)
            assert batch.dicts()[-4:] == want[-4:], shift
            assert len(batch) == len(want)
            assert [event.to_dict() for event in batch[-4:]] == want[-4:]
            assert [event.price for event in batch[-4:]] == [item["p"] for item in want[-4:]]
            assert batch.to_numpy("T")["sequence_number"].tolist() == [item["q"] for item in want]
