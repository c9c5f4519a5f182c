"""The folder in which the community package has its option symbol helpers, for imports of it."""

from __future__ import annotations

from fastpoly.polygon.options.options import (
    OptionSymbol,
    build_option_symbol,
    build_polygon_option_symbol,
    convert_option_symbol_formats,
    detect_option_symbol_format,
    parse_option_symbol,
    parse_polygon_option_symbol,
)

__all__ = [
    "OptionSymbol",
    "build_option_symbol",
    "build_polygon_option_symbol",
    "convert_option_symbol_formats",
    "detect_option_symbol_format",
    "parse_option_symbol",
    "parse_polygon_option_symbol",
]
