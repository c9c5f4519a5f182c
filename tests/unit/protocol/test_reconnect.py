from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import errors
from fastpoly.protocol.reconnect import (
    _VERDICTS,
    Backoff,
    FirstConnectionPolicy,
    FixedDelay,
    ReconnectPolicy,
    Verdict,
    classify,
    make_policy,
    retries_first,
    retryable,
)

LOST = errors.ConnectionLost("gone", code=1006)
EVICTED = errors.ConnectionEvicted("too many")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (LOST, Verdict.RETRY),
        (errors.ConnectionLost("bye", code=1000), Verdict.RETRY),
        (errors.ConnectError("refused"), Verdict.RETRY),
        (errors.HostNotFoundError("no name"), Verdict.RETRY),
        (errors.NotWebSocketError("not HTTP"), Verdict.RETRY),
        (errors.HttpStatusError("HTTP 502", http_status=502), Verdict.RETRY),
        (errors.TooManyRequestsError("HTTP 429", http_status=429), Verdict.RETRY),
        (errors.ServiceUnavailableError("HTTP 503", http_status=503), Verdict.RETRY),
        (errors.AccessDeniedError("HTTP 401", http_status=401), Verdict.FATAL),
        (errors.RedirectError("HTTP 301", http_status=301), Verdict.FATAL),
        (errors.SlowReaderError("slow"), Verdict.RETRY),
        (errors.ForcedDisconnect("out"), Verdict.COOL_DOWN),
        (errors.ServerError("error"), Verdict.RETRY),
        (errors.AuthError("late", status="auth_timeout"), Verdict.RETRY),
        (ConnectionResetError(), Verdict.RETRY),
        (TimeoutError(), Verdict.RETRY),
        (EOFError(), Verdict.RETRY),
        (EVICTED, Verdict.COOL_DOWN),
        (errors.AuthError("bad", status="auth_failed"), Verdict.FATAL),
        (errors.NotAuthorizedError("no plan"), Verdict.FATAL),
        (errors.CertificateError("expired"), Verdict.FATAL),
        (errors.UsageError("wrong"), Verdict.FATAL),
        (errors.HandlerFailed("handler"), Verdict.FATAL),
        (ZeroDivisionError(), Verdict.FATAL),
    ],
)
def test_classify(error: BaseException, verdict: Verdict) -> None:
    assert classify(error) is verdict
    assert retryable(error) is (verdict is Verdict.RETRY)


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in errors.__all__])
def test_every_error_has_a_verdict(kind: type[errors.FastpolyError]) -> None:
    """In the table itself: one that is new is judged by whoever adds it, and not by chance."""
    assert kind in _VERDICTS
    assert classify(kind("x")) is _VERDICTS[kind]


def test_a_subclass_is_judged_as_its_base() -> None:
    class Own(errors.TooManyRequestsError):
        pass

    assert classify(Own("x")) is Verdict.RETRY


@pytest.mark.parametrize(
    "policy", [Backoff(draw=lambda: 0.0), Backoff(cap_s=1), FixedDelay(0.0), FixedDelay(0.5)]
)
@pytest.mark.parametrize("kind", [errors.TooManyRequestsError, errors.ServiceUnavailableError])
def test_a_server_is_left_alone_for_as_long_as_it_asks(
    policy: ReconnectPolicy, kind: type[errors.HttpStatusError]
) -> None:
    delay = policy.next_delay(1, kind("busy", retry_after_s=120.0))
    assert delay is not None
    assert delay >= 120
    delay = policy.next_delay(1, kind("busy"))
    assert delay is not None
    assert delay <= 1


def test_backoff_grows_up_to_the_cap() -> None:
    policy = Backoff(initial_s=1, cap_s=30, draw=lambda: 1.0)
    assert [policy.next_delay(n, LOST) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert policy.next_delay(100_000, LOST) == 30


@given(st.integers(1, 10_000), st.integers())
def test_full_jitter(attempt: int, seed: int) -> None:
    draw = random.Random(seed).random
    ceiling = Backoff(draw=lambda: 1.0).next_delay(attempt, LOST)
    delay = Backoff(draw=draw).next_delay(attempt, LOST)
    assert ceiling is not None
    assert delay is not None
    assert 0 <= delay <= ceiling <= 30


def test_jitter_spreads_over_the_whole_range() -> None:
    draw = random.Random(7).random
    delays = [Backoff(draw=draw).next_delay(5, LOST) or 0.0 for _ in range(500)]
    assert min(delays) < 1
    assert max(delays) > 15


def test_giving_up() -> None:
    policy = Backoff(max_attempts=2, draw=lambda: 0.0)
    assert [policy.next_delay(n, LOST) for n in (1, 2, 3)] == [0, 0, None]
    assert Backoff().next_delay(1, errors.AuthError("bad")) is None
    assert Backoff().next_delay(1, EVICTED) is None


def test_coming_back_after_an_eviction_takes_long() -> None:
    delay = Backoff(evicted_after_s=300).next_delay(1, EVICTED)
    assert delay is not None
    assert delay >= 300


def test_fixed_delay() -> None:
    policy = FixedDelay(5, max_attempts=2)
    assert [policy.next_delay(n, LOST) for n in (1, 2, 3)] == [5, 5, None]
    assert FixedDelay(5, max_attempts=None).next_delay(1000, LOST) == 5
    assert policy.next_delay(1, EVICTED) is None
    assert policy.next_delay(1, errors.AuthError("bad")) is None


def test_make_policy() -> None:
    assert make_policy(True) == Backoff()
    for never in (False, None):
        assert make_policy(never).next_delay(1, LOST) is None
    own = FixedDelay()
    assert make_policy(own) is own

    class Own:
        stable_after_s = 1.0

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> float | None:
            return None

    assert isinstance(Own(), ReconnectPolicy)
    assert not retries_first(make_policy(Own()))
    with pytest.raises(errors.UsageError, match="not a reconnect policy"):
        make_policy(5)  # type: ignore[arg-type]


def test_policies_that_speak_for_the_first_connection() -> None:
    class Own:
        stable_after_s = 1.0

        def __init__(self, retry_first: object) -> None:
            self.retry_first = retry_first

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> float | None:
            return None

    class ByProperty(FixedDelay):
        @property
        def retry_first(self) -> bool:
            return True

    assert isinstance(Backoff(), FirstConnectionPolicy)
    assert not isinstance(FixedDelay(), FirstConnectionPolicy)
    assert not retries_first(Backoff())
    assert not retries_first(Own(False))  # type: ignore[arg-type]
    for own in (Backoff(retry_first=True), ByProperty(), Own(True)):
        assert retries_first(make_policy(own))  # type: ignore[arg-type]
    # A method would always be true.
    for wrong in (lambda: False, 0, "no", None):
        with pytest.raises(errors.UsageError, match="retry_first"):
            make_policy(Own(wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [{"initial_s": -1}, {"cap_s": -1}, {"factor": 0.5}, {"max_attempts": -1}]
)
def test_senseless_backoff(options: dict[str, float]) -> None:
    with pytest.raises(errors.UsageError):
        Backoff(**options)  # type: ignore[arg-type]


def test_a_policy_that_would_have_to_be_awaited_is_refused() -> None:
    class Awaited:
        stable_after_s = 1.0

        async def next_delay(self, attempt: int, error: errors.FastpolyError) -> float:
            return 1.0

    class Generator:
        stable_after_s = 1.0

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> Iterator[float]:
            yield 1.0

    refused: tuple[Any, ...] = (Awaited(), Generator())
    for policy in refused:
        with pytest.raises(errors.UsageError, match="next_delay"):
            make_policy(policy)
