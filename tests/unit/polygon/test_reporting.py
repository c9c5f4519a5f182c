"""What is logged, told and done when handlers raise or frames cannot be read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fastpoly import decode
from fastpoly.consumers.error_policy import MAX_KINDS, LogLimit
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import DecodeError, FastpolyError, HandlerFailed, UsageError
from fastpoly.events import Status
from fastpoly.net.credentials import ApiKey
from fastpoly.polygon.reporting import OnError, Reporting, log_notice
from tests.loops import in_loop


class Told:
    def __init__(self) -> None:
        self.errors: list[tuple[Any, ...]] = []
        self.stopped: list[FastpolyError] = []

    def on_error(self, *what: Any) -> None:
        self.errors.append(what)

    def make(
        self, policy: ErrorPolicy = ErrorPolicy.CONTINUE, on_error: OnError | None = None
    ) -> Reporting:
        return Reporting(on_error or self.on_error, policy, self.stopped.append)


def handler(message: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("policy", "go_on", "stops"),
    [
        (ErrorPolicy.CONTINUE, True, 0),
        (ErrorPolicy.DETACH, False, 0),
        (ErrorPolicy.STOP, False, 1),
    ],
)
def test_policy(policy: ErrorPolicy, go_on: bool, stops: int) -> None:
    told = Told()
    error = ValueError("broken")
    assert told.make(policy).handler_failed(error, handler, "message") is go_on
    assert told.errors == [(error, handler, "message")]
    assert len(told.stopped) == stops
    for failure in told.stopped:
        assert isinstance(failure, HandlerFailed)
        assert failure.__cause__ is error


def test_log_is_bounded_and_the_hook_is_not(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    reporting = told.make()
    for _ in range(100):
        reporting.handler_failed(ValueError("broken"), handler, None)
        reporting.bad_frame(DecodeError("not JSON", offset=3))
    assert 2 <= len(caplog.records) <= 20
    assert len(told.errors) == 200
    assert "The handler handler failed" in caplog.text
    assert "not JSON" in caplog.text


def test_kinds_of_records_are_bounded() -> None:
    limit = LogLimit(burst=1, per_s=1000)
    assert limit.admit("first") == 0
    assert limit.admit("first") is None
    for kind in range(10 * MAX_KINDS):
        assert limit.admit(kind) == 0
    held = {name: len(value) for name, value in vars(limit).items() if isinstance(value, dict)}
    assert max(held.values()) <= MAX_KINDS


def test_callable_that_cannot_be_hashed(caplog: pytest.LogCaptureFixture) -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, message: Any) -> None:
            pass

    assert Told().make().handler_failed(ValueError("broken"), Unhashable(), None)
    assert "Unhashable failed" in caplog.text


def test_hook_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def on_error(*what: Any) -> None:
        raise RuntimeError("hook")

    Told().make(on_error=on_error).bad_frame(DecodeError("not JSON"))
    assert "on_error raised" in caplog.text


@in_loop
async def test_hook_may_be_a_coroutine_function(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Any] = []

    async def on_error(error: BaseException, *_: Any) -> None:
        await asyncio.sleep(0)
        errors.append(error)
        raise RuntimeError("hook")

    error = DecodeError("not JSON")
    Told().make(on_error=on_error).bad_frame(error)
    for _ in range(4):
        await asyncio.sleep(0)
    assert errors == [error]
    assert "on_error raised" in caplog.text


def test_hook_has_to_be_callable() -> None:
    hook: Any = "print"
    with pytest.raises(UsageError, match="on_error is not callable: 'print'"):
        Told().make(on_error=hook)


def test_refusals_are_logged_and_other_statuses_are_not(caplog: pytest.LogCaptureFixture) -> None:
    statuses: Any = list(
        decode(
            '[{"ev":"status","status":"success","message":"subscribed to: T.A"},'
            '{"ev":"status","status":"error","message":"not authorized"}]'
        )
    )
    assert all(isinstance(status, Status) for status in statuses)
    for status in statuses:
        Told().make().refusal(ApiKey("sesame"), status)
    assert [record.getMessage() for record in caplog.records] == ["The server said: not authorized"]
    log_notice("a gap")
    assert caplog.records[-1].getMessage() == "a gap"
