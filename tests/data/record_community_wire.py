"""Makes ``community_wire.json``: what each method of the community package puts on the wire.

Not a test, and not run by them: it needs the community package, which cannot connect with any
``websockets`` release after 13.1, in an environment of its own::

    python -m venv /tmp/community
    /tmp/community/bin/pip install polygon==1.2.8 websockets==13.1
    /tmp/community/bin/python tests/data/record_community_wire.py

Every case is a client of its own, which makes one call against a server on loopback that answers
like the service and writes down each text it receives. The package builds its URL itself, always
``wss://``, so the URL is put in afterwards; nothing else of it is touched.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polygon
from websockets.asyncio.server import ServerConnection, serve

CLUSTERS = {
    "stocks": ["AAPL", "BRK.B"],
    "options": ["O:SPY261218P00600000", "SPXW261218C06800000"],
    "forex": ["EUR/USD", "C:GBP-USD"],
    "crypto": ["BTC-USD", "X:ETH-USD"],
    "indices": ["I:SPX", "NDX"],
}
"""Clusters, each with two symbols that differ in how they are written."""


def variants(symbols: list[str]) -> dict[str, tuple[list[Any], dict[str, Any]]]:
    """Ways to name symbols, as positional and keyword arguments."""
    lower = [symbol.lower() for symbol in symbols]
    return {
        "none": ([], {}),
        "empty": ([[]], {}),
        "all": (["all"], {}),
        "star": ([["*"]], {}),
        "one": ([symbols[:1]], {}),
        "two": ([symbols], {}),
        "lower": ([lower], {}),
        "as_is": ([lower], {"force_uppercase_symbols": False}),
        "keyword": ([], {"symbols": symbols}),
        "text": (["T.abc,Q.*"], {}),
    }


def services() -> list[str]:
    """The part of the method names after ``subscribe_``, in the order of the class."""
    prefix = "subscribe_"
    names = vars(polygon.AsyncStreamClient)
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


async def record(cluster: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The texts that one call sends, ``auth`` first, or the name of the error it raises."""
    received: list[str] = []

    async def answer(connection: ServerConnection) -> None:
        await connection.send('[{"ev":"status","status":"connected"}]')
        received.extend([str(text) async for text in connection])

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = polygon.AsyncStreamClient("KEY", cluster)
        client._url = f"ws://127.0.0.1:{port}/{cluster}"
        try:
            await getattr(client, method)(*args, **kwargs)
        except ValueError as error:
            return type(error).__name__
        # The close handshake comes after the texts, so all of them have arrived when it is over.
        await client.close_stream()
    return received


def at_home(service: str, cluster: str) -> bool:
    """Whether a service is named after the cluster; fair market values belong to every one."""
    homes = {"stock": "stocks", "option": "options", "index": "indices", "fair": cluster}
    head = service.split("_")[0]
    return homes.get(head, head) == cluster


async def main() -> None:
    """Writes the file beside this one."""
    cases = {cluster: variants(symbols) for cluster, symbols in CLUSTERS.items()}
    wire: dict[str, dict[str, dict[str, str]]] = {}
    login: set[str] = set()
    for cluster, named in cases.items():
        methods = wire[cluster] = {}
        for service in services():
            for action in ("subscribe", "unsubscribe"):
                sent = methods[f"{action}_{service}"] = {}
                for variant, (args, kwargs) in named.items():
                    if not at_home(service, cluster) and variant not in ("none", "two"):
                        continue
                    if action == "unsubscribe" and variant == "as_is":
                        continue
                    texts = await record(cluster, f"{action}_{service}", args, kwargs)
                    if isinstance(texts, str):
                        sent[variant] = texts
                    else:
                        first, sent[variant] = texts
                        login.add(first)
    (auth,) = login
    document = {
        "note": (
            f"What polygon {version('polygon')} with websockets {version('websockets')} sends, "
            "recorded by record_community_wire.py. arguments: cluster -> variant -> [args, "
            "kwargs]; wire: cluster -> method -> variant -> the text after auth, or an error."
        ),
        "auth": auth,
        "arguments": cases,
        "wire": wire,
    }
    path = Path(__file__).with_name("community_wire.json")
    path.write_text(json.dumps(document, indent=1) + "\n")
    count = sum(len(sent) for methods in wire.values() for sent in methods.values())
    print(f"{count} texts in {path}", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main())
