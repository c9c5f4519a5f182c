"""The speed that fastpoly is held to, and whether a run's results meet it.

Each target is a ratio within one run on one machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Results = Mapping[str, Mapping[str, Any]]
"""Question -> what `bench.results` keeps of it."""


FIGURES: Final = {
    "decode": ("ns_per_event", ("task",)),
    "socket": ("cpu_ns_per_event", ("pace", "tls")),
    "export": ("cpu_ns_per_event", ("task",)),
}
"""Question -> its figure, and what else a side has to say to find it."""


@dataclass(frozen=True)
class Side:
    """One side of a ratio: a question's figure for one contender.

    Attributes:
        question: The question.
        contender: The contender.
        task: What it does, where the question has tasks.
        tls: Whether over TLS.
        pace: How the server sends.
        figure: The figure's name, where it is not the question's first.
    """

    question: str
    contender: str
    task: str = ""
    tls: bool = False
    pace: str = "frames"
    figure: str = ""

    def find(self, results: Results, per_frame: int) -> float | None:
        """The best figure of all cells, ns per event; None where it was not measured."""
        question_figure, keys = FIGURES[self.question]
        figure = self.figure or question_figure
        wanted = {"contender": self.contender, "per_frame": per_frame}
        wanted |= {key: getattr(self, key) for key in keys}
        found = [
            float(cell[figure]["best"])
            for cell in results.get(self.question, {}).get("cells", ())
            if wanted.items() <= cell.items() and figure in cell
        ]
        return min(found, default=None)


@dataclass(frozen=True)
class Target:
    """One ratio.

    Attributes:
        what: What fastpoly does.
        against: What it is compared with.
        ours: fastpoly's side.
        theirs: The other.
        bounds: Events in a frame -> the ratio that must be met, None for none, and the one that is
            aimed at, None where it is only measured. For most that is theirs over ours, at least;
            for a ceiling ours over theirs, at most.
        ceiling: Whether the bounds are ceilings.
    """

    what: str
    against: str
    ours: Side
    theirs: Side
    bounds: Mapping[int, tuple[float | None, float | None]]
    ceiling: bool = False


def _all(required: float | None, aim: float | None) -> dict[int, tuple[float | None, float | None]]:
    return {1: (required, aim), 10: (required, aim), 100: (required, aim)}


def _decode(contender: str, task: str) -> Side:
    return Side("decode", contender, task)


def _socket(contender: str) -> Side:
    return Side("socket", contender)


TARGETS: Final = (
    Target(
        "decode, every event taken out of the batch",
        "msgspec into tagged Structs",
        _decode("fastpoly_", "events"),
        _decode("msgspec_", "events"),
        _all(3, 5),
    ),
    Target(
        "decode, every event taken out, four attributes read",
        "msgspec into tagged Structs, four read",
        _decode("fastpoly_", "read"),
        _decode("msgspec_", "read"),
        _all(2, 2),
    ),
    Target(
        "decode and to_numpy of both types",
        "msgspec Structs alone",
        _decode("fastpoly_", "numpy"),
        _decode("msgspec_", "events"),
        {100: (4, 8)},
    ),
    Target(
        "decode and dicts()",
        "orjson.loads",
        _decode("fastpoly_", "dicts"),
        _decode("orjson_", "dicts"),
        _all(1.3, 2),
    ),
    Target(
        "socket to batch handler, CPU",
        "the official client",
        _socket("untouched"),
        _socket("official"),
        _all(20, 20),
    ),
    Target(
        "socket to batch handler, CPU",
        "picows + msgspec by hand",
        _socket("untouched"),
        _socket("picows_msgspec"),
        {10: (1.5, 1.5), 100: (2.5, 2.5)},
    ),
    Target(
        "socket to batch handler, CPU",
        "picows, counting bytes (a ceiling)",
        _socket("untouched"),
        _socket("floor"),
        _all(2, 2),
        ceiling=True,
    ),
    Target(
        "socket to NumPy columns, CPU",
        "picows, counting bytes (a ceiling)",
        _socket("columns"),
        _socket("floor"),
        {100: (None, 1.3)},
        ceiling=True,
    ),
    Target(
        "drop-in client, async handler, dicts, CPU",
        "the community client",
        _socket("dropin"),
        _socket("community"),
        _all(5, 8),
    ),
    Target(
        "drop-in client in the user's own loop, CPU",
        "the community client in such a loop",
        _socket("dropin_loop"),
        _socket("community_loop"),
        _all(None, None),
    ),
    Target(
        "recording beside a batch handler, CPU of the reading thread",
        "the same without recording (a ceiling)",
        replace(_socket("recorded"), figure="thread_ns_per_event"),
        replace(_socket("untouched"), figure="thread_ns_per_event"),
        _all(None, 1.3),
        ceiling=True,
    ),
    Target(
        "a recording to Parquet, CPU",
        "msgspec + pyarrow by hand, from gzipped lines",
        Side("export", "fastpoly_", "parquet"),
        Side("export", "by_hand", "parquet"),
        {100: (None, 4)},
    ),
    Target(
        "the official client's drop-in, async handler, models, CPU",
        "the official client",
        _socket("massive"),
        _socket("official"),
        _all(None, 12),
    ),
)


def _from_sockets(**differently: Any) -> tuple[Target, ...]:
    """What is asked of sockets, as an aim under other circumstances."""
    return tuple(
        replace(
            target,
            ours=replace(target.ours, **differently),
            theirs=replace(target.theirs, **differently),
            bounds={
                per_frame: (None, aim if required is None else required)
                for per_frame, (required, aim) in target.bounds.items()
            },
        )
        for target in TARGETS
        if target.ours.question == "socket"
    )


OVER_TLS: Final = _from_sockets(tls=True)
"""The same from a ``wss://`` socket, which is how the service is reached."""

CATCHING_UP: Final = _from_sockets(pace="stream")
"""The same where a read brings all that the buffer holds, so that no client ever waits."""


@dataclass(frozen=True)
class Verdict:
    """One target at one frame size."""

    target: Target
    per_frame: int
    ratio: float | None
    required: float | None
    aim: float | None

    @property
    def word(self) -> str:
        """``aim``, ``met`` or ``missed``; without bounds ``not reached`` or ``measured``."""
        if self.ratio is None:
            return "not measured"
        if self.aim is not None and self._reaches(self.ratio, self.aim):
            return "aim"
        if self.required is None:
            return "measured" if self.aim is None else "not reached"
        return "met" if self._reaches(self.ratio, self.required) else "missed"

    @property
    def shortfall(self) -> float:
        """By which share of the bound that must be met the ratio misses it; 0 if it does not."""
        if self.ratio is None or self.required is None:
            return 0.0
        beyond = self.ratio / self.required - 1
        return max(0.0, beyond if self.target.ceiling else -beyond)

    def _reaches(self, ratio: float, bound: float) -> bool:
        return ratio <= bound if self.target.ceiling else ratio >= bound


def judge(results: Results, targets: Sequence[Target] = TARGETS) -> list[Verdict]:
    """Every target at every frame size that it names."""
    verdicts = []
    for target in targets:
        for per_frame, (required, aim) in target.bounds.items():
            ours = target.ours.find(results, per_frame)
            theirs = target.theirs.find(results, per_frame)
            ratio = None
            if ours is not None and theirs is not None:
                ratio = ours / theirs if target.ceiling else theirs / ours
            verdicts.append(Verdict(target, per_frame, ratio, required, aim))
    return verdicts
