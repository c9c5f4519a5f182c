// Generated from src/fastpoly/schema.py by src/_core/codegen/render.py. Do not edit.
// One struct per event type and its rendering, keys in the order in which the server sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/text.hpp"

namespace fastpoly::sim {

// Room that one rendered event needs at most, but for the levels of a book.
constexpr size_t kMaxEventText = 1024;
constexpr size_t kMaxLevelText = 64;

struct EquityTrade {
  enum Has : uint32_t {
    kHasId = 1u << 0,
    kHasConditions = 1u << 1,
    kHasParticipantTimestamp = 1u << 2,
    kHasTape = 1u << 3,
    kHasTrfId = 1u << 4,
    kHasTrfTimestamp = 1u << 5,
    kHasFractionalShares = 1u << 6,
  };

  uint32_t has = 0;
  const SymbolText* symbol = nullptr;  // sym
  ShortText id;  // i
  int64_t exchange = 0;  // x
  Decimal price;  // p
  int64_t size = 0;  // s
  Codes conditions;  // c
  int64_t timestamp = 0;  // t
  int64_t participant_timestamp = 0;  // pt
  int64_t sequence_number = 0;  // q
  int64_t tape = 0;  // z
  int64_t trf_id = 0;  // trfi
  int64_t trf_timestamp = 0;  // trft
  Millionths fractional_shares;  // ds
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const EquityTrade& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  if (row.has & EquityTrade::kHasId) {
    out = put_value(put_literal(out, ",\"i\":"), row.id);
  }
  out = put_value(put_literal(out, ",\"x\":"), row.exchange);
  out = put_value(put_literal(out, ",\"p\":"), row.price);
  out = put_value(put_literal(out, ",\"s\":"), row.size);
  if (row.has & EquityTrade::kHasConditions) {
    out = put_value(put_literal(out, ",\"c\":"), row.conditions);
  }
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  if (row.has & EquityTrade::kHasParticipantTimestamp) {
    out = put_value(put_literal(out, ",\"pt\":"), row.participant_timestamp);
  }
  out = put_value(put_literal(out, ",\"q\":"), row.sequence_number);
  if (row.has & EquityTrade::kHasTape) {
    out = put_value(put_literal(out, ",\"z\":"), row.tape);
  }
  if (row.has & EquityTrade::kHasTrfId) {
    out = put_value(put_literal(out, ",\"trfi\":"), row.trf_id);
  }
  if (row.has & EquityTrade::kHasTrfTimestamp) {
    out = put_value(put_literal(out, ",\"trft\":"), row.trf_timestamp);
  }
  if (row.has & EquityTrade::kHasFractionalShares) {
    out = put_value(put_literal(out, ",\"ds\":"), row.fractional_shares);
  }
  *out++ = '}';
  return out;
}

struct EquityQuote {
  enum Has : uint32_t {
    kHasCondition = 1u << 0,
    kHasIndicators = 1u << 1,
    kHasBidExchangeId = 1u << 2,
    kHasAskExchangeId = 1u << 3,
    kHasBidPrice = 1u << 4,
    kHasAskPrice = 1u << 5,
    kHasBidSize = 1u << 6,
    kHasAskSize = 1u << 7,
    kHasParticipantTimestamp = 1u << 8,
    kHasTape = 1u << 9,
    kHasTrfId = 1u << 10,
    kHasTrfTimestamp = 1u << 11,
  };

