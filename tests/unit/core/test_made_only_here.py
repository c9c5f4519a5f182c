"""Classes whose instances only the library makes; compiled code that is called with nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import fastpoly
from fastpoly import _core

CLOSED = [_core.Event, _core.Status, _core.UnknownEvent, fastpoly.Batch,
          _core.Columns, type(iter(fastpoly.decode(b"[]")))]  # fmt: skip


@pytest.mark.parametrize("cls", CLOSED, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    "make",
    [lambda cls: cls(), lambda cls: cls.__new__(cls), lambda cls: cls(1, a=2), object.__new__],
    ids=["called", "new", "called with arguments", "new of object"],
)
def test_nobody_else_makes_one(cls: type[Any], make: Callable[[type[Any]], Any]) -> None:
    with pytest.raises(TypeError, match=r"come(s)? from|is not safe"):
        make(cls)


def test_a_class_made_of_an_event_is_closed_too() -> None:
    made = type("Mine", (_core.Event,), {})
    with pytest.raises(TypeError, match="comes from"):
        made()


def test_no_call_with_nothing_ends_the_process() -> None:
    """Every class and function of the core, and every method, given too little or None."""
    script = """
import os, sys
import fastpoly, fastpoly._core as core

batch = fastpoly.decode('[1,{"ev":"T","c":"x"},{"ev":"status"}]')
objects = [
    batch, batch[1], batch[0], batch[2], iter(batch), batch.columns("T"),
    core.Decoder("stocks"), core.LineWatch("stocks"), core.Histogram(), core.CallTimes(),
    core.ReadCoalescer(1000), core.Listener(None, "stocks"), core.FrameReader(),
    core.Filter("stocks", fastpoly.field("size") > 1), core.SyntheticMarket("stocks"),
    core.SyntheticMarket("stocks").subscription(),
    core.DayFileRows(
        "stocks", batch_bytes=1, max_spread_ns=0, keep_frames=True, memory_bytes=1, folder="/tmp"
    ),
]
calls = [getattr(core, name) for name in dir(core)]
calls += [lambda cls=cls: cls.__new__(cls) for cls in calls if isinstance(cls, type)]
# What is picows' own is its own affair.
calls += [
    getattr(one, name)
    for one in objects
    for name in dir(one)
    if name not in ("__class__", "send_user_specific_ping") and not name.startswith("__init_sub")
]
for call in filter(callable, calls):
    if getattr(call, "__module__", None) in ("os", "json", "logging", "builtins", "picows"):
        continue
    for arguments in ((), (None,), (None, None), (None, None, None)):
        sys.stdout.write(f"{call!r} {arguments}\\n")
        sys.stdout.flush()
        try:
            repr(call(*arguments))
        except Exception:
            pass
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout.splitlines()[-1] == "done", (done.returncode, done.stderr[-500:])
