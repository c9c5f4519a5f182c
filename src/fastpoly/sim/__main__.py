"""``python -m fastpoly.sim``: a simulator in a process of its own."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any, get_args, get_origin, get_type_hints

from fastpoly.schema import MARKETS
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.control import run
from fastpoly.sim.server import Simulator

# Options that are given once per value.
_SINGULAR = {"keys": "key", "keys_without_plan": "key_without_plan", "faults": "fault"}


def _parser() -> argparse.ArgumentParser:
    """One option per setting of `SimulatorConfig`."""
    parser = argparse.ArgumentParser(
        prog="python -m fastpoly.sim",
        description="A simulator of the market-data service on loopback.",
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="take settings (the first line) and commands on standard input, answer on output; "
        "everything is JSON, one object a line",
    )
    hints = get_type_hints(SimulatorConfig)
    for spec in dataclasses.fields(SimulatorConfig):
        option = "--" + _SINGULAR.get(spec.name, spec.name).replace("_", "-")
        hint = hints[spec.name]
        settings: dict[str, Any] = {"dest": spec.name, "default": argparse.SUPPRESS}
        if hint is bool:
            settings["action"] = argparse.BooleanOptionalAction
        elif get_origin(hint) is tuple:
            settings |= {"action": "append", "metavar": "TEXT"}
        elif get_args(hint):
            settings["choices"] = get_args(hint)
        else:
            settings["type"] = hint
        parser.add_argument(option, **settings)
    return parser


def _first_line() -> str:
    """The settings: on standard input, because they may hold keys and arguments are public.

    Read without a buffer, which would swallow the commands that follow.
    """
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as lines:
        return lines.readline().decode()


def _announce(simulator: Simulator) -> None:
    for market in MARKETS:
        print(simulator.url(market), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator and return the exit code."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    controlled = options.pop("control")
    try:
        config = SimulatorConfig.from_json(_first_line() if controlled else "{}")
        config = SimulatorConfig.from_mapping({**dataclasses.asdict(config), **options})
    except ValueError as error:
        parser.error(str(error))
    try:
        run(config, controlled=controlled, on_ready=None if controlled else _announce)
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