  uint32_t has = 0;
  const SymbolText* symbol = nullptr;  // sym
  int64_t condition = 0;  // c
  Codes indicators;  // i
  int64_t bid_exchange_id = 0;  // bx
  int64_t ask_exchange_id = 0;  // ax
  Decimal bid_price;  // bp
  Decimal ask_price;  // ap
  int64_t bid_size = 0;  // bs
  int64_t ask_size = 0;  // as
  int64_t timestamp = 0;  // t
  int64_t participant_timestamp = 0;  // pt
  int64_t sequence_number = 0;  // q
  int64_t tape = 0;  // z
  int64_t trf_id = 0;  // trfi
  int64_t trf_timestamp = 0;  // trft
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const EquityQuote& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  if (row.has & EquityQuote::kHasCondition) {
    out = put_value(put_literal(out, ",\"c\":"), row.condition);
  }
  if (row.has & EquityQuote::kHasIndicators) {
    out = put_value(put_literal(out, ",\"i\":"), row.indicators);
  }
  if (row.has & EquityQuote::kHasBidExchangeId) {
    out = put_value(put_literal(out, ",\"bx\":"), row.bid_exchange_id);
  }
  if (row.has & EquityQuote::kHasAskExchangeId) {
    out = put_value(put_literal(out, ",\"ax\":"), row.ask_exchange_id);
  }
  if (row.has & EquityQuote::kHasBidPrice) {
    out = put_value(put_literal(out, ",\"bp\":"), row.bid_price);
  }
  if (row.has & EquityQuote::kHasAskPrice) {
    out = put_value(put_literal(out, ",\"ap\":"), row.ask_price);
  }
  if (row.has & EquityQuote::kHasBidSize) {
    out = put_value(put_literal(out, ",\"bs\":"), row.bid_size);
  }
  if (row.has & EquityQuote::kHasAskSize) {
    out = put_value(put_literal(out, ",\"as\":"), row.ask_size);
  }
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  if (row.has & EquityQuote::kHasParticipantTimestamp) {
    out = put_value(put_literal(out, ",\"pt\":"), row.participant_timestamp);
  }
  out = put_value(put_literal(out, ",\"q\":"), row.sequence_number);
  if (row.has & EquityQuote::kHasTape) {
    out = put_value(put_literal(out, ",\"z\":"), row.tape);
  }
  if (row.has & EquityQuote::kHasTrfId) {
    out = put_value(put_literal(out, ",\"trfi\":"), row.trf_id);
  }
  if (row.has & EquityQuote::kHasTrfTimestamp) {
    out = put_value(put_literal(out, ",\"trft\":"), row.trf_timestamp);
  }
  *out++ = '}';
  return out;
}

struct EquityAgg {
  enum Has : uint32_t {
    kHasVolume = 1u << 0,
    kHasAccumulatedVolume = 1u << 1,
    kHasOfficialOpenPrice = 1u << 2,
    kHasVwap = 1u << 3,
    kHasAggregateVwap = 1u << 4,
    kHasAverageSize = 1u << 5,
    kHasOtc = 1u << 6,
    kHasFractionalVolume = 1u << 7,
    kHasFractionalAccumulatedVolume = 1u << 8,
  };

