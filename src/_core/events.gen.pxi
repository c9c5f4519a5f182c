# Generated from src/fastpoly/schema.py by src/_core/codegen/events.py. Do not edit.

cdef extern from "events.gen.hpp" namespace "fastpoly" nogil:
    cdef cppclass Text23 "fastpoly::Text<23>":
        char* data
        uint8_t size
    cdef cppclass Text39 "fastpoly::Text<39>":
        char* data
        uint8_t size
    cdef cppclass Text7 "fastpoly::Text<7>":
        char* data
        uint8_t size
    cdef cppclass EquityTradeRow:
        RowHead head
        const Symbol* symbol_
        Text23 id_
        int64_t exchange_
        double price_
        int64_t size_
        Codes conditions_
        int64_t timestamp_
        int64_t participant_timestamp_
        int64_t sequence_number_
        int64_t tape_
        int64_t trf_id_
        int64_t trf_timestamp_
        Text23 fractional_shares_
    cdef cppclass EquityQuoteRow:
        RowHead head
        const Symbol* symbol_
        int64_t condition_
        Codes indicators_
        int64_t bid_exchange_id_
        int64_t ask_exchange_id_
        double bid_price_
        double ask_price_
        int64_t bid_size_
        int64_t ask_size_
        int64_t timestamp_
        int64_t participant_timestamp_
        int64_t sequence_number_
        int64_t tape_
        int64_t trf_id_
        int64_t trf_timestamp_
    cdef cppclass EquityAggRow:
        RowHead head
        const Symbol* symbol_
        double volume_
        double accumulated_volume_
        double official_open_price_
        double vwap_
        double open_
        double close_
        double high_
        double low_
        double aggregate_vwap_
        double average_size_
        int64_t start_timestamp_
        int64_t end_timestamp_
        uint8_t otc_
        Text23 fractional_volume_
        Text23 fractional_accumulated_volume_
    cdef cppclass LimitUpLimitDownRow:
        RowHead head
        double high_price_
        double low_price_
        Codes indicators_
        int64_t tape_
        const Symbol* symbol_
        int64_t timestamp_
        int64_t sequence_number_
    cdef cppclass ImbalanceRow:
        RowHead head
        const Symbol* symbol_
        int64_t time_stamp_
        int64_t auction_time_
        Text7 auction_type_
        int64_t symbol_sequence_
        int64_t exchange_id_
        int64_t imbalance_quantity_
        int64_t paired_quantity_
        double book_clearing_price_
    cdef cppclass FairMarketValueRow:
        RowHead head
        double fmv_
        const Symbol* ticker_
        int64_t timestamp_
    cdef cppclass LaunchpadValueRow:
        RowHead head
        double value_
        const Symbol* symbol_
        int64_t timestamp_
    cdef cppclass IndexValueRow:
        RowHead head
        double value_
        const Symbol* ticker_
        int64_t timestamp_
    cdef cppclass ForexQuoteRow:
        RowHead head
        const Symbol* pair_
        int64_t exchange_id_
        double ask_price_
        double bid_price_
        int64_t timestamp_
    cdef cppclass CurrencyAggRow:
        RowHead head
        const Symbol* pair_
        double volume_
        double vwap_
        double avg_trade_size_
        double open_
        double close_
        double high_
        double low_
        int64_t start_timestamp_
        int64_t end_timestamp_
    cdef cppclass CryptoTradeRow:
        RowHead head
        const Symbol* pair_
        double price_
        int64_t timestamp_
        double size_
        Codes conditions_
        Text39 id_
        int64_t exchange_
        int64_t received_timestamp_
    cdef cppclass CryptoQuoteRow:
        RowHead head
        const Symbol* pair_
        double last_price_
        double last_size_
        double bid_price_
        double bid_size_
        double ask_price_
        double ask_size_
        int64_t timestamp_
        int64_t exchange_id_
        int64_t received_timestamp_
    cdef cppclass Level2BookRow:
        RowHead head
        const Symbol* pair_
        int64_t timestamp_
        int64_t received_timestamp_
        int64_t exchange_id_
    cdef cppclass ConsolidatedQuoteRow:
        RowHead head
        const Symbol* pair_
        double ask_size_
        double ask_price_
        int64_t ask_exchange_id_
        double bid_size_
        double bid_price_
        int64_t bid_exchange_id_
        int64_t timestamp_
    cdef cppclass FuturesTradeRow:
        RowHead head
        const Symbol* symbol_
        int64_t tape_
        double price_
        int64_t size_
        int64_t timestamp_
        int64_t sequence_number_
    cdef cppclass FuturesQuoteRow:
        RowHead head
        const Symbol* symbol_
        double bid_price_
        int64_t bid_size_
        int64_t bid_timestamp_
        double ask_price_
        int64_t ask_size_
        int64_t ask_timestamp_
        int64_t sip_timestamp_
    cdef cppclass FuturesAggRow:
        RowHead head
        const Symbol* symbol_
        double volume_
        double total_value_
        double open_
        double close_
        double high_
        double low_
        int64_t transactions_
        int64_t start_timestamp_
        int64_t end_timestamp_


