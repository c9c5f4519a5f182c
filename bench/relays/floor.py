"""The floor: writes as many bytes to as many sockets, and does nothing else.

It reads nothing and knows no protocol but what readers need to begin. Told to begin, it writes a
block to each of them every millisecond: what a hub hands on in that time.
"""

from __future__ import annotations

import json
import socket
import sys
import time

from bench.server import log_in


def run(plan: str) -> None:
    """Args: as JSON, ``readers``, ``block`` (bytes) and ``blocks``."""
    job = json.loads(plan)
    block = memoryview(b"x" * job["block"])
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        print(listening.getsockname()[1], flush=True)
        readers = []
        for _ in range(job["readers"]):
            connection, _ = listening.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            log_in(connection)
            readers.append(connection)
        sys.stdin.readline()
        due = time.monotonic()
        for _ in range(job["blocks"]):
            for reader in readers:
                reader.sendall(block)
            due += 0.001
            if (left := due - time.monotonic()) > 0:
                time.sleep(left)
        print("done", flush=True)
        sys.stdin.readline()
