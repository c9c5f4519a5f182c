# Generated from src/fastpoly/schema.py by src/_core/codegen/events.py. Do not edit.
"""Every class of events, one a kind of message; `fastpoly.schema` is their table."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import Field
from typing import Any, ClassVar, Self, final

from typing_extensions import disjoint_base

from fastpoly.notices import Gap as Gap
from fastpoly.notices import MinuteComplete as MinuteComplete
from fastpoly.notices import SinkFailed as SinkFailed
from fastpoly.notices import SlowConsumer as SlowConsumer

__all__ = [
    "ConsolidatedQuote",
    "CryptoQuote",
    "CryptoTrade",
    "CurrencyAgg",
    "EquityAgg",
    "EquityQuote",
    "EquityTrade",
    "Event",
    "FairMarketValue",
    "ForexQuote",
    "FuturesAgg",
    "FuturesQuote",
    "FuturesTrade",
    "Gap",
    "Imbalance",
    "IndexValue",
    "LaunchpadValue",
    "Level2Book",
    "LimitUpLimitDown",
    "MinuteComplete",
    "SinkFailed",
    "SlowConsumer",
    "Status",
    "UnknownEvent",
]

@disjoint_base
class Event:
    """One event, read by attribute or by wire key."""

    __match_args__: ClassVar[tuple[str, ...]]
    @property
    def event_type(self) -> str | None: ...
    @property
    def malformed(self) -> tuple[str, ...]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def keys(self) -> KeysView[str]: ...
    def values(self) -> ValuesView[Any]: ...
    def items(self) -> ItemsView[str, Any]: ...
    def get(self, key: str, default: Any = None) -> Any: ...
    def __getitem__(self, key: str, /) -> Any: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __reversed__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: Any, /) -> Self: ...
    def __replace__(self, /, **changes: Any) -> Self: ...

@final
class Status(Event):
    """A control message of the server."""

    __match_args__ = ("event_type", "status", "message")
    @property
    def event_type(self) -> str: ...
    @property
    def status(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...

@final
class UnknownEvent(Event):
    """Anything else that a frame held: an ``ev`` that the market does not know, or none."""

    __match_args__ = ("event_type", "value")
    @property
    def value(self) -> Any: ...

@final
class EquityTrade(Event):
    """A trade in a stock or an options contract."""

    @property
    def symbol(self) -> str | None:
        """Ticker. Wire key ``sym``; ticker or pair, text."""

    @property
    def id(self) -> str | None:
        """Trade id, unique per exchange, ticker and day. Wire key ``i``; text."""

    @property
    def exchange(self) -> int | None:
        """Exchange id. Wire key ``x``; whole number."""

    @property
    def price(self) -> float | None:
        """Price per share or contract. Wire key ``p``; number."""

    @property
    def size(self) -> int | None:
        """Whole shares or contracts, fractions cut off. Wire key ``s``; whole number."""

    @property
    def conditions(self) -> list[int] | None:
        """Trade conditions; absent when there are none. Wire key ``c``; list of small whole numbers."""

    @property
    def timestamp(self) -> int | None:
        """SIP time. Wire key ``t``; Unix time in ms."""

    @property
    def participant_timestamp(self) -> int | None:
        """Time at the exchange, never after the SIP's. Wire key ``pt``; Unix time in ms."""

    @property
    def sequence_number(self) -> int | None:
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""

    @property
    def tape(self) -> int | None:
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""

    @property
    def trf_id(self) -> int | None:
        """Trade reporting facility, off-exchange only. Wire key ``trfi``; whole number."""

    @property
    def trf_timestamp(self) -> int | None:
        """Time at the reporting facility. Wire key ``trft``; Unix time in ms."""

    @property
    def fractional_shares(self) -> str | None:
        """Exact size, with fractions. Wire key ``ds``; decimal number written as text."""

    __match_args__ = (
        "event_type",
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
        "participant_timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        exchange: int | None = None,
        id: str | None = None,
        tape: int | None = None,
        price: float | None = None,
        size: int | None = None,
        fractional_shares: str | None = None,
        conditions: list[int] | None = None,
        timestamp: int | None = None,
        sequence_number: int | None = None,
        trf_id: int | None = None,
        trf_timestamp: int | None = None,
        participant_timestamp: int | None = None,
    ) -> EquityTrade: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> EquityTrade:
        """The event that a dict with the wire's keys is."""

