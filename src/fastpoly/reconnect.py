"""When to try again: the policies that ``reconnect=`` takes."""

from __future__ import annotations

from fastpoly.protocol.reconnect import (
    Backoff,
    FirstConnectionPolicy,
    FixedDelay,
    ReconnectPolicy,
    Verdict,
    classify,
    make_policy,
    retryable,
)

__all__ = [
    "Backoff",
    "FirstConnectionPolicy",
    "FixedDelay",
    "ReconnectPolicy",
    "Verdict",
    "classify",
    "make_policy",
    "retryable",
]
