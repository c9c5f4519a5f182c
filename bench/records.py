"""Trades, quotes and statuses as msgspec Structs, declared as an expert would for this feed."""

from __future__ import annotations

import msgspec


class Trade(msgspec.Struct, tag_field="ev", tag="T", gc=False):
    """A stocks trade, every key."""

    symbol: str | None = msgspec.field(default=None, name="sym")
    id: str | None = msgspec.field(default=None, name="i")
    exchange: int | None = msgspec.field(default=None, name="x")
    price: float | None = msgspec.field(default=None, name="p")
    size: int | None = msgspec.field(default=None, name="s")
    conditions: list[int] | None = msgspec.field(default=None, name="c")
    timestamp: int | None = msgspec.field(default=None, name="t")
    participant_timestamp: int | None = msgspec.field(default=None, name="pt")
    sequence_number: int | None = msgspec.field(default=None, name="q")
    tape: int | None = msgspec.field(default=None, name="z")
    trf_id: int | None = msgspec.field(default=None, name="trfi")
    trf_timestamp: int | None = msgspec.field(default=None, name="trft")
    fractional_shares: str | None = msgspec.field(default=None, name="ds")


class Quote(msgspec.Struct, tag_field="ev", tag="Q", gc=False):
    """A stocks quote, every key."""

    symbol: str | None = msgspec.field(default=None, name="sym")
    condition: int | None = msgspec.field(default=None, name="c")
    indicators: list[int] | None = msgspec.field(default=None, name="i")
    bid_exchange_id: int | None = msgspec.field(default=None, name="bx")
    ask_exchange_id: int | None = msgspec.field(default=None, name="ax")
    bid_price: float | None = msgspec.field(default=None, name="bp")
    ask_price: float | None = msgspec.field(default=None, name="ap")
    bid_size: int | None = msgspec.field(default=None, name="bs")
    ask_size: int | None = msgspec.field(default=None, name="as")
    timestamp: int | None = msgspec.field(default=None, name="t")
    participant_timestamp: int | None = msgspec.field(default=None, name="pt")
    sequence_number: int | None = msgspec.field(default=None, name="q")
    tape: int | None = msgspec.field(default=None, name="z")
    trf_id: int | None = msgspec.field(default=None, name="trfi")
    trf_timestamp: int | None = msgspec.field(default=None, name="trft")


class Status(msgspec.Struct, tag_field="ev", tag="status", gc=False):
    """A control message."""

    status: str = ""
    message: str = ""


Event = Trade | Quote | Status
decode = msgspec.json.Decoder(list[Event]).decode
