"""Mistakes that a type checker must find, each on a line with the code of its error; never run."""

from __future__ import annotations

from fastpoly import Batch, Stream, decode, events


def mistakes(batch: Batch, trade: events.EquityTrade) -> None:
    decode(7)  # error: arg-type
    decode(b"[]", market=1)  # error: arg-type
    decode(b"[]", "stocks")  # error: call-arg
    trade.pirce  # error: attr-defined  # noqa: B018
    trade.price = 1.0  # error: misc
    batch.select(1)  # error: arg-type
    batch.to_numpy()  # error: call-arg
    batch.market = "crypto"  # error: misc
    Stream()  # error: call-arg
