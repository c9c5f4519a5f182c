"""What becomes of an exception that a handler raises: counted, logged, reported, policy applied."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from fastpoly.consumers.handler import Handler
from fastpoly.consumers.user_hook import Hook
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import FastpolyError, HandlerFailed

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["ErrorHook", "Fence", "LogLimit"]

logger = logging.getLogger("fastpoly.stream")

ErrorHook: TypeAlias = "Callable[[BaseException, HandlerFunction | None, Batch | None], object]"
"""``on_error(error, handler, batch)``; handler and batch are None where neither is at fault."""

HandlerFunction: TypeAlias = "Callable[[Batch], object]"


MAX_KINDS: Final = 1000
"""Kinds of records that are told apart at one time: handlers may come and go without end."""


class LogLimit:
    """Lets through a few records of a kind in a while, and counts the others.

    Args:
        burst: Records let through.
        per_s: Seconds after which they are let through anew.
    """

    def __init__(self, burst: int = 5, per_s: float = 10.0) -> None:
        self._burst = burst
        self._per_s = per_s
        self._began: dict[object, float] = {}
        self._seen: dict[object, int] = {}

    def admit(self, kind: object) -> int | None:
        """Asks for one record.

        Returns:
            None to hold it back; else how many of its kind were held back before it.
        """
        now = time.monotonic()
        if len(self._seen) >= MAX_KINDS:
            self._forget(now)
        seen = self._seen.get(kind, 0)
        if now - self._began.get(kind, -self._per_s) >= self._per_s:
            self._began[kind] = now
            self._seen[kind] = 1
            return max(seen - self._burst, 0)
        self._seen[kind] = seen + 1
        return 0 if seen < self._burst else None

    def _forget(self, now: float) -> None:
        """Forgets kinds that have been quiet, and if there are none, all."""
        late = [kind for kind, began in self._began.items() if now - began >= self._per_s]
        for kind in late or tuple(self._began):
            del self._began[kind], self._seen[kind]


STALL_NEWS_S: Final = 0.5
"""How long after a call that held the loop a stall may come to light that it explains."""

_LOST_CONTROL: Final = (KeyboardInterrupt, SystemExit)


class Fence:
    """Stands between handlers and the stream.

    Args:
        on_error: The user's hook; may be a coroutine function.
        policy: What becomes of a handler that raises.
        detach: Takes a handler off the stream.
        stop: Ends the stream with an error.
    """

    def __init__(
        self,
        on_error: ErrorHook | None,
        policy: ErrorPolicy,
        *,
        detach: Callable[[Handler], object],
        stop: Callable[[BaseException], object],
    ) -> None:
        self._tell = Hook(on_error, logger)
        self._policy = policy
        self._detach = detach
        self._stop = stop
        self._limit = LogLimit()
        self._blocked_at = -math.inf
        self.errors = 0

    def handler_failed(self, error: BaseException, handler: Handler, batch: Batch | None) -> None:
        """A handler raised, or did not keep up and its buffer's policy is to fail."""
        self.errors += 1
        if isinstance(error, _LOST_CONTROL):
            # Asking for the program's end is not a handler's failure.
            self._stop(error)
            return
        held_back = self._limit.admit((handler, type(error)))
        if held_back is not None:
            more = f" ({held_back} more like this were not logged)" if held_back else ""
            logger.error("The handler %s failed%s", handler.name, more, exc_info=error)
        self._tell(error, handler.function, batch)
        if batch is None or self._policy is ErrorPolicy.DETACH:
            self._detach(handler)
        elif self._policy is ErrorPolicy.STOP:
            failure = HandlerFailed(
                f"The handler {handler.name} raised {type(error).__name__}.",
                hint="Mend it, or choose another error_policy.",
            )
            failure.__cause__ = error
            self._stop(failure)

    def handler_blocked(self, handler: Handler, seconds: float, threaded: bool) -> None:
        """A call of a handler held the loop for long."""
        self._blocked_at = time.monotonic()
        held_back = self._limit.admit((handler, "blocked"))
        if held_back is not None:
            advice = "" if threaded else " Nothing was read meanwhile; ingest='thread' would."
            logger.warning(
                "The handler %s held the loop for %.2f s.%s", handler.name, seconds, advice
            )

    def loop_stalled(self, seconds: float, names: list[str]) -> None:
        """The loop in which the line is read stood still."""
        if time.monotonic() - self._blocked_at < seconds + STALL_NEWS_S:
            return  # the call that did it was told of
        held_back = self._limit.admit("stalled")
        if held_back is not None:
            who = f"{' and '.join(names)} had it" if names else "no handler of this stream had it"
            logger.warning(
                "The event loop stood still for %.2f s and nothing was read meanwhile; %s. "
                "ingest='thread' reads all the same.",
                seconds,
                who,
            )

    def trouble(self, error: FastpolyError) -> None:
        """Something went wrong that ends nothing and that no call can raise."""
        held_back = self._limit.admit(type(error))
        if held_back is not None:
            logger.error("%s", error)
        self._tell(error, None, None)
