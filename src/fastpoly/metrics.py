"""The figures of streams as one page for Prometheus to read, and their health for probes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self, TypeAlias

from fastpoly.consumers.buffer import BufferStats
from fastpoly.errors import UsageError
from fastpoly.market.stats import ClientStats, MarketStats, StreamsStats, StreamStats
from fastpoly.protocol.lifecycle import State

__all__ = ["CONTENT_TYPE", "MetricsPage", "render"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""What the text of `render` is, for servers of your own."""

MAX_HEAD_BYTES: Final = 16 * 1024
"""A request whose head is longer is refused."""

PATIENCE_S: Final = 10.0
"""Seconds in which a request has to arrive, and its answer to be taken."""

UP: Final = frozenset((State.SUBSCRIBING, State.LIVE, State.STALE))
"""States in which a connection is up and takes requests."""

Stats: TypeAlias = MarketStats | StreamsStats
Sample: TypeAlias = tuple[Mapping[str, str], float]


class HasStats(Protocol):
    """`Stream`, `Streams`, or a client: what has figures."""

    def stats(self) -> Stats:
        """Return them; from any thread."""


def _buffers(stats: MarketStats) -> list[BufferStats]:
    if isinstance(stats, StreamStats):
        return [
            *stats.iterations,
            *(one.buffer for one in stats.handlers),
            *(one.buffer for one in stats.sinks),
        ]
    if isinstance(stats, ClientStats):
        return [*stats.waiting, *(one.buffer for one in stats.handlers)]
    return []


def _lost(stats: MarketStats) -> float:
    return stats.lost if isinstance(stats, (StreamStats, ClientStats)) else 0


def _one(value: Callable[[MarketStats], float]) -> Callable[[MarketStats], Iterator[Sample]]:
    def samples(stats: MarketStats) -> Iterator[Sample]:
        yield {}, value(stats)

    return samples


def _states(stats: MarketStats) -> Iterator[Sample]:
    for state in State:
        yield {"state": state.value}, stats.state is state


def _silent(stats: MarketStats) -> Iterator[Sample]:
    for channel, seconds in stats.silent.items():
        yield {"channel": channel}, seconds


def _lag(stats: MarketStats) -> Iterator[Sample]:
    for channel, lag in stats.lag.items():
        for quantile, ms in (("0.5", lag.p50_ms), ("0.99", lag.p99_ms), ("0.999", lag.p999_ms)):
            yield {"channel": channel, "quantile": quantile}, ms / 1e3


def _up(stats: MarketStats) -> float:
    return stats.state in UP


def _connections(stats: MarketStats) -> float:
    return stats.line.connections


def _received(stats: MarketStats) -> float:
    return stats.line.events_received


def _frames(stats: MarketStats) -> float:
    return stats.line.frames_received


def _bytes(stats: MarketStats) -> float:
    return stats.line.bytes_received


def _bad_frames(stats: MarketStats) -> float:
    return stats.line.bad_frames


def _filtered(stats: MarketStats) -> float:
    return stats.filtered


def _last_received(stats: MarketStats) -> float:
    return stats.line.last_received_ns / 1e9


def _backlog(stats: MarketStats) -> float:
    return stats.line.backlog_bytes


def _waiting_bytes(stats: MarketStats) -> float:
    return sum(one.nbytes for one in _buffers(stats))


def _waiting_s(stats: MarketStats) -> float:
    return max((one.waiting_s for one in _buffers(stats)), default=0.0)


def _subscriptions(stats: MarketStats) -> float:
    return len(stats.subscriptions)


def _confirmed(stats: MarketStats) -> float:
    return len(stats.confirmed)


@dataclass(frozen=True, slots=True)
class _Metric:
    """One metric: its name, its kind, what it says, and where its samples come from."""

    name: str
    kind: str
    help: str
    samples: Callable[[MarketStats], Iterator[Sample]]