@cython.final
cdef class EquityTrade(Event):
    """A trade in a stock or an options contract."""

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def id(self):
        """Trade id, unique per exchange, ticker and day. Wire key ``i``; text."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x2:
            return ascii_string(row[0].id_.data, row[0].id_.size)
        return self.absent(1)

    @property
    def exchange(self):
        """Exchange id. Wire key ``x``; whole number."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].exchange_
        return self.absent(2)

    @property
    def price(self):
        """Price per share or contract. Wire key ``p``; number."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].price_
        return self.absent(3)

    @property
    def size(self):
        """Whole shares or contracts, fractions cut off. Wire key ``s``; whole number."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].size_
        return self.absent(4)

    @property
    def conditions(self):
        """Trade conditions; absent when there are none. Wire key ``c``; list of small whole numbers."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x20:
            return codes_list(row[0].conditions_)
        return self.absent(5)

    @property
    def timestamp(self):
        """SIP time. Wire key ``t``; Unix time in ms."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].timestamp_
        return self.absent(6)

    @property
    def participant_timestamp(self):
        """Time at the exchange. Wire key ``pt``; Unix time in ms."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].participant_timestamp_
        return self.absent(7)

    @property
    def sequence_number(self):
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].sequence_number_
        return self.absent(8)

    @property
    def tape(self):
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x200:
            return row[0].tape_
        return self.absent(9)

    @property
    def trf_id(self):
        """Trade reporting facility, off-exchange only. Wire key ``trfi``; whole number."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x400:
            return row[0].trf_id_
        return self.absent(10)

    @property
    def trf_timestamp(self):
        """Time at the reporting facility. Wire key ``trft``; Unix time in ms."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x800:
            return row[0].trf_timestamp_
        return self.absent(11)

    @property
    def fractional_shares(self):
        """Exact size, with fractions. Wire key ``ds``; decimal number written as text."""
        cdef EquityTradeRow* row = <EquityTradeRow*>&self.row
        if row.head.plain & 0x1000:
            return ascii_string(row[0].fractional_shares_.data, row[0].fractional_shares_.size)
        return self.absent(12)


@cython.final
cdef class EquityQuote(Event):
    """A national best bid and offer."""

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def condition(self):
        """Quote condition; absent when regular. Wire key ``c``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].condition_
        return self.absent(1)

    @property
    def indicators(self):
        """Indicators. Wire key ``i``; list of small whole numbers."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x4:
            return codes_list(row[0].indicators_)
        return self.absent(2)

    @property
    def bid_exchange_id(self):
        """Exchange of the bid; 0 when one-sided. Wire key ``bx``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].bid_exchange_id_
        return self.absent(3)

    @property
    def ask_exchange_id(self):
        """Exchange of the ask; 0 when one-sided. Wire key ``ax``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].ask_exchange_id_
        return self.absent(4)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].bid_price_
        return self.absent(5)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].ask_price_
        return self.absent(6)

    @property
    def bid_size(self):
        """Bid size; contracts for options. Wire key ``bs``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].bid_size_
        return self.absent(7)

    @property
    def ask_size(self):
        """Ask size; contracts for options. Wire key ``as``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].ask_size_
        return self.absent(8)

    @property
    def timestamp(self):
        """SIP time. Wire key ``t``; Unix time in ms."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x200:
            return row[0].timestamp_
        return self.absent(9)

    @property
    def participant_timestamp(self):
        """Time at the exchange. Wire key ``pt``; Unix time in ms."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x400:
            return row[0].participant_timestamp_
        return self.absent(10)

    @property
    def sequence_number(self):
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x800:
            return row[0].sequence_number_
        return self.absent(11)

    @property
    def tape(self):
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x1000:
            return row[0].tape_
        return self.absent(12)

    @property
    def trf_id(self):
        """Trade reporting facility. Wire key ``trfi``; whole number."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x2000:
            return row[0].trf_id_
        return self.absent(13)

    @property
    def trf_timestamp(self):
        """Time at the reporting facility. Wire key ``trft``; Unix time in ms."""
        cdef EquityQuoteRow* row = <EquityQuoteRow*>&self.row
        if row.head.plain & 0x4000:
            return row[0].trf_timestamp_
        return self.absent(14)


