"""Event classes for Cython, and their stubs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen import CORE, PACKAGE, banner, schema

GENERATOR = "src/_core/codegen/events.py"


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
    return "".join(parts)


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
    return "".join(lines)


_STUB_HEAD = '''"""Every class of events, one a kind of message; `fastpoly.schema` is their table."""

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, ClassVar, final

from typing_extensions import disjoint_base

from fastpoly.notices import Gap as Gap
from fastpoly.notices import SinkFailed as SinkFailed
from fastpoly.notices import SlowConsumer as SlowConsumer

@disjoint_base
class Event:
    """One event, read by attribute or by wire key."""

    __hash__: ClassVar[None]  # type: ignore[assignment]
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

@final
class Status(Event):
    """A control message of the server."""

    __hash__: ClassVar[None]
    @property
    def event_type(self) -> str: ...
    @property
    def status(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...

@final
class UnknownEvent(Event):
    """Anything else that a frame held: an ``ev`` that the market does not know, or none."""

    __hash__: ClassVar[None]
    @property
    def value(self) -> Any: ...

'''


def outputs() -> dict[Path, str]:
    """Path -> text of every file that this module writes."""
    classes = "\n".join(_stub_class(event) for event in schema.EVENT_TYPES)
    names = ["Event", "Status", "UnknownEvent", *(event.name for event in schema.EVENT_TYPES)]
    listed = "".join(
        f'    "{name}",\n' for name in sorted([*names, "Gap", "SinkFailed", "SlowConsumer"])
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
        + "from fastpoly.notices import Gap, SinkFailed, SlowConsumer\n\n"
        + f"__all__ = [\n{listed}]\n",
    }
