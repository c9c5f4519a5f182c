"""What conditions say of single fields: tests that the core runs on rows.

Negations are moved down to these tests, where they are a flag: so what a missing value means is
decided right there, whatever is around it. Numbers become inclusive bounds of the type that the row
has. The core asks a test itself only about the few events whose rows do not say enough.
"""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal as DecimalNumber
from typing import Any as Anything
from typing import ClassVar, Final, TypeAlias

from fastpoly import schema
from fastpoly.columns import decimal_value
from fastpoly.errors import UsageError

__all__ = [
    "All",
    "Any",
    "Codes",
    "Decimal",
    "Flag",
    "Number",
    "Operands",
    "Present",
    "Test",
    "Texts",
    "Whole",
    "compare",
]

Operands: TypeAlias = "tuple[Anything, ...]"
"""What a field is compared with."""

INT64: Final = (-(2**63), 2**63 - 1)


class Test(ABC):
    """What a condition says of the events of one channel."""

    kind: ClassVar[str]
    """How the core runs it on a row: the name of its entry in the table in `filter.pxi`."""

    @abstractmethod
    def negation(self) -> Test:
        """The opposite, of which missing values do not hold either."""

    @abstractmethod
    def holds(self, event: Anything) -> bool:
        """Whether it holds of an event. The core asks for the few that their rows do not decide."""


@dataclass(frozen=True, slots=True)
class All(Test):
    """All of them must hold."""

    kind = "all"

    parts: tuple[Test, ...]

    def negation(self) -> Test:
        """See `Test.negation`."""
        return Any(tuple(part.negation() for part in self.parts))

    def holds(self, event: Anything) -> bool:
        """See `Test.holds`."""
        return all(part.holds(event) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Any(Test):
    """At least one of them must hold."""

    kind = "any"

    parts: tuple[Test, ...]

    def negation(self) -> Test:
        """See `Test.negation`."""
        return All(tuple(part.negation() for part in self.parts))

    def holds(self, event: Anything) -> bool:
        """See `Test.holds`."""
        return any(part.holds(event) for part in self.parts)


@dataclass(frozen=True, slots=True)
class FieldTest(Test):
    """A test of one field.

    Attributes:
        index: The field's place in its event type.
        name: The attribute.
        negated: Whether it is to fail where it would hold.
    """

    index: int
    name: str
    negated: bool

    absent_is_mismatch = False
    """Whether a missing value is one that does not match, rather than none at all."""

    def negation(self) -> Test:
        """See `Test.negation`."""
        return replace(self, negated=not self.negated)

    def holds(self, event: Anything) -> bool:
        """See `Test.holds`."""
        value = self.value(getattr(event, self.name))
        if value is None and not self.absent_is_mismatch:
            return False
        return (value is not None and self.matches(value)) != self.negated

    def value(self, value: Anything) -> Anything:
        """What is compared of an attribute."""
        return value

    @abstractmethod
    def matches(self, value: Anything) -> bool:
        """Whether a value that is there matches."""


@dataclass(frozen=True, slots=True)
class Whole(FieldTest):
    """A whole number, or a time in the wire's unit, within bounds."""

    kind = "whole"

    low: int
    high: int

    def matches(self, value: Anything) -> bool:
        """See `FieldTest.matches`."""
        return bool(self.low <= value <= self.high)


@dataclass(frozen=True, slots=True)
class Number(FieldTest):
    """A number within bounds."""

    kind = "number"

    low: float
    high: float

    def matches(self, value: Anything) -> bool:
        """See `FieldTest.matches`."""
        return bool(self.low <= value <= self.high)


@dataclass(frozen=True, slots=True)
class Decimal(Number):
    """A number written as text within bounds."""

    def value(self, value: Anything) -> Anything:
        """See `FieldTest.value`."""
        number = math.nan if value is None else decimal_value(value)
        return None if math.isnan(number) else number


@dataclass(frozen=True, slots=True)
class Texts(FieldTest):
    """One of some texts."""

    kind = "texts"

    values: frozenset[str]

    def matches(self, value: Anything) -> bool:
        """See `FieldTest.matches`."""
        return value in self.values


@dataclass(frozen=True, slots=True)
class Codes(FieldTest):
    """A list with one of some codes."""

    kind = "codes"

    values: frozenset[int]

    absent_is_mismatch = True

    def matches(self, value: Anything) -> bool:
        """See `FieldTest.matches`."""
        return not self.values.isdisjoint(value)


@dataclass(frozen=True, slots=True)
class Flag(FieldTest):
    """A flag that is set."""

    kind = "flag"
    absent_is_mismatch = True

    def matches(self, value: Anything) -> bool:
        """See `FieldTest.matches`."""
        return bool(value)


@dataclass(frozen=True, slots=True)
class Present(FieldTest):
    """Any value at all."""

    kind = "present"
    absent_is_mismatch = True

    def matches(self, value: Anything) -> bool:
        """See `FieldTest.matches`."""
        return True


@dataclass(frozen=True, slots=True)
class _Group:
    """How fields of some kinds can be compared.

    Attributes:
        noun: What such a field is.
        operations: What can be asked of it.
        operand: Whether a value can be compared with it.
        make: Makes the test.
        hint: How to compare it.
    """

    noun: str
    operations: frozenset[str]
    operand: Callable[[Anything], bool]
    make: Callable[[int, str, str, Operands], Test]
    hint: str


def _is_number(value: Anything) -> bool:
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, DecimalNumber)):
        return False
    return bool(value == value)  # NaN is not


