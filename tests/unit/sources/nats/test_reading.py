"""What is missing before a message: told once, and not of what is none of this reader's."""

from __future__ import annotations

from fastpoly.broker.message import Loss, MessageHead, MessageKind, pack, unpack
from fastpoly.sources.nats.reading import LossClock, Reading

T, Q = "fp.stocks.T.0.5", "fp.stocks.Q.0.5"


def head(previous: int, losses: int = 0, loss: Loss | None = None) -> MessageHead:
    text = b"" if loss is None else loss.to_json()
    return unpack(pack(MessageKind.EVENTS, 1, 0, previous, losses, 0, 0, text, b"[]"))


def begun(last: int | None = None) -> Reading:
    reading = Reading()
    reading.begin_at(last)
    return reading


def test_the_first_message_says_where_reading_begins() -> None:
    reading = begun()
    assert reading.missing(T, 100, head(previous=90)) is None
    reading.take(T, 100, head(previous=90))
    assert reading.last == 100
    assert reading.missing(Q, 101, head(previous=99)) is None, "it was before that"


def test_nothing_is_missing_from_what_follows() -> None:
    reading = begun(last=0)
    reading.take(T, 1, head(previous=0))
    reading.take(Q, 2, head(previous=0))
    assert reading.missing(T, 3, head(previous=1)) is None
    assert reading.last == 2


def test_a_message_that_was_removed_is_missing_once() -> None:
    reading = begun(last=0)
    reading.take(T, 1, head(previous=0))
    reading.last_ns = 77
    loss = reading.missing(T, 9, head(previous=5))
    assert loss is not None
    assert (loss.since_ns, loss.code) == (77, 1006)
    reading.behind_loss = True
    assert reading.missing(T, 9, head(previous=5)) is None
    reading.take(T, 9, head(previous=5))
    # The same removal, seen at another subject.
    assert reading.missing(Q, 10, head(previous=6)) is None
    assert reading.missing(Q, 12, head(previous=11)) is not None


def test_one_that_was_skipped_is_not_missing() -> None:
    reading = begun(last=0)
    reading.take(T, 1, head(previous=0))
    reading.skip(T, 2)
    assert reading.missing(T, 3, head(previous=2)) is None


def test_what_a_publisher_missed_is_told_in_its_words() -> None:
    reading = begun(last=0)
    told = Loss(5, 6, "The server was away.", 1001)
    assert reading.missing(T, 1, head(0, losses=3, loss=told)) is None, "before this began"
    reading.take(T, 1, head(0, losses=3, loss=told))
    assert reading.missing(T, 2, head(1, losses=3, loss=told)) is None
    assert reading.missing(T, 2, head(1, losses=4, loss=told)) == told


def test_beginning_anew_forgets_what_was_seen() -> None:
    reading = begun(last=0)
    reading.take(T, 7, head(previous=0))
    reading.begin_at(3)
    assert reading.last == 3
    assert reading.missing(T, 4, head(previous=3)) is None
    assert reading.missing(T, 5, head(previous=4)) is not None


def test_time_stands_still_while_a_loss_is_told() -> None:
    clock = LossClock()
    before_ns = clock.time_ns()
    clock.told_ns = 42
    assert clock.time_ns() == 42
    clock.told_ns = 0
    assert clock.time_ns() >= before_ns
    assert clock.monotonic_ns() > 0