@cython.final
cdef class EquityAgg(Event):
    """A second or minute bar of a stock, options contract or index. A bar may be sent again when late trades change it: the newest with the same symbol and start replaces the others."""

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def volume(self):
        """Volume of the window. Wire key ``v``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].volume_
        return self.absent(1)

    @property
    def accumulated_volume(self):
        """Volume of the day so far. Wire key ``av``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].accumulated_volume_
        return self.absent(2)

    @property
    def official_open_price(self):
        """Official open of the day. Wire key ``op``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].official_open_price_
        return self.absent(3)

    @property
    def vwap(self):
        """Volume-weighted average price of the window. Wire key ``vw``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].vwap_
        return self.absent(4)

    @property
    def open(self):
        """First price of the window. Wire key ``o``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].open_
        return self.absent(5)

    @property
    def close(self):
        """Last price of the window. Wire key ``c``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].close_
        return self.absent(6)

    @property
    def high(self):
        """Highest price of the window. Wire key ``h``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].high_
        return self.absent(7)

    @property
    def low(self):
        """Lowest price of the window. Wire key ``l``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].low_
        return self.absent(8)

    @property
    def aggregate_vwap(self):
        """Volume-weighted average price of the day. Wire key ``a``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x200:
            return row[0].aggregate_vwap_
        return self.absent(9)

    @property
    def average_size(self):
        """Average trade size of the window. Wire key ``z``; number."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x400:
            return row[0].average_size_
        return self.absent(10)

    @property
    def start_timestamp(self):
        """Start of the window. Wire key ``s``; Unix time in ms."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x800:
            return row[0].start_timestamp_
        return self.absent(11)

    @property
    def end_timestamp(self):
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x1000:
            return row[0].end_timestamp_
        return self.absent(12)

    @property
    def otc(self):
        """Present, and true, for over-the-counter tickers. Wire key ``otc``; true or absent."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x2000:
            return row[0].otc_ != 0
        return self.absent(13)

    @property
    def fractional_volume(self):
        """Exact volume of the window. Wire key ``dv``; decimal number written as text."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x4000:
            return ascii_string(row[0].fractional_volume_.data, row[0].fractional_volume_.size)
        return self.absent(14)

    @property
    def fractional_accumulated_volume(self):
        """Exact volume of the day. Wire key ``dav``; decimal number written as text."""
        cdef EquityAggRow* row = <EquityAggRow*>&self.row
        if row.head.plain & 0x8000:
            return ascii_string(row[0].fractional_accumulated_volume_.data, row[0].fractional_accumulated_volume_.size)
        return self.absent(15)


@cython.final
cdef class LimitUpLimitDown(Event):
    """A limit-up limit-down price band, trading halt or resumption."""

    @property
    def high_price(self):
        """Upper price band; 0 in halt messages. Wire key ``h``; number."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x1:
            return row[0].high_price_
        return self.absent(0)

    @property
    def low_price(self):
        """Lower price band; 0 in halt messages. Wire key ``l``; number."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].low_price_
        return self.absent(1)

    @property
    def indicators(self):
        """15 and 16 band update, 17 halt, 18 resume. Wire key ``i``; list of small whole numbers."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x4:
            return codes_list(row[0].indicators_)
        return self.absent(2)

    @property
    def tape(self):
        """1 NYSE, 2 NYSE Arca and American, 3 Nasdaq. Wire key ``z``; whole number."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].tape_
        return self.absent(3)

    @property
    def symbol(self):
        """Ticker. Wire key ``T``; ticker or pair, text."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x10:
            return symbol_string(row[0].symbol_)
        return self.absent(4)

    @property
    def timestamp(self):
        """Event time. The vendor's text says ms; the wire has ns. Wire key ``t``; Unix time in ns."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].timestamp_
        return self.absent(5)

    @property
    def sequence_number(self):
        """Rises per ticker and day; gaps are normal. Wire key ``q``; whole number."""
        cdef LimitUpLimitDownRow* row = <LimitUpLimitDownRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].sequence_number_
        return self.absent(6)


@cython.final
cdef class Imbalance(Event):
    """A net order imbalance before an auction."""

    @property
    def symbol(self):
        """Ticker. Wire key ``T``; ticker or pair, text."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def time_stamp(self):
        """Event time. The vendor's text says ms; the wire has ns. Wire key ``t``; Unix time in ns."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].time_stamp_
        return self.absent(1)

    @property
    def auction_time(self):
        """Auction time as HHMM, US Eastern. Wire key ``at``; whole number."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].auction_time_
        return self.absent(2)

    @property
    def auction_type(self):
        """O early open, M core open, H halt re-open, C close, P extreme close, R regulatory. Wire key ``a``; text."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x8:
            return ascii_string(row[0].auction_type_.data, row[0].auction_type_.size)
        return self.absent(3)

    @property
    def symbol_sequence(self):
        """Sequence number of the symbol. Wire key ``i``; whole number."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].symbol_sequence_
        return self.absent(4)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].exchange_id_
        return self.absent(5)

    @property
    def imbalance_quantity(self):
        """Shares; negative on the sell side. Wire key ``o``; whole number."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].imbalance_quantity_
        return self.absent(6)

    @property
    def paired_quantity(self):
        """Shares paired at the reference price. Wire key ``p``; whole number."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].paired_quantity_
        return self.absent(7)

    @property
    def book_clearing_price(self):
        """Price at which the book clears. Wire key ``b``; number."""
        cdef ImbalanceRow* row = <ImbalanceRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].book_clearing_price_
        return self.absent(8)


