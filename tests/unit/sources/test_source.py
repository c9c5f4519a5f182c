"""That every source has what the Protocols say, with the signatures that they say."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest

from fastpoly.net.session import Session
from fastpoly.sources.capture import CaptureConnection, CaptureSource
from fastpoly.sources.live import LiveSource
from fastpoly.sources.scripted import ScriptedConnection, ScriptedSource
from fastpoly.sources.source import Source, SourceConnection

SOURCES = [LiveSource, ScriptedSource, CaptureSource]
CONNECTIONS = {
    LiveSource: Session,
    ScriptedSource: ScriptedConnection,
    CaptureSource: CaptureConnection,
}


def members(protocol: type) -> dict[str, Any]:
    """What a Protocol declares, by name."""
    return {
        name: member
        for name, member in vars(protocol).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, property))
    }


def unlike(declared: Any, made: Any) -> str:
    """What a call by the Protocol's signature would miss in a method, or an empty text."""
    if inspect.iscoroutinefunction(declared) is not inspect.iscoroutinefunction(made):
        return "one is a coroutine function and the other is not"
    wanted, found = inspect.signature(declared).parameters, inspect.signature(made).parameters
    for name, parameter in wanted.items():
        if name not in found or found[name].kind is not parameter.kind:
            return f"{name} is no parameter of that kind"
    for name, parameter in found.items():
        empty = inspect.Parameter.empty
        if name not in wanted and parameter.default is empty:
            return f"{name} has to be given"
    return ""


CASES = [
    pytest.param(protocol, made, name, id=f"{made.__name__}.{name}")
    for source in SOURCES
    for protocol, made in ((Source, source), (SourceConnection, CONNECTIONS[source]))
    for name in members(protocol)
]


@pytest.mark.parametrize(("protocol", "made", "name"), CASES)
def test_every_member_is_there_as_it_is_declared(protocol: type, made: type, name: str) -> None:
    declared = members(protocol)[name]
    found = inspect.getattr_static(made, name, None)
    if isinstance(declared, property):
        # An attribute that is set when the object is made will do; that it is, the contract shows.
        assert found is None or isinstance(found, property)
        return
    assert callable(found)
    assert unlike(declared, found) == ""


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_makes_connections_of_its_kind(source: type) -> None:
    returned = inspect.signature(source.connect).return_annotation  # type: ignore[attr-defined]
    assert returned == CONNECTIONS[source].__name__
    assert inspect.iscoroutinefunction(CONNECTIONS[source].open)


def test_the_comparison_finds_what_differs() -> None:
    class Declared(typing.Protocol):
        async def close(self) -> None: ...
        def send(self, action: str, params: str) -> None: ...

    class Made:
        def close(self) -> None: ...
        def send(self, action: str, *, params: str) -> None: ...
        def more(self, action: str, params: str, urgent: bool) -> None: ...
        def fine(self, action: str, params: str, urgent: bool = False) -> None: ...

    assert "coroutine" in unlike(Declared.close, Made.close)
    assert unlike(Declared.send, Made.send) == "params is no parameter of that kind"
    assert unlike(Declared.send, Made.more) == "urgent has to be given"
    assert unlike(Declared.send, Made.fine) == ""
    assert set(members(Declared)) == {"close", "send"}
