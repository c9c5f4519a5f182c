"""Lost lines, gaps, and what is not retried."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
import trustme
import uvloop

from fastpoly import errors
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.protocol.reconnect import Backoff, FixedDelay
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.net.events import quote, trade
from tests.net.streams import BOTH_WAYS, check_threads, make, numbers, run
from tests.net.tls import client_context, server_context
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@pytest.mark.sampled
@pytest.mark.parametrize("how", [1000, 1001, 1008, 1011, 1012, "drop", "fin", "not a frame"])
@BOTH_WAYS
def test_every_loss_leads_back(how: int | str, ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", "Q.*", ingest=ingest) as stream:
            await stream.subscribe("AM.A")
            await stream.unsubscribe("T.A")
            peer = server.peers[0]
            peer.send(quote(q=1))
            batch = await anext(aiter(stream))
            assert numbers(batch) == [1]
            if isinstance(how, int):
                peer.close(how)
            elif how == "drop":
                peer.drop()
            elif how == "fin":
                peer.hang_up()
            else:
                peer.send_raw(b"\xff\xff\xff\xff")
            second = await server.peer(2)
            # The old socket is gone before the new one opens.
            assert peer.gone.is_set()
            await until(lambda: len(second.held) == 2)
            assert second.requested == ["Q.*", "AM.A"]
            second.send(quote(q=2), trade(q=3))
            batch = await asyncio.wait_for(anext(aiter(stream)), PATIENCE_S)
            gap, *rest = batch
            assert isinstance(gap, Gap)
            assert [event["q"] for event in rest] == [2, 3]
            assert gap.last_by_channel["Q"]["q"] == 1
            assert {name: event["q"] for name, event in gap.first_by_channel.items()} == {
                "Q": 2,
                "T": 3,
            }
            assert gap.channels == ("Q", "AM")
            assert gap.since_ns < gap.until_ns
            assert gap.attempts == 1
            if isinstance(how, int):
                assert gap.code == how
            assert gap.cause
            second.send(quote(q=4))
            assert numbers(await anext(aiter(stream))) == [4]

    run(main())


def test_gap_over_several_attempts_and_connections_without_data() -> None:
    asked: list[int] = []

    class Soon:
        stable_after_s = 60.0

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> float:
            asked.append(attempt)
            return 0.01

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", reconnect=Soon()) as stream:
            server.peers[0].send(trade(q=1))
            await anext(aiter(stream))
            server.peers[0].drop()
            second = await server.peer(2)
            await until(lambda: second.held)
            second.drop()
            await server.stop()
            await until(lambda: asked[-1] >= 3)
            await server.start()
            third = await server.peer(3)
            await until(lambda: third.held)
            third.send(trade(q=2))
            gap, event = await anext(aiter(stream))
            assert isinstance(gap, Gap)
            assert gap.last_by_channel["T"]["q"] == 1
            assert gap.attempts >= 3
            assert event["q"] == 2

    run(main())


@BOTH_WAYS
def test_subscribe_while_the_line_is_down(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, reconnect=FixedDelay(0.2))
            async with stream:
                server.peers[0].drop()
                await until(lambda: stream.state is State.WAITING)
                await asyncio.wait_for(stream.unsubscribe("T.A"), 1)
                await asyncio.wait_for(stream.subscribe("Q.A"), PATIENCE_S)
                assert stream.state in (State.LIVE, State.SUBSCRIBING)
                assert server.peers[1].held == ["Q.A"]

    run(main())


@BOTH_WAYS
def test_refusal_after_a_reconnect_is_reported(ingest: str) -> None:
    told: list[BaseException] = []

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(
                server,
                "T.A",
                "NOI.*",
                ingest=ingest,
                on_error=lambda error, handler, batch: told.append(error),
            )
            async with stream:
                server.refused = {"NOI.*"}
                server.peers[0].drop()
                await until(lambda: told)
                assert isinstance(told[0], errors.SubscriptionError)
                assert told[0].refused == ("NOI.*",)
                await until(lambda: stream.state is State.LIVE)
                # Still wanted: the next connection asks again.
                server.refused = set()
                server.peers[1].drop()
                third = await server.peer(3)
                await until(lambda: set(third.held) == {"T.A", "NOI.*"})

    run(main())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AUTH_FAILED", errors.AuthError),
        ("NO_PLAN", errors.NotAuthorizedError),
        ("MAX_CONNECTIONS", errors.ConnectionEvicted),
    ],
)
@BOTH_WAYS
def test_not_retried(name: str, kind: type[errors.FastpolyError], ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest)
            await stream.open()

            def refuse(peer: ScriptedPeer, action: str, params: str) -> None:
                peer.send_status(name, "because")
                peer.hang_up()

            server.on_request = refuse
            server.peers[0].drop()
            with pytest.raises(kind):
                await asyncio.wait_for(stream.wait_closed(), PATIENCE_S)
            await asyncio.sleep(0.05)
            assert len(server.peers) == 2
            await stream.close()

    run(main())


def test_attempts_run_out() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", reconnect=FixedDelay(0.01, max_attempts=3))
            changes = stream.states()
            await stream.open()
            await server.stop()
            with pytest.raises(errors.ConnectError, match="does not accept"):
                await asyncio.wait_for(stream.wait_closed(), PATIENCE_S)
            states = [change.new async for change in changes]
            assert states == [
                *("connecting", "authenticating", "subscribing", "live"),
                *("waiting", "connecting") * 3,
                *("waiting", "closed"),
            ]

    run(main())


def test_evicted_and_asked_to_come_back() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            policy = Backoff(initial_s=0.01, evicted_after_s=0.1)
            async with make(server, "T.A", reconnect=policy) as stream:
                server.peers[0].send_status("MAX_CONNECTIONS")
                server.peers[0].close(1008)
                await until(lambda: stream.state is State.EVICTED)
                began = time.monotonic()
                await until(lambda: stream.state is State.LIVE)
                assert time.monotonic() - began >= 0.08

    run(main())


@pytest.mark.parametrize("answer", [RuntimeError("policy's own"), "5", -1.0, math.nan, math.inf])
def test_broken_policy_ends_the_stream(caplog: pytest.LogCaptureFixture, answer: Any) -> None:
    class Broken:
        stable_after_s = 1.0

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> float | None:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[no-any-return]

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", reconnect=Broken())
            await stream.open()
            server.peers[0].drop()
            with pytest.raises(errors.ConnectionLost) as caught:
                await asyncio.wait_for(stream.wait_closed(), PATIENCE_S)
            assert "The reconnect policy raised" in caught.value.__notes__[0]

    run(main())
    assert "the reconnect policy raised" in caplog.text


@pytest.mark.parametrize("stable", [True, False])
def test_only_good_data_over_a_while_resets_the_count(stable: bool) -> None:
    """Accepted keys and confirmed subscriptions do not: two evicted programs have both."""
    attempts: list[int] = []

    class Policy:
        stable_after_s = 0.2

        def next_delay(self, attempt: int, error: errors.FastpolyError) -> float | None:
            attempts.append(attempt)
            return 0.01

    async def main() -> None:
        async with ScriptedServer() as server, make(server, "T.A", reconnect=Policy()):
            for number in range(1, 4):
                peer = await server.peer(number)
                await until(lambda: peer.held)  # noqa: B023
                if stable:
                    for q in range(6):
                        peer.send(trade(q=q))
                        await asyncio.sleep(0.06)
                else:
                    await asyncio.sleep(0.3)
                peer.drop()
            await server.peer(4)

    run(main())
    assert attempts == ([1, 1, 1] if stable else [1, 2, 3])


@pytest.mark.sampled
@BOTH_WAYS
@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("use_aiofastnet", [True, None])
def test_reset_that_comes_together_with_data(
    factory: Callable[[], asyncio.AbstractEventLoop],
    secure: bool,
    use_aiofastnet: bool | None,
    ingest: str,
    authority: trustme.CA,
) -> None:
    """It is noticed by itself: there are no pings, and nothing else would tell."""
    options: dict[str, Any] = {
        "ingest": ingest,
        "ping_interval": None,
        "use_aiofastnet": use_aiofastnet,
        "ssl": client_context(authority),
    }

    async def main() -> None:
        async with ScriptedServer(context=server_context(authority) if secure else None) as server:
            for number in range(1, 30, 2):
                async with make(server, "T.A", **options) as stream:
                    peer = await server.peer(number)
                    peer.send(trade())
                    peer.drop(at_once=True)
                    await asyncio.wait_for(server.peer(number + 1), PATIENCE_S)
                    await until(lambda: stream.state is State.LIVE)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())
