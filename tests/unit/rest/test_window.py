"""Which time a gap is of: a connection may have hung, and a feed may be delayed."""

from __future__ import annotations

from typing import Any

import pytest

from fastpoly import schema
from fastpoly._core import Batch, Decoder, batch_of
from fastpoly.notices import Gap
from fastpoly.rest.filling import Window, lateness_ns, window_of

S = 1_000_000_000
T0 = 1_781_706_600 * S
STOCKS = schema.MARKETS["stocks"]


def batch(*seconds: float, channel: str = "T", received_s: float = 0) -> Batch:
    stamps = ", ".join(
        f'{{"ev":"{channel}","sym":"A","t":{(T0 + int(at * S)) // 10**6}}}' for at in seconds
    )
    return Decoder("stocks").receive(f"[{stamps}]", T0 + int(received_s * S))


def window(**more: Any) -> tuple[float, float]:
    """Where a gap from 100 s to 120 s begins and ends, in seconds."""
    gap = Gap(market="stocks", at_ns=1, cause="", since_ns=T0 + 100 * S, until_ns=T0 + 120 * S,
              **more)  # fmt: skip
    found = window_of(gap)
    assert isinstance(found, Window)
    return (found.start_ns - T0) / S, (found.end_ns - T0) / S


@pytest.mark.parametrize(
    ("last", "first", "expected"),
    [
        ({}, {}, (98, 122)),
        ({"T": 99.5}, {"T": 120}, (97.5, 122)),
        # It hung for half a minute before anybody noticed.
        ({"T": 70, "Q": 65}, {"Q": 119}, (68, 122)),
        # This machine's clock is behind that of the events.
        ({"T": 107}, {"T": 128}, (98, 130)),
        # Late for a moment is not delayed.
        ({"T": 99}, {"T": 90}, (97, 122)),
        # Fifteen minutes late, as a matter of course.
        ({"T": -800.5}, {"T": -780}, (-802.5, -778)),
        ({}, {"T": -780}, (-802, -778)),
    ],
)
def test_windows(
    last: dict[str, float], first: dict[str, float], expected: tuple[float, float]
) -> None:
    found = window(
        last_by_channel={name: batch(at, channel=name)[0] for name, at in last.items()},
        first_by_channel={name: batch(at, channel=name)[0] for name, at in first.items()},
    )
    assert found == expected


def test_how_late_a_feed_is() -> None:
    assert lateness_ns(STOCKS, None) == 0
    assert lateness_ns(STOCKS, batch(0, 1, received_s=30)) == 0
    assert lateness_ns(STOCKS, batch(0, 1, received_s=901)) == 900 * S
    gap = Gap(market="stocks", at_ns=1, cause="", since_ns=1, until_ns=2)
    assert lateness_ns(STOCKS, batch_of("stocks", [gap])) == 0
