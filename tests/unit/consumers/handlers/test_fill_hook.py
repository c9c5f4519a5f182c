"""A hook that fills gaps: whatever it does, what is held back meanwhile goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from fastpoly.consumers.handlers.error_policy import HandlerErrorPolicy
from fastpoly.consumers.handlers.fill_hook import FillHook
from fastpoly.enums import ErrorPolicy
from fastpoly.net.reader_loop import CallerLoop
from tests.loops import in_loop


class Stream:
    def __init__(self) -> None:
        self.stopped: list[BaseException] = []
        self.warnings: list[BaseException] = []
        self.supplied: list[object] = []
        self.gap = None

    def stop_with(self, error: BaseException) -> None:
        self.stopped.append(error)

    def on_error(self, error: BaseException, *_: object) -> None:
        self.warnings.append(error)

    def fill(self, supplied: object) -> None:
        self.supplied.append(supplied)


async def run(function: Any) -> tuple[Stream, FillHook]:
    stream, loop = Stream(), CallerLoop()
    await loop.start()
    errors = HandlerErrorPolicy(
        stream.on_error, ErrorPolicy.CONTINUE, stream, logging.getLogger("fastpoly.test")
    )
    hook = FillHook(function, errors, loop)
    ticket: Any = stream
    hook.start(ticket)
    for _ in range(5):
        await asyncio.sleep(0)
    return stream, hook


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError, GeneratorExit, SystemExit])
@in_loop
async def test_one_that_raises(kind: type[BaseException], waits: bool) -> None:
    def plain(gap: object) -> None:
        raise kind

    async def function(gap: object) -> None:
        await asyncio.sleep(0)
        raise kind

    stream, _ = await run(function if waits else plain)
    assert stream.supplied == [None]
    if kind is SystemExit:
        assert [type(error) for error in stream.stopped] == [SystemExit]
    else:
        assert f"The fill hook raised {kind.__name__}" in str(stream.warnings[0])


@in_loop
async def test_a_generator_is_run_where_its_failures_are_its_own() -> None:
    def good(gap: object) -> Iterator[dict[str, str]]:
        yield {"ev": "T"}

    def bad(gap: object) -> Iterator[dict[str, str]]:
        yield {"ev": "T"}
        raise asyncio.CancelledError

    assert (await run(good))[0].supplied == [[{"ev": "T"}]]
    stream, _ = await run(bad)
    assert stream.supplied == [None]
    assert len(stream.warnings) == 1


@in_loop
async def test_one_that_is_cancelled_from_outside_leaves_the_gap() -> None:
    async def function(gap: object) -> None:
        await asyncio.Event().wait()

    stream, hook = await run(function)
    hook.cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    assert (stream.supplied, stream.warnings) == ([None], [])
