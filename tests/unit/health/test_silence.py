from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fastpoly import schema
from fastpoly.errors import UsageError
from fastpoly.health.silence import DEFAULT_STALE_AFTER_S, Silence, Watch

SECOND = 1_000_000_000


def ns(utc: str) -> int:
    return int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()) * SECOND


NOON = ns("2026-11-23T17:00:00")  # a Monday in New York
EVENING = ns("2026-11-23T22:00:00")  # 17:00 there: extended hours
NIGHT = ns("2026-11-24T03:00:00")


def look(
    watch: Watch, now_ns: int, *params: str, since_s: float = 1e6, **silent_s: float
) -> Silence:
    return watch.look(
        now_ns,
        since_ns=now_ns - int(since_s * SECOND),
        params=params,
        last_ns={name: now_ns - int(s * SECOND) for name, s in silent_s.items()},
    )


def test_defaults_name_channels() -> None:
    for market, limits in DEFAULT_STALE_AFTER_S.items():
        for channel in limits:
            assert schema.MARKETS[market].channel(channel) is not None
    assert set(DEFAULT_STALE_AFTER_S) == set(schema.MARKETS)


def test_a_silent_channel_among_others() -> None:
    watch = Watch("stocks")
    silence = look(watch, NOON, "T.*", "Q.*", "AM.*", T=1, Q=31, AM=60)
    assert dict(silence.seconds_by_channel) == {"Q": 31}
    assert not silence.mute
    assert str(silence) == "no Q for 31 s"


def test_single_tickers_may_be_quiet() -> None:
    assert not look(Watch("stocks"), NOON, "T.AAPL", T=3600).seconds_by_channel


def test_unless_the_user_says_otherwise() -> None:
    assert look(Watch("stocks", 10), NOON, "T.AAPL", T=11).seconds_by_channel
    assert look(
        Watch("stocks", {"T": 10}), NOON, "T.AAPL", "Q.*", T=11, Q=99
    ).seconds_by_channel == {"T": 11}
    assert not look(Watch("stocks", {}), NOON, "T.*", T=3600).seconds_by_channel
    assert not look(Watch("stocks", float("inf")), NOON, "T.*", T=3600).seconds_by_channel


def test_hours() -> None:
    watch = Watch("stocks")
    assert not look(watch, NIGHT, "T.*", T=3600).seconds_by_channel
    assert not look(watch, EVENING, "T.*", T=100).seconds_by_channel
    assert look(watch, EVENING, "T.*", T=121).seconds_by_channel
    assert look(Watch("crypto"), NIGHT, "XT.*", XT=61).seconds_by_channel


def test_just_opened() -> None:
    opening = ns("2026-11-23T14:30:00")
    watch = Watch("options")
    assert not look(watch, opening + 59 * SECOND, "T.*", T=50_000).seconds_by_channel
    assert look(watch, opening + 61 * SECOND, "T.*", T=50_000).seconds_by_channel


def test_a_delayed_feed_opens_and_closes_later() -> None:
    delayed = Watch("options", delay_s=900)
    opening = ns("2026-11-23T14:45:00")
    assert not look(delayed, opening - SECOND, "T.*", T=50_000).seconds_by_channel
    assert not look(delayed, opening + 59 * SECOND, "T.*", T=50_000).seconds_by_channel
    assert look(delayed, opening + 61 * SECOND, "T.*", T=50_000).seconds_by_channel
    closing = ns("2026-11-23T21:15:00")
    assert look(delayed, closing - SECOND, "T.*", T=61).seconds_by_channel
    assert not look(delayed, closing, "T.*", T=61).seconds_by_channel


def test_what_was_heard_in_the_future_was_dated_by_a_wrong_clock() -> None:
    watch = Watch("stocks")
    assert look(watch, NOON, "T.*", since_s=31, T=-3600).seconds_by_channel == {"T": 31}
    assert not look(watch, NOON, "T.*", since_s=29, T=-3600).seconds_by_channel


def test_just_connected() -> None:
    watch = Watch("stocks")
    assert not look(watch, NOON, "T.*", since_s=29).seconds_by_channel
    assert look(watch, NOON, "T.*", since_s=31).seconds_by_channel == {"T": 31}


def test_mute_is_when_every_watched_channel_is_silent_for_long() -> None:
    watch = Watch("stocks")
    assert not look(watch, NOON, "T.*", "Q.*", T=91, Q=89).mute
    assert look(watch, NOON, "T.*", "Q.*", "NOI.*", T=91, Q=91).mute
    assert not look(watch, NOON, "NOI.*", NOI=5000).mute


def test_interval() -> None:
    assert Watch("stocks").interval_s == 1.0
    assert Watch("stocks", 0.2).interval_s == pytest.approx(0.05)
    assert Watch("stocks", {"T": 2, "Q": 60}).interval_s == 0.5


@pytest.mark.parametrize("bad", [0, -1, {"T": 0}, {"XT": 5}])
def test_bad_limits(bad: object) -> None:
    with pytest.raises(UsageError, match="stale_after"):
        Watch("stocks", bad)  # type: ignore[arg-type]