def _is_code(value: Anything) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


# The bounds that an operation means: below, above, and whether each is itself outside.
_BOUNDS: Final[Mapping[str, Callable[[Operands], tuple[Anything, Anything, bool, bool]]]] = {
    "==": lambda it: (it[0], it[0], False, False),
    "<": lambda it: (-math.inf, it[0], False, True),
    "<=": lambda it: (-math.inf, it[0], False, False),
    ">": lambda it: (it[0], math.inf, True, False),
    ">=": lambda it: (it[0], math.inf, False, False),
    "between": lambda it: (it[0], it[1], False, False),
}

_Range: TypeAlias = "Callable[[int, str, str, Operands], Test]"


def _whole(index: int, name: str, operation: str, operands: Operands) -> Test:
    low, high, above, below = _BOUNDS[operation](operands)
    least, most = INT64
    # Bounds that no whole number of 64 bits is within: 1 to 0.
    if low > most or high < least:
        return Whole(index, name, False, 1, 0)
    low = least if low < least else math.floor(low) + 1 if above else math.ceil(low)
    high = most if high > most else math.ceil(high) - 1 if below else math.floor(high)
    if low > most or high < least:
        return Whole(index, name, False, 1, 0)
    return Whole(index, name, False, low, high)


def _double(value: Anything) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _number(kind: type[Number]) -> _Range:
    def make(index: int, name: str, operation: str, operands: Operands) -> Test:
        low, high, above, below = _BOUNDS[operation](operands)
        low, high = _double(low), _double(high)
        if (above and low == math.inf) or (below and high == -math.inf):
            low, high, above, below = math.inf, -math.inf, False, False
        return kind(
            index,
            name,
            False,
            math.nextafter(low, math.inf) if above else low,
            math.nextafter(high, -math.inf) if below else high,
        )

    return make


def _ranges(make: _Range) -> _Range:
    """Equality with one of several numbers, made of equality with each."""

    def make_any(index: int, name: str, operation: str, operands: Operands) -> Test:
        if operation != "is_in":
            return make(index, name, operation, operands)
        parts = tuple(make(index, name, "==", (value,)) for value in dict.fromkeys(operands))
        return parts[0] if len(parts) == 1 else Any(parts)

    return make_any


def _texts(index: int, name: str, operation: str, operands: Operands) -> Test:
    return Texts(index, name, False, frozenset(operands))


def _codes(index: int, name: str, operation: str, operands: Operands) -> Test:
    return Codes(index, name, False, frozenset(map(int, operands)))


def _flag(index: int, name: str, operation: str, operands: Operands) -> Test:
    return Flag(index, name, not operands[0])


def _group(noun: str, operations: str, *rest: Anything) -> _Group:
    return _Group(noun, frozenset(operations.split()), *rest)


_NUMERIC: Final = "== != < <= > >= between is_in"
_INTEGER: Final = _group(
    "a whole number", _NUMERIC, _is_number, _ranges(_whole), "Compare it with numbers."
)
_TIME: Final = _group(
    "a time as a whole number",
    _NUMERIC,
    _is_number,
    _ranges(_whole),
    "Compare it with numbers, in the unit that the event has.",
)
_TEXT: Final = _group(
    "text",
    "== != is_in",
    lambda value: isinstance(value, str),
    _texts,
    "Compare it with texts, by == != or is_in().",
)

_GROUPS: Final = {
    schema.SYMBOL: _TEXT,
    schema.TEXT: _TEXT,
    schema.DECIMAL: _group(
        "a number written as text",
        _NUMERIC,
        _is_number,
        _ranges(_number(Decimal)),
        "Compare it with numbers.",
    ),
    schema.INT: _INTEGER,
    schema.FLOAT: _group(
        "a number", _NUMERIC, _is_number, _ranges(_number(Number)), "Compare it with numbers."
    ),
    schema.MS: _TIME,
    schema.NS: _TIME,
    schema.EPOCH: _TIME,
    schema.FLAG: _group(
        "a flag",
        "== !=",
        lambda value: isinstance(value, bool),
        _flag,
        "Compare it with True or False.",
    ),
    schema.CODES: _group(
        "a list of codes", "has_any", _is_code, _codes, "Ask has_any() with whole numbers."
    ),
    schema.LEVELS: _group(
        "a list of levels", "", lambda value: False, _texts, "Only is_missing() can be asked of it."
    ),
}


def compare(
    index: int, channel: schema.Channel, operation: str, operands: Operands, *, text: str
) -> Test:
    """The test that a comparison is of the events of a channel.

    Args:
        index: The field's place in their event type.
        channel: The channel.
        operation: A comparison's sign, or the name of a method of `Field`.
        operands: What the field is compared with.
        text: How the comparison is to be shown.

    Raises:
        UsageError: The field cannot be compared like that.
    """
    spec = channel.event.fields[index]
    if operation == "is_missing":
        return Present(index, spec.name, True)
    group = _GROUPS[spec.kind]
    if operation not in group.operations or not all(map(group.operand, operands)):
        raise UsageError(
            f"{spec.name!r} of {channel.name} is {group.noun}: {text} is not possible.",
            hint=f"{group.hint} Or say which channels are meant: field(name, channel).",
        )
    if not operands:
        raise UsageError(f"{text} holds of no event.", hint="Name at least one value.")
    if operation == "!=":
        return group.make(index, spec.name, "==", operands).negation()
    return group.make(index, spec.name, operation, operands)