  uint32_t has = 0;
  const SymbolText* symbol = nullptr;  // sym
  Decimal volume;  // v
  Decimal accumulated_volume;  // av
  Decimal official_open_price;  // op
  Decimal vwap;  // vw
  Decimal open;  // o
  Decimal close;  // c
  Decimal high;  // h
  Decimal low;  // l
  Decimal aggregate_vwap;  // a
  Decimal average_size;  // z
  int64_t start_timestamp = 0;  // s
  int64_t end_timestamp = 0;  // e
  bool otc = false;  // otc
  Millionths fractional_volume;  // dv
  Millionths fractional_accumulated_volume;  // dav
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const EquityAgg& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  if (row.has & EquityAgg::kHasVolume) {
    out = put_value(put_literal(out, ",\"v\":"), row.volume);
  }
  if (row.has & EquityAgg::kHasAccumulatedVolume) {
    out = put_value(put_literal(out, ",\"av\":"), row.accumulated_volume);
  }
  if (row.has & EquityAgg::kHasOfficialOpenPrice) {
    out = put_value(put_literal(out, ",\"op\":"), row.official_open_price);
  }
  if (row.has & EquityAgg::kHasVwap) {
    out = put_value(put_literal(out, ",\"vw\":"), row.vwap);
  }
  out = put_value(put_literal(out, ",\"o\":"), row.open);
  out = put_value(put_literal(out, ",\"c\":"), row.close);
  out = put_value(put_literal(out, ",\"h\":"), row.high);
  out = put_value(put_literal(out, ",\"l\":"), row.low);
  if (row.has & EquityAgg::kHasAggregateVwap) {
    out = put_value(put_literal(out, ",\"a\":"), row.aggregate_vwap);
  }
  if (row.has & EquityAgg::kHasAverageSize) {
    out = put_value(put_literal(out, ",\"z\":"), row.average_size);
  }
  out = put_value(put_literal(out, ",\"s\":"), row.start_timestamp);
  out = put_value(put_literal(out, ",\"e\":"), row.end_timestamp);
  if (row.has & EquityAgg::kHasOtc) {
    out = put_value(put_literal(out, ",\"otc\":"), row.otc);
  }
  if (row.has & EquityAgg::kHasFractionalVolume) {
    out = put_value(put_literal(out, ",\"dv\":"), row.fractional_volume);
  }
  if (row.has & EquityAgg::kHasFractionalAccumulatedVolume) {
    out = put_value(put_literal(out, ",\"dav\":"), row.fractional_accumulated_volume);
  }
  *out++ = '}';
  return out;
}

struct LimitUpLimitDown {
  Decimal high_price;  // h
  Decimal low_price;  // l
  Codes indicators;  // i
  int64_t tape = 0;  // z
  const SymbolText* symbol = nullptr;  // T
  int64_t timestamp = 0;  // t
  int64_t sequence_number = 0;  // q
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const LimitUpLimitDown& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"h\":"), row.high_price);
  out = put_value(put_literal(out, ",\"l\":"), row.low_price);
  out = put_value(put_literal(out, ",\"i\":"), row.indicators);
  out = put_value(put_literal(out, ",\"z\":"), row.tape);
  out = put_value(put_literal(out, ",\"T\":"), row.symbol);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  out = put_value(put_literal(out, ",\"q\":"), row.sequence_number);
  *out++ = '}';
  return out;
}

struct Imbalance {
  const SymbolText* symbol = nullptr;  // T
  int64_t time_stamp = 0;  // t
  int64_t auction_time = 0;  // at
  ShortText auction_type;  // a
  int64_t symbol_sequence = 0;  // i
  int64_t exchange_id = 0;  // x
  int64_t imbalance_quantity = 0;  // o
  int64_t paired_quantity = 0;  // p
  Decimal book_clearing_price;  // b
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const Imbalance& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"T\":"), row.symbol);
  out = put_value(put_literal(out, ",\"t\":"), row.time_stamp);
  out = put_value(put_literal(out, ",\"at\":"), row.auction_time);
  out = put_value(put_literal(out, ",\"a\":"), row.auction_type);
  out = put_value(put_literal(out, ",\"i\":"), row.symbol_sequence);
  out = put_value(put_literal(out, ",\"x\":"), row.exchange_id);
  out = put_value(put_literal(out, ",\"o\":"), row.imbalance_quantity);
  out = put_value(put_literal(out, ",\"p\":"), row.paired_quantity);
  out = put_value(put_literal(out, ",\"b\":"), row.book_clearing_price);
  *out++ = '}';
  return out;
}

struct FairMarketValue {
  Decimal fmv;  // fmv
  const SymbolText* ticker = nullptr;  // sym
  int64_t timestamp = 0;  // t
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const FairMarketValue& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"fmv\":"), row.fmv);
  out = put_value(put_literal(out, ",\"sym\":"), row.ticker);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  *out++ = '}';
  return out;
}

struct LaunchpadValue {
  Decimal value;  // val
  const SymbolText* symbol = nullptr;  // sym
  int64_t timestamp = 0;  // t
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const LaunchpadValue& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"val\":"), row.value);
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  *out++ = '}';
  return out;
}

