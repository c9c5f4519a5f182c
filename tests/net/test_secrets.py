"""The API key: in no log record of any library, no repr, no error, no local of a traceback."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import uvloop

from fastpoly import AsyncStreamClient, errors
from fastpoly.protocol.reconnect import FixedDelay
from fastpoly.serving.messages import status
from fastpoly.sim import ScriptedPeer, ScriptedServer
from fastpoly.stream.stream import Stream
from tests.net.streams import BOTH_WAYS

KEY = "sesame-k3y-of-nobody"

# What the server makes of the key. Servers that repeat it are not known; proxies that do may be.
ANSWERS: dict[str, Callable[[ScriptedPeer, str], object]] = {
    "accepted": lambda peer, key: peer.send(status("AUTH_SUCCESS")),
    "refused": lambda peer, key: (peer.send(status("AUTH_FAILED", "no")), peer.hang_up()),
    "no plan": lambda peer, key: (peer.send(status("NO_PLAN", "no")), peer.hang_up()),
    "evicted": lambda peer, key: (peer.send(status("MAX_CONNECTIONS", "no")), peer.hang_up()),
    "dropped": lambda peer, key: peer.drop(),
    "silent": lambda peer, key: None,
    "not a frame": lambda peer, key: peer.send_raw(b"\xff\xff\xff"),
    "closed with the key": lambda peer, key: peer.close(1008, f"who is {key}?"),
    "refused by name": lambda peer, key: peer.send(status("AUTH_FAILED", f"bad key {key}")),
    "repeated": lambda peer, key: peer.send({"action": "auth", "params": key}),
    "repeated in part": lambda peer, key: peer.send_text(f'[{{"action":"auth","params":"{key}"'),
    "repeated as a status": lambda peer, key: peer.send(
        {"ev": "status", "status": f"odd {key}", "message": key}, status("AUTH_SUCCESS")
    ),
}


def chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        yield from chain(error.__cause__, seen)
        yield from chain(error.__context__, seen)


def check(error: BaseException) -> None:
    """No way to print an error shows the key."""
    for one in chain(error, set()):
        assert KEY not in f"{one} {one!r} {vars(one)!r}"
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert KEY not in "".join(report.format())


async def use_a_stream(url: str, ingest: str) -> None:
    stream = Stream(
        "stocks",
        *("T.A", "NOI.*"),
        api_key=KEY,
        url=url,
        ingest=ingest,
        auth_timeout=0.1,
        subscribe_timeout=0.1,
        reconnect=FixedDelay(0.01, max_attempts=1),
        on_error=lambda error, handler, batch: check(error),
    )
    try:
        await stream.open()
    except errors.FastpolyError as error:
        check(error)
    assert KEY not in f"{stream!r} {stream.stats()!r} {vars(stream)!r}"
    await stream.close()


async def use_the_client(url: str, ingest: str) -> None:
    client = AsyncStreamClient(KEY, "stocks", host=url, ingest=ingest, auth_timeout=0.1)
    try:
        await client.change_handler("status", lambda message: None)
        await client.subscribe_stock_trades(["A"], handler_function=lambda message: None)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.handle_messages(), 0.1)
    except errors.FastpolyError as error:
        check(error)
    assert KEY not in f"{client!r} {vars(client)!r}"
    await client.close_stream()


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("use", [use_a_stream, use_the_client])
@BOTH_WAYS
def test_the_key_is_nowhere(
    caplog: pytest.LogCaptureFixture,
    ingest: str,
    use: Callable[[str, str], Coroutine[Any, Any, None]],
    answer: str,
) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            plain = server.answer

            def on_request(peer: ScriptedPeer, action: str, params: str) -> None:
                if action == "auth":
                    ANSWERS[answer](peer, params)
                else:
                    plain(peer, action, params)

            server.refused = {"NOI.*"}
            server.on_request = on_request
            await use(server.url(), ingest)
            assert server.peers[0].requests[0]["params"] == KEY

    loud = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    levels = {logger: logger.level for logger in loud}
    try:
        for logger in loud:
            logger.setLevel(1)
        for factory in (asyncio.new_event_loop, uvloop.new_event_loop):
            with asyncio.Runner(debug=True, loop_factory=factory) as runner:
                runner.run(main())
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
    assert len(caplog.records) > 5
    assert KEY not in caplog.text
    assert not any(KEY in f"{record.args!r} {record.msg!r}" for record in caplog.records)
