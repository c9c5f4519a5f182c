"""The limits of a server: their defaults are valid, wrong values are named."""

from __future__ import annotations

import pytest

from fastpoly.serving.policy import ServerPolicy


def test_nothing_is_limited_by_default_but_bytes() -> None:
    policy = ServerPolicy()
    assert (policy.max_readers, policy.max_readers_per_account, policy.max_subscriptions) == (
        0,
    ) * 3
    assert policy.max_buffer_bytes > policy.max_request_bytes > 1_000_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("evict", "all"),
        ("slow_reader", "kill"),
        ("early_subscribe", "allow"),
        ("max_readers", -1),
        ("max_subscriptions", -1),
        ("login_timeout_s", -0.1),
        ("max_buffer_bytes", 0),
        ("max_request_bytes", 0),
    ],
)
def test_a_wrong_value_is_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        ServerPolicy(**{name: value})
