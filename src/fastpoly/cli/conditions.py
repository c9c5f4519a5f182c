"""Conditions as text, as the command line takes them: ``size >= 1000``."""

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from fastpoly.errors import UsageError
from fastpoly.filters.conditions import Condition, Field, field

__all__ = ["parse_condition", "parse_conditions"]

_FORM: Final = re.compile(
    r"\s*(?P<no>not\s+)?(?:(?P<channel>\w+)\.)?(?P<name>\w+)"
    r"(?:\s*(?P<sign>==|!=|<=|>=|=|<|>)\s*|\s+(?P<word>has)\s+)(?P<value>(?![<>=!]).*\S)\s*"
)

_OPERATIONS: Final[dict[str, Callable[[Field, Any], Condition]]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "has": lambda one, value: one.has_any(value),
}


def parse_conditions(texts: Iterable[str]) -> Condition | None:
    """Return the condition that all of these hold; None where there are none.

    Raises:
        UsageError: One of them has another form, see `parse_condition`.
    """
    parsed = [parse_condition(text) for text in texts]
    return functools.reduce(operator.and_, parsed) if parsed else None


def parse_condition(text: str) -> Condition:
    """Return the condition that a text means.

    Args:
        text: ``[not] [channel.]field operator value``. The value is a number, ``true``, ``false``,
            or text, which needs quotes only if it looks like one of the others.

    Raises:
        UsageError: The text has another form.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is not a condition.",
            hint="Write it as 'size >= 1000', 'T.price < 5', 'symbol = AAPL' or "
            "'not conditions has 12'.",
        )
    try:
        value = json.loads(match["value"])
    except ValueError:
        value = match["value"]
    one = field(match["name"], *filter(None, [match["channel"]]))
    condition = _OPERATIONS[match["sign"] or match["word"]](one, value)
    return ~condition if match["no"] else condition
