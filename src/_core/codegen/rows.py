"""Row structs, field tables and canonical parsers for the decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import CORE, banner, schema

GENERATOR = "src/_core/codegen/rows.py"

_KIND_ENUM = {kind.name: "k" + kind.name.title() for kind in schema.KINDS}

# How a value of each kind begins on the wire, and what reads it between `p` and `end`.
_OPENERS = {"SYMBOL": '"', "TEXT": '"', "DECIMAL": '"', "CODES": "["}
_READERS = {
    "SYMBOL": "take_symbol(p, end, row.{name})",
    "TEXT": "take_text(p, end, row.{name})",
    "DECIMAL": "take_text(p, end, row.{name})",
    "NS": "FASTPOLY_NUMBERS::take_int(p, end, row.{name})",
    "EPOCH": "FASTPOLY_NUMBERS::take_int(p, end, row.{name})",
    "FLOAT": "FASTPOLY_NUMBERS::take_float(p, end, row.{name}, whole)",
    "FLAG": "read_flag(p, row.{name}) == end",
    "CODES": "take_codes(p, base, at, row.{name})",
}
_ABSENT = {
    "SYMBOL": "row.{name} = nullptr;",
    "TEXT": "row.{name} = {{}};",
    "DECIMAL": "row.{name} = {{}};",
    "INT": "row.{name} = kMissingInt;",
    "MS": "row.{name} = kMissingInt;",
    "NS": "row.{name} = kMissingInt;",
    "EPOCH": "row.{name} = kMissingInt;",
    "FLOAT": "row.{name} = NAN;",
    "FLAG": "row.{name} = 0;",
    "CODES": "clear_codes(row.{name});",
    "LEVELS": "",
}


def member(field: Any) -> str:
    """The name of a field's member in its row; a trailing underscore keeps off keywords."""
    return f"{field.name}_"


def cpp_type(field: Any) -> str:
    """The C++ type of a field's member in its row."""
    return str(field.kind.cpp.format(width=field.width))