@final
class EquityQuote(Event):
    """A national best bid and offer."""

    @property
    def symbol(self) -> str | None:
        """Ticker. Wire key ``sym``; ticker or pair, text."""

    @property
    def condition(self) -> int | None:
        """Quote condition; absent when regular. Wire key ``c``; whole number."""

    @property
    def indicators(self) -> list[int] | None:
        """Indicators. Wire key ``i``; list of small whole numbers."""

    @property
    def bid_exchange_id(self) -> int | None:
        """Exchange of the bid; 0 when one-sided. Wire key ``bx``; whole number."""

    @property
    def ask_exchange_id(self) -> int | None:
        """Exchange of the ask; 0 when one-sided. Wire key ``ax``; whole number."""

    @property
    def bid_price(self) -> float | None:
        """Bid price. Wire key ``bp``; number."""

    @property
    def ask_price(self) -> float | None:
        """Ask price. Wire key ``ap``; number."""

    @property
    def bid_size(self) -> int | None:
        """Bid size: shares, before 2025-11-03 round lots; contracts for options. Wire key ``bs``; whole number."""

    @property
    def ask_size(self) -> int | None:
        """Ask size: shares, before 2025-11-03 round lots; contracts for options. Wire key ``as``; whole number."""

    @property
    def timestamp(self) -> int | None:
        """SIP time. Wire key ``t``; Unix time in ms."""

    @property
    def participant_timestamp(self) -> int | None:
        """Time at the exchange, never after the SIP's. Wire key ``pt``; Unix time in ms."""

    @property
    def sequence_number(self) -> int | None:
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""

    @property
    def tape(self) -> int | None:
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""

    @property
    def trf_id(self) -> int | None:
        """Trade reporting facility. Wire key ``trfi``; whole number."""

    @property
    def trf_timestamp(self) -> int | None:
        """Time at the reporting facility. Wire key ``trft``; Unix time in ms."""

    __match_args__ = (
        "event_type",
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
        "participant_timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        bid_exchange_id: int | None = None,
        bid_price: float | None = None,
        bid_size: int | None = None,
        ask_exchange_id: int | None = None,
        ask_price: float | None = None,
        ask_size: int | None = None,
        condition: int | None = None,
        indicators: list[int] | None = None,
        timestamp: int | None = None,
        tape: int | None = None,
        sequence_number: int | None = None,
        trf_id: int | None = None,
        trf_timestamp: int | None = None,
        participant_timestamp: int | None = None,
    ) -> EquityQuote: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> EquityQuote:
        """The event that a dict with the wire's keys is."""

