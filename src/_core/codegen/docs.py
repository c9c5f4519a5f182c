"""The reference page of every event type and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import ROOT, schema

GENERATOR = "src/_core/codegen/docs.py"


def _section(event: Any) -> str:
    sent_as = ", ".join(
        f"{market.name} `{channel.name}`"
        for market in schema.MARKETS.values()
        for channel in market.channels
        if channel.event is event
    )
    rows = "".join(
        f"| `{field.key}` | `{field.name}` | `{field.kind.python}` | {field.kind.doc} "
        f"| {'optional' if field.optional else 'always'} | {field.doc} | {field.source} |\n"
        for field in event.fields
    )
    return (
        f"## {event.name}\n\n{event.doc}\n\nSent as: {sent_as}.\n\n"
        "| key | attribute | type | on the wire | sent | meaning | source |\n"
        "|---|---|---|---|---|---|---|\n" + rows
    )


def _page() -> str:
    markets = "".join(
        f"| {market.name} | `{channel.name}` | [{channel.event.name}](#{channel.event.name.lower()}) "
        f"| {channel.doc} | {'yes' if channel.wildcard else 'no'} | {channel.feed} |\n"
        for market in schema.MARKETS.values()
        for channel in market.channels
    )
    sources = "".join(f"- `{name}`: {text}\n" for name, text in schema.SOURCES.items())
    statuses = "".join(
        f"| `{status.status}` | `{status.message}` | {status.error or '(none)'} | {status.doc} |\n"
        for status in schema.STATUSES
    )
    return (
        f"<!-- Generated from src/fastpoly/schema.py by {GENERATOR}. Do not edit. -->\n\n"
        "# Events\n\n"
        "Every event has `event_type`, the wire's `ev`. A key that the server did not send is `None` "
        "as an attribute and absent as a key.\n\n"
        "| market | channel | class | carries | takes `*` | feed |\n|---|---|---|---|---|---|\n"
        + markets
        + "\nWhere a field's name comes from:\n\n"
        + sources
        + "\n"
        + "\n".join(_section(event) for event in schema.EVENT_TYPES)
        + "\n## Status\n\nA control message. A stream turns it into a result or an error.\n\n"
        "| status | message begins with | becomes | when |\n|---|---|---|---|\n" + statuses
    )


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    return {ROOT / "docs" / "events.md": _page()}
