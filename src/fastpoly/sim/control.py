"""A simulator as a process: runs until told to stop, and obeys JSON lines on its standard input.

The first line on standard output says where it listens; then there is one line per command.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastpoly.net.reader_loop import loop_factory
from fastpoly.sim.config import SimulatorConfig
from fastpoly.sim.server import Simulator


async def _stats(simulator: Simulator, _: dict[str, Any]) -> Any:
    return simulator.stats()


async def _pause(simulator: Simulator, _: dict[str, Any]) -> Any:
    simulator.pause()
    await simulator.drain()


async def _resume(simulator: Simulator, _: dict[str, Any]) -> Any:
    simulator.resume()


async def _rate(simulator: Simulator, command: dict[str, Any]) -> Any:
    simulator.set_rate(float(command["rate"]))


async def _send(simulator: Simulator, command: dict[str, Any]) -> Any:
    return simulator.send(command["text"].encode(), command.get("number"))


async def _inject(simulator: Simulator, command: dict[str, Any]) -> Any:
    settings = command.get("settings", {})
    return simulator.inject(command["name"], command.get("number"), **settings)


async def _requests(simulator: Simulator, _: dict[str, Any]) -> Any:
    return [[number, payload.decode("utf-8", "replace")] for number, payload in simulator.requests]


COMMANDS: Final[dict[str, Callable[[Simulator, dict[str, Any]], Awaitable[Any]]]] = {
    "stats": _stats,
    "pause": _pause,
    "resume": _resume,
    "rate": _rate,
    "send": _send,
    "inject": _inject,
    "requests": _requests,
}
"""Command -> what it does; each gets the simulator and the command's own JSON object."""


async def _obey(simulator: Simulator) -> None:
    """Carry out commands until standard input ends or one says stop."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=16 * 1024 * 1024)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        while line := await reader.readline():
            command = json.loads(line)
            if command["do"] == "stop":
                _say({"reply": None})
                return
            try:
                reply = await COMMANDS[command["do"]](simulator, command)
            except (KeyError, TimeoutError, TypeError, ValueError) as error:
                _say({"error": f"{type(error).__name__}: {error}"})
            else:
                _say({"reply": reply})
    finally:
        transport.close()


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def serve(
    config: SimulatorConfig,
    *,
    controlled: bool = False,
    on_ready: Callable[[Simulator], None] | None = None,
) -> None:
    """Run a simulator until SIGINT, SIGTERM or, if `controlled`, the command to stop.

    Args:
        config: Its settings.
        controlled: Whether to obey standard input and answer on standard output.
        on_ready: Called once it listens.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Simulator(config) as simulator:
        if on_ready is not None:
            on_ready(simulator)
        waits: list[asyncio.Task[Any]] = [loop.create_task(stopped.wait())]
        if controlled:
            _say({"host": config.host, "port": simulator.port, "pid": os.getpid()})
            waits.append(loop.create_task(_obey(simulator)))
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()


def run(
    config: SimulatorConfig,
    *,
    controlled: bool = False,
    on_ready: Callable[[Simulator], None] | None = None,
) -> None:
    """Do as `serve` does, in an event loop of its own (uvloop's where there is one)."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(config, controlled=controlled, on_ready=on_ready))
