from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from fastpoly import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_docstring_draws_the_hierarchy() -> None:
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([│ ├└─]*)([A-Z]\w+)", line)
        if match:
            depth = len(match[1]) // 4
            above[depth] = match[2]
            drawn[match[2]] = above[depth - 1] if depth else "Exception"
    assert set(drawn) == set(errors.__all__)
    for name, parent in drawn.items():
        assert parent in [base.__name__ for base in getattr(errors, name).__bases__], name


def test_limit_error_is_a_server_error_and_a_subscription_error() -> None:
    error = errors.SubscriptionLimitError("Too many.", status="error", refused=["Q.O:A"])
    assert isinstance(error, errors.ServerError)
    assert isinstance(error, errors.SubscriptionError)
    assert error.refused == ("Q.O:A",)
    assert error.status == "error"


@pytest.mark.parametrize("kind", CLASSES)
def test_text_is_detail_and_hint(kind: type[errors.FastpolyError]) -> None:
    error = kind("It broke.", hint="Mend it.")
    assert (error.detail, error.hint, str(error)) == ("It broke.", "Mend it.", "It broke. Mend it.")
    assert kind("It broke.").hint == kind.hint


@pytest.mark.parametrize("kind", CLASSES)
def test_survives_pickle_and_copy(kind: type[errors.FastpolyError]) -> None:
    names = list(inspect.signature(kind).parameters)[1:]
    sample: dict[str, object] = {
        "hint": "Mend it.",
        "status": "error",
        "message": "no",
        "refused": ["T.A"],
        "unanswered": ["T.B"],
        "offset": 7,
        "code": 1008,
        "reason": "because",
        "lost_by_channel": {"T": 3},
        "path": "day.mcap",
        "errno": 28,
        "http_status": 503,
        "retry_after_s": 2.5,
        "location": "wss://elsewhere/stocks",
        "frames": 4,
        "events": 9,
        "nbytes": 800,
    }
    error = kind("It broke.", **{name: sample[name] for name in names})
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301
        assert type(twin) is kind
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_kinds_that_python_code_expects() -> None:
    assert issubclass(errors.UsageError, ValueError)
    assert issubclass(errors.DecodeError, ValueError)
    assert issubclass(errors.ConnectionLost, ConnectionError)
    assert errors.ConnectionLost("gone", code=1001).code == 1001
