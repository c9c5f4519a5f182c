"""Event classes for Cython, and their stubs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import CORE, PACKAGE, banner, schema

GENERATOR = "src/_core/codegen/events.py"

_FROM_DICT_DOC = "The event that a dict with the wire's keys is."


def _summary(text: str) -> str:
    return text.replace('"', "'")


def _class(event: Any) -> str:
    parts = [f'@cython.final\ncdef class {event.name}(Event):\n    """{_summary(event.doc)}"""\n']
    for bit, field in enumerate(event.fields):
        doc = f"{field.doc} Wire key ``{field.key}``; {field.kind.doc}."
        parts.append(
            f'\n    @property\n    def {field.name}(self):\n        """{_summary(doc)}"""\n'
        )
        parts.append(f"        return self.attribute({bit})\n")
    parts.append(_value_members(event))
    return "".join(parts)


def _value_members(event: Any) -> str:
    """What makes the class one of values: see `python/event_values.pxi`."""
    names = "".join(f'        "{name}",\n' for name, _ in _attributes(event))
    types = "".join(f'        ("{name}", {python}),\n' for name, python in _attributes(event))
    return (
        f"\n    __match_args__ = (\n{names}    )\n"
        f"    __dataclass_fields__ = dataclass_fields((\n{types}    ))\n\n"
        "    @classmethod\n    def from_dict(cls, values, /):\n"
        f'        """{_FROM_DICT_DOC}"""\n'
        "        return event_from_dict(cls, values)\n"
    )


def _attributes(event: Any) -> list[tuple[str, str]]:
    """Names and types of what a constructor takes, in its order."""
    return [("event_type", "str"), *((one.name, one.kind.python) for one in event.attributes)]


def _cython() -> str:
    names = ", ".join(event.name for event in schema.EVENT_TYPES)
    return (
        banner("#", GENERATOR)
        + "\n"
        + "\n\n".join(_class(event) for event in schema.EVENT_TYPES)
        + f"\n\nEVENT_CLASSES = ({names})\n"
    )


def _stub_class(event: Any) -> str:
    lines = [f'@final\nclass {event.name}(Event):\n    """{_summary(event.doc)}"""\n']
    for field in event.fields:
        doc = f"{field.doc} Wire key ``{field.key}``; {field.kind.doc}."
        lines.append(
            f"\n    @property\n    def {field.name}(self) -> {field.kind.python} | None:\n"
            f'        """{_summary(doc)}"""\n'
        )
    lines.append(_stub_value_members(event))
    return "".join(lines)


def _stub_value_members(event: Any) -> str:
    names = "".join(f'        "{name}",\n' for name, _ in _attributes(event))
    parameters = "".join(
        f"        {name}: {python} | None = None,\n" for name, python in _attributes(event)
    )
    return (
        f"\n    __match_args__ = (\n{names}    )\n"
        "    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]\n"
        f"    def __new__(\n        cls,\n{parameters}    ) -> {event.name}: ...\n"
        "    @classmethod\n"
        f"    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> {event.name}:\n"
        f'        """{_FROM_DICT_DOC}"""\n'
    )


_STUB_HEAD = '''"""Every class of events, one a kind of message; `fastpoly.schema` is their table."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import Field
from typing import Any, ClassVar, Self, final

from typing_extensions import disjoint_base

from fastpoly.notices import Gap as Gap
from fastpoly.notices import MinuteComplete as MinuteComplete
from fastpoly.notices import SinkFailed as SinkFailed
from fastpoly.notices import SlowConsumer as SlowConsumer

@disjoint_base
class Event:
    """One event, read by attribute or by wire key."""

    __match_args__: ClassVar[tuple[str, ...]]
    @property
    def event_type(self) -> str | None: ...
    @property
    def malformed(self) -> tuple[str, ...]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def keys(self) -> KeysView[str]: ...
    def values(self) -> ValuesView[Any]: ...
    def items(self) -> ItemsView[str, Any]: ...
    def get(self, key: str, default: Any = None) -> Any: ...
    def __getitem__(self, key: str, /) -> Any: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __reversed__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: Any, /) -> Self: ...
    def __replace__(self, /, **changes: Any) -> Self: ...

@final
class Status(Event):
    """A control message of the server."""

    __match_args__ = ("event_type", "status", "message")
    @property
    def event_type(self) -> str: ...
    @property
    def status(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...

@final
class UnknownEvent(Event):
    """Anything else that a frame held: an ``ev`` that the market does not know, or none."""

    __match_args__ = ("event_type", "value")
    @property
    def value(self) -> Any: ...

'''


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    classes = "\n".join(_stub_class(event) for event in schema.EVENT_TYPES)
    names = ["Event", "Status", "UnknownEvent", *(event.name for event in schema.EVENT_TYPES)]
    listed = "".join(
        f'    "{name}",\n'
        for name in sorted([*names, "Gap", "MinuteComplete", "SinkFailed", "SlowConsumer"])
    )
    imports = "".join(f"    {name},\n" for name in sorted(names))
    return {
        CORE / "python/events.gen.pxi": _cython(),
        PACKAGE / "events.pyi": banner("#", GENERATOR)
        + _STUB_HEAD.replace(
            "@disjoint_base",
            f"__all__ = [\n{listed}]\n\n@disjoint_base",
            1,
        )
        + classes,
        PACKAGE / "events.py": banner("#", GENERATOR)
        + '"""Every class of events, one a kind of message; `fastpoly.schema` is their table."""\n\n'
        + f"from fastpoly._core import (\n{imports})\n"
        + "from fastpoly.notices import Gap, MinuteComplete, SinkFailed, SlowConsumer\n\n"
        + f"__all__ = [\n{listed}]\n",
    }
