"""Records of NumPy arrays: one struct and one function that fills it for each event type."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from codegen import CORE, banner, schema
from codegen.rows import c_string, in_row_order, member

GENERATOR = "src/_core/codegen/columns.py"

SYMBOL_WIDTHS = (16, 24, 32)
"""Most symbols fit the first, option contracts the second, and whatever a row holds the last."""

# The members of a record. They are laid out as C lays them out, and so is the array's dtype.
_MEMBERS = {
    "SYMBOL": "char32_t {name}[W]",
    "TEXT": "char32_t {name}[{width}]",
    "DECIMAL": "double {name}",
    "INT": "int64_t {name}",
    "FLOAT": "double {name}",
    "MS": "int64_t {name}",
    "NS": "int64_t {name}",
    "EPOCH": "int64_t {name}",
    "FLAG": "uint8_t {name}",
    "CODES": "int16_t {name}[Codes::kMax]",
}
_WRITERS = {
    "SYMBOL": "put_symbol<W>(row->{name}, record->{name}, widest)",
    "TEXT": "put_text(row->{name}, record->{name})",
    "DECIMAL": "record->{name} = decimal_value(row->{name})",
    "EPOCH": "record->{name} = epoch_ns(row->{name})",
    "FLAG": "put_flag(row->{name}, &record->{name})",
}
# What is written for these is longer than their column: the rest is padding, or written later.
_WRITTEN_BYTES = {
    "TEXT": "sizeof(Record::{name}) + sizeof(char32_t)",
    "FLAG": "sizeof(uint64_t)",
}
# Rows and records have these alike, so that neighbours are copied in one go.
_ALIKE = ("INT", "FLOAT", "MS", "NS", "CODES")


def _columns(event: Any) -> list[Any]:
    # Levels are Python objects in an array, and not written here. In the schema's order, because
    # NumPy neither saves nor exports arrays whose columns lie in another order than their names.
    return [field for field in event.fields if field.kind.name in _MEMBERS]


def _runs(event: Any) -> list[list[Any]]:
    """The columns in order; those copied in one go, because rows have them alike, are together."""
    runs: list[list[Any]] = []
    neighbours = set(pairwise(map(member, in_row_order(event))))
    before = None
    for field in _columns(event):
        alike = (
            before is not None
            and field.kind.name in _ALIKE
            and before.kind.name in _ALIKE
            and (member(before), member(field)) in neighbours
        )
        if alike:
            runs[-1].append(field)
        else:
            runs.append([field])
        before = field
    return runs


def _copy(run: list[Any]) -> tuple[str, str]:
    """The statement that copies a run, and what it relies on."""
    first, last = member(run[0]), member(run[-1])
    # With the padding after a list of codes: what nobody has written must not get into a file.
    size = "sizeof(Codes)" if run[-1].kind.name == "CODES" else f"sizeof(Record::{last})"
    asserts = "".join(
        f"  static_assert(offsetof(Record, {member(one)}) - offsetof(Record, {first}) ==\n"
        f"                offsetof(Row, {member(one)}) - offsetof(Row, {first}));\n"
        for _, one in pairwise(run)
    )
    return (
        f"    copy_bytes<offsetof(Record, {last}) + {size} -\n"
        f"               offsetof(Record, {first})>(\n"
        f"        row, offsetof(Row, {first}), record, offsetof(Record, {first}));\n",
        asserts,
    )


def _record(event: Any) -> str:
    columns = _columns(event)
    symbols = [member(field) for field in columns if field.kind.name == "SYMBOL"]
    if len(symbols) != 1:
        raise ValueError(f"{event.name}: an event has one symbol")
    symbol = symbols[0]
    members = "".join(
        f"  {_MEMBERS[field.kind.name].format(name=member(field), width=field.width)};\n"
        for field in columns
    )
    asserts, statements = "", ""
    for run in _runs(event):
        field = run[0]
        if field.kind.name in _ALIKE:
            statement, relied = _copy(run)
            statements += statement
            asserts += relied
            continue
        statements += f"    {_WRITERS[field.kind.name].format(name=member(field))};\n"
        if field.kind.name in _WRITTEN_BYTES:
            name = member(field)
            written = _WRITTEN_BYTES[field.kind.name].format(name=name)
            asserts += (
                f"  static_assert(offsetof(Record, {name}) + {written} <=\n"
                "                sizeof(Record));\n"
            )
    offsets = "".join(
        f"    offsetof({event.name}Record<W>, {member(field)}),\n"
        if field in columns
        else "    kNoColumn,\n"
        for field in event.fields
    )
    return (
        f"template <int W>\nstruct {event.name}Record {{\n{members}}};\n\n"
        f"template <int W>\nvoid gather_{event.name}(const char* rows, size_t count, "
        "char* records, Gathered& seen) {\n"
        f"  using Row = {event.name}Row;\n  using Record = {event.name}Record<W>;\n{asserts}"
        "  const Row* row = reinterpret_cast<const Row*>(rows);\n"
        "  Record* record = reinterpret_cast<Record*>(records);\n"
        "  uint32_t foreign = seen.foreign, widest = seen.widest;\n"
        "  for (size_t i = 0; i < count && i < kAhead; ++i) "
        f"__builtin_prefetch(row[i].{symbol});\n"
        "  for (; count > 0; --count, ++row, ++record) {\n"
        f"    if (count > kAhead) __builtin_prefetch(row[kAhead].{symbol});\n"
        f"    foreign |= row->head.foreign;\n{statements}  }}\n"
        "  seen.foreign = foreign;\n  seen.widest = widest;\n}\n\n"
        f"template <int W>\nconst uint16_t k{event.name}Offsets[] = {{\n{offsets}}};\n"
    )


def _layouts(event: Any) -> str:
    return "".join(
        f"{{{width}, sizeof({event.name}Record<{width}>), k{event.name}Offsets<{width}>,\n"
        f"      gather_{event.name}<{width}>}},\n     "
        for width in SYMBOL_WIDTHS
    ).strip()


def _source() -> str:
    records = "\n".join(_record(event) for event in schema.EVENT_TYPES)
    layouts = "".join(f"    {{{_layouts(event)}}},\n" for event in schema.EVENT_TYPES)
    formats = "".join(f"    {c_string(kind.arrow)},\n" for kind in schema.KINDS)
    return (
        banner("//", GENERATOR)
        + "#include <cstddef>\n#include <cstring>\n\n"
        + '#include "columns/arrow.hpp"\n#include "columns/gather.hpp"\n'
        + '#include "rows/epoch.hpp"\n#include "rows/events.gen.hpp"\n\n'
        + "namespace fastpoly {\n\nnamespace {\n\n"
        + records
        + "\n}  // namespace\n\n"
        + f"const RecordLayout kRecordLayouts[][kSymbolWidths] = {{\n{layouts}}};\n\n"
        + f"const char* const kArrowFormats[] = {{\n{formats}}};\n\n"
        + "}  // namespace fastpoly\n"
    )


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    return {CORE / "columns/columns.gen.cpp": _source()}
