"""Measures, prints the tables, writes JSON, charts and pages; or judges, and exits with 1.

Exit codes: 0; 1 where a held ratio is missed (--gate) or a line has lost (--against); 2 where
nothing could be measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench import (
    against,
    capture,
    coalescing,
    decode,
    environments,
    export,
    gate,
    hub,
    latency,
    material,
    pages,
    publishing,
    report,
    results,
    runs,
    scale,
    shared_memory,
    socket,
    targets,
    trees,
)
from bench.material import Material
from bench.targets import Target

QUICK_FOLDER: Final = environments.HOME / "quick"
"""Where a quick run's results go: they are no figures, they show that everything still runs."""

EVENTS: Final = 200_000
DECODE_EVENTS: Final = 20_000
"""About 3 MB of frames: more than the nearest caches hold, as a stream is."""

Answer = tuple[Any, list[dict[str, Any]]]


def ask_decode(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = decode.QUICK if quick else decode.FULL
    names = only or frozenset(decode.CONTENDERS)
    return effort, decode.measure(made.few_events, effort, decode.plan(effort, names))


def ask_socket(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = socket.QUICK if quick else socket.FULL
    groups = socket.plan(effort, only or frozenset(runs.CLIENTS))
    return effort, socket.measure(made.events, made.certificates, effort, groups)


def ask_latency(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = latency.QUICK if quick else latency.FULL
    names = [name for name in latency.NAMES if not only or name in only]
    return effort, latency.measure(made.events, effort, names)


def ask_coalescing(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = coalescing.QUICK if quick else coalescing.FULL
    return effort, coalescing.measure(made.events, effort)


def ask_capture(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = capture.QUICK if quick else capture.FULL
    return effort, capture.measure(made.events, effort)


def ask_shared(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = shared_memory.QUICK if quick else shared_memory.FULL
    return effort, shared_memory.measure(made.events, effort)


def ask_export(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = export.QUICK if quick else export.FULL
    return effort, export.measure(made.events, effort)


def ask_scale(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = scale.QUICK if quick else scale.FULL
    return effort, scale.measure(made.events, effort, rivals=not only or "msgspec_" in only)


def ask_hub(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = hub.QUICK if quick else hub.FULL
    return effort, hub.measure(made.events, effort)


def ask_publish(made: Material, quick: bool, only: frozenset[str]) -> Answer:
    effort = publishing.QUICK if quick else publishing.FULL
    return effort, publishing.measure(made.events, effort)


QUESTIONS: Final[dict[str, Callable[[Material, bool, frozenset[str]], Answer]]] = {
    "decode": ask_decode,
    "socket": ask_socket,
    "latency": ask_latency,
    "coalescing": ask_coalescing,
    "scale": ask_scale,
    "capture": ask_capture,
    "export": ask_export,
    "hub": ask_hub,
    "publish": ask_publish,
    "shared": ask_shared,
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
    judging = made.add_mutually_exclusive_group()
    judging.add_argument(
        "--gate",
        action="store_true",
        help="measure what fastpoly is held to and nothing else; exit with 1 if a ratio is missed",
    )
    judging.add_argument(
        "--against",
        metavar="REV",
        help="build an earlier commit under build/against, and measure it and this tree in turns; "
        "exit with 1 if a line has lost more than a twentieth",
    )
    return made


@contextmanager
def prepared(quick: bool) -> Iterator[Material]:
    """What a run needs, for as long as it lasts."""
    with tempfile.TemporaryDirectory(prefix="fastpoly-bench-") as temporary:
        part = 5 if quick else 1
        yield material.make(Path(temporary), EVENTS // part, DECODE_EVENTS // part)


def measure(questions: list[str], folder: Path, quick: bool, only: frozenset[str]) -> None:
    """Asks the questions and keeps the answers in `folder`."""
    with prepared(quick) as made:
        for question in questions:
            started = time.monotonic()
            effort, cells = QUESTIONS[question](made, quick, only)
            settings = {**asdict(effort), "load_average": os.getloadavg()[0]}
            path = results.save(question, settings, cells, folder)
            spent = time.monotonic() - started
            print(f"bench: {question} took {spent:.0f} s, see {path}", file=sys.stderr)


def judge(
    table: Sequence[Target], questions: Collection[str], quick: bool, only: Collection[str]
) -> int:
    """Holds fastpoly to its ratios; returns the exit code."""
    held = gate.held_of(table, questions, only)
    with prepared(quick) as made:
        found = gate.hold(held, gate.Benchmarks(made, quick))
    print(gate.table(found).as_text())
    return gate.exit_code(found)


def compare(revision: str, questions: Collection[str], quick: bool, only: Collection[str]) -> int:
    """Measures this tree beside an earlier one; returns the exit code."""
    try:
        then = trees.built(revision)
        trees.check_source(environments.SOURCE)
    except trees.TreeError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    with prepared(quick) as made:
        measurer = against.TwoTrees(made, then, quick)
        found = against.compare(against.chosen(questions, only), measurer)
    print(against.table(revision, found).as_text())
    return against.exit_code(found)


def main() -> int:
    options = parser().parse_args()
    folder: Path = options.results or (QUICK_FOLDER if options.quick else results.FOLDER)
    questions = options.questions or list(QUESTIONS)
    unknown = set(questions) - {*QUESTIONS, "report"}
    if unknown:
        parser().error(f"no such question: {', '.join(sorted(unknown))}")
    only = frozenset(options.only)
    if options.gate:
        table = (*targets.TARGETS, *targets.OVER_TLS)
        return judge(table, options.questions, options.quick, only)
    if options.against:
        return compare(options.against, options.questions, options.quick, only)
    environments.ready()
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
