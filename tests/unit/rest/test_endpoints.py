"""Which request has the events of a subscription."""

from __future__ import annotations

import pytest

from fastpoly import schema
from fastpoly.errors import SubscriptionError, UsageError
from fastpoly.rest.endpoints import Endpoint, endpoint_of, tickers_of

SPAN = (1_000_000_500, 2_000_000_001)
TICKS = "timestamp.gte=1000000500&timestamp.lte=2000000001&order=asc&sort=timestamp&limit=50000"
FUTURES = "timestamp.gte=1000000500&timestamp.lte=2000000001&sort=timestamp.asc&limit=50000"
BARS = "adjusted=false&sort=asc&limit=50000"
WINDOWS = "window_start.gte=1000000500&window_start.lte=2000000001&sort=window_start.asc"


def endpoint(market: str, param: str) -> Endpoint:
    found = endpoint_of(schema.MARKETS[market], param)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("market", "param", "path"),
    [
        ("stocks", "T.AAPL", f"/v3/trades/AAPL?{TICKS}"),
        ("stocks", "Q.BRK.B", f"/v3/quotes/BRK.B?{TICKS}"),
        ("stocks", "A.A", f"/v2/aggs/ticker/A/range/1/second/1000/2001?{BARS}"),
        ("options", "Q.O:A260618C00100000", f"/v3/quotes/O:A260618C00100000?{TICKS}"),
        ("forex", "C.EUR/USD", f"/v3/quotes/C:EUR-USD?{TICKS}"),
        ("forex", "CA.C:EUR-USD", f"/v2/aggs/ticker/C:EUR-USD/range/1/minute/1000/2001?{BARS}"),
        ("crypto", "XT.BTC-USD", f"/v3/trades/X:BTC-USD?{TICKS}"),
        ("indices", "AM.I:SPX", f"/v2/aggs/ticker/I:SPX/range/1/minute/1000/2001?{BARS}"),
        ("futures", "T.ESH7", f"/futures/v1/trades/ESH7?{FUTURES}"),
        (
            "futures",
            "A.ESH7",
            f"/futures/v1/aggs/ESH7?resolution=1sec&{WINDOWS}&limit=50000",
        ),
    ],
)
def test_paths(market: str, param: str, path: str) -> None:
    found = endpoint(market, param)
    assert found.path(*SPAN) == path
    assert found.has_csv == (market != "futures")


def test_a_ticker_cannot_change_the_request() -> None:
    assert endpoint("stocks", "T.A?x=1&y#/..").path(*SPAN) == (
        f"/v3/trades/A%3Fx%3D1%26y%23%2F..?{TICKS}"
    )


@pytest.mark.parametrize(
    ("market", "param"), [("stocks", "LULD.A"), ("crypto", "XQ.BTC-USD"), ("indices", "V.I:SPX")]
)
def test_what_rest_does_not_have(market: str, param: str) -> None:
    assert endpoint_of(schema.MARKETS[market], param) is None


def test_what_cannot_be_asked_for() -> None:
    with pytest.raises(UsageError, match="No REST request has all tickers"):
        endpoint_of(schema.MARKETS["stocks"], "Q.*")
    with pytest.raises(SubscriptionError):
        endpoint_of(schema.MARKETS["stocks"], "AAPL")


def test_a_watch_list_stands_for_all() -> None:
    assert tickers_of("T.*", ("A", "B")) == ("T.A", "T.B")
    assert tickers_of("T.*", ()) == ()
    assert tickers_of("T.C", ("A", "B")) == ("T.C",)


def test_only_what_can_be_asked_for_has_keys_of_rest() -> None:
    """The column is whole: each channel of REST has a clock there, and no other has any key."""
    for market in schema.MARKETS.values():
        for channel in market.channels:
            keys = {field.rest for field in channel.event.fields if field.rest}
            assert not channel.rest or keys
    asked = {c.event.name for m in schema.MARKETS.values() for c in m.channels if c.rest}
    with_keys = {
        kind.name for kind in schema.EVENT_TYPES if any(field.rest for field in kind.fields)
    }
    assert asked == with_keys