struct IndexValue {
  Decimal value;  // val
  const SymbolText* ticker = nullptr;  // T
  int64_t timestamp = 0;  // t
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const IndexValue& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"val\":"), row.value);
  out = put_value(put_literal(out, ",\"T\":"), row.ticker);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  *out++ = '}';
  return out;
}

struct ForexQuote {
  const SymbolText* pair = nullptr;  // p
  int64_t exchange_id = 0;  // x
  Decimal ask_price;  // a
  Decimal bid_price;  // b
  int64_t timestamp = 0;  // t
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const ForexQuote& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"p\":"), row.pair);
  out = put_value(put_literal(out, ",\"x\":"), row.exchange_id);
  out = put_value(put_literal(out, ",\"a\":"), row.ask_price);
  out = put_value(put_literal(out, ",\"b\":"), row.bid_price);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  *out++ = '}';
  return out;
}

struct CurrencyAgg {
  enum Has : uint32_t {
    kHasVwap = 1u << 0,
    kHasAvgTradeSize = 1u << 1,
    kHasEndTimestamp = 1u << 2,
  };

  uint32_t has = 0;
  const SymbolText* pair = nullptr;  // pair
  Decimal volume;  // v
  Decimal vwap;  // vw
  Decimal avg_trade_size;  // z
  Decimal open;  // o
  Decimal close;  // c
  Decimal high;  // h
  Decimal low;  // l
  int64_t start_timestamp = 0;  // s
  int64_t end_timestamp = 0;  // e
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const CurrencyAgg& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"pair\":"), row.pair);
  out = put_value(put_literal(out, ",\"v\":"), row.volume);
  if (row.has & CurrencyAgg::kHasVwap) {
    out = put_value(put_literal(out, ",\"vw\":"), row.vwap);
  }
  if (row.has & CurrencyAgg::kHasAvgTradeSize) {
    out = put_value(put_literal(out, ",\"z\":"), row.avg_trade_size);
  }
  out = put_value(put_literal(out, ",\"o\":"), row.open);
  out = put_value(put_literal(out, ",\"c\":"), row.close);
  out = put_value(put_literal(out, ",\"h\":"), row.high);
  out = put_value(put_literal(out, ",\"l\":"), row.low);
  out = put_value(put_literal(out, ",\"s\":"), row.start_timestamp);
  if (row.has & CurrencyAgg::kHasEndTimestamp) {
    out = put_value(put_literal(out, ",\"e\":"), row.end_timestamp);
  }
  *out++ = '}';
  return out;
}

struct CryptoTrade {
  enum Has : uint32_t {
    kHasConditions = 1u << 0,
    kHasId = 1u << 1,
  };

  uint32_t has = 0;
  const SymbolText* pair = nullptr;  // pair
  Decimal price;  // p
  int64_t timestamp = 0;  // t
  Decimal size;  // s
  Codes conditions;  // c
  ShortText id;  // i
  int64_t exchange = 0;  // x
  int64_t received_timestamp = 0;  // r
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const CryptoTrade& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"pair\":"), row.pair);
  out = put_value(put_literal(out, ",\"p\":"), row.price);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  out = put_value(put_literal(out, ",\"s\":"), row.size);
  if (row.has & CryptoTrade::kHasConditions) {
    out = put_value(put_literal(out, ",\"c\":"), row.conditions);
  }
  if (row.has & CryptoTrade::kHasId) {
    out = put_value(put_literal(out, ",\"i\":"), row.id);
  }
  out = put_value(put_literal(out, ",\"x\":"), row.exchange);
  out = put_value(put_literal(out, ",\"r\":"), row.received_timestamp);
  *out++ = '}';
  return out;
}

struct CryptoQuote {
  enum Has : uint32_t {
    kHasLastPrice = 1u << 0,
    kHasLastSize = 1u << 1,
  };

