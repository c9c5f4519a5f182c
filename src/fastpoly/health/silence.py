"""Which channels are silent that should speak. Pure.

Only data counts: a connection that answers pings and confirms subscriptions can be stale. What is
silent by nature must not look stale: outside of trading hours nothing is expected, in extended
hours less; a channel is watched if all of it is subscribed, as single tickers may well be quiet for
minutes, or if the user says after how many seconds it is stale.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from fastpoly import schema
from fastpoly.errors import UsageError
from fastpoly.health.hours import Hours, hours_at

__all__ = ["Silence", "StaleAfter", "Watch"]

StaleAfter: TypeAlias = "float | Mapping[str, float] | None"
"""Seconds for every channel that is subscribed, or by channel; None for `DEFAULT_STALE_AFTER_S`."""

DEFAULT_STALE_AFTER_S: Final[dict[str, dict[str, float]]] = {
    "stocks": {"T": 30, "Q": 30, "A": 30, "AM": 150, "LULD": 300},
    "options": {"T": 60, "A": 60, "AM": 150},
    "indices": {"V": 30, "A": 60, "AM": 150},
    "forex": {"C": 30, "CAS": 60, "CA": 150},
    "crypto": {"XT": 60, "XQ": 30, "XAS": 60, "XA": 150},
    "futures": {"T": 60, "Q": 60, "A": 60, "AM": 150},
}
"""Seconds of silence in regular hours after which a whole channel is stale. Imbalances and values
for business and Launchpad feeds come when they come, and the vendor has switched XL2 and XS off."""

EXTENDED_FACTOR: Final = 4
"""How much more silence extended hours allow."""

MUTE_FACTOR: Final = 3
"""After how many times its limit the silence of every watched channel condemns the connection."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What is silent at the moment.

    Attributes:
        seconds_by_channel: Stale channels and how long each has been silent.
        mute: Whether every watched channel has been silent for so long that the connection is to
            blame.
    """

    seconds_by_channel: Mapping[str, float]
    mute: bool

    def __str__(self) -> str:
        parts = [f"no {name} for {s:.0f} s" for name, s in self.seconds_by_channel.items()]
        return ", ".join(parts)


class Watch:
    """Watches the channels of one market.

    Args:
        market: The market's name.
        stale_after: The user's limits.
        delay_s: By how many seconds the feed is late: what comes now happened then, and trading
            hours are those of then.

    Raises:
        UsageError: The market has no such channel, or a limit is not above 0.
    """

    def __init__(self, market: str, stale_after: StaleAfter = None, delay_s: float = 0.0) -> None:
        self._market = market
        self._delay_ns = int(delay_s * 1e9)
        self._limits: dict[str, float] | None = None
        self._default: float | None = None
        spec = schema.MARKETS[market]
        if isinstance(stale_after, Mapping):
            self._limits = {str(name): seconds for name, seconds in stale_after.items()}
            for name in self._limits:
                if spec.channel(name) is None:
                    own = ", ".join(channel.name for channel in spec.channels)
                    raise UsageError(
                        f"stale_after names {name!r}, which is not a channel of {market}.",
                        hint=f"Choose among {own}.",
                    )
        else:
            self._default = stale_after
        for seconds in [*(self._limits or {}).values(), self._default]:
            if seconds is not None and not seconds > 0:
                raise UsageError(f"stale_after={seconds!r} is not above 0.", hint="Pass seconds.")

    @property
    def interval_s(self) -> float:
        """How often to look, in seconds."""
        limits = [*(self._limits or {}).values(), self._default or math.inf]
        return min(1.0, min(limits) / 4)

    def _limit_s(self, channel: str, wildcard: bool) -> float | None:
        if self._limits is not None:
            return self._limits.get(channel)
        if self._default is not None:
            return self._default
        return DEFAULT_STALE_AFTER_S[self._market].get(channel) if wildcard else None

    def look(
        self,
        now_ns: int,
        *,
        since_ns: int,
        params: Iterable[str],
        last_ns: Mapping[str, int],
        patience: float = 1.0,
    ) -> Silence:
        """Which channels are stale.

        Args:
            now_ns: The time, Unix time in ns, as all that follow.
            since_ns: Since when data may be expected on this connection.
            params: What is subscribed.
            last_ns: When each channel's last data was received.
            patience: How many times longer than usual it takes to condemn the connection.
        """
        wildcards: dict[str, bool] = {}
        for param in params:
            channel, _, symbol = param.partition(".")
            wildcards[channel] = wildcards.get(channel, False) or symbol == "*"
        hours = hours_at(self._market, now_ns - self._delay_ns)
        stale: dict[str, float] = {}
        watched = mute = 0
        if hours is not Hours.CLOSED:
            factor = EXTENDED_FACTOR if hours is Hours.EXTENDED else 1
            for channel, wildcard in wildcards.items():
                limit_s = self._limit_s(channel, wildcard)
                if limit_s is None or math.isinf(limit_s):
                    continue
                watched += 1
                limit_s *= factor
                heard_ns = last_ns.get(channel, 0)
                if heard_ns > now_ns:
                    heard_ns = 0  # dated by a clock that has been set back since
                silent_s = (now_ns - max(heard_ns, since_ns)) / 1e9
                # What counts is silence in these hours: the market may just have opened.
                if silent_s < limit_s or self._opened_within(now_ns, limit_s, hours):
                    continue
                stale[channel] = silent_s
                mute += silent_s >= limit_s * MUTE_FACTOR * patience
        return Silence(stale, bool(watched) and mute == watched)

    def _opened_within(self, now_ns: int, seconds: float, hours: Hours) -> bool:
        then_ns = now_ns - self._delay_ns - int(seconds * 1e9)
        return hours_at(self._market, then_ns) is not hours
