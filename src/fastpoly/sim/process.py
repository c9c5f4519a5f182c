"""A simulator in a process of its own, so that it does not share a core with what it tests."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import fastpoly
from fastpoly.schema import MARKETS
from fastpoly.sim.config import SimulatorConfig

_START_SECONDS = 30.0
_REPLY_SECONDS = 30.0
_STOP_SECONDS = 10.0


class SimulatorProcess:
    """Runs a `Simulator` elsewhere; a context manager. Its methods block, but shortly.

    Args:
        config: The simulator's settings.
        **settings: Settings by name, instead of `config` or on top of it.

    Example:
        with SimulatorProcess(rate=50_000) as simulator:
            ...connect to simulator.url("stocks")...
            print(simulator.stats()["events"])
    """

    def __init__(self, config: SimulatorConfig | None = None, **settings: Any) -> None:
        values = json.loads((config or SimulatorConfig()).to_json()) | settings
        self.config = SimulatorConfig.from_mapping(values)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._received = b""

    def __enter__(self) -> SimulatorProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it listens.

        Raises:
            RuntimeError: It did not start; its standard error says why.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fastpoly.sim", "--control"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            # Ctrl-C is for the program that is being watched; this one ends when that does.
            start_new_session=True,
        )
        self._tell(self.config.to_json())
        self.port = self._line(_START_SECONDS)["port"]

    def stop(self) -> None:
        """End the process, gently if it can; does nothing if it has ended."""
        process, self._process = self._process, None
        if process is None:
            return
        commands, answers = _pipes(process)
        with contextlib.suppress(OSError):  # it may have gone already
            commands.write(b'{"do":"stop"}\n')
            commands.flush()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(OSError):
            commands.close()
        answers.close()

    def url(self, market: str = "stocks") -> str:
        """Return the URL of a market, as `Simulator.url`."""
        scheme = "wss" if self.config.certfile else "ws"
        path = MARKETS[market].paths[0] if market in MARKETS else market
        return f"{scheme}://{self.config.host}:{self.port}/{path}"

    @property
    def pid(self) -> int:
        """The process's id.

        Raises:
            RuntimeError: It is not running.
        """
        return self._running().pid

    def stats(self) -> dict[str, Any]:
        """As `Simulator.stats`."""
        stats: dict[str, Any] = self.command("stats")
        return stats

    def pause(self) -> None:
        """Stop the markets and wait until all that was sent is in the kernel's hands."""
        self.command("pause")

    def resume(self) -> None:
        """Let the markets run on."""
        self.command("resume")

    def set_rate(self, rate: float) -> None:
        """Change the rate, as `Simulator.set_rate`."""
        self.command("rate", rate=rate)

    def send(self, text: str, number: int | None = None) -> int:
        """Send one text frame as it is, as `Simulator.send`."""
        return int(self.command("send", text=text, number=number))

    def inject(self, name: str, number: int | None = None, **settings: float | str) -> int:
        """Make a fault happen now, as `Simulator.inject`."""
        return int(self.command("inject", name=name, number=number, settings=settings))

    def requests(self) -> list[tuple[int, str]]:
        """Return what clients sent: number of the connection and text, in order."""
        return [(number, text) for number, text in self.command("requests")]

    def command(self, command: str, /, **arguments: Any) -> Any:
        """Have the simulator carry out one of `fastpoly.sim.control.COMMANDS`.

        Returns:
            Its reply.

        Raises:
            RuntimeError: It is not running, did not answer, or could not do it.
        """
        self._tell(json.dumps({"do": command, **arguments}))
        answer = self._line(_REPLY_SECONDS)
        if "error" in answer:
            raise RuntimeError(f"the simulator could not {command}: {answer['error']}")
        return answer["reply"]

    def _tell(self, line: str) -> None:
        commands, _ = _pipes(self._running())
        try:
            commands.write(line.encode() + b"\n")
            commands.flush()
        except OSError as error:
            raise RuntimeError("the simulator's process has ended") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the simulator's process is not running")
        return self._process

    def _line(self, seconds: float) -> dict[str, Any]:
        """The next line of the process's output.

        Raises:
            RuntimeError: It ended, or took too long.
        """
        _, answers = _pipes(self._running())
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(answers, selectors.EVENT_READ)
            while b"\n" not in self._received:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise RuntimeError(f"the simulator's process said nothing for {seconds:g} s")
                data = os.read(answers.fileno(), 1 << 20)
                if not data:
                    raise RuntimeError("the simulator's process has ended; see its error output")
                self._received += data
        line, _, self._received = self._received.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _environment() -> dict[str, str]:
    """Ours, with the package where we found it: `sys.path` is not handed down by itself."""
    root = str(Path(fastpoly.__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """The pipes for commands and for answers."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the simulator's process has no pipes")
    return process.stdin, process.stdout
