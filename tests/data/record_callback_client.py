"""Makes ``callback_client.json``: what the community package's callback client sends, and is told.

Not a test, and not run by them: it needs the community package in an environment of its own::

    python -m venv /tmp/community
    /tmp/community/bin/pip install polygon==1.2.8 websocket-client==1.9.2 websockets==13.1
    /tmp/community/bin/python tests/data/record_callback_client.py

The calls: a server on loopback says what is in `SCRIPTS`, and each call of a callback is written
down, with the types of what it got. The package builds its URL itself, always ``wss://``, so the
URL is put in afterwards. The texts: each method is called once for each way to name symbols, with
the login waived and the text taken where the package hands it to its socket. They are those of the
asynchronous client in ``community_wire.json``, which this checks.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polygon
from websockets.asyncio.server import ServerConnection, serve

HERE = Path(__file__).parent
ASYNCHRONOUS = json.loads((HERE / "community_wire.json").read_text(encoding="utf-8"))
OTHER_NAMES = {"unsubscribe_indices_value": "unsubscribe_index_value"}
"""Methods that have another name in the asynchronous client."""

STATUS = '[{{"ev":"status","status":"{}","message":"{}"}}]'
CONNECTED = STATUS.format("connected", "Connected Successfully")
ACCEPTED = STATUS.format("auth_success", "authenticated")
SUBSCRIBED = STATUS.format("success", "subscribed to: T.*")

SCRIPTS: dict[str, list[list[Any]]] = {
    # Each step: receive a text, send one, or close with a code and a reason.
    "frames": [
        ["send", CONNECTED],
        ["receive"],
        ["send", ACCEPTED],
        ["receive"],
        ["send", SUBSCRIBED],
        ["send", '[{"ev":"T","sym":"A","p":1},{"ev":"T","sym":"\\u00e9","p":2.50}]'],
        ["send", '[{"ev":"new", "x":"é"}]'],
        ["send", '[{"ev":"T","sym":"RAISE"}]'],
        ["send", '[{"ev":"T","sym":"LAST"}]'],
    ],
    "closed_by_server": [
        ["send", CONNECTED],
        ["receive"],
        ["send", ACCEPTED],
        ["receive"],
        ["close", 1001, "going away"],
    ],
    "refused": [
        ["send", CONNECTED],
        ["receive"],
        ["send", STATUS.format("auth_failed", "authentication failed")],
        ["close", 1000, ""],
    ],
}
"""What the server does with a connection; after the last step it waits for the client to go."""


def methods() -> dict[str, list[str]]:
    """The methods that ask for something, in the order of the class, and their signatures."""
    return {
        name: [str(one) for one in inspect.signature(method).parameters.values()]
        for name, method in vars(polygon.StreamClient).items()
        if name.startswith(("subscribe_", "unsubscribe_"))
    }


def text(cluster: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> str:
    """The text that one call hands to the socket, or the name of the error it raises."""
    client = polygon.StreamClient("KEY", cluster)
    sent: list[str] = []
    client.WS.send = sent.append
    client._auth.set()
    if method.startswith("unsubscribe_"):
        kwargs = {key: value for key, value in kwargs.items() if key == "symbols"}
    try:
        getattr(client, method)(*args, **kwargs)
    except ValueError as error:
        return type(error).__name__
    (only,) = sent
    return only


class Calls:
    """The calls of all callbacks, each with the types and values of what it got."""

    def __init__(self) -> None:
        self.made: list[list[Any]] = []
        self.over = threading.Event()
        self.last = threading.Event()

    def on_message(self, ws: Any, message: Any) -> None:
        """Take a message; the one that says so raises."""
        text = message if isinstance(message, str) else message.decode()
        self.made.append(["on_message", type(message).__name__, text])
        if "LAST" in text:
            self.last.set()
        if "RAISE" in text:
            raise LookupError("from the callback")

    def on_error(self, ws: Any, error: Any) -> None:
        """Take an error."""
        self.made.append(["on_error", type(error).__name__])

    def on_close(self, ws: Any, code: Any, text: Any) -> None:
        """Take the end."""
        self.made.append(["on_close", code, text])
        self.over.set()


async def play(name: str) -> dict[str, Any]:
    """Run a script, and close from here where the server does not."""
    received: list[str] = []
    calls = Calls()

    async def run_script(connection: ServerConnection) -> None:
        for step, *arguments in SCRIPTS[name]:
            if step == "send":
                await connection.send(arguments[0])
            elif step == "receive":
                received.append(str(await connection.recv()))
            else:
                await connection.close(*arguments)
        await connection.wait_closed()

    def drive() -> float:
        client = polygon.StreamClient(
            "KEY", "stocks", "h", calls.on_message, calls.on_close, calls.on_error
        )
        client.WS.url = f"ws://127.0.0.1:{port}/stocks"
        client.start_stream_thread(ping_interval=2, ping_timeout=1)
        client.subscribe_stock_trades()
        if name == "frames":
            calls.last.wait(20)
        else:
            calls.over.wait(20)
        began = time.monotonic()
        client.close_stream()
        return time.monotonic() - began

    async with serve(run_script, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        seconds = await asyncio.to_thread(drive)
    print(f"{name}: closing took {seconds:.1f} s", file=sys.stderr)
    return {"received": received, "calls": calls.made}


def check_texts() -> int:
    """Compare the texts with those of the asynchronous client; returns how many there are."""
    count = 0
    for cluster, cases in ASYNCHRONOUS["wire"].items():
        for method in methods():
            for variant, expected in cases[OTHER_NAMES.get(method, method)].items():
                arguments = ASYNCHRONOUS["arguments"][cluster][variant]
                assert text(cluster, method, *arguments) == expected, (cluster, method, variant)
                count += 1
    return count


async def main() -> None:
    """Writes the file beside this one."""
    document = {
        "note": (
            f"What polygon {version('polygon')} with websocket-client "
            f"{version('websocket-client')} calls, recorded by record_callback_client.py. "
            f"methods: name -> parameters; the {check_texts()} texts that they send are those of "
            "community_wire.json. played: script -> what the server received, and the calls of "
            "the callbacks: the name, the type of the message or error or the code, the text."
        ),
        "methods": methods(),
        "scripts": SCRIPTS,
        "played": {name: await play(name) for name in SCRIPTS},
    }
    path = HERE / "callback_client.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path, file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main())
