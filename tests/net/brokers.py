"""A real NATS server for tests: started, killed, started again on the same port and data."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

__all__ = ["NATS_SERVER", "NatsServer", "free_port", "nats_cluster", "needs_nats"]

NATS_SERVER = os.environ.get("FASTPOLY_NATS_SERVER") or next(
    (
        str(found)
        for found in (Path(sys.executable).parent / "nats-server", shutil.which("nats-server"))
        if found and Path(found).exists()
    ),
    "",
)
"""The program: what the variable names, the one of the test group, or the system's."""

needs_nats = pytest.mark.skipif(not NATS_SERVER, reason="there is no nats-server here")

PATIENCE_S = 20.0
PORTS = range(15_000, 32_000)
"""Between those of well-known services and those that systems give out, Linux from 32768 on."""


def free_port() -> int:
    """A port for a server that is still to be started, on which nothing listens.

    It is none of those that the system gives out, to one end of a connection as well, or somebody
    else would have it now and then before the server has.
    """
    while True:
        port = secrets.choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class NatsServer:
    """One server with JetStream, in a process of its own; a context manager.

    Args:
        folder: Where its configuration and data are.
        extra: Lines of its configuration.
        port: The port that it listens on; a free one by default.
    """

    def __init__(self, folder: Path, extra: str = "", port: int = 0) -> None:
        self.port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "log"
        self._configuration = folder / "server.conf"
        self._configuration.write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            f'jetstream {{ store_dir: "{folder / "data"}" }}\n'
            f"{extra}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [NATS_SERVER, "-c", str(self._configuration)], stdout=log, stderr=log
            )

    def wait_ready(self) -> None:
        gives_up = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > gives_up:
                raise AssertionError(f"nats-server did not start:\n{self._log.read_text()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """As if the machine's memory had run out."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def nats_cluster(folder: Path, count: int = 3) -> Iterator[list[NatsServer]]:
    """Servers that form a cluster."""
    routes = [free_port() for _ in range(count)]
    urls = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    servers = [
        NatsServer(
            folder / str(number),
            f"server_name: server{number}\n"
            f"cluster {{ name: c, listen: 127.0.0.1:{port}, routes: [{urls}] }}",
        )
        for number, port in enumerate(routes)
    ]
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.kill)
            server.launch()
        for server in servers:
            server.wait_ready()
        yield servers
