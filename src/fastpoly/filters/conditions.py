"""Conditions on the fields of events: what `where` takes.

    from fastpoly import field

    large = field("size") >= 1000
    regular = ~field("conditions").has_any(12, 37)
    Stream("stocks", "T.*", "Q.*", where=large & regular)

A condition is written once for all channels. Of a channel that lacks a field it says nothing, as if
what it says of that field were left out; so the quotes above all pass. Of a value that is missing
in an event no comparison holds, neither ``>= 1000`` nor ``~(... >= 1000)``; but lists of codes that
were not sent are empty, and flags that were not sent are false.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any as Anything
from typing import Final, NoReturn

from fastpoly import schema
from fastpoly.errors import UsageError
from fastpoly.filters.predicates import All, Any, Operands, Test, compare

__all__ = ["Condition", "Field", "field"]

SYMBOL: Final = "symbol"
"""The name that means the symbol of every event, whatever the event calls it."""

# ----------------------------------------------------------------------------- what users write


class Condition:
    """What must hold of an event for it to pass; made by comparing a `field`.

    ``a & b``: both hold. ``a | b``: at least one does. ``~a``: it does not hold.
    """

    def __init__(self) -> None:
        self.filters: dict[int, object] = {}
        """By market, what the core has made of it."""

    def __and__(self, other: Condition) -> Condition:
        return _join(_And, self, other)

    def __or__(self, other: Condition) -> Condition:
        return _join(_Or, self, other)

    def __invert__(self) -> Condition:
        return _Not(self)

    def __bool__(self) -> NoReturn:
        raise UsageError(
            f"The condition {self!r} is neither true nor false by itself.",
            hint="Join conditions with & | ~, each comparison in parentheses, instead of and, or, "
            "not; use between() instead of a chain of comparisons.",
        )

    def tests_by_channel(
        self, market: str, channels: Iterable[str] | None = None
    ) -> dict[str, Test]:
        """Return what it says of each channel of a market, without those it says nothing of.

        Args:
            market: The market's name.
            channels: Names of the channels that matter; None for all.

        Raises:
            UsageError: A field or channel does not exist, or a field cannot be compared like that.
        """
        spec = schema.MARKETS[market]
        wanted = None if channels is None else set(channels)
        own = [channel for channel in spec.channels if wanted is None or channel.name in wanted]
        for comparison in self._comparisons():
            _check(comparison, spec, own)
        tests = {channel.name: self._test(channel) for channel in own}
        return {name: test for name, test in tests.items() if test is not None}

    def _test(self, channel: schema.Channel) -> Test | None:
        """What it says of the events of a channel; None for nothing."""
        raise NotImplementedError

    def _comparisons(self) -> Iterator[_Comparison]:
        """The comparisons in it."""
        raise NotImplementedError


class Field:
    """A field of events, to be compared; see `field`."""

    __slots__ = ("_channels", "_name")

    def __init__(self, name: str, channels: tuple[str, ...]) -> None:
        self._name = name
        self._channels = channels

    def __repr__(self) -> str:
        return f"field({', '.join(map(repr, (self._name, *self._channels)))})"

    def _compared(self, operation: str, *operands: Anything) -> Condition:
        return _Comparison(self._name, self._channels, operation, operands)

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]
        return self._compared("==", value)

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]
        return self._compared("!=", value)

    def __lt__(self, value: float) -> Condition:
        return self._compared("<", value)

    def __le__(self, value: float) -> Condition:
        return self._compared("<=", value)

    def __gt__(self, value: float) -> Condition:
        return self._compared(">", value)

    def __ge__(self, value: float) -> Condition:
        return self._compared(">=", value)

    __hash__ = None  # type: ignore[assignment]

    def between(self, low: float, high: float) -> Condition:
        """Hold for a number, or a time in the wire's unit, from `low` to `high`, both included."""
        return self._compared("between", low, high)

    def is_in(self, *values: str | float) -> Condition:
        """Hold for one of some texts, or of some numbers."""
        return self._compared("is_in", *values)

    def has_any(self, *codes: int) -> Condition:
        """Hold for a list of codes, such as ``conditions``, that has at least one of these."""
        return self._compared("has_any", *codes)

    def is_missing(self) -> Condition:
        """Hold where the server did not send it, or sent another type: the attribute is None."""
        return self._compared("is_missing")


