"""Subscriptions: confirmed, refused, unanswered, changed from everywhere."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fastpoly import errors
from fastpoly._core import Batch
from fastpoly.protocol.lifecycle import State
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.net.events import trade
from tests.net.streams import BOTH_WAYS, check_threads, make, numbers, run
from tests.waiting import PATIENCE_S, until

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@BOTH_WAYS
def test_subscribe_and_unsubscribe(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server, make(server, ingest=ingest) as stream:
            (peer,) = server.peers
            await stream.subscribe("T.AAPL", "Q.AAPL, AM.*")
            assert peer.held == ["T.AAPL", "Q.AAPL", "AM.*"]
            assert stream.subscriptions == ("T.AAPL", "Q.AAPL", "AM.*")
            await stream.subscribe("T.AAPL")
            assert len(peer.requests) == 2
            await stream.unsubscribe("Q.AAPL", "LULD.*")
            assert peer.held == ["T.AAPL", "AM.*"]
            await stream.subscribe("T.*")
            # The ticker goes when the wildcard is confirmed.
            await until(lambda: peer.held == ["AM.*", "T.*"])
            await stream.subscribe("T.BRK.B")
            await stream.unsubscribe("T.*")
            assert peer.held == ["AM.*", "T.AAPL", "T.BRK.B"]
            assert stream.stats().confirmed == ("AM.*", "T.AAPL", "T.BRK.B")

    run(main())


@pytest.mark.parametrize("ack", ["separate", "mixed"])
def test_acks_in_frames_of_their_own_or_with_data(ack: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            plain = server.answer

            def answer(peer: ScriptedPeer, action: str, params: str) -> None:
                if action == "auth":
                    plain(peer, action, params)
                    return
                for reply in server.replies(peer, action, params.split(",")):
                    if ack == "mixed":
                        peer.send(trade(q=1), reply, trade(q=2))
                    else:
                        peer.send(reply)

            server.on_request = answer
            async with make(server, "T.A", "Q.A") as stream:
                assert stream.stats().confirmed == ("T.A", "Q.A")
                if ack == "mixed":
                    got: list[int] = []
                    async for batch in stream:
                        got += numbers(batch)
                        if len(got) == 4:
                            break
                    assert got == [1, 2, 1, 2]

    run(main())


@BOTH_WAYS
def test_the_good_beside_the_malformed_are_subscribed(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, ingest=ingest, subscribe_timeout=0.2) as stream,
        ):
            server.refused = {"NOI.*"}
            with pytest.raises(errors.SubscriptionError, match="upper case") as caught:
                await stream.subscribe("T.A", "t.b", ["Q.A"])
            assert caught.value.refused == ("t.b",)
            assert stream.subscriptions == ("T.A", "Q.A")
            assert server.peers[0].held == ["T.A", "Q.A"]
            with pytest.raises(errors.SubscriptionError, match="not authorized") as caught:
                await stream.subscribe("t.c", "NOI.*", "AM.A", "T.A")
            assert caught.value.refused == ("t.c", "NOI.*")
            assert stream.subscriptions == ("T.A", "Q.A", "AM.A")
            asked = len(server.peers[0].requests)
            with pytest.raises(errors.SubscriptionError):
                await stream.subscribe("nothing good")
            assert len(server.peers[0].requests) == asked

    run(main())


@BOTH_WAYS
def test_refused_and_unanswered_are_named(ingest: str) -> None:
    async def main() -> None:
        async with (
            ScriptedServer() as server,
            make(server, ingest=ingest, subscribe_timeout=0.2) as stream,
        ):
            server.refused = {"NOI.*", "LULD.*"}
            server.ignored = {"FMV.*"}
            with pytest.raises(errors.SubscriptionError) as caught:
                await stream.subscribe("T.A", "NOI.*", "Q.A", "LULD.*")
            assert set(caught.value.refused) == {"NOI.*", "LULD.*"}
            assert caught.value.unanswered == ()
            assert isinstance(caught.value.__cause__, errors.NotAuthorizedError)
            assert "NOI.*" in str(caught.value)
            assert "not authorized" in str(caught.value)
            assert stream.subscriptions == ("T.A", "Q.A")
            with pytest.raises(errors.SubscriptionError) as caught:
                await stream.subscribe("FMV.*", "AM.A")
            assert caught.value.unanswered == ("FMV.*",)
            assert stream.subscriptions == ("T.A", "Q.A", "AM.A")
            # What may have been taken in silence is let go of.
            dropped = {"action": "unsubscribe", "params": "FMV.*"}
            await until(lambda: server.peers[0].requests[-1] == dropped)
            assert stream.state is State.LIVE

    run(main())


@BOTH_WAYS
def test_refusal_of_what_the_constructor_was_given(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            server.refused = {"NOI.*"}
            stream = make(server, "T.A", "NOI.*", ingest=ingest)
            with pytest.raises(errors.SubscriptionError, match=r"refused NOI\.\*"):
                await stream.open()
            assert stream.state is State.CLOSED
            await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE_S)

    run(main())


@BOTH_WAYS
def test_changes_from_everywhere_at_once(ingest: str) -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.FIRST", ingest=ingest)
            done: list[str] = []

            @stream.on("T")
            async def on_trades(batch: Batch) -> None:
                await stream.subscribe("Q.HANDLER")
                await stream.unsubscribe("T.FIRST")
                done.append("handler")

            def from_a_thread() -> None:
                asyncio.run(stream.subscribe("Q.THREAD"))
                done.append("thread")

            async with stream:
                server.peers[0].send(trade(q=1))
                thread = threading.Thread(target=from_a_thread)
                thread.start()
                await asyncio.gather(*(stream.subscribe(f"Q.S{n}") for n in range(20)))
                await until(lambda: len(done) == 2)
                thread.join()
                held = set(server.peers[0].held)
            assert held == {"Q.HANDLER", "Q.THREAD", *(f"Q.S{n}" for n in range(20))}

    run(main())


@BOTH_WAYS
def test_handler_that_subscribes_while_its_buffer_is_full(ingest: str) -> None:
    """Reading stops for it, but not while it waits for an answer that has to be read."""

    async def main() -> None:
        async with ScriptedServer() as server:
            stream = make(server, "T.A", ingest=ingest, overflow="block", max_buffer_bytes=2000)
            done: list[str] = []

            @stream.on("T")
            async def on_trades(batch: Batch) -> None:
                if not done:
                    done.append("begun")
                    await until(lambda: stream.stats().handlers[0].buffer.nbytes > 1500)
                    await asyncio.sleep(0.05)
                    await stream.subscribe("Q.A")
                    await stream.unsubscribe("T.A", "Q.A")
                    assert not stream.subscriptions
                    done.append("ended")

            async with stream:
                for number in range(200):
                    server.peers[0].send(trade(q=number))
                    await asyncio.sleep(0)
                await until(lambda: "ended" in done)
                # Nothing is subscribed; the stream is up, and takes what is wanted next.
                assert not server.peers[0].held
                await stream.subscribe("Q.B")
                assert server.peers[0].held == ["Q.B"]
                assert stream.stats().lost == 0

    run(main())


def test_many_tickers_go_out_in_few_requests() -> None:
    async def main() -> None:
        async with ScriptedServer() as server:
            params = [f"T.S{number}" for number in range(2000)]
            async with make(server, *params) as stream:
                requests = [r for r in server.peers[0].requests if r["action"] == "subscribe"]
                assert len(requests) == 4
                assert len(stream.stats().confirmed) == 2000

    run(main())