@cython.final
cdef class FairMarketValue(Event):
    """A fair market value, on business feeds."""

    @property
    def fmv(self):
        """Fair market value. Wire key ``fmv``; number."""
        cdef FairMarketValueRow* row = <FairMarketValueRow*>&self.row
        if row.head.plain & 0x1:
            return row[0].fmv_
        return self.absent(0)

    @property
    def ticker(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        cdef FairMarketValueRow* row = <FairMarketValueRow*>&self.row
        if row.head.plain & 0x2:
            return symbol_string(row[0].ticker_)
        return self.absent(1)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ns; in ms where below 1e14."""
        cdef FairMarketValueRow* row = <FairMarketValueRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].timestamp_
        return self.absent(2)


@cython.final
cdef class LaunchpadValue(Event):
    """A value, on the Launchpad feed."""

    @property
    def value(self):
        """Value. Wire key ``val``; number."""
        cdef LaunchpadValueRow* row = <LaunchpadValueRow*>&self.row
        if row.head.plain & 0x1:
            return row[0].value_
        return self.absent(0)

    @property
    def symbol(self):
        """Ticker. Wire key ``sym``; ticker or pair, text."""
        cdef LaunchpadValueRow* row = <LaunchpadValueRow*>&self.row
        if row.head.plain & 0x2:
            return symbol_string(row[0].symbol_)
        return self.absent(1)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ns; in ms where below 1e14."""
        cdef LaunchpadValueRow* row = <LaunchpadValueRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].timestamp_
        return self.absent(2)


