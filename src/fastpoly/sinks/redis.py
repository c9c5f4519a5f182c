"""Redis Streams, or Valkey's: an entry for each group of events, stored once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from fastpoly.errors import SinkError, UsageError
from fastpoly.net.endpoints import shown_url
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.sinks.files.json_lines import json_lines

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["RedisSink"]

PAUSE_S: Final = 0.1
"""The wait before a server that was away is tried again."""

ANSWER_S: Final = 5.0
"""How long a server has for its answer."""


class RedisSink:
    """Writes each channel to a stream of its own: ``fastpoly:stocks:T``.

    An entry is a group of events, with the fields ``events`` (a JSON array, with the keys and
    values that the server sent), ``count`` and ``received_ns``, when the last of them was received.
    A gap is an entry with the field ``notice`` in each of the streams. Each entry has an id that is
    chosen here, so that one that is sent again after a fault is not stored twice. A server that is
    away is tried again for `patience` seconds, while events wait in the sink's buffer; what it has
    not taken by then is lost, and announced.

    Args:
        url: The server, such as ``redis://localhost:6379/0``.
        prefix: What the names of streams begin with.
        max_length: Entries of a stream beyond which the oldest are removed, about; None for none.
        rows: See `Sink.rows`.
        every: See `Sink.every`.
        patience: Seconds for which a group is tried.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "fastpoly",
        max_length: int | None = None,
        rows: int = 1000,
        every: float = 0.1,
        patience: float = 30.0,
    ) -> None:
        self._url = url
        self._prefix = prefix
        self._max_length = max_length
        self.rows = rows
        self.every = every
        self._patience_s = patience
        self._market = ""
        self._client: Any = None
        # The streams that were written to, each with its last id.
        self._last: dict[str, tuple[int, int]] = {}

    def __repr__(self) -> str:
        return f"<RedisSink {shown_url(self._url)}>"

    def open(self, market: str) -> None:
        """See `Sink.open`.

        Raises:
            SinkError: The server cannot be reached, or refuses.
            UsageError: redis-py is not installed.
        """
        try:
            import redis
        except ModuleNotFoundError:
            raise UsageError(
                "RedisSink needs redis-py, which is not installed.",
                hint="Install the extra: pip install 'fastpoly[redis]'.",
            ) from None
        self._market = market
        try:
            self._client = redis.Redis.from_url(
                self._url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S
            )
            self._client.ping()
        except (redis.RedisError, ValueError) as error:
            raise SinkError(
                f"{shown_url(self._url) or 'The server'} cannot be written to: {error}.",
                hint="See whether a Redis or Valkey server runs there, and its password.",
            ) from None

    def write(self, batch: Batch) -> None:
        """See `Sink.write`."""
        for channel in batch.channels:
            if channel == NOTICE_CHANNEL:
                notices = b"[" + b",".join(json_lines(batch.select(channel))) + b"]"
                for name in tuple(self._last):
                    self._add(name, {"notice": notices})
                continue
            events = batch.select(channel)
            self._add(
                f"{self._prefix}:{self._market}:{channel}",
                {
                    "events": b"[" + b",".join(json_lines(events)) + b"]",
                    "count": str(len(events)).encode(),
                    "received_ns": str(batch.received_ns).encode(),
                },
            )

    def _add(self, name: str, fields: dict[str, bytes]) -> None:
        import redis

        gives_up = time.monotonic() + self._patience_s
        number = self._next(name)
        while True:
            entry = f"{number[0]}-{number[1]}"
            try:
                self._client.xadd(name, fields, id=entry, maxlen=self._max_length, approximate=True)
                break
            except redis.ResponseError as error:
                # "The ID is equal or smaller": it was stored, and the answer got lost; or
                # somebody else has written there.
                if "equal or smaller" not in str(error):
                    raise
                if self._client.xrange(name, entry, entry):
                    break
                (last,) = self._client.xrevrange(name, count=1)
                before, _, after = last[0].partition(b"-")
                number = int(before), int(after) + 1
            except (redis.ConnectionError, redis.TimeoutError):
                if time.monotonic() > gives_up:
                    raise
                time.sleep(PAUSE_S)
        self._last[name] = number

    def _next(self, name: str) -> tuple[int, int]:
        """Return the id of a stream's next entry: the time in ms, and a number within it."""
        now_ms = time.time_ns() // 1_000_000
        last_ms, number = self._last.get(name, (0, 0))
        return (now_ms, 0) if now_ms > last_ms else (last_ms, number + 1)

    def flush(self) -> None:
        """See `Sink.flush`: every entry was taken when it was written."""

    def close(self) -> None:
        """See `Sink.close`."""
        if self._client is not None:
            self._client.close()
