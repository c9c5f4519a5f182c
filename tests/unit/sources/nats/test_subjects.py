"""What a broker is asked for: all that is wanted, and what its filters cannot tell from that."""

from __future__ import annotations

import pytest

from fastpoly.broker.message import GROUP_SHARDS, subject_of
from fastpoly.broker.pull import SEVERAL_FILTERS
from fastpoly.shards import ALL_SHARDS, SHARDS, shard_bits, shard_of
from fastpoly.sources.nats.subjects import MOST_FILTERS, subjects_of

OLD = (2, 9)
UNASKED = "fp.stocks.unknown.>"


def asked(
    wanted: list[str] | None, shards: int = ALL_SHARDS, version: tuple[int, int] = SEVERAL_FILTERS
) -> list[str]:
    return subjects_of("fp", "stocks", wanted, shards, version)


def matches(filters: list[str], subject: str) -> bool:
    """Whether a broker gives a subject to who asks for these: ``*`` is a part, ``>`` the rest."""
    parts = subject.split(".")
    for one in filters:
        wanted = one.split(".")
        if wanted[-1] == ">":
            wanted, head = wanted[:-1], parts[: len(wanted) - 1]
        else:
            head = parts
        if len(wanted) == len(head) and all(
            want in ("*", part) for want, part in zip(wanted, head, strict=True)
        ):
            return True
    return False


def given(filters: list[str], channel: str) -> set[int]:
    """The shards of a channel that come."""
    return {
        shard
        for shard in range(SHARDS)
        if matches(filters, subject_of("fp", "stocks", channel, shard))
    }


def test_where_nothing_was_asked_for_there_is_no_filter() -> None:
    assert asked(None) == []
    assert asked(None, version=OLD) == []


def test_a_whole_channel_is_one_filter() -> None:
    assert asked(["T.*"]) == ["fp.stocks.T.>", UNASKED]
    assert asked(["T.*", "T.AAPL"]) == asked(["T.AAPL", "T.*"]) == asked(["T.*"])


def test_a_symbol_is_its_shard() -> None:
    filters = asked(["T.AAPL", "T.MSFT", "Q.AAPL"])
    assert given(filters, "T") == {shard_of("AAPL"), shard_of("MSFT")}
    assert given(filters, "Q") == {shard_of("AAPL")}
    assert given(filters, "A") == set()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 64])
@pytest.mark.parametrize("wanted", [["T.*"], None], ids=["of a channel", "of everything"])
def test_a_share_has_its_shards_and_no_others(wanted: list[str] | None, count: int) -> None:
    shares = []
    for index in range(count):
        filters = asked(wanted, shard_bits((index, count)))
        assert len(filters) <= 2 + 2 * 15 + 4
        shares.append(given(filters, "T") if filters else set(range(SHARDS)))
    assert set().union(*shares) == set(range(SHARDS))
    assert sum(map(len, shares)) == SHARDS


def test_a_quarter_is_one_filter() -> None:
    assert asked(["T.*"], shard_bits((1, 4))) == ["fp.stocks.T.1.*", UNASKED]


def test_a_symbol_of_another_share_is_not_asked_for() -> None:
    mine = shard_of("AAPL") // (SHARDS // 2)
    assert given(asked(["T.AAPL"], shard_bits((mine, 2))), "T") == {shard_of("AAPL")}
    assert given(asked(["T.AAPL"], shard_bits((1 - mine, 2))), "T") == set()


def test_too_many_filters_become_those_of_channels() -> None:
    symbols = {shard_of(f"S{number}"): f"S{number}" for number in range(20 * SHARDS)}
    some = [symbol for shard, symbol in symbols.items() if shard % GROUP_SHARDS]
    wanted = [f"{channel}.{symbol}" for channel in "TQ" for symbol in some]
    assert len(asked(wanted[: MOST_FILTERS // 2])) == MOST_FILTERS // 2 + 1
    assert len(wanted) > MOST_FILTERS
    assert asked(wanted) == ["fp.stocks.T.>", "fp.stocks.Q.>", UNASKED]


def test_an_old_server_can_apply_one_filter() -> None:
    assert asked(["T.*"], version=OLD) == ["fp.stocks.T.>"]
    assert asked(["T.*", "Q.*"], version=OLD) == ["fp.stocks.T.>", "fp.stocks.Q.>", UNASKED]
