"""How much does it cost to decode a frame, without a socket?

Tasks: ``batch`` (decode and nothing else), ``events`` (every event an object), ``read`` (four
attributes of each read), ``dicts``, ``numpy`` and ``arrow`` (columns of both types).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import results
from bench.turns import Decoder, Player

CONTENDERS: Final = {
    "fastpoly_": Decoder("fastpoly", "fastpoly_", "fastpoly"),
    "msgspec_": Decoder("msgspec Structs", "msgspec_", "rivals"),
    "msgspec_lean": Decoder("msgspec Structs of four fields", "msgspec_lean", "rivals"),
    "orjson_": Decoder("orjson", "orjson_", "rivals"),
    "pysimdjson_": Decoder("pysimdjson", "pysimdjson_", "rivals"),
    "official": Decoder("official client's parser", "official", "rivals"),
    "stdlib": Decoder("json", "stdlib", "rivals"),
}
"""Every decoder that is measured, by name."""

TASKS: Final = {
    "batch": ("fastpoly_",),
    "events": ("fastpoly_", "msgspec_", "official"),
    "read": tuple(CONTENDERS),
    "dicts": ("fastpoly_", "orjson_", "msgspec_", "pysimdjson_", "stdlib"),
    "numpy": ("fastpoly_", "msgspec_"),
    "arrow": ("fastpoly_", "msgspec_"),
}
"""Task -> who does it."""


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Turns of each contender at each task.
        slice_s: Length of a turn, s.
        per_frame: Sizes of frames.
    """

    rounds: int
    slice_s: float
    per_frame: tuple[int, ...]


FULL: Final = Effort(25, 0.03, (1, 10, 100, 1000))
QUICK: Final = Effort(3, 0.005, (1, 10, 100))


class Group(NamedTuple):
    """Contenders that take turns on one size of frames, each at its task.

    Attributes:
        per_frame: Events in a frame.
        turns: Names of contenders, each with its task.
    """

    per_frame: int
    turns: tuple[tuple[str, str], ...]


def plan(effort: Effort, names: Collection[str]) -> list[Group]:
    """Every task on every size of frames, with those of `names` who do it."""
    return [
        Group(per_frame, tuple((name, task) for name in who if name in names))
        for per_frame in effort.per_frame
        for task, who in TASKS.items()
    ]


def measure(
    events_file: Path,
    effort: Effort,
    groups: Sequence[Group],
    contenders: Mapping[str, Decoder] = CONTENDERS,
) -> list[dict[str, Any]]:
    """Times the groups, one after another; returns one cell for each contender of each.

    Args:
        events_file: Rendered events, one a line.
        effort: How long; its sizes of frames are not looked at.
        groups: What to measure.
        contenders: Who the names stand for.
    """
    taking_part = {name for group in groups for name, _ in group.turns}
    with ExitStack() as stack:
        players = {
            name: stack.enter_context(Player(name, decoder))
            for name, decoder in contenders.items()
            if name in taking_part
        }
        cells = []
        for per_frame, turns in groups:
            present = [(players[name], task) for name, task in turns]
            check(present, str(events_file), per_frame)
            samples = take_turns(present, str(events_file), per_frame, effort)
            cells += [
                {
                    "task": task,
                    "per_frame": per_frame,
                    "contender": name,
                    "ns_per_event": results.summary(times),
                }
                for (name, task), times in samples.items()
            ]
        return cells


def check(players: Sequence[tuple[Player, str]], events_file: str, per_frame: int) -> None:
    """Fails unless all of them read the same values from the same number of events."""
    answers = {
        (player.name, task): player.check(task, events_file, per_frame) for player, task in players
    }
    if len({tuple(answer.values()) for answer in answers.values()}) > 1:
        raise RuntimeError(f"decoders disagree, {per_frame} a frame: {answers}")


def take_turns(
    players: Sequence[tuple[Player, str]], events_file: str, per_frame: int, effort: Effort
) -> dict[tuple[str, str], list[float]]:
    """Samples by contender and its task; a different one begins each round."""
    samples: dict[tuple[str, str], list[float]] = {
        (player.name, task): [] for player, task in players
    }
    for turn in range(effort.rounds):
        start = turn % max(1, len(players))
        for player, task in (*players[start:], *players[:start]):
            samples[player.name, task] += player.turn(task, events_file, per_frame, effort.slice_s)
    return samples
