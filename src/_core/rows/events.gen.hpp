// Generated from src/fastpoly/schema.py by src/_core/codegen/rows.py. Do not edit.
#pragma once

#include <algorithm>

#include "rows/market.hpp"
#include "rows/row.hpp"

namespace fastpoly {

// A trade in a stock or an options contract.
struct EquityTradeRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  int64_t exchange_;  // x
  int64_t size_;  // s
  int64_t timestamp_;  // t
  int64_t participant_timestamp_;  // pt
  int64_t sequence_number_;  // q
  int64_t tape_;  // z
  int64_t trf_id_;  // trfi
  int64_t trf_timestamp_;  // trft
  Text<23> id_;  // i
  double price_;  // p
  Codes conditions_;  // c
  Text<23> fractional_shares_;  // ds
};

// A national best bid and offer.
struct EquityQuoteRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  int64_t condition_;  // c
  int64_t bid_exchange_id_;  // bx
  int64_t ask_exchange_id_;  // ax
  int64_t bid_size_;  // bs
  int64_t ask_size_;  // as
  int64_t timestamp_;  // t
  int64_t participant_timestamp_;  // pt
  int64_t sequence_number_;  // q
  int64_t tape_;  // z
  int64_t trf_id_;  // trfi
  int64_t trf_timestamp_;  // trft
  Codes indicators_;  // i
  double bid_price_;  // bp
  double ask_price_;  // ap
};

// A second or minute bar of a stock, options contract or index. A bar may be sent again when late trades change it: the newest with the same symbol and start replaces the others.
struct EquityAggRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  int64_t start_timestamp_;  // s
  int64_t end_timestamp_;  // e
  double volume_;  // v
  double accumulated_volume_;  // av
  double official_open_price_;  // op
  double vwap_;  // vw
  double open_;  // o
  double close_;  // c
  double high_;  // h
  double low_;  // l
  double aggregate_vwap_;  // a
  double average_size_;  // z
  uint8_t otc_;  // otc
  Text<23> fractional_volume_;  // dv
  Text<23> fractional_accumulated_volume_;  // dav
};

// A limit-up limit-down price band, trading halt or resumption.
struct LimitUpLimitDownRow {
  RowHead head;
  const Symbol* symbol_;  // T
  int64_t tape_;  // z
  int64_t sequence_number_;  // q
  double high_price_;  // h
  double low_price_;  // l
  Codes indicators_;  // i
  int64_t timestamp_;  // t
};

// A net order imbalance before an auction.
struct ImbalanceRow {
  RowHead head;
  const Symbol* symbol_;  // T
  int64_t auction_time_;  // at
  int64_t symbol_sequence_;  // i
  int64_t exchange_id_;  // x
  int64_t imbalance_quantity_;  // o
  int64_t paired_quantity_;  // p
  int64_t time_stamp_;  // t
  Text<7> auction_type_;  // a
  double book_clearing_price_;  // b
};

// A fair market value, on business feeds.
struct FairMarketValueRow {
  RowHead head;
  const Symbol* ticker_;  // sym
  double fmv_;  // fmv
  int64_t timestamp_;  // t
};

// A value, on the Launchpad feed.
struct LaunchpadValueRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  double value_;  // val
  int64_t timestamp_;  // t
};

// The value of an index.
struct IndexValueRow {
  RowHead head;
  const Symbol* ticker_;  // T
  int64_t timestamp_;  // t
  double value_;  // val
};

// A quote of a currency pair.
struct ForexQuoteRow {
  RowHead head;
  const Symbol* pair_;  // p
  int64_t exchange_id_;  // x
  int64_t timestamp_;  // t
  double ask_price_;  // a
  double bid_price_;  // b
};

// A second or minute bar of a currency pair or a crypto pair.
struct CurrencyAggRow {
  RowHead head;
  const Symbol* pair_;  // pair
  int64_t start_timestamp_;  // s
  int64_t end_timestamp_;  // e
  double volume_;  // v
  double vwap_;  // vw
  double avg_trade_size_;  // z
  double open_;  // o
  double close_;  // c
  double high_;  // h
  double low_;  // l
};

// A trade on a crypto exchange.
struct CryptoTradeRow {
  RowHead head;
  const Symbol* pair_;  // pair
  int64_t timestamp_;  // t
  int64_t exchange_;  // x
  int64_t received_timestamp_;  // r
  double price_;  // p
  double size_;  // s
  Codes conditions_;  // c
  Text<39> id_;  // i
};

// A quote on a crypto exchange.
struct CryptoQuoteRow {
  RowHead head;
  const Symbol* pair_;  // pair
  int64_t timestamp_;  // t
  int64_t exchange_id_;  // x
  int64_t received_timestamp_;  // r
  double last_price_;  // lp
  double last_size_;  // ls
  double bid_price_;  // bp
  double bid_size_;  // bs
  double ask_price_;  // ap
  double ask_size_;  // as
};

// A snapshot of an order book, up to 100 levels a side. The vendor switched the channel off on 2024-07-01.
struct Level2BookRow {
  RowHead head;
  const Symbol* pair_;  // pair
  int64_t timestamp_;  // t
  int64_t received_timestamp_;  // r
  int64_t exchange_id_;  // x
  Levels bid_prices_;  // b
  Levels ask_prices_;  // a
};

// The best bid and offer over all crypto exchanges. In older documentation only.
struct ConsolidatedQuoteRow {
  RowHead head;
  const Symbol* pair_;  // pair
  int64_t ask_exchange_id_;  // ax
  int64_t bid_exchange_id_;  // bx
  int64_t timestamp_;  // t
  double ask_size_;  // as
  double ask_price_;  // ap
  double bid_size_;  // bs
  double bid_price_;  // bp
};

// A trade in a futures contract.
struct FuturesTradeRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  int64_t tape_;  // z
  int64_t size_;  // s
  int64_t timestamp_;  // t
  int64_t sequence_number_;  // q
  double price_;  // p
};

// A best bid and offer of a futures contract.
struct FuturesQuoteRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  int64_t bid_size_;  // bs
  int64_t bid_timestamp_;  // bt
  int64_t ask_size_;  // as
  int64_t ask_timestamp_;  // at
  int64_t sip_timestamp_;  // t
  double bid_price_;  // bp
  double ask_price_;  // ap
};

// A second or minute bar of a futures contract.
struct FuturesAggRow {
  RowHead head;
  const Symbol* symbol_;  // sym
  int64_t transactions_;  // n
  int64_t start_timestamp_;  // s
  int64_t end_timestamp_;  // e
  double volume_;  // v
  double total_value_;  // dv
  double open_;  // o
  double close_;  // c
  double high_;  // h
  double low_;  // l
};

constexpr size_t kMaxRowSize = std::max({sizeof(RawRow), sizeof(EquityTradeRow), sizeof(EquityQuoteRow), sizeof(EquityAggRow), sizeof(LimitUpLimitDownRow), sizeof(ImbalanceRow), sizeof(FairMarketValueRow), sizeof(LaunchpadValueRow), sizeof(IndexValueRow), sizeof(ForexQuoteRow), sizeof(CurrencyAggRow), sizeof(CryptoTradeRow), sizeof(CryptoQuoteRow), sizeof(Level2BookRow), sizeof(ConsolidatedQuoteRow), sizeof(FuturesTradeRow), sizeof(FuturesQuoteRow), sizeof(FuturesAggRow)});

// Room for a row of any event.
struct EventRow {
  alignas(8) char bytes[kMaxRowSize];
};

constexpr int kEventSpecCount = 17;

}  // namespace fastpoly
