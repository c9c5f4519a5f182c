"""`replay`: a recording as a stream, for strategies to be tested on what they will run on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastpoly.health.clock import When, unix_ns
from fastpoly.sources.capture import CaptureSource, RecordingClock
from fastpoly.sources.recorded import recorded_market
from fastpoly.stream.stream import Stream

if TYPE_CHECKING:
    from fastpoly.filters.conditions import Condition

__all__ = ["Replay", "replay"]


class Replay(Stream):
    """A `Stream` over a recording; `replay` makes one.

    It has everything that a stream has: handlers, iteration, filters, columns, gaps where the
    recording has them, lag as it was recorded. It ends with the recording.
    """

    def __init__(self, source: CaptureSource, market: str, *params: str, **options: Any) -> None:
        super().__init__(market, *params, source=source, **options)
        self._recording = source

    @property
    def clock(self) -> RecordingClock:
        """The time in the recording, for strategies that ask what time it is."""
        return self._recording.clock

    @property
    def speed(self) -> float:
        """How many times faster than it was received; may be set while it runs, also to "max"."""
        return self._recording.speed

    @speed.setter
    def speed(self, speed: float | str) -> None:
        self._recording.speed = speed

    @property
    def is_playing(self) -> bool:
        """Whether it runs by itself, and is not paused."""
        return self._recording.is_playing

    def pause(self) -> None:
        """Stand still until `play` or `step`; from any thread."""
        self._recording.pause()

    def play(self) -> None:
        """Go on; from any thread."""
        self._recording.play()

    def step(self, batches: int = 1) -> None:
        """Hand over so many batches more while it is paused; from any thread."""
        self._recording.step(batches)

    def seek(self, when: When) -> None:
        """Go on from another time, forward or back; consumers get a `Gap` there.

        Args:
            when: A time with a time zone, or Unix time in ns.
        """
        self._recording.seek(unix_ns(when))


def replay(
    *paths: str | os.PathLike[str],
    market: str | None = None,
    speed: float | str = 1,
    start: When | None = None,
    end: When | None = None,
    channels: Iterable[str] = (),
    symbols: Iterable[str] | None = None,
    where: Condition | None = None,
    batches: str = "received",
    **options: Any,
) -> Replay:
    """Return a stream over recordings.

        async with fastpoly.replay("day.mcap", speed="max") as stream:
            async for batch in stream: ...

    Args:
        paths: The files: recordings, or the vendor's day files, ``.csv.gz`` or ``.csv``. Several
            are merged by the time of receipt.
        market: The market; by default what the first file says.
        speed: How many times faster than it was received; ``"max"`` for as fast as it is taken.
        start: The earliest time of receipt that is wanted: a time with a time zone, or Unix time
            in ns.
        end: The time from which on nothing is wanted.
        channels: Names of channels; none for all.
        symbols: As for `Stream`. A day file is read for these alone, which is far cheaper.
        where: As for `Stream`.
        batches: ``received``: one for what was read at once when it was recorded, so that handlers
            are called as they were then; ``large``: as many frames as 64 KiB hold, which is faster.
        options: As for `Stream`. By default a consumer that is slow is waited for
            (``overflow="block"``): a recording has time.

    Raises:
        UsageError: An argument is invalid, or nothing says which market the frames are of.
        CaptureError: A file cannot be opened.
    """
    name = market or recorded_market(paths)
    if symbols is not None and not isinstance(symbols, str):
        symbols = tuple(symbols)
    source = CaptureSource(
        paths,
        name,
        speed=speed,
        start_ns=None if start is None else unix_ns(start),
        end_ns=None if end is None else unix_ns(end),
        batches=batches,
        symbols=None if isinstance(symbols, str) else symbols,
    )
    params = [f"{channel}.*" for channel in channels]
    return Replay(source, name, *params, symbols=symbols, where=where, **options)
