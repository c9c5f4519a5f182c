"""The table of commands, and the command that holds them."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Sequence
from functools import partial
from typing import Final

import click

from fastpoly._version import __version__
from fastpoly.cli.terminal import ExitCode, code_of

__all__ = ["COMMANDS", "run"]

COMMANDS: Final = {
    "demo": "fastpoly.cli.demo",
    "tail": "fastpoly.cli.tail",
    "fetch": "fastpoly.cli.fetch",
    "sim": "fastpoly.cli.sim",
    "hub": "fastpoly.cli.hub",
    "publish": "fastpoly.cli.publish",
    "convert": "fastpoly.cli.recordings.convert",
    "record": "fastpoly.cli.recordings.record",
    "cat": "fastpoly.cli.recordings.cat",
    "info": "fastpoly.cli.recordings.info",
    "capture": "fastpoly.cli.recordings.capture",
    "replay": "fastpoly.cli.recordings.replay",
}
"""Command -> the module that has it, under the name ``command``; imported when it is used."""


class Commands(click.Group):
    """A group whose commands come from `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name]).command
        return command


EPILOG: Final = """\b
Exit codes:
  0    all went well, or the reader of the output has gone
  1    it failed; demo: events were lost; tail: nothing came within --wait
  2    wrong usage, or no API key
  3    the server refused the key, the market or a subscription
  4    the connection failed
  130  Ctrl-C        143  SIGTERM

The API key comes from FASTPOLY_API_KEY, MASSIVE_API_KEY or POLYGON_API_KEY."""


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def fastpoly() -> None:
    """Stream Polygon.io / Massive.com market data, or a simulated market."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; see `fastpoly.cli.main`."""
    return code_of(partial(_run, arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = fastpoly.main(
            args=None if arguments is None else list(arguments),
            prog_name="fastpoly",
            standalone_mode=False,
        )
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        with contextlib.suppress(OSError):  # standard error is full: nobody can be told
            error.show()
        return error.exit_code
    return int(code or 0)
