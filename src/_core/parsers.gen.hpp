// Generated from src/fastpoly/schema.py by src/_core/codegen/rows.py. Do not edit.
// Included once for each kind of processor, with FASTPOLY_NUMBERS and FASTPOLY_PARSERS.
#include <cmath>

#include "events.gen.hpp"
#include "take.hpp"

namespace fastpoly {

namespace {

bool parse_EquityTrade(const char* base, const uint32_t*& separators, char* into) {
  EquityTradeRow& row = *reinterpret_cast<EquityTradeRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"i\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.id_)))) return false;
    plain |= 0x2;
  } else {
    row.id_ = {};
  }
  if (starts_with(base + *at, ",\"x\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.exchange_)))) return false;
    plain |= 0x4;
  } else {
    row.exchange_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"p\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.price_ = NAN;
  }
  if (starts_with(base + *at, ",\"s\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.size_)))) return false;
    plain |= 0x10;
  } else {
    row.size_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"c\":[")) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.conditions_)))) return false;
    plain |= 0x20;
  } else {
    clear_codes(row.conditions_);
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x40;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"pt\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.participant_timestamp_)))) return false;
    plain |= 0x80;
  } else {
    row.participant_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"q\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.sequence_number_)))) return false;
    plain |= 0x100;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"z\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.tape_)))) return false;
    plain |= 0x200;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"trfi\":")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.trf_id_)))) return false;
    plain |= 0x400;
  } else {
    row.trf_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"trft\":")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.trf_timestamp_)))) return false;
    plain |= 0x800;
  } else {
    row.trf_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"ds\":\"")) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.fractional_shares_)))) return false;
    plain |= 0x1000;
  } else {
    row.fractional_shares_ = {};
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_EquityQuote(const char* base, const uint32_t*& separators, char* into) {
  EquityQuoteRow& row = *reinterpret_cast<EquityQuoteRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"c\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.condition_)))) return false;
    plain |= 0x2;
  } else {
    row.condition_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"i\":[")) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.indicators_)))) return false;
    plain |= 0x4;
  } else {
    clear_codes(row.indicators_);
  }
  if (starts_with(base + *at, ",\"bx\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.bid_exchange_id_)))) return false;
    plain |= 0x8;
  } else {
    row.bid_exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"ax\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.ask_exchange_id_)))) return false;
    plain |= 0x10;
  } else {
    row.ask_exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"bp\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"ap\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"bs\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.bid_size_)))) return false;
    plain |= 0x80;
  } else {
    row.bid_size_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"as\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.ask_size_)))) return false;
    plain |= 0x100;
  } else {
    row.ask_size_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x200;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"pt\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.participant_timestamp_)))) return false;
    plain |= 0x400;
  } else {
    row.participant_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"q\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.sequence_number_)))) return false;
    plain |= 0x800;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"z\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.tape_)))) return false;
    plain |= 0x1000;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"trfi\":")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.trf_id_)))) return false;
    plain |= 0x2000;
  } else {
    row.trf_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"trft\":")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.trf_timestamp_)))) return false;
    plain |= 0x4000;
  } else {
    row.trf_timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_EquityAgg(const char* base, const uint32_t*& separators, char* into) {
  EquityAggRow& row = *reinterpret_cast<EquityAggRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"v\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.volume_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  if (starts_with(base + *at, ",\"av\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.accumulated_volume_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.accumulated_volume_ = NAN;
  }
  if (starts_with(base + *at, ",\"op\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.official_open_price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.official_open_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"vw\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.vwap_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.vwap_ = NAN;
  }
  if (starts_with(base + *at, ",\"o\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.open_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.open_ = NAN;
  }
  if (starts_with(base + *at, ",\"c\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.close_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.close_ = NAN;
  }
  if (starts_with(base + *at, ",\"h\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_, whole)))) return false;
    plain |= 0x80;
    integer |= static_cast<uint32_t>(whole) << 7;
  } else {
    row.high_ = NAN;
  }
  if (starts_with(base + *at, ",\"l\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_, whole)))) return false;
    plain |= 0x100;
    integer |= static_cast<uint32_t>(whole) << 8;
  } else {
    row.low_ = NAN;
  }
  if (starts_with(base + *at, ",\"a\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.aggregate_vwap_, whole)))) return false;
    plain |= 0x200;
    integer |= static_cast<uint32_t>(whole) << 9;
  } else {
    row.aggregate_vwap_ = NAN;
  }
  if (starts_with(base + *at, ",\"z\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.average_size_, whole)))) return false;
    plain |= 0x400;
    integer |= static_cast<uint32_t>(whole) << 10;
  } else {
    row.average_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"s\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.start_timestamp_)))) return false;
    plain |= 0x800;
  } else {
    row.start_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"e\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.end_timestamp_)))) return false;
    plain |= 0x1000;
  } else {
    row.end_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"otc\":")) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(read_flag(p, row.otc_) == end))) return false;
    plain |= 0x2000;
  } else {
    row.otc_ = 0;
  }
  if (starts_with(base + *at, ",\"dv\":\"")) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.fractional_volume_)))) return false;
    plain |= 0x4000;
  } else {
    row.fractional_volume_ = {};
  }
  if (starts_with(base + *at, ",\"dav\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.fractional_accumulated_volume_)))) return false;
    plain |= 0x8000;
  } else {
    row.fractional_accumulated_volume_ = {};
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_LimitUpLimitDown(const char* base, const uint32_t*& separators, char* into) {
  LimitUpLimitDownRow& row = *reinterpret_cast<LimitUpLimitDownRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"h\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_price_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.high_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"l\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.low_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"i\":[")) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.indicators_)))) return false;
    plain |= 0x4;
  } else {
    clear_codes(row.indicators_);
  }
  if (starts_with(base + *at, ",\"z\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.tape_)))) return false;
    plain |= 0x8;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"T\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x10;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x20;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"q\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.sequence_number_)))) return false;
    plain |= 0x40;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_Imbalance(const char* base, const uint32_t*& separators, char* into) {
  ImbalanceRow& row = *reinterpret_cast<ImbalanceRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"T\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.time_stamp_)))) return false;
    plain |= 0x2;
  } else {
    row.time_stamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"at\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.auction_time_)))) return false;
    plain |= 0x4;
  } else {
    row.auction_time_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"a\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.auction_type_)))) return false;
    plain |= 0x8;
  } else {
    row.auction_type_ = {};
  }
  if (starts_with(base + *at, ",\"i\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.symbol_sequence_)))) return false;
    plain |= 0x10;
  } else {
    row.symbol_sequence_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"x\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.exchange_id_)))) return false;
    plain |= 0x20;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"o\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.imbalance_quantity_)))) return false;
    plain |= 0x40;
  } else {
    row.imbalance_quantity_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"p\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.paired_quantity_)))) return false;
    plain |= 0x80;
  } else {
    row.paired_quantity_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"b\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.book_clearing_price_, whole)))) return false;
    plain |= 0x100;
    integer |= static_cast<uint32_t>(whole) << 8;
  } else {
    row.book_clearing_price_ = NAN;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_FairMarketValue(const char* base, const uint32_t*& separators, char* into) {
  FairMarketValueRow& row = *reinterpret_cast<FairMarketValueRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"fmv\":")) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.fmv_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.fmv_ = NAN;
  }
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.ticker_)))) return false;
    plain |= 0x2;
  } else {
    row.ticker_ = nullptr;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_LaunchpadValue(const char* base, const uint32_t*& separators, char* into) {
  LaunchpadValueRow& row = *reinterpret_cast<LaunchpadValueRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"val\":")) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.value_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.value_ = NAN;
  }
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x2;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_IndexValue(const char* base, const uint32_t*& separators, char* into) {
  IndexValueRow& row = *reinterpret_cast<IndexValueRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"val\":")) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.value_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.value_ = NAN;
  }
  if (starts_with(base + *at, ",\"T\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.ticker_)))) return false;
    plain |= 0x2;
  } else {
    row.ticker_ = nullptr;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_ForexQuote(const char* base, const uint32_t*& separators, char* into) {
  ForexQuoteRow& row = *reinterpret_cast<ForexQuoteRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"p\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(base + *at, ",\"x\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.exchange_id_)))) return false;
    plain |= 0x2;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"a\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"b\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x10;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_CurrencyAgg(const char* base, const uint32_t*& separators, char* into) {
  CurrencyAggRow& row = *reinterpret_cast<CurrencyAggRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"pair\":\"")) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(base + *at, ",\"v\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.volume_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  if (starts_with(base + *at, ",\"vw\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.vwap_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.vwap_ = NAN;
  }
  if (starts_with(base + *at, ",\"z\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.avg_trade_size_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.avg_trade_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"o\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.open_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.open_ = NAN;
  }
  if (starts_with(base + *at, ",\"c\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.close_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.close_ = NAN;
  }
  if (starts_with(base + *at, ",\"h\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.high_ = NAN;
  }
  if (starts_with(base + *at, ",\"l\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_, whole)))) return false;
    plain |= 0x80;
    integer |= static_cast<uint32_t>(whole) << 7;
  } else {
    row.low_ = NAN;
  }
  if (starts_with(base + *at, ",\"s\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.start_timestamp_)))) return false;
    plain |= 0x100;
  } else {
    row.start_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"e\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.end_timestamp_)))) return false;
    plain |= 0x200;
  } else {
    row.end_timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_CryptoTrade(const char* base, const uint32_t*& separators, char* into) {
  CryptoTradeRow& row = *reinterpret_cast<CryptoTradeRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"pair\":\"")) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(base + *at, ",\"p\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.price_ = NAN;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x4;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"s\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.size_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.size_ = NAN;
  }
  if (starts_with(base + *at, ",\"c\":[")) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.conditions_)))) return false;
    plain |= 0x10;
  } else {
    clear_codes(row.conditions_);
  }
  if (starts_with(base + *at, ",\"i\":\"")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.id_)))) return false;
    plain |= 0x20;
  } else {
    row.id_ = {};
  }
  if (starts_with(base + *at, ",\"x\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.exchange_)))) return false;
    plain |= 0x40;
  } else {
    row.exchange_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"r\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.received_timestamp_)))) return false;
    plain |= 0x80;
  } else {
    row.received_timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_CryptoQuote(const char* base, const uint32_t*& separators, char* into) {
  CryptoQuoteRow& row = *reinterpret_cast<CryptoQuoteRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"pair\":\"")) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(base + *at, ",\"lp\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.last_price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.last_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"ls\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.last_size_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.last_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"bp\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"bs\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_size_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.bid_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"ap\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"as\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_size_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.ask_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x80;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"x\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.exchange_id_)))) return false;
    plain |= 0x100;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"r\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.received_timestamp_)))) return false;
    plain |= 0x200;
  } else {
    row.received_timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_Level2Book(const char* base, const uint32_t*& separators, char* into) {
  Level2BookRow& row = *reinterpret_cast<Level2BookRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"pair\":\"")) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x2;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"r\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.received_timestamp_)))) return false;
    plain |= 0x4;
  } else {
    row.received_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"x\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.exchange_id_)))) return false;
    plain |= 0x8;
  } else {
    row.exchange_id_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_ConsolidatedQuote(const char* base, const uint32_t*& separators, char* into) {
  ConsolidatedQuoteRow& row = *reinterpret_cast<ConsolidatedQuoteRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"pair\":\"")) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  if (starts_with(base + *at, ",\"as\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_size_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.ask_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"ap\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"ax\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.ask_exchange_id_)))) return false;
    plain |= 0x8;
  } else {
    row.ask_exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"bs\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_size_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.bid_size_ = NAN;
  }
  if (starts_with(base + *at, ",\"bp\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"bx\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.bid_exchange_id_)))) return false;
    plain |= 0x40;
  } else {
    row.bid_exchange_id_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x80;
  } else {
    row.timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_FuturesTrade(const char* base, const uint32_t*& separators, char* into) {
  FuturesTradeRow& row = *reinterpret_cast<FuturesTradeRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"z\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.tape_)))) return false;
    plain |= 0x2;
  } else {
    row.tape_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"p\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.price_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.price_ = NAN;
  }
  if (starts_with(base + *at, ",\"s\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.size_)))) return false;
    plain |= 0x8;
  } else {
    row.size_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x10;
  } else {
    row.timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"q\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.sequence_number_)))) return false;
    plain |= 0x20;
  } else {
    row.sequence_number_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_FuturesQuote(const char* base, const uint32_t*& separators, char* into) {
  FuturesQuoteRow& row = *reinterpret_cast<FuturesQuoteRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"bp\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.bid_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"bs\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.bid_size_)))) return false;
    plain |= 0x4;
  } else {
    row.bid_size_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"bt\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.bid_timestamp_)))) return false;
    plain |= 0x8;
  } else {
    row.bid_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"ap\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.ask_price_ = NAN;
  }
  if (starts_with(base + *at, ",\"as\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.ask_size_)))) return false;
    plain |= 0x20;
  } else {
    row.ask_size_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"at\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.ask_timestamp_)))) return false;
    plain |= 0x40;
  } else {
    row.ask_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"t\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.sip_timestamp_)))) return false;
    plain |= 0x80;
  } else {
    row.sip_timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

bool parse_FuturesAgg(const char* base, const uint32_t*& separators, char* into) {
  FuturesAggRow& row = *reinterpret_cast<FuturesAggRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  if (starts_with(base + *at, ",\"sym\":\"")) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  if (starts_with(base + *at, ",\"v\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.volume_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  if (starts_with(base + *at, ",\"dv\":")) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.total_value_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.total_value_ = NAN;
  }
  if (starts_with(base + *at, ",\"o\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.open_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.open_ = NAN;
  }
  if (starts_with(base + *at, ",\"c\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.close_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.close_ = NAN;
  }
  if (starts_with(base + *at, ",\"h\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.high_ = NAN;
  }
  if (starts_with(base + *at, ",\"l\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.low_ = NAN;
  }
  if (starts_with(base + *at, ",\"n\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.transactions_)))) return false;
    plain |= 0x80;
  } else {
    row.transactions_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"s\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.start_timestamp_)))) return false;
    plain |= 0x100;
  } else {
    row.start_timestamp_ = kMissingInt;
  }
  if (starts_with(base + *at, ",\"e\":")) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.end_timestamp_)))) return false;
    plain |= 0x200;
  } else {
    row.end_timestamp_ = kMissingInt;
  }
  row.head = RowHead{};
  row.head.plain = plain;
  row.head.integer = integer;
  separators = at;
  return base[*at] == '}';
}

}  // namespace

const EventParser FASTPOLY_PARSERS[] = {
    parse_EquityTrade,
    parse_EquityQuote,
    parse_EquityAgg,
    parse_LimitUpLimitDown,
    parse_Imbalance,
    parse_FairMarketValue,
    parse_LaunchpadValue,
    parse_IndexValue,
    parse_ForexQuote,
    parse_CurrencyAgg,
    parse_CryptoTrade,
    parse_CryptoQuote,
    parse_Level2Book,
    parse_ConsolidatedQuote,
    parse_FuturesTrade,
    parse_FuturesQuote,
    parse_FuturesAgg,
};

}  // namespace fastpoly
