"""Who wants what: a state machine against a list of wishes, through to what is asked."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from fastpoly.hub.union import Key, Union
from fastpoly.protocol.subscriptions import Subscriptions

KEYS = st.sampled_from(
    [(channel, symbol) for channel in ("T", "Q") for symbol in ("*", "A", "B", "C")]
)


class Wishes(RuleBasedStateMachine):
    """Readers come, want, want no more, and go; the union must be their wishes, no more, no less.

    What it says is new or gone is carried to the rules that the service is asked by, as the hub
    does it, and what would arrive is what somebody wants.
    """

    wishes = Bundle("wishes")

    def __init__(self) -> None:
        super().__init__()
        self.union = Union()
        self.wanted: Counter[Key] = Counter()
        self.asked = Subscriptions("stocks")

    @rule(target=wishes, key=KEYS)
    def want(self, key: Key) -> Key:
        self.union.add(key, f"{key[0]}.{key[1]}")
        self.asked.add([self.union.text(key)])
        self.wanted[key] += 1
        return key

    @rule(key=consumes(wishes))
    def want_no_more(self, key: Key) -> None:
        self.wanted[key] -= 1
        text = self.union.remove(key)
        assert (text is not None) == (self.wanted[key] == 0)
        if text is not None:
            self.asked.remove([text])

    @rule()
    def send(self) -> None:
        for request in self.asked.plan():
            self.asked.sent(request)
            for param in request.params:
                self.asked.acknowledge(request.action, param)

    @invariant()
    def the_union_is_what_is_wanted(self) -> None:
        held = {key for key, count in self.wanted.items() if count}
        assert len(self.union) == len(held)
        assert all(key in self.union for key in held)
        assert set(self.asked.desired) == {f"{channel}.{symbol}" for channel, symbol in held}
        assert set(self.union.texts(self.wanted)) == set(self.asked.desired)

    @invariant()
    def what_is_confirmed_and_wanted_arrives(self) -> None:
        if self.asked.plan():
            return
        for (channel, symbol), count in self.wanted.items():
            if count:
                assert {f"{channel}.*", f"{channel}.{symbol}"} & set(self.asked.confirmed)


TestWishes = Wishes.TestCase


def test_the_service_is_asked_in_the_words_of_the_first() -> None:
    union = Union()
    union.add(("C", "EUR/USD"), "C.C:EUR-USD")
    union.add(("C", "EUR/USD"), "C.EUR/USD")
    assert union.text(("C", "EUR/USD")) == "C.C:EUR-USD"
    assert union.remove(("C", "EUR/USD")) is None
    assert union.remove(("C", "EUR/USD")) == "C.C:EUR-USD"
    with pytest.raises(KeyError):
        union.remove(("C", "EUR/USD"))
