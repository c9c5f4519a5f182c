"""How commands meet the terminal: exit codes, errors, signals, and an output that may go away."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import errno
import logging
import math
import os
import queue
import select
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Final, Self

import click

from fastpoly import errors
from fastpoly.net.reader_loop import loop_factory

__all__ = [
    "ExitCode",
    "FiniteRange",
    "Output",
    "OutputClosed",
    "OutputFailed",
    "code_of",
    "exit_code",
    "report",
    "run",
    "say",
    "write_out",
]


class ExitCode(enum.IntEnum):
    """What the command's exit code says."""

    OK = 0
    """All went well, or the reader of the output has gone."""
    FAILED = 1
    """It failed: the demo lost events, a port was taken, nothing came in time, the disk is full."""
    USAGE = 2
    """The command line, or the environment that it needs, is wrong; nothing was done."""
    REFUSED = 3
    """The server said no: to the key, the market, a subscription."""
    DISCONNECTED = 4
    """The connection failed, or never opened."""
    INTERRUPTED = 130
    """Ctrl-C."""
    TERMINATED = 143
    """SIGTERM."""


# The more specific first: a SubscriptionError is a UsageError too.
_CODES: Final[tuple[tuple[type[errors.FastpolyError], ExitCode], ...]] = (
    (errors.ServerError, ExitCode.REFUSED),
    (errors.SubscriptionError, ExitCode.REFUSED),
    (errors.UsageError, ExitCode.USAGE),
    (errors.ConnectionLost, ExitCode.DISCONNECTED),
    (errors.FastpolyError, ExitCode.FAILED),
)


def exit_code(error: errors.FastpolyError) -> ExitCode:
    """Return the exit code of a command that ended with this error."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


class FiniteRange(click.FloatRange):
    """A number in a range; not NaN, which is in every range, and not infinite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def say(text: str) -> None:
    """Write a line to standard error; where that cannot be written, nobody can be told."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def report(error: errors.FastpolyError) -> None:
    """Say on standard error what happened and what to do about it."""
    say(f"{click.style('fastpoly:', fg='red')} {error.detail}")
    if error.hint:
        say(f"  {error.hint}")


_OUTPUT_ERRORS: Final = frozenset(
    {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF}
)
"""How writing to standard output can fail."""


class OutputClosed(Exception):
    """The reader of the output has gone."""


class OutputFailed(errors.FastpolyError):
    """The output cannot be written."""

    hint = "Check where standard output goes, and that there is room."


def output_error(error: OSError) -> OutputClosed | OutputFailed:
    """Return what it means that standard output could not be written."""
    if isinstance(error, BrokenPipeError):
        return OutputClosed()
    return OutputFailed(f"Standard output cannot be written: {error.strerror or error}.")


def write_out(text: str) -> None:
    """Write a line to standard output.

    Raises:
        OutputClosed: There is no reader any more.
        OutputFailed: It cannot be written.
    """
    try:
        click.echo(text)
    except OSError as error:
        _hush_stdout()
        raise output_error(error) from None


class Output:
    """Standard output, written from a thread of its own; a context manager, which ends it.

    A reader that stops reading, such as a pager, then stops the command but not its event loop:
    pings are still answered, and what arrives meanwhile is buffered under the stream's own rules.
    Its threads are daemons and use the bare descriptor, so that one that hangs in a write cannot
    keep the process from ending.

    Args:
        on_closed: Called in the loop when the reading side goes away, also while nothing is
            written: a quiet market would otherwise keep the connection for nobody.
        descriptor: The file descriptor.
    """

    def __init__(self, on_closed: Callable[[], object], descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._on_closed = on_closed
        self._jobs: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]] | None]
        self._jobs = queue.SimpleQueue()
        # A pipe of which one end is closed to end the watch over the other.
        self._watched, self._alarm = os.pipe()
        self.closed = False
        for work in (self._write_all, self._watch):
            threading.Thread(target=work, name=f"fastpoly-{work.__name__}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._jobs.put(None)
        os.close(self._alarm)

    async def write(self, data: bytes) -> None:
        """Write all of it.

        Raises:
            OutputClosed: There is no reader any more.
            OutputFailed: It cannot be written.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        self._jobs.put((data, done))
        await done

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            data, done = job
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                self._tell(self._finish, done, output_error(error))
            else:
                self._tell(self._finish, done, None)

    def _watch(self) -> None:
        # Without an event asked for, poll answers only that the other end has gone.
        poll = select.poll()
        poll.register(self._descriptor, 0)
        poll.register(self._watched, 0)
        gone = {descriptor for descriptor, _ in poll.poll()}
        os.close(self._watched)
        if self._descriptor in gone:
            self._tell(self._close)

    def _tell(self, function: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *arguments)

    def _close(self) -> None:
        self.closed = True
        self._on_closed()

    @staticmethod
    def _finish(done: asyncio.Future[None], error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _hush_stdout() -> None:
    """Let the interpreter flush what is left to nowhere, instead of complaining at its exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Log(logging.Handler):
    """Warnings of the library, on standard error as it is when they come: a display may own it."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"fastpoly: {self.format(record)}")


@contextlib.contextmanager
def _log_shown() -> Iterator[None]:
    logger, handler = logging.getLogger("fastpoly"), _Log(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def run(main: Coroutine[Any, Any, int]) -> int:
    """Run a command's coroutine and turn every way it can end into an exit code.

    Ctrl-C and SIGTERM cancel it, so that it closes what it opened.

    Args:
        main: The command; returns its exit code.
    """
    return code_of(partial(_run, main))


def _run(main: Coroutine[Any, Any, int]) -> int:
    terminated = False

    async def with_signals() -> int:
        task = asyncio.current_task()

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            if task is not None:
                task.cancel()

        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        return await main

    try:
        with _log_shown(), asyncio.Runner(loop_factory=loop_factory()) as runner:
            return runner.run(with_signals())
    except asyncio.CancelledError:
        if terminated:
            return ExitCode.TERMINATED
        raise


def code_of(function: Callable[[], int]) -> int:
    """Call a function that may write to standard output; return the exit code for its end."""
    try:
        try:
            code = function()
            sys.stdout.flush()
        except OSError as error:
            # click's own output, such as a help page, goes past `write_out`.
            if error.errno not in _OUTPUT_ERRORS:
                raise
            raise output_error(error) from None
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OutputClosed:
        _hush_stdout()
        return ExitCode.OK
    except errors.FastpolyError as error:
        if isinstance(error, OutputFailed):
            _hush_stdout()
        report(error)
        return exit_code(error)
    return code
