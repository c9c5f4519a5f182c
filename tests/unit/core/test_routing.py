"""Events cut out of frames for groups of readers, held against a selection in Python."""

from __future__ import annotations

import functools
import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from fastpoly import UsageError, decode
from fastpoly._core import EventRouter, batch_of, concat
from fastpoly.notices import SlowConsumer
from fastpoly.schema import MARKETS
from tests import frames as made
from tests import socket_reads

TRADE = b'{"ev":"T","sym":"%b","p":%d}'


received = functools.partial(socket_reads.received, keep_frames=True)
"""The batches in which a socket brings frames, with their text."""


def messages(framed: bytes) -> list[bytes]:
    """The texts of WebSocket frames as a server sends them."""
    texts = []
    at = 0
    while at < len(framed):
        assert framed[at] == 0x81
        size, at = framed[at + 1], at + 2
        wide = {126: 2, 127: 8}.get(size, 0)
        if wide:
            size, at = int.from_bytes(framed[at : at + wide], "big"), at + wide
        texts.append(framed[at : at + size])
        at += size
    return texts


def elements(text: bytes) -> list[Any]:
    found = json.loads(text)
    return found if isinstance(found, list) else [found]


def events(framed: bytes) -> list[Any]:
    return [event for text in messages(framed) for event in json.loads(text)]


def wanted(event: Any, keys: set[tuple[str, str]], market: str) -> bool:
    """Whether a group gets an element of a frame; told from its JSON alone."""
    if not isinstance(event, dict) or not isinstance(event.get("ev"), str):
        return ("unknown", "*") in keys
    if event["ev"] == "status":
        return False
    channel = MARKETS[market].channel(event["ev"])
    if channel is None:
        return ("unknown", "*") in keys
    symbol = event.get(channel.event.symbol.key)
    return (channel.name, "*") in keys or (
        isinstance(symbol, str) and (channel.name, symbol) in keys
    )


def shown(found: list[Any]) -> list[str]:
    # As text: NaN and the like are not equal to themselves.
    return [json.dumps(one) for one in found]


@pytest.mark.sampled
@pytest.mark.parametrize("hostile", [0.0, 0.6])
@pytest.mark.parametrize("market", sorted(MARKETS))
def test_each_group_gets_what_it_wants_and_nothing_else(market: str, hostile: float) -> None:
    rng = Random(f"{market} {hostile}")
    texts = [made.frame(rng, market, 8, hostile) for _ in range(250)]
    batches = received(texts, market)
    every = [one for text in texts for one in elements(text)]
    channels = [channel.name for channel in MARKETS[market].channels]
    names = sorted(
        {
            symbol
            for event in every
            if isinstance(event, dict)
            for symbol in (event.get("sym"), event.get("pair"), event.get("p"), event.get("T"))
            if isinstance(symbol, str)
        }
    )
    groups: list[set[tuple[str, str]]] = [
        {(channel, "*") for channel in [*channels, "unknown"]},
        {(channels[0], "*")},
        {(channels[0], "*"), *((channels[0], name) for name in names[:5])},
        {(channel, name) for channel in channels for name in names},
        *({(rng.choice(channels), rng.choice(names)) for _ in range(20)} for _ in range(70)),
    ]
    router = EventRouter(market)
    numbers = [router.add_group(group) for group in groups]
    got: list[bytes] = [b""] * len(groups)
    for batch in batches:
        router.route(batch)
        if rng.random() < 0.5:
            for number in router.waiting():
                got[numbers.index(number)] += router.take(number)
    for number in router.waiting():
        got[numbers.index(number)] += router.take(number)
    for group, number, framed in zip(groups, numbers, got, strict=True):
        expected = [event for event in every if wanted(event, group, market)]
        assert shown(events(framed)) == shown(expected)
        assert sum(router.counts(number).values()) == len(expected)
    assert any(got[4:])


def test_the_bytes_are_those_that_came() -> None:
    texts = [
        b'[{"ev":"T","sym":"A","p":1.50},{"ev":"T","sym":"B","p":2}]',
        b' [ {"ev":"T","sym":"A","p":3 } , {"sym":"B","ev":"T" , "p":4e0} ] ',
        b'[{"ev":"T","sym":"A","i":"}, {\\"ev\\" }","p":5},{"p":6,"ev":"T","sym":"A"}]',
        b'{"ev":"T","sym":"A","new":{"a":[1,{"ev":"T"}]}}',
        b'[{"ev":"T","sym":"A","i":"},{"},{"ev":"T","sym":"\\u0041","p":7}]',
    ]
    router = EventRouter("stocks")
    only_a = router.add_group([("T", "A")])
    for batch in received(texts):
        router.route(batch)
    assert messages(router.take(only_a)) == [
        b'[{"ev":"T","sym":"A","p":1.50},{"ev":"T","sym":"A","p":3 },'
        b'{"ev":"T","sym":"A","i":"}, {\\"ev\\" }","p":5},{"p":6,"ev":"T","sym":"A"},'
        b'{"ev":"T","sym":"A","new":{"a":[1,{"ev":"T"}]}},'
        b'{"ev":"T","sym":"A","i":"},{"},{"ev":"T","sym":"\\u0041","p":7}]'
    ]
    assert router.waiting() == []
    assert router.take(only_a) == b""


