"""``fastpoly info``: what is in a recording."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from fastpoly.capture import CaptureInfo, MarkKind, info
from fastpoly.cli.terminal import ExitCode, exit_code, report
from fastpoly.errors import FastpolyError

__all__ = ["as_dict", "as_text", "command"]


def as_dict(found: CaptureInfo) -> dict[str, Any]:
    """Return what is in a recording as plain data."""
    return {
        "files": [
            {
                "path": file.path,
                "bytes": file.nbytes,
                "library": file.library,
                "metadata": file.metadata,
                "complete": file.complete,
                "indexed": file.indexed,
                "chunks": file.chunks,
            }
            for file in found.files
        ],
        "markets": list(found.markets),
        "first_ns": found.first_ns,
        "last_ns": found.last_ns,
        "seconds": found.seconds,
        "frames": found.frames,
        "events": found.events,
        "symbols": found.symbols,
        "bytes": found.nbytes,
        "frame_bytes": found.frame_bytes,
        "ratio": round(found.ratio, 3),
        "marks": {kind.value: count for kind, count in found.marks.items()},
        "gaps": [{"at_ns": gap.at_ns, **gap.detail} for gap in found.gaps],
        "damaged": [
            {"path": one.path, "offset": one.offset, "bytes": one.nbytes, "reason": one.reason}
            for one in found.damage
        ],
        "bad_frames": found.bad_frames,
    }


def _time(at_ns: int) -> str:
    if not at_ns:
        return "-"
    seconds, rest = divmod(at_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03d}"


def as_text(found: CaptureInfo) -> str:
    """Return what is in a recording, to be read."""
    lines = []
    for file in found.files:
        lines.append(f"{file.path}: {file.nbytes:,} bytes, {file.chunks:,} chunks, {file.library}")
        if not file.complete:
            lines.append("  it has no end: it was cut off, or is still being written")
    events = sum(found.events.values())
    lines += [
        f"from   {_time(found.first_ns)} UTC",
        f"to     {_time(found.last_ns)} UTC, {found.seconds:,.1f} s",
        f"frames {found.frames:,}, {found.frame_bytes:,} bytes: {found.ratio:.1f} to a byte",
        f"events {events:,}",
        *(f"  {name:8}{count:>15,}" for name, count in sorted(found.events.items())),
        *(f"symbols of {name}: {count:,}" for name, count in found.symbols.items()),
        f"connections {found.marks.get(MarkKind.CONNECTED, 0):,}, "
        f"lost {found.marks.get(MarkKind.LOST, 0):,}, gaps {len(found.gaps):,}, "
        f"frames that are not JSON {found.bad_frames:,}",
    ]
    lines += [
        f"  gap at {_time(gap.at_ns)}: {gap.detail.get('cause', 'no cause given')}"
        for gap in found.gaps[:20]
    ]
    if len(found.gaps) > 20:
        lines.append(f"  and {len(found.gaps) - 20:,} more")
    lines += [
        f"  damaged at byte {one.offset:,} of {one.path}: {one.reason}" for one in found.damage
    ]
    return "\n".join(lines)


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("--market", help="The market, where the file does not say it.")
@click.option("--json", "as_line", is_flag=True, help="Write it as one line of JSON.")
def command(paths: tuple[str, ...], market: str | None, as_line: bool) -> int:
    """Say what is in recordings: time, events by channel, symbols, gaps, sizes.

    Reads all of them. Exits with 1 where something is damaged.
    """
    try:
        found = info(*paths, market=market)
    except FastpolyError as error:
        report(error)
        return exit_code(error)
    click.echo(json.dumps(as_dict(found)) if as_line else as_text(found))
    return ExitCode.FAILED if found.damage else ExitCode.OK