def c_string(text: str) -> str:
    """A C++ string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def key_word(text: str) -> str:
    """Up to eight bytes as the little-endian word that a load gives."""
    if len(text) > 8:
        raise ValueError(f"{text!r} has more than the eight bytes that a key word holds")
    return f"{int.from_bytes(text.encode(), 'little'):#x}ull"


def _structs() -> str:
    parts = []
    for event in schema.EVENT_TYPES:
        members = "".join(
            f"  {cpp_type(field)} {member(field)};  // {field.key}\n"
            for field in in_row_order(event)
        )
        parts.append(f"// {event.doc}\nstruct {event.name}Row {{\n  RowHead head;\n{members}}};\n")
    sizes = ", ".join(f"sizeof({event.name}Row)" for event in schema.EVENT_TYPES)
    return (
        banner("//", GENERATOR)
        + '#pragma once\n\n#include <algorithm>\n\n#include "rows/market.hpp"\n#include "rows/row.hpp"\n\n'
        + "namespace fastpoly {\n\n"
        + "\n".join(parts)
        + f"\nconstexpr size_t kMaxRowSize = std::max({{sizeof(RawRow), {sizes}}});\n\n"
        + "// Room for a row of any event.\nstruct EventRow {\n"
        + "  alignas(8) char bytes[kMaxRowSize];\n};\n\n"
        + f"constexpr int kEventSpecCount = {len(schema.EVENT_TYPES)};\n\n"
        + "}  // namespace fastpoly\n"
    )


def together(event: Any) -> list[Any]:
    """The fields whose values are read together: they stand side by side in the row.

    Times in ns have more digits than are read at a time.
    """
    return [field for field in event.fields if field.kind in (schema.INT, schema.MS)]


def in_row_order(event: Any) -> list[Any]:
    """An event's fields in the order of the row's members: its symbol first, as `SymbolRow` says."""
    first = [event.symbol, *together(event)]
    return [*first, *(field for field in event.fields if field not in first)]


def _found(literal: str) -> str:
    """The condition that the text at the next separator is this."""
    words = [key_word(literal[:8])]
    if len(literal) > 8:
        words.append(key_word(literal[-8:]))
    return f"starts_with<{len(literal)}>(base + *at, {', '.join(words)})"


def _int_finder(slot: int, field: Any, bit: int) -> str:
    literal = f',"{field.key}":'
    return (
        f"  // {literal}\n  if (FASTPOLY_LIKELY({_found(literal)})) {{\n"
        f"    const char* const p = base + *at + {len(literal)};\n"
        f"    ints.set({slot}, p, base + *++at);\n"
        f"    plain |= {1 << bit:#x};\n"
        f"  }} else {{\n    ints.skip({slot}, base);\n  }}\n"
    )


def _field_reader(bit: int, field: Any) -> str:
    name = member(field)
    kind = field.kind.name
    absent = _ABSENT[kind].format(name=name)
    reader = _READERS.get(kind)
    if reader is None:
        return f"  {absent}\n" if absent else ""
    literal = f',"{field.key}":' + _OPENERS.get(kind, "")
    lines = [f"  // {literal}\n  if (FASTPOLY_LIKELY({_found(literal)})) {{\n"]
    lines.append(f"    const char* const p = base + *at + {len(literal)};\n")
    if kind != "CODES":  # a list's own commas are among the separators
        lines.append("    const char* const end = base + *++at;\n")
    if kind == "FLOAT":
        lines.append("    bool whole;\n")
    lines.append(f"    if (FASTPOLY_UNLIKELY(!({reader.format(name=name)}))) return false;\n")
    lines.append(f"    plain |= {1 << bit:#x};\n")
    if kind == "FLOAT":
        lines.append(f"    integer |= static_cast<uint32_t>(whole) << {bit};\n")
    lines.append(f"  }} else {{\n    {absent}\n  }}\n")
    return "".join(lines)


def _parser(event: Any) -> str:
    ints = together(event)
    readers = "".join(
        _int_finder(ints.index(field), field, bit) if field in ints else _field_reader(bit, field)
        for bit, field in enumerate(event.fields)
    )
    start = f"  Tokens<{len(ints)}> ints(base);\n" if ints else ""
    bits = sum(1 << bit for bit, field in enumerate(event.fields) if field in ints)
    finish = (
        f"  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<{bits:#x}>(ints, plain, "
        f"&row.{member(ints[0])}))))\n    return false;\n"
        if ints
        else ""
    )
    return (
        f"bool parse_{event.name}(const char* base, const uint32_t*& separators, char* into) {{\n"
        f"  {event.name}Row& row = *reinterpret_cast<{event.name}Row*>(into);\n"
        "  const uint32_t* at = separators;\n"
        "  uint32_t plain = 0, integer = 0;\n"
        + start
        + readers
        + finish
        + "  row.head = RowHead{};\n  row.head.plain = plain;\n  row.head.integer = integer;\n"
        "  separators = at;\n  return base[*at] == '}';\n}\n"
    )


def _parsers() -> str:
    listed = "".join(f"    parse_{event.name},\n" for event in schema.EVENT_TYPES)
    return (
        banner("//", GENERATOR)
        + "// Included once for each kind of processor, with FASTPOLY_NUMBERS and FASTPOLY_PARSERS.\n"
        + "#include <cmath>\n\n"
        + '#include "decode/canonical/take.hpp"\n#include "rows/events.gen.hpp"\n\n'
        + "namespace fastpoly {\n\nnamespace {\n\n"
        + "\n".join(_parser(event) for event in schema.EVENT_TYPES)
        + "\n}  // namespace\n\n"
        + f"const EventParser FASTPOLY_PARSERS[] = {{\n{listed}}};\n\n"
        + "}  // namespace fastpoly\n"
    )


def _tables() -> str:
    parts = []
    for index, event in enumerate(schema.EVENT_TYPES):
        rows = "".join(
            f"    {{{key_word(field.key)}, {c_string(field.key)}, {c_string(field.name)}, "
            f"Kind::{_KIND_ENUM[field.kind.name]}, {len(field.key)}, {field.width or 23}, "
            f"offsetof({event.name}Row, {member(field)})}},\n"
            for field in event.fields
        )
        parts.append(
            f"const FieldSpec k{event.name}Fields[] = {{\n{rows}}};\n\n"
            + f"const EventSpec k{event.name} = {{{c_string(event.name)}, k{event.name}Fields, "
            + f"sizeof({event.name}Row), {len(event.fields)}, {index}}};\n"
        )
    markets, rows = [], []
    for index, market in enumerate(schema.MARKETS.values()):
        channels = "".join(
            f"    {{{key_word(channel.name + chr(34))}, {(1 << 8 * len(channel.name) + 8) - 1:#x}ull, "
            f"{len(channel.name) + 1}, {c_string(channel.name)}, &k{channel.event.name}}},\n"
            for channel in market.channels
        )
        table = f"k{market.name.title()}Channels"
        markets.append(f"const ChannelSpec {table}[] = {{\n{channels}}};\n")
        rows.append(f"    {{{c_string(market.name)}, {table}, {len(market.channels)}, {index}}},\n")
    most_fields = max(len(event.fields) for event in schema.EVENT_TYPES)
    most_channels = max(len(market.channels) for market in schema.MARKETS.values())
    specs = "".join(f"    &k{event.name},\n" for event in schema.EVENT_TYPES)
    return (
        banner("//", GENERATOR)
        + '#include <cstddef>\n\n#include "rows/events.gen.hpp"\n\n'
        + "namespace fastpoly {\n\n"
        + f"static_assert({most_fields} <= kMaxFields && {most_channels} <= kMaxChannels);\n\n"
        + "namespace {\n\n"
        + "\n".join(parts)
        + "\n"
        + "\n".join(markets)
        + "\n}  // namespace\n\n"
        + f"const EventSpec* const kEventSpecs[] = {{\n{specs}}};\n\n"
        + f"const MarketSpec kMarkets[kMarketCount] = {{\n{''.join(rows)}}};\n\n"
        + "}  // namespace fastpoly\n"
    )


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    return {
        CORE / "rows/events.gen.hpp": _structs(),
        CORE / "rows/events.gen.cpp": _tables(),
        CORE / "decode/canonical/parsers.gen.hpp": _parsers(),
    }
