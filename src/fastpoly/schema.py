"""The table: every market, channel, event type, field and status that the stream carries.

Everything that knows about an event type derives from this file: the C++ row structs and their
parsers, the event classes and their stubs, the NumPy and Arrow columns, the simulator's
rendering, ``docs/events.md`` and the tests. To add an event type or a field, add it here and run
``python src/_core/generate.py``.

The generator and ``setup.py`` load this file by path before the package is built, so it imports
nothing but the standard library.

Facts come from the vendor's published channel descriptions and its official Python client
(attribute names), and where those are silent or wrong from recorded observations of the live
service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

# --------------------------------------------------------------------------------------- kinds


@dataclass(frozen=True, slots=True)
class Kind:
    """What one field's value is: on the wire, in a row, in Python and in a column.

    Attributes:
        name: The kind's name; the decoder has one reader of that name.
        cpp: The C++ type that holds the value in a row.
        python: The type that an event's attribute has when the value is there.
        numpy: The dtype of the column; ``{width}`` is the field's text width.
        arrow: The Arrow C data interface format of the column.
        doc: What the wire carries.
    """

    name: str
    cpp: str
    python: str
    numpy: str
    arrow: str
    doc: str


SYMBOL: Final = Kind("SYMBOL", "const Symbol*", "str", "U{width}", "u", "ticker or pair, text")
TEXT: Final = Kind("TEXT", "Text<{width}>", "str", "U{width}", "u", "text")
DECIMAL: Final = Kind("DECIMAL", "Text<23>", "str", "f8", "u", "decimal number written as text")
INT: Final = Kind("INT", "int64_t", "int", "i8", "l", "whole number")
FLOAT: Final = Kind("FLOAT", "double", "float", "f8", "g", "number")
MS: Final = Kind("MS", "int64_t", "int", "M8[ms]", "tsm:UTC", "Unix time in ms")
NS: Final = Kind("NS", "int64_t", "int", "M8[ns]", "tsn:UTC", "Unix time in ns")
EPOCH: Final = Kind(
    "EPOCH", "int64_t", "int", "M8[ns]", "tsn:UTC", "Unix time in ns; in ms where below 1e14"
)
FLAG: Final = Kind("FLAG", "uint8_t", "bool", "?", "b", "true or absent")
CODES: Final = Kind("CODES", "Codes", "list[int]", "(7,)i2", "+l", "list of small whole numbers")
LEVELS: Final = Kind(
    "LEVELS", "Levels", "list[list[float]]", "O", "+l", "list of [price, size] pairs"
)

KINDS: Final = (SYMBOL, TEXT, DECIMAL, INT, FLOAT, MS, NS, EPOCH, FLAG, CODES, LEVELS)
"""Every kind. The order is the numbering that generated code uses."""

# ----------------------------------------------------------------------------------- roles

CLOCK: Final = "clock"
"""When the event was due: lag is counted from it. A bar is due at its end."""

HAPPENED: Final = "happened"
"""When what the event reports had happened; long before the clock makes it a late report."""

SEQUENCE: Final = "sequence"
"""A number that rises per symbol and channel, with gaps of its own."""

ROLES: Final = (CLOCK, HAPPENED, SEQUENCE)
"""What a field can mean to those who watch a stream."""

# --------------------------------------------------------------------------------- event types


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an event.

    Attributes:
        key: The key on the wire.
        name: The attribute's name, as in the vendor's official Python client where that has one.
        kind: What the value is.
        doc: One line of documentation.
        optional: Whether the server leaves the key out in some events.
        width: How many bytes of text a row holds in place (longer text is still kept, elsewhere);
            for a symbol, the width of its column.
        source: Where the fact comes from; see `SOURCES`.
        role: What it means to those who watch a stream, see `ROLES`; empty for nothing.
        rest: The key of the vendor's REST interface that has it; empty where that has it not. Times
            are in ns there, of bars in ms.
        rest_zero: Whether 0 is a value there; if not, it stands for none.
    """

    key: str
    name: str
    kind: Kind
    doc: str
    optional: bool = False
    width: int = 0
    source: str = "official"
    role: str = ""
    rest: str = ""
    rest_zero: bool = True


