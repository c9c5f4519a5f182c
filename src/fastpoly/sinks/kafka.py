"""Kafka: a message for each shard of a group of events, in order by symbol, each once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fastpoly.errors import SinkError, UsageError
from fastpoly.notices import NOTICE_CHANNEL
from fastpoly.shards import shard_of
from fastpoly.sinks.files.json_lines import json_lines

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["KafkaSink"]

SYMBOL_FIELDS: Final = ("symbol", "pair", "ticker")
"""What event types call it."""

POLL_S: Final = 0.1
"""How long is waited for room in the client's own queue at a time."""


class KafkaSink:
    """Writes each channel to a topic of its own: ``fastpoly.stocks.T``.

    A message is a JSON array of events, with the keys and values that the server sent. Its key is
    their shard, see `docs/shards.md`, so that all of a symbol is in one partition, in order. A gap
    is a message with the key ``notice`` in the topic ``fastpoly.stocks.notice``. The producer is
    idempotent: what it sends again after a fault is stored once. What the brokers have not taken
    within `patience` seconds is lost, and announced.

    Args:
        servers: Brokers to begin with, such as ``one:9092,two:9092``.
        prefix: What the names of topics begin with.
        rows: See `Sink.rows`.
        every: See `Sink.every`.
        patience: Seconds for which a message is tried.
        config: More settings of the client, by librdkafka's names.
    """

    def __init__(
        self,
        servers: str,
        *,
        prefix: str = "fastpoly",
        rows: int = 5000,
        every: float = 0.1,
        patience: float = 30.0,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self._servers = servers
        self._prefix = prefix
        self.rows = rows
        self.every = every
        self._patience_s = patience
        self._config = dict(config or {})
        self._market = ""
        self._producer: Any = None
        self._lost: Counter[str] = Counter()
        self._why = ""

    def __repr__(self) -> str:
        return f"<KafkaSink {self._servers}>"

    def open(self, market: str) -> None:
        """See `Sink.open`.

        Raises:
            SinkError: The client refuses its settings, or no broker answers.
            UsageError: confluent-kafka is not installed.
        """
        try:
            from confluent_kafka import KafkaException, Producer
        except ModuleNotFoundError:
            raise UsageError(
                "KafkaSink needs confluent-kafka, which is not installed.",
                hint="Install the extra: pip install 'fastpoly[kafka]'.",
            ) from None
        self._market = market
        settings = {
            "bootstrap.servers": self._servers,
            "enable.idempotence": True,
            "compression.type": "zstd",
            "linger.ms": 5,
            "delivery.timeout.ms": int(self._patience_s * 1000),
            "log_level": 2,
            **self._config,
        }
        try:
            self._producer = Producer(settings)
            self._producer.list_topics(timeout=min(self._patience_s, 10.0))
        except KafkaException as error:
            raise SinkError(
                f"{self._servers} cannot be written to: {error.args[0]}.",
                hint="See whether Kafka runs there, and what config= says.",
            ) from None

    def write(self, batch: Batch) -> None:
        """See `Sink.write`."""
        for channel in batch.channels:
            topic = f"{self._prefix}.{self._market}.{channel}"
            events = batch.select(channel)
            if channel == NOTICE_CHANNEL:
                self._produce(topic, b"notice", list(json_lines(events)), channel)
                continue
            by_shard: dict[int, list[bytes]] = {}
            for text, event in zip(json_lines(events), events, strict=True):
                by_shard.setdefault(_shard(event), []).append(text)
            for shard, texts in by_shard.items():
                self._produce(topic, str(shard).encode(), texts, channel)
        self._producer.poll(0)
        self._tell()

    def _produce(self, topic: str, key: bytes, texts: list[bytes], channel: str) -> None:
        value = b"[" + b",".join(texts) + b"]"
        gives_up = time.monotonic() + self._patience_s
        count = 0 if channel == NOTICE_CHANNEL else len(texts)
        while True:
            try:
                self._producer.produce(
                    topic, value, key, on_delivery=partial(self._on_delivery, channel, count)
                )
                return
            except BufferError:
                if time.monotonic() > gives_up:
                    self._lost[channel] += count
                    self._why = "the client's queue is full"
                    return
                self._producer.poll(POLL_S)

    def _on_delivery(self, channel: str, count: int, error: Any, message: Any) -> None:
        if error is not None:
            self._lost[channel] += count
            self._why = str(error)

    def _tell(self) -> None:
        """Raise what has been lost since this was last called."""
        if not self._lost:
            return
        lost, self._lost = dict(self._lost), Counter()
        raise SinkError(
            f"Messages could not be delivered: {self._why}.",
            hint="See whether Kafka runs, and raise patience.",
            lost_by_channel=lost,
        )

    def flush(self) -> None:
        """See `Sink.flush`."""
        self._producer.poll(0)
        self._tell()

    def close(self) -> None:
        """See `Sink.close`."""
        if self._producer is not None:
            # Every message is delivered, or given up, within its time.
            self._producer.flush(self._patience_s + 5.0)
            self._tell()


def _shard(event: Any) -> int:
    """Return the shard of an event's symbol; 0 where it has none."""
    for name in SYMBOL_FIELDS:
        symbol = getattr(event, name, None)
        if isinstance(symbol, str):
            return shard_of(symbol)
    return 0
