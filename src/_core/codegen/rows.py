"""Row structs, field tables and canonical parsers for the decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import CORE, banner, schema

GENERATOR = "src/_core/codegen/rows.py"

_KIND_ENUM = {kind.name: "k" + kind.name.title() for kind in schema.KINDS}

# How a value of each kind begins on the wire, and the statement that reads it at `p`.
_OPENERS = {"SYMBOL": '"', "TEXT": '"', "DECIMAL": '"', "CODES": "["}
_READERS = {
    "SYMBOL": "read_symbol(p, row.{name})",
    "TEXT": "read_text(p, row.{name})",
    "DECIMAL": "read_text(p, row.{name})",
    "INT": "read_int(p, row.{name})",
    "MS": "read_int(p, row.{name})",
    "NS": "read_int(p, row.{name})",
    "EPOCH": "read_int(p, row.{name})",
    "FLOAT": "read_float(p, row.{name}, whole)",
    "FLAG": "read_flag(p, row.{name})",
    "CODES": "read_codes(p, row.{name})",
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
        if len(event.fields) > 31:
            raise ValueError(f"{event.name}: the masks of a row hold 31 fields")
        members = "".join(
            f"  {cpp_type(field)} {member(field)};  // {field.key}\n" for field in event.fields
        )
        parts.append(f"// {event.doc}\nstruct {event.name}Row {{\n  RowHead head;\n{members}}};\n")
    sizes = ", ".join(f"sizeof({event.name}Row)" for event in schema.EVENT_TYPES)
    return (
        banner("//", GENERATOR)
        + '#pragma once\n\n#include <algorithm>\n\n#include "market.hpp"\n#include "row.hpp"\n\n'
        + "namespace fastpoly {\n\n"
        + "\n".join(parts)
        + f"\nconstexpr size_t kMaxRowSize = std::max({{sizeof(RawRow), {sizes}}});\n\n"
        + "// Room for a row of any event.\nstruct EventRow {\n"
        + "  alignas(8) char bytes[kMaxRowSize];\n};\n\n"
        + f"constexpr int kEventSpecCount = {len(schema.EVENT_TYPES)};\n\n"
        + "}  // namespace fastpoly\n"
    )


def _parser(event: Any) -> str:
    lines = []
    for bit, field in enumerate(event.fields):
        name = member(field)
        absent = _ABSENT[field.kind.name].format(name=name)
        reader = _READERS.get(field.kind.name)
        if reader is None:
            lines.append(f"  {absent}\n" if absent else "")
            continue
        literal = f',"{field.key}":' + _OPENERS.get(field.kind.name, "")
        is_float = field.kind.name == "FLOAT"
        lines.append(
            f"  if (starts_with(p, {c_string(literal)})) {{\n"
            + f"    p += {len(literal)};\n"
            + ("    bool whole;\n" if is_float else "")
            + f"    p = {reader.format(name=name)};\n"
            + "    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;\n"
            + f"    plain |= {1 << bit:#x};\n"
            + (f"    integer |= static_cast<uint32_t>(whole) << {bit};\n" if is_float else "")
            + f"  }} else {{\n    {absent}\n  }}\n"
        )
    return (
        f"const char* parse_{event.name}(const char* p, char* into, bool& complete) {{\n"
        f"  {event.name}Row& row = *reinterpret_cast<{event.name}Row*>(into);\n"
        "  uint32_t plain = 0, integer = 0;\n"
        + "".join(lines)
        + "  row.head.plain = plain;\n  row.head.foreign = 0;\n  row.head.integer = integer;\n"
        "  row.head.ordered = 0;\n  row.head.order = 0;\n"
        "  row.head.raw_at = 0;\n  row.head.raw_size = 0;\n"
        "  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;\n"
        f"  return parse_rest(k{event.name}, p, into, complete);\n}}\n"
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
            f"extern const EventSpec k{event.name};\n\n"
            + _parser(event)
            + f"\nconst FieldSpec k{event.name}Fields[] = {{\n{rows}}};\n\n"
            + f"const EventSpec k{event.name} = {{{c_string(event.name)}, k{event.name}Fields, "
            + f"parse_{event.name}, sizeof({event.name}Row), {len(event.fields)}, {index}}};\n"
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
    specs = "".join(f"    &k{event.name},\n" for event in schema.EVENT_TYPES)
    return (
        banner("//", GENERATOR)
        + "#include <cmath>\n#include <cstddef>\n\n"
        + '#include "events.gen.hpp"\n#include "fields.hpp"\n\n'
        + "namespace fastpoly {\n\nnamespace {\n\n"
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
    return {CORE / "events.gen.hpp": _structs(), CORE / "events.gen.cpp": _tables()}