SOURCES: Final = {
    "official": "the official Python client's model",
    "live": "seen on the live service, in no official client",
    "docs": "the vendor's documentation only",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Keys whose values tell an event from all others of its channel and symbol.

    An absent value, 0 and an empty list are the same here: what one interface of the vendor leaves
    out, another may write as 0.

    Attributes:
        keys: The keys; none for all that the event has.
        needs: The key without which this does not apply, and the event type's next one does.
        day_begins_h: The hour, UTC, at which numbers may begin anew; -1 where they never do.
        counted: Whether events that agree may yet be several, such as two equal trades in one ms.
        restated: The keys whose values may be corrected later: of two events that differ in them,
            the newer one counts.
    """

    keys: tuple[str, ...] = ()
    needs: str = ""
    day_begins_h: int = -1
    counted: bool = False
    restated: tuple[str, ...] = ()


_US_NIGHT_H: Final = 5
"""An hour, UTC, at which US stocks and options are not traded, in summer nor in winter."""

_CME_BREAK_H: Final = 22
"""An hour, UTC, in or at the end of the daily break of the futures exchanges."""

_BY_NUMBER: Final = Identity(("q",), needs="q", day_begins_h=_US_NIGHT_H)

WHOLE: Final = Identity(counted=True)
"""Of events of which no key is known that tells them apart: all keys together."""

_PRICES_OF_A_BAR: Final = ("o", "c", "h", "l", "v")


@dataclass(frozen=True, slots=True)
class EventType:
    """One class of events; `fields` are in the order in which the server sends the keys.

    Attributes:
        name: The event class, named as in the official Python client where that has one.
        fields: All keys but ``ev``.
        doc: One line of documentation.
        order: Attributes in the order of the official model's constructor, where that is not the
            wire's; those that the model does not have come after them.
        identities: What makes an event the same as another; the first that applies counts.
    """

    name: str
    fields: tuple[Field, ...]
    doc: str
    order: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = (WHOLE,)

    @property
    def attributes(self) -> tuple[Field, ...]:
        """The fields in the order in which a constructor and a pattern take them."""
        places = {name: place for place, name in enumerate(self.order)}
        return tuple(sorted(self.fields, key=lambda field: places.get(field.name, len(places))))

    @property
    def symbol(self) -> Field:
        """The field that names the instrument."""
        return next(field for field in self.fields if field.kind is SYMBOL)

    def of_role(self, role: str) -> tuple[Field, ...]:
        """Return the fields of a role."""
        return tuple(field for field in self.fields if field.role == role)


EQUITY_TRADE: Final = EventType(
    "EquityTrade",
    (
        Field("sym", "symbol", SYMBOL, "Ticker.", width=16),
        Field(
            "i", "id", TEXT, "Trade id, unique per exchange, ticker and day.", True, 23, rest="id"
        ),
        Field("x", "exchange", INT, "Exchange id.", rest="exchange"),
        Field("p", "price", FLOAT, "Price per share or contract.", rest="price"),
        Field("s", "size", INT, "Whole shares or contracts, fractions cut off.", rest="size"),
        Field(
            "c",
            "conditions",
            CODES,
            "Trade conditions; absent when there are none.",
            True,
            rest="conditions",
        ),
        Field("t", "timestamp", MS, "SIP time.", role=CLOCK, rest="sip_timestamp"),
        Field(
            "pt",
            "participant_timestamp",
            MS,
            "Time at the exchange, never after the SIP's.",
            optional=True,
            source="docs",
            role=HAPPENED,
            rest="participant_timestamp",
        ),
        Field(
            "q",
            "sequence_number",
            INT,
            "Rises per ticker and day; gaps are normal.",
            role=SEQUENCE,
            rest="sequence_number",
        ),
        Field("z", "tape", INT, "1 NYSE, 2 NYSE Arca and American, 3 Nasdaq.", True, rest="tape"),
        Field(
            "trfi",
            "trf_id",
            INT,
            "Trade reporting facility, off-exchange only.",
            True,
            rest="trf_id",
            rest_zero=False,
        ),
        Field(
            "trft",
            "trf_timestamp",
            MS,
            "Time at the reporting facility.",
            True,
            role=HAPPENED,
            rest="trf_timestamp",
        ),
        Field(
            "ds",
            "fractional_shares",
            DECIMAL,
            "Exact size, with fractions.",
            True,
            rest="decimal_size",
        ),
    ),
    "A trade in a stock or an options contract.",
    order=(
        "symbol",
        "exchange",
        "id",
        "tape",
        "price",
        "size",
        "fractional_shares",
        "conditions",
        "timestamp",
        "sequence_number",
        "trf_id",
        "trf_timestamp",
    ),
    identities=(
        Identity(("x", "trfi", "i"), needs="i", day_begins_h=_US_NIGHT_H),
        _BY_NUMBER,
        Identity(("x", "t", "p", "s", "c"), counted=True),
    ),
)

EQUITY_QUOTE: Final = EventType(
    "EquityQuote",
    (
        Field("sym", "symbol", SYMBOL, "Ticker.", width=16),
        Field(
            "c", "condition", INT, "Quote condition; absent when regular.", True, rest="conditions"
        ),
        Field("i", "indicators", CODES, "Indicators.", True, rest="indicators"),
        Field(
            "bx",
            "bid_exchange_id",
            INT,
            "Exchange of the bid; 0 when one-sided.",
            True,
            rest="bid_exchange",
        ),
        Field(
            "ax",
            "ask_exchange_id",
            INT,
            "Exchange of the ask; 0 when one-sided.",
            True,
            rest="ask_exchange",
        ),
        Field("bp", "bid_price", FLOAT, "Bid price.", True, rest="bid_price"),
        Field("ap", "ask_price", FLOAT, "Ask price.", True, rest="ask_price"),
        Field(
            "bs",
            "bid_size",
            INT,
            "Bid size: shares, before 2025-11-03 round lots; contracts for options.",
            True,
            rest="bid_size",
        ),
        Field(
            "as",
            "ask_size",
            INT,
            "Ask size: shares, before 2025-11-03 round lots; contracts for options.",
            True,
            rest="ask_size",
        ),
        Field("t", "timestamp", MS, "SIP time.", role=CLOCK, rest="sip_timestamp"),
        Field(
            "pt",
            "participant_timestamp",
            MS,
            "Time at the exchange, never after the SIP's.",
            optional=True,
            source="docs",
            role=HAPPENED,
            rest="participant_timestamp",
        ),
        Field(
            "q",
            "sequence_number",
            INT,
            "Rises per ticker and day; gaps are normal.",
            role=SEQUENCE,
            rest="sequence_number",
        ),
        Field("z", "tape", INT, "1 NYSE, 2 NYSE Arca and American, 3 Nasdaq.", True, rest="tape"),
        Field("trfi", "trf_id", INT, "Trade reporting facility.", True),
        Field(
            "trft",
            "trf_timestamp",
            MS,
            "Time at the reporting facility.",
            True,
            role=HAPPENED,
            rest="trf_timestamp",
        ),
    ),
    "A national best bid and offer.",
    order=(
        "symbol",
        "bid_exchange_id",
        "bid_price",
        "bid_size",
        "ask_exchange_id",
        "ask_price",
        "ask_size",
        "condition",
        "indicators",
        "timestamp",
        "tape",
        "sequence_number",
        "trf_id",
        "trf_timestamp",
    ),
    identities=(_BY_NUMBER, WHOLE),
)

EQUITY_AGG: Final = EventType(
    "EquityAgg",
    (
        Field("sym", "symbol", SYMBOL, "Ticker.", width=16),
        Field("v", "volume", FLOAT, "Volume of the window.", True, rest="v"),
        Field("av", "accumulated_volume", FLOAT, "Volume of the day so far.", True),
        Field("op", "official_open_price", FLOAT, "Official open of the day.", True),
        Field("vw", "vwap", FLOAT, "Volume-weighted average price of the window.", True, rest="vw"),
        Field("o", "open", FLOAT, "First price of the window.", rest="o"),
        Field("c", "close", FLOAT, "Last price of the window.", rest="c"),
        Field("h", "high", FLOAT, "Highest price of the window.", rest="h"),
        Field("l", "low", FLOAT, "Lowest price of the window.", rest="l"),
        Field("a", "aggregate_vwap", FLOAT, "Volume-weighted average price of the day.", True),
        Field("z", "average_size", FLOAT, "Average trade size of the window.", True),
        Field("s", "start_timestamp", MS, "Start of the window.", rest="t"),
        Field("e", "end_timestamp", MS, "End of the window, exclusive.", role=CLOCK),
        Field(
            "otc", "otc", FLAG, "Present, and true, for over-the-counter tickers.", True, rest="otc"
        ),
        Field("dv", "fractional_volume", DECIMAL, "Exact volume of the window.", True),
        Field("dav", "fractional_accumulated_volume", DECIMAL, "Exact volume of the day.", True),
    ),
    "A second or minute bar of a stock, options contract or index. A bar may be sent again when "
    "late trades change it: the newest with the same symbol and start replaces the others.",
    identities=(Identity(("s",), restated=_PRICES_OF_A_BAR),),
)

LIMIT_UP_LIMIT_DOWN: Final = EventType(
    "LimitUpLimitDown",
    (
        Field("h", "high_price", FLOAT, "Upper price band; 0 in halt messages."),
        Field("l", "low_price", FLOAT, "Lower price band; 0 in halt messages."),
        Field("i", "indicators", CODES, "15 and 16 band update, 17 halt, 18 resume."),
        Field("z", "tape", INT, "1 NYSE, 2 NYSE Arca and American, 3 Nasdaq."),
        Field("T", "symbol", SYMBOL, "Ticker.", width=16),
        Field(
            "t",
            "timestamp",
            NS,
            "Event time. The vendor's text says ms; the wire has ns.",
            role=CLOCK,
        ),
        Field(
            "q", "sequence_number", INT, "Rises per ticker and day; gaps are normal.", role=SEQUENCE
        ),
    ),
    "A limit-up limit-down price band, trading halt or resumption.",
    order=(
        "symbol",
        "high_price",
        "low_price",
        "indicators",
        "tape",
        "timestamp",
        "sequence_number",
    ),
    identities=(_BY_NUMBER, WHOLE),
)

IMBALANCE: Final = EventType(
    "Imbalance",
    (
        Field("T", "symbol", SYMBOL, "Ticker.", width=16),
        Field(
            "t",
            "time_stamp",
            NS,
            "Event time. The vendor's text says ms; the wire has ns.",
            role=CLOCK,
        ),
        Field("at", "auction_time", INT, "Auction time as HHMM, US Eastern."),
        Field(
            "a",
            "auction_type",
            TEXT,
            "O early open, M core open, H halt re-open, C close, P extreme close, R regulatory.",
            width=7,
        ),
        Field("i", "symbol_sequence", INT, "Sequence number of the symbol."),
        Field("x", "exchange_id", INT, "Exchange id."),
        Field("o", "imbalance_quantity", INT, "Shares; negative on the sell side."),
        Field("p", "paired_quantity", INT, "Shares paired at the reference price."),
        Field("b", "book_clearing_price", FLOAT, "Price at which the book clears."),
    ),
    "A net order imbalance before an auction.",
)

FAIR_MARKET_VALUE: Final = EventType(
    "FairMarketValue",
    (
        Field("fmv", "fmv", FLOAT, "Fair market value."),
        Field("sym", "ticker", SYMBOL, "Ticker.", width=16),
        Field("t", "timestamp", EPOCH, "Event time.", role=CLOCK),
    ),
    "A fair market value, on business feeds.",
)

LAUNCHPAD_VALUE: Final = EventType(
    "LaunchpadValue",
    (
        Field("val", "value", FLOAT, "Value."),
        Field("sym", "symbol", SYMBOL, "Ticker.", width=16),
        Field("t", "timestamp", EPOCH, "Event time.", role=CLOCK),
    ),
    "A value, on the Launchpad feed.",
)

INDEX_VALUE: Final = EventType(
    "IndexValue",
    (
        Field("val", "value", FLOAT, "Value."),
        Field("T", "ticker", SYMBOL, "Ticker.", width=16),
        Field("t", "timestamp", MS, "Event time.", role=CLOCK),
    ),
    "The value of an index.",
)

FOREX_QUOTE: Final = EventType(
    "ForexQuote",
    (
        Field("p", "pair", SYMBOL, "Pair, as EUR/USD.", width=16),
        Field("x", "exchange_id", INT, "Exchange id.", rest="bid_exchange"),
        Field("a", "ask_price", FLOAT, "Ask price.", rest="ask_price"),
        Field("b", "bid_price", FLOAT, "Bid price.", rest="bid_price"),
        Field("t", "timestamp", MS, "Event time.", role=CLOCK, rest="participant_timestamp"),
    ),
    "A quote of a currency pair.",
    identities=(Identity(("x", "t", "a", "b"), counted=True),),
)

CURRENCY_AGG: Final = EventType(
    "CurrencyAgg",
    (
        Field("pair", "pair", SYMBOL, "Pair, as EUR/USD or BTC-USD.", width=16),
        Field("v", "volume", FLOAT, "Coins; on forex the number of quotes.", rest="v"),
        Field("vw", "vwap", FLOAT, "Volume-weighted average price; crypto only.", True, rest="vw"),
        Field("z", "avg_trade_size", FLOAT, "Average trade size; crypto only.", True),
        Field("o", "open", FLOAT, "First price of the window.", rest="o"),
        Field("c", "close", FLOAT, "Last price of the window.", rest="c"),
        Field("h", "high", FLOAT, "Highest price of the window.", rest="h"),
        Field("l", "low", FLOAT, "Lowest price of the window.", rest="l"),
        Field("s", "start_timestamp", MS, "Start of the window.", rest="t"),
        Field("e", "end_timestamp", MS, "End of the window, exclusive.", True, role=CLOCK),
    ),
    "A second or minute bar of a currency pair or a crypto pair.",
    order=(
        "pair",
        "open",
        "close",
        "high",
        "low",
        "volume",
        "vwap",
        "start_timestamp",
        "end_timestamp",
        "avg_trade_size",
    ),
    identities=(Identity(("s",), restated=_PRICES_OF_A_BAR),),
)

CRYPTO_TRADE: Final = EventType(
    "CryptoTrade",
    (
        Field("pair", "pair", SYMBOL, "Pair, as BTC-USD.", width=16),
        Field("p", "price", FLOAT, "Price.", rest="price"),
        Field(
            "t", "timestamp", MS, "Time at the exchange.", role=CLOCK, rest="participant_timestamp"
        ),
        Field("s", "size", FLOAT, "Coins.", rest="size"),
        Field(
            "c",
            "conditions",
            CODES,
            "1 sell side, 2 buy side; 0 or empty for none.",
            True,
            rest="conditions",
        ),
        Field("i", "id", TEXT, "Trade id, a number or a UUID.", True, 39, rest="id"),
        Field("x", "exchange", INT, "Exchange id.", rest="exchange"),
        Field(
            "r",
            "received_timestamp",
            MS,
            "Time at which the vendor received it.",
            rest="received_timestamp",
        ),
    ),
    "A trade on a crypto exchange.",
    order=(
        "pair",
        "exchange",
        "id",
        "price",
        "size",
        "conditions",
        "timestamp",
        "received_timestamp",
    ),
    identities=(
        Identity(("x", "i"), needs="i"),
        Identity(("x", "t", "p", "s"), counted=True),
    ),
)

CRYPTO_QUOTE: Final = EventType(
    "CryptoQuote",
    (
        Field("pair", "pair", SYMBOL, "Pair, as BTC-USD.", width=16),
        Field("lp", "last_price", FLOAT, "Undocumented; zero.", True, source="live"),
        Field("ls", "last_size", FLOAT, "Undocumented; zero.", True, source="live"),
        Field("bp", "bid_price", FLOAT, "Bid price."),
        Field("bs", "bid_size", FLOAT, "Bid size, coins."),
        Field("ap", "ask_price", FLOAT, "Ask price."),
        Field("as", "ask_size", FLOAT, "Ask size, coins."),
        Field("t", "timestamp", MS, "Time at the exchange; ordered per exchange only.", role=CLOCK),
        Field("x", "exchange_id", INT, "Exchange id."),
        Field("r", "received_timestamp", MS, "Time at which the vendor received it."),
    ),
    "A quote on a crypto exchange.",
    order=(
        "pair",
        "bid_price",
        "bid_size",
        "ask_price",
        "ask_size",
        "timestamp",
        "exchange_id",
        "received_timestamp",
    ),
)

LEVEL2_BOOK: Final = EventType(
    "Level2Book",
    (
        Field("pair", "pair", SYMBOL, "Pair, as BTC-USD.", width=16),
        Field("t", "timestamp", MS, "Time at the exchange.", role=CLOCK),
        Field("r", "received_timestamp", MS, "Time at which the vendor received it."),
        Field("x", "exchange_id", INT, "Exchange id."),
        Field("b", "bid_prices", LEVELS, "Bids, best first."),
        Field("a", "ask_prices", LEVELS, "Asks, best first."),
    ),
    "A snapshot of an order book, up to 100 levels a side. The vendor switched the channel off on "
    "2024-07-01.",
    order=(
        "pair",
        "bid_prices",
        "ask_prices",
        "timestamp",
        "exchange_id",
        "received_timestamp",
    ),
)

CONSOLIDATED_QUOTE: Final = EventType(
    "ConsolidatedQuote",
    (
        Field("pair", "pair", SYMBOL, "Pair, as BTC-USD.", width=16, source="docs"),
        Field("as", "ask_size", FLOAT, "Ask size, coins.", source="docs"),
        Field("ap", "ask_price", FLOAT, "Ask price.", source="docs"),
        Field("ax", "ask_exchange_id", INT, "Exchange of the ask.", source="docs"),
        Field("bs", "bid_size", FLOAT, "Bid size, coins.", source="docs"),
        Field("bp", "bid_price", FLOAT, "Bid price.", source="docs"),
        Field("bx", "bid_exchange_id", INT, "Exchange of the bid.", source="docs"),
        Field("t", "timestamp", MS, "Event time.", source="docs", role=CLOCK),
    ),
    "The best bid and offer over all crypto exchanges. In older documentation only.",
)

FUTURES_TRADE: Final = EventType(
    "FuturesTrade",
    (
        Field("sym", "symbol", SYMBOL, "Contract.", width=16),
        Field("z", "tape", INT, "Undocumented.", True, source="docs"),
        Field("p", "price", FLOAT, "Price, in the exchange's unit.", rest="price"),
        Field("s", "size", INT, "Contracts.", rest="size"),
        Field("t", "timestamp", MS, "Event time.", role=CLOCK, rest="timestamp"),
        Field(
            "q",
            "sequence_number",
            INT,
            "Rises per contract; gaps are normal.",
            True,
            role=SEQUENCE,
            rest="sequence_number",
        ),
    ),
    "A trade in a futures contract.",
    order=(
        "symbol",
        "price",
        "size",
        "timestamp",
        "sequence_number",
    ),
    identities=(
        Identity(("q",), needs="q", day_begins_h=_CME_BREAK_H),
        Identity(("t", "p", "s"), counted=True),
    ),
)

FUTURES_QUOTE: Final = EventType(
    "FuturesQuote",
    (
        Field("sym", "symbol", SYMBOL, "Contract.", width=16),
        Field("bp", "bid_price", FLOAT, "Bid price.", True, rest="bid_price"),
        Field("bs", "bid_size", INT, "Bid size, contracts.", True, rest="bid_size"),
        Field("bt", "bid_timestamp", MS, "Time of the bid.", True, rest="bid_timestamp"),
        Field("ap", "ask_price", FLOAT, "Ask price.", True, rest="ask_price"),
        Field("as", "ask_size", INT, "Ask size, contracts.", True, rest="ask_size"),
        Field("at", "ask_timestamp", MS, "Time of the ask.", True, rest="ask_timestamp"),
        Field("t", "sip_timestamp", MS, "Event time.", role=CLOCK, rest="timestamp"),
    ),
    "A best bid and offer of a futures contract.",
    identities=(Identity(("t", "bp", "bs", "ap", "as"), counted=True),),
)

FUTURES_AGG: Final = EventType(
    "FuturesAgg",
    (
        Field("sym", "symbol", SYMBOL, "Contract.", width=16),
        Field("v", "volume", FLOAT, "Contracts.", rest="volume"),
        Field("dv", "total_value", FLOAT, "Value traded.", True, rest="dollar_volume"),
        Field("o", "open", FLOAT, "First price of the window.", rest="open"),
        Field("c", "close", FLOAT, "Last price of the window.", rest="close"),
        Field("h", "high", FLOAT, "Highest price of the window.", rest="high"),
        Field("l", "low", FLOAT, "Lowest price of the window.", rest="low"),
        Field("n", "transactions", INT, "Number of trades.", True, rest="transactions"),
        Field("s", "start_timestamp", MS, "Start of the window.", rest="window_start"),
        Field("e", "end_timestamp", MS, "End of the window, exclusive.", role=CLOCK),
    ),
    "A second or minute bar of a futures contract.",
    identities=(Identity(("s",), restated=_PRICES_OF_A_BAR),),
)

EVENT_TYPES: Final = (
    EQUITY_TRADE,
    EQUITY_QUOTE,
    EQUITY_AGG,
    LIMIT_UP_LIMIT_DOWN,
    IMBALANCE,
    FAIR_MARKET_VALUE,
    LAUNCHPAD_VALUE,
    INDEX_VALUE,
    FOREX_QUOTE,
    CURRENCY_AGG,
    CRYPTO_TRADE,
    CRYPTO_QUOTE,
    LEVEL2_BOOK,
    CONSOLIDATED_QUOTE,
    FUTURES_TRADE,
    FUTURES_QUOTE,
    FUTURES_AGG,
)

# --------------------------------------------------------------------------- markets, channels


RestKind: TypeAlias = Literal["", "trades", "quotes", "second", "minute"]
"""What REST gives ticker by ticker: trades, quotes, bars of a second or a minute."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a market; its name is both the subscription prefix and the ``ev`` it sends.

    Attributes:
        name: As in ``T.AAPL``.
        event: The class of its events.
        doc: What it carries.
        wildcard: Whether ``<name>.*`` is accepted.
        feed: ``any``, ``business`` or ``launchpad``: the feeds that carry it.
        limit: How many symbols one connection may hold; 0 for no limit.
        rest: What the vendor's REST interface calls it, see `RestKind`; empty where that has not
            got it.
    """

    name: str
    event: EventType
    doc: str
    wildcard: bool = True
    feed: str = "any"
    limit: int = 0
    rest: RestKind = ""


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """One market: a path of the service's URL, with one connection of its own.

    Attributes:
        name: As users name it; the key of `MARKETS`.
        channels: Its channels.
        symbol_prefix: What its tickers begin with in the data, such as ``O:``.
        example: A ticker, for messages and documentation.
        paths: URL paths; the first is the default.
    """

    name: str
    channels: tuple[Channel, ...]
    symbol_prefix: str
    example: str
    paths: tuple[str, ...]

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name, or None."""
        return next((channel for channel in self.channels if channel.name == name), None)


_FMV = Channel("FMV", FAIR_MARKET_VALUE, "Fair market values.", feed="business")
_LV = Channel("LV", LAUNCHPAD_VALUE, "Values for Launchpad.", feed="launchpad")
_LAUNCHPAD_AM = Channel("AM", EQUITY_AGG, "Minute bars for Launchpad.", feed="launchpad")

OPTIONS_CONTRACT_LIMIT: Final = 1000
"""Contracts of one quote-like options channel that one connection may hold."""

MARKETS: Final = {
    spec.name: spec
    for spec in (
        MarketSpec(
            "stocks",
            (
                Channel("T", EQUITY_TRADE, "Trades.", rest="trades"),
                Channel("Q", EQUITY_QUOTE, "National best bids and offers.", rest="quotes"),
                Channel("A", EQUITY_AGG, "Second bars.", rest="second"),
                Channel("AM", EQUITY_AGG, "Minute bars.", rest="minute"),
                Channel("LULD", LIMIT_UP_LIMIT_DOWN, "Limit-up limit-down bands and halts."),
                Channel("NOI", IMBALANCE, "Net order imbalances, NYSE-listed."),
                _FMV,
                _LV,
            ),
            "",
            "AAPL",
            ("stocks",),
        ),
        MarketSpec(
            "options",
            (
                Channel("T", EQUITY_TRADE, "Trades.", rest="trades"),
                Channel(
                    "Q",
                    EQUITY_QUOTE,
                    "Best bids and offers.",
                    wildcard=False,
                    limit=OPTIONS_CONTRACT_LIMIT,
                    rest="quotes",
                ),
                Channel("A", EQUITY_AGG, "Second bars.", rest="second"),
                Channel("AM", EQUITY_AGG, "Minute bars.", rest="minute"),
                Channel(
                    "FMV",
                    FAIR_MARKET_VALUE,
                    "Fair market values.",
                    wildcard=False,
                    feed="business",
                    limit=OPTIONS_CONTRACT_LIMIT,
                ),
                Channel(
                    "LV",
                    LAUNCHPAD_VALUE,
                    "Values for Launchpad.",
                    wildcard=False,
                    feed="launchpad",
                    limit=OPTIONS_CONTRACT_LIMIT,
                ),
            ),
            "O:",
            "O:SPY261218P00600000",
            ("options",),
        ),
        MarketSpec(
            "forex",
            (
                Channel("C", FOREX_QUOTE, "Quotes.", rest="quotes"),
                Channel("CA", CURRENCY_AGG, "Minute bars.", rest="minute"),
                Channel("CAS", CURRENCY_AGG, "Second bars.", rest="second"),
                _FMV,
                _LV,
                _LAUNCHPAD_AM,
            ),
            "C:",
            "EUR/USD",
            ("forex",),
        ),
        MarketSpec(
            "crypto",
            (
                Channel("XT", CRYPTO_TRADE, "Trades.", rest="trades"),
                Channel("XQ", CRYPTO_QUOTE, "Quotes."),
                Channel("XA", CURRENCY_AGG, "Minute bars.", rest="minute"),
                Channel("XAS", CURRENCY_AGG, "Second bars.", rest="second"),
                Channel("XL2", LEVEL2_BOOK, "Order books; the vendor no longer sends them."),
                Channel("XS", CONSOLIDATED_QUOTE, "Consolidated quotes; older documentation only."),
                _FMV,
                _LV,
                _LAUNCHPAD_AM,
            ),
            "X:",
            "BTC-USD",
            ("crypto",),
        ),
        MarketSpec(
            "indices",
            (
                Channel("V", INDEX_VALUE, "Values."),
                Channel("A", EQUITY_AGG, "Second bars.", rest="second"),
                Channel("AM", EQUITY_AGG, "Minute bars.", rest="minute"),
            ),
            "I:",
            "I:SPX",
            ("indices",),
        ),
        MarketSpec(
            "futures",
            (
                Channel("T", FUTURES_TRADE, "Trades.", rest="trades"),
                Channel("Q", FUTURES_QUOTE, "Best bids and offers.", rest="quotes"),
                Channel("A", FUTURES_AGG, "Second bars.", rest="second"),
                Channel("AM", FUTURES_AGG, "Minute bars.", rest="minute"),
            ),
            "",
            "ESH7",
            ("futures", "futures/cme", "futures/cbot", "futures/nymex", "futures/comex"),
        ),
    )
}
"""Every market by name. A channel means its market's event type: futures ``T`` is not stocks'."""

STATUS_CHANNEL: Final = "status"
"""The ``ev`` of control messages."""

UNKNOWN_CHANNEL: Final = "unknown"
"""What a batch calls the channel of events that its market does not know."""

# --------------------------------------------------------------------------------------- feeds

FEEDS: Final = {
    "REAL_TIME": "socket",
    "DELAYED": "delayed",
    "BUSINESS": "business",
    "DELAYED_BUSINESS": "delayed-business",
    "POLY_FEED": "polyfeed",
    "POLY_FEED_PLUS": "polyfeedplus",
    "NASDAQ": "nasdaqfeed",
    "STARTER": "starterfeed",
    "LAUNCHPAD": "launchpad",
    "EDGX_BUSINESS": "edgx-business",
    "IEX_BUSINESS": "iex-business",
    "DELAYED_EDGX_BUSINESS": "delayed-edgx-business",
    "DELAYED_NASDAQ_LAST_SALE_BUSINESS": "delayed-nasdaq-last-sale-business",
    "DELAYED_NASDAQ_BASIC": "delayed-nasdaq-basic-business",
    "DELAYED_FULL_MARKET_BUSINESS": "delayed-fullmarket-business",
    "FULL_MARKET_BUSINESS": "fullmarket-business",
    "NASDAQ_LAST_SALE_BUSINESS": "nasdaq-last-sale-business",
    "NASDAQ_BASIC_BUSINESS": "nasdaq-basic-business",
}
"""Feed -> host stem. The host is ``<stem>.<domain>``."""

DELAY_S: Final = 15 * 60
FUTURES_DELAY_S: Final = 10 * 60
"""How late the feeds are whose stem begins with ``delayed``, in seconds."""

DOMAIN: Final = "massive.com"
FORMER_DOMAIN: Final = "polygon.io"
"""The vendor's domain until 2025-10; its host names still work."""

# ------------------------------------------------------------------------------------ statuses


Effect: TypeAlias = Literal["greeting", "accepted", "fatal", "answer", "gap", "news"]
"""What a control message means for the connection: it begins, the key was accepted, it is over; it
is an answer to a request; events are missing here; or nothing, it is for people to read."""


@dataclass(frozen=True, slots=True)
class StatusSpec:
    """One control message of the server.

    Attributes:
        name: What the rest of the code calls it.
        status: The ``status`` text.
        message: What the ``message`` text begins with; texts vary in their tails.
        effect: What it means for the connection, see `Effect`.
        error: The class in `fastpoly.errors` that it becomes, or an empty string.
        doc: When the server sends it.
    """

    name: str
    status: str
    message: str
    effect: Effect
    error: str
    doc: str


STATUSES: Final = (
    StatusSpec(
        "CONNECTED",
        "connected",
        "",
        "greeting",
        "",
        "On connect; as a rule the message is ``Connected Successfully``.",
    ),
    StatusSpec(
        "AUTH_SUCCESS",
        "auth_success",
        "",
        "accepted",
        "",
        "The key is good; as a rule the message is ``authenticated``.",
    ),
    StatusSpec(
        "SUBSCRIBED", "success", "subscribed to: ", "answer", "", "A parameter was accepted."
    ),
    StatusSpec(
        "UNSUBSCRIBED", "success", "unsubscribed to: ", "answer", "", "A parameter was dropped."
    ),
    StatusSpec(
        "LEGACY_AUTH_SUCCESS",
        "success",
        "authenticated",
        "accepted",
        "",
        "As the service said in 2019.",
    ),
    StatusSpec(
        "NO_PLAN",
        "auth_failed",
        "Your plan doesn't include websocket access.",
        "fatal",
        "NotAuthorizedError",
        "The key is good, the plan does not include this market or feed.",
    ),
    StatusSpec("AUTH_FAILED", "auth_failed", "", "fatal", "AuthError", "The key is bad."),
    StatusSpec(
        "AUTH_TIMEOUT",
        "auth_timeout",
        "",
        "fatal",
        "AuthError",
        "No key arrived within the server's limit.",
    ),
    StatusSpec(
        "MAX_CONNECTIONS",
        "max_connections",
        "",
        "fatal",
        "ConnectionEvicted",
        "Another connection took this one's place.",
    ),
    StatusSpec(
        "SLOW_CONSUMER",
        "slow_consumer",
        "",
        "fatal",
        "SlowReaderError",
        "The connection is not read fast enough; the server ends it.",
    ),
    StatusSpec(
        "FORCE_DISCONNECT",
        "force_disconnect",
        "",
        "fatal",
        "ForcedDisconnect",
        "The service ends the connection on purpose.",
    ),
    StatusSpec(
        "NOT_AUTHORIZED",
        "error",
        "not authorized",
        "answer",
        "NotAuthorizedError",
        "A channel or symbol is not in the plan; the message does not say which.",
    ),
    StatusSpec(
        "SUBSCRIPTION_LIMIT",
        "error",
        "Subscription limit reached",
        "answer",
        "SubscriptionLimitError",
        "The connection holds as many options contracts as it may.",
    ),
    StatusSpec(
        "INVALID_JSON",
        "error",
        "Invalid JSON",
        "answer",
        "ServerError",
        "It could not read a request.",
    ),
    StatusSpec(
        "LEGACY_AUTH_FAILED",
        "error",
        "authentication failed",
        "fatal",
        "AuthError",
        "As the service said in 2019.",
    ),
    StatusSpec(
        "GAP",
        "gap",
        "",
        "gap",
        "",
        "Of a hub, never of the service: events are missing here, and how many if it is known.",
    ),
    StatusSpec(
        "SLOW_READER",
        "slow_reader",
        "",
        "news",
        "",
        "Of a hub, never of the service: this reader falls behind.",
    ),
    StatusSpec(
        "UPSTREAM",
        "upstream",
        "",
        "news",
        "",
        "Of a hub, never of the service: what happens to its own connection.",
    ),
)
"""Control messages, more specific first: the first that matches is meant."""


def status_spec(status: str, message: str) -> StatusSpec | None:
    """Return the entry of `STATUSES` that a control message matches, or None for an unknown one."""
    for spec in STATUSES:
        if spec.status == status and message.startswith(spec.message):
            return spec
    return None