@cython.final
cdef class IndexValue(Event):
    """The value of an index."""

    @property
    def value(self):
        """Value. Wire key ``val``; number."""
        cdef IndexValueRow* row = <IndexValueRow*>&self.row
        if row.head.plain & 0x1:
            return row[0].value_
        return self.absent(0)

    @property
    def ticker(self):
        """Ticker. Wire key ``T``; ticker or pair, text."""
        cdef IndexValueRow* row = <IndexValueRow*>&self.row
        if row.head.plain & 0x2:
            return symbol_string(row[0].ticker_)
        return self.absent(1)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        cdef IndexValueRow* row = <IndexValueRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].timestamp_
        return self.absent(2)


@cython.final
cdef class ForexQuote(Event):
    """A quote of a currency pair."""

    @property
    def pair(self):
        """Pair, as EUR/USD. Wire key ``p``; ticker or pair, text."""
        cdef ForexQuoteRow* row = <ForexQuoteRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].pair_)
        return self.absent(0)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        cdef ForexQuoteRow* row = <ForexQuoteRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].exchange_id_
        return self.absent(1)

    @property
    def ask_price(self):
        """Ask price. Wire key ``a``; number."""
        cdef ForexQuoteRow* row = <ForexQuoteRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].ask_price_
        return self.absent(2)

    @property
    def bid_price(self):
        """Bid price. Wire key ``b``; number."""
        cdef ForexQuoteRow* row = <ForexQuoteRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].bid_price_
        return self.absent(3)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        cdef ForexQuoteRow* row = <ForexQuoteRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].timestamp_
        return self.absent(4)


@cython.final
cdef class CurrencyAgg(Event):
    """A second or minute bar of a currency pair or a crypto pair."""

    @property
    def pair(self):
        """Pair, as EUR/USD or BTC-USD. Wire key ``pair``; ticker or pair, text."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].pair_)
        return self.absent(0)

    @property
    def volume(self):
        """Coins; on forex the number of quotes. Wire key ``v``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].volume_
        return self.absent(1)

    @property
    def vwap(self):
        """Volume-weighted average price; crypto only. Wire key ``vw``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].vwap_
        return self.absent(2)

    @property
    def avg_trade_size(self):
        """Average trade size; crypto only. Wire key ``z``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].avg_trade_size_
        return self.absent(3)

    @property
    def open(self):
        """First price of the window. Wire key ``o``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].open_
        return self.absent(4)

    @property
    def close(self):
        """Last price of the window. Wire key ``c``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].close_
        return self.absent(5)

    @property
    def high(self):
        """Highest price of the window. Wire key ``h``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].high_
        return self.absent(6)

    @property
    def low(self):
        """Lowest price of the window. Wire key ``l``; number."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].low_
        return self.absent(7)

    @property
    def start_timestamp(self):
        """Start of the window. Wire key ``s``; Unix time in ms."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].start_timestamp_
        return self.absent(8)

    @property
    def end_timestamp(self):
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""
        cdef CurrencyAggRow* row = <CurrencyAggRow*>&self.row
        if row.head.plain & 0x200:
            return row[0].end_timestamp_
        return self.absent(9)


@cython.final
cdef class CryptoTrade(Event):
    """A trade on a crypto exchange."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].pair_)
        return self.absent(0)

    @property
    def price(self):
        """Price. Wire key ``p``; number."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].price_
        return self.absent(1)

    @property
    def timestamp(self):
        """Time at the exchange. Wire key ``t``; Unix time in ms."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].timestamp_
        return self.absent(2)

    @property
    def size(self):
        """Coins. Wire key ``s``; number."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].size_
        return self.absent(3)

    @property
    def conditions(self):
        """1 sell side, 2 buy side; 0 or empty for none. Wire key ``c``; list of small whole numbers."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x10:
            return codes_list(row[0].conditions_)
        return self.absent(4)

    @property
    def id(self):
        """Trade id, a number or a UUID. Wire key ``i``; text."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x20:
            return ascii_string(row[0].id_.data, row[0].id_.size)
        return self.absent(5)

    @property
    def exchange(self):
        """Exchange id. Wire key ``x``; whole number."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].exchange_
        return self.absent(6)

    @property
    def received_timestamp(self):
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""
        cdef CryptoTradeRow* row = <CryptoTradeRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].received_timestamp_
        return self.absent(7)