  uint32_t has = 0;
  const SymbolText* pair = nullptr;  // pair
  Decimal last_price;  // lp
  Decimal last_size;  // ls
  Decimal bid_price;  // bp
  Decimal bid_size;  // bs
  Decimal ask_price;  // ap
  Decimal ask_size;  // as
  int64_t timestamp = 0;  // t
  int64_t exchange_id = 0;  // x
  int64_t received_timestamp = 0;  // r
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const CryptoQuote& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"pair\":"), row.pair);
  if (row.has & CryptoQuote::kHasLastPrice) {
    out = put_value(put_literal(out, ",\"lp\":"), row.last_price);
  }
  if (row.has & CryptoQuote::kHasLastSize) {
    out = put_value(put_literal(out, ",\"ls\":"), row.last_size);
  }
  out = put_value(put_literal(out, ",\"bp\":"), row.bid_price);
  out = put_value(put_literal(out, ",\"bs\":"), row.bid_size);
  out = put_value(put_literal(out, ",\"ap\":"), row.ask_price);
  out = put_value(put_literal(out, ",\"as\":"), row.ask_size);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  out = put_value(put_literal(out, ",\"x\":"), row.exchange_id);
  out = put_value(put_literal(out, ",\"r\":"), row.received_timestamp);
  *out++ = '}';
  return out;
}

struct Level2Book {
  const SymbolText* pair = nullptr;  // pair
  int64_t timestamp = 0;  // t
  int64_t received_timestamp = 0;  // r
  int64_t exchange_id = 0;  // x
  Levels bid_prices;  // b
  Levels ask_prices;  // a
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const Level2Book& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"pair\":"), row.pair);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  out = put_value(put_literal(out, ",\"r\":"), row.received_timestamp);
  out = put_value(put_literal(out, ",\"x\":"), row.exchange_id);
  out = put_value(put_literal(out, ",\"b\":"), row.bid_prices);
  out = put_value(put_literal(out, ",\"a\":"), row.ask_prices);
  *out++ = '}';
  return out;
}

struct ConsolidatedQuote {
  const SymbolText* pair = nullptr;  // pair
  Decimal ask_size;  // as
  Decimal ask_price;  // ap
  int64_t ask_exchange_id = 0;  // ax
  Decimal bid_size;  // bs
  Decimal bid_price;  // bp
  int64_t bid_exchange_id = 0;  // bx
  int64_t timestamp = 0;  // t
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const ConsolidatedQuote& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"pair\":"), row.pair);
  out = put_value(put_literal(out, ",\"as\":"), row.ask_size);
  out = put_value(put_literal(out, ",\"ap\":"), row.ask_price);
  out = put_value(put_literal(out, ",\"ax\":"), row.ask_exchange_id);
  out = put_value(put_literal(out, ",\"bs\":"), row.bid_size);
  out = put_value(put_literal(out, ",\"bp\":"), row.bid_price);
  out = put_value(put_literal(out, ",\"bx\":"), row.bid_exchange_id);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  *out++ = '}';
  return out;
}

struct FuturesTrade {
  enum Has : uint32_t {
    kHasTape = 1u << 0,
    kHasSequenceNumber = 1u << 1,
  };

  uint32_t has = 0;
  const SymbolText* symbol = nullptr;  // sym
  int64_t tape = 0;  // z
  Decimal price;  // p
  int64_t size = 0;  // s
  int64_t timestamp = 0;  // t
  int64_t sequence_number = 0;  // q
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const FuturesTrade& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  if (row.has & FuturesTrade::kHasTape) {
    out = put_value(put_literal(out, ",\"z\":"), row.tape);
  }
  out = put_value(put_literal(out, ",\"p\":"), row.price);
  out = put_value(put_literal(out, ",\"s\":"), row.size);
  out = put_value(put_literal(out, ",\"t\":"), row.timestamp);
  if (row.has & FuturesTrade::kHasSequenceNumber) {
    out = put_value(put_literal(out, ",\"q\":"), row.sequence_number);
  }
  *out++ = '}';
  return out;
}

