# Generated from src/fastpoly/schema.py by src/_core/codegen/events.py. Do not edit.

@cython.final
cdef class EquityTrade(Event):
    """A trade in a stock or an options contract."""

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def id(self):
        """Trade id, unique per exchange, ticker and day. Wire key ``i``; text."""
        return self.attribute(1)

    @property
    def exchange(self):
        """Exchange id. Wire key ``x``; whole number."""
        return self.attribute(2)

    @property
    def price(self):
        """Price per share or contract. Wire key ``p``; number."""
        return self.attribute(3)

    @property
    def size(self):
        """Whole shares or contracts, fractions cut off. Wire key ``s``; whole number."""
        return self.attribute(4)

    @property
    def conditions(self):
        """Trade conditions; absent when there are none. Wire key ``c``; list of small whole numbers."""
        return self.attribute(5)

    @property
    def timestamp(self):
        """SIP time. Wire key ``t``; Unix time in ms."""
        return self.attribute(6)

    @property
    def participant_timestamp(self):
        """Time at the exchange, never after the SIP's. Wire key ``pt``; Unix time in ms."""
        return self.attribute(7)

    @property
    def sequence_number(self):
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""
        return self.attribute(8)

    @property
    def tape(self):
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""
        return self.attribute(9)

    @property
    def trf_id(self):
        """Trade reporting facility, off-exchange only. Wire key ``trfi``; whole number."""
        return self.attribute(10)

    @property
    def trf_timestamp(self):
        """Time at the reporting facility. Wire key ``trft``; Unix time in ms."""
        return self.attribute(11)

    @property
    def fractional_shares(self):
        """Exact size, with fractions. Wire key ``ds``; decimal number written as text."""
        return self.attribute(12)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("exchange", int),
        ("id", str),
        ("tape", int),
        ("price", float),
        ("size", int),
        ("fractional_shares", str),
        ("conditions", list[int]),
        ("timestamp", int),
        ("sequence_number", int),
        ("trf_id", int),
        ("trf_timestamp", int),
        ("participant_timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class EquityQuote(Event):
    """A national best bid and offer."""

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def condition(self):
        """Quote condition; absent when regular. Wire key ``c``; whole number."""
        return self.attribute(1)

    @property
    def indicators(self):
        """Indicators. Wire key ``i``; list of small whole numbers."""
        return self.attribute(2)

    @property
    def bid_exchange_id(self):
        """Exchange of the bid; 0 when one-sided. Wire key ``bx``; whole number."""
        return self.attribute(3)

    @property
    def ask_exchange_id(self):
        """Exchange of the ask; 0 when one-sided. Wire key ``ax``; whole number."""
        return self.attribute(4)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        return self.attribute(5)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        return self.attribute(6)

    @property
    def bid_size(self):
        """Bid size: shares, before 2025-11-03 round lots; contracts for options. Wire key ``bs``; whole number."""
        return self.attribute(7)

    @property
    def ask_size(self):
        """Ask size: shares, before 2025-11-03 round lots; contracts for options. Wire key ``as``; whole number."""
        return self.attribute(8)

    @property
    def timestamp(self):
        """SIP time. Wire key ``t``; Unix time in ms."""
        return self.attribute(9)

    @property
    def participant_timestamp(self):
        """Time at the exchange, never after the SIP's. Wire key ``pt``; Unix time in ms."""
        return self.attribute(10)

    @property
    def sequence_number(self):
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""
        return self.attribute(11)

    @property
    def tape(self):
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""
        return self.attribute(12)

    @property
    def trf_id(self):
        """Trade reporting facility. Wire key ``trfi``; whole number."""
        return self.attribute(13)

    @property
    def trf_timestamp(self):
        """Time at the reporting facility. Wire key ``trft``; Unix time in ms."""
        return self.attribute(14)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("bid_exchange_id", int),
        ("bid_price", float),
        ("bid_size", int),
        ("ask_exchange_id", int),
        ("ask_price", float),
        ("ask_size", int),
        ("condition", int),
        ("indicators", list[int]),
        ("timestamp", int),
        ("tape", int),
        ("sequence_number", int),
        ("trf_id", int),
        ("trf_timestamp", int),
        ("participant_timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class EquityAgg(Event):
    """A second or minute bar of a stock, options contract or index. A bar may be sent again when late trades change it: the newest with the same symbol and start replaces the others."""

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def volume(self):
        """Volume of the window. Wire key ``v``; number."""
        return self.attribute(1)

    @property
    def accumulated_volume(self):
        """Volume of the day so far. Wire key ``av``; number."""
        return self.attribute(2)

    @property
    def official_open_price(self):
        """Official open of the day. Wire key ``op``; number."""
        return self.attribute(3)

    @property
    def vwap(self):
        """Volume-weighted average price of the window. Wire key ``vw``; number."""
        return self.attribute(4)

    @property
    def open(self):
        """First price of the window. Wire key ``o``; number."""
        return self.attribute(5)

    @property
    def close(self):
        """Last price of the window. Wire key ``c``; number."""
        return self.attribute(6)

    @property
    def high(self):
        """Highest price of the window. Wire key ``h``; number."""
        return self.attribute(7)

    @property
    def low(self):
        """Lowest price of the window. Wire key ``l``; number."""
        return self.attribute(8)

    @property
    def aggregate_vwap(self):
        """Volume-weighted average price of the day. Wire key ``a``; number."""
        return self.attribute(9)

    @property
    def average_size(self):
        """Average trade size of the window. Wire key ``z``; number."""
        return self.attribute(10)

    @property
    def start_timestamp(self):
        """Start of the window. Wire key ``s``; Unix time in ms."""
        return self.attribute(11)

    @property
    def end_timestamp(self):
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""
        return self.attribute(12)

    @property
    def otc(self):
        """Present, and true, for over-the-counter tickers. Wire key ``otc``; true or absent."""
        return self.attribute(13)

    @property
    def fractional_volume(self):
        """Exact volume of the window. Wire key ``dv``; decimal number written as text."""
        return self.attribute(14)

    @property
    def fractional_accumulated_volume(self):
        """Exact volume of the day. Wire key ``dav``; decimal number written as text."""
        return self.attribute(15)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("volume", float),
        ("accumulated_volume", float),
        ("official_open_price", float),
        ("vwap", float),
        ("open", float),
        ("close", float),
        ("high", float),
        ("low", float),
        ("aggregate_vwap", float),
        ("average_size", float),
        ("start_timestamp", int),
        ("end_timestamp", int),
        ("otc", bool),
        ("fractional_volume", str),
        ("fractional_accumulated_volume", str),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class LimitUpLimitDown(Event):
    """A limit-up limit-down price band, trading halt or resumption."""

    @property
    def high_price(self):
        """Upper price band; 0 in halt messages. Wire key ``h``; number."""
        return self.attribute(0)

    @property
    def low_price(self):
        """Lower price band; 0 in halt messages. Wire key ``l``; number."""
        return self.attribute(1)

    @property
    def indicators(self):
        """15 and 16 band update, 17 halt, 18 resume. Wire key ``i``; list of small whole numbers."""
        return self.attribute(2)

    @property
    def tape(self):
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""
        return self.attribute(3)

    @property
    def symbol(self):
        """Ticker. Wire key ``T``; ticker or pair, text."""
        return self.attribute(4)

    @property
    def timestamp(self):
        """Event time. The vendor's text says ms; the wire has ns. Wire key ``t``; Unix time in ns."""
        return self.attribute(5)

    @property
    def sequence_number(self):
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""
        return self.attribute(6)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("high_price", float),
        ("low_price", float),
        ("indicators", list[int]),
        ("tape", int),
        ("timestamp", int),
        ("sequence_number", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class Imbalance(Event):
    """A net order imbalance before an auction."""

    @property
    def symbol(self):
        """Ticker. Wire key ``T``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def time_stamp(self):
        """Event time. The vendor's text says ms; the wire has ns. Wire key ``t``; Unix time in ns."""
        return self.attribute(1)

    @property
    def auction_time(self):
        """Auction time as HHMM, US Eastern. Wire key ``at``; whole number."""
        return self.attribute(2)

    @property
    def auction_type(self):
        """O early open, M core open, H halt re-open, C close, P extreme close, R regulatory. Wire key ``a``; text."""
        return self.attribute(3)

    @property
    def symbol_sequence(self):
        """Sequence number of the symbol. Wire key ``i``; whole number."""
        return self.attribute(4)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        return self.attribute(5)

    @property
    def imbalance_quantity(self):
        """Shares; negative on the sell side. Wire key ``o``; whole number."""
        return self.attribute(6)

    @property
    def paired_quantity(self):
        """Shares paired at the reference price. Wire key ``p``; whole number."""
        return self.attribute(7)

    @property
    def book_clearing_price(self):
        """Price at which the book clears. Wire key ``b``; number."""
        return self.attribute(8)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("time_stamp", int),
        ("auction_time", int),
        ("auction_type", str),
        ("symbol_sequence", int),
        ("exchange_id", int),
        ("imbalance_quantity", int),
        ("paired_quantity", int),
        ("book_clearing_price", float),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class FairMarketValue(Event):
    """A fair market value, on business feeds."""

    @property
    def fmv(self):
        """Fair market value. Wire key ``fmv``; number."""
        return self.attribute(0)

    @property
    def ticker(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(1)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ns; in ms where below 1e14."""
        return self.attribute(2)

    __match_args__ = (
        "event_type",
        "fmv",
        "ticker",
        "timestamp",
    )
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("fmv", float),
        ("ticker", str),
        ("timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class LaunchpadValue(Event):
    """A value, on the Launchpad feed."""

    @property
    def value(self):
        """Value. Wire key ``val``; number."""
        return self.attribute(0)

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(1)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ns; in ms where below 1e14."""
        return self.attribute(2)

    __match_args__ = (
        "event_type",
        "value",
        "symbol",
        "timestamp",
    )
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("value", float),
        ("symbol", str),
        ("timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class IndexValue(Event):
    """The value of an index."""

    @property
    def value(self):
        """Value. Wire key ``val``; number."""
        return self.attribute(0)

    @property
    def ticker(self):
        """Ticker. Wire key ``T``; ticker or pair, text."""
        return self.attribute(1)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        return self.attribute(2)

    __match_args__ = (
        "event_type",
        "value",
        "ticker",
        "timestamp",
    )
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("value", float),
        ("ticker", str),
        ("timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class ForexQuote(Event):
    """A quote of a currency pair."""

    @property
    def pair(self):
        """Pair, as EUR/USD. Wire key ``p``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        return self.attribute(1)

    @property
    def ask_price(self):
        """Ask price. Wire key ``a``; number."""
        return self.attribute(2)

    @property
    def bid_price(self):
        """Bid price. Wire key ``b``; number."""
        return self.attribute(3)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        return self.attribute(4)

    __match_args__ = (
        "event_type",
        "pair",
        "exchange_id",
        "ask_price",
        "bid_price",
        "timestamp",
    )
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("pair", str),
        ("exchange_id", int),
        ("ask_price", float),
        ("bid_price", float),
        ("timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class CurrencyAgg(Event):
    """A second or minute bar of a currency pair or a crypto pair."""

    @property
    def pair(self):
        """Pair, as EUR/USD or BTC-USD. Wire key ``pair``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def volume(self):
        """Coins; on forex the number of quotes. Wire key ``v``; number."""
        return self.attribute(1)

    @property
    def vwap(self):
        """Volume-weighted average price; crypto only. Wire key ``vw``; number."""
        return self.attribute(2)

    @property
    def avg_trade_size(self):
        """Average trade size; crypto only. Wire key ``z``; number."""
        return self.attribute(3)

    @property
    def open(self):
        """First price of the window. Wire key ``o``; number."""
        return self.attribute(4)

    @property
    def close(self):
        """Last price of the window. Wire key ``c``; number."""
        return self.attribute(5)

    @property
    def high(self):
        """Highest price of the window. Wire key ``h``; number."""
        return self.attribute(6)

    @property
    def low(self):
        """Lowest price of the window. Wire key ``l``; number."""
        return self.attribute(7)

    @property
    def start_timestamp(self):
        """Start of the window. Wire key ``s``; Unix time in ms."""
        return self.attribute(8)

    @property
    def end_timestamp(self):
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""
        return self.attribute(9)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("pair", str),
        ("open", float),
        ("close", float),
        ("high", float),
        ("low", float),
        ("volume", float),
        ("vwap", float),
        ("start_timestamp", int),
        ("end_timestamp", int),
        ("avg_trade_size", float),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class CryptoTrade(Event):
    """A trade on a crypto exchange."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def price(self):
        """Price. Wire key ``p``; number."""
        return self.attribute(1)

    @property
    def timestamp(self):
        """Time at the exchange. Wire key ``t``; Unix time in ms."""
        return self.attribute(2)

    @property
    def size(self):
        """Coins. Wire key ``s``; number."""
        return self.attribute(3)

    @property
    def conditions(self):
        """1 sell side, 2 buy side; 0 or empty for none. Wire key ``c``; list of small whole numbers."""
        return self.attribute(4)

    @property
    def id(self):
        """Trade id, a number or a UUID. Wire key ``i``; text."""
        return self.attribute(5)

    @property
    def exchange(self):
        """Exchange id. Wire key ``x``; whole number."""
        return self.attribute(6)

    @property
    def received_timestamp(self):
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""
        return self.attribute(7)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("pair", str),
        ("exchange", int),
        ("id", str),
        ("price", float),
        ("size", float),
        ("conditions", list[int]),
        ("timestamp", int),
        ("received_timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class CryptoQuote(Event):
    """A quote on a crypto exchange."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def last_price(self):
        """Undocumented; zero. Wire key ``lp``; number."""
        return self.attribute(1)

    @property
    def last_size(self):
        """Undocumented; zero. Wire key ``ls``; number."""
        return self.attribute(2)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        return self.attribute(3)

    @property
    def bid_size(self):
        """Bid size, coins. Wire key ``bs``; number."""
        return self.attribute(4)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        return self.attribute(5)

    @property
    def ask_size(self):
        """Ask size, coins. Wire key ``as``; number."""
        return self.attribute(6)

    @property
    def timestamp(self):
        """Time at the exchange; ordered per exchange only. Wire key ``t``; Unix time in ms."""
        return self.attribute(7)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        return self.attribute(8)

    @property
    def received_timestamp(self):
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""
        return self.attribute(9)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("pair", str),
        ("bid_price", float),
        ("bid_size", float),
        ("ask_price", float),
        ("ask_size", float),
        ("timestamp", int),
        ("exchange_id", int),
        ("received_timestamp", int),
        ("last_price", float),
        ("last_size", float),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class Level2Book(Event):
    """A snapshot of an order book, up to 100 levels a side. The vendor switched the channel off on 2024-07-01."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def timestamp(self):
        """Time at the exchange. Wire key ``t``; Unix time in ms."""
        return self.attribute(1)

    @property
    def received_timestamp(self):
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""
        return self.attribute(2)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        return self.attribute(3)

    @property
    def bid_prices(self):
        """Bids, best first. Wire key ``b``; list of [price, size] pairs."""
        return self.attribute(4)

    @property
    def ask_prices(self):
        """Asks, best first. Wire key ``a``; list of [price, size] pairs."""
        return self.attribute(5)

    __match_args__ = (
        "event_type",
        "pair",
        "bid_prices",
        "ask_prices",
        "timestamp",
        "exchange_id",
        "received_timestamp",
    )
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("pair", str),
        ("bid_prices", list[list[float]]),
        ("ask_prices", list[list[float]]),
        ("timestamp", int),
        ("exchange_id", int),
        ("received_timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class ConsolidatedQuote(Event):
    """The best bid and offer over all crypto exchanges. In older documentation only."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def ask_size(self):
        """Ask size, coins. Wire key ``as``; number."""
        return self.attribute(1)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        return self.attribute(2)

    @property
    def ask_exchange_id(self):
        """Exchange of the ask. Wire key ``ax``; whole number."""
        return self.attribute(3)

    @property
    def bid_size(self):
        """Bid size, coins. Wire key ``bs``; number."""
        return self.attribute(4)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        return self.attribute(5)

    @property
    def bid_exchange_id(self):
        """Exchange of the bid. Wire key ``bx``; whole number."""
        return self.attribute(6)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        return self.attribute(7)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("pair", str),
        ("ask_size", float),
        ("ask_price", float),
        ("ask_exchange_id", int),
        ("bid_size", float),
        ("bid_price", float),
        ("bid_exchange_id", int),
        ("timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class FuturesTrade(Event):
    """A trade in a futures contract."""

    @property
    def symbol(self):
        """Contract. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def tape(self):
        """Undocumented. Wire key ``z``; whole number."""
        return self.attribute(1)

    @property
    def price(self):
        """Price, in the exchange's unit. Wire key ``p``; number."""
        return self.attribute(2)

    @property
    def size(self):
        """Contracts. Wire key ``s``; whole number."""
        return self.attribute(3)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        return self.attribute(4)

    @property
    def sequence_number(self):
        """Rises per contract; gaps are normal. Wire key ``q``; whole number."""
        return self.attribute(5)

    __match_args__ = (
        "event_type",
        "symbol",
        "price",
        "size",
        "timestamp",
        "sequence_number",
        "tape",
    )
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("price", float),
        ("size", int),
        ("timestamp", int),
        ("sequence_number", int),
        ("tape", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class FuturesQuote(Event):
    """A best bid and offer of a futures contract."""

    @property
    def symbol(self):
        """Contract. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        return self.attribute(1)

    @property
    def bid_size(self):
        """Bid size, contracts. Wire key ``bs``; whole number."""
        return self.attribute(2)

    @property
    def bid_timestamp(self):
        """Time of the bid. Wire key ``bt``; Unix time in ms."""
        return self.attribute(3)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        return self.attribute(4)

    @property
    def ask_size(self):
        """Ask size, contracts. Wire key ``as``; whole number."""
        return self.attribute(5)

    @property
    def ask_timestamp(self):
        """Time of the ask. Wire key ``at``; Unix time in ms."""
        return self.attribute(6)

    @property
    def sip_timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        return self.attribute(7)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("bid_price", float),
        ("bid_size", int),
        ("bid_timestamp", int),
        ("ask_price", float),
        ("ask_size", int),
        ("ask_timestamp", int),
        ("sip_timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


@cython.final
cdef class FuturesAgg(Event):
    """A second or minute bar of a futures contract."""

    @property
    def symbol(self):
        """Contract. Wire key ``sym``; ticker or pair, text."""
        return self.attribute(0)

    @property
    def volume(self):
        """Contracts. Wire key ``v``; number."""
        return self.attribute(1)

    @property
    def total_value(self):
        """Value traded. Wire key ``dv``; number."""
        return self.attribute(2)

    @property
    def open(self):
        """First price of the window. Wire key ``o``; number."""
        return self.attribute(3)

    @property
    def close(self):
        """Last price of the window. Wire key ``c``; number."""
        return self.attribute(4)

    @property
    def high(self):
        """Highest price of the window. Wire key ``h``; number."""
        return self.attribute(5)

    @property
    def low(self):
        """Lowest price of the window. Wire key ``l``; number."""
        return self.attribute(6)

    @property
    def transactions(self):
        """Number of trades. Wire key ``n``; whole number."""
        return self.attribute(7)

    @property
    def start_timestamp(self):
        """Start of the window. Wire key ``s``; Unix time in ms."""
        return self.attribute(8)

    @property
    def end_timestamp(self):
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""
        return self.attribute(9)

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
    __dataclass_fields__ = dataclass_fields((
        ("event_type", str),
        ("symbol", str),
        ("volume", float),
        ("total_value", float),
        ("open", float),
        ("close", float),
        ("high", float),
        ("low", float),
        ("transactions", int),
        ("start_timestamp", int),
        ("end_timestamp", int),
    ))

    @classmethod
    def from_dict(cls, values, /):
        """The event that a dict with the wire's keys is."""
        return event_from_dict(cls, values)


EVENT_CLASSES = (EquityTrade, EquityQuote, EquityAgg, LimitUpLimitDown, Imbalance, FairMarketValue, LaunchpadValue, IndexValue, ForexQuote, CurrencyAgg, CryptoTrade, CryptoQuote, Level2Book, ConsolidatedQuote, FuturesTrade, FuturesQuote, FuturesAgg)