@cython.final
cdef class CryptoQuote(Event):
    """A quote on a crypto exchange."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].pair_)
        return self.absent(0)

    @property
    def last_price(self):
        """Undocumented; zero. Wire key ``lp``; number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].last_price_
        return self.absent(1)

    @property
    def last_size(self):
        """Undocumented; zero. Wire key ``ls``; number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].last_size_
        return self.absent(2)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].bid_price_
        return self.absent(3)

    @property
    def bid_size(self):
        """Bid size, coins. Wire key ``bs``; number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].bid_size_
        return self.absent(4)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].ask_price_
        return self.absent(5)

    @property
    def ask_size(self):
        """Ask size, coins. Wire key ``as``; number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].ask_size_
        return self.absent(6)

    @property
    def timestamp(self):
        """Time at the exchange; ordered per exchange only. Wire key ``t``; Unix time in ms."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].timestamp_
        return self.absent(7)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].exchange_id_
        return self.absent(8)

    @property
    def received_timestamp(self):
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""
        cdef CryptoQuoteRow* row = <CryptoQuoteRow*>&self.row
        if row.head.plain & 0x200:
            return row[0].received_timestamp_
        return self.absent(9)


@cython.final
cdef class Level2Book(Event):
    """A snapshot of an order book, up to 100 levels a side. The vendor switched the channel off on 2024-07-01."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        cdef Level2BookRow* row = <Level2BookRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].pair_)
        return self.absent(0)

    @property
    def timestamp(self):
        """Time at the exchange. Wire key ``t``; Unix time in ms."""
        cdef Level2BookRow* row = <Level2BookRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].timestamp_
        return self.absent(1)

    @property
    def received_timestamp(self):
        """Time at which the vendor received it. Wire key ``r``; Unix time in ms."""
        cdef Level2BookRow* row = <Level2BookRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].received_timestamp_
        return self.absent(2)

    @property
    def exchange_id(self):
        """Exchange id. Wire key ``x``; whole number."""
        cdef Level2BookRow* row = <Level2BookRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].exchange_id_
        return self.absent(3)

    @property
    def bid_prices(self):
        """Bids, best first. Wire key ``b``; list of [price, size] pairs."""
        return self.absent(4)

    @property
    def ask_prices(self):
        """Asks, best first. Wire key ``a``; list of [price, size] pairs."""
        return self.absent(5)


@cython.final
cdef class ConsolidatedQuote(Event):
    """The best bid and offer over all crypto exchanges. In older documentation only."""

    @property
    def pair(self):
        """Pair, as BTC-USD. Wire key ``pair``; ticker or pair, text."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].pair_)
        return self.absent(0)

    @property
    def ask_size(self):
        """Ask size, coins. Wire key ``as``; number."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].ask_size_
        return self.absent(1)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].ask_price_
        return self.absent(2)

    @property
    def ask_exchange_id(self):
        """Exchange of the ask. Wire key ``ax``; whole number."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].ask_exchange_id_
        return self.absent(3)

    @property
    def bid_size(self):
        """Bid size, coins. Wire key ``bs``; number."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].bid_size_
        return self.absent(4)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].bid_price_
        return self.absent(5)

    @property
    def bid_exchange_id(self):
        """Exchange of the bid. Wire key ``bx``; whole number."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].bid_exchange_id_
        return self.absent(6)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        cdef ConsolidatedQuoteRow* row = <ConsolidatedQuoteRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].timestamp_
        return self.absent(7)


