"""Parameters in, confirmations and refusals out; the rules behind them hear of changes only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly.schema import MARKETS, OPTIONS_CONTRACT_LIMIT
from fastpoly.serving.messages import Param, parse_params
from fastpoly.serving.subscriptions import ReaderSubscriptions

STOCKS = MARKETS["stocks"]


class Rules:
    """Refuses what it is told to, and keeps what it is told to send."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.sending: set[str] = set()

    def refusal(self, param: Param) -> str | None:
        return "NOT_AUTHORIZED" if param.text in self.refused else None

    def add(self, param: Param) -> None:
        assert param.text not in self.sending
        self.sending.add(param.text)

    def remove(self, param: Param) -> None:
        self.sending.remove(param.text)


def messages(statuses: list[bytes]) -> list[str]:
    return [json.loads(text)["message"] for text in statuses]


def params(text: str, market: str = "stocks") -> list[Param]:
    return parse_params(text, MARKETS[market])


def test_refusals_come_before_confirmations() -> None:
    rules = Rules("NOI.*")
    held = ReaderSubscriptions(STOCKS, rules)
    change = held.subscribe(params("T.A,NOI.*,Q.*"))
    assert messages(change.statuses) == [
        "not authorized",
        "subscribed to: T.A",
        "subscribed to: Q.*",
    ]
    assert [param.text for param in change.added] == ["T.A", "Q.*"]
    assert rules.sending == {"T.A", "Q.*"}
    assert len(held) == 2


def test_what_is_held_already_gets_no_answer() -> None:
    held = ReaderSubscriptions(STOCKS, Rules())
    held.subscribe(params("T.A"))
    change = held.subscribe(params("T.A,T.B,T.B"))
    assert messages(change.statuses) == ["subscribed to: T.B"]
    assert messages(held.subscribe(params("T.A")).statuses) == []


def test_only_what_is_held_is_given_up() -> None:
    rules = Rules()
    held = ReaderSubscriptions(STOCKS, rules)
    held.subscribe(params("T.A,T.*"))
    change = held.unsubscribe(params("T.A,T.B,T.A"))
    assert messages(change.statuses) == ["unsubscribed to: T.A"]
    assert [param.text for param in change.removed] == ["T.A"]
    assert rules.sending == {"T.*"}
    assert ("T", "*") in held
    assert ("T", "A") not in held


def test_a_wildcard_where_there_is_none_is_refused() -> None:
    market = next(m for m in MARKETS.values() if any(not c.wildcard for c in m.channels))
    channel = next(channel.name for channel in market.channels if not channel.wildcard)
    rules = Rules()
    held = ReaderSubscriptions(market, rules)
    change = held.subscribe(parse_params(f"{channel}.*", market))
    assert messages(change.statuses) == ["not authorized"]
    assert not rules.sending


def test_a_request_over_a_channels_limit_is_refused_for_this_channel() -> None:
    contracts = [f"Q.O:A{number}" for number in range(OPTIONS_CONTRACT_LIMIT)]
    held = ReaderSubscriptions(MARKETS["options"], Rules())
    assert len(held.subscribe(params(",".join(contracts), "options")).added) == len(contracts)
    change = held.subscribe(params("Q.O:B,T.O:B", "options"))
    assert [param.text for param in change.added] == ["T.O:B"]
    assert "remove some" in messages(change.statuses)[0]
    held.unsubscribe(params("Q.O:A0", "options"))
    assert len(held.subscribe(params("Q.O:B", "options")).added) == 1


def test_a_request_over_the_readers_limit_is_refused_as_a_whole() -> None:
    rules = Rules()
    held = ReaderSubscriptions(STOCKS, rules, most=3)
    held.subscribe(params("T.A,T.B"))
    change = held.subscribe(params("T.B,T.C,T.D"))
    assert len(change.statuses) == 2  # nothing for T.B, which is held
    assert all("remove some" in message for message in messages(change.statuses))
    assert rules.sending == {"T.A", "T.B"}
    assert len(held.subscribe(params("T.C")).added) == 1


@pytest.mark.parametrize("most", [0, 4])
@given(
    requests=st.lists(
        st.tuples(
            st.booleans(),
            st.lists(st.sampled_from(["T.A", "T.B", "T.*", "Q.A", "Q.*", "AM.C", "NOI.*", "X.1"])),
        )
    )
)
def test_the_rules_always_know_exactly_what_is_held(
    most: int, requests: list[tuple[bool, list[str]]]
) -> None:
    rules = Rules("NOI.*")
    held = ReaderSubscriptions(STOCKS, rules, most=most)
    for subscribe, texts in requests:
        change = (held.subscribe if subscribe else held.unsubscribe)(params(",".join(texts)))
        assert len(held) == len(rules.sending)
        assert all(tuple(text.split(".", 1)) in held for text in rules.sending)
        assert not most or len(held) <= most
        assert len(change.statuses) >= len(change.added) + len(change.removed)
