"""What is kept from a loop's exception handler while connections open, and what is not."""

from __future__ import annotations

import asyncio
from typing import Any

from fastpoly.quiet_handshake import QuietHandshake


def report(exception: object) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": "x", "exception": exception})


async def only_a_class() -> None:
    loop, seen = asyncio.get_running_loop(), list[object]()

    def before(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        seen.append(context["exception"])

    loop.set_exception_handler(before)
    error = OSError("of somebody else")
    with QuietHandshake():
        report(ConnectionResetError)
        report(error)
        report(ValueError)
        with QuietHandshake():
            report(ConnectionResetError)
        report(ConnectionResetError)
    assert seen == [error, ValueError]
    assert loop.get_exception_handler() is before
    report(ConnectionResetError)
    assert seen[2:] == [ConnectionResetError]


async def a_handler_stays() -> None:
    loop = asyncio.get_running_loop()

    def later(_: asyncio.AbstractEventLoop, __: dict[str, Any]) -> None:
        pass

    with QuietHandshake():
        loop.set_exception_handler(later)
    assert loop.get_exception_handler() is later
    loop.set_exception_handler(None)
    with QuietHandshake():
        pass
    assert loop.get_exception_handler() is None


def test_only_a_class_in_place_of_an_exception_is_kept_away() -> None:
    asyncio.run(only_a_class())


def test_a_handler_that_is_set_meanwhile_stays() -> None:
    asyncio.run(a_handler_stays())
