"""Errors that are also caught as those which clients on the package ``websockets`` let through.

Programs of theirs have ``except websockets.exceptions.ConnectionClosed`` around their loop, and
``except ConnectionRefusedError``, ``socket.gaierror`` or ``TimeoutError`` around the first call. An
error of this library's that means the same is raised in a class that is both.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastpoly.errors import ConnectError, ConnectionLost

__all__ = ["as_caught_there"]

E = TypeVar("E", bound=BaseException)

REGULAR: Final = (1000, 1001)
"""Close codes that websockets counts as a regular end."""

_CAUSES: Final[tuple[type[OSError], ...]] = (ConnectionRefusedError, socket.gaierror, TimeoutError)
"""What such a client lets through when a connection does not come up."""


def as_caught_there(error: E) -> E:
    """Return an error that is also caught as what a client on ``websockets`` raises in its place.

    An error of websockets' is added where the program has imported that package, without which it
    could not name one.
    """
    if not isinstance(error, ConnectionLost):
        return error
    foreign = _foreign(error)
    if foreign is None or isinstance(error, foreign):
        return error
    made: Any = _both(type(error), foreign)(error.detail)
    made.__dict__.update(error.__dict__)
    made.__cause__ = error.__cause__
    cause = _first_cause(error)
    if isinstance(cause, OSError):
        made.errno, made.strerror = cause.errno, cause.strerror
    made.__suppress_context__ = error.__suppress_context__
    return made  # type: ignore[no-any-return]


def _foreign(error: ConnectionLost) -> type[Exception] | None:
    if isinstance(error, ConnectError):
        cause = _first_cause(error)
        return next((kind for kind in _CAUSES if isinstance(cause, kind)), None)
    module = sys.modules.get("websockets.exceptions")
    name = "ConnectionClosedOK" if error.code in REGULAR else "ConnectionClosedError"
    found = getattr(module, name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _first_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _reduced_as(kind: type[ConnectionLost]) -> Callable[[ConnectionLost], tuple[Any, ...]]:
    def reduce(error: ConnectionLost) -> tuple[Any, ...]:
        # The class that is both cannot be found by its name.
        return kind, error.args, error.__dict__

    return reduce


_made: Final[dict[tuple[type, type], type[ConnectionLost]]] = {}


def _both(kind: type[ConnectionLost], foreign: type[Exception]) -> type[ConnectionLost]:
    known = _made.get((kind, foreign))
    if known is not None:
        return known
    body = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__reduce__": _reduced_as(kind),
        # websockets has properties of these names, and has deprecated them.
        "code": 1006,
        "reason": "",
        # The close frames, of which only code and text are kept.
        "rcvd": None,
        "sent": None,
        "rcvd_then_sent": None,
    }
    made: type[ConnectionLost] = type(kind.__name__, (kind, foreign), body)
    _made[kind, foreign] = made
    return made
