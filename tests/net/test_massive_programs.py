"""Programs as the official client's users write them, on that client and on ours, side by side.

Each is run twice against the same server, once as it stands and once with its imports changed, and
has to show the same both times.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest

from fastpoly import schema
from fastpoly.serving.messages import status
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests import frames
from tests.waiting import PATIENCE_S

pytest.importorskip("massive")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FRAME_SIZES: Final = (1, 4, 2)
"""Events in the frames that a channel sends when it is subscribed to."""

PROGRAMS: Final = {
    "simple": """
from massive import WebSocketClient
from massive.websocket.models import WebSocketMessage
from typing import List

client = WebSocketClient(KEY, feed=FEED, secure=False, subscriptions=["T.*"])

def handle_msg(msgs: List[WebSocketMessage]):
    for m in msgs:
        show(m.symbol, m.price, m.size, m.conditions, m.timestamp)
    end(client, msgs, 1)

client.run(handle_msg=handle_msg)
""",
    "every channel of stocks": """
from massive import WebSocketClient
from massive.websocket.models import WebSocketMessage, Market, Feed
from dataclasses import asdict

c = WebSocketClient(api_key=KEY, feed=FEED, market=Market.Stocks, secure=False)
c.subscribe("T.*")
c.subscribe("Q.*", "A.*", "AM.*")
c.subscribe("LULD.*", "NOI.*")

def handle_msg(msgs):
    show(len(msgs), [type(m).__name__ for m in msgs])
    for m in msgs:
        show({k: v for k, v in asdict(m).items() if k != "participant_timestamp"})
    end(c, msgs, 6)

c.run(handle_msg)
""",
    "bars": """
from massive import WebSocketClient
from massive.websocket.models import EquityAgg, EventType
from collections import Counter

bars = Counter()
client = WebSocketClient(KEY, FEED, "stocks", subscriptions=["A.*", "AM.*"], secure=False)

async def handle_msg(msgs):
    for m in msgs:
        if type(m) == EquityAgg and m.event_type == EventType.EquityAggMin.value:
            bars[m.symbol] += m.volume or 0
            show(m.symbol, m.open, m.high, m.low, m.close, m.vwap, m.otc)
    end(client, msgs, 2)

async def main():
    await client.connect(handle_msg)

import asyncio
asyncio.run(main())
show(sorted(bars.items()))
""",
    "options": """
from massive import WebSocketClient
from massive.websocket.models import Market, EquityTrade, EquityAgg
client = WebSocketClient(KEY, FEED, Market.Options, subscriptions=["T.*", "AM.*"], secure=False)
def handle_msg(msgs):
    for m in msgs:
        match m:
            case EquityTrade("T", symbol, exchange):
                show("trade", symbol, exchange, m.price)
            case EquityAgg(event_type, symbol, volume):
                show("bar", event_type, symbol, volume)
    end(client, msgs, 2)
client.run(handle_msg)
""",
    "forex": """
from massive import WebSocketClient
from massive.websocket.models import Market, ForexQuote, CurrencyAgg
client = WebSocketClient(KEY, feed=FEED, market=Market.Forex, secure=False)
client.subscribe("C.*", "CA.*", "CAS.*")
def handle_msg(msgs):
    for m in msgs:
        if isinstance(m, ForexQuote):
            show(m.pair, m.bid_price, m.ask_price, m.exchange_id)
        elif isinstance(m, CurrencyAgg):
            show(vars(m))
    end(client, msgs, 3)
client.run(handle_msg)
""",
    "crypto": """
from massive.websocket import WebSocketClient, Market, CryptoTrade
everything = ["XT.*", "XQ.*", "XA.*", "XAS.*"]
client = WebSocketClient(KEY, FEED, Market.Crypto, subscriptions=everything, secure=False)
def handle_msg(msgs):
    for m in msgs:
        show(m.event_type, m.pair, isinstance(m, CryptoTrade) and (m.price, m.size, m.conditions))
    end(client, msgs, 4)
client.run(handle_msg)
""",
    "indices": """
from massive import WebSocketClient
from massive.websocket.models import Market
client = WebSocketClient(KEY, FEED, Market.Indices, subscriptions=["V.*", "AM.*"], secure=False)
def handle_msg(msgs):
    for m in msgs:
        show(m.event_type, getattr(m, "ticker", None), getattr(m, "value", None), m.event_type)
    end(client, msgs, 2)
client.run(handle_msg)
""",
    "futures": """
