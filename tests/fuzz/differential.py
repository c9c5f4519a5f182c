"""Makes frames without end and compares the compiled decoder with the reference on each.

    python -m tests.fuzz.differential --seconds 600

Frames come from the seed and their index alone, so that a run can be repeated from any index. Run
it on a sanitizer build as well: every frame lies in a buffer of just its size.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import re
import sys
import time
from random import Random

from fastpoly import schema
from tests import agreement, frames, golden, reference

REPORT_EVERY_SECONDS = 10.0
MOST_REPORTED = 25
SMALL_STEP = 6
_MARKETS = sorted(schema.MARKETS)
_NAMED = [frame for frame in golden.named() if len(frame.data) < 3000]


def made(seed: int, index: int) -> tuple[str, bytes]:
    """The market and the bytes of one frame."""
    rng = Random(seed << 40 | index)
    market = rng.choice(_MARKETS)
    choice = rng.randrange(10)
    if choice < 2:
        most = rng.choice((1, 8, 40)) if rng.random() < 0.97 else 800
        return market, frames.canonical(rng, market, most)
    if choice < 6:
        if rng.random() < 0.02:
            return market, frames.frame(rng, market, 600, hostile=0.01)
        return market, frames.frame(rng, market, hostile=rng.choice((0.05, 0.3, 0.8)))
    if choice < 9:
        frame = frames.frame(rng, market, 3, hostile=rng.choice((0.0, 0.2)))
        return market, frames.mutated(rng, frame)
    named = rng.choice(_NAMED)
    return named.market, frames.mutated(rng, named.data)


def _differs(frame: bytes, market: str) -> bool:
    return bool(agreement.disagreements(frame, market))


def shrunk(frame: bytes, market: str) -> bytes:
    """A frame on which the decoders still disagree, as short as cutting pieces out makes it."""
    pieces = [piece for piece in re.split(rb'("(?:[^"\\]|\\.)*"|[][{}:,])', frame) if piece]
    for split in (False, True):
        if split:
            pieces = [bytes([byte]) for byte in b"".join(pieces)]
        step = max(1, len(pieces) // 2)
        while step:
            at = 0
            while at < len(pieces):
                fewer = pieces[:at] + pieces[at + step :]
                if _differs(b"".join(fewer), market):
                    pieces = fewer
                else:
                    at += step if step > SMALL_STEP else 1
            step = step // 2 if step > SMALL_STEP else step - 1
    return b"".join(pieces)


def verdict(frame: bytes, market: str) -> str:
    """How the reference takes a frame, for the counts."""
    try:
        return "accepted" if reference.decode(frame, market) else "empty"
    except reference.NotJson:
        return "refused"
    except reference.Undecided:
        return "undecided"


def run(seed: int, start: int, seconds: float, count: int) -> int:
    """Tries frames until time or count is used up.

    Returns:
        The number of frames on which the decoders disagree.
    """
    began = reported = time.monotonic()
    taken = dict.fromkeys(("accepted", "empty", "refused", "undecided"), 0)
    index, bad, size = start, 0, 0
    while (not count or index < start + count) and time.monotonic() - began < seconds:
        market, frame = made(seed, index)
        size += len(frame)
        taken[verdict(frame, market)] += 1
        messages = agreement.disagreements(frame, market)
        if messages:
            bad += 1
            if bad <= MOST_REPORTED:
                small = shrunk(frame, market)
                print(f"seed {seed} index {index} {market} {small!r}")
                for message in agreement.disagreements(small, market)[:4]:
                    print(f"    {message[:400]}")
        index += 1
        if time.monotonic() - reported > REPORT_EVERY_SECONDS:
            reported = time.monotonic()
            print(f"next index {index}, disagreements {bad}", file=sys.stderr)
    counts = ", ".join(f"{number} {name}" for name, number in taken.items())
    print(f"seed {seed}: {index - start} frames ({counts}), {size} bytes")
    print(f"disagreements: {bad or 'none'}")
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.differential", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="default: from the system")
    parser.add_argument("--start", type=int, default=0, help="index of the first frame")
    parser.add_argument("--count", type=int, default=0, help="how many frames at most; 0: no limit")
    options = parser.parse_args()
    faulthandler.enable()
    seed = int.from_bytes(os.urandom(3)) if options.seed is None else options.seed
    print(f"seed {seed}", file=sys.stderr)
    return 1 if run(seed, options.start, options.seconds, options.count) else 0


if __name__ == "__main__":
    sys.exit(main())
