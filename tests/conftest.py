"""What all tests start from."""

from __future__ import annotations

import os
import signal

import pytest

from tests import budgets

# A job that a shell has put into the background ignores Ctrl-C, and so would all its children,
# among them those that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Settle what this run tries."""
    budgets.draw(config)


def pytest_report_header() -> str:
    """Say what chose the cases, so that the same can be tried again."""
    drawn = os.environ.get(budgets.DRAW)
    return "cases: all" if drawn is None else f"cases: drawn by {budgets.DRAW}={drawn}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that were not drawn."""
    left_out = budgets.undrawn(items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