METRICS: Final = (
    _Metric("up", "gauge", "Whether a connection is up and takes requests.", _one(_up)),
    _Metric("state", "gauge", "1 for the state that the market is in.", _states),
    _Metric("connections_total", "counter", "Connections accepted.", _one(_connections)),
    _Metric("events_received_total", "counter", "Events of the server.", _one(_received)),
    _Metric("frames_received_total", "counter", "Messages of the server.", _one(_frames)),
    _Metric("received_bytes_total", "counter", "Bytes of these messages.", _one(_bytes)),
    _Metric("bad_frames_total", "counter", "Messages that could not be read.", _one(_bad_frames)),
    _Metric("events_filtered_total", "counter", "Events left out by the filter.", _one(_filtered)),
    _Metric("events_lost_total", "counter", "Events that a consumer did not get.", _one(_lost)),
    _Metric(
        "last_received_seconds",
        "gauge",
        "When something came last, Unix time; 0 for never.",
        _one(_last_received),
    ),
    _Metric("backlog_bytes", "gauge", "Bytes that wait in the kernel.", _one(_backlog)),
    _Metric("waiting_bytes", "gauge", "Bytes that wait for consumers.", _one(_waiting_bytes)),
    _Metric("waiting_seconds", "gauge", "How long the oldest of it has waited.", _one(_waiting_s)),
    _Metric("subscriptions", "gauge", "Parameters that are wanted.", _one(_subscriptions)),
    _Metric("subscriptions_confirmed", "gauge", "Those that are confirmed.", _one(_confirmed)),
    _Metric("silent_seconds", "gauge", "How long a stale channel has been silent.", _silent),
    _Metric("lag_seconds", "gauge", "How late events were, of all so far, by quantile.", _lag),
)
"""Every metric, without the ``fastpoly_`` before its name."""


def _markets(sources: Iterable[HasStats]) -> dict[str, MarketStats]:
    """Return the figures of every market by its name.

    Raises:
        UsageError: Two have the same name.
    """
    found: dict[str, MarketStats] = {}
    for source in sources:
        stats = source.stats()
        named = stats.markets if isinstance(stats, StreamsStats) else {stats.market: stats}
        for name, one in named.items():
            if name in found:
                raise UsageError(
                    f"Two of these stream {name}.", hint="Give each a page of its own."
                )
            found[name] = one
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def render(*sources: HasStats) -> str:
    """Return the page, in Prometheus's text format.

    Args:
        sources: Any number of `Stream`, `Streams`, `AsyncStreamClient` and the other clients; from
            any thread.

    Raises:
        UsageError: Two of them stream the same market.
    """
    markets = _markets(sources)
    lines: list[str] = []
    for metric in METRICS:
        name = f"fastpoly_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
        for market, stats in markets.items():
            for labels, value in metric.samples(stats):
                pairs = {"market": market, **labels}
                text = ",".join(f'{key}="{_escaped(one)}"' for key, one in pairs.items())
                lines.append(f"{name}{{{text}}} {float(value):.15g}")
    return "\n".join(lines) + "\n"


class MetricsPage:
    """Serves the page over HTTP, in the running event loop.

        async with Streams(stocks=["T.*"], crypto=["XT.*"]) as streams:
            async with MetricsPage(streams, port=9464): ...

    ``/metrics`` is what `render` gives. ``/health`` answers 200 if the connection of every market
    is up, otherwise 503; its text has a line with the state of each.

    Args:
        sources: See `render`.
        host: The address to listen on; by default for this machine only.
        port: The port; 0 for any that is free.

    Attributes:
        port: The port that it listens on.
    """

    def __init__(self, *sources: HasStats, host: str = "127.0.0.1", port: int = 0) -> None:
        self.port = port
        self._sources = sources
        self._host = host
        self._server: asyncio.Server | None = None
        self._pages: dict[str, Callable[[], tuple[int, str]]] = {
            "/metrics": self._metrics,
            "/health": self._health,
        }

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            OSError: The address is taken or not ours.
        """
        self._server = await asyncio.start_server(
            self._answer, self._host, self.port, limit=MAX_HEAD_BYTES
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _metrics(self) -> tuple[int, str]:
        return 200, render(*self._sources)

    def _health(self) -> tuple[int, str]:
        markets = _markets(self._sources)
        well = all(one.state in UP for one in markets.values())
        lines = [f"{name} {one.state.value} {one.error}".rstrip() for name, one in markets.items()]
        return 200 if well else 503, "\n".join(lines) + "\n"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever asks may be gone, or never have spoken HTTP.
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE_S):
                writer.write(await self._response(reader))
                await writer.drain()
        writer.close()

    async def _response(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.LimitOverrunError:
            return _response(431, "", "")
        method, _, rest = head.partition("\r\n")[0].partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if path not in self._pages:
            return _response(404, "The pages are /metrics and /health.\n", method)
        if method not in ("GET", "HEAD"):
            return _response(405, "", method)
        return _response(*self._pages[path](), method)


_REASONS: Final[Mapping[int, str]] = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


def _response(status: int, text: str, method: str) -> bytes:
    body = text.encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)
