"""How much is tried by tests that could go on for ever: a share, or all of it where asked for.

``make test`` answers in minutes. ``make test-slow``, which ``.ci/run`` runs too, sets
``FASTPOLY_THOROUGH=1`` and runs what is marked ``slow`` or ``budget``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

T = TypeVar("T")
THOROUGH = os.environ.get("FASTPOLY_THOROUGH") == "1"
SHARE = 5
"""What is not asked for thoroughly tries one in so many. Hypothesis draws others each time."""


def budget(count: int) -> int:
    """Return how many of `count` things a test tries now; mark the test with ``budget``."""
    return count if THOROUGH else max(1, count // SHARE)


def share(things: Sequence[T]) -> Sequence[T]:
    """Return those of many things that a test tries now, evenly spread; mark it with ``budget``."""
    return things if THOROUGH else things[Random().randrange(SHARE) :: SHARE]


def limits(count: int, **more: Any) -> settings:
    """Return Hypothesis's settings for `count` examples when thorough, as slow as they may be."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=budget(count), deadline=None, suppress_health_check=slow, **more)


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a property that tries `count` examples when thorough."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        marked: Callable[..., None] = pytest.mark.budget(limits(count)(test))
        return marked

    return decorate