@cython.final
cdef class FuturesTrade(Event):
    """A trade in a futures contract."""

    @property
    def symbol(self):
        """Contract. Wire key ``sym``; ticker or pair, text."""
        cdef FuturesTradeRow* row = <FuturesTradeRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def tape(self):
        """Undocumented. Wire key ``z``; whole number."""
        cdef FuturesTradeRow* row = <FuturesTradeRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].tape_
        return self.absent(1)

    @property
    def price(self):
        """Price, in the exchange's unit. Wire key ``p``; number."""
        cdef FuturesTradeRow* row = <FuturesTradeRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].price_
        return self.absent(2)

    @property
    def size(self):
        """Contracts. Wire key ``s``; whole number."""
        cdef FuturesTradeRow* row = <FuturesTradeRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].size_
        return self.absent(3)

    @property
    def timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        cdef FuturesTradeRow* row = <FuturesTradeRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].timestamp_
        return self.absent(4)

    @property
    def sequence_number(self):
        """Rises per contract; gaps are normal. Wire key ``q``; whole number."""
        cdef FuturesTradeRow* row = <FuturesTradeRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].sequence_number_
        return self.absent(5)


@cython.final
cdef class FuturesQuote(Event):
    """A best bid and offer of a futures contract."""

    @property
    def symbol(self):
        """Contract. Wire key ``sym``; ticker or pair, text."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def bid_price(self):
        """Bid price. Wire key ``bp``; number."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].bid_price_
        return self.absent(1)

    @property
    def bid_size(self):
        """Bid size, contracts. Wire key ``bs``; whole number."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].bid_size_
        return self.absent(2)

    @property
    def bid_timestamp(self):
        """Time of the bid. Wire key ``bt``; Unix time in ms."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].bid_timestamp_
        return self.absent(3)

    @property
    def ask_price(self):
        """Ask price. Wire key ``ap``; number."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].ask_price_
        return self.absent(4)

    @property
    def ask_size(self):
        """Ask size, contracts. Wire key ``as``; whole number."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].ask_size_
        return self.absent(5)

    @property
    def ask_timestamp(self):
        """Time of the ask. Wire key ``at``; Unix time in ms."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].ask_timestamp_
        return self.absent(6)

    @property
    def sip_timestamp(self):
        """Event time. Wire key ``t``; Unix time in ms."""
        cdef FuturesQuoteRow* row = <FuturesQuoteRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].sip_timestamp_
        return self.absent(7)


@cython.final
cdef class FuturesAgg(Event):
    """A second or minute bar of a futures contract."""

    @property
    def symbol(self):
        """Contract. Wire key ``sym``; ticker or pair, text."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x1:
            return symbol_string(row[0].symbol_)
        return self.absent(0)

    @property
    def volume(self):
        """Contracts. Wire key ``v``; number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x2:
            return row[0].volume_
        return self.absent(1)

    @property
    def total_value(self):
        """Value traded. Wire key ``dv``; number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x4:
            return row[0].total_value_
        return self.absent(2)

    @property
    def open(self):
        """First price of the window. Wire key ``o``; number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x8:
            return row[0].open_
        return self.absent(3)

    @property
    def close(self):
        """Last price of the window. Wire key ``c``; number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x10:
            return row[0].close_
        return self.absent(4)

    @property
    def high(self):
        """Highest price of the window. Wire key ``h``; number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x20:
            return row[0].high_
        return self.absent(5)

    @property
    def low(self):
        """Lowest price of the window. Wire key ``l``; number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x40:
            return row[0].low_
        return self.absent(6)

    @property
    def transactions(self):
        """Number of trades. Wire key ``n``; whole number."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x80:
            return row[0].transactions_
        return self.absent(7)

    @property
    def start_timestamp(self):
        """Start of the window. Wire key ``s``; Unix time in ms."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x100:
            return row[0].start_timestamp_
        return self.absent(8)

    @property
    def end_timestamp(self):
        """End of the window, exclusive. Wire key ``e``; Unix time in ms."""
        cdef FuturesAggRow* row = <FuturesAggRow*>&self.row
        if row.head.plain & 0x200:
            return row[0].end_timestamp_
        return self.absent(9)


EVENT_CLASSES = (EquityTrade, EquityQuote, EquityAgg, LimitUpLimitDown, Imbalance, FairMarketValue, LaunchpadValue, IndexValue, ForexQuote, CurrencyAgg, CryptoTrade, CryptoQuote, Level2Book, ConsolidatedQuote, FuturesTrade, FuturesQuote, FuturesAgg)
