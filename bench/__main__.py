"""``python -m bench``: measures, prints the tables, writes JSON, charts and pages."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench import (
    coalescing,
    decode,
    environments,
    latency,
    material,
    pages,
    report,
    results,
    runs,
    scale,
    socket,
)
from bench.material import Material

QUICK_FOLDER: Final = environments.HOME / "quick"
"""Where a quick run's results go: they are no figures, they show that everything still runs."""

EVENTS: Final = 200_000
DECODE_EVENTS: Final = 20_000
"""About 3 MB of frames: more than the nearest caches hold, as a stream is."""

Answer = tuple[Any, list[dict[str, Any]]]


def ask_decode(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = decode.QUICK if quick else decode.FULL
    chosen = made.events.with_name("events-decode")
    lines = made.events.read_bytes().splitlines()[: DECODE_EVENTS // 5 if quick else DECODE_EVENTS]
    chosen.write_bytes(b"\n".join(lines))
    return effort, decode.measure(chosen, effort, only or frozenset(decode.CONTENDERS))


def ask_socket(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = socket.QUICK if quick else socket.FULL
    names = [name for name in runs.CLIENTS if not only or name in only]
    return effort, socket.measure(made.events, (made.certificate, made.authority), effort, names)


def ask_latency(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = latency.QUICK if quick else latency.FULL
    names = [name for name in latency.NAMES if not only or name in only]
    return effort, latency.measure(made.events, effort, names)


def ask_coalescing(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = coalescing.QUICK if quick else coalescing.FULL
    return effort, coalescing.measure(made.events, effort)


def ask_scale(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = scale.QUICK if quick else scale.FULL
    return effort, scale.measure(made.events, effort, rivals=not only or "msgspec_" in only)


QUESTIONS: Final[dict[str, Callable[[Material, bool, frozenset[str]], Answer]]] = {
    "decode": ask_decode,
    "socket": ask_socket,
    "latency": ask_latency,
    "coalescing": ask_coalescing,
    "scale": ask_scale,
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument(
        "questions",
        nargs="*",
        metavar="QUESTION",
        help=f"of {', '.join(QUESTIONS)}; report prints and writes what is there; default: all",
    )
    made.add_argument("--quick", action="store_true", help="show that it runs; no figures")
    made.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help=f"only these, and no pages: {', '.join((*decode.CONTENDERS, *runs.CLIENTS))}",
    )
    made.add_argument("--results", type=Path, help="folder for the JSON; default: bench/results")
    return made


def measure(questions: list[str], folder: Path, quick: bool, only: frozenset[str]) -> None:
    """Asks the questions and keeps the answers in `folder`."""
    with tempfile.TemporaryDirectory(prefix="fastpoly-bench-") as temporary:
        made = material.make(Path(temporary), EVENTS // 10 if quick else EVENTS)
        for question in questions:
            started = time.monotonic()
            effort, cells = QUESTIONS[question](made, quick, only)
            settings = {**asdict(effort), "load_average": os.getloadavg()[0]}
            path = results.save(question, settings, cells, folder)
            spent = time.monotonic() - started
            print(f"bench: {question} took {spent:.0f} s, see {path}", file=sys.stderr)


def main() -> int:
    options = parser().parse_args()
    folder: Path = options.results or (QUICK_FOLDER if options.quick else results.FOLDER)
    questions = options.questions or list(QUESTIONS)
    unknown = set(questions) - {*QUESTIONS, "report"}
    if unknown:
        parser().error(f"no such question: {', '.join(sorted(unknown))}")
    environments.ready()
    only = frozenset(options.only)
    asked = [question for question in questions if question != "report"]
    if asked:
        measure(asked, folder, options.quick, only)
    found = {name: kept for name in QUESTIONS if (kept := results.load(name, folder)) is not None}
    print("\n\n".join(table.as_text() for table in report.tables(found)))
    if found and not options.quick and not only:
        for path in pages.write(found):
            print(f"bench: wrote {path}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
