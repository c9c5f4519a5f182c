"""`Streams`: several markets as one object, each with a connection and a fate of its own."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from fastpoly._core import Batch
from fastpoly.enums import OnFailure
from fastpoly.errors import (
    AuthError,
    ConnectionLost,
    HandlerFailed,
    SubscriptionError,
    UsageError,
)
from fastpoly.net.options import ConnectionKeywords
from fastpoly.notices import Gap
from fastpoly.protocol.lifecycle import State
from fastpoly.reconnect import FixedDelay
from fastpoly.serving.messages import status
from fastpoly.sim import ScriptedPeer, ScriptedServer, Simulator, SimulatorConfig
from fastpoly.stream.making import StreamKeywords
from fastpoly.stream.stream import Stream
from fastpoly.stream.streams import Streams
from tests.loops import in_loop
from tests.net.streams import BOTH_WAYS, KEY, SOON, check_threads
from tests.waiting import UNHURRIED, stands_still, until

NEVER = FixedDelay(0.0, max_attempts=0)
SIX = {
    "stocks": ["T.*"],
    "options": ["T.*"],
    "forex": ["C.*"],
    "crypto": ["XT.*"],
    "indices": ["V.*"],
    "futures": ["T.*"],
}


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield from check_threads()


def make(server: ScriptedServer | Simulator, **options: Any) -> Streams:
    """Streams that reconnect soon, and whose other limits are long; see `UNHURRIED`."""
    url = server.url("stocks").removesuffix("/stocks")
    options = {"reconnect": SOON, "subscribe_timeout": 60, **UNHURRIED, **options}
    return Streams(api_key=KEY, url=url, **options)


async def peer_of(server: ScriptedServer, path: str, number: int = 1) -> ScriptedPeer:
    """Wait for the client of that number, from 1, at a path."""

    def there() -> list[ScriptedPeer]:
        return [peer for peer in server.peers if peer.path == path]

    await until(lambda: len(there()) >= number)
    return there()[number - 1]


def trade(number: int) -> dict[str, Any]:
    return {"ev": "T", "sym": "A", "q": number}


def crypto_trade(number: int) -> dict[str, Any]:
    return {"ev": "XT", "pair": "BTC-USD", "i": str(number)}


# ---------------------------------------------------------------- six markets, two of which fail


@BOTH_WAYS
def test_of_six_markets_one_is_killed_and_one_refused_and_the_others_lose_nothing(
    ingest: str,
) -> None:
    """Every event that the server sent on the connections of the others, and nothing else."""
    got: Counter[str] = Counter()
    handled: Counter[str] = Counter()
    told: list[BaseException] = []

    @in_loop
    async def stream() -> None:
        config = SimulatorConfig(rate=5000, symbols=50, history=0, refused=("XT.*",))
        async with Simulator(config) as simulator:
            mortal = Stream(
                "forex", "C.*", api_key=KEY, url=simulator.url("forex"), reconnect=False
            )
            streams = make(
                simulator,
                **{**SIX, "forex": mortal},
                ingest=ingest,
                on_error=lambda error, handler, batch: told.append(error),
            )

            @streams.on("T", "V", "C", "XT")
            def on_events(batch: Batch) -> None:
                handled[batch.market] += len(batch)

            everything = aiter(streams)  # before the first event, so that it gets that one too

            async def iterate() -> None:
                async for batch in everything:
                    got[batch.market] += len(batch)

            async with streams:
                assert streams.states["crypto"] is State.CLOSED
                iterating = asyncio.create_task(iterate())
                await until(lambda: all(got[name] > 500 for name in SIX if name != "crypto"))
                (number,) = (
                    one["number"]
                    for one in simulator.stats()["connections"]
                    if one["market"] == "forex"
                )
                simulator.inject("drop", number)
                await until(lambda: streams.states["forex"] is State.CLOSED)
                at_the_kill = dict(got)
                await until(lambda: all(got[name] > at_the_kill[name] + 500 for name in others))
                simulator.pause()
                await simulator.drain()
                sent = {
                    one["market"]: sum(one["events"].values())
                    for one in simulator.stats()["connections"]
                }
                await until(lambda: all(got[name] >= sent[name] for name in others))
                await until(lambda: all(handled[name] >= sent[name] for name in others))
                stats = streams.stats()
            await iterating
            assert {name: got[name] for name in others} == {name: sent[name] for name in others}
            assert {name: handled[name] for name in others} == {name: sent[name] for name in others}
            assert stats.lost == 0
            assert set(stats.failures) == {"crypto", "forex"}
            assert list(stats.failures) == list(streams.failures)
            assert stats.received == sum(stats.markets[name].received for name in SIX)
            assert streams.error is None

    others = [name for name in SIX if name not in ("crypto", "forex")]
    stream()
    assert [type(error) for error in told] == [SubscriptionError, ConnectionLost]
    assert not got["crypto"]


@in_loop
async def test_a_market_comes_back_with_its_gap_and_the_others_have_none() -> None:
    async with ScriptedServer() as server, make(server, stocks="T.*", crypto="XT.*") as streams:
        seen: list[tuple[str, Any]] = []
        stocks, crypto = await peer_of(server, "stocks"), await peer_of(server, "crypto")
        crypto.send(crypto_trade(1))
        stocks.send(trade(1))
        async for batch in streams:
            seen += [(batch.market, event) for event in batch]
            if len(seen) == 2:
                break
        crypto.drop()
        again = await peer_of(server, "crypto", 2)
        await until(lambda: streams["crypto"].state is State.LIVE)
        again.send(crypto_trade(2))
        stocks.send(trade(2))
        async for batch in streams:
            seen += [(batch.market, event) for event in batch]
            if len(seen) == 5:
                break
        in_crypto = [event for market, event in seen if market == "crypto"]
        assert [event.get("i") for event in in_crypto if not isinstance(event, Gap)] == ["1", "2"]
        assert [type(event) for event in in_crypto].index(Gap) == 1
        assert [event["q"] for market, event in seen if market == "stocks"] == [1, 2]
        assert streams.failures == {}


# ------------------------------------------------------------------------------------ failures


@in_loop
async def test_carry_on_fails_only_when_every_market_has(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server:
        streams = make(server, stocks="T.*", crypto="XT.*", reconnect=NEVER)
        with pytest.raises(ConnectionLost):  # noqa: PT012 - by the end of the block
            async with streams:
                (await peer_of(server, "crypto")).drop()
                await until(lambda: "crypto" in streams.failures)
                assert streams.error is None
                (await peer_of(server, "stocks")).send(trade(1))
                async for batch in streams:
                    assert batch.market == "stocks"
                    break
                (await peer_of(server, "stocks")).drop()
                async for _ in streams:
                    raise AssertionError("there is nothing more")
        assert list(streams.failures) == ["crypto", "stocks"]
    assert caplog.text.count("crypto has failed (on_failure=carry on)") == 1


@BOTH_WAYS
def test_stop_all_closes_the_others_and_raises_the_first_failure(ingest: str) -> None:
    @in_loop
    async def stream() -> None:
        async with ScriptedServer() as server:
            streams = make(
                server,
                on_failure=OnFailure.STOP_ALL,
                stocks="T.*",
                crypto="XT.*",
                reconnect=NEVER,
                ingest=ingest,
            )
            got: list[int] = []

            async def take() -> None:
                async for batch in streams:
                    got.extend(event["q"] for event in batch.select("T"))

            async with streams:
                stocks = await peer_of(server, "stocks")
                stocks.send(trade(1))
                await until(lambda: streams["stocks"].stats().received == 1)
                (await peer_of(server, "crypto")).close(1011, "out of order")
                # What has come before is taken first.
                with pytest.raises(ConnectionLost, match="out of order"):
                    await take()
                await stocks.gone.wait()
                with pytest.raises(ConnectionLost, match="out of order"):
                    await streams.wait_closed()
            assert got == [1]
            assert set(streams.states.values()) == {State.CLOSED}
            assert list(streams.failures) == ["crypto"]

    stream()


@in_loop
async def test_the_end_of_async_with_raises_what_nobody_was_given() -> None:
    async with ScriptedServer() as server:
        streams = make(server, on_failure="stop all", stocks="T.*", crypto="XT.*", reconnect=NEVER)
        with pytest.raises(ConnectionLost):  # noqa: PT012 - by the end of the block
            async with streams:
                (await peer_of(server, "crypto")).drop()
                await until(lambda: streams.error)


@in_loop
async def test_a_market_that_does_not_open() -> None:
    async with ScriptedServer() as server:

        def answer(peer: ScriptedPeer, action: str, params: str) -> None:
            if peer.path == "crypto" and action == "auth":
                peer.send(status("AUTH_FAILED"))
                peer.hang_up()
            else:
                server.answer(peer, action, params)

        server.on_request = answer
        async with make(server, stocks="T.*", crypto="XT.*") as streams:
            assert streams.states == {"stocks": State.LIVE, "crypto": State.CLOSED}
            assert isinstance(streams.failures["crypto"], AuthError)
        both = make(server, stocks="T.*", crypto="XT.*", on_failure="stop all")
        with pytest.raises(AuthError):
            await both.open()
        assert set(both.states.values()) == {State.CLOSED}
        server.bad_keys.add(KEY)
        server.on_request = server.answer
        none = make(server, stocks="T.*", crypto="XT.*")
        with pytest.raises(AuthError):
            await none.open()
        assert set(none.failures) == {"stocks", "crypto"}


@in_loop
async def test_a_cancelled_open_leaves_nothing_behind() -> None:
    async def script(peer: ScriptedPeer) -> None:
        if peer.path == "stocks":
            await peer.login()
            await peer.confirm()

    async with ScriptedServer(script) as server:
        streams = make(server, stocks="T.*", crypto="XT.*")
        opening = asyncio.create_task(streams.open())
        await until(lambda: streams.states["stocks"] is State.LIVE)
        opening.cancel()
        await asyncio.wait([opening])
        assert opening.cancelled()
        for peer in server.peers:
            await peer.gone.wait()
        await streams.close()


@in_loop
async def test_a_handler_that_fails_ends_its_own_market() -> None:
    async with ScriptedServer() as server:
        streams = make(server, stocks="T.*", crypto="XT.*", error_policy="stop")
        got: list[Any] = []

        @streams.on
        def on_everything(batch: Batch) -> None:
            if batch.market == "crypto":
                raise LookupError("this market's")
            got.append(batch[0]["q"])

        async with streams:
            (await peer_of(server, "crypto")).send(crypto_trade(1))
            await until(lambda: "crypto" in streams.failures)
            (await peer_of(server, "stocks")).send(trade(1))
            await until(lambda: got == [1])
        assert isinstance(streams.failures["crypto"], HandlerFailed)


# ----------------------------------------------------------------------- handlers, iterations


@in_loop
async def test_handlers_get_the_channels_of_the_markets_that_have_them() -> None:
    async with ScriptedServer() as server:
        streams = make(server, stocks=["T.*", "Q.*"], crypto="XT.*")
        trades: list[tuple[str, str]] = []

        async def on_trades(batch: Batch) -> None:
            await asyncio.sleep(0)
            trades.extend((batch.market, event["ev"]) for event in batch)

        assert streams.add_handler(on_trades, "T", "XT") is on_trades
        assert streams.stats().markets["stocks"].handlers[0].channels == ("T",)
        assert streams.stats().markets["crypto"].handlers[0].channels == ("XT",)
        async with streams:
            (await peer_of(server, "stocks")).send(trade(1), {"ev": "Q", "sym": "A"})
            (await peer_of(server, "crypto")).send(crypto_trade(1))
            await until(lambda: len(trades) == 2)
            streams.remove_handler(on_trades)
            with pytest.raises(UsageError, match="not a handler of these"):
                streams.remove_handler(on_trades)
        assert sorted(trades) == [("crypto", "XT"), ("stocks", "T")]


@in_loop
async def test_iterations_beside_each_other() -> None:
    async with ScriptedServer() as server, make(server, stocks="T.*", crypto="XT.*") as streams:
        everything, crypto = streams.batches(), streams.batches("XT")
        (await peer_of(server, "stocks")).send(trade(1))
        (await peer_of(server, "crypto")).send(crypto_trade(1))
        assert {(await anext(everything)).market for _ in range(2)} == {"stocks", "crypto"}
        assert (await anext(crypto)).market == "crypto"
        assert set(crypto.stats()) == {"crypto"}
        assert everything.stats()["stocks"].received == 1
        await crypto.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(crypto)
        assert len(streams["crypto"].stats().iterations) == 1
        del everything
        await until(lambda: not streams["crypto"].stats().iterations)


@in_loop
async def test_a_busy_market_does_not_keep_another_waiting() -> None:
    async with ScriptedServer() as server, make(server, stocks="T.*", crypto="XT.*") as streams:
        stocks, crypto = await peer_of(server, "stocks"), await peer_of(server, "crypto")
        iteration = streams.batches("T", "XT")
        for number in range(200):
            stocks.send(trade(number))
            await until(lambda n=number: streams["stocks"].stats().received > n)  # type: ignore[misc]
        crypto.send(crypto_trade(1))
        await until(lambda: streams["crypto"].stats().received)
        assert "crypto" in [(await anext(iteration)).market for _ in range(2)]


@in_loop
async def test_two_tasks_cannot_take_from_one_iteration() -> None:
    async with ScriptedServer() as server, make(server, stocks="T.*", crypto="XT.*") as streams:
        waiting = asyncio.create_task(anext(aiter(streams)))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="Two tasks"):
            await anext(aiter(streams))
        (await peer_of(server, "crypto")).send(crypto_trade(1))
        assert (await waiting).market == "crypto"


@in_loop
async def test_subscriptions_by_market() -> None:
    async with ScriptedServer() as server:
        server.refused.add("XQ.*")
        async with make(server, stocks="T.A", crypto=[]) as streams:
            await streams.subscribe(stocks=["T.B", "Q.B"], crypto="XT.BTC-USD")
            assert streams["stocks"].subscriptions == ("T.A", "T.B", "Q.B")
            await streams.unsubscribe(stocks="T.A")
            assert streams["crypto"].subscriptions == ("XT.BTC-USD",)
            with pytest.raises(SubscriptionError):
                await streams.subscribe(crypto="XQ.*", stocks="Q.C")
            assert streams["stocks"].subscriptions == ("T.B", "Q.B", "Q.C")
            with pytest.raises(UsageError, match="Choose among stocks, crypto"):
                await streams.subscribe(forex="C.*")


def test_run_until_a_handler_closes() -> None:
    ends: list[str] = []

    @in_loop
    async def serve() -> None:
        async with ScriptedServer() as server:
            streams = make(server, stocks="T.*", crypto="XT.*")

            @streams.on("XT")
            async def on_trade(batch: Batch) -> None:
                ends.append(batch.market)
                await streams.close()

            running = asyncio.create_task(asyncio.to_thread(streams.run))
            await until(lambda: set(streams.states.values()) == {State.LIVE})
            (await peer_of(server, "crypto")).send(crypto_trade(1))
            await running
            with pytest.raises(UsageError, match="run before"):
                streams.run()

    serve()
    assert ends == ["crypto"]


@in_loop
async def test_an_exit_in_a_handler_is_carried_out() -> None:
    async with ScriptedServer() as server:
        streams = make(server, stocks="T.*", crypto="XT.*")

        @streams.on("XT")
        def on_trade(batch: Batch) -> None:
            raise SystemExit(3)

        def run() -> object:
            try:
                streams.run()
            except SystemExit as error:
                return error.code
            return None

        running = asyncio.create_task(asyncio.to_thread(run))
        await until(lambda: set(streams.states.values()) == {State.LIVE})
        (await peer_of(server, "crypto")).send(crypto_trade(1))
        assert await running == 3
        for peer in server.peers:
            await peer.gone.wait()


# --------------------------------------------------------------------------- what it is made of


def test_its_keywords_are_those_of_a_stream() -> None:
    own = {"market", "params", "source", "self"}
    of_stream = set(inspect.signature(Stream.__init__).parameters) - own
    of_connections = set(ConnectionKeywords.__annotations__)
    assert set(StreamKeywords.__annotations__) | of_connections == of_stream | of_connections


def test_what_it_is_made_of() -> None:
    streams = Streams(
        {"futures/cme": "T.*"}, stocks=["T.*"], crypto=Stream("crypto", api_key=KEY), api_key=KEY
    )
    assert streams.markets == ("futures/cme", "stocks", "crypto")
    assert streams["futures/cme"].market == "futures"
    assert repr(streams) == "<Streams futures/cme idle, stocks idle, crypto idle>"
    assert len(streams) == 3
    assert "stocks" in streams
    assert "forex" not in streams
    with pytest.raises(UsageError, match="no handler"):
        streams.run()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "No market is named"),
        ({"stocks": "T.*", "on_failure": "panic"}, "policy for failures"),
        ({"stocks": "T.*", "url": "ws://127.0.0.1:1/stocks"}, "has a path"),
        ({"stocks": "T.*", "url": "ws+unix:///run/hub.sock:/stocks"}, "has a path"),
        ({"stocks": Stream("crypto", api_key=KEY)}, "is not a stream of stocks"),
        ({"stocks": "X.*"}, "X"),
        ({"stocks": "T.*", "overflow": "spill"}, "overflow policy"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Streams(api_key=KEY, **options)


def test_names_of_channels_and_markets_are_checked() -> None:
    streams = Streams(stocks="T.*", crypto="XT.*", api_key=KEY)
    with pytest.raises(UsageError, match="'C' is not a channel of stocks, crypto"):
        streams.on("T", "C")
    with pytest.raises(UsageError, match="not callable"):
        streams.add_handler(None, "T")  # type: ignore[type-var]
    with pytest.raises(UsageError, match="named twice"):
        Streams({"stocks": "T.*"}, stocks="T.*", api_key=KEY)
    # One market refuses the condition: none has the handler.
    with pytest.raises(UsageError):
        streams.add_handler(print, "T", "XT", rows=-1)
    assert not streams.stats().markets["stocks"].handlers


@in_loop
async def test_what_was_not_opened_cannot_be_used() -> None:
    streams = Streams(stocks="T.*", crypto="XT.*", api_key=KEY)
    with pytest.raises(UsageError, match="never opened"):
        await streams.wait_closed()
    with pytest.raises(UsageError, match="never opened"):
        await anext(aiter(streams))
    with pytest.raises(UsageError, match="never opened"):
        streams.batches()
    await streams.close()
    with pytest.raises(UsageError, match="closed"):
        streams.add_handler(print)


def test_the_logger_names_the_market(caplog: pytest.LogCaptureFixture) -> None:
    @in_loop
    async def stream() -> None:
        async with ScriptedServer() as server:
            server.refused.add("XT.*")
            async with make(server, stocks="T.*", crypto="XT.*") as streams:
                await stands_still(lambda: streams.states)

    stream()
    loud = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert len([text for text in loud if text.startswith("crypto has failed")]) == 1
