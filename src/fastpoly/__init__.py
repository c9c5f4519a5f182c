"""Streams Polygon.io / Massive.com market data: the public names, and nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fastpoly import _frozen as _frozen
from fastpoly import _interpreter as _interpreter
from fastpoly import events as events
from fastpoly import reconnect as reconnect
from fastpoly._core import Batch, Decoder, decode
from fastpoly._version import __version__
from fastpoly.consumers.kept.snapshot import BarSnapshot, Snapshot
from fastpoly.enums import ErrorPolicy, Feed, Ingest, Market, OnFailure, Overflow
from fastpoly.errors import (
    AccessDeniedError,
    AuthError,
    CaptureError,
    CertificateError,
    ConnectError,
    ConnectionEvicted,
    ConnectionLost,
    ConsumerTooSlow,
    DecodeError,
    FastpolyError,
    ForcedDisconnect,
    HandlerFailed,
    HostNotFoundError,
    HttpStatusError,
    NotAuthorizedError,
    NotWebSocketError,
    PublishError,
    ReaderOverrun,
    RedirectError,
    RestError,
    ServerError,
    ServiceUnavailableError,
    SinkError,
    SlowReaderError,
    SubscriptionError,
    SubscriptionLimitError,
    TooManyRequestsError,
    UsageError,
)
from fastpoly.filters.conditions import Condition, field
from fastpoly.polygon.client import AsyncStreamClient
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix
from fastpoly.polygon.threaded.client import StreamClient
from fastpoly.shards import shard_of
from fastpoly.stream.replay import Replay, replay
from fastpoly.stream.stream import Stream
from fastpoly.stream.streams import Streams

if TYPE_CHECKING:
    from fastpoly.hub import Hub
    from fastpoly.replay_server import ReplayServer

__all__ = [
    "AccessDeniedError",
    "AsyncStreamClient",
    "AuthError",
    "BarSnapshot",
    "Batch",
    "CaptureError",
    "CertificateError",
    "Condition",
    "ConnectError",
    "ConnectionEvicted",
    "ConnectionLost",
    "ConsumerTooSlow",
    "DecodeError",
    "Decoder",
    "ErrorPolicy",
    "FastpolyError",
    "Feed",
    "ForcedDisconnect",
    "HandlerFailed",
    "HostNotFoundError",
    "HttpStatusError",
    "Hub",
    "Ingest",
    "Market",
    "NotAuthorizedError",
    "NotWebSocketError",
    "OnFailure",
    "Overflow",
    "PublishError",
    "ReaderOverrun",
    "RedirectError",
    "Replay",
    "ReplayServer",
    "RestError",
    "ServerError",
    "ServiceUnavailableError",
    "SinkError",
    "SlowReaderError",
    "Snapshot",
    "Stream",
    "StreamClient",
    "StreamCluster",
    "StreamHost",
    "StreamServicePrefix",
    "Streams",
    "SubscriptionError",
    "SubscriptionLimitError",
    "TooManyRequestsError",
    "UsageError",
    "__version__",
    "decode",
    "field",
    "replay",
    "shard_of",
]

_ON_DEMAND = ("capture", "rest", "sim")
"""Modules that most programs never need: imported when they are first asked for."""

_NAMES_ON_DEMAND = {"Hub": "fastpoly.hub", "ReplayServer": "fastpoly.replay_server"}
"""Names of the same kind, and the modules that have them."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in _ON_DEMAND:
            return importlib.import_module(f"{__name__}.{name}")
        if name in _NAMES_ON_DEMAND:
            return getattr(importlib.import_module(_NAMES_ON_DEMAND[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
