// Generated from src/fastpoly/schema.py by src/_core/codegen/rows.py. Do not edit.
#include <cmath>
#include <cstddef>

#include "events.gen.hpp"
#include "fields.hpp"

namespace fastpoly {

namespace {

extern const EventSpec kEquityTrade;

const char* parse_EquityTrade(const char* p, char* into, bool& complete) {
  EquityTradeRow& row = *reinterpret_cast<EquityTradeRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"i\":\"")) {
    p += 6;
    p = read_text(p, row.id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.id_ = {};
  }
  if (starts_with(p, ",\"x\":")) {
    p += 5;
    p = read_int(p, row.exchange_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.exchange_ = kMissingInt;
  }
  if (starts_with(p, ",\"p\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.price_ = NAN;
  }
  if (starts_with(p, ",\"s\":")) {
    p += 5;
    p = read_int(p, row.size_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    row.size_ = kMissingInt;
  }
  if (starts_with(p, ",\"c\":[")) {
    p += 6;
    p = read_codes(p, row.conditions_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
  } else {
    clear_codes(row.conditions_);
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"pt\":")) {
    p += 6;
    p = read_int(p, row.participant_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.participant_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"q\":")) {
    p += 5;
    p = read_int(p, row.sequence_number_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  if (starts_with(p, ",\"z\":")) {
    p += 5;
    p = read_int(p, row.tape_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x200;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(p, ",\"trfi\":")) {
    p += 8;
    p = read_int(p, row.trf_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x400;
  } else {
    row.trf_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"trft\":")) {
    p += 8;
    p = read_int(p, row.trf_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x800;
  } else {
    row.trf_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"ds\":\"")) {
    p += 7;
    p = read_text(p, row.fractional_shares_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1000;
  } else {
    row.fractional_shares_ = {};
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kEquityTrade, p, into, complete);
}

const FieldSpec kEquityTradeFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(EquityTradeRow, symbol_)},
    {0x69ull, "i", "id", Kind::kText, 1, 23, offsetof(EquityTradeRow, id_)},
    {0x78ull, "x", "exchange", Kind::kInt, 1, 23, offsetof(EquityTradeRow, exchange_)},
    {0x70ull, "p", "price", Kind::kFloat, 1, 23, offsetof(EquityTradeRow, price_)},
    {0x73ull, "s", "size", Kind::kInt, 1, 23, offsetof(EquityTradeRow, size_)},
    {0x63ull, "c", "conditions", Kind::kCodes, 1, 23, offsetof(EquityTradeRow, conditions_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(EquityTradeRow, timestamp_)},
    {0x7470ull, "pt", "participant_timestamp", Kind::kMs, 2, 23, offsetof(EquityTradeRow, participant_timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(EquityTradeRow, sequence_number_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(EquityTradeRow, tape_)},
    {0x69667274ull, "trfi", "trf_id", Kind::kInt, 4, 23, offsetof(EquityTradeRow, trf_id_)},
    {0x74667274ull, "trft", "trf_timestamp", Kind::kMs, 4, 23, offsetof(EquityTradeRow, trf_timestamp_)},
    {0x7364ull, "ds", "fractional_shares", Kind::kDecimal, 2, 23, offsetof(EquityTradeRow, fractional_shares_)},
};

const EventSpec kEquityTrade = {"EquityTrade", kEquityTradeFields, parse_EquityTrade, sizeof(EquityTradeRow), 13, 0};

extern const EventSpec kEquityQuote;

const char* parse_EquityQuote(const char* p, char* into, bool& complete) {
  EquityQuoteRow& row = *reinterpret_cast<EquityQuoteRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"c\":")) {
    p += 5;
    p = read_int(p, row.condition_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.condition_ = kMissingInt;
  }
  if (starts_with(p, ",\"i\":[")) {
    p += 6;
    p = read_codes(p, row.indicators_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    clear_codes(row.indicators_);
  }
  if (starts_with(p, ",\"bx\":")) {
    p += 6;
    p = read_int(p, row.bid_exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.bid_exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"ax\":")) {
    p += 6;
    p = read_int(p, row.ask_exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    row.ask_exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"bp\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.bid_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(p, ",\"ap\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.ask_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(p, ",\"bs\":")) {
    p += 6;
    p = read_int(p, row.bid_size_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.bid_size_ = kMissingInt;
  }
  if (starts_with(p, ",\"as\":")) {
    p += 6;
    p = read_int(p, row.ask_size_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
  } else {
    row.ask_size_ = kMissingInt;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x200;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"pt\":")) {
    p += 6;
    p = read_int(p, row.participant_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x400;
  } else {
    row.participant_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"q\":")) {
    p += 5;
    p = read_int(p, row.sequence_number_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x800;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  if (starts_with(p, ",\"z\":")) {
    p += 5;
    p = read_int(p, row.tape_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1000;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(p, ",\"trfi\":")) {
    p += 8;
    p = read_int(p, row.trf_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2000;
  } else {
    row.trf_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"trft\":")) {
    p += 8;
    p = read_int(p, row.trf_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4000;
  } else {
    row.trf_timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kEquityQuote, p, into, complete);
}

const FieldSpec kEquityQuoteFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(EquityQuoteRow, symbol_)},
    {0x63ull, "c", "condition", Kind::kInt, 1, 23, offsetof(EquityQuoteRow, condition_)},
    {0x69ull, "i", "indicators", Kind::kCodes, 1, 23, offsetof(EquityQuoteRow, indicators_)},
    {0x7862ull, "bx", "bid_exchange_id", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, bid_exchange_id_)},
    {0x7861ull, "ax", "ask_exchange_id", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, ask_exchange_id_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(EquityQuoteRow, bid_price_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(EquityQuoteRow, ask_price_)},
    {0x7362ull, "bs", "bid_size", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, bid_size_)},
    {0x7361ull, "as", "ask_size", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, ask_size_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(EquityQuoteRow, timestamp_)},
    {0x7470ull, "pt", "participant_timestamp", Kind::kMs, 2, 23, offsetof(EquityQuoteRow, participant_timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(EquityQuoteRow, sequence_number_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(EquityQuoteRow, tape_)},
    {0x69667274ull, "trfi", "trf_id", Kind::kInt, 4, 23, offsetof(EquityQuoteRow, trf_id_)},
    {0x74667274ull, "trft", "trf_timestamp", Kind::kMs, 4, 23, offsetof(EquityQuoteRow, trf_timestamp_)},
};

const EventSpec kEquityQuote = {"EquityQuote", kEquityQuoteFields, parse_EquityQuote, sizeof(EquityQuoteRow), 15, 1};

extern const EventSpec kEquityAgg;

const char* parse_EquityAgg(const char* p, char* into, bool& complete) {
  EquityAggRow& row = *reinterpret_cast<EquityAggRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"v\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.volume_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  if (starts_with(p, ",\"av\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.accumulated_volume_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.accumulated_volume_ = NAN;
  }
  if (starts_with(p, ",\"op\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.official_open_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.official_open_price_ = NAN;
  }
  if (starts_with(p, ",\"vw\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.vwap_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.vwap_ = NAN;
  }
  if (starts_with(p, ",\"o\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.open_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.open_ = NAN;
  }
  if (starts_with(p, ",\"c\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.close_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.close_ = NAN;
  }
  if (starts_with(p, ",\"h\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.high_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
    integer |= static_cast<uint32_t>(whole) << 7;
  } else {
    row.high_ = NAN;
  }
  if (starts_with(p, ",\"l\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.low_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
    integer |= static_cast<uint32_t>(whole) << 8;
  } else {
    row.low_ = NAN;
  }
  if (starts_with(p, ",\"a\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.aggregate_vwap_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x200;
    integer |= static_cast<uint32_t>(whole) << 9;
  } else {
    row.aggregate_vwap_ = NAN;
  }
  if (starts_with(p, ",\"z\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.average_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x400;
    integer |= static_cast<uint32_t>(whole) << 10;
  } else {
    row.average_size_ = NAN;
  }
  if (starts_with(p, ",\"s\":")) {
    p += 5;
    p = read_int(p, row.start_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x800;
  } else {
    row.start_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"e\":")) {
    p += 5;
    p = read_int(p, row.end_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1000;
  } else {
    row.end_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"otc\":")) {
    p += 7;
    p = read_flag(p, row.otc_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2000;
  } else {
    row.otc_ = 0;
  }
  if (starts_with(p, ",\"dv\":\"")) {
    p += 7;
    p = read_text(p, row.fractional_volume_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4000;
  } else {
    row.fractional_volume_ = {};
  }
  if (starts_with(p, ",\"dav\":\"")) {
    p += 8;
    p = read_text(p, row.fractional_accumulated_volume_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8000;
  } else {
    row.fractional_accumulated_volume_ = {};
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kEquityAgg, p, into, complete);
}

const FieldSpec kEquityAggFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(EquityAggRow, symbol_)},
    {0x76ull, "v", "volume", Kind::kFloat, 1, 23, offsetof(EquityAggRow, volume_)},
    {0x7661ull, "av", "accumulated_volume", Kind::kFloat, 2, 23, offsetof(EquityAggRow, accumulated_volume_)},
    {0x706full, "op", "official_open_price", Kind::kFloat, 2, 23, offsetof(EquityAggRow, official_open_price_)},
    {0x7776ull, "vw", "vwap", Kind::kFloat, 2, 23, offsetof(EquityAggRow, vwap_)},
    {0x6full, "o", "open", Kind::kFloat, 1, 23, offsetof(EquityAggRow, open_)},
    {0x63ull, "c", "close", Kind::kFloat, 1, 23, offsetof(EquityAggRow, close_)},
    {0x68ull, "h", "high", Kind::kFloat, 1, 23, offsetof(EquityAggRow, high_)},
    {0x6cull, "l", "low", Kind::kFloat, 1, 23, offsetof(EquityAggRow, low_)},
    {0x61ull, "a", "aggregate_vwap", Kind::kFloat, 1, 23, offsetof(EquityAggRow, aggregate_vwap_)},
    {0x7aull, "z", "average_size", Kind::kFloat, 1, 23, offsetof(EquityAggRow, average_size_)},
    {0x73ull, "s", "start_timestamp", Kind::kMs, 1, 23, offsetof(EquityAggRow, start_timestamp_)},
    {0x65ull, "e", "end_timestamp", Kind::kMs, 1, 23, offsetof(EquityAggRow, end_timestamp_)},
    {0x63746full, "otc", "otc", Kind::kFlag, 3, 23, offsetof(EquityAggRow, otc_)},
    {0x7664ull, "dv", "fractional_volume", Kind::kDecimal, 2, 23, offsetof(EquityAggRow, fractional_volume_)},
    {0x766164ull, "dav", "fractional_accumulated_volume", Kind::kDecimal, 3, 23, offsetof(EquityAggRow, fractional_accumulated_volume_)},
};

const EventSpec kEquityAgg = {"EquityAgg", kEquityAggFields, parse_EquityAgg, sizeof(EquityAggRow), 16, 2};

extern const EventSpec kLimitUpLimitDown;

const char* parse_LimitUpLimitDown(const char* p, char* into, bool& complete) {
  LimitUpLimitDownRow& row = *reinterpret_cast<LimitUpLimitDownRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"h\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.high_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.high_price_ = NAN;
  }
  if (starts_with(p, ",\"l\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.low_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.low_price_ = NAN;
  }
  if (starts_with(p, ",\"i\":[")) {
    p += 6;
    p = read_codes(p, row.indicators_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    clear_codes(row.indicators_);
  }
  if (starts_with(p, ",\"z\":")) {
    p += 5;
    p = read_int(p, row.tape_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(p, ",\"T\":\"")) {
    p += 6;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"q\":")) {
    p += 5;
    p = read_int(p, row.sequence_number_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kLimitUpLimitDown, p, into, complete);
}

const FieldSpec kLimitUpLimitDownFields[] = {
    {0x68ull, "h", "high_price", Kind::kFloat, 1, 23, offsetof(LimitUpLimitDownRow, high_price_)},
    {0x6cull, "l", "low_price", Kind::kFloat, 1, 23, offsetof(LimitUpLimitDownRow, low_price_)},
    {0x69ull, "i", "indicators", Kind::kCodes, 1, 23, offsetof(LimitUpLimitDownRow, indicators_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(LimitUpLimitDownRow, tape_)},
    {0x54ull, "T", "symbol", Kind::kSymbol, 1, 16, offsetof(LimitUpLimitDownRow, symbol_)},
    {0x74ull, "t", "timestamp", Kind::kNs, 1, 23, offsetof(LimitUpLimitDownRow, timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(LimitUpLimitDownRow, sequence_number_)},
};

const EventSpec kLimitUpLimitDown = {"LimitUpLimitDown", kLimitUpLimitDownFields, parse_LimitUpLimitDown, sizeof(LimitUpLimitDownRow), 7, 3};

extern const EventSpec kImbalance;

const char* parse_Imbalance(const char* p, char* into, bool& complete) {
  ImbalanceRow& row = *reinterpret_cast<ImbalanceRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"T\":\"")) {
    p += 6;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.time_stamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.time_stamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"at\":")) {
    p += 6;
    p = read_int(p, row.auction_time_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.auction_time_ = kMissingInt;
  }
  if (starts_with(p, ",\"a\":\"")) {
    p += 6;
    p = read_text(p, row.auction_type_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.auction_type_ = {};
  }
  if (starts_with(p, ",\"i\":")) {
    p += 5;
    p = read_int(p, row.symbol_sequence_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    row.symbol_sequence_ = kMissingInt;
  }
  if (starts_with(p, ",\"x\":")) {
    p += 5;
    p = read_int(p, row.exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"o\":")) {
    p += 5;
    p = read_int(p, row.imbalance_quantity_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
  } else {
    row.imbalance_quantity_ = kMissingInt;
  }
  if (starts_with(p, ",\"p\":")) {
    p += 5;
    p = read_int(p, row.paired_quantity_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.paired_quantity_ = kMissingInt;
  }
  if (starts_with(p, ",\"b\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.book_clearing_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
    integer |= static_cast<uint32_t>(whole) << 8;
  } else {
    row.book_clearing_price_ = NAN;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kImbalance, p, into, complete);
}

const FieldSpec kImbalanceFields[] = {
    {0x54ull, "T", "symbol", Kind::kSymbol, 1, 16, offsetof(ImbalanceRow, symbol_)},
    {0x74ull, "t", "time_stamp", Kind::kNs, 1, 23, offsetof(ImbalanceRow, time_stamp_)},
    {0x7461ull, "at", "auction_time", Kind::kInt, 2, 23, offsetof(ImbalanceRow, auction_time_)},
    {0x61ull, "a", "auction_type", Kind::kText, 1, 7, offsetof(ImbalanceRow, auction_type_)},
    {0x69ull, "i", "symbol_sequence", Kind::kInt, 1, 23, offsetof(ImbalanceRow, symbol_sequence_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(ImbalanceRow, exchange_id_)},
    {0x6full, "o", "imbalance_quantity", Kind::kInt, 1, 23, offsetof(ImbalanceRow, imbalance_quantity_)},
    {0x70ull, "p", "paired_quantity", Kind::kInt, 1, 23, offsetof(ImbalanceRow, paired_quantity_)},
    {0x62ull, "b", "book_clearing_price", Kind::kFloat, 1, 23, offsetof(ImbalanceRow, book_clearing_price_)},
};

const EventSpec kImbalance = {"Imbalance", kImbalanceFields, parse_Imbalance, sizeof(ImbalanceRow), 9, 4};

extern const EventSpec kFairMarketValue;

const char* parse_FairMarketValue(const char* p, char* into, bool& complete) {
  FairMarketValueRow& row = *reinterpret_cast<FairMarketValueRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"fmv\":")) {
    p += 7;
    bool whole;
    p = read_float(p, row.fmv_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.fmv_ = NAN;
  }
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.ticker_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.ticker_ = nullptr;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kFairMarketValue, p, into, complete);
}

const FieldSpec kFairMarketValueFields[] = {
    {0x766d66ull, "fmv", "fmv", Kind::kFloat, 3, 23, offsetof(FairMarketValueRow, fmv_)},
    {0x6d7973ull, "sym", "ticker", Kind::kSymbol, 3, 16, offsetof(FairMarketValueRow, ticker_)},
    {0x74ull, "t", "timestamp", Kind::kEpoch, 1, 23, offsetof(FairMarketValueRow, timestamp_)},
};

const EventSpec kFairMarketValue = {"FairMarketValue", kFairMarketValueFields, parse_FairMarketValue, sizeof(FairMarketValueRow), 3, 5};

extern const EventSpec kLaunchpadValue;

const char* parse_LaunchpadValue(const char* p, char* into, bool& complete) {
  LaunchpadValueRow& row = *reinterpret_cast<LaunchpadValueRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"val\":")) {
    p += 7;
    bool whole;
    p = read_float(p, row.value_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.value_ = NAN;
  }
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kLaunchpadValue, p, into, complete);
}

const FieldSpec kLaunchpadValueFields[] = {
    {0x6c6176ull, "val", "value", Kind::kFloat, 3, 23, offsetof(LaunchpadValueRow, value_)},
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(LaunchpadValueRow, symbol_)},
    {0x74ull, "t", "timestamp", Kind::kEpoch, 1, 23, offsetof(LaunchpadValueRow, timestamp_)},
};

const EventSpec kLaunchpadValue = {"LaunchpadValue", kLaunchpadValueFields, parse_LaunchpadValue, sizeof(LaunchpadValueRow), 3, 6};

extern const EventSpec kIndexValue;

const char* parse_IndexValue(const char* p, char* into, bool& complete) {
  IndexValueRow& row = *reinterpret_cast<IndexValueRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"val\":")) {
    p += 7;
    bool whole;
    p = read_float(p, row.value_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.value_ = NAN;
  }
  if (starts_with(p, ",\"T\":\"")) {
    p += 6;
    p = read_symbol(p, row.ticker_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.ticker_ = nullptr;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kIndexValue, p, into, complete);
}

const FieldSpec kIndexValueFields[] = {
    {0x6c6176ull, "val", "value", Kind::kFloat, 3, 23, offsetof(IndexValueRow, value_)},
    {0x54ull, "T", "ticker", Kind::kSymbol, 1, 16, offsetof(IndexValueRow, ticker_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(IndexValueRow, timestamp_)},
};

const EventSpec kIndexValue = {"IndexValue", kIndexValueFields, parse_IndexValue, sizeof(IndexValueRow), 3, 7};

extern const EventSpec kForexQuote;

const char* parse_ForexQuote(const char* p, char* into, bool& complete) {
  ForexQuoteRow& row = *reinterpret_cast<ForexQuoteRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"p\":\"")) {
    p += 6;
    p = read_symbol(p, row.pair_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(p, ",\"x\":")) {
    p += 5;
    p = read_int(p, row.exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"a\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.ask_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(p, ",\"b\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.bid_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kForexQuote, p, into, complete);
}

const FieldSpec kForexQuoteFields[] = {
    {0x70ull, "p", "pair", Kind::kSymbol, 1, 16, offsetof(ForexQuoteRow, pair_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(ForexQuoteRow, exchange_id_)},
    {0x61ull, "a", "ask_price", Kind::kFloat, 1, 23, offsetof(ForexQuoteRow, ask_price_)},
    {0x62ull, "b", "bid_price", Kind::kFloat, 1, 23, offsetof(ForexQuoteRow, bid_price_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(ForexQuoteRow, timestamp_)},
};

const EventSpec kForexQuote = {"ForexQuote", kForexQuoteFields, parse_ForexQuote, sizeof(ForexQuoteRow), 5, 8};

extern const EventSpec kCurrencyAgg;

const char* parse_CurrencyAgg(const char* p, char* into, bool& complete) {
  CurrencyAggRow& row = *reinterpret_cast<CurrencyAggRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"pair\":\"")) {
    p += 9;
    p = read_symbol(p, row.pair_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(p, ",\"v\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.volume_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  if (starts_with(p, ",\"vw\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.vwap_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.vwap_ = NAN;
  }
  if (starts_with(p, ",\"z\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.avg_trade_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.avg_trade_size_ = NAN;
  }
  if (starts_with(p, ",\"o\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.open_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.open_ = NAN;
  }
  if (starts_with(p, ",\"c\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.close_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.close_ = NAN;
  }
  if (starts_with(p, ",\"h\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.high_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.high_ = NAN;
  }
  if (starts_with(p, ",\"l\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.low_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
    integer |= static_cast<uint32_t>(whole) << 7;
  } else {
    row.low_ = NAN;
  }
  if (starts_with(p, ",\"s\":")) {
    p += 5;
    p = read_int(p, row.start_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
  } else {
    row.start_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"e\":")) {
    p += 5;
    p = read_int(p, row.end_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x200;
  } else {
    row.end_timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kCurrencyAgg, p, into, complete);
}

const FieldSpec kCurrencyAggFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(CurrencyAggRow, pair_)},
    {0x76ull, "v", "volume", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, volume_)},
    {0x7776ull, "vw", "vwap", Kind::kFloat, 2, 23, offsetof(CurrencyAggRow, vwap_)},
    {0x7aull, "z", "avg_trade_size", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, avg_trade_size_)},
    {0x6full, "o", "open", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, open_)},
    {0x63ull, "c", "close", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, close_)},
    {0x68ull, "h", "high", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, high_)},
    {0x6cull, "l", "low", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, low_)},
    {0x73ull, "s", "start_timestamp", Kind::kMs, 1, 23, offsetof(CurrencyAggRow, start_timestamp_)},
    {0x65ull, "e", "end_timestamp", Kind::kMs, 1, 23, offsetof(CurrencyAggRow, end_timestamp_)},
};

const EventSpec kCurrencyAgg = {"CurrencyAgg", kCurrencyAggFields, parse_CurrencyAgg, sizeof(CurrencyAggRow), 10, 9};

extern const EventSpec kCryptoTrade;

const char* parse_CryptoTrade(const char* p, char* into, bool& complete) {
  CryptoTradeRow& row = *reinterpret_cast<CryptoTradeRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"pair\":\"")) {
    p += 9;
    p = read_symbol(p, row.pair_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(p, ",\"p\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.price_ = NAN;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"s\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.size_ = NAN;
  }
  if (starts_with(p, ",\"c\":[")) {
    p += 6;
    p = read_codes(p, row.conditions_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    clear_codes(row.conditions_);
  }
  if (starts_with(p, ",\"i\":\"")) {
    p += 6;
    p = read_text(p, row.id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
  } else {
    row.id_ = {};
  }
  if (starts_with(p, ",\"x\":")) {
    p += 5;
    p = read_int(p, row.exchange_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
  } else {
    row.exchange_ = kMissingInt;
  }
  if (starts_with(p, ",\"r\":")) {
    p += 5;
    p = read_int(p, row.received_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.received_timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kCryptoTrade, p, into, complete);
}

const FieldSpec kCryptoTradeFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(CryptoTradeRow, pair_)},
    {0x70ull, "p", "price", Kind::kFloat, 1, 23, offsetof(CryptoTradeRow, price_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(CryptoTradeRow, timestamp_)},
    {0x73ull, "s", "size", Kind::kFloat, 1, 23, offsetof(CryptoTradeRow, size_)},
    {0x63ull, "c", "conditions", Kind::kCodes, 1, 23, offsetof(CryptoTradeRow, conditions_)},
    {0x69ull, "i", "id", Kind::kText, 1, 39, offsetof(CryptoTradeRow, id_)},
    {0x78ull, "x", "exchange", Kind::kInt, 1, 23, offsetof(CryptoTradeRow, exchange_)},
    {0x72ull, "r", "received_timestamp", Kind::kMs, 1, 23, offsetof(CryptoTradeRow, received_timestamp_)},
};

const EventSpec kCryptoTrade = {"CryptoTrade", kCryptoTradeFields, parse_CryptoTrade, sizeof(CryptoTradeRow), 8, 10};

extern const EventSpec kCryptoQuote;

const char* parse_CryptoQuote(const char* p, char* into, bool& complete) {
  CryptoQuoteRow& row = *reinterpret_cast<CryptoQuoteRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"pair\":\"")) {
    p += 9;
    p = read_symbol(p, row.pair_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(p, ",\"lp\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.last_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.last_price_ = NAN;
  }
  if (starts_with(p, ",\"ls\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.last_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.last_size_ = NAN;
  }
  if (starts_with(p, ",\"bp\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.bid_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(p, ",\"bs\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.bid_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.bid_size_ = NAN;
  }
  if (starts_with(p, ",\"ap\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.ask_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(p, ",\"as\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.ask_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.ask_size_ = NAN;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"x\":")) {
    p += 5;
    p = read_int(p, row.exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"r\":")) {
    p += 5;
    p = read_int(p, row.received_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x200;
  } else {
    row.received_timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kCryptoQuote, p, into, complete);
}

const FieldSpec kCryptoQuoteFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(CryptoQuoteRow, pair_)},
    {0x706cull, "lp", "last_price", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, last_price_)},
    {0x736cull, "ls", "last_size", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, last_size_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, bid_price_)},
    {0x7362ull, "bs", "bid_size", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, bid_size_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, ask_price_)},
    {0x7361ull, "as", "ask_size", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, ask_size_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(CryptoQuoteRow, timestamp_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(CryptoQuoteRow, exchange_id_)},
    {0x72ull, "r", "received_timestamp", Kind::kMs, 1, 23, offsetof(CryptoQuoteRow, received_timestamp_)},
};

const EventSpec kCryptoQuote = {"CryptoQuote", kCryptoQuoteFields, parse_CryptoQuote, sizeof(CryptoQuoteRow), 10, 11};

extern const EventSpec kLevel2Book;

const char* parse_Level2Book(const char* p, char* into, bool& complete) {
  Level2BookRow& row = *reinterpret_cast<Level2BookRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"pair\":\"")) {
    p += 9;
    p = read_symbol(p, row.pair_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"r\":")) {
    p += 5;
    p = read_int(p, row.received_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.received_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"x\":")) {
    p += 5;
    p = read_int(p, row.exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kLevel2Book, p, into, complete);
}

const FieldSpec kLevel2BookFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(Level2BookRow, pair_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(Level2BookRow, timestamp_)},
    {0x72ull, "r", "received_timestamp", Kind::kMs, 1, 23, offsetof(Level2BookRow, received_timestamp_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(Level2BookRow, exchange_id_)},
    {0x62ull, "b", "bid_prices", Kind::kLevels, 1, 23, offsetof(Level2BookRow, bid_prices_)},
    {0x61ull, "a", "ask_prices", Kind::kLevels, 1, 23, offsetof(Level2BookRow, ask_prices_)},
};

const EventSpec kLevel2Book = {"Level2Book", kLevel2BookFields, parse_Level2Book, sizeof(Level2BookRow), 6, 12};

extern const EventSpec kConsolidatedQuote;

const char* parse_ConsolidatedQuote(const char* p, char* into, bool& complete) {
  ConsolidatedQuoteRow& row = *reinterpret_cast<ConsolidatedQuoteRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"pair\":\"")) {
    p += 9;
    p = read_symbol(p, row.pair_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(p, ",\"as\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.ask_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.ask_size_ = NAN;
  }
  if (starts_with(p, ",\"ap\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.ask_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(p, ",\"ax\":")) {
    p += 6;
    p = read_int(p, row.ask_exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.ask_exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"bs\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.bid_size_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.bid_size_ = NAN;
  }
  if (starts_with(p, ",\"bp\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.bid_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(p, ",\"bx\":")) {
    p += 6;
    p = read_int(p, row.bid_exchange_id_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
  } else {
    row.bid_exchange_id_ = kMissingInt;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kConsolidatedQuote, p, into, complete);
}

const FieldSpec kConsolidatedQuoteFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(ConsolidatedQuoteRow, pair_)},
    {0x7361ull, "as", "ask_size", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, ask_size_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, ask_price_)},
    {0x7861ull, "ax", "ask_exchange_id", Kind::kInt, 2, 23, offsetof(ConsolidatedQuoteRow, ask_exchange_id_)},
    {0x7362ull, "bs", "bid_size", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, bid_size_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, bid_price_)},
    {0x7862ull, "bx", "bid_exchange_id", Kind::kInt, 2, 23, offsetof(ConsolidatedQuoteRow, bid_exchange_id_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(ConsolidatedQuoteRow, timestamp_)},
};

const EventSpec kConsolidatedQuote = {"ConsolidatedQuote", kConsolidatedQuoteFields, parse_ConsolidatedQuote, sizeof(ConsolidatedQuoteRow), 8, 13};

extern const EventSpec kFuturesTrade;

const char* parse_FuturesTrade(const char* p, char* into, bool& complete) {
  FuturesTradeRow& row = *reinterpret_cast<FuturesTradeRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"z\":")) {
    p += 5;
    p = read_int(p, row.tape_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(p, ",\"p\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.price_ = NAN;
  }
  if (starts_with(p, ",\"s\":")) {
    p += 5;
    p = read_int(p, row.size_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.size_ = kMissingInt;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"q\":")) {
    p += 5;
    p = read_int(p, row.sequence_number_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kFuturesTrade, p, into, complete);
}

const FieldSpec kFuturesTradeFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(FuturesTradeRow, symbol_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(FuturesTradeRow, tape_)},
    {0x70ull, "p", "price", Kind::kFloat, 1, 23, offsetof(FuturesTradeRow, price_)},
    {0x73ull, "s", "size", Kind::kInt, 1, 23, offsetof(FuturesTradeRow, size_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(FuturesTradeRow, timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(FuturesTradeRow, sequence_number_)},
};

const EventSpec kFuturesTrade = {"FuturesTrade", kFuturesTradeFields, parse_FuturesTrade, sizeof(FuturesTradeRow), 6, 14};

extern const EventSpec kFuturesQuote;

const char* parse_FuturesQuote(const char* p, char* into, bool& complete) {
  FuturesQuoteRow& row = *reinterpret_cast<FuturesQuoteRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"bp\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.bid_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(p, ",\"bs\":")) {
    p += 6;
    p = read_int(p, row.bid_size_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
  } else {
    row.bid_size_ = kMissingInt;
  }
  if (starts_with(p, ",\"bt\":")) {
    p += 6;
    p = read_int(p, row.bid_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
  } else {
    row.bid_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"ap\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.ask_price_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(p, ",\"as\":")) {
    p += 6;
    p = read_int(p, row.ask_size_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
  } else {
    row.ask_size_ = kMissingInt;
  }
  if (starts_with(p, ",\"at\":")) {
    p += 6;
    p = read_int(p, row.ask_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
  } else {
    row.ask_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"t\":")) {
    p += 5;
    p = read_int(p, row.sip_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.sip_timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kFuturesQuote, p, into, complete);
}

const FieldSpec kFuturesQuoteFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(FuturesQuoteRow, symbol_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(FuturesQuoteRow, bid_price_)},
    {0x7362ull, "bs", "bid_size", Kind::kInt, 2, 23, offsetof(FuturesQuoteRow, bid_size_)},
    {0x7462ull, "bt", "bid_timestamp", Kind::kMs, 2, 23, offsetof(FuturesQuoteRow, bid_timestamp_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(FuturesQuoteRow, ask_price_)},
    {0x7361ull, "as", "ask_size", Kind::kInt, 2, 23, offsetof(FuturesQuoteRow, ask_size_)},
    {0x7461ull, "at", "ask_timestamp", Kind::kMs, 2, 23, offsetof(FuturesQuoteRow, ask_timestamp_)},
    {0x74ull, "t", "sip_timestamp", Kind::kMs, 1, 23, offsetof(FuturesQuoteRow, sip_timestamp_)},
};

const EventSpec kFuturesQuote = {"FuturesQuote", kFuturesQuoteFields, parse_FuturesQuote, sizeof(FuturesQuoteRow), 8, 15};

extern const EventSpec kFuturesAgg;

const char* parse_FuturesAgg(const char* p, char* into, bool& complete) {
  FuturesAggRow& row = *reinterpret_cast<FuturesAggRow*>(into);
  uint32_t plain = 0, integer = 0;
  if (starts_with(p, ",\"sym\":\"")) {
    p += 8;
    p = read_symbol(p, row.symbol_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(p, ",\"v\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.volume_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  if (starts_with(p, ",\"dv\":")) {
    p += 6;
    bool whole;
    p = read_float(p, row.total_value_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.total_value_ = NAN;
  }
  if (starts_with(p, ",\"o\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.open_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.open_ = NAN;
  }
  if (starts_with(p, ",\"c\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.close_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.close_ = NAN;
  }
  if (starts_with(p, ",\"h\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.high_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.high_ = NAN;
  }
  if (starts_with(p, ",\"l\":")) {
    p += 5;
    bool whole;
    p = read_float(p, row.low_, whole);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.low_ = NAN;
  }
  if (starts_with(p, ",\"n\":")) {
    p += 5;
    p = read_int(p, row.transactions_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x80;
  } else {
    row.transactions_ = kMissingInt;
  }
  if (starts_with(p, ",\"s\":")) {
    p += 5;
    p = read_int(p, row.start_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x100;
  } else {
    row.start_timestamp_ = kMissingInt;
  }
  if (starts_with(p, ",\"e\":")) {
    p += 5;
    p = read_int(p, row.end_timestamp_);
    if (FASTPOLY_UNLIKELY(p == nullptr)) return nullptr;
    plain |= 0x200;
  } else {
    row.end_timestamp_ = kMissingInt;
  }
  row.head.plain = plain;
  row.head.foreign = 0;
  row.head.integer = integer;
  row.head.ordered = 0;
  row.head.order = 0;
  row.head.raw_at = 0;
  row.head.raw_size = 0;
  if (FASTPOLY_LIKELY(*p == '}')) return p + 1;
  return parse_rest(kFuturesAgg, p, into, complete);
}

const FieldSpec kFuturesAggFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(FuturesAggRow, symbol_)},
    {0x76ull, "v", "volume", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, volume_)},
    {0x7664ull, "dv", "total_value", Kind::kFloat, 2, 23, offsetof(FuturesAggRow, total_value_)},
    {0x6full, "o", "open", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, open_)},
    {0x63ull, "c", "close", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, close_)},
    {0x68ull, "h", "high", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, high_)},
    {0x6cull, "l", "low", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, low_)},
    {0x6eull, "n", "transactions", Kind::kInt, 1, 23, offsetof(FuturesAggRow, transactions_)},
    {0x73ull, "s", "start_timestamp", Kind::kMs, 1, 23, offsetof(FuturesAggRow, start_timestamp_)},
    {0x65ull, "e", "end_timestamp", Kind::kMs, 1, 23, offsetof(FuturesAggRow, end_timestamp_)},
};

const EventSpec kFuturesAgg = {"FuturesAgg", kFuturesAggFields, parse_FuturesAgg, sizeof(FuturesAggRow), 10, 16};

const ChannelSpec kStocksChannels[] = {
    {0x2254ull, 0xffffull, 2, "T", &kEquityTrade},
    {0x2251ull, 0xffffull, 2, "Q", &kEquityQuote},
    {0x2241ull, 0xffffull, 2, "A", &kEquityAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
    {0x22444c554cull, 0xffffffffffull, 5, "LULD", &kLimitUpLimitDown},
    {0x22494f4eull, 0xffffffffull, 4, "NOI", &kImbalance},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
};

const ChannelSpec kOptionsChannels[] = {
    {0x2254ull, 0xffffull, 2, "T", &kEquityTrade},
    {0x2251ull, 0xffffull, 2, "Q", &kEquityQuote},
    {0x2241ull, 0xffffull, 2, "A", &kEquityAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
};

const ChannelSpec kForexChannels[] = {
    {0x2243ull, 0xffffull, 2, "C", &kForexQuote},
    {0x224143ull, 0xffffffull, 3, "CA", &kCurrencyAgg},
    {0x22534143ull, 0xffffffffull, 4, "CAS", &kCurrencyAgg},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
};

const ChannelSpec kCryptoChannels[] = {
    {0x225458ull, 0xffffffull, 3, "XT", &kCryptoTrade},
    {0x225158ull, 0xffffffull, 3, "XQ", &kCryptoQuote},
    {0x224158ull, 0xffffffull, 3, "XA", &kCurrencyAgg},
    {0x22534158ull, 0xffffffffull, 4, "XAS", &kCurrencyAgg},
    {0x22324c58ull, 0xffffffffull, 4, "XL2", &kLevel2Book},
    {0x225358ull, 0xffffffull, 3, "XS", &kConsolidatedQuote},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
};

const ChannelSpec kIndicesChannels[] = {
    {0x2256ull, 0xffffull, 2, "V", &kIndexValue},
    {0x2241ull, 0xffffull, 2, "A", &kEquityAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
};

const ChannelSpec kFuturesChannels[] = {
    {0x2254ull, 0xffffull, 2, "T", &kFuturesTrade},
    {0x2251ull, 0xffffull, 2, "Q", &kFuturesQuote},
    {0x2241ull, 0xffffull, 2, "A", &kFuturesAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kFuturesAgg},
};

}  // namespace

const EventSpec* const kEventSpecs[] = {
    &kEquityTrade,
    &kEquityQuote,
    &kEquityAgg,
    &kLimitUpLimitDown,
    &kImbalance,
    &kFairMarketValue,
    &kLaunchpadValue,
    &kIndexValue,
    &kForexQuote,
    &kCurrencyAgg,
    &kCryptoTrade,
    &kCryptoQuote,
    &kLevel2Book,
    &kConsolidatedQuote,
    &kFuturesTrade,
    &kFuturesQuote,
    &kFuturesAgg,
};

const MarketSpec kMarkets[kMarketCount] = {
    {"stocks", kStocksChannels, 8, 0},
    {"options", kOptionsChannels, 6, 1},
    {"forex", kForexChannels, 6, 2},
    {"crypto", kCryptoChannels, 9, 3},
    {"indices", kIndicesChannels, 3, 4},
    {"futures", kFuturesChannels, 4, 5},
};

}  // namespace fastpoly
