// Reading a field whose end is known, the separator at `end`: whether the token at `p` is canonical
// and fills the space up to it. As no end is searched for, reading one field does not wait for the
// one before.
#pragma once

#include "fields.hpp"

namespace fastpoly {

// Whether the plain string that opened before `p` closes just before `end`; its size if so.
FASTPOLY_INLINE bool take_string(const char* p, const char* end, int& size) {
  const ptrdiff_t room = end - p - 1;
  size = static_cast<int>(room);
  if (FASTPOLY_UNLIKELY(room < 0 || room > 15)) return room > 15 && room <= 48 && plain_string(p) == size;
  uint32_t odd;
  const uint32_t quote = uint32_t{1} << size;
  return (quotes16(p, odd) & (quote * 2 - 1)) == quote && (odd & (quote - 1)) == 0;
}

FASTPOLY_INLINE bool take_symbol(const char* p, const char* end, const Symbol*& symbol) {
  int size;
  if (FASTPOLY_UNLIKELY(!take_string(p, end, size) || size > Symbol::kMaxSize)) return false;
  symbol = SymbolTable::instance().intern(p, static_cast<uint32_t>(size));
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
    p = end + 1;
    end = base + *++at;
  }
  return false;
}

}  // namespace fastpoly
