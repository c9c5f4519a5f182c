"""What a server may send without end: what is remembered, logged and posted of it is bounded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import pytest

from fastpoly.errors import DecodeError, FastpolyError
from fastpoly.market.feed import MAX_WARNINGS
from fastpoly.protocol.statuses import MAX_SHOWN
from fastpoly.sim import ScriptedServer
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, check_threads, make, run

_no_thread_left = pytest.fixture(autouse=True)(check_threads)

LONG = "m" * 1_000_000


def status(name: str, message: str) -> dict[str, str]:
    return {"ev": "status", "status": name, "message": message}


def hold_this_loop(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@BOTH_WAYS
def test_control_messages_that_mean_nothing(ingest: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fastpoly")

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            (peer,) = server.peers
            for start in range(0, 10_000, 500):
                numbers = range(start, start + 500)
                peer.send(*(status(f"odd-{number}", "m") for number in numbers))
                peer.send(*(status("error", f"no {number}") for number in numbers))
            peer.send(status(LONG, LONG), status("error", LONG), trade(q=1))
            async for _ in stream:
                break

    run(main())
    assert any("unknown status" in message for message in caplog.messages)
    assert len(caplog.records) < 50
    assert max(map(len, caplog.messages)) < 3 * MAX_SHOWN


@BOTH_WAYS
def test_confirmations_of_what_nobody_asked_for(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.*", ingest=ingest) as stream:
            (peer,) = server.peers
            for start in range(0, 20_000, 1000):
                params = ",".join(f"T.S{number}" for number in range(start, start + 1000))
                peer.send(status("success", f"subscribed to: {params}"))
            peer.send(trade(q=1))
            async for _ in stream:
                break
            assert stream.stats().confirmed == ("T.*",)
            assert stream.subscriptions == ("T.*",)

    run(main())


def test_bad_frames_while_the_loop_of_the_user_stands_still() -> None:
    bad = 20 * MAX_WARNINGS
    told: list[BaseException] = []

    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(
                server, "T.*", ingest="thread", on_error=lambda error, *_: told.append(error)
            ) as stream,
        ):
            (peer,) = server.peers
            for _ in range(bad):
                peer.send_text("{")
            peer.send(trade(q=1))
            # The server sends from this very loop, so it is let go on for a moment, and then held
            # until all of it has been read in the other thread.
            await asyncio.sleep(0)
            hold_this_loop(lambda: stream.stats().line.bad_frames == bad)
            async for _ in stream:
                break

    run(main())
    decoding = [error for error in told if isinstance(error, DecodeError)]
    left_out = [int(str(error).split()[0]) for error in told if type(error) is FastpolyError]
    # So many each time that the loop comes to take them. It may have come once before it was held,
    # to so few that none was left out.
    assert left_out
    assert 0 < len(decoding) <= MAX_WARNINGS * (len(left_out) + 1)
    assert len(decoding) + sum(left_out) == bad
