"""How much is tried by tests that could go on for ever: a share, or all of it where asked for.

``make test`` answers in minutes. ``make test-slow``, which ``.ci/run`` runs too, sets
``FASTPOLY_THOROUGH=1`` and runs what is marked ``slow``, ``budget`` or ``sampled``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

T = TypeVar("T")
THOROUGH = os.environ.get("FASTPOLY_THOROUGH") == "1"
# A machine that is busy elsewhere is no fault of a property.
settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

SHARE = 5
"""What is not asked for thoroughly tries one in so many. Hypothesis draws others each time."""

SAMPLE = 4
"""Of the cases of a test that is marked ``sampled``, a run of all tests tries one in so many."""
DRAW = "FASTPOLY_DRAW"
"""What a run draws cases by, in the environment: xdist's workers must draw the same."""


def budget(count: int) -> int:
    """Return how many of `count` things a test tries now; mark the test with ``budget``."""
    return count if THOROUGH else max(1, count // SHARE)


def share(things: Sequence[T]) -> Sequence[T]:
    """Return those of many things that a test tries now, evenly spread; mark it with ``budget``."""
    return things if THOROUGH else things[Random().randrange(SHARE) :: SHARE]


def limits(count: int, **more: Any) -> settings:
    """Return Hypothesis's settings for `count` examples when thorough, as large as they may be."""
    unchecked = [*settings().suppress_health_check, HealthCheck.data_too_large]
    return settings(max_examples=budget(count), suppress_health_check=unchecked, **more)


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a property that tries `count` examples when thorough."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        marked: Callable[..., None] = pytest.mark.budget(limits(count)(test))
        return marked

    return decorate


def draw(config: pytest.Config) -> None:
    """Settle for a run which cases of ``sampled`` tests it tries; all, where tests are named."""
    if hasattr(config, "workerinput"):
        return
    of_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if THOROUGH or not of_all or config.option.keyword:
        os.environ.pop(DRAW, None)
    else:
        os.environ.setdefault(DRAW, secrets.token_hex(4))


def undrawn(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the cases of ``sampled`` tests that this run leaves out."""
    drawn = os.environ.get(DRAW)
    if drawn is None:
        return []
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out = []
    for test, found in cases.items():
        kept = Random(f"{drawn} {test}").randrange(SAMPLE) % len(found)
        left_out += [item for at, item in enumerate(found) if at % SAMPLE != kept]
    return left_out
