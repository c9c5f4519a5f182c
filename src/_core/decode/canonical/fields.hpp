// One reader for each kind of field: from the canonical token at `p` into the row.
//
// They find the token's end: they return the first byte after it (of text: after its closing
// quote), or null when the token is of another shape.
#pragma once

#include "base/tokens.hpp"
#include "rows/market.hpp"
#include "rows/row.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

// Just after the opening quote.
FASTPOLY_INLINE const char* read_symbol(const char* p, const Symbol*& symbol) {
  const int size = plain_string(p);
  if (FASTPOLY_UNLIKELY(size < 0 || size > Symbol::kMaxSize)) return nullptr;
  symbol = SymbolTable::instance().intern(p, static_cast<uint32_t>(size));
  return FASTPOLY_LIKELY(symbol != nullptr) ? p + size + 1 : nullptr;
}

// Copies `size` (at most W) bytes; kPadding bytes at `p` are readable. Without a branch: sizes
// cannot be predicted. And word by word into the row: bytes that are put together in memory and
// then copied in larger pieces would have to wait until they are there.
template <int W>
FASTPOLY_INLINE void set_text(Text<W>& text, const char* p, int size) {
  static constexpr int kBytes = W + 1;
  static constexpr auto kKeep = [] {
    struct {
      unsigned char bytes[kBytes * 2]{};
    } keep;
    for (int i = 0; i < kBytes; ++i) keep.bytes[i] = 0xff;
    return keep;
  }();
  const char* const keep = reinterpret_cast<const char*>(kKeep.bytes) + kBytes - size;
  char* const into = reinterpret_cast<char*>(&text);
  for (int i = 0; i < kBytes; i += 8) {
    uint64_t word = load8(p + i) & load8(keep + i);
    if (i + 8 == kBytes) word |= static_cast<uint64_t>(size) << 56;
    std::memcpy(into + i, &word, 8);
  }
}

// Just after the opening quote.
template <int W>
FASTPOLY_INLINE const char* read_text(const char* p, Text<W>& text) {
  const int size = plain_string(p);
  if (FASTPOLY_UNLIKELY(size < 0 || size > W)) return nullptr;
  set_text(text, p, size);
  return p + size + 1;
}

FASTPOLY_INLINE void clear_codes(Codes& codes) {
  std::memset(codes.data, 0xff, sizeof codes.data);
  codes.size = 0;
}

// Just after the opening bracket.
FASTPOLY_INLINE const char* read_codes(const char* p, Codes& codes) {
  clear_codes(codes);
  if (*p == ']') return p + 1;
  int size = 0;
  for (;;) {
    uint64_t digits;
    const int count = digit_run(load8(p), digits);
    if (FASTPOLY_UNLIKELY(count == 0 || count > 5 || (count > 1 && *p == '0'))) return nullptr;
    const uint64_t code = some_digits(digits, count);
    if (FASTPOLY_UNLIKELY(code > INT16_MAX || size == Codes::kMax)) return nullptr;
    codes.data[size++] = static_cast<int16_t>(code);
    p += count;
    if (*p == ']') break;
    if (FASTPOLY_UNLIKELY(*p != ',')) return nullptr;
    ++p;
  }
  codes.size = static_cast<int16_t>(size);
  return p + 1;
}

FASTPOLY_INLINE const char* read_flag(const char* p, uint8_t& flag) {
  if (starts_with<4>(p, word_of("true", 4))) {
    flag = 1;
    return p + 4;
  }
  if (starts_with<5>(p, word_of("false", 5))) {
    flag = 0;
    return p + 5;
  }
  return nullptr;
}

// Gives a field the value that columns show where the event has none.
void clear_field(const FieldSpec& field, char* row);

// An event of plain values whose keys come in any order, known or not. `p` is just after the value
// of "ev". Returns the byte after the event's closing brace, or null when it is of another shape;
// `complete` tells whether the row says all that the bytes say.
const char* parse_any_order(const EventSpec& event, const char* p, char* row, bool& complete);

}  // namespace fastpoly
