"""The ``fastpoly`` command; what it needs is an extra, and without that it says so."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from fastpoly.net.standard_streams import occupy_standard_descriptors

__all__ = ["main"]

_EXTRA = frozenset({"click", "rich", "orjson"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the command's name; the process's own arguments by default.

    Returns:
        The exit code; `fastpoly.cli.terminal.ExitCode` says what each means.
    """
    occupy_standard_descriptors()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # its descriptor was closed when Python started
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the process lives
    try:
        from fastpoly.cli.commands import run

        return run(arguments)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        print(
            f"fastpoly: the command line needs {package}, which is not installed.\n"
            "  Install the extra: pip install 'fastpoly[cli]'",
            file=sys.stderr,
        )
        return 2
