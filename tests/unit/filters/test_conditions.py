"""Conditions: what passes them, against a slow reading of the same; what is wrong with them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastpoly
from fastpoly import Batch, Decoder, decode, field, schema
from fastpoly._core import Filter, batch_of, concat
from fastpoly.errors import UsageError
from fastpoly.filters.build import make_filter
from fastpoly.notices import Gap
from tests import conditions, frames, reference
from tests.budgets import examples

many = examples(300)
_GENERAL = {market: Decoder(market) for market in schema.MARKETS}
for _decoder in _GENERAL.values():
    _decoder.fast = False


def trades(*parts: str) -> Batch:
    """Trades with these members, numbered by ``q``."""
    objects = [f'{{"ev":"T","sym":"A","q":{at}{part}}}' for at, part in enumerate(parts)]
    return decode("[" + ",".join(objects) + "]")


def numbers(batch: Batch) -> list[int]:
    return [event.sequence_number for event in batch]


# ------------------------------------------------------------------------------------ meaning


@many
@given(
    st.one_of(frames.canonical_frames, frames.disturbed_frames, frames.disturbed_frames),
    st.randoms(use_true_random=False),
)
def test_what_passes_is_what_the_slow_reading_says(case: tuple[str, bytes], rng: Random) -> None:
    market, frame = case
    try:
        expected = reference.decode(frame, market)
    except (reference.NotJson, reference.Undecided):
        return
    told = conditions.random_condition(rng, market, expected)
    condition = conditions.built(told)
    for decoder in (Decoder(market), _GENERAL[market]):
        batch = decoder.decode(frame)
        for part, events in (
            (batch, expected),
            (batch[1:], expected[1:]),
            (batch[::-2], expected[::-2]),
        ):
            for negated in (False, True):
                meant = ("not", told) if negated else told
                want = [one.item for one in events if conditions.passes(meant, market, one)]
                got = part.where(~condition if negated else condition)
                # repr tells 1 from 1.0.
                assert repr(got.dicts()) == repr(want), condition
                assert repr(got.compact().dicts()) == repr(want)


KINDS = [
    ('"s":100', field("size") >= 100, True),
    ('"s":99', field("size") >= 100, False),
    ('"s":1e2', field("s") == 100, True),
    ('"s":"100"', field("size") == 100, True),
    ('"s":100', field("size") > 99.5, True),
    ('"s":99', field("size") > 99.5, False),
    ('"s":100', field("size") == 100.5, False),
    ('"s":100', field("size") != 100.5, True),
    ('"s":9223372036854775807', field("size") < 2**63, True),
    ('"s":9223372036854775807', field("size") >= 2**63, False),
    ('"s":9223372036854775807', field("size") <= math.inf, True),
    ('"s":-9223372036854775808', field("size") > -math.inf, True),
    ('"s":-9223372036854775808', field("size") < -(2**63), False),
    ('"s":9223372036854775808', field("size") > 0, False),
    ('"s":7', field("size").is_in(1, 7, 9), True),
    ('"s":8', field("size").is_in(1, 7, 9), False),
    ('"s":8', ~field("size").is_in(1, 7, 9), True),
    ('"s":8', field("size").between(Fraction(15, 2), Decimal("8.1")), True),
    ('"p":1.5', field("price") == 1.5, True),
    ('"p":1.5', field("price") < 1.5, False),
    ('"p":1.5', field("price") <= 1.5, True),
    ('"p":1.4999999999999998', field("price") < 1.5, True),
    ('"p":5e-324', field("price") > 0, True),
    ('"p":-0.0', field("price") == 0, True),
    ('"p":1e400', field("price") > 1e308, True),
    ('"p":1e400', field("price") > math.inf, False),
    ('"p":1e400', field("price") == 10**400, True),
    ('"p":-1e400', field("price") < -math.inf, False),
    ('"p":"1.5"', field("price") == 1.5, False),
    ('"ds":"0.1"', field("fractional_shares") == 0.1, True),
    ('"ds":"0.1"', field("ds") == Decimal("0.1"), True),
    ('"ds":"100.000000"', field("ds").between(100, 100), True),
    ('"ds":0.25', field("ds") == 0.25, True),
    ('"ds":"0.' + "1" * 40 + '"', field("ds") > 0.11, True),
    ('"ds":"' + "9" * 30 + '"', field("ds") == 10**30, True),
    ('"ds":"1,5"', field("ds") < 2, False),
    ('"ds":"1,5"', ~(field("ds") < 2), False),
    ('"ds":"1,5"', field("ds").is_missing(), False),
    ('"i":"71"', field("id") == "71", True),
    ('"i":"071"', field("id") == "71", False),
    ('"i":71', field("id") == "71", True),
    ('"i":"é"', field("id").is_in("x", "é"), True),
    ('"i":"' + "x" * 40 + '"', field("id") == "x" * 40, True),
    ('"i":"' + "x" * 40 + '"', field("id") != "x" * 40, False),
    ('"i":"x"', field("id") != "x" * 40, True),
    ('"i":""', field("id") == "", True),
    ('"c":[12,37]', field("conditions").has_any(37, 41), True),
    ('"c":[12,37]', field("conditions").has_any(1), False),
    ('"c":[40000]', field("c", "T").has_any(40000), True),
    ('"c":[1,2,3,4,5,6,7,8,9]', field("c", "T").has_any(9), True),
    ('"c":[-25536]', field("c", "T").has_any(40000), False),
    ('"c":[]', field("c", "T").has_any(1), False),
    ('"c":[]', ~field("c", "T").has_any(1), True),
    ('"c":"x"', ~field("c", "T").has_any(1), True),
    ('"t":1781706600000', field("timestamp") >= 1781706600000, True),
    ('"s":1', field("symbol") == "A", True),
    ('"s":1', field("sym") != "A", False),
]  # fmt: skip


@pytest.mark.parametrize(("member", "condition", "passes"), KINDS)
def test_each_kind(member: str, condition: fastpoly.Condition, passes: bool) -> None:
    batch = trades("," + member)
    assert len(batch.where(condition)) == passes
    # The rest of the event being odd changes nothing.
    assert len(trades(f',{member},"new":null,"z":{{}}').where(condition)) == passes


@pytest.mark.parametrize("spelled", ["", ',"s":null,"c":null,"i":null', ',"s":[],"c":{},"i":{}'])
def test_missing_values(spelled: str) -> None:
    batch = trades(spelled)
    for condition in (field("size") >= 1, field("size") != 1, field("id") == "x"):
        assert not len(batch.where(condition))
        assert not len(batch.where(~condition))
    assert len(batch.where(field("size").is_missing()))
    assert not len(batch.where(~field("size").is_missing()))
    assert not len(batch.where((field("size") > 1) & field("size").is_missing()))
    assert len(batch.where((field("size") > 1) | field("size").is_missing()))
    # A list that was not sent is empty.
    assert not len(batch.where(field("conditions").has_any(1)))
    assert len(batch.where(~field("conditions").has_any(1)))
    assert len(batch.where(field("conditions").is_missing()))


def test_flags_that_were_not_sent_are_false() -> None:
    batch = decode('[{"ev":"A","v":1},{"ev":"A","v":2,"otc":true},{"ev":"A","v":3,"otc":false}]')
    assert [e.volume for e in batch.where(field("otc") == True)] == [2]  # noqa: E712
    assert [e.volume for e in batch.where(field("otc") == False)] == [1, 3]  # noqa: E712
    assert [e.volume for e in batch.where(field("otc") != True)] == [1, 3]  # noqa: E712
    assert [e.volume for e in batch.where(field("otc").is_missing())] == [1]


def test_levels_can_be_missing() -> None:
    batch = decode(
        '[{"ev":"XL2","x":1,"b":[[1,2]]},{"ev":"XL2","x":2},{"ev":"XL2","x":3,"b":7}]',
        market="crypto",
    )
    assert [e.exchange_id for e in batch.where(field("bid_prices").is_missing())] == [2, 3]
    with pytest.raises(UsageError, match="a list of levels"):
        batch.where(field("bid_prices") == 1)


def test_a_condition_says_nothing_of_channels_that_lack_the_field() -> None:
    batch = decode(
        '[{"ev":"T","sym":"A","s":1},{"ev":"Q","sym":"A","bs":1},{"ev":"T","sym":"A","s":9},'
        '{"ev":"Q","sym":"A","bs":9},{"ev":"A","sym":"A","v":1}]'
    )
    size, bid = field("size") > 5, field("bid_size") > 5

    def places(condition: fastpoly.Condition) -> list[int]:
        passed = batch.where(condition).dicts()
        return [at for at, item in enumerate(batch.dicts()) if item in passed]

    assert places(size) == [1, 2, 3, 4]
    assert places(~size) == [0, 1, 3, 4]
    assert places(size & bid) == places(size | bid) == [2, 3, 4]
    assert places(~(size & bid)) == [0, 1, 4]
    # A name that several channels have, for one of them only.
    assert places(field("sym", "Q") == "B") == [0, 2, 4]
    assert places(field("sym", "Q", "A") == "B") == [0, 2]
    assert places(field("symbol") == "B") == []


def test_symbol_means_the_symbol_of_any_event() -> None:
    batch = decode(
        '[{"ev":"XT","pair":"BTC-USD"},{"ev":"FMV","sym":"X:BTC-USD"},{"ev":"XT","pair":"ETH-USD"}]',
        market="crypto",
    )
    condition = field("symbol").is_in("BTC-USD", "X:BTC-USD")
    assert [event["ev"] for event in batch.where(condition)] == ["XT", "FMV"]


def test_symbols_of_all_sizes() -> None:
    names = ["A", "O:SPXW261218C06800000", "x" * 32, "x" * 33, "é" * 10, "", "識別"]
    other = ["B", "O:SPXW261218C06800001", "y" * 32, "y" * 33, "è" * 10, " "]
    for name in names:
        batch = decode(
            "[" + ",".join(f'{{"ev":"T","sym":"{one}"}}' for one in [name, *other]) + "]"
        )
        assert [event.symbol for event in batch.where(field("symbol").is_in(*names))] == [name]
        assert [event.symbol for event in batch.where(~field("symbol").is_in(*names))] == other


def test_symbols_that_no_event_can_have_change_nothing() -> None:
    for name in ("ODD", "ODD\0", "ODD\n", "\0"):
        assert numbers(trades("", "").where(field("symbol") == name)) == []
    batch = decode('[{"ev":"T","sym":"ODD","q":0},{"ev":"T","sym":"ODD\\u0000","q":1}]')
    assert numbers(batch.where(field("symbol") == "ODD")) == [0]
    assert numbers(batch.where(field("symbol") == "ODD\0")) == [1]
    assert [event.symbol for event in batch] == ["ODD", "ODD\0"]


def test_symbols_that_are_first_seen_later() -> None:
    condition = field("symbol").is_in("SEEN1", "SEEN2")
    assert not len(trades("").where(condition))
    later = decode('[{"ev":"T","sym":"SEEN3"},{"ev":"T","sym":"SEEN2"},{"ev":"T","sym":"SEEN4"}]')
    assert [event.symbol for event in later.where(condition)] == ["SEEN2"]


def test_status_unknown_and_notices_always_pass() -> None:
    gap = Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)
    batch = concat(
        [
            batch_of("stocks", [gap]),
            decode('[{"ev":"status"},{"ev":"T","s":1},{"ev":"new","s":1},7,{"ev":"T","s":9}]'),
        ]
    )
    passed = batch.where(field("size") > 5)
    assert passed.channels == ("notice", "status", "unknown", "T")
    assert len(passed) == 5
    assert passed[0] is gap


def test_chains_of_conditions_are_not_deep() -> None:
    every = field("size") == 0
    for size in range(1, 3000):
        every = every | (field("size") == size)
    assert numbers(trades(',"s":2999', ',"s":3000', ',"s":0').where(every)) == [0, 2]
    both = field("size") != 0
    for size in range(1, 3000):
        both = both & (field("size") != size)
    assert numbers(trades(',"s":2999', ',"s":3000', ',"s":0').where(both)) == [1]


# ------------------------------------------------------------------------------------- batches


def test_a_selection_shares_rows_and_keeps_its_order() -> None:
    batch = decode(
        '[{"ev":"Q","q":0,"bs":5},{"ev":"T","q":1,"s":5},{"ev":"T","q":2,"s":1},'
        '{"ev":"Q","q":3,"bs":1},{"ev":"T","q":4,"s":7}]'
    )
    passed = batch.where((field("size") > 3) & (field("bid_size") > 3))
    assert numbers(passed) == [0, 1, 4]
    assert passed.nbytes == batch.nbytes
    assert passed.channels == ("Q", "T")
    assert passed.count("T") == 2
    assert numbers(passed.select("T")) == [1, 4]
    assert numbers(passed[1:]) == [1, 4]
    assert passed.to_numpy("T")["size"].tolist() == [5, 7]
    assert passed.columns("Q").__len__() == 1
    assert passed.symbol_counts() == {}
    assert batch.where(field("size") > 0) is batch
    assert len(batch.where(field("symbol") == "B")) == 0


def test_compact_keeps_a_few_of_many() -> None:
    frame = "[" + ",".join(f'{{"ev":"T","sym":"A","q":{q},"new":[{q}]}}' for q in range(100)) + "]"
    batch = decode(frame).compact()  # out of memory that is too large, if it is in such
    few = batch.where(field("sequence_number") < 10)
    small = few.compact()
    assert small.dicts() == few.dicts() == batch.dicts()[:10]
    assert list(small) == list(few)
    assert small.nbytes == batch.nbytes // 10
    assert small.frames()[0].dicts() == small.dicts()
    assert batch.compact() is batch
    most = batch.where(field("sequence_number") >= 10)
    assert most.compact() is most
    assert batch[5:8].compact().nbytes == batch.nbytes * 3 // 100
    nothing = batch[:0].compact()
    assert (len(nothing), nothing.nbytes) == (0, 0)


def test_a_batch_of_another_market_is_refused() -> None:
    filter_ = Filter("crypto", field("price") > 1)
    with pytest.raises(UsageError, match="another market"):
        filter_.apply(trades(""))


def test_a_condition_can_be_used_for_any_market_that_has_the_field() -> None:
    condition = field("price") > 1
    assert len(decode('[{"ev":"T","p":2},{"ev":"T","p":1}]').where(condition)) == 1
    coins = decode('[{"ev":"XT","p":2},{"ev":"XT","p":1}]', market="crypto")
    assert len(coins.where(condition)) == 1
    with pytest.raises(UsageError, match="No channel of indices has a field 'price'"):
        decode("[]", market="indices").where(condition)


# -------------------------------------------------------------------------------------- errors

WRONG: list[tuple[Callable[[], object], str]] = [
    (
        lambda: field("sized") > 1,
        "No channel of stocks has a field 'sized'.*Did you mean 'size'.*There are symbol, id",
    ),
    (lambda: field("bid_size", "T") > 1, "T of stocks has no field 'bid_size'"),
    (lambda: field("size", "T", "XT") > 1, "'XT' is not a channel of stocks.*Choose among T, Q"),
    (lambda: field("size") > "1", "whole number.*Compare it with numbers"),
    (lambda: field("size") > None, "whole number"),
    (lambda: field("size") == True, "whole number"),  # noqa: E712
    (lambda: field("size") > math.nan, "whole number"),
    (lambda: field("price").between(1, "2"), "a number"),
    (lambda: field("ds") == "1", "written as text.*Compare it with numbers"),
    (lambda: field("timestamp").has_any(1), "time"),
    (lambda: field("symbol") > "A", "text.*by == != or is_in"),
    (lambda: field("symbol") == 7, "text"),
    (lambda: field("conditions") == 12, r"list of codes.*has_any\(\)"),
    (lambda: field("conditions").has_any(1.5), "list of codes"),
    (lambda: field("conditions").has_any(), "holds of no event"),
    (lambda: field("size").is_in(), "holds of no event"),
    (lambda: field("otc") == 1, "flag.*True or False"),
    (lambda: field("c") == 1, r"list of codes.*field\(name, channel\)"),
    (lambda: "size > 1", r"'size > 1' is no condition.*field\('size'\)"),
    (lambda: (field("size") > 1) & True, "True is no condition"),  # type: ignore[operator]
    (lambda: 1 < field("size") < 5, "neither true nor false.*between"),
    (lambda: field("size") > 1 and field("size") < 5, "neither true nor false.*&"),
    (lambda: field(7) > 1, "7 is not the name of a field"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("write", "complaint"), WRONG)
def test_what_makes_no_sense_is_refused(write: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        trades("").where(write())


@pytest.mark.parametrize("symbols", [set(), "AAPL", ["AAPL", 7], 7, {"AAPL": 1}.values()])
def test_symbols_that_are_none(symbols: Any) -> None:
    with pytest.raises(UsageError, match=r"names no symbols.*\{'AAPL', 'MSFT'\}"):
        make_filter("stocks", symbols, None)


def test_a_filter_for_some_channels_wants_their_fields() -> None:
    assert make_filter("stocks", None, None) is None
    condition = field("bid_size") > 1
    assert make_filter("stocks", None, condition, ["Q"]) is not None
    assert make_filter("stocks", None, condition, ["T", "Q"]) is not None
    with pytest.raises(UsageError, match=r"^T of stocks has no field 'bid_size'"):
        make_filter("stocks", None, condition, ["T"])
    with pytest.raises(UsageError, match="unknown market"):
        make_filter("bonds", None, condition)


def test_conditions_show_what_they_are() -> None:
    condition = (field("size", "T") >= 100) & ~field("c").has_any(12, 37) | (field("sym") == "A")
    assert repr(condition) == (
        "(((field('size', 'T') >= 100) & ~field('c').has_any(12, 37)) | (field('sym') == 'A'))"
    )
    assert ~~condition is condition
    with pytest.raises(TypeError):
        hash(field("size"))


def test_every_operation_has_its_sign() -> None:
    batch = trades(*(f',"s":{size}' for size in range(5)))
    for sign in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert numbers(batch.where(sign(field("size"), 2))) == [q for q in range(5) if sign(q, 2)]
        # From the other side as well.
        assert numbers(batch.where(sign(2, field("size")))) == [q for q in range(5) if sign(2, q)]
