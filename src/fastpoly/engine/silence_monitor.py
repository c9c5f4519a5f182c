"""Looks at a live connection once in a while: is a channel silent that should speak?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.health.silence import Silence, Watch

if TYPE_CHECKING:
    from fastpoly.health.clock import Clock

__all__ = ["SilenceMonitor", "SilenceOwner"]

CLOCK_STEP_NS: Final = 100_000_000
"""By how much the wall clock has to move against the monotonic one to count as set."""


IN_VAIN_FACTOR: Final = 10.0
"""How much longer the next connection may be mute, for each one before it that ended for that."""

MAX_IN_VAIN: Final = 6
"""How often that counts."""


class SilenceOwner(Protocol):
    """Whose connection is watched."""

    @property
    def confirmed(self) -> tuple[str, ...]:
        """Parameters that the server has confirmed."""

    @property
    def last_ns(self) -> Mapping[str, int]:
        """When each channel last had data, Unix time in ns."""

    @property
    def is_reading(self) -> bool:
        """Whether the connection is read."""

    def on_look(self) -> None:
        """Take note that the connection is looked at."""

    def on_silence(self, silence: Silence) -> None:
        """Take what is silent now; may be nothing."""


class SilenceMonitor:
    """Looks at regular intervals from `start` to `stop`.

    A mute connection is condemned, so that there is another one. If that one is mute too, the
    market is more likely to rest on a day that its hours do not know of: each verdict after the
    first takes ten times as long, until something is heard. So a wrong calendar costs a reconnect
    or two, and no more.

    Args:
        watch: Knows how long each channel may be silent.
        owner: Whose connection is watched.
        clock: The time.

    Attributes:
        silence: What was silent at the last look.
    """

    def __init__(self, watch: Watch, owner: SilenceOwner, clock: Clock) -> None:
        self.silence = Silence({}, mute=False)
        self._watch = watch
        self._owner = owner
        self._clock = clock
        # Since when data may be expected on this connection, and of channels that it was asked for
        # later; Unix time in ns.
        self._since_ns = 0
        self._since_by_channel: dict[str, int] = {}
        self._params: tuple[str, ...] | None = None
        # How far the wall clock is ahead of the one that nobody sets.
        self._offset_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        # Connections in a row that were condemned, when the last of them was, Unix time in ns.
        self._in_vain = 0
        self._condemned_ns = 0

    def start(self) -> None:
        """Begin: from now on data may be expected."""
        self.stop()
        self._expect_from(self._clock.time_ns())
        self._params = None
        self._look()

    def stop(self) -> None:
        """End; more than once is fine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.silence = Silence({}, mute=False)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._watch.interval_s, self._look)
        self._owner.on_look()
        now_ns = self._clock.time_ns()
        offset_ns = now_ns - self._clock.monotonic_ns()
        stepped = abs(offset_ns - self._offset_ns) > CLOCK_STEP_NS
        self._offset_ns = offset_ns
        if stepped or not self._owner.is_reading:
            # What is not read cannot be heard; what was heard is dated by a clock that was wrong.
            self._expect_from(now_ns)
            return
        params, heard_ns = self._owner.confirmed, dict(self._owner.last_ns)
        self._note_new(params, now_ns)
        if max(heard_ns.values(), default=0) > self._condemned_ns:
            self._in_vain = 0
        for channel, since_ns in self._since_by_channel.items():
            heard_ns[channel] = max(since_ns, heard_ns.get(channel, 0))
        self.silence = self._watch.look(
            now_ns,
            since_ns=self._since_ns,
            params=params,
            last_ns=heard_ns,
            patience=IN_VAIN_FACTOR**self._in_vain,
        )
        if self.silence.mute:
            self._in_vain = min(self._in_vain + 1, MAX_IN_VAIN)
            self._condemned_ns = now_ns
        self._owner.on_silence(self.silence)

    def _expect_from(self, now_ns: int) -> None:
        self._since_ns = now_ns
        self._since_by_channel.clear()

    def _note_new(self, params: tuple[str, ...], now_ns: int) -> None:
        """Let what was confirmed since the last look be silent from now on, not since the start."""
        if params == self._params:
            return
        if self._params is not None:
            for param in set(params).difference(self._params):
                self._since_by_channel[param.partition(".")[0]] = now_ns
        self._params = params
