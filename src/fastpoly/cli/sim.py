"""``fastpoly sim``: the simulator in the foreground, an option for each of its settings."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import inspect
import re
import time
from typing import Any, get_args, get_origin, get_type_hints

import click

from fastpoly.cli.listening import no_listening
from fastpoly.cli.terminal import (
    ExitCode,
    FiniteRange,
    OutputClosed,
    report,
    run,
    say,
    write_out,
)
from fastpoly.errors import UsageError
from fastpoly.schema import MARKETS
from fastpoly.sim import Simulator, SimulatorConfig, faults

__all__ = ["command", "setting_options"]


def _documentation() -> dict[str, str]:
    """Setting -> what its class says about it."""
    # Without its indentation, which Python itself takes away from 3.13 on.
    text = inspect.getdoc(SimulatorConfig) or ""
    entries = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", text, re.MULTILINE)
    return {name: " ".join(words.replace("``", "").split()) for name, words in entries}


def setting_options(*names: str, **defaults: Any) -> list[click.Option]:
    """Return command-line options for settings of the simulator.

    Args:
        *names: Which; all of them if none is named.
        **defaults: Defaults that differ from the simulator's own.
    """
    documentation = _documentation()
    hints = get_type_hints(SimulatorConfig)
    options = []
    for spec in dataclasses.fields(SimulatorConfig):
        if names and spec.name not in names:
            continue
        flag = "--" + spec.name.replace("_", "-")
        hint = hints[spec.name]
        default = defaults.get(spec.name, spec.default)
        settings: dict[str, Any] = {"default": default, "help": documentation[spec.name]}
        if hint is bool:
            flag += f"/--no-{flag[2:]}"
        elif get_origin(hint) is tuple:
            # Given once for each value, so named for one.
            flag = flag.removesuffix("s")
            settings |= {"multiple": True, "default": ()}
        elif choices := get_args(hint):
            settings["type"] = click.Choice(choices)
        else:
            settings |= {"type": hint, "show_default": default != ""}
        options.append(click.Option([flag, spec.name], **{"show_default": True, **settings}))
    return options


def simulator_config(command: str = "sim", **settings: Any) -> SimulatorConfig:
    """Return the settings as given on the command line.

    Args:
        command: Whose options they are.
        **settings: The settings.

    Raises:
        UsageError: One has a bad value.
    """
    try:
        return SimulatorConfig.from_mapping(settings)
    except ValueError as error:
        raise UsageError(f"{error}.", hint=f"See fastpoly {command} --help.") from error


async def _report(simulator: Simulator, every_s: float) -> None:
    """Report on standard error what was sent, every so many seconds."""
    before, then = 0, time.monotonic()
    while True:
        await asyncio.sleep(every_s)
        stats, now = simulator.stats(), time.monotonic()
        sent = sum(stats["events"].values())
        say(
            f"{len(simulator.connections)} connections, {(sent - before) / (now - then):,.0f} "
            f"events/s, {sent:,} events in all"
        )
        before, then = sent, now


async def _serve(config: SimulatorConfig, report_every_s: float) -> int:
    try:
        simulator = Simulator(config)
    except ValueError as error:
        raise UsageError(
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            hint="Pass PEM files as --certfile and --keyfile.",
        ) from error
    try:
        await simulator.start()
    except OSError as error:
        raise no_listening(error, config.host, config.port) from error
    try:
        # At once, and whether or not anybody reads on: it is a server, not a filter.
        with contextlib.suppress(OutputClosed):
            write_out("\n".join(map(simulator.url, MARKETS)))
        keys = "one of the keys given" if config.keys else "any key"
        say(f"Listening; accepts {keys}. Press Ctrl-C to stop.")
        if report_every_s:
            await _report(simulator, report_every_s)
        await asyncio.Event().wait()
    finally:
        await simulator.stop()
    return ExitCode.OK


def _faults_explained() -> str:
    """The table of faults, for the end of the help; lines as they are, not filled."""
    paragraphs = (faults.__doc__ or "").split("\n\n")
    table = "\n".join(f"  {kind.name:12}  {kind.doc}" for kind in faults.FAULTS.values())
    return "\n\n".join(f"\b\n{text}" for text in ("Faults:", table, *paragraphs[1:])).replace(
        "``", ""
    )


@click.command(name="sim", params=setting_options(port=8765), epilog=_faults_explained())
@click.option(
    "--report",
    "report_every_s",
    type=FiniteRange(min=0),
    metavar="SECONDS",
    default=0,
    help="Report on standard error what was sent, at this interval; 0 for never.",
)
def command(report_every_s: float, **settings: Any) -> int:
    """Run a simulator of the service on this machine.

    Prints the URL of each market on standard output and serves until Ctrl-C. The data is made up,
    the protocol is the service's; the same seed makes the same market.
    """
    try:
        config = simulator_config(**settings)
    except UsageError as error:
        report(error)
        return ExitCode.USAGE
    return run(_serve(config, report_every_s))
