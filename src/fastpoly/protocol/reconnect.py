"""When to try again: a pure classifier of failures, and policies that say how long to wait.

A policy is any object with the two members of `ReconnectPolicy`; ``retry_first`` is looked for and
False where it is missing. The stream counts the attempts:
1 after the first loss, and 1 again once data has flowed for ``stable_after_s`` on one connection.
A key that was accepted resets nothing, or two programs that evict each other would do so for ever
at full speed.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from fastpoly.errors import (
    AuthError,
    CertificateError,
    ConnectionEvicted,
    ConnectionLost,
    FastpolyError,
    NotAuthorizedError,
    ServerError,
    UsageError,
)

__all__ = [
    "Backoff",
    "FixedDelay",
    "ReconnectPolicy",
    "Verdict",
    "classify",
    "make_policy",
    "retryable",
]


class Verdict(StrEnum):
    """What a failure calls for."""

    RETRY = "retry"
    """It may be over by the next attempt."""
    COOL_DOWN = "cool down"
    """It would hit another connection of the account; retry late or never."""
    FATAL = "fatal"
    """The next attempt would fail in the same way."""


def classify(error: BaseException) -> Verdict:
    """Return what a failure of a connection calls for. Pure: it looks at the error alone."""
    match error:
        case ConnectionEvicted():
            return Verdict.COOL_DOWN
        case AuthError(status="auth_timeout"):
            # The key was late, not bad.
            return Verdict.RETRY
        case AuthError() | NotAuthorizedError() | CertificateError():
            return Verdict.FATAL
        case ConnectionLost() | ServerError() | OSError() | EOFError():
            return Verdict.RETRY
        case _:
            return Verdict.FATAL


def retryable(error: BaseException) -> bool:
    """Return whether trying again soon makes sense after a failure."""
    return classify(error) is Verdict.RETRY


@runtime_checkable
class ReconnectPolicy(Protocol):
    """What a stream asks about reconnecting; any object that answers will do."""

    @property
    def stable_after_s(self) -> float:
        """Seconds of data on one connection after which attempts are counted from 1 again."""

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """Return how long to wait before an attempt.

        Args:
            attempt: The number of the attempt, from 1.
            error: Why it is needed.

        Returns:
            Seconds, 0 or more; None to give up, with that error.
        """


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that grow exponentially up to a cap, with full jitter, so that crowds spread out.

    Attributes:
        initial_s: The upper end of the first wait, in seconds.
        cap_s: The upper end of any wait.
        factor: By how much the upper end grows with each attempt.
        max_attempts: Attempts after which it gives up; None for never.
        stable_after_s: Seconds of data on one connection after which attempts are counted from 1.
        evicted_after_s: Seconds to wait after an eviction, at least; None to give up then.
        retry_first: Whether the very first connection is retried too; if not, its failure is raised
            at once, as it is more often a wrong host or key than a passing fault.
        draw: Where randomness comes from: a function that returns a float in [0, 1).
    """

    initial_s: float = 1.0
    cap_s: float = 30.0
    factor: float = 2.0
    max_attempts: int | None = None
    stable_after_s: float = 60.0
    evicted_after_s: float | None = None
    retry_first: bool = False
    draw: Callable[[], float] = field(default=random.random, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("initial_s", "cap_s", "stable_after_s"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is negative.", hint="Pass seconds, 0 or more.")
        if self.factor < 1:
            raise UsageError("factor is below 1.", hint="Waits are to grow: pass 1 or more.")
        if self.max_attempts is not None and self.max_attempts < 0:
            raise UsageError("max_attempts is negative.", hint="Pass 0 or more, or None.")

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        verdict = classify(error)
        if verdict is Verdict.FATAL:
            return None
        if self.max_attempts is not None and attempt > self.max_attempts:
            return None
        # The exponent is bounded: a float overflows after a thousand attempts.
        ceiling = min(self.cap_s, self.initial_s * self.factor ** min(attempt - 1, 64))
        wait = self.draw() * ceiling
        if verdict is Verdict.COOL_DOWN:
            return None if self.evicted_after_s is None else self.evicted_after_s + wait
        return wait


@dataclass(frozen=True, slots=True)
class FixedDelay:
    """The same wait every time.

    Attributes:
        delay_s: The wait, in seconds.
        max_attempts: Attempts after which it gives up; None for never.
        stable_after_s: Seconds of data on one connection after which attempts are counted from 1.
    """

    delay_s: float = 5.0
    max_attempts: int | None = 5
    stable_after_s: float = 0.0

    def next_delay(self, attempt: int, error: FastpolyError) -> float | None:
        """See `ReconnectPolicy.next_delay`."""
        if classify(error) is not Verdict.RETRY:
            return None
        if self.max_attempts is not None and attempt > self.max_attempts:
            return None
        return self.delay_s


def _is_no_plain_function(function: object) -> bool:
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )


def make_policy(reconnect: ReconnectPolicy | bool | None) -> ReconnectPolicy:
    """Return the policy that an argument means.

    Args:
        reconnect: A policy; True for a `Backoff` with its defaults; False or None for never.

    Raises:
        UsageError: It is something else.
    """
    if reconnect is True:
        return Backoff()
    if reconnect is False or reconnect is None:
        return Backoff(max_attempts=0)
    if isinstance(reconnect, ReconnectPolicy) and callable(reconnect.next_delay):
        if _is_no_plain_function(reconnect.next_delay):
            raise UsageError(
                "next_delay() of the reconnect policy is a coroutine or generator function.",
                hint="Make it a plain function that returns seconds, or None to give up.",
            )
        return reconnect
    raise UsageError(
        f"reconnect={reconnect!r} is not a reconnect policy.",
        hint="Pass True, False, a Backoff, or an object with next_delay() and stable_after_s.",
    )