@final
class EquityAgg(Event):
    """A second or minute bar of a stock, options contract or index. A bar may be sent again when late trades change it: the newest with the same symbol and start replaces the others."""

    @property
    def symbol(self) -> str | None:
        """Ticker. Wire key ``sym``; ticker or pair, text."""

    @property
    def volume(self) -> float | None:
        """Volume of the window. Wire key ``v``; number."""

    @property
    def accumulated_volume(self) -> float | None:
        """Volume of the day so far. Wire key ``av``; number."""

    @property
    def official_open_price(self) -> float | None:
        """Official open of the day. Wire key ``op``; number."""

    @property
    def vwap(self) -> float | None:
        """Volume-weighted average price of the window. Wire key ``vw``; number."""

    @property
    def open(self) -> float | None:
        """First price of the window. Wire key ``o``; number."""

    @property
    def close(self) -> float | None:
        """Last price of the window. Wire key ``c``; number."""

    @property
    def high(self) -> float | None:
        """Highest price of the window. Wire key ``h``; number."""

    @property
    def low(self) -> float | None:
        """Lowest price of the window. Wire key ``l``; number."""

    @property
    def aggregate_vwap(self) -> float | None:
        """Volume-weighted average price of the day. Wire key ``a``; number."""

    @property
    def average_size(self) -> float | None:
        """Average trade size of the window. Wire key ``z``; number."""

    @property
    def start_timestamp(self) -> int | None:
        """Start of the window. Wire key ``s``; Unix time in ms."""

    @property
    def end_timestamp(self) -> int | None:
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""

    @property
    def otc(self) -> bool | None:
        """Present, and true, for over-the-counter tickers. Wire key ``otc``; true or absent."""

    @property
    def fractional_volume(self) -> str | None:
        """Exact volume of the window. Wire key ``dv``; decimal number written as text."""

    @property
    def fractional_accumulated_volume(self) -> str | None:
        """Exact volume of the day. Wire key ``dav``; decimal number written as text."""

    __match_args__ = (
        "event_type",
        "symbol",
        "volume",
        "accumulated_volume",
        "official_open_price",
        "vwap",
        "open",
        "close",
        "high",
        "low",
        "aggregate_vwap",
        "average_size",
        "start_timestamp",
        "end_timestamp",
        "otc",
        "fractional_volume",
        "fractional_accumulated_volume",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        volume: float | None = None,
        accumulated_volume: float | None = None,
        official_open_price: float | None = None,
        vwap: float | None = None,
        open: float | None = None,
        close: float | None = None,
        high: float | None = None,
        low: float | None = None,
        aggregate_vwap: float | None = None,
        average_size: float | None = None,
        start_timestamp: int | None = None,
        end_timestamp: int | None = None,
        otc: bool | None = None,
        fractional_volume: str | None = None,
        fractional_accumulated_volume: str | None = None,
    ) -> EquityAgg: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> EquityAgg:
        """The event that a dict with the wire's keys is."""

@final
class LimitUpLimitDown(Event):
    """A limit-up limit-down price band, trading halt or resumption."""

    @property
    def high_price(self) -> float | None:
        """Upper price band; 0 in halt messages. Wire key ``h``; number."""

    @property
    def low_price(self) -> float | None:
        """Lower price band; 0 in halt messages. Wire key ``l``; number."""

    @property
    def indicators(self) -> list[int] | None:
        """15 and 16 band update, 17 halt, 18 resume. Wire key ``i``; list of small whole numbers."""

    @property
    def tape(self) -> int | None:
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""

    @property
    def symbol(self) -> str | None:
        """Ticker. Wire key ``T``; ticker or pair, text."""

    @property
    def timestamp(self) -> int | None:
        """Event time. The vendor's text says ms; the wire has ns. Wire key ``t``; Unix time in ns."""

    @property
    def sequence_number(self) -> int | None:
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""

    __match_args__ = (
        "event_type",
        "symbol",
        "high_price",
        "low_price",
        "indicators",
        "tape",
        "timestamp",
        "sequence_number",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        high_price: float | None = None,
        low_price: float | None = None,
        indicators: list[int] | None = None,
        tape: int | None = None,
        timestamp: int | None = None,
        sequence_number: int | None = None,
    ) -> LimitUpLimitDown: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> LimitUpLimitDown:
        """The event that a dict with the wire's keys is."""

