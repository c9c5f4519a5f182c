"""Draws charts as SVG, legible on light and on dark pages, with nothing but text formatting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 760
LABEL_WIDTH: Final = 230
LETTER_WIDTH: Final = 6.6
LINE_STYLES: Final = 7
VALUE_WIDTH: Final = 80
ROW: Final = 22
STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .heading { font-weight: 600; fill: #1f2328 }
  .ours { fill: #0969da } .other { fill: #afb8c1 } .grid { stroke: #d0d7de }
  .line-0 { stroke: #0969da; fill: #0969da } .line-1 { stroke: #bf8700; fill: #bf8700 }
  .line-2 { stroke: #1a7f37; fill: #1a7f37 } .line-3 { stroke: #cf222e; fill: #cf222e }
  .line-4 { stroke: #8250df; fill: #8250df } .line-5 { stroke: #6e7781; fill: #6e7781 }
  .line-6 { stroke: #bf3989; fill: #bf3989 }
  polyline { fill: none !important; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title, .heading { fill: #f0f6fc }
    .ours { fill: #4493f8 } .other { fill: #57606a } .grid { stroke: #3d444d }
    .line-0 { stroke: #4493f8; fill: #4493f8 } .line-1 { stroke: #d29922; fill: #d29922 }
    .line-2 { stroke: #3fb950; fill: #3fb950 } .line-3 { stroke: #f85149; fill: #f85149 }
    .line-4 { stroke: #ab7df8; fill: #ab7df8 } .line-5 { stroke: #9198a1; fill: #9198a1 }
    .line-6 { stroke: #f778ba; fill: #f778ba }
  }
"""


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its value, and whether it is fastpoly's."""

    label: str
    value: float
    ours: bool


@dataclass(frozen=True)
class Line:
    """One line: its label and its points, x rising."""

    label: str
    points: Sequence[tuple[float, float]]


def bars(
    title: str, groups: Sequence[tuple[str, Sequence[Bar]]], spelled: Callable[[float], str]
) -> str:
    """Horizontal bars in groups, each group to a scale of its own."""
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    parts = [text(0, 18, title, "title")]
    y = 34
    for heading, members in groups:
        longest = max((bar.value for bar in members), default=1.0)
        parts.append(text(0, y + 16, heading, "heading"))
        y += ROW
        for bar in members:
            width = max(1.0, room * bar.value / longest)
            parts += [
                text(LABEL_WIDTH - 8, y + 15, bar.label, anchor="end"),
                f'<rect class="{"ours" if bar.ours else "other"}" x="{LABEL_WIDTH}" y="{y + 3}" '
                f'width="{width:.1f}" height="{ROW - 6}" rx="2"/>',
                text(LABEL_WIDTH + width + 6, y + 15, spelled(bar.value)),
            ]
            y += ROW
        y += 8
    return document(title, y, parts)


def lines(
    title: str,
    series: Sequence[Line],
    *,
    x_label: str,
    spelled_x: Callable[[float], str],
    spelled_y: Callable[[float], str],
    log_x: bool = True,
    log_y: bool = False,
) -> str:
    """Lines over one pair of axes; the y axis begins at zero unless it is logarithmic."""
    left, right = 70, WIDTH - 20
    places = legend([line.label for line in series], left, right)
    top = places[-1][1] + 26
    bottom = top + 240
    points = [point for line in series for point in line.points]
    xs = scale([x for x, _ in points], left, right, log=log_x)
    ys = scale([y for _, y in points] + ([] if log_y else [0.0]), bottom, top, log=log_y)
    parts = [text(0, 18, title, "title")]
    for value in ticks([y for _, y in points], log=log_y):
        height = f'y1="{ys(value):.1f}" y2="{ys(value):.1f}"'
        parts += [
            f'<line class="grid" x1="{left}" x2="{right}" {height}/>',
            text(left - 8, ys(value) + 4, spelled_y(value), anchor="end"),
        ]
    shown = -math.inf
    for value in sorted({x for x, _ in points}):
        if xs(value) - shown > 45:
            parts.append(text(xs(value), bottom + 18, spelled_x(value), anchor="middle"))
            shown = xs(value)
    parts.append(text((left + right) / 2, bottom + 36, x_label, anchor="middle"))
    for index, (line, (x, y)) in enumerate(zip(series, places, strict=True)):
        path = " ".join(f"{xs(across):.1f},{ys(up):.1f}" for across, up in line.points)
        kind = f"line-{index % LINE_STYLES}"
        parts += [
            f'<polyline class="{kind}" points="{path}"/>',
            f'<rect class="{kind}" x="{x:.0f}" y="{y - 9:.0f}" width="10" height="10" rx="2"/>',
            text(x + 15, y, line.label),
        ]
    return document(title, bottom + 44, parts)


def legend(labels: Sequence[str], left: float, right: float) -> list[tuple[float, float]]:
    """Where each label goes: side by side, in as many rows as it takes."""
    places: list[tuple[float, float]] = []
    x, y = left, 43.0
    for label in labels:
        width = 30 + LETTER_WIDTH * len(label)
        if places and x + width > right:
            x, y = left, y + 18
        places.append((x, y))
        x += width
    return places


def text(x: float, y: float, content: str, kind: str = "", anchor: str = "start") -> str:
    """One line of text; `y` is its base line."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def document(title: str, height: float, parts: Sequence[str]) -> str:
    """The whole file."""
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">\n'
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def scale(
    values: Sequence[float], start: float, end: float, *, log: bool
) -> Callable[[float], float]:
    """A function from values to places between `start` and `end`."""
    bend = math.log10 if log else float
    low, high = bend(min(values)), bend(max(values))
    span = high - low or 1.0
    return lambda value: start + (end - start) * (bend(value) - low) / span


def ticks(values: Sequence[float], *, log: bool) -> list[float]:
    """Where grid lines go: powers of ten, or four or five round values."""
    if log:
        first, last = math.ceil(math.log10(min(values))), math.floor(math.log10(max(values)))
        return [10.0**power for power in range(first, last + 1)]
    highest = max(values)
    step = 10.0 ** math.floor(math.log10(highest / 2))
    while highest / step > 5:
        step *= 2
    return [step * count for count in range(int(highest / step) + 1)]
