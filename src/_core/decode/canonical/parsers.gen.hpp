// Generated from src/fastpoly/schema.py by src/_core/codegen/rows.py. Do not edit.
// Included once for each kind of processor, with FASTPOLY_NUMBERS and FASTPOLY_PARSERS.
#include <cmath>

#include "decode/canonical/take.hpp"
#include "rows/events.gen.hpp"

namespace fastpoly {

namespace {

bool parse_EquityTrade(const char* base, const uint32_t*& separators, char* into) {
  EquityTradeRow& row = *reinterpret_cast<EquityTradeRow*>(into);
  const uint32_t* at = separators;
  uint32_t plain = 0, integer = 0;
  Tokens<8> ints(base);
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"i":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2269222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.id_)))) return false;
    plain |= 0x2;
  } else {
    row.id_ = {};
  }
  // ,"x":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2278222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x4;
  } else {
    ints.skip(0, base);
  }
  // ,"p":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2270222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.price_ = NAN;
  }
  // ,"s":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2273222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x10;
  } else {
    ints.skip(1, base);
  }
  // ,"c":[
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x5b3a2263222cull))) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.conditions_)))) return false;
    plain |= 0x20;
  } else {
    clear_codes(row.conditions_);
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x40;
  } else {
    ints.skip(2, base);
  }
  // ,"pt":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227470222cull))) {
    const char* const p = base + *at + 6;
    ints.set(3, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(3, base);
  }
  // ,"q":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2271222cull))) {
    const char* const p = base + *at + 5;
    ints.set(4, p, base + *++at);
    plain |= 0x100;
  } else {
    ints.skip(4, base);
  }
  // ,"z":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a227a222cull))) {
    const char* const p = base + *at + 5;
    ints.set(5, p, base + *++at);
    plain |= 0x200;
  } else {
    ints.skip(5, base);
  }
  // ,"trfi":
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x3a2269667274222cull))) {
    const char* const p = base + *at + 8;
    ints.set(6, p, base + *++at);
    plain |= 0x400;
  } else {
    ints.skip(6, base);
  }
  // ,"trft":
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x3a2274667274222cull))) {
    const char* const p = base + *at + 8;
    ints.set(7, p, base + *++at);
    plain |= 0x800;
  } else {
    ints.skip(7, base);
  }
  // ,"ds":"
  if (FASTPOLY_LIKELY(starts_with<7>(base + *at, 0x223a227364222cull))) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.fractional_shares_)))) return false;
    plain |= 0x1000;
  } else {
    row.fractional_shares_ = {};
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0xfd4>(ints, plain, &row.exchange_))))
    return false;
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
  Tokens<11> ints(base);
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"c":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2263222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x2;
  } else {
    ints.skip(0, base);
  }
  // ,"i":[
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x5b3a2269222cull))) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.indicators_)))) return false;
    plain |= 0x4;
  } else {
    clear_codes(row.indicators_);
  }
  // ,"bx":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227862222cull))) {
    const char* const p = base + *at + 6;
    ints.set(1, p, base + *++at);
    plain |= 0x8;
  } else {
    ints.skip(1, base);
  }
  // ,"ax":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227861222cull))) {
    const char* const p = base + *at + 6;
    ints.set(2, p, base + *++at);
    plain |= 0x10;
  } else {
    ints.skip(2, base);
  }
  // ,"bp":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227062222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.bid_price_ = NAN;
  }
  // ,"ap":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227061222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.ask_price_ = NAN;
  }
  // ,"bs":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227362222cull))) {
    const char* const p = base + *at + 6;
    ints.set(3, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(3, base);
  }
  // ,"as":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227361222cull))) {
    const char* const p = base + *at + 6;
    ints.set(4, p, base + *++at);
    plain |= 0x100;
  } else {
    ints.skip(4, base);
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(5, p, base + *++at);
    plain |= 0x200;
  } else {
    ints.skip(5, base);
  }
  // ,"pt":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227470222cull))) {
    const char* const p = base + *at + 6;
    ints.set(6, p, base + *++at);
    plain |= 0x400;
  } else {
    ints.skip(6, base);
  }
  // ,"q":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2271222cull))) {
    const char* const p = base + *at + 5;
    ints.set(7, p, base + *++at);
    plain |= 0x800;
  } else {
    ints.skip(7, base);
  }
  // ,"z":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a227a222cull))) {
    const char* const p = base + *at + 5;
    ints.set(8, p, base + *++at);
    plain |= 0x1000;
  } else {
    ints.skip(8, base);
  }
  // ,"trfi":
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x3a2269667274222cull))) {
    const char* const p = base + *at + 8;
    ints.set(9, p, base + *++at);
    plain |= 0x2000;
  } else {
    ints.skip(9, base);
  }
  // ,"trft":
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x3a2274667274222cull))) {
    const char* const p = base + *at + 8;
    ints.set(10, p, base + *++at);
    plain |= 0x4000;
  } else {
    ints.skip(10, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x7f9a>(ints, plain, &row.condition_))))
    return false;
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
  Tokens<2> ints(base);
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"v":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2276222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.volume_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  // ,"av":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227661222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.accumulated_volume_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.accumulated_volume_ = NAN;
  }
  // ,"op":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a22706f222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.official_open_price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.official_open_price_ = NAN;
  }
  // ,"vw":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227776222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.vwap_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.vwap_ = NAN;
  }
  // ,"o":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226f222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.open_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.open_ = NAN;
  }
  // ,"c":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2263222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.close_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.close_ = NAN;
  }
  // ,"h":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2268222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_, whole)))) return false;
    plain |= 0x80;
    integer |= static_cast<uint32_t>(whole) << 7;
  } else {
    row.high_ = NAN;
  }
  // ,"l":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226c222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_, whole)))) return false;
    plain |= 0x100;
    integer |= static_cast<uint32_t>(whole) << 8;
  } else {
    row.low_ = NAN;
  }
  // ,"a":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2261222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.aggregate_vwap_, whole)))) return false;
    plain |= 0x200;
    integer |= static_cast<uint32_t>(whole) << 9;
  } else {
    row.aggregate_vwap_ = NAN;
  }
  // ,"z":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a227a222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.average_size_, whole)))) return false;
    plain |= 0x400;
    integer |= static_cast<uint32_t>(whole) << 10;
  } else {
    row.average_size_ = NAN;
  }
  // ,"s":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2273222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x800;
  } else {
    ints.skip(0, base);
  }
  // ,"e":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2265222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x1000;
  } else {
    ints.skip(1, base);
  }
  // ,"otc":
  if (FASTPOLY_LIKELY(starts_with<7>(base + *at, 0x3a2263746f222cull))) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(read_flag(p, row.otc_) == end))) return false;
    plain |= 0x2000;
  } else {
    row.otc_ = 0;
  }
  // ,"dv":"
  if (FASTPOLY_LIKELY(starts_with<7>(base + *at, 0x223a227664222cull))) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.fractional_volume_)))) return false;
    plain |= 0x4000;
  } else {
    row.fractional_volume_ = {};
  }
  // ,"dav":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a22766164222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.fractional_accumulated_volume_)))) return false;
    plain |= 0x8000;
  } else {
    row.fractional_accumulated_volume_ = {};
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x1800>(ints, plain, &row.start_timestamp_))))
    return false;
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
  Tokens<2> ints(base);
  // ,"h":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2268222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_price_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.high_price_ = NAN;
  }
  // ,"l":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226c222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.low_price_ = NAN;
  }
  // ,"i":[
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x5b3a2269222cull))) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.indicators_)))) return false;
    plain |= 0x4;
  } else {
    clear_codes(row.indicators_);
  }
  // ,"z":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a227a222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x8;
  } else {
    ints.skip(0, base);
  }
  // ,"T":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2254222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x10;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.timestamp_)))) return false;
    plain |= 0x20;
  } else {
    row.timestamp_ = kMissingInt;
  }
  // ,"q":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2271222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x40;
  } else {
    ints.skip(1, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x48>(ints, plain, &row.tape_))))
    return false;
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
  Tokens<5> ints(base);
  // ,"T":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2254222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_int(p, end, row.time_stamp_)))) return false;
    plain |= 0x2;
  } else {
    row.time_stamp_ = kMissingInt;
  }
  // ,"at":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227461222cull))) {
    const char* const p = base + *at + 6;
    ints.set(0, p, base + *++at);
    plain |= 0x4;
  } else {
    ints.skip(0, base);
  }
  // ,"a":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2261222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.auction_type_)))) return false;
    plain |= 0x8;
  } else {
    row.auction_type_ = {};
  }
  // ,"i":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2269222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x10;
  } else {
    ints.skip(1, base);
  }
  // ,"x":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2278222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x20;
  } else {
    ints.skip(2, base);
  }
  // ,"o":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226f222cull))) {
    const char* const p = base + *at + 5;
    ints.set(3, p, base + *++at);
    plain |= 0x40;
  } else {
    ints.skip(3, base);
  }
  // ,"p":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2270222cull))) {
    const char* const p = base + *at + 5;
    ints.set(4, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(4, base);
  }
  // ,"b":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2262222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.book_clearing_price_, whole)))) return false;
    plain |= 0x100;
    integer |= static_cast<uint32_t>(whole) << 8;
  } else {
    row.book_clearing_price_ = NAN;
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0xf4>(ints, plain, &row.auction_time_))))
    return false;
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
  // ,"fmv":
  if (FASTPOLY_LIKELY(starts_with<7>(base + *at, 0x3a22766d66222cull))) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.fmv_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.fmv_ = NAN;
  }
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.ticker_)))) return false;
    plain |= 0x2;
  } else {
    row.ticker_ = nullptr;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
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
  // ,"val":
  if (FASTPOLY_LIKELY(starts_with<7>(base + *at, 0x3a226c6176222cull))) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.value_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.value_ = NAN;
  }
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x2;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
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
  Tokens<1> ints(base);
  // ,"val":
  if (FASTPOLY_LIKELY(starts_with<7>(base + *at, 0x3a226c6176222cull))) {
    const char* const p = base + *at + 7;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.value_, whole)))) return false;
    plain |= 0x1;
    integer |= static_cast<uint32_t>(whole) << 0;
  } else {
    row.value_ = NAN;
  }
  // ,"T":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2254222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.ticker_)))) return false;
    plain |= 0x2;
  } else {
    row.ticker_ = nullptr;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x4;
  } else {
    ints.skip(0, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x4>(ints, plain, &row.timestamp_))))
    return false;
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
  Tokens<2> ints(base);
  // ,"p":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2270222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  // ,"x":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2278222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x2;
  } else {
    ints.skip(0, base);
  }
  // ,"a":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2261222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.ask_price_ = NAN;
  }
  // ,"b":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2262222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.bid_price_ = NAN;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x10;
  } else {
    ints.skip(1, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x12>(ints, plain, &row.exchange_id_))))
    return false;
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
  Tokens<2> ints(base);
  // ,"pair":"
  if (FASTPOLY_LIKELY(starts_with<9>(base + *at, 0x3a2272696170222cull, 0x223a227269617022ull))) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  // ,"v":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2276222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.volume_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  // ,"vw":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227776222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.vwap_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.vwap_ = NAN;
  }
  // ,"z":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a227a222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.avg_trade_size_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.avg_trade_size_ = NAN;
  }
  // ,"o":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226f222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.open_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.open_ = NAN;
  }
  // ,"c":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2263222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.close_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.close_ = NAN;
  }
  // ,"h":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2268222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.high_ = NAN;
  }
  // ,"l":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226c222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_, whole)))) return false;
    plain |= 0x80;
    integer |= static_cast<uint32_t>(whole) << 7;
  } else {
    row.low_ = NAN;
  }
  // ,"s":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2273222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x100;
  } else {
    ints.skip(0, base);
  }
  // ,"e":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2265222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x200;
  } else {
    ints.skip(1, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x300>(ints, plain, &row.start_timestamp_))))
    return false;
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
  Tokens<3> ints(base);
  // ,"pair":"
  if (FASTPOLY_LIKELY(starts_with<9>(base + *at, 0x3a2272696170222cull, 0x223a227269617022ull))) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  // ,"p":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2270222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.price_ = NAN;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x4;
  } else {
    ints.skip(0, base);
  }
  // ,"s":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2273222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.size_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.size_ = NAN;
  }
  // ,"c":[
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x5b3a2263222cull))) {
    const char* const p = base + *at + 6;
    if (FASTPOLY_UNLIKELY(!(take_codes(p, base, at, row.conditions_)))) return false;
    plain |= 0x10;
  } else {
    clear_codes(row.conditions_);
  }
  // ,"i":"
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x223a2269222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_text(p, end, row.id_)))) return false;
    plain |= 0x20;
  } else {
    row.id_ = {};
  }
  // ,"x":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2278222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x40;
  } else {
    ints.skip(1, base);
  }
  // ,"r":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2272222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(2, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0xc4>(ints, plain, &row.timestamp_))))
    return false;
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
  Tokens<3> ints(base);
  // ,"pair":"
  if (FASTPOLY_LIKELY(starts_with<9>(base + *at, 0x3a2272696170222cull, 0x223a227269617022ull))) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  // ,"lp":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a22706c222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.last_price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.last_price_ = NAN;
  }
  // ,"ls":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a22736c222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.last_size_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.last_size_ = NAN;
  }
  // ,"bp":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227062222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.bid_price_ = NAN;
  }
  // ,"bs":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227362222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_size_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.bid_size_ = NAN;
  }
  // ,"ap":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227061222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.ask_price_ = NAN;
  }
  // ,"as":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227361222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_size_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.ask_size_ = NAN;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(0, base);
  }
  // ,"x":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2278222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x100;
  } else {
    ints.skip(1, base);
  }
  // ,"r":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2272222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x200;
  } else {
    ints.skip(2, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x380>(ints, plain, &row.timestamp_))))
    return false;
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
  Tokens<3> ints(base);
  // ,"pair":"
  if (FASTPOLY_LIKELY(starts_with<9>(base + *at, 0x3a2272696170222cull, 0x223a227269617022ull))) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x2;
  } else {
    ints.skip(0, base);
  }
  // ,"r":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2272222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x4;
  } else {
    ints.skip(1, base);
  }
  // ,"x":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2278222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x8;
  } else {
    ints.skip(2, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0xe>(ints, plain, &row.timestamp_))))
    return false;
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
  Tokens<3> ints(base);
  // ,"pair":"
  if (FASTPOLY_LIKELY(starts_with<9>(base + *at, 0x3a2272696170222cull, 0x223a227269617022ull))) {
    const char* const p = base + *at + 9;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.pair_)))) return false;
    plain |= 0x1;
  } else {
    row.pair_ = nullptr;
  }
  // ,"as":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227361222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_size_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.ask_size_ = NAN;
  }
  // ,"ap":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227061222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.ask_price_ = NAN;
  }
  // ,"ax":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227861222cull))) {
    const char* const p = base + *at + 6;
    ints.set(0, p, base + *++at);
    plain |= 0x8;
  } else {
    ints.skip(0, base);
  }
  // ,"bs":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227362222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_size_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.bid_size_ = NAN;
  }
  // ,"bp":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227062222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.bid_price_ = NAN;
  }
  // ,"bx":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227862222cull))) {
    const char* const p = base + *at + 6;
    ints.set(1, p, base + *++at);
    plain |= 0x40;
  } else {
    ints.skip(1, base);
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(2, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0xc8>(ints, plain, &row.ask_exchange_id_))))
    return false;
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
  Tokens<4> ints(base);
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"z":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a227a222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x2;
  } else {
    ints.skip(0, base);
  }
  // ,"p":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2270222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.price_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.price_ = NAN;
  }
  // ,"s":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2273222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x8;
  } else {
    ints.skip(1, base);
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x10;
  } else {
    ints.skip(2, base);
  }
  // ,"q":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2271222cull))) {
    const char* const p = base + *at + 5;
    ints.set(3, p, base + *++at);
    plain |= 0x20;
  } else {
    ints.skip(3, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x3a>(ints, plain, &row.tape_))))
    return false;
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
  Tokens<5> ints(base);
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"bp":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227062222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.bid_price_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.bid_price_ = NAN;
  }
  // ,"bs":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227362222cull))) {
    const char* const p = base + *at + 6;
    ints.set(0, p, base + *++at);
    plain |= 0x4;
  } else {
    ints.skip(0, base);
  }
  // ,"bt":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227462222cull))) {
    const char* const p = base + *at + 6;
    ints.set(1, p, base + *++at);
    plain |= 0x8;
  } else {
    ints.skip(1, base);
  }
  // ,"ap":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227061222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.ask_price_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.ask_price_ = NAN;
  }
  // ,"as":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227361222cull))) {
    const char* const p = base + *at + 6;
    ints.set(2, p, base + *++at);
    plain |= 0x20;
  } else {
    ints.skip(2, base);
  }
  // ,"at":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227461222cull))) {
    const char* const p = base + *at + 6;
    ints.set(3, p, base + *++at);
    plain |= 0x40;
  } else {
    ints.skip(3, base);
  }
  // ,"t":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2274222cull))) {
    const char* const p = base + *at + 5;
    ints.set(4, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(4, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0xec>(ints, plain, &row.bid_size_))))
    return false;
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
  Tokens<3> ints(base);
  // ,"sym":"
  if (FASTPOLY_LIKELY(starts_with<8>(base + *at, 0x223a226d7973222cull))) {
    const char* const p = base + *at + 8;
    const char* const end = base + *++at;
    if (FASTPOLY_UNLIKELY(!(take_symbol(p, end, row.symbol_)))) return false;
    plain |= 0x1;
  } else {
    row.symbol_ = nullptr;
  }
  // ,"v":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2276222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.volume_, whole)))) return false;
    plain |= 0x2;
    integer |= static_cast<uint32_t>(whole) << 1;
  } else {
    row.volume_ = NAN;
  }
  // ,"dv":
  if (FASTPOLY_LIKELY(starts_with<6>(base + *at, 0x3a227664222cull))) {
    const char* const p = base + *at + 6;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.total_value_, whole)))) return false;
    plain |= 0x4;
    integer |= static_cast<uint32_t>(whole) << 2;
  } else {
    row.total_value_ = NAN;
  }
  // ,"o":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226f222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.open_, whole)))) return false;
    plain |= 0x8;
    integer |= static_cast<uint32_t>(whole) << 3;
  } else {
    row.open_ = NAN;
  }
  // ,"c":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2263222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.close_, whole)))) return false;
    plain |= 0x10;
    integer |= static_cast<uint32_t>(whole) << 4;
  } else {
    row.close_ = NAN;
  }
  // ,"h":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2268222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.high_, whole)))) return false;
    plain |= 0x20;
    integer |= static_cast<uint32_t>(whole) << 5;
  } else {
    row.high_ = NAN;
  }
  // ,"l":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226c222cull))) {
    const char* const p = base + *at + 5;
    const char* const end = base + *++at;
    bool whole;
    if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_float(p, end, row.low_, whole)))) return false;
    plain |= 0x40;
    integer |= static_cast<uint32_t>(whole) << 6;
  } else {
    row.low_ = NAN;
  }
  // ,"n":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a226e222cull))) {
    const char* const p = base + *at + 5;
    ints.set(0, p, base + *++at);
    plain |= 0x80;
  } else {
    ints.skip(0, base);
  }
  // ,"s":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2273222cull))) {
    const char* const p = base + *at + 5;
    ints.set(1, p, base + *++at);
    plain |= 0x100;
  } else {
    ints.skip(1, base);
  }
  // ,"e":
  if (FASTPOLY_LIKELY(starts_with<5>(base + *at, 0x3a2265222cull))) {
    const char* const p = base + *at + 5;
    ints.set(2, p, base + *++at);
    plain |= 0x200;
  } else {
    ints.skip(2, base);
  }
  if (FASTPOLY_UNLIKELY(!(FASTPOLY_NUMBERS::take_ints<0x380>(ints, plain, &row.transactions_))))
    return false;
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
