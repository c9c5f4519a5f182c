"""Uses of the public interface with the types that a type checker must give them; never run."""

from __future__ import annotations

import dataclasses
from typing import Any, assert_type

import numpy
import pyarrow

import fastpoly
from fastpoly import Batch, Condition, Decoder, Stream, decode, events, field


def decoding(frame: bytes) -> None:
    batch = decode(frame, market="stocks")
    assert_type(batch, Batch)
    assert_type(decode(memoryview(frame)), Batch)
    assert_type(decode("[]", market=fastpoly.Market.FUTURES), Batch)
    assert_type(Decoder("crypto").decode(frame), Batch)


def reading(batch: Batch) -> None:
    assert_type(batch.market, str)
    assert_type(batch.channels, tuple[str, ...])
    assert_type(batch.nbytes, int)
    assert_type(batch.received_ns, int)
    assert_type(len(batch), int)
    assert_type(batch.count("T"), int)
    assert_type(batch.select("T", "Q"), Batch)
    assert_type(batch[1:3], Batch)
    assert_type(batch.frames(), list[Batch])
    assert_type(batch.dicts(), list[Any])
    assert_type(batch.to_numpy("T"), numpy.ndarray[Any, Any])
    assert_type(batch.to_arrow("T"), pyarrow.RecordBatch)
    for event in batch:
        if isinstance(event, events.EquityTrade):
            trade(event)


def filtering(batch: Batch) -> None:
    large = field("size") >= 1000
    assert_type(large, Condition)
    assert_type(field("symbol") == "AAPL", Condition)
    assert_type(field("price").between(1, 2.5) | ~field("conditions").has_any(12), Condition)
    assert_type(batch.where(large & field("symbol").is_in("AAPL", "SPY")), Batch)
    assert_type(batch.where(large).compact(), Batch)
    Stream("stocks", "T.*", symbols={"AAPL"}, where=large)


def trade(event: events.EquityTrade) -> None:
    assert_type(event.symbol, str | None)
    assert_type(event.price, float | None)
    assert_type(event.size, int | None)
    assert_type(event.conditions, list[int] | None)
    assert_type(event.fractional_shares, str | None)
    assert_type(event.to_dict(), dict[str, Any])
    assert_type("trfi" in event, bool)


def errors() -> None:
    try:
        decode(b"[")
    except fastpoly.DecodeError as error:
        assert_type(error.offset, int)
        assert_type(error.hint, str)
    except fastpoly.SubscriptionError as error:
        assert_type(error.refused, tuple[str, ...])
        assert_type(error.unanswered, tuple[str, ...])
    except fastpoly.ServerError as error:
        assert_type(error.status, str)


def making() -> None:
    trade = events.EquityTrade("T", "AAPL", price=1.5)
    assert_type(trade, events.EquityTrade)
    assert_type(events.EquityTrade.from_dict({"sym": "A"}), events.EquityTrade)
    assert_type(dataclasses.replace(trade, price=2.0), events.EquityTrade)
    assert_type(vars(trade), dict[str, Any])
    assert_type({trade: 1}[trade], int)
    match trade:
        case events.EquityTrade("T", symbol):
            assert_type(symbol, str | None)
