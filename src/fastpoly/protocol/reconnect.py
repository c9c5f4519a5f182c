"""When to try again: a pure classifier of failures, and policies that say how long to wait.

A policy is any object with the two members of `ReconnectPolicy`; one that also speaks for the very
first connection has the third of `FirstConnectionPolicy`. The stream counts the attempts: 1 after
the first loss, and 1 again once data has flowed for ``stable_after_s`` on one connection. A key
that was accepted resets nothing, or two programs that evict each other would do so for ever at full
speed.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from fastpoly import errors
from fastpoly.errors import FastpolyError, UsageError

__all__ = [
    "Backoff",
    "FirstConnectionPolicy",
    "FixedDelay",
    "ReconnectPolicy",
    "Verdict",
    "classify",
    "least_wait_s",
    "make_policy",
    "retries_first",
    "retryable",
]


class Verdict(StrEnum):
    """What a failure calls for."""

    RETRY = "retry"
    """It may be over by the next attempt."""
    COOL_DOWN = "cool down"
    """It would do harm, to another connection of the account or to its standing; retry late or
    never."""
    FATAL = "fatal"
    """The next attempt would fail in the same way."""


# By class; a class that is not here is judged as the one that it is derived from.
_VERDICTS: Final[Mapping[type[BaseException], Verdict]] = {
    BaseException: Verdict.FATAL,
    # The user's affair, or this library's: another connection changes nothing.
    errors.FastpolyError: Verdict.FATAL,
    errors.UsageError: Verdict.FATAL,
    errors.SubscriptionError: Verdict.FATAL,
    errors.CaptureError: Verdict.FATAL,
    errors.SinkError: Verdict.FATAL,
    errors.RestError: Verdict.FATAL,
    errors.PublishError: Verdict.FATAL,
    errors.ConsumerTooSlow: Verdict.FATAL,
    errors.HandlerFailed: Verdict.FATAL,
    errors.DecodeError: Verdict.FATAL,
    # What the server says.
    errors.ServerError: Verdict.RETRY,
    errors.AuthError: Verdict.FATAL,
    errors.NotAuthorizedError: Verdict.FATAL,
    errors.SubscriptionLimitError: Verdict.RETRY,
    errors.ConnectionEvicted: Verdict.COOL_DOWN,
    errors.SlowReaderError: Verdict.RETRY,
    errors.ForcedDisconnect: Verdict.COOL_DOWN,
    # What the network does. Where connecting has worked before, a wrong address is a fault that
    # passes: a name service that is away, a load balancer or a portal that answers for the server.
    errors.ConnectionLost: Verdict.RETRY,
    errors.ReaderOverrun: Verdict.RETRY,
    errors.ConnectError: Verdict.RETRY,
    errors.HostNotFoundError: Verdict.RETRY,
    errors.NotWebSocketError: Verdict.RETRY,
    errors.HttpStatusError: Verdict.RETRY,
    errors.TooManyRequestsError: Verdict.RETRY,
    errors.ServiceUnavailableError: Verdict.RETRY,
    # Whoever asks for a login, or points elsewhere, was set up to do so.
    errors.RedirectError: Verdict.FATAL,
    errors.AccessDeniedError: Verdict.FATAL,
    errors.CertificateError: Verdict.FATAL,
    OSError: Verdict.RETRY,
    EOFError: Verdict.RETRY,
}

# By the status text, where the class does not tell: this key was late, not bad.
_VERDICTS_BY_STATUS: Final = {"auth_timeout": Verdict.RETRY}


def classify(error: BaseException) -> Verdict:
    """Return what a failure of a connection calls for. Pure: it looks at the error alone."""
    by_status = _VERDICTS_BY_STATUS.get(getattr(error, "status", ""))
    if by_status is not None:
        return by_status
    return next(_VERDICTS[kind] for kind in type(error).__mro__ if kind in _VERDICTS)


def least_wait_s(error: BaseException) -> float:
    """Return for how many seconds a server asked not to be tried again; 0 where it did not."""
    return getattr(error, "retry_after_s", None) or 0.0


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


@runtime_checkable
class FirstConnectionPolicy(ReconnectPolicy, Protocol):
    """A policy that is also asked when the very first connection fails.

    With another policy that failure is raised at once: it is more often a wrong host or key than a
    fault that passes.
    """

    @property
    def retry_first(self) -> bool:
        """Whether to ask `next_delay` about it; if not, it is raised at once."""


def retries_first(policy: ReconnectPolicy) -> bool:
    """Return whether a policy is asked when the very first connection fails."""
    return isinstance(policy, FirstConnectionPolicy) and policy.retry_first


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that grow exponentially up to a cap, with full jitter, so that crowds spread out.

    Where a server said how long it wants to be left alone (``Retry-After``), that comes on top.

    Attributes:
        initial_s: The upper end of the first wait, in seconds.
        cap_s: The upper end of any wait.
        factor: By how much the upper end grows with each attempt.
        max_attempts: Attempts after which it gives up; None for never.
        stable_after_s: Seconds of data on one line after which the count starts again.
        evicted_after_s: Seconds to wait after an eviction, or after a disconnect that the service
            forced, at least; None to give up then.
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
        wait = self.draw() * ceiling + least_wait_s(error)
        if verdict is Verdict.COOL_DOWN:
            return None if self.evicted_after_s is None else self.evicted_after_s + wait
        return wait


@dataclass(frozen=True, slots=True)
class FixedDelay:
    """The same wait every time, or a longer one where the server asked for it.

    Attributes:
        delay_s: The wait, in seconds.
        max_attempts: Attempts after which it gives up; None for never.
        stable_after_s: Seconds of data on one connection after which attempts are counted from 1;
            0 for any data.
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
        return max(self.delay_s, least_wait_s(error))


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
        if isinstance(reconnect, FirstConnectionPolicy) and not isinstance(
            reconnect.retry_first, bool
        ):
            raise UsageError(
                f"retry_first of the reconnect policy is {reconnect.retry_first!r}.",
                hint="Make it an attribute or a property that is True or False, or leave it out.",
            )
        return reconnect
    raise UsageError(
        f"reconnect={reconnect!r} is not a reconnect policy.",
        hint="Pass True, False, a Backoff, or an object with next_delay() and stable_after_s.",
    )
