"""``python -m bench --gate``: is fastpoly still as fast as it is held to be?

Measures what the held ratios of `bench.targets` need and nothing else. The machine may be noisy, so
both sides of a ratio take turns, the best of each is compared, and a ratio that was missed is
measured again, in new processes, before it counts. What was measured before counts on: other work
only ever adds to a cost, so the best of more turns is nearer to what both sides cost on a machine
of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from bench import decode, environments, runs, socket
from bench.material import Material
from bench.report import Table
from bench.targets import Results, Side, Target, Verdict, judge
from bench.turns import Decoder

MEASURED: Final[Mapping[str, Mapping[str, Decoder | runs.Client]]] = {
    "decode": decode.CONTENDERS,
    "socket": runs.CLIENTS,
}
"""Question -> who is measured, by name."""

AGAIN: Final = 10
"""How often a ratio is measured again while it is missed. A guest's neighbours on its host can keep
it slow for longer than all turns of one measurement last, and do not slow both sides alike: who
computes loses more than who has the kernel copy."""


class Measurer(Protocol):
    """Finds the figures of targets."""

    def measure(self, targets: Sequence[Target]) -> Results:
        """Return the figures of both sides of each target at each of its sizes of frames."""
        ...


class Benchmarks:
    """Measures on this machine.

    Args:
        made: What a run needs.
        quick: Whether to show that it runs and no more.
    """

    def __init__(self, made: Material, quick: bool) -> None:
        self._made = made
        self._decode = decode.QUICK if quick else decode.FULL
        self._socket = socket.QUICK if quick else socket.FULL

    def measure(self, targets: Sequence[Target]) -> Results:
        """Return the figures; each question's groups take turns."""
        environments.ready(needed_environments(targets))
        cells: dict[str, list[dict[str, Any]]] = {}
        if groups := decode_groups(targets):
            cells["decode"] = decode.measure(self._made.few_events, self._decode, groups)
        if schemes := socket_groups(targets):
            cells["socket"] = socket.measure(
                self._made.events, self._made.certificates, self._socket, schemes
            )
        return {question: {"cells": found} for question, found in cells.items()}


@dataclass(frozen=True)
class Held:
    """One held ratio.

    Attributes:
        verdict: What was found, the best of all that was measured.
        first: The ratio that was found at first, where it was missed and so measured again.
    """

    verdict: Verdict
    first: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it was still missed after it was measured again."""
        return self.verdict.word == "missed"


def held_of(
    targets: Sequence[Target], questions: Collection[str] = (), only: Collection[str] = ()
) -> list[Target]:
    """Return the targets that have something to hold, with those bounds alone.

    Args:
        targets: To choose from.
        questions: Leave out all but these; none names all.
        only: Leave out those of which not both sides are named; none names all.
    """
    chosen = []
    for target in targets:
        if questions and target.ours.question not in questions:
            continue
        if only and not {target.ours.contender, target.theirs.contender} <= set(only):
            continue
        bounds = {size: bound for size, bound in target.bounds.items() if bound[0] is not None}
        if bounds:
            chosen.append(replace(target, bounds=bounds))
    return chosen


def hold(targets: Sequence[Target], measurer: Measurer) -> list[Held]:
    """Measure targets and judge them; measure again, at most `AGAIN` times, what is missed."""
    found = measurer.measure(targets)
    verdicts = first = judge(found, targets)
    for _ in range(AGAIN):
        missed = [_alone(verdict) for verdict in verdicts if verdict.word == "missed"]
        if not missed:
            break
        found = joined(found, measurer.measure(missed))
        verdicts = judge(found, targets)
    return [
        Held(now, then.ratio if then.word == "missed" else None)
        for then, now in zip(first, verdicts, strict=True)
    ]


def joined(found: Results, more: Results) -> Results:
    """Return the cells of both, in which a side finds the best of all its own."""
    return {
        question: {
            "cells": [
                *found.get(question, {}).get("cells", ()),
                *more.get(question, {}).get("cells", ()),
            ]
        }
        for question in {**found, **more}
    }


def exit_code(held: Sequence[Held]) -> int:
    """Return 1 where a ratio was missed, 2 where nothing was measured, and otherwise 0."""
    if any(one.missed for one in held):
        return 1
    return 0 if any(one.verdict.ratio is not None for one in held) else 2


def table(held: Sequence[Held]) -> Table:
    """Every held ratio, and how far from its bound it is."""
    rows = [
        (
            one.verdict.target.what,
            one.verdict.target.against,
            "wss" if one.verdict.target.ours.tls else "",
            str(one.verdict.per_frame),
            spelled(one.verdict.ratio),
            "" if one.first is None else spelled(one.first),
            f"{'at most' if one.verdict.target.ceiling else 'at least'} {one.verdict.required:g}x",
            f"MISSED by {one.verdict.shortfall:.0%}" if one.missed else one.verdict.word,
        )
        for one in held
    ]
    header = ("what", "against", "", "events a frame", "ratio", "at first", "held to", "")
    return Table("Ratios that fastpoly is held to, best of all turns", header, rows)


def spelled(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}x"


def decode_groups(targets: Sequence[Target]) -> list[decode.Group]:
    """A group for each ratio, so that its two sides take turns even at different tasks."""
    return [
        decode.Group(size, tuple((side.contender, side.task) for side in sides(target)))
        for target in targets
        if target.ours.question == "decode"
        for size in target.bounds
    ]


def socket_groups(targets: Sequence[Target]) -> list[socket.Group]:
    """A group for each way of sending, with all who are compared there."""
    names: dict[socket.Scheme, dict[str, None]] = {}
    for target in targets:
        for size in target.bounds if target.ours.question == "socket" else ():
            for side in sides(target):
                scheme = socket.Scheme(side.pace, side.tls, size)
                names.setdefault(scheme, {})[side.contender] = None
    return [socket.Group(scheme, tuple(found)) for scheme, found in names.items()]


def needed_environments(targets: Sequence[Target]) -> set[str]:
    """Interpreters that the sides of targets run on."""
    return {
        MEASURED[side.question][side.contender].environment
        for target in targets
        for side in sides(target)
    }


def sides(target: Target) -> tuple[Side, Side]:
    return target.ours, target.theirs


def _alone(verdict: Verdict) -> Target:
    bound = verdict.target.bounds[verdict.per_frame]
    return replace(verdict.target, bounds={verdict.per_frame: bound})
