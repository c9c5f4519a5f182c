"""The simulator: a server of the protocol with made-up markets behind it."""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from fastpoly.schema import MARKETS, MarketSpec
from fastpoly.serving.feed import ReaderFeed
from fastpoly.serving.listening import Listening
from fastpoly.serving.reader import Reader
from fastpoly.serving.server import Refusal, StreamServer
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.connection import SimulatedConnection
from fastpoly.sim.faults import Fault, Faults
from fastpoly.sim.outlet import FaultyOutlet
from fastpoly.sim.pump import Pump

_SPEC_BY_PATH: Final = {path: spec for spec in MARKETS.values() for path in spec.paths}
# How many ended connections, and messages of clients, are remembered.
_REMEMBERED = 10_000


class Simulator(Listening):
    """A simulator in the running event loop; an async context manager.

    Args:
        config: Its settings.

    Raises:
        ValueError: The certificate cannot be read.

    Example:
        async with Simulator(SimulatorConfig(rate=1000)) as simulator:
            ...connect to simulator.url("stocks")...
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.connections: dict[int, SimulatedConnection] = {}
        self.requests: list[tuple[int, bytes]] = []
        self.faults = Faults(self.config.faults)
        self._ended: list[dict[str, Any]] = []
        self._pumps: dict[str, Pump] = {}
        self._paused = False
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = StreamServer(
            self,
            host=self.config.host,
            port=self.config.port,
            context=_context(self.config),
            policy=self.config.policy(),
            outlet=FaultyOutlet,
        )

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not ours.
        """
        await self._server.start()

    async def stop(self) -> None:
        """Drop every connection and stop listening."""
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pump in self._pumps.values():
            await pump.stop()
        await self._server.stop("simulator stopped")

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.port

    def url(self, market: str = "stocks") -> str:
        """Return the URL of a market; a path such as ``futures/cme`` will do.

        Raises:
            ValueError: There is no such market.
        """
        path = MARKETS[market].paths[0] if market in MARKETS else market
        if path not in _SPEC_BY_PATH:
            raise ValueError(f"{market!r} is not a market")
        return self._server.url(path)

    # ------------------------------------------------------------------------------ control

    def pause(self) -> None:
        """Make nothing happen until `resume`; requests are still answered."""
        self._paused = True
        for pump in self._pumps.values():
            pump.pause()

    def resume(self) -> None:
        """Let the markets run on."""
        self._paused = False
        for pump in self._pumps.values():
            pump.resume()

    def set_rate(self, rate: float) -> None:
        """Change the rate of all markets.

        Args:
            rate: Trades and quotes per second and market, above 0.

        Raises:
            ValueError: It is not a finite number above 0.
        """
        if not 0 < rate < math.inf:
            raise ValueError("a rate must be a finite number above 0")
        for spec in _SPEC_BY_PATH.values():
            self._pump(spec).rate = rate

    def inject(self, name: str, number: int | None = None, **settings: Any) -> int:
        """Make a fault happen now.

        Args:
            name: A key of `fastpoly.sim.faults.FAULTS`.
            number: The connection that it happens to; all of them without one.
            **settings: The fault's settings; those that say when are not looked at.

        Returns:
            How many connections it happened to.

        Raises:
            ValueError: There is no such fault or setting.
        """
        fault = Fault.make(name, settings)
        targets = self._chosen(number)
        for connection in targets:
            self.faults.commit(fault, connection)
        return len(targets)

    def restart(self, seconds: float) -> None:
        """Drop everyone and listen again, on the same port, after so many seconds."""

        async def away() -> None:
            await self._server.stop("server restart")
            await asyncio.sleep(seconds)
            await self._server.start()

        self._spawn(away())

    def refuse(self, seconds: float, status: int, retry_after_s: int) -> None:
        """Drop everyone, and answer who comes with an HTTP status for so many seconds."""
        refusal = self._server.refusal = Refusal(status, retry_after_s)
        self.later(seconds, self._welcome, refusal)
        for connection in list(self.connections.values()):
            connection.reader.drop(f"fault: HTTP {status}")

    def _welcome(self, refusal: Refusal) -> None:
        if self._server.refusal is refusal:
            self._server.refusal = None

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Call something after so many seconds, if the simulator still runs."""

        def run() -> None:
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _chosen(self, number: int | None) -> list[SimulatedConnection]:
        return [
            connection
            for connection in self.connections.values()
            if number is None or connection.number == number
        ]

    async def drain(self, seconds: float = 20.0) -> None:
        """Wait until everything sent so far has been handed to the kernel.

        Raises:
            TimeoutError: A client did not read it within so many seconds.
        """
        await self._server.drain(seconds)

    def send(self, payload: bytes, number: int | None = None) -> int:
        """Send one text frame as it is, to one connection or to all.

        Returns:
            How many connections it went to.
        """
        targets = self._chosen(number)
        for connection in targets:
            connection.reader.send_text(payload)
        return len(targets)

    def stats(self) -> dict[str, Any]:
        """Return everything that was counted, as plain data.

        Returns:
            ``events``: events sent per channel, over all connections; ``connections``: one dict
            per connection, the ended ones first; ``accepted``: how many there were;
            ``faults``: how often each happened; ``markets``: one dict per market in use.
        """
        connections = [
            *self._ended,
            *(connection.stats() for connection in self.connections.values()),
        ]
        events: dict[str, int] = {}
        for entry in connections:
            for channel, count in entry["events"].items():
                events[channel] = events.get(channel, 0) + count
        return {
            "events": events,
            "connections": connections,
            "accepted": self._server.accepted,
            "faults": dict(self.faults.happened),
            "markets": {name: pump.stats() for name, pump in self._pumps.items()},
        }

    # ---------------------------------------------------------------- what the server calls

    def market_at(self, path: str) -> MarketSpec | None:
        """Return the market that a URL's path stands for."""
        return _SPEC_BY_PATH.get(path)

    def problem_of(self, query: str) -> str:
        """See `Backend.problem_of`: a query changes nothing here."""
        return ""

    def attach(self, reader: Reader) -> ReaderFeed:
        """Enter a new connection."""
        connection = SimulatedConnection(self, self._pump(reader.market), reader)
        self.connections[connection.number] = connection
        return connection

    def _pump(self, spec: MarketSpec) -> Pump:
        pump = self._pumps.get(spec.name)
        if pump is None:
            pump = self._pumps[spec.name] = Pump(spec, self.config)
            if self._paused:
                pump.pause()
            pump.start()
        return pump

    # -------------------------------------------------------------- what connections call

    @property
    def ack_delay(self) -> float:
        """Seconds from a request to its confirmations when nothing is wrong."""
        return self.config.ack_delay

    def record(self, number: int, payload: bytes) -> None:
        """Remember a client's message."""
        self.requests.append((number, payload))
        del self.requests[:-_REMEMBERED]

    def forget(self, connection: SimulatedConnection) -> None:
        """Move a connection that has ended to the records."""
        if self.connections.pop(connection.number, None) is not None:
            self._ended.append(connection.stats())
            del self._ended[:-_REMEMBERED]


def _context(config: SimulatorConfig) -> ssl.SSLContext | None:
    """Return the TLS context that the settings ask for."""
    if not config.certfile:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = (config.certfile, config.keyfile)
    try:
        for path in files:
            what = path
            Path(path).read_bytes()  # ssl does not say which file it could not open
        what = " and ".join(files)
        context.load_cert_chain(*files)
    except OSError as error:  # ssl's own among them
        why = getattr(error, "reason", None) or error.strerror or error
        raise ValueError(f"the certificate cannot be read from {what}: {why}") from error
    return context