from massive import WebSocketClient
from massive.websocket.models import Market, FuturesTrade, FuturesQuote, FuturesAgg
client = WebSocketClient(KEY, FEED, Market.FuturesCME, secure=False)
client.subscribe("T.*", "Q.*", "A.*")
def handle_msg(msgs):
    for m in msgs:
        show(type(m) in (FuturesTrade, FuturesQuote, FuturesAgg), m.symbol, m.event_type)
    end(client, msgs, 3)
client.run(handle_msg)
""",
    "fair market values": """
from massive import WebSocketClient
from massive.websocket.models import FairMarketValue, LaunchpadValue
client = WebSocketClient(KEY, FEED, "stocks", subscriptions=["FMV.*", "LV.*"], secure=False)
def handle_msg(msgs):
    for m in msgs:
        if isinstance(m, FairMarketValue):
            show(m.ticker, m.fmv, m.timestamp)
        elif isinstance(m, LaunchpadValue):
            show(m.symbol, m.value, m.timestamp)
    end(client, msgs, 2)
client.run(handle_msg)
""",
    "raw": """
from massive import WebSocketClient
import json
client = WebSocketClient(KEY, feed=FEED, secure=False, raw=True, subscriptions=["T.*", "Q.*"])
def handle_msg(msg):
    show(type(msg), msg)
    end(client, [e for e in json.loads(msg) if e["ev"] != "status"], 2)
client.run(handle_msg)
""",
    "custom JSON": """
from massive import WebSocketClient
import orjson
client = WebSocketClient(KEY, FEED, secure=False, custom_json=orjson, verbose=True)
client.subscribe("T.*")
def handle_msg(msgs):
    for m in msgs:
        show(m.symbol, m.id, client.json is orjson)
    end(client, msgs, 1)
client.run(handle_msg)
""",
    "tasks": """
from massive import WebSocketClient
import asyncio
client = WebSocketClient(KEY, feed=FEED, secure=False, subscriptions=["T.*"], max_reconnects=1)
async def main():
    done = asyncio.Event()
    async def handle_msg(msgs):
        for m in msgs:
            show(m.symbol)
        if enough(msgs, 1):
            done.set()
    async def stop():
        await done.wait()
        client.unsubscribe_all()
        await client.close()
        show("closed")
    await asyncio.gather(client.connect(handle_msg, close_timeout=1, ping_interval=20), stop())
asyncio.run(main())
""",
    "a thread and a queue": """
from massive import WebSocketClient
import queue, threading
received = queue.Queue()
client = WebSocketClient(KEY, feed=FEED, secure=False)
def handle_msg(msgs):
    received.put(msgs)
    end(client, msgs, 2)
client.subscribe("T.AAPL", "Q.AAPL")
thread = threading.Thread(target=client.run, args=(handle_msg,), daemon=True)
thread.start()
thread.join()
while not received.empty():
    for m in received.get():
        show(m.event_type, m.symbol, m.sequence_number)
""",
    "subscribing in a handler": """
from massive import WebSocketClient
client = WebSocketClient(KEY, feed=FEED, secure=False, subscriptions=["T.*"])
asked = []
def handle_msg(msgs):
    for m in msgs:
        show(m.event_type, m.symbol)
    if not asked:
        asked.append(client.subscribe("Q.*"))
    end(client, msgs, 2)
client.run(handle_msg)
show(asked, sorted(client.scheduled_subs))
""",
    "a subclass": """
from massive import WebSocketClient
class Mine(WebSocketClient):
    async def _subscribe(self, topics):
        for topic in sorted(topics):
            await self.websocket.send(self.json.dumps({"action": "subscribe", "params": topic}))
client = Mine(KEY, feed=FEED, secure=False, raw=True, subscriptions=["T.B", "T.A"])
import json
def handle_msg(msg):
    show(msg)
    end(client, [e for e in json.loads(msg) if e["ev"] != "status"], 2)
client.run(handle_msg)
""",
    "models of one's own": """
from massive.websocket.models import EquityTrade, EquityQuote, CurrencyAgg
import copy, dataclasses, pickle
one = EquityTrade(event_type="T", symbol="A", price=1.5, conditions=[1, 2])
other = EquityTrade.from_dict({"ev": "T", "sym": "A", "p": 1.5, "c": [1, 2]})
show(one == other, one == EquityTrade("T", "B"), one.size, dataclasses.is_dataclass(one))
show(dataclasses.replace(one, price=2.0).price, copy.copy(one) == one)
show(pickle.loads(pickle.dumps(other)) == one, CurrencyAgg("XA", "BTC-USD", 1.0).open)
show([f.name for f in dataclasses.fields(EquityQuote)][:15])
""",
    "a bad key": """
