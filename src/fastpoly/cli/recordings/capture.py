"""``fastpoly capture``: care for the files of recordings."""

from __future__ import annotations

import click

from fastpoly.capture import repair
from fastpoly.cli.terminal import ExitCode, exit_code, report
from fastpoly.errors import FastpolyError

__all__ = ["command"]


@click.group()
def command() -> None:
    """Care for the files of recordings."""


@command.command("repair")
@click.argument("path", metavar="FILE")
@click.argument("out", metavar="NEW")
@click.option("--market", help="The market, where the file does not say it.")
@click.option("-f", "--force", is_flag=True, help="Replace NEW if it exists.")
def repair_command(path: str, out: str, market: str | None, force: bool) -> int:
    """Write all that can be read of a damaged or cut off FILE to a NEW one that is whole.

    FILE stays as it is. Says what could not be read; NEW has a mark in its place.
    """
    try:
        account = repair(path, out, market=market, overwrite=force)
    except FastpolyError as error:
        report(error)
        return exit_code(error)
    for one in account.damage:
        click.echo(
            f"fastpoly: not read: {one.nbytes:,} bytes at byte {one.offset:,}: {one.reason}",
            err=True,
        )
    click.echo(
        f"{account.path}: {account.frames:,} frames and {account.marks:,} marks, "
        f"{account.nbytes:,} bytes"
    )
    return ExitCode.OK