struct FuturesQuote {
  enum Has : uint32_t {
    kHasBidPrice = 1u << 0,
    kHasBidSize = 1u << 1,
    kHasBidTimestamp = 1u << 2,
    kHasAskPrice = 1u << 3,
    kHasAskSize = 1u << 4,
    kHasAskTimestamp = 1u << 5,
  };

  uint32_t has = 0;
  const SymbolText* symbol = nullptr;  // sym
  Decimal bid_price;  // bp
  int64_t bid_size = 0;  // bs
  int64_t bid_timestamp = 0;  // bt
  Decimal ask_price;  // ap
  int64_t ask_size = 0;  // as
  int64_t ask_timestamp = 0;  // at
  int64_t sip_timestamp = 0;  // t
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const FuturesQuote& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  if (row.has & FuturesQuote::kHasBidPrice) {
    out = put_value(put_literal(out, ",\"bp\":"), row.bid_price);
  }
  if (row.has & FuturesQuote::kHasBidSize) {
    out = put_value(put_literal(out, ",\"bs\":"), row.bid_size);
  }
  if (row.has & FuturesQuote::kHasBidTimestamp) {
    out = put_value(put_literal(out, ",\"bt\":"), row.bid_timestamp);
  }
  if (row.has & FuturesQuote::kHasAskPrice) {
    out = put_value(put_literal(out, ",\"ap\":"), row.ask_price);
  }
  if (row.has & FuturesQuote::kHasAskSize) {
    out = put_value(put_literal(out, ",\"as\":"), row.ask_size);
  }
  if (row.has & FuturesQuote::kHasAskTimestamp) {
    out = put_value(put_literal(out, ",\"at\":"), row.ask_timestamp);
  }
  out = put_value(put_literal(out, ",\"t\":"), row.sip_timestamp);
  *out++ = '}';
  return out;
}

struct FuturesAgg {
  enum Has : uint32_t {
    kHasTotalValue = 1u << 0,
    kHasTransactions = 1u << 1,
  };

  uint32_t has = 0;
  const SymbolText* symbol = nullptr;  // sym
  Decimal volume;  // v
  Decimal total_value;  // dv
  Decimal open;  // o
  Decimal close;  // c
  Decimal high;  // h
  Decimal low;  // l
  int64_t transactions = 0;  // n
  int64_t start_timestamp = 0;  // s
  int64_t end_timestamp = 0;  // e
};

// `head` is the object up to its second key, as in `{"ev":"T"`.
inline char* render(char* out, std::string_view head, const FuturesAgg& row) {
  std::memcpy(out, head.data(), head.size());
  out += head.size();
  out = put_value(put_literal(out, ",\"sym\":"), row.symbol);
  out = put_value(put_literal(out, ",\"v\":"), row.volume);
  if (row.has & FuturesAgg::kHasTotalValue) {
    out = put_value(put_literal(out, ",\"dv\":"), row.total_value);
  }
  out = put_value(put_literal(out, ",\"o\":"), row.open);
  out = put_value(put_literal(out, ",\"c\":"), row.close);
  out = put_value(put_literal(out, ",\"h\":"), row.high);
  out = put_value(put_literal(out, ",\"l\":"), row.low);
  if (row.has & FuturesAgg::kHasTransactions) {
    out = put_value(put_literal(out, ",\"n\":"), row.transactions);
  }
  out = put_value(put_literal(out, ",\"s\":"), row.start_timestamp);
  out = put_value(put_literal(out, ",\"e\":"), row.end_timestamp);
  *out++ = '}';
  return out;
}

