"""The sinks of one stream: how they are added, and what they have done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from fastpoly.consumers.gathering import Grouping
from fastpoly.sinks.names import find_sink
from fastpoly.sinks.sink_writer import SinkStats, SinkWriter

if TYPE_CHECKING:
    from fastpoly.consumers.writer import Writer
    from fastpoly.filters.conditions import Condition
    from fastpoly.sinks.sink import Sink

__all__ = ["AttachedSinks", "WriterRegistry"]


class WriterRegistry(Protocol):
    """Who gives writers a stream's batches."""

    def wanted(self, channels: Iterable[str]) -> frozenset[str] | None:
        """Check the names of channels."""

    def add_writer(
        self,
        writer: Writer,
        channels: Iterable[str],
        *,
        symbols: Iterable[str] | None,
        where: Condition | None,
        grouping: Grouping | None,
        **limits: Any,
    ) -> None:
        """Have a writer write what comes from now on."""


class AttachedSinks:
    """The sinks of a stream.

    Args:
        market: The market's name.
        registry: Who gives them batches.
    """

    def __init__(self, market: str, registry: WriterRegistry) -> None:
        self._market = market
        self._registry = registry
        self._writers: list[SinkWriter] = []

    def add(
        self,
        sink: Sink | str,
        channels: tuple[str, ...],
        rows: int | None,
        every_s: float | None,
        options: dict[str, Any],
    ) -> None:
        """Have a sink write what comes from now on; see `Stream.sink`.

        Args:
            sink: The sink, or its name.
            channels: Names of channels; none for everything.
            rows: See `Grouping`; None for what the sink says.
            every_s: The same.
            options: What else the registry takes.

        Raises:
            UsageError: There is no such sink or channel, or a number makes no sense.
            Exception: What `Sink.open` raises.
        """
        self._registry.wanted(channels)
        found = find_sink(sink) if isinstance(sink, str) else sink
        rows = found.rows if rows is None else rows
        grouping = Grouping(rows, found.every if every_s is None else every_s) if rows else None
        writer = SinkWriter(found, repr(found), self._market)
        self._registry.add_writer(writer, channels, grouping=grouping, **options)
        self._writers.append(writer)

    def stats(self) -> tuple[SinkStats, ...]:
        """Return what each has done, in the order in which they came."""
        return tuple(writer.stats() for writer in self._writers)
