"""What the demo shows: a table on a terminal, lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from fastpoly._core import Histogram
from fastpoly.cli.meter import Meter, Tally
from fastpoly.cli.view import LiveView, PlainView, make_view


def tally(trades: int, lag_ms: int | None) -> Tally:
    made = Tally(nbytes=trades * 150, batches=1)
    made.events["T"] = trades
    if lag_ms is not None:
        lags = made.lags["T"] = Histogram()
        for _ in range(trades):
            lags.record(lag_ms * 1_000_000)
    return made


def test_plain_view_writes_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainView(("T", "Q")) as view:
        view.show(Meter("stocks"), tally(20_000, 3), 2.0)
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    for part in ("T 10,000/s", "Q 0/s", "1.5 MB/s", "p50 3.0 ms", "p99 3.0 ms"):
        assert part in written.err


def test_plain_view_with_nothing_to_measure(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainView(("T",)) as view:
        view.show(Meter("stocks"), tally(0, None), 1.0)
    assert "lag p50 - ms" in capsys.readouterr().err


def test_live_view_draws_channels_and_totals() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    with LiveView(("T", "Q"), "a title", console) as view:
        view.show(Meter("stocks"), tally(20_000, 3), 2.0)
        drawn = screen.getvalue()
    for part in ("a title", "channel", "10,000", "3.0", "1.5 MB/s", "all", "Q"):
        assert part in drawn


def test_without_a_terminal_the_view_is_plain(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    assert isinstance(make_view(("T",), "a title"), PlainView)
    assert capsys.readouterr().err == "a title\n"
