"""Readers that take all bytes and look at none: ``python -m bench.relays.readers JOB``.

They cost as little as readers can, so that the relay's processor is its own. Some may stand still:
they log in, subscribe, and read no more. The job, in JSON, has ``port``, ``readers``, ``standing``
and ``params`` (what each subscribes to, in turn). Prints ``ready`` when all have their answers, and
for each line on its standard input how many bytes each has read by then.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from typing import Any

BUFFER = memoryview(bytearray(1 << 20))


def request(action: str, params: str) -> bytes:
    """A request as a client sends it: masked, here by zeros."""
    payload = json.dumps({"action": action, "params": params}).encode()
    size = len(payload)
    header = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return header + b"\0\0\0\0" + payload


def joined(port: int, params: str) -> socket.socket:
    """A connection that is subscribed."""
    connection = socket.create_connection(("127.0.0.1", port))
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    connection.sendall(
        f"GET /stocks HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    seen = b""

    def wait_for(text: bytes) -> None:
        nonlocal seen
        while text not in seen:
            received = connection.recv(65536)
            if not received:
                raise ConnectionError("the relay hung up")
            seen += received

    wait_for(b"connected")
    connection.sendall(request("auth", "bench"))
    wait_for(b"auth_success")
    connection.sendall(request("subscribe", params))
    wait_for(f"subscribed to: {params.rpartition(',')[2]}".encode())
    return connection


def run(job: dict[str, Any]) -> None:
    """Reads until it is told to stop."""
    readers = [
        joined(job["port"], job["params"][number % len(job["params"])])
        for number in range(job["readers"])
    ]
    poll = select.epoll()
    counts = {}
    for reader in readers[job["standing"] :]:
        poll.register(reader.fileno(), select.EPOLLIN)
        counts[reader.fileno()] = 0
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    print("ready", flush=True)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == sys.stdin.fileno():
                if not os.read(descriptor, 100):
                    return
                print(json.dumps(list(counts.values())), flush=True)
                continue
            try:
                read = os.readv(descriptor, [BUFFER])
            except ConnectionError:
                read = 0
            counts[descriptor] += read
            if not read:
                poll.unregister(descriptor)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
