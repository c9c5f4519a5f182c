"""What holds for all tests of consumers."""

from __future__ import annotations

import pytest

from fastpoly.consumers.handlers import handler


@pytest.fixture(autouse=True)
def _calls_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any call may take long; the tests of slices say so themselves."""
    monkeypatch.setattr(handler, "SLICE_NS", 10**12)
