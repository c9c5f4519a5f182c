"""Does decoding leak? ``python -m tests.soak.memory --events 100000000``

Decodes events by the million and reads them in every way there is: as events with their
attributes, as dicts, as columns, in selections and slices, pickled, kept beyond their batch and
dropped later. The frames are those of the fuzzer, so they are disturbed and broken ones too. In the
end neither the process nor the number of Python's blocks may have grown.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import fastpoly
from fastpoly import schema
from fastpoly._core import Batch
from tests import frames

POINTS: Final = 20
"""How many times memory is looked at; the first quarter is for warming up."""

KEPT: Final = 5000
"""How many events are held at a time, from batches long gone."""

MOST_GROWTH_BYTES: Final = 4 << 20
"""What the allocators may come to hold, however long it takes."""

MOST_BLOCKS: Final = 2000
"""By how many of Python's blocks two looks may differ."""


@dataclass(frozen=True)
class Point:
    """One look at memory.

    Attributes:
        events: Events decoded so far.
        resident_bytes: The process's memory.
        blocks: Blocks that Python's allocator has given out.
    """

    events: int
    resident_bytes: int
    blocks: int


_kept: deque[Any] = deque(maxlen=KEPT)


def read_events(batch: Batch) -> None:
    for event in batch:
        for name in ("symbol", "price", "size", "timestamp", "conditions", "bid_price"):
            getattr(event, name, None)


def read_keys(batch: Batch) -> None:
    for event in batch[:50]:
        event.to_dict()
        event.get("p")
        repr(event)


def read_dicts(batch: Batch) -> None:
    batch.dicts()


def read_columns(batch: Batch) -> None:
    for channel in batch.channels:
        if channel not in ("status", "unknown"):
            batch.to_numpy(channel)
            batch.columns(channel).__arrow_c_array__()


def read_parts(batch: Batch) -> None:
    for channel in batch.channels:
        list(batch.select(channel)[1:-1])
    fastpoly._core.concat([batch[: len(batch) // 2], batch[len(batch) // 2 :]]).dicts()


def keep(batch: Batch) -> None:
    _kept.extend(batch[:: max(len(batch) // 20, 1)] if len(batch) else ())


def send_away(batch: Batch) -> None:
    if len(batch):
        pickle.loads(pickle.dumps(batch[0]))  # noqa: S301 - its own


READERS: Final[tuple[Callable[[Batch], None], ...]] = (
    read_events,
    read_dicts,
    read_columns,
    read_events,
    read_parts,
    keep,
    read_keys,
    send_away,
)


def make_frames(seed: int) -> list[tuple[str, bytes]]:
    """Frames of every market: mostly as the server sends them, some disturbed, some broken."""
    rng = Random(seed)
    made = []
    for market in sorted(schema.MARKETS):
        made += [(market, frames.canonical(rng, market, 200)) for _ in range(40)]
        made += [(market, frames.frame(rng, market, 50, hostile=0.2)) for _ in range(6)]
        made += [(market, frames.mutated(rng, frames.canonical(rng, market, 20)))]
    rng.shuffle(made)
    return made


def look(events: int) -> Point:
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return Point(events, pages * os.sysconf("SC_PAGE_SIZE"), sys.getallocatedblocks())


def run(events: int, seed: int = 1, report: Callable[[Point], object] = bool) -> list[Point]:
    """Decodes and reads so many events.

    Args:
        events: How many, at least.
        seed: Of the frames.
        report: Called with each look at memory.

    Returns:
        The looks at memory.
    """
    made = make_frames(seed)
    decoders = {market: fastpoly.Decoder(market) for market in schema.MARKETS}
    points: list[Point] = []
    done = turn = 0
    while done < events:
        for market, frame in made:
            turn += 1
            with contextlib.suppress(fastpoly.DecodeError):
                batch = decoders[market].decode(frame)
                done += len(batch)
                READERS[turn % len(READERS)](batch)
        if done * POINTS >= events * (len(points) + 1):
            points.append(look(done))
            report(points[-1])
        turn += 1  # so that each frame meets another reader in the next round
    return points


def complaints(points: list[Point]) -> list[str]:
    """What has grown."""
    warm = points[len(points) // 4 :]
    found = []
    grown = warm[-1].resident_bytes - warm[0].resident_bytes
    if grown > MOST_GROWTH_BYTES:
        found.append(f"the process has grown by {grown} bytes")
    blocks = warm[-1].blocks - warm[0].blocks
    if blocks > MOST_BLOCKS:
        found.append(f"{blocks} more of Python's blocks are in use")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.memory", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()

    def report(point: Point) -> None:
        print(
            f"{point.events:>12,} events  {point.resident_bytes / 1e6:8.2f} MB  "
            f"{point.blocks:>8} blocks",
            flush=True,
        )

    points = run(options.events, options.seed, report)
    found = complaints(points)
    print(f"{points[-1].events:,} events in {time.monotonic() - began:.0f} s: ", end="")
    print("; ".join(found) or "memory is flat")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