def test_names_that_no_row_can_hold_are_routed_by_their_text() -> None:
    long, odd = "X" * 40, "\u00c4\u00d6"
    texts = [
        b'[{"ev":"T","sym":"%b","p":1},{"ev":"T","sym":"%b","p":2},{"ev":"T","p":3}]'
        % (long.encode(), odd.encode()),
    ]
    router = EventRouter("stocks")
    router.keeps_latest = True
    by_name = [router.add_group([("T", name)]) for name in (long, odd)]
    all_of_it = router.add_group([("T", "*")])
    for batch in received(texts):
        router.route(batch)
    assert [[one["p"] for one in events(router.take(n))] for n in by_name] == [[1], [2]]
    assert [one["p"] for one in events(router.take(all_of_it))] == [1, 2, 3]
    assert [[one["p"] for one in events(router.latest(n)[0])] for n in by_name] == [[1], [2]]
    router.remove_group(by_name[1])
    assert router.add_group([("T", odd)]) == by_name[1]


def test_parts_of_a_read_are_routed_where_statuses_part_them() -> None:
    status = b'{"ev":"status","status":"success"}'
    texts = [
        b"[%b]" % b",".join([TRADE % (b"A", 1), status, TRADE % (b"A", 2), TRADE % (b"B", 3)]),
        b"[%b]" % status,
        b"[]",
        b"[%b,%b]" % (TRADE % (b"A", 4), status),
    ]
    for keeps in (False, True):
        router = EventRouter("stocks")
        group = router.add_group([("T", "A")])
        for batch in received(texts, keep_statuses=keeps):
            router.route(batch)
        assert [one["p"] for one in events(router.take(group))] == [1, 2, 4]
        assert router.position == 4


def test_messages_are_cut_to_a_size() -> None:
    count = 3000
    texts = [b"[%b]" % b",".join(TRADE % (b"A", n) for n in range(count))]
    router = EventRouter("stocks")
    group = router.add_group([("T", "*")])
    waiting = 0
    for batch in received(texts):
        waiting = router.route(batch)
    framed = router.take(group)
    assert abs(len(framed) - waiting) < 100
    assert [one["p"] for one in events(framed)] == list(range(count))
    sizes = [len(text) for text in messages(framed)]
    assert len(sizes) > 1
    assert max(sizes) <= 32 * 1024 + 2
    # What was taken waits no longer, to the byte.
    assert router.route(received(texts)[0][:0]) == 0
    giant = b'[{"ev":"T","sym":"A","c":[%b]},%b]' % (b",".join([b"1"] * 50_000), TRADE % (b"A", 1))
    for batch in received([giant]):
        router.route(batch)
    sizes = [len(text) for text in messages(router.take(group))]
    assert sizes[0] > 65536
    assert len(sizes) == 2


def test_the_latest_of_each_symbol_after_a_position() -> None:
    def texts(*numbers: int) -> list[bytes]:
        symbols = (b"A", b"B", b"C")
        return [b"[%b]" % (TRADE % (symbols[n % 3], n)) for n in numbers]

    router = EventRouter("stocks")
    some, every = router.add_group([("T", "A"), ("T", "C")]), router.add_group([("T", "*")])
    for batch in received(texts(0, 1, 2)):
        router.route(batch)
    assert router.latest(every) == (b"", {})
    router.keeps_latest = True
    for batch in received(texts(3, 4, 5, 6)):
        router.route(batch)
    before = router.position
    assert before == 7
    for batch in received(texts(10, 9)):
        router.route(batch)

    def latest(group: int, *limits: int) -> tuple[list[int], Counter[str]]:
        framed, counts = router.latest(group, *limits)
        return [one["p"] for one in events(framed)], Counter(counts)

    assert latest(every) == ([5, 10, 9], Counter(T=3))
    assert latest(some) == ([5, 9], Counter(T=2))
    assert latest(every, before) == ([10, 9], Counter(T=2))
    # Of too much the newest.
    assert latest(every, 0, 60) == ([10, 9], Counter(T=2))
    assert latest(every, 0, 10) == ([], Counter())
    router.keeps_latest = False
    assert latest(every) == ([], Counter())


def test_what_is_refused() -> None:
    router = EventRouter("stocks")
    (batch,) = received([b"[%b,%b]" % (TRADE % (b"A", 1), TRADE % (b"A", 2))])
    with pytest.raises(UsageError, match="no channel"):
        router.add_group([("XT", "*")])
    with pytest.raises(UsageError, match="handed on"):
        router.add_group([("status", "*")])
    with pytest.raises(UsageError, match="not of stocks"):
        router.route(decode(b"[]", market="crypto"))
    with pytest.raises(UsageError, match="selection"):
        router.route(batch[::2])
    with pytest.raises(UsageError, match="not kept"):
        router.route(decode(b"[%b]" % (TRADE % (b"A", 1))))
    notice = SlowConsumer(
        market="stocks",
        at_ns=1,
        consumer="",
        overflow="",
        lost=1,
        lost_by_channel={},
        since_ns=1,
        until_ns=1,
    )
    with pytest.raises(UsageError, match="not kept"):
        router.route(concat([batch_of("stocks", [notice]), batch]))
    for call in (router.take, router.counts, router.latest, router.remove_group):
        with pytest.raises(KeyError):
            call(7)
