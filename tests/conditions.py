"""What conditions mean, said slowly; and random ones, written for the events of a frame.

A condition is told here as nested tuples: ``("compare", name, channels, operation, operands)``,
``("not", one)``, ``("and", ones)``, ``("or", ones)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, TypeAlias

from fastpoly import schema
from fastpoly.filters.conditions import Condition, field
from tests.reference import Expected

Told: TypeAlias = "tuple[Any, ...]"

NOTHING: Final = "nothing"
"""What a condition says of a channel that lacks the field."""

NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)

COMPARE: Final[dict[str, Callable[..., bool]]] = {
    "==": lambda value, other: bool(value == other),
    "!=": lambda value, other: bool(value != other),
    "<": lambda value, other: bool(value < other),
    "<=": lambda value, other: bool(value <= other),
    ">": lambda value, other: bool(value > other),
    ">=": lambda value, other: bool(value >= other),
    "between": lambda value, low, high: bool(low <= value <= high),
    "is_in": lambda value, *others: any(value == other for other in others),
    "has_any": lambda value, *codes: any(code in value for code in codes),
}

OPERATIONS: Final = {
    "number": ("==", "!=", "<", "<=", ">", ">=", "between", "is_in"),
    "text": ("==", "!=", "is_in"),
    "codes": ("has_any",),
    "flag": ("==", "!="),
    "levels": (),
}


def group(kind: schema.Kind) -> str:
    """What fields of a kind can be asked."""
    if kind in (schema.SYMBOL, schema.TEXT):
        return "text"
    named = {schema.CODES: "codes", schema.FLAG: "flag", schema.LEVELS: "levels"}
    return named.get(kind, "number")


def find(name: str, event: schema.EventType) -> schema.Field | None:
    """The field that a name means in an event type."""
    for one in event.fields:
        if one.name == name:
            return one
    for one in event.fields:
        if one.key == name:
            return one
    return event.symbol if name == "symbol" else None


def _compared(told: Told, market: str, event: Expected) -> Any:
    _, name, channels, operation, operands = told
    channel = schema.MARKETS[market].channel(str(event.event_type))
    assert channel is not None
    found = find(name, channel.event)
    if found is None or (channels and channel.name not in channels):
        return NOTHING
    value = event.attributes[found.name]
    if operation == "is_missing":
        return value is None
    if value is None:
        value = {schema.CODES: [], schema.FLAG: False}.get(found.kind)
    if found.kind is schema.DECIMAL and value is not None:
        value = float(value) if NUMBER.fullmatch(value) else None
    if found.kind in (schema.DECIMAL, schema.FLOAT):
        operands = tuple(map(float, operands))
    return None if value is None else COMPARE[operation](value, *operands)


def _said(told: Told, market: str, event: Expected) -> Any:
    """True, False, None for unknown, or NOTHING."""
    if told[0] == "compare":
        return _compared(told, market, event)
    if told[0] == "not":
        said = _said(told[1], market, event)
        return (not said) if isinstance(said, bool) else said
    parts = [said for one in told[1] if (said := _said(one, market, event)) != NOTHING]
    if not parts:
        return NOTHING
    decisive = told[0] == "or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def passes(told: Told, market: str, event: Expected) -> bool:
    """Whether an event passes a condition."""
    if schema.MARKETS[market].channel(str(event.event_type)) is None:
        return True
    return _said(told, market, event) in (True, NOTHING)


def built(told: Told) -> Condition:
    """The condition as users write it."""
    if told[0] == "compare":
        _, name, channels, operation, operands = told
        one = field(name, *channels)
        if operation.isidentifier():
            made: Condition = getattr(one, operation)(*operands)
            return made
        return {
            "==": lambda: one == operands[0],
            "!=": lambda: one != operands[0],
            "<": lambda: one < operands[0],
            "<=": lambda: one <= operands[0],
            ">": lambda: one > operands[0],
            ">=": lambda: one >= operands[0],
        }[operation]()
    if told[0] == "not":
        return ~built(told[1])
    first, *rest = map(built, told[1])
    for other in rest:
        first = first & other if told[0] == "and" else first | other
    return first


def _operand(rng: Random, what: str, near: Sequence[Any]) -> Any:
    value = rng.choice(near) if near and rng.random() < 0.8 else None
    if what == "flag":
        return rng.random() < 0.5
    if what == "text":
        return value if value is not None else rng.choice(("AAPL", "", "é", "x" * 40, "44"))
    if what == "codes":
        code = rng.choice(value) if value else rng.choice((0, 12, 37, -1, 40000, 2**70))
        return int(code)
    if value is None:
        value = rng.choice((0, 1, 100, -5, 2**63, -(2**70), 0.5, 1e300, float("inf"), -0.0))
    elif isinstance(value, str):
        value = float(value) if NUMBER.fullmatch(value) else 1.5
    step = rng.choice((0, 0, 0, 1, -1, 0.5))
    return value + step if step and abs(value) < 1e15 else value


def random_condition(rng: Random, market: str, events: Sequence[Expected], depth: int = 3) -> Told:
    """A condition about fields that events of a frame may have, with operands like their values."""
    if depth and rng.random() < 0.6:
        if rng.random() < 0.3:
            return ("not", random_condition(rng, market, events, depth - 1))
        parts = [random_condition(rng, market, events, depth - 1) for _ in range(rng.randint(2, 3))]
        return (rng.choice(("and", "or")), parts)
    channels = schema.MARKETS[market].channels
    seen = [channel for channel in channels if any(e.event_type == channel.name for e in events)]
    channel = rng.choice(seen or channels)
    chosen = rng.choice(channel.event.fields)
    what = group(chosen.kind)
    name = rng.choice((chosen.name, chosen.name, chosen.key))
    if chosen.kind is schema.SYMBOL and rng.random() < 0.5:
        name = "symbol"
    found = find(name, channel.event)
    assert found is not None
    what = group(found.kind)
    also = [
        one
        for one in channels
        if (other := find(name, one.event)) is not None and group(other.kind) == what
    ]
    everywhere = all(one in also for one in channels if find(name, one.event) is not None)
    if everywhere and rng.random() < 0.6:
        limits: tuple[str, ...] = ()
    else:
        limits = tuple({channel.name, rng.choice(also).name})
    operations = OPERATIONS[what]
    if not operations or rng.random() < 0.1:
        return ("compare", name, limits, "is_missing", ())
    near = [
        value
        for event in events
        if event.event_type == channel.name and (value := event.attributes[found.name]) is not None
    ]
    operation = rng.choice(operations)
    count = {"between": 2, "is_in": rng.randint(1, 4), "has_any": rng.randint(1, 3)}
    operands = tuple(_operand(rng, what, near) for _ in range(count.get(operation, 1)))
    return ("compare", name, limits, operation, operands)
