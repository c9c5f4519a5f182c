"""The instantiations of the loop that watches rows, from the roles of the fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import CORE, banner, schema
from codegen.rows import member

GENERATOR = "src/_core/codegen/watch.py"

_UNITS = {schema.MS: "kMsToNs", schema.NS: "1", schema.EPOCH: "kByMagnitude"}


def _watcher(event: Any) -> str:
    unknown = {field.role for field in event.fields} - {"", *schema.ROLES}
    clocks = event.of_role(schema.CLOCK)
    sequences = event.of_role(schema.SEQUENCE)
    happened = event.of_role(schema.HAPPENED)
    if unknown or len(clocks) != 1 or len(sequences) > 1:
        raise ValueError(f"{event.name}: one clock, one sequence at most, and no other roles")
    clock = clocks[0]
    if any(field.kind is not clock.kind for field in happened) or clock.kind not in _UNITS:
        raise ValueError(f"{event.name}: its times have one unit")
    if any(field.kind is not schema.INT for field in sequences):
        raise ValueError(f"{event.name}: a sequence is of whole numbers")

    def offset(field: Any) -> str:
        return f"offsetof({event.name}Row, {member(field)})"

    arguments = [
        f"{event.name}Row",
        offset(clock),
        _UNITS[clock.kind],
        offset(sequences[0]) if sequences else "kNoField",
        *map(offset, happened),
    ]
    listed = ",\n               ".join(arguments)
    return f"    watch_rows<{listed}>,\n"


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    watchers = "".join(_watcher(event) for event in schema.EVENT_TYPES)
    text = (
        banner("//", GENERATOR)
        + '#include <cstddef>\n\n#include "watch/watch_rows.hpp"\n\n'
        + "namespace fastpoly {\n\n"
        + f"const RowWatcher kRowWatchers[kEventSpecCount] = {{\n{watchers}}};\n\n"
        + "}  // namespace fastpoly\n"
    )
    return {CORE / "watch/watch.gen.cpp": text}