struct StocksChannel {
  enum : uint8_t {
    T = 0,
    Q = 1,
    A = 2,
    AM = 3,
    LULD = 4,
    NOI = 5,
    FMV = 6,
    LV = 7,
  };
  static constexpr size_t kCount = 8;
  static constexpr std::string_view kNames[] = {
      "T",
      "Q",
      "A",
      "AM",
      "LULD",
      "NOI",
      "FMV",
      "LV",
  };
  static constexpr std::string_view kHeads[] = {
      "{\"ev\":\"T\"",
      "{\"ev\":\"Q\"",
      "{\"ev\":\"A\"",
      "{\"ev\":\"AM\"",
      "{\"ev\":\"LULD\"",
      "{\"ev\":\"NOI\"",
      "{\"ev\":\"FMV\"",
      "{\"ev\":\"LV\"",
  };
};

struct OptionsChannel {
  enum : uint8_t {
    T = 0,
    Q = 1,
    A = 2,
    AM = 3,
    FMV = 4,
    LV = 5,
  };
  static constexpr size_t kCount = 6;
  static constexpr std::string_view kNames[] = {
      "T",
      "Q",
      "A",
      "AM",
      "FMV",
      "LV",
  };
  static constexpr std::string_view kHeads[] = {
      "{\"ev\":\"T\"",
      "{\"ev\":\"Q\"",
      "{\"ev\":\"A\"",
      "{\"ev\":\"AM\"",
      "{\"ev\":\"FMV\"",
      "{\"ev\":\"LV\"",
  };
};

struct ForexChannel {
  enum : uint8_t {
    C = 0,
    CA = 1,
    CAS = 2,
    FMV = 3,
    LV = 4,
    AM = 5,
  };
  static constexpr size_t kCount = 6;
  static constexpr std::string_view kNames[] = {
      "C",
      "CA",
      "CAS",
      "FMV",
      "LV",
      "AM",
  };
  static constexpr std::string_view kHeads[] = {
      "{\"ev\":\"C\"",
      "{\"ev\":\"CA\"",
      "{\"ev\":\"CAS\"",
      "{\"ev\":\"FMV\"",
      "{\"ev\":\"LV\"",
      "{\"ev\":\"AM\"",
  };
};

struct CryptoChannel {
  enum : uint8_t {
    XT = 0,
    XQ = 1,
    XA = 2,
    XAS = 3,
    XL2 = 4,
    XS = 5,
    FMV = 6,
    LV = 7,
    AM = 8,
  };
  static constexpr size_t kCount = 9;
  static constexpr std::string_view kNames[] = {
      "XT",
      "XQ",
      "XA",
      "XAS",
      "XL2",
      "XS",
      "FMV",
      "LV",
      "AM",
  };
  static constexpr std::string_view kHeads[] = {
      "{\"ev\":\"XT\"",
      "{\"ev\":\"XQ\"",
      "{\"ev\":\"XA\"",
      "{\"ev\":\"XAS\"",
      "{\"ev\":\"XL2\"",
      "{\"ev\":\"XS\"",
      "{\"ev\":\"FMV\"",
      "{\"ev\":\"LV\"",
      "{\"ev\":\"AM\"",
  };
};

struct IndicesChannel {
  enum : uint8_t {
    V = 0,
    A = 1,
    AM = 2,
  };
  static constexpr size_t kCount = 3;
  static constexpr std::string_view kNames[] = {
      "V",
      "A",
      "AM",
  };
  static constexpr std::string_view kHeads[] = {
      "{\"ev\":\"V\"",
      "{\"ev\":\"A\"",
      "{\"ev\":\"AM\"",
  };
};

struct FuturesChannel {
  enum : uint8_t {
    T = 0,
    Q = 1,
    A = 2,
    AM = 3,
  };
  static constexpr size_t kCount = 4;
  static constexpr std::string_view kNames[] = {
      "T",
      "Q",
      "A",
      "AM",
  };
  static constexpr std::string_view kHeads[] = {
      "{\"ev\":\"T\"",
      "{\"ev\":\"Q\"",
      "{\"ev\":\"A\"",
      "{\"ev\":\"AM\"",
  };
};

}  // namespace fastpoly::sim
