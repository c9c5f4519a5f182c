"""``python -m bench --against REV``: has anything become slower since an earlier commit?

The commit is built beside this tree (`bench.trees`), and both are measured in one run, in turns, by
the clients and decoders of this tree's benchmark, which use public names only. What an earlier
fastpoly does not have is said, and not compared. A line that lost is measured again, in new
processes, before it counts.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from bench import decode, runs, socket
from bench.material import Material
from bench.report import TASK_TITLES, Table, ns
from bench.turns import Player

LOST: Final = 1.05
"""A line whose cost per event has risen beyond this many times has lost."""

SIZES: Final = (1, 10, 100)
DECODER: Final = "fastpoly_"
NOW, THEN = "now", "then"

DECODE_EFFORT: Final = replace(decode.FULL, rounds=40)
SOCKET_EFFORT: Final = replace(socket.FULL, rounds=6)
PROBE_EVENTS: Final = 200


class Line(NamedTuple):
    """What is measured of both trees.

    Attributes:
        question: ``decode`` or ``socket``.
        name: Of `bench.decode.TASKS`, or of `bench.runs.CLIENTS`.
        per_frame: Events in a frame.
        tls: Whether the socket is a ``wss://`` one.
    """

    question: str
    name: str
    per_frame: int
    tls: bool = False

    @property
    def label(self) -> str:
        """What the table calls it."""
        if self.question == "decode":
            return f"decode: {TASK_TITLES[self.name]}"
        return f"{'wss' if self.tls else 'ws'}: {runs.CLIENTS[self.name].label}"


_SOCKETS: Final = (
    ("untouched", False),
    ("untouched", True),
    ("columns", False),
    ("dropin", False),
    ("dropin_loop", False),
)
LINES: Final = (
    *(
        Line("decode", task, size)
        for task in ("events", "read", "numpy", "dicts")
        for size in SIZES
    ),
    *(Line("socket", name, size, tls) for name, tls in _SOCKETS for size in SIZES),
)


class Figures(NamedTuple):
    """CPU per event of both trees, ns: the best and the median of all turns."""

    now: Mapping[str, float]
    then: Mapping[str, float]

    def ratio(self, figure: str = "best") -> float:
        """Return now over then: above 1 is slower."""
        return self.now[figure] / self.then[figure]


class Measurer(Protocol):
    """Finds the figures of lines."""

    def absent(self, lines: Sequence[Line]) -> Mapping[Line, str]:
        """Return the lines that the earlier tree does not have, with what happened there."""
        ...

    def measure(self, lines: Sequence[Line]) -> Mapping[Line, Figures]:
        """Return the figures of each line."""
        ...


@dataclass(frozen=True)
class Comparison:
    """What became of a line.

    Attributes:
        line: Which.
        figures: What was found, the last time that it was measured; None if it is not there then.
        first: The ratio that was found before, where it had lost and so was measured again.
        missing: Why there are no figures.
    """

    line: Line
    figures: Figures | None
    first: float | None = None
    missing: str = ""

    @property
    def lost(self) -> bool:
        """Whether it has become slower, by both measurements."""
        return self.figures is not None and self.figures.ratio() > LOST


def chosen(questions: Collection[str] = (), only: Collection[str] = ()) -> list[Line]:
    """Return the lines of some questions and of some decoders and clients; none names all."""
    return [
        line
        for line in LINES
        if (not questions or line.question in questions)
        and (not only or (DECODER if line.question == "decode" else line.name) in only)
    ]


def compare(lines: Sequence[Line], measurer: Measurer) -> list[Comparison]:
    """Measure lines of both trees; measure once more those that lost."""
    absent = measurer.absent(lines)
    figures = measurer.measure([line for line in lines if line not in absent])
    lost = [line for line, found in figures.items() if found.ratio() > LOST]
    again = measurer.measure(lost) if lost else {}
    return [
        Comparison(line, None, missing=absent[line])
        if line in absent
        else Comparison(
            line,
            again.get(line, figures[line]),
            figures[line].ratio() if line in again else None,
        )
        for line in lines
    ]


def exit_code(comparisons: Sequence[Comparison]) -> int:
    """Return 1 where a line lost, 2 where nothing could be compared, and otherwise 0."""
    if any(comparison.lost for comparison in comparisons):
        return 1
    return 0 if any(comparison.figures for comparison in comparisons) else 2


def table(revision: str, comparisons: Sequence[Comparison]) -> Table:
    """Every line, as costs and as ratios."""
    rows = []
    for comparison in comparisons:
        line, figures = comparison.line, comparison.figures
        if figures is None:
            cells = ("-", "-", "-", "-", "-", f"not there then: {comparison.missing}")
        else:
            cells = (
                ns(figures.then["best"]),
                ns(figures.now["best"]),
                f"{figures.ratio():.3f}",
                f"{figures.ratio('median'):.3f}",
                "" if comparison.first is None else f"{comparison.first:.3f}",
                "LOST" if comparison.lost else "",
            )
        rows.append((line.label, str(line.per_frame), *cells))
    header = (*("line", "events a frame", "then", "now", "now/then", "of medians", "at first", ""),)
    return Table(f"CPU per event beside {revision}, best of all turns", header, rows)


class TwoTrees:
    """Measures this tree and an earlier one on this machine.

    Args:
        made: What a run needs.
        then: The earlier tree's folder ``src``, built.
        quick: Whether to show that it runs and no more.
    """

    def __init__(self, made: Material, then: Path, quick: bool) -> None:
        self._made = made
        self._decode = decode.QUICK if quick else DECODE_EFFORT
        self._socket = socket.QUICK if quick else SOCKET_EFFORT
        decoder = decode.CONTENDERS[DECODER]
        self._decoders = {NOW: decoder, THEN: replace(decoder, source=then)}
        self._clients = {
            (name, when): replace(client, source=then) if when == THEN else client
            for name, client in runs.CLIENTS.items()
            for when in (NOW, THEN)
            if client.environment == decoder.environment
        }

    def absent(self, lines: Sequence[Line]) -> dict[Line, str]:
        """Try each task and each client of the earlier tree once."""
        tried: dict[tuple[str, str], str | None] = {}
        for line in lines:
            if line[:2] not in tried:
                attempt = self._decodes if line.question == "decode" else self._streams
                tried[line[:2]] = attempt(line)
        found = {line: tried[line[:2]] for line in lines}
        return {line: reason for line, reason in found.items() if reason is not None}

    def measure(self, lines: Sequence[Line]) -> dict[Line, Figures]:
        """Measure lines, the two trees in turn at each."""
        decoding = [line for line in lines if line.question == "decode"]
        streaming = [line for line in lines if line.question == "socket"]
        return {**self._measure_decoding(decoding), **self._measure_streaming(streaming)}

    def _measure_decoding(self, lines: Sequence[Line]) -> dict[Line, Figures]:
        groups = [
            decode.Group(line.per_frame, ((NOW, line.name), (THEN, line.name))) for line in lines
        ]
        cells = decode.measure(self._made.few_events, self._decode, groups, self._decoders)
        found = {
            (cell["task"], cell["per_frame"], cell["contender"]): cell["ns_per_event"]
            for cell in cells
        }
        return {
            line: Figures(*(found[line.name, line.per_frame, when] for when in (NOW, THEN)))
            for line in lines
        }

    def _measure_streaming(self, lines: Sequence[Line]) -> dict[Line, Figures]:
        clients = {_joined(*key): client for key, client in self._clients.items()}
        groups = [
            socket.Group(_scheme(line), (_joined(line.name, NOW), _joined(line.name, THEN)))
            for line in lines
        ]
        cells = socket.measure(
            self._made.events, self._made.certificates, self._socket, groups, clients
        )
        found = {
            (cell["contender"], cell["tls"], cell["per_frame"]): cell["cpu_ns_per_event"]
            for cell in cells
        }
        return {
            line: Figures(
                *(found[_joined(line.name, when), line.tls, line.per_frame] for when in (NOW, THEN))
            )
            for line in lines
        }

    def _decodes(self, line: Line) -> str | None:
        try:
            with Player(THEN, self._decoders[THEN]) as player:
                player.check(line.name, str(self._made.few_events), line.per_frame)
        except (RuntimeError, BrokenPipeError) as error:
            return str(error)
        return None

    def _streams(self, line: Line) -> str | None:
        plan = socket.plan_of(replace(_scheme(line), tls=False), self._made.events, None)
        with runs.Server(plan) as server:
            marks = [line.per_frame, line.per_frame * PROBE_EVENTS]
            try:
                runs.run(
                    self._clients[line.name, THEN], server.url, marks, self._made.events.parent
                )
            except RuntimeError as error:
                print(f"bench: then, {error}", file=sys.stderr)
                return str(error).strip().splitlines()[-1]
        return None


def _joined(name: str, when: str) -> str:
    return f"{name}.{when}"


def _scheme(line: Line) -> socket.Scheme:
    return socket.Scheme("frames", line.tls, line.per_frame)