def field(name: str, *channels: str) -> Field:
    """Return a field of events; comparing it makes a condition.

    Args:
        name: The attribute's name, such as ``size``, or the key on the wire, such as ``s``.
            ``symbol`` is the ticker or pair, whatever the event calls it.
        channels: Names of channels, such as ``T``, to say nothing of others that have the field
            too; none for all that have it.
    """
    if not isinstance(name, str):
        raise UsageError(
            f"{name!r} is not the name of a field.", hint="Pass a text, such as 'size'."
        )
    return Field(name, tuple(str(getattr(channel, "value", channel)) for channel in channels))


class _Comparison(Condition):
    def __init__(
        self, name: str, channels: tuple[str, ...], operation: str, operands: Operands
    ) -> None:
        super().__init__()
        self.name = name
        self.channels = channels
        self.operation = operation
        self.operands = operands

    def __repr__(self) -> str:
        subject = Field(self.name, self.channels)
        shown = ", ".join(map(repr, self.operands))
        if self.operation.isidentifier():
            return f"{subject!r}.{self.operation}({shown})"
        return f"({subject!r} {self.operation} {shown})"

    def _test(self, channel: schema.Channel) -> Test | None:
        if self.channels and channel.name not in self.channels:
            return None
        index = _find(self.name, channel.event)
        if index is None:
            return None
        return compare(index, channel, self.operation, self.operands, text=repr(self))

    def _comparisons(self) -> Iterator[_Comparison]:
        yield self


class _Joined(Condition):
    """Several conditions that count together."""

    sign: str
    joined: type[All | Any]

    def __init__(self, parts: tuple[Condition, ...]) -> None:
        super().__init__()
        self.parts = parts

    def __repr__(self) -> str:
        return f"({f' {self.sign} '.join(map(repr, self.parts))})"

    def _test(self, channel: schema.Channel) -> Test | None:
        parts = tuple(test for part in self.parts if (test := part._test(channel)) is not None)
        return self.joined(parts) if len(parts) > 1 else next(iter(parts), None)

    def _comparisons(self) -> Iterator[_Comparison]:
        for part in self.parts:
            yield from part._comparisons()


class _And(_Joined):
    sign = "&"
    joined = All


class _Or(_Joined):
    sign = "|"
    joined = Any


class _Not(Condition):
    def __init__(self, part: Condition) -> None:
        super().__init__()
        self.part = part

    def __repr__(self) -> str:
        return f"~{self.part!r}"

    def __invert__(self) -> Condition:
        return self.part

    def _test(self, channel: schema.Channel) -> Test | None:
        test = self.part._test(channel)
        return None if test is None else test.negation()

    def _comparisons(self) -> Iterator[_Comparison]:
        return self.part._comparisons()


def _join(kind: type[_Joined], one: Condition, other: object) -> Condition:
    if not isinstance(other, Condition):
        raise UsageError(
            f"{other!r} is no condition.", hint="Compare a field, as in field('size') >= 100."
        )
    parts: list[Condition] = []
    for condition in (one, other):
        # A long chain of them stays flat.
        parts.extend(condition.parts if type(condition) is kind else [condition])
    return kind(tuple(parts))


# ------------------------------------------------------------------- what they say of a market


def _find(name: str, event: schema.EventType) -> int | None:
    """Return the place of the field that a name means; None where there is no such field."""
    for names in ([it.name for it in event.fields], [it.key for it in event.fields]):
        if name in names:
            return names.index(name)
    return event.fields.index(event.symbol) if name == SYMBOL else None


def _check(
    comparison: _Comparison, market: schema.MarketSpec, channels: list[schema.Channel]
) -> None:
    """Check that there is such a field.

    Raises:
        UsageError: There is no such field.
    """
    by_name = {channel.name: channel for channel in market.channels}
    for name in comparison.channels:
        if name not in by_name:
            raise UsageError(
                f"{name!r} is not a channel of {market.name}.",
                hint=f"Choose among {', '.join(by_name)}.",
            )
    # Each channel that is named must have it; of those that are not, one.
    wanted = [[by_name[name]] for name in comparison.channels] or [channels]
    for group in wanted:
        if group and all(_find(comparison.name, channel.event) is None for channel in group):
            names = dict.fromkeys(spec.name for channel in group for spec in channel.event.fields)
            everywhere = len(group) == len(by_name)
            subject = "No channel" if everywhere else ", ".join(one.name for one in group)
            has = "has a field" if everywhere else "has no field"
            close = difflib.get_close_matches(comparison.name, names, n=1)
            raise UsageError(
                f"{subject} of {market.name} {has} {comparison.name!r}.",
                hint=(f"Did you mean {close[0]!r}? " if close else "")
                + f"There are {', '.join(names)}.",
            )
