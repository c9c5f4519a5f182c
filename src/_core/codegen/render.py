"""A C++ struct and a JSON renderer per event type, for the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import CORE, banner, schema

GENERATOR = "src/_core/codegen/render.py"

_HEADER = """\
// One struct per event type and its rendering, keys in the order in which the server sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/text.hpp"

namespace fastpoly::sim {

// Room that one rendered event needs at most, but for the levels of a book.
constexpr size_t kMaxEventText = 1024;
constexpr size_t kMaxLevelText = 64;
"""

_CPP_TYPES = {
    "SYMBOL": "const SymbolText*",
    "TEXT": "ShortText",
    "DECIMAL": "Millionths",
    "INT": "int64_t",
    "FLOAT": "Decimal",
    "MS": "int64_t",
    "NS": "int64_t",
    "EPOCH": "int64_t",
    "FLAG": "bool",
    "CODES": "Codes",
    "LEVELS": "Levels",
}
_INITIAL = {"const SymbolText*": " = nullptr", "int64_t": " = 0", "bool": " = false"}


def _flag(field: Any) -> str:
    """The name of the bit that says that a field is sent."""
    return "kHas" + "".join(word.capitalize() for word in field.name.split("_"))


def _struct(event: Any) -> list[str]:
    """The struct of an event type; `has` tells which of its optional keys are sent."""
    optional = [field for field in event.fields if field.optional]
    lines = ["", f"struct {event.name} {{"]
    if optional:
        lines += ["  enum Has : uint32_t {"]
        lines += [f"    {_flag(field)} = 1u << {i}," for i, field in enumerate(optional)]
        lines += ["  };", "", "  uint32_t has = 0;"]
    for field in event.fields:
        cpp = _CPP_TYPES[field.kind.name]
        lines += [f"  {cpp} {field.name}{_INITIAL.get(cpp, '')};  // {field.key}"]
    return [*lines, "};"]


def _renderer(event: Any) -> list[str]:
    """The function that writes an event as JSON."""
    lines = [
        "",
        '// `head` is the object up to its second key, as in `{"ev":"T"`.',
        f"inline char* render(char* out, std::string_view head, const {event.name}& row) {{",
        "  std::memcpy(out, head.data(), head.size());",
        "  out += head.size();",
    ]
    for field in event.fields:
        put = f'put_value(put_literal(out, ",\\"{field.key}\\":"), row.{field.name});'
        if field.optional:
            lines += [f"  if (row.has & {event.name}::{_flag(field)}) {{"]
            lines += [f"    out = {put}", "  }"]
        else:
            lines += [f"  out = {put}"]
    return [*lines, "  *out++ = '}';", "  return out;", "}"]


def _channels(market: Any) -> list[str]:
    """The channels of a market by number, their names, and the beginnings of their events."""
    names = [channel.name for channel in market.channels]
    return [
        "",
        f"struct {market.name.capitalize()}Channel {{",
        "  enum : uint8_t {",
        *(f"    {name} = {i}," for i, name in enumerate(names)),
        "  };",
        f"  static constexpr size_t kCount = {len(names)};",
        "  static constexpr std::string_view kNames[] = {",
        *(f'      "{name}",' for name in names),
        "  };",
        "  static constexpr std::string_view kHeads[] = {",
        *(f'      "{{\\"ev\\":\\"{name}\\"",' for name in names),
        "  };",
        "};",
    ]


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    lines = []
    for event in schema.EVENT_TYPES:
        lines += _struct(event) + _renderer(event)
    for market in schema.MARKETS.values():
        lines += _channels(market)
    text = banner("//", GENERATOR) + _HEADER + "\n".join(lines)
    return {CORE / "sim/render.gen.hpp": text + "\n\n}  // namespace fastpoly::sim\n"}
