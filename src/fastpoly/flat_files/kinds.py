"""The table of day files: whose events they hold, and which column holds which key of the wire.

What a column's text becomes follows from the kind of the key's field in the schema. Columns are
found by their names in a file's header, never by their places, which have moved in the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastpoly import schema

__all__ = ["DAY_FILES", "FORMS", "TICKER", "Column", "DayFile"]

TICKER: Final = "ticker"
"""The column of the ticker, in every file."""

MINUTE_MS: Final = 60_000

FORMS: Final = {
    schema.SYMBOL: 0,
    schema.TEXT: 1,
    schema.FLOAT: 2,
    schema.INT: 3,
    schema.DECIMAL: 4,
    schema.MS: 5,
    schema.CODES: 6,
}
"""Kind of a field -> what its text becomes, as the compiled core numbers it."""

FIRST_CODE: Final = 7
"""The form of a field that is one number, of which the file has a list."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a key's value comes from.

    Attributes:
        names: Names of the column; the first that the header has counts.
        optional: Whether a file may be without it.
        zero_is_none: Whether 0 stands for none, so that the key is left out.
        first_code: Whether it is a list of numbers, of which the first is meant.
        add_ms: What is added to a time.
    """

    names: tuple[str, ...]
    optional: bool = False
    zero_is_none: bool = False
    first_code: bool = False
    add_ms: int = 0


def _at(*names: str) -> Column:
    return Column(names)


def _maybe(*names: str) -> Column:
    return Column(names, optional=True)


@dataclass(frozen=True, slots=True)
class DayFile:
    """One type of file.

    Attributes:
        folders: The vendor's names of what it is of; part of the path of a file of the vendor's.
        type: The vendor's name of the type.
        market: The market of its events.
        channel: Their channel.
        columns: Key of the wire -> column.
        left_out: Columns that have no key on the wire.
        prefix: What tickers in the file begin with, and symbols on the wire do not.
        slash: Whether a pair, with a hyphen in the file, has a slash on the wire.
    """

    folders: tuple[str, ...]
    type: str
    market: str
    channel: str
    columns: Mapping[str, Column]
    left_out: tuple[str, ...] = ()
    prefix: str = ""
    slash: bool = False

    @property
    def name(self) -> str:
        """What texts call it."""
        return f"{self.market} {self.type.partition('_v')[0].replace('_', ' ')}"

    @property
    def event(self) -> schema.EventType:
        """The class of its events."""
        found = schema.MARKETS[self.market].channel(self.channel)
        if found is None:
            raise KeyError(self.channel)
        return found.event

    @property
    def clock(self) -> Column:
        """The column of the time by which its events are ordered: when each was due."""
        (field,) = self.event.of_role(schema.CLOCK)
        return self.columns[field.key]

    @property
    def needed(self) -> frozenset[str]:
        """The columns without which it is no such file, by their first names."""
        columns = self.columns.values()
        return frozenset(column.names[0] for column in columns if not column.optional)

    @property
    def known(self) -> frozenset[str]:
        """All columns that such files are known to have."""
        names = (name for column in self.columns.values() for name in column.names)
        return frozenset((TICKER, *names, *self.left_out))


_STOCK_TRADES: Final = {
    "sym": _at(TICKER),
    "i": _maybe("id"),
    "x": _at("exchange"),
    "p": _at("price"),
    "s": _at("size"),
    "c": _maybe("conditions"),
    "t": _at("sip_timestamp"),
    "pt": _maybe("participant_timestamp"),
    "q": _at("sequence_number"),
    "z": _maybe("tape"),
    "trfi": Column(("trf_id",), optional=True, zero_is_none=True),
    "trft": _maybe("trf_timestamp"),
    "ds": _maybe("decimal_size", "size"),
}

_STOCK_QUOTES: Final = {
    "sym": _at(TICKER),
    "c": Column(("conditions",), optional=True, first_code=True),
    "i": _maybe("indicators"),
    "bx": _maybe("bid_exchange"),
    "ax": _maybe("ask_exchange"),
    "bp": _at("bid_price"),
    "ap": _at("ask_price"),
    "bs": _at("bid_size"),
    "as": _at("ask_size"),
    "t": _at("sip_timestamp"),
    "pt": _maybe("participant_timestamp"),
    "q": _at("sequence_number"),
    "z": _at("tape"),
    "trft": _maybe("trf_timestamp"),
}

_OPTION_TRADES: Final = {
    "sym": _at(TICKER),
    "x": _at("exchange"),
    "p": _at("price"),
    "s": _at("size"),
    "c": _maybe("conditions"),
    "t": _at("sip_timestamp"),
    "pt": _maybe("participant_timestamp"),
    "q": _maybe("sequence_number"),
}

_OPTION_QUOTES: Final = {
    "sym": _at(TICKER),
    "bx": _maybe("bid_exchange"),
    "ax": _maybe("ask_exchange"),
    "bp": _at("bid_price"),
    "ap": _at("ask_price"),
    "bs": _at("bid_size"),
    "as": _at("ask_size"),
    "t": _at("sip_timestamp"),
    "q": _at("sequence_number"),
}

_PRICES: Final = {"o": _at("open"), "c": _at("close"), "h": _at("high"), "l": _at("low")}

_WINDOW: Final = {
    "s": _at("window_start"),
    "e": Column(("window_start",), add_ms=MINUTE_MS),
}

_PAIR_BARS: Final = {"pair": _at(TICKER), "v": _at("volume"), **_PRICES, **_WINDOW}

_FUTURES_FOLDERS: Final = tuple(
    f"us_futures_{exchange}" for exchange in ("cme", "cbot", "nymex", "comex")
)

DAY_FILES: Final = (
    DayFile(("us_stocks_sip",), "trades_v1", "stocks", "T", _STOCK_TRADES, ("correction",)),
    DayFile(("us_stocks_sip",), "quotes_v1", "stocks", "Q", _STOCK_QUOTES),
    DayFile(
        ("us_stocks_sip",),
        "minute_aggs_v1",
        "stocks",
        "AM",
        {"sym": _at(TICKER), "v": _at("volume"), **_PRICES, **_WINDOW},
        ("transactions",),
    ),
    DayFile(("us_options_opra",), "trades_v1", "options", "T", _OPTION_TRADES, ("correction",)),
    DayFile(("us_options_opra",), "quotes_v1", "options", "Q", _OPTION_QUOTES),
    DayFile(
        ("us_options_opra",),
        "minute_aggs_v1",
        "options",
        "AM",
        {"sym": _at(TICKER), "v": _at("volume"), **_PRICES, **_WINDOW},
        ("transactions",),
    ),
    DayFile(
        _FUTURES_FOLDERS,
        "trades_v1",
        "futures",
        "T",
        {
            "sym": _at(TICKER),
            "p": _at("price"),
            "s": _at("size"),
            "t": _at("timestamp"),
            "q": _maybe("sequence_number"),
        },
        ("report_sequence", "correction", "exchange", "session_end_date", "conditions"),
    ),
    DayFile(
        _FUTURES_FOLDERS,
        "quotes_v1",
        "futures",
        "Q",
        {
            "sym": _at(TICKER),
            "bp": _at("bid_price"),
            "bs": _at("bid_size"),
            "bt": _maybe("bid_timestamp"),
            "ap": _at("ask_price"),
            "as": _at("ask_size"),
            "at": _maybe("ask_timestamp"),
            "t": _at("timestamp"),
        },
        ("sequence_number", "report_sequence", "exchange", "session_end_date"),
    ),
    DayFile(
        _FUTURES_FOLDERS,
        "minute_aggs_v1",
        "futures",
        "AM",
        {
            "sym": _at(TICKER),
            "v": _at("volume"),
            "dv": _at("dollar_volume"),
            **_PRICES,
            "n": _maybe("transactions"),
            **_WINDOW,
        },
        ("exchange", "session_end_date"),
    ),
    DayFile(
        ("us_indices",),
        "values_v1",
        "indices",
        "V",
        {"val": _at("value"), "T": _at(TICKER), "t": _at("timestamp")},
    ),
    DayFile(
        ("us_indices",),
        "minute_aggs_v1",
        "indices",
        "AM",
        {"sym": _at(TICKER), **_PRICES, **_WINDOW},
    ),
    DayFile(
        ("global_forex",),
        "quotes_v1",
        "forex",
        "C",
        {
            "p": _at(TICKER),
            "x": _maybe("bid_exchange"),
            "a": _at("ask_price"),
            "b": _at("bid_price"),
            "t": _at("participant_timestamp"),
        },
        ("ask_exchange",),
        prefix="C:",
        slash=True,
    ),
    DayFile(
        ("global_forex",),
        "minute_aggs_v1",
        "forex",
        "CA",
        _PAIR_BARS,
        ("transactions",),
        prefix="C:",
        slash=True,
    ),
    DayFile(
        ("global_crypto",),
        "trades_v1",
        "crypto",
        "XT",
        {
            "pair": _at(TICKER),
            "p": _at("price"),
            "t": _at("participant_timestamp"),
            "s": _at("size"),
            "c": _maybe("conditions"),
            "i": _maybe("id"),
            "x": _at("exchange"),
        },
        prefix="X:",
    ),
    DayFile(
        ("global_crypto",),
        "minute_aggs_v1",
        "crypto",
        "XA",
        _PAIR_BARS,
        ("transactions",),
        prefix="X:",
    ),
)
"""Every type of file whose events have a channel on the wire. Bars of days and of sessions have
none; crypto has no quotes."""
