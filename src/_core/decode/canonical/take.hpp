// Reading a field whose end is known, the separator at `end`: whether the token at `p` is canonical
// and fills the space up to it. As no end is searched for, reading one field does not wait for the
// one before.
#pragma once

#include "decode/canonical/fields.hpp"

namespace fastpoly {

// The whole numbers of one event, to be read together once all of them have been found.
template <int N>
struct Tokens {
  static_assert(N <= 16, "more would want wider masks");
  static constexpr uint64_t kLongest = 20;  // more is no whole number of 64 bits
  // Sixteen bits a token, 0 where there is none. Put together in registers: a wide load of what
  // was just stored in small pieces would have to wait until it is there.
  uint64_t sizes[4] = {0, 0, 0, 0};
  const char* end[(N + 3) / 4 * 4];

  // `base` only has to be readable.
  FASTPOLY_INLINE explicit Tokens(const char* base) {
    for (int i = N; i < (N + 3) / 4 * 4; ++i) end[i] = base + 16;
  }

  FASTPOLY_INLINE void set(int i, const char* p, const char* after) {
    // No token is longer than a window. Unsigned: at the end of one, what is after a token may be
    // before it.
    sizes[i / 4] |= static_cast<uint64_t>(static_cast<uint16_t>(after - p)) << (i % 4 * 16);
    end[i] = after;
  }

  FASTPOLY_INLINE void skip(int i, const char* base) { end[i] = base + 16; }

  FASTPOLY_INLINE uint64_t size(int i) const { return sizes[i / 4] >> (i % 4 * 16) & 0xffff; }
};

// Those bits of a word that the mask has, side by side.
template <uint32_t kMask>
FASTPOLY_INLINE uint32_t pick_each(uint32_t word) {
  uint32_t picked = 0;
  int place = 0;
  for (uint32_t left = kMask; left != 0; left &= left - 1)
    picked |= (word >> __builtin_ctz(left) & 1) << place++;
  return picked;
}

// Reads them one by one. Bit i of `present` tells whether there is a token i; where there is none,
// the value is kMissingInt.
template <class Numbers, int N>
FASTPOLY_INLINE bool take_each_int(const Tokens<N>& tokens, uint32_t present, int64_t* values) {
  bool good = true;
  for (int i = 0; i < N; ++i) {
    const char* const end = tokens.end[i];
    values[i] = kMissingInt;
    if ((present >> i & 1) == 0) continue;
    const uint64_t size = tokens.size(i);
    good &= size <= Tokens<N>::kLongest && Numbers::take_int(end - size, end, values[i]);
  }
  return good;
}

// Whether the plain string that opened before `p` closes just before `end`; its size if so.
FASTPOLY_INLINE bool take_string(const char* p, const char* end, int& size) {
  const ptrdiff_t room = end - p - 1;
  size = static_cast<int>(room);
  if (FASTPOLY_UNLIKELY(room < 0 || room > 15)) return room > 15 && plain_string(p) == size;
  // The first byte that no plain string has inside is where it ends, and is a quote.
  return __builtin_ctz(specials16(p) | 1 << 16) == size && p[size] == '"';
}

FASTPOLY_INLINE bool take_symbol(const char* p, const char* end, const Symbol*& symbol) {
  int size;
  if (FASTPOLY_UNLIKELY(!take_string(p, end, size) || size > Symbol::kMaxSize)) return false;
  symbol = SymbolTable::instance().intern(p, static_cast<uint32_t>(size));
  // Whoever reads the event will most likely want its symbol, and there are thousands of them.
  __builtin_prefetch(symbol);
  return FASTPOLY_LIKELY(symbol != nullptr);
}

template <int W>
FASTPOLY_INLINE bool take_text(const char* p, const char* end, Text<W>& text) {
  int size;
  if (FASTPOLY_UNLIKELY(!take_string(p, end, size) || size > W)) return false;
  set_text(text, p, size);
  return true;
}

// A list of codes; `at` is the last separator before it, and is moved to the first after it.
FASTPOLY_INLINE bool take_codes(const char* p, const char* base, const uint32_t*& at,
                                Codes& codes) {
  clear_codes(codes);
  const char* end = base + *++at;
  if (*p == ']') return end == p + 1;
  for (int size = 0; size < Codes::kMax;) {
    const bool last = end[-1] == ']';
    const ptrdiff_t digits = end - last - p;
    uint64_t code;
    if (digits < 1 || digits > 5 || !exact_digits(p, static_cast<int>(digits), code) ||
        code > INT16_MAX || (*p == '0' && digits > 1))
      return false;
    codes.data[size++] = static_cast<int16_t>(code);
    if (last) {
      codes.size = static_cast<int16_t>(size);
      return true;
    }
    if (*end != ',') return false;
    p = end + 1;
    end = base + *++at;
  }
  return false;
}

}  // namespace fastpoly
