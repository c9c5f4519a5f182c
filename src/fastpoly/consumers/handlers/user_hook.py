"""Calls a function of the user's that is told what happens, and must not cause anything itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly.errors import UsageError

if TYPE_CHECKING:
    import logging

__all__ = [
    "EXITS",
    "MAX_RUNNING",
    "StreamOwner",
    "UserHook",
    "refuse_generator",
    "refuse_generator_function",
    "require_callable",
]

EXITS: Final = (KeyboardInterrupt, SystemExit)
"""What asks for the program's end. It is not a failure, and is carried out."""

MAX_RUNNING: Final = 100
"""Calls of a coroutine function that run at a time; beyond them the function is not called."""

_NO_YIELD: Final = "Take the yield out of it; a function and a coroutine function are called."


class StreamOwner(Protocol):
    """What a function of the user's may end."""

    def stop_with(self, error: BaseException) -> None:
        """End the stream, or the connection, with an error."""


def require_callable(name: str, function: object) -> None:
    """Check an argument that takes a function, or None for none.

    Args:
        name: The argument's name.
        function: Its value.

    Raises:
        UsageError: It is something else.
    """
    if function is not None and not callable(function):
        raise UsageError(f"{name} is not callable: {function!r}.", hint="Pass a function.")


def refuse_generator_function(name: str, function: object) -> None:
    """Check that a call of a function does what is written in it.

    Args:
        name: What to call it in the message.
        function: The function, a method, a partial, or an object with ``__call__``.

    Raises:
        UsageError: It has a ``yield`` in it, so that a call makes a generator and runs nothing.
    """
    for called in (function, inspect.getattr_static(type(function), "__call__", None)):
        if inspect.isasyncgenfunction(called) or (
            inspect.isgeneratorfunction(called) and not _gives_coroutine(called)
        ):
            raise UsageError(
                f"{name} is a generator function: {function!r}. A call of it runs nothing.",
                hint=_NO_YIELD,
            )


def _gives_coroutine(function: object) -> bool:
    """Return whether a generator function is one of `types.coroutine`, which can be awaited."""
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & inspect.CO_ITERABLE_COROUTINE)


def refuse_generator(result: object) -> None:
    """Check what a call gave, where the function itself did not show that it is a generator's.

    Raises:
        UsageError: It is a generator, which nobody would run.
    """
    if isinstance(result, (Generator, AsyncGenerator)) and not inspect.isawaitable(result):
        raise UsageError(f"The call gave a generator, {result!r}, and ran nothing.", hint=_NO_YIELD)


class UserHook:
    """A function, or coroutine function. What it raises is logged; a coroutine runs to its end.

    While `MAX_RUNNING` calls of a coroutine function have not come to their end, there are no more,
    and a log record says how many there would have been.

    Args:
        name: What to call it: the argument that it was passed as.
        function: The function; None for none.
        owner: What an exit ends that the function raises.
        logger: Where its own failures go.

    Raises:
        UsageError: The function is not callable, or is a generator function.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., object] | None,
        owner: StreamOwner,
        logger: logging.Logger,
    ) -> None:
        require_callable(name, function)
        refuse_generator_function(name, function)
        self.function = function
        self._name = name
        self._owner = owner
        self._logger = logger
        # The loop itself keeps tasks by weak references only.
        self._running: set[asyncio.Task[None]] = set()
        self._left_out = 0

    def __call__(self, *arguments: object) -> None:
        """Call the function, if there is one. Raises nothing."""
        if self.function is None:
            return
        if len(self._running) >= MAX_RUNNING:
            self._left_out += 1
            return
        try:
            result = self.function(*arguments)
            if isinstance(result, Awaitable):
                self._start(result)
            elif result is not None:
                refuse_generator(result)
        except BaseException as error:  # whatever it is, the stream goes on or ends with it
            self._fail(error)

    def _start(self, result: Awaitable[object]) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            if isinstance(result, Coroutine):
                result.close()
            raise
        task = loop.create_task(self._await(result))
        self._running.add(task)
        task.add_done_callback(self._on_done)

    async def _await(self, result: Awaitable[object]) -> None:
        try:
            await result
        except EXITS as error:
            self._fail(error)  # out of a task it would not wait for the connection's end

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if self._left_out:
            self._logger.error(
                "%s was not called %d times: %d of its calls were still running",
                self._name,
                self._left_out,
                MAX_RUNNING,
            )
            self._left_out = 0
        if task.cancelled():
            if not task.cancelling():  # it raised that itself
                self._fail(asyncio.CancelledError())
        elif (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, EXITS):
            self._owner.stop_with(error)
        else:
            self._logger.error("%s raised", self._name, exc_info=error)