from massive import WebSocketClient, AuthError
from massive.exceptions import AuthError as Same
client = WebSocketClient("bad", feed=FEED, secure=False, subscriptions=["T.*"])
try:
    client.run(show)
except AuthError:
    show("refused", AuthError is Same)
""",
    "closed before it began": """
from massive import WebSocketClient
import asyncio
client = WebSocketClient(KEY, feed=FEED, secure=False, subscriptions=["T.A"])
client.subscribe("Q.A")
client.unsubscribe("T.A")
show(sorted(client.scheduled_subs), client.url, client.market.name, client.market_value)
asyncio.run(client.close())
""",
}


def events_of(market: str, channel: schema.Channel) -> list[str]:
    """What a channel sends, always the same."""
    rng = Random(f"{market} {channel.name}")
    texts = []
    for size in FRAME_SIZES:
        items = [frames.event(rng, market, channel, frozenset()) for _ in range(size)]
        spelled = [frames.spelled(rng, one, padded=False, escaped=False) for one in items]
        texts.append(f"[{','.join(spelled)}]")
    return texts


async def serve(peer: ScriptedPeer) -> None:
    """Confirm each parameter and send what its channel has."""
    peer.send_status("CONNECTED")
    if (await peer.request())["params"] == "bad":
        peer.send_status("AUTH_FAILED")
        return
    peer.send_status("AUTH_SUCCESS")
    market = peer.path.partition("/")[0]
    while True:
        request = await peer.request()
        for param in sorted(request["params"].split(",")):
            if request["action"] == "unsubscribe":
                peer.send(status("UNSUBSCRIBED", param))
                continue
            peer.send(status("SUBSCRIBED", param))
            channel = schema.MARKETS[market].channel(param.partition(".")[0])
            assert channel is not None
            for text in events_of(market, channel):
                peer.send_text(text)


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    """The address of a server in a thread of its own, as programs block."""
    ready = threading.Event()
    address = []

    async def main() -> None:
        async with ScriptedServer(serve) as server:
            address.append(f"127.0.0.1:{server.port}")
            loops.append((asyncio.get_running_loop(), over := asyncio.Event()))
            ready.set()
            await over.wait()

    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(PATIENCE_S)
    yield address[0]
    loop, over = loops[0]
    loop.call_soon_threadsafe(over.set)
    thread.join()


def output(program: str, feed: str) -> list[Any]:
    """Run a program, and return what it has shown."""
    shown: list[Any] = []
    count = 0
    closing: list[Any] = []

    def enough(msgs: list[Any], channels: int) -> bool:
        nonlocal count
        count += len(msgs)
        return count == channels * sum(FRAME_SIZES)

    def end(client: Any, msgs: list[Any], channels: int) -> None:
        if enough(msgs, channels):
            closing.append(asyncio.get_running_loop().create_task(client.close()))

    names = {
        "KEY": "good",
        "FEED": feed,
        "show": lambda *values: shown.append(values),
        "end": end,
        "enough": enough,
    }
    exec(compile(program, "program", "exec"), {"__name__": "__main__", **names})  # noqa: S102
    return shown


def plain(shown: Any) -> Any:
    """What was shown, without what we have and the official client has not."""
    if isinstance(shown, dict):
        return {name: value for name, value in shown.items() if name not in OURS_ALONE}
    return type(shown)(map(plain, shown)) if isinstance(shown, (list, tuple)) else shown


OURS_ALONE: Final = {"participant_timestamp", "last_price", "last_size"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_shows_the_same_on_both(name: str, feed: str) -> None:
    program = PROGRAMS[name]
    there = output(program, feed)
    here = output(program.replace("from massive", "from fastpoly.massive"), feed)
    assert there
    if "raw=True" in program:
        # Confirmations and data come in the order in which each client asks.
        there, here = sorted(there, key=repr), sorted(here, key=repr)
    assert plain(here) == plain(there)
    assert json.dumps(plain(here), default=str)


@pytest.mark.parametrize("name", ["simple", "raw", "a subclass"])
def test_programs_of_the_former_package(name: str, feed: str) -> None:
    program = PROGRAMS[name]
    there = output(program, feed)
    here = output(program.replace("from massive", "from fastpoly.polygon"), feed)
    assert plain(here) == plain(there)
