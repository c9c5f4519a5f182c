"""The slow decoder: what a frame means, said with the json module and the schema table alone.

Every test of the compiled decoder holds it to this. Nothing here is clever, and nothing here is
shared with what it judges but `fastpoly.schema`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from fastpoly import schema

MAX_DEPTH = 1024
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SURROGATES = re.compile(r"\\u[dD][89aAbB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F])")
_DIGITS = re.compile(r"[0-9]{1,19}")
STATUS_FIELDS = ("status", "message")


class NotJson(ValueError):
    """The frame is not JSON, or not an array or an object: the decoder must refuse it."""


class Undecided(Exception):
    """Decoders may differ on this frame; whatever they do, they must not crash."""


class IntToken(str):
    """A number as it stands in the frame, without fraction or exponent."""


class FloatToken(str):
    """A number as it stands in the frame, with a fraction or an exponent."""


@dataclass(frozen=True)
class Expected:
    """What one event of a frame must look like."""

    cls: str
    event_type: str | None
    attributes: dict[str, Any]
    malformed: tuple[str, ...]
    item: Any


class _Bad:
    """The type of `BAD`."""


BAD = _Bad()
"""What a reader of a kind returns for a value that the kind can't hold."""


def _int(value: Any, *, text: bool = True) -> int | _Bad:
    if isinstance(value, IntToken) and len(value) <= 20 and -(2**63) <= int(value) < 2**63:
        return int(value)
    if isinstance(value, FloatToken) and float(value).is_integer() and abs(float(value)) <= 2**53:
        return int(float(value))
    if text and type(value) is str and _DIGITS.fullmatch(value) and int(value) < 2**63:
        return int(value)
    return BAD


def _number(value: Any) -> float | _Bad:
    return float(value) if isinstance(value, IntToken | FloatToken) else BAD


def _time(value: Any) -> int | _Bad:
    return _int(value, text=False)


def _string(value: Any) -> str | _Bad:
    return value if type(value) is str else BAD


def _text(value: Any) -> str | _Bad:
    return str(value) if type(value) is str or isinstance(value, IntToken) else BAD


def _decimal(value: Any) -> str | _Bad:
    return str(value) if isinstance(value, str) else BAD


def _flag(value: Any) -> bool | _Bad:
    return value if isinstance(value, bool) else BAD


def _list(value: Any, item: Callable[[Any], Any]) -> list[Any] | _Bad:
    if not isinstance(value, list):
        return BAD
    items = [item(each) for each in value]
    return BAD if any(each is BAD for each in items) else items


def _code(value: Any) -> int | _Bad:
    return _int(value) if isinstance(value, IntToken) else BAD


READERS: dict[str, Callable[[Any], Any]] = {
    "SYMBOL": _string,
    "TEXT": _text,
    "DECIMAL": _decimal,
    "INT": _int,
    "FLOAT": _number,
    "MS": _time,
    "NS": _time,
    "EPOCH": _time,
    "FLAG": _flag,
    "CODES": lambda value: _list(value, _code),
    "LEVELS": lambda value: _list(value, lambda level: _list(level, _number)),
}


def _refuse(token: str) -> NoReturn:
    raise NotJson(f"{token} is not JSON")


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in re.sub(r"[^][{}]", "", _STRING.sub("", text)):
        depth += 1 if char in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


@contextmanager
def recursion_allowed() -> Iterator[None]:
    """Let json go as deep as the decoder does, whatever called it, and nobody else."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 10_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def loads(frame: bytes | str, **hooks: Any) -> Any:
    """What `json.loads` gives for the text of a frame, within the decoder's limits.

    Raises:
        NotJson: The frame is not JSON, not UTF-8, or nested too deep.
        Undecided: The frame holds lone surrogates, or an integer too long for Python's limit.
    """
    try:
        text = frame if isinstance(frame, str) else frame.decode("utf-8")
        text.encode("utf-8")
    except UnicodeError as error:
        raise NotJson("not UTF-8") from error
    if text.count("[") + text.count("{") > 200 and _depth(text) > MAX_DEPTH:
        raise NotJson("nested too deep")
    try:
        with recursion_allowed():
            value = json.loads(text, parse_constant=_refuse, **hooks)
    except (json.JSONDecodeError, NotJson) as error:
        raise NotJson(str(error)) from error
    except ValueError as error:
        raise Undecided(str(error)) from error
    if any(match[1] for match in _SURROGATES.finditer(text)):
        raise Undecided("lone surrogates")
    return value


def _expected(tokens: Any, item: Any, market: str) -> Expected:
    ev = tokens.get("ev") if isinstance(tokens, dict) else None
    if type(ev) is not str:
        return Expected("UnknownEvent", None, {}, (), item)
    channel = schema.MARKETS[market].channel(ev)
    if ev == schema.STATUS_CHANNEL:
        texts = {key: tokens.get(key) for key in STATUS_FIELDS}
        texts = {key: text if type(text) is str else None for key, text in texts.items()}
        return Expected("Status", ev, texts, (), item)
    if channel is None:
        return Expected("UnknownEvent", ev, {}, (), item)
    values: dict[str, Any] = {}
    for field in channel.event.fields:
        sent = tokens.get(field.key)
        values[field.key] = None if sent is None else READERS[field.kind.name](sent)
    attributes = {
        field.name: None if values[field.key] is BAD else values[field.key]
        for field in channel.event.fields
    }
    malformed = tuple(key for key in tokens if values.get(key) is BAD)
    return Expected(channel.event.name, ev, attributes, malformed, item)


def decode(frame: bytes | str, market: str) -> list[Expected]:
    """The events of a frame.

    Raises:
        NotJson: As `loads`, and for a top-level value that is neither an array nor an object.
        Undecided: As `loads`.
    """
    tokens = loads(frame, parse_int=IntToken, parse_float=FloatToken)
    if not isinstance(tokens, list | dict):
        raise NotJson("neither an array nor an object")
    items = loads(frame)
    if isinstance(tokens, dict):
        tokens, items = [tokens], [items]
    return [_expected(token, item, market) for token, item in zip(tokens, items, strict=True)]