@final
class Imbalance(Event):
    """A net order imbalance before an auction."""

    @property
    def symbol(self) -> str | None:
        """Ticker. Wire key ``T``; ticker or pair, text."""

    @property
    def time_stamp(self) -> int | None:
        """Event time. The vendor's text says ms; the wire has ns. Wire key ``t``; Unix time in ns."""

    @property
    def auction_time(self) -> int | None:
        """Auction time as HHMM, US Eastern. Wire key ``at``; whole number."""

    @property
    def auction_type(self) -> str | None:
        """O early open, M core open, H halt re-open, C close, P extreme close, R regulatory. Wire key ``a``; text."""

    @property
    def symbol_sequence(self) -> int | None:
        """Sequence number of the symbol. Wire key ``i``; whole number."""

    @property
    def exchange_id(self) -> int | None:
        """Exchange id. Wire key ``x``; whole number."""

    @property
    def imbalance_quantity(self) -> int | None:
        """Shares; negative on the sell side. Wire key ``o``; whole number."""

    @property
    def paired_quantity(self) -> int | None:
        """Shares paired at the reference price. Wire key ``p``; whole number."""

    @property
    def book_clearing_price(self) -> float | None:
        """Price at which the book clears. Wire key ``b``; number."""

    __match_args__ = (
        "event_type",
        "symbol",
        "time_stamp",
        "auction_time",
        "auction_type",
        "symbol_sequence",
        "exchange_id",
        "imbalance_quantity",
        "paired_quantity",
        "book_clearing_price",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        time_stamp: int | None = None,
        auction_time: int | None = None,
        auction_type: str | None = None,
        symbol_sequence: int | None = None,
        exchange_id: int | None = None,
        imbalance_quantity: int | None = None,
        paired_quantity: int | None = None,
        book_clearing_price: float | None = None,
    ) -> Imbalance: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> Imbalance:
        """The event that a dict with the wire's keys is."""

@final
class FairMarketValue(Event):
    """A fair market value, on business feeds."""

    @property
    def fmv(self) -> float | None:
        """Fair market value. Wire key ``fmv``; number."""

    @property
    def ticker(self) -> str | None:
        """Ticker. Wire key ``sym``; ticker or pair, text."""

    @property
    def timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ns; in ms where below 1e14."""

    __match_args__ = (
        "event_type",
        "fmv",
        "ticker",
        "timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        fmv: float | None = None,
        ticker: str | None = None,
        timestamp: int | None = None,
    ) -> FairMarketValue: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> FairMarketValue:
        """The event that a dict with the wire's keys is."""

@final
class LaunchpadValue(Event):
    """A value, on the Launchpad feed."""

    @property
    def value(self) -> float | None:
        """Value. Wire key ``val``; number."""

    @property
    def symbol(self) -> str | None:
        """Ticker. Wire key ``sym``; ticker or pair, text."""

    @property
    def timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ns; in ms where below 1e14."""

    __match_args__ = (
        "event_type",
        "value",
        "symbol",
        "timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        value: float | None = None,
        symbol: str | None = None,
        timestamp: int | None = None,
    ) -> LaunchpadValue: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> LaunchpadValue:
        """The event that a dict with the wire's keys is."""

@final
class IndexValue(Event):
    """The value of an index."""

    @property
    def value(self) -> float | None:
        """Value. Wire key ``val``; number."""

    @property
    def ticker(self) -> str | None:
        """Ticker. Wire key ``T``; ticker or pair, text."""

    @property
    def timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "value",
        "ticker",
        "timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        value: float | None = None,
        ticker: str | None = None,
        timestamp: int | None = None,
    ) -> IndexValue: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> IndexValue:
        """The event that a dict with the wire's keys is."""

@final
class ForexQuote(Event):
    """A quote of a currency pair."""

    @property
    def pair(self) -> str | None:
        """Pair, as EUR/USD. Wire key ``p``; ticker or pair, text."""

    @property
    def exchange_id(self) -> int | None:
        """Exchange id. Wire key ``x``; whole number."""

    @property
    def ask_price(self) -> float | None:
        """Ask price. Wire key ``a``; number."""

    @property
    def bid_price(self) -> float | None:
        """Bid price. Wire key ``b``; number."""

    @property
    def timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "pair",
        "exchange_id",
        "ask_price",
        "bid_price",
        "timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        pair: str | None = None,
        exchange_id: int | None = None,
        ask_price: float | None = None,
        bid_price: float | None = None,
        timestamp: int | None = None,
    ) -> ForexQuote: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> ForexQuote:
        """The event that a dict with the wire's keys is."""

