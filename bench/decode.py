"""How much does it cost to decode a frame, without a socket?

Tasks: ``batch`` (decode and nothing else), ``events`` (every event an object), ``read`` (four
attributes of each read), ``dicts``, ``numpy`` and ``arrow`` (columns of both types).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import results
from bench.turns import Player

CONTENDERS: Final = {
    "fastpoly_": ("fastpoly", "fastpoly"),
    "msgspec_": ("msgspec Structs", "rivals"),
    "msgspec_lean": ("msgspec Structs of four fields", "rivals"),
    "orjson_": ("orjson", "rivals"),
    "pysimdjson_": ("pysimdjson", "rivals"),
    "official": ("official client's parser", "rivals"),
    "stdlib": ("json", "rivals"),
}
"""Module -> what it is called, which interpreter it runs on."""

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


def measure(events_file: Path, effort: Effort, modules: frozenset[str]) -> list[dict[str, Any]]:
    """Times every contender of `modules` at every task; returns one cell per combination."""
    with ExitStack() as stack:
        players = {
            module: stack.enter_context(Player(module, environment))
            for module, (_, environment) in CONTENDERS.items()
            if module in modules
        }
        cells = []
        for per_frame in effort.per_frame:
            for task, names in TASKS.items():
                present = [players[name] for name in names if name in players]
                check(present, task, str(events_file), per_frame)
                samples = take_turns(present, task, str(events_file), per_frame, effort)
                cells += [
                    {
                        "task": task,
                        "per_frame": per_frame,
                        "contender": module,
                        "ns_per_event": results.summary(times),
                    }
                    for module, times in samples.items()
                ]
        return cells


def check(players: list[Player], task: str, events_file: str, per_frame: int) -> None:
    """Fails unless all of them read the same values from the same number of events."""
    answers = {player.module: player.check(task, events_file, per_frame) for player in players}
    if len({tuple(answer.values()) for answer in answers.values()}) > 1:
        raise RuntimeError(f"decoders disagree at {task}, {per_frame} a frame: {answers}")


def take_turns(
    players: list[Player], task: str, events_file: str, per_frame: int, effort: Effort
) -> dict[str, list[float]]:
    """Samples by contender; a different one begins each round."""
    samples: dict[str, list[float]] = {player.module: [] for player in players}
    for turn in range(effort.rounds):
        start = turn % max(1, len(players))
        for player in players[start:] + players[:start]:
            samples[player.module] += player.turn(task, events_file, per_frame, effort.slice_s)
    return samples
