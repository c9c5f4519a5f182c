"""The simulator: a WebSocket server that speaks the service's protocol with made-up markets."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final

from picows import WSUpgradeRequest, ws_create_server

from fastpoly.schema import MARKETS, MarketSpec
from fastpoly.serving import frames
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.connection import Connection
from fastpoly.sim.faults import Fault, Faults
from fastpoly.sim.pump import Pump

logger = logging.getLogger("fastpoly.sim")

_SPEC_BY_PATH: Final = {path: spec for spec in MARKETS.values() for path in spec.paths}
# What a client may send at once; the service takes a megabyte.
_MAX_REQUEST_BYTES = 2 * 1024 * 1024
# How many ended connections, and messages of clients, are remembered.
_REMEMBERED = 10_000


class Simulator:
    """A simulator in the running event loop; an async context manager.

    Args:
        config: Its settings.

    Example:
        async with Simulator(SimulatorConfig(rate=1000)) as simulator:
            ...connect to simulator.url("stocks")...
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.port = 0
        self.connections: dict[int, Connection] = {}
        self.requests: list[tuple[int, bytes]] = []
        self._ended: list[dict[str, Any]] = []
        self._pumps: dict[str, Pump] = {}
        self._accounts: dict[tuple[str, str], list[Connection]] = {}
        self._accepted = 0
        self._paused = False
        self.faults = Faults(self.config.faults)
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._context: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Simulator:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens.

        Raises:
            OSError: The address is taken or not ours.
        """
        if self.config.certfile:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(self.config.certfile, self.config.keyfile)
        await self._listen(self.config.port)
        if self.config.ping_interval:
            self._spawn(self._ping())

    async def _listen(self, port: int) -> None:
        self._server = await ws_create_server(
            self._accept,
            self.config.host,
            port,
            logger_name=logger,
            max_frame_size=_MAX_REQUEST_BYTES,
            enable_auto_pong=False,
            ssl=self._context,
            reuse_address=True,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drops every connection and stops listening."""
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pump in self._pumps.values():
            await pump.stop()
        await self._go_down("simulator stopped")

    async def _go_down(self, reason: str) -> None:
        """Stops listening and drops every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections.values()):
            connection.drop(reason)
        while self.connections:  # noqa: ASYNC110 - many ends, one waiter, milliseconds
            await asyncio.sleep(0.001)

    def url(self, market: str = "stocks") -> str:
        """The URL of a market; a path such as ``futures/cme`` will do.

        Raises:
            ValueError: There is no such market.
        """
        path = MARKETS[market].paths[0] if market in MARKETS else market
        if path not in _SPEC_BY_PATH:
            raise ValueError(f"there is no market {market!r}")
        scheme = "wss" if self.config.certfile else "ws"
        return f"{scheme}://{self.config.host}:{self.port}/{path}"

    # ------------------------------------------------------------------------------ control

    def pause(self) -> None:
        """Makes nothing happen until `resume`; requests are still answered."""
        self._paused = True
        for pump in self._pumps.values():
            pump.pause()

    def resume(self) -> None:
        """Lets the markets run on."""
        self._paused = False
        for pump in self._pumps.values():
            pump.resume()

    def set_rate(self, rate: float) -> None:
        """Changes the rate of all markets.

        Args:
            rate: Trades and quotes per second and market, above 0.
        """
        if rate <= 0:
            raise ValueError("a rate must be above 0")
        for spec in _SPEC_BY_PATH.values():
            self._pump(spec).rate = rate

    def inject(self, name: str, number: int | None = None, **settings: Any) -> int:
        """Makes a fault happen now.

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
        """Drops everyone and listens again, on the same port, after so many seconds."""

        async def away() -> None:
            await self._go_down("server restart")
            await asyncio.sleep(seconds)
            await self._listen(self.port)

        self._spawn(away())

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Calls something after so many seconds, if the simulator still runs."""

        def run() -> None:
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _chosen(self, number: int | None) -> list[Connection]:
        return [
            connection
            for connection in self.connections.values()
            if number is None or connection.number == number
        ]

    async def drain(self, seconds: float = 20.0) -> None:
        """Waits until everything sent so far has been handed to the kernel.

        Raises:
            TimeoutError: A client did not read it within so many seconds.
        """

        def waiting() -> bool:
            return any(connection.outlet.buffered for connection in self.connections.values())

        async with asyncio.timeout(seconds):
            while waiting():  # noqa: ASYNC110 - a transport does not tell when its buffer is empty
                await asyncio.sleep(0.001)

    def send(self, payload: bytes, number: int | None = None) -> int:
        """Sends one text frame as it is, to one connection or to all.

        Returns:
            How many connections it went to.
        """
        targets = self._chosen(number)
        for connection in targets:
            connection.send_text(payload)
        return len(targets)

    def stats(self) -> dict[str, Any]:
        """Everything that was counted, as plain data.

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
            "accepted": self._accepted,
            "faults": dict(self.faults.happened),
            "markets": {name: pump.stats() for name, pump in self._pumps.items()},
        }

    # -------------------------------------------------------- what connections call

    def _accept(self, request: WSUpgradeRequest) -> Connection | None:
        path = request.path.decode("ascii", "replace").partition("?")[0].strip("/")
        spec = _SPEC_BY_PATH.get(path)
        if spec is None:
            return None
        self._accepted += 1
        return Connection(self, self._pump(spec), self._accepted)

    def _pump(self, spec: MarketSpec) -> Pump:
        pump = self._pumps.get(spec.name)
        if pump is None:
            pump = self._pumps[spec.name] = Pump(spec, self.config)
            if self._paused:
                pump.pause()
            pump.start()
        return pump

    def welcome(self, connection: Connection) -> None:
        """Enters a new connection."""
        self.connections[connection.number] = connection

    def admit(self, connection: Connection) -> None:
        """Counts a connection that has logged in, and evicts where there is one too many."""
        peers = self._accounts.setdefault(connection.account, [])
        peers.append(connection)
        limit = self.config.max_connections
        if limit and len(peers) > limit:
            if self.config.evict == "newest":
                connection.doom()
            else:
                peers.pop(0).evict()

    def forget(self, connection: Connection) -> None:
        """Moves a connection that has ended to the records."""
        peers = self._accounts.get(connection.account, [])
        if connection in peers:
            peers.remove(connection)
        if self.connections.pop(connection.number, None) is not None:
            self._ended.append(connection.stats())
            del self._ended[:-_REMEMBERED]

    def record(self, connection: Connection, payload: bytes) -> None:
        """Remembers a client's message."""
        self.requests.append((connection.number, payload))
        del self.requests[:-_REMEMBERED]

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self.config.ping_interval)
            for connection in list(self.connections.values()):
                connection.send_raw(frames.frame(b"", frames.PING))