@final
class CurrencyAgg(Event):
    """A second or minute bar of a currency pair or a crypto pair."""

    @property
    def pair(self) -> str | None:
        """Pair, as EUR/USD or BTC-USD. Wire key ``pair``; ticker or pair, text."""

    @property
    def volume(self) -> float | None:
        """Coins; on forex the number of quotes. Wire key ``v``; number."""

    @property
    def vwap(self) -> float | None:
        """Volume-weighted average price; crypto only. Wire key ``vw``; number."""

    @property
    def avg_trade_size(self) -> float | None:
        """Average trade size; crypto only. Wire key ``z``; number."""

    @property
    def open(self) -> float | None:
        """First price of the window. Wire key ``o``; number."""

    @property
    def close(self) -> float | None:
        """Last price of the window. Wire key ``c``; number."""

    @property
    def high(self) -> float | None:
        """Highest price of the window. Wire key ``h``; number."""

    @property
    def low(self) -> float | None:
        """Lowest price of the window. Wire key ``l``; number."""

    @property
    def start_timestamp(self) -> int | None:
        """Start of the window. Wire key ``s``; Unix time in ms."""

    @property
    def end_timestamp(self) -> int | None:
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""

    __match_args__ = (
        "event_type",
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
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        pair: str | None = None,
        open: float | None = None,
        close: float | None = None,
        high: float | None = None,
        low: float | None = None,
        volume: float | None = None,
        vwap: float | None = None,
        start_timestamp: int | None = None,
        end_timestamp: int | None = None,
        avg_trade_size: float | None = None,
    ) -> CurrencyAgg: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> CurrencyAgg:
        """The event that a dict with the wire's keys is."""

@final
class CryptoTrade(Event):
    """A trade on a crypto exchange."""

    @property
    def pair(self) -> str | None:
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""

    @property
    def price(self) -> float | None:
        """Price. Wire key ``p``; number."""

    @property
    def timestamp(self) -> int | None:
        """Time at the exchange. Wire key ``t``; Unix time in ms."""

    @property
    def size(self) -> float | None:
        """Coins. Wire key ``s``; number."""

    @property
    def conditions(self) -> list[int] | None:
        """1 sell side, 2 buy side; 0 or empty for none. Wire key ``c``; list of small whole numbers."""

    @property
    def id(self) -> str | None:
        """Trade id, a number or a UUID. Wire key ``i``; text."""

    @property
    def exchange(self) -> int | None:
        """Exchange id. Wire key ``x``; whole number."""

    @property
    def received_timestamp(self) -> int | None:
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "pair",
        "exchange",
        "id",
        "price",
        "size",
        "conditions",
        "timestamp",
        "received_timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        pair: str | None = None,
        exchange: int | None = None,
        id: str | None = None,
        price: float | None = None,
        size: float | None = None,
        conditions: list[int] | None = None,
        timestamp: int | None = None,
        received_timestamp: int | None = None,
    ) -> CryptoTrade: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> CryptoTrade:
        """The event that a dict with the wire's keys is."""

@final
class CryptoQuote(Event):
    """A quote on a crypto exchange."""

    @property
    def pair(self) -> str | None:
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""

    @property
    def last_price(self) -> float | None:
        """Undocumented; zero. Wire key ``lp``; number."""

    @property
    def last_size(self) -> float | None:
        """Undocumented; zero. Wire key ``ls``; number."""

    @property
    def bid_price(self) -> float | None:
        """Bid price. Wire key ``bp``; number."""

    @property
    def bid_size(self) -> float | None:
        """Bid size, coins. Wire key ``bs``; number."""

    @property
    def ask_price(self) -> float | None:
        """Ask price. Wire key ``ap``; number."""

    @property
    def ask_size(self) -> float | None:
        """Ask size, coins. Wire key ``as``; number."""

    @property
    def timestamp(self) -> int | None:
        """Time at the exchange; ordered per exchange only. Wire key ``t``; Unix time in ms."""

    @property
    def exchange_id(self) -> int | None:
        """Exchange id. Wire key ``x``; whole number."""

    @property
    def received_timestamp(self) -> int | None:
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "pair",
        "bid_price",
        "bid_size",
        "ask_price",
        "ask_size",
        "timestamp",
        "exchange_id",
        "received_timestamp",
        "last_price",
        "last_size",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        pair: str | None = None,
        bid_price: float | None = None,
        bid_size: float | None = None,
        ask_price: float | None = None,
        ask_size: float | None = None,
        timestamp: int | None = None,
        exchange_id: int | None = None,
        received_timestamp: int | None = None,
        last_price: float | None = None,
        last_size: float | None = None,
    ) -> CryptoQuote: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> CryptoQuote:
        """The event that a dict with the wire's keys is."""

