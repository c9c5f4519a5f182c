"""What is logged, reported and done when handlers raise or frames cannot be read."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from fastpoly.consumers.handlers.error_policy import ErrorHook, HandlerErrorPolicy
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import DecodeError, HandlerFailed, UsageError
from tests.loops import in_loop


class Stream:
    """What has handlers, and writes down what happens to it."""

    def __init__(self) -> None:
        self.errors: list[tuple[Any, ...]] = []
        self.stopped: list[BaseException] = []

    def stop_with(self, error: BaseException) -> None:
        self.stopped.append(error)

    def on_error(self, *what: Any) -> None:
        self.errors.append(what)

    def make(
        self, policy: ErrorPolicy = ErrorPolicy.CONTINUE, on_error: ErrorHook | None = None
    ) -> HandlerErrorPolicy:
        return HandlerErrorPolicy(
            on_error or self.on_error, policy, self, logging.getLogger("fastpoly.test")
        )


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
    stream = Stream()
    error = ValueError("broken")
    assert stream.make(policy).handler_failed(error, handler, "message") is go_on
    assert stream.errors == [(error, handler, "message")]
    assert len(stream.stopped) == stops
    for failure in stream.stopped:
        assert isinstance(failure, HandlerFailed)
        assert failure.__cause__ is error


def test_log_is_bounded_and_the_hook_is_not(caplog: pytest.LogCaptureFixture) -> None:
    stream = Stream()
    errors = stream.make()
    for _ in range(100):
        errors.handler_failed(ValueError("broken"), handler, None)
        errors.warn(DecodeError("not JSON", offset=3))
    assert 2 <= len(caplog.records) <= 20
    assert len(stream.errors) == 200
    assert "The handler handler failed" in caplog.text
    assert "not JSON" in caplog.text


def test_callable_that_cannot_be_hashed(caplog: pytest.LogCaptureFixture) -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, message: Any) -> None:
            pass

    assert Stream().make().handler_failed(ValueError("broken"), Unhashable(), None)
    assert "Unhashable failed" in caplog.text


def test_hook_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def on_error(*what: Any) -> None:
        raise RuntimeError("hook")

    Stream().make(on_error=on_error).warn(DecodeError("not JSON"))
    assert "on_error raised" in caplog.text


@in_loop
async def test_hook_may_be_a_coroutine_function(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Any] = []

    async def on_error(error: BaseException, *_: Any) -> None:
        await asyncio.sleep(0)
        errors.append(error)
        raise RuntimeError("hook")

    error = DecodeError("not JSON")
    Stream().make(on_error=on_error).warn(error)
    for _ in range(4):
        await asyncio.sleep(0)
    assert errors == [error]
    assert "on_error raised" in caplog.text


def test_hook_has_to_be_callable() -> None:
    hook: Any = "print"
    with pytest.raises(UsageError, match="on_error is not callable: 'print'"):
        Stream().make(on_error=hook)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("policy", list(ErrorPolicy))
def test_what_ends_the_program_ends_the_stream_and_is_no_failure(
    kind: type[BaseException], policy: ErrorPolicy, caplog: pytest.LogCaptureFixture
) -> None:
    stream = Stream()
    error = kind()
    assert stream.make(policy).handler_failed(error, handler, "message")
    assert stream.stopped == [error]
    assert (stream.errors, caplog.records) == ([], [])


def test_report_leaves_it_at_that() -> None:
    stream = Stream()
    errors = stream.make(ErrorPolicy.STOP)
    error = ValueError("slow")
    errors.report(error, handler, None)
    assert (stream.errors, stream.stopped, errors.errors) == ([(error, handler, None)], [], 1)