@final
class Level2Book(Event):
    """A snapshot of an order book, up to 100 levels a side. The vendor switched the channel off on 2024-07-01."""

    @property
    def pair(self) -> str | None:
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""

    @property
    def timestamp(self) -> int | None:
        """Time at the exchange. Wire key ``t``; Unix time in ms."""

    @property
    def received_timestamp(self) -> int | None:
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""

    @property
    def exchange_id(self) -> int | None:
        """Exchange id. Wire key ``x``; whole number."""

    @property
    def bid_prices(self) -> list[list[float]] | None:
        """Bids, best first. Wire key ``b``; list of [price, size] pairs."""

    @property
    def ask_prices(self) -> list[list[float]] | None:
        """Asks, best first. Wire key ``a``; list of [price, size] pairs."""

    __match_args__ = (
        "event_type",
        "pair",
        "bid_prices",
        "ask_prices",
        "timestamp",
        "exchange_id",
        "received_timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        pair: str | None = None,
        bid_prices: list[list[float]] | None = None,
        ask_prices: list[list[float]] | None = None,
        timestamp: int | None = None,
        exchange_id: int | None = None,
        received_timestamp: int | None = None,
    ) -> Level2Book: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> Level2Book:
        """The event that a dict with the wire's keys is."""

@final
class ConsolidatedQuote(Event):
    """The best bid and offer over all crypto exchanges. In older documentation only."""

    @property
    def pair(self) -> str | None:
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""

    @property
    def ask_size(self) -> float | None:
        """Ask size, coins. Wire key ``as``; number."""

    @property
    def ask_price(self) -> float | None:
        """Ask price. Wire key ``ap``; number."""

    @property
    def ask_exchange_id(self) -> int | None:
        """Exchange of the ask. Wire key ``ax``; whole number."""

    @property
    def bid_size(self) -> float | None:
        """Bid size, coins. Wire key ``bs``; number."""

    @property
    def bid_price(self) -> float | None:
        """Bid price. Wire key ``bp``; number."""

    @property
    def bid_exchange_id(self) -> int | None:
        """Exchange of the bid. Wire key ``bx``; whole number."""

    @property
    def timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "pair",
        "ask_size",
        "ask_price",
        "ask_exchange_id",
        "bid_size",
        "bid_price",
        "bid_exchange_id",
        "timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        pair: str | None = None,
        ask_size: float | None = None,
        ask_price: float | None = None,
        ask_exchange_id: int | None = None,
        bid_size: float | None = None,
        bid_price: float | None = None,
        bid_exchange_id: int | None = None,
        timestamp: int | None = None,
    ) -> ConsolidatedQuote: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> ConsolidatedQuote:
        """The event that a dict with the wire's keys is."""

@final
class FuturesTrade(Event):
    """A trade in a futures contract."""

    @property
    def symbol(self) -> str | None:
        """Contract. Wire key ``sym``; ticker or pair, text."""

    @property
    def tape(self) -> int | None:
        """Undocumented. Wire key ``z``; whole number."""

    @property
    def price(self) -> float | None:
        """Price, in the exchange's unit. Wire key ``p``; number."""

    @property
    def size(self) -> int | None:
        """Contracts. Wire key ``s``; whole number."""

    @property
    def timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ms."""

    @property
    def sequence_number(self) -> int | None:
        """Rises per contract; gaps are normal. Wire key ``q``; whole number."""

    __match_args__ = (
        "event_type",
        "symbol",
        "price",
        "size",
        "timestamp",
        "sequence_number",
        "tape",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        price: float | None = None,
        size: int | None = None,
        timestamp: int | None = None,
        sequence_number: int | None = None,
        tape: int | None = None,
    ) -> FuturesTrade: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> FuturesTrade:
        """The event that a dict with the wire's keys is."""

@final
class FuturesQuote(Event):
    """A best bid and offer of a futures contract."""

    @property
    def symbol(self) -> str | None:
        """Contract. Wire key ``sym``; ticker or pair, text."""

    @property
    def bid_price(self) -> float | None:
        """Bid price. Wire key ``bp``; number."""

    @property
    def bid_size(self) -> int | None:
        """Bid size, contracts. Wire key ``bs``; whole number."""

    @property
    def bid_timestamp(self) -> int | None:
        """Time of the bid. Wire key ``bt``; Unix time in ms."""

    @property
    def ask_price(self) -> float | None:
        """Ask price. Wire key ``ap``; number."""

    @property
    def ask_size(self) -> int | None:
        """Ask size, contracts. Wire key ``as``; whole number."""

    @property
    def ask_timestamp(self) -> int | None:
        """Time of the ask. Wire key ``at``; Unix time in ms."""

    @property
    def sip_timestamp(self) -> int | None:
        """Event time. Wire key ``t``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "symbol",
        "bid_price",
        "bid_size",
        "bid_timestamp",
        "ask_price",
        "ask_size",
        "ask_timestamp",
        "sip_timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        bid_price: float | None = None,
        bid_size: int | None = None,
        bid_timestamp: int | None = None,
        ask_price: float | None = None,
        ask_size: int | None = None,
        ask_timestamp: int | None = None,
        sip_timestamp: int | None = None,
    ) -> FuturesQuote: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> FuturesQuote:
        """The event that a dict with the wire's keys is."""

@final
class FuturesAgg(Event):
    """A second or minute bar of a futures contract."""

    @property
    def symbol(self) -> str | None:
        """Contract. Wire key ``sym``; ticker or pair, text."""

    @property
    def volume(self) -> float | None:
        """Contracts. Wire key ``v``; number."""

    @property
    def total_value(self) -> float | None:
        """Value traded. Wire key ``dv``; number."""

    @property
    def open(self) -> float | None:
        """First price of the window. Wire key ``o``; number."""

    @property
    def close(self) -> float | None:
        """Last price of the window. Wire key ``c``; number."""

    @property
    def high(self) -> float | None:
        """Highest price of the window. Wire key ``h``; number."""

    @property
    def low(self) -> float | None:
        """Lowest price of the window. Wire key ``l``; number."""

    @property
    def transactions(self) -> int | None:
        """Number of trades. Wire key ``n``; whole number."""

    @property
    def start_timestamp(self) -> int | None:
        """Start of the window. Wire key ``s``; Unix time in ms."""

    @property
    def end_timestamp(self) -> int | None:
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""

    __match_args__ = (
        "event_type",
        "symbol",
        "volume",
        "total_value",
        "open",
        "close",
        "high",
        "low",
        "transactions",
        "start_timestamp",
        "end_timestamp",
    )
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    def __new__(
        cls,
        event_type: str | None = None,
        symbol: str | None = None,
        volume: float | None = None,
        total_value: float | None = None,
        open: float | None = None,
        close: float | None = None,
        high: float | None = None,
        low: float | None = None,
        transactions: int | None = None,
        start_timestamp: int | None = None,
        end_timestamp: int | None = None,
    ) -> FuturesAgg: ...
    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | Event, /) -> FuturesAgg:
        """The event that a dict with the wire's keys is."""
