// Readers of canonical JSON tokens: compact, plain, ASCII. Whatever they do not recognise they
// refuse, and the general parser takes over; they never accept what it would not.
//
// Every reader may look at up to kPadding bytes from its start, whatever the token's length: the
// kernel guarantees that these are readable.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/compiler.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fastpoly {

constexpr size_t kPadding = 64;  // also what simdjson asks for

// Readable bytes that a copy of a frame has before it.
constexpr size_t kLead = 16;

FASTPOLY_INLINE uint64_t load8(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

// The bits of the first `size` (0 to 8) bytes of a little-endian word.
FASTPOLY_INLINE constexpr uint64_t first_bytes(int size) {
  return size == 0 ? 0 : ~uint64_t{0} >> (64 - size * 8);
}

// Up to eight characters as the little-endian word that a load gives.
constexpr uint64_t word_of(const char* text, int size) {
  uint64_t word = 0;
  for (int i = 0; i < size && i < 8; ++i)
    word |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (i * 8);
  return word;
}

// Whether the `kSize` bytes at `p` are those of the words: the first eight, and the last eight of
// more. (Given as words, because compilers build the word of a string literal in memory, and wait
// for it.)
template <int kSize>
FASTPOLY_INLINE bool starts_with(const char* p, uint64_t head, uint64_t tail = 0) {
  static_assert(kSize >= 1 && kSize <= 16, "longer ones want a loop");
  if constexpr (kSize <= 8) {
    // Shifting the other bytes out takes one wide constant; masking them takes two.
    constexpr int kRest = 64 - kSize * 8;
    return load8(p) << kRest == head << kRest;
  } else {
    return ((load8(p) ^ head) | (load8(p + kSize - 8) ^ tail)) == 0;
  }
}

// The length of a run of digits at the start of `word` (a little-endian load), 8 for a full word.
// `digits` receives the values of the digits, one a byte, with rubbish after the run.
FASTPOLY_INLINE int digit_run(uint64_t word, uint64_t& digits) {
  digits = word ^ 0x3030303030303030ull;
  const uint64_t other = ((digits + 0x7676767676767676ull) | digits) & 0x8080808080808080ull;
  return other == 0 ? 8 : __builtin_ctzll(other) >> 3;
}

// Eight digit values, one a byte, first digit lowest, to the number that they write.
FASTPOLY_INLINE uint64_t eight_digits(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);
  return (((digits & 0x000000ff000000ffull) * 0x000f424000000064ull) +
          (((digits >> 16) & 0x000000ff000000ffull) * 0x0000271000000001ull)) >>
         32;
}

// The number that the first `count` (1 to 8) digits write.
FASTPOLY_INLINE uint64_t some_digits(uint64_t digits, int count) {
  return eight_digits(digits << (8 - count) * 8);
}

FASTPOLY_INLINE bool all_digits(uint64_t digits) {
  return (((digits + 0x7676767676767676ull) | digits) & 0x8080808080808080ull) == 0;
}

// The number that exactly `size` (1 to 8) bytes write; false when they are not all digits.
FASTPOLY_INLINE bool exact_digits(const char* p, int size, uint64_t& value) {
  const uint64_t digits = (load8(p) ^ 0x3030303030303030ull) << (8 - size) * 8;
  value = eight_digits(digits);
  return all_digits(digits);
}

constexpr uint64_t kPowersOfTen[] = {1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000,
                                     10000000000000000000ull};

// Reads up to 19 digits without a sign; returns how many there were, 0 for none or more than 19.
FASTPOLY_INLINE int read_digits(const char* p, uint64_t& value) {
  uint64_t digits;
  const int first = digit_run(load8(p), digits);
  if (first == 0) return 0;
  value = some_digits(digits, first);
  if (FASTPOLY_LIKELY(first < 8)) return first;
  const int second = digit_run(load8(p + 8), digits);
  if (second == 0) return 8;
  value = value * kPowersOfTen[second] + some_digits(digits, second);
  if (FASTPOLY_LIKELY(second < 8)) return 8 + second;
  int count = 16;
  for (; p[count] >= '0' && p[count] <= '9'; ++count) {
    if (count == 19) return 0;
    value = value * 10 + static_cast<uint64_t>(p[count] - '0');
  }
  return count;
}

// A whole number that fits 64 bits with sign. Refuses a leading zero, "-0", a fraction and an
// exponent. Returns the first byte after it, or null.
FASTPOLY_INLINE const char* read_int(const char* p, int64_t& value) {
  const bool negative = *p == '-';
  p += negative;
  uint64_t magnitude;
  const int count = read_digits(p, magnitude);
  if (FASTPOLY_UNLIKELY(count == 0)) return nullptr;
  if (FASTPOLY_UNLIKELY(*p == '0' && (count > 1 || negative))) return nullptr;
  if (FASTPOLY_UNLIKELY(count == 19 && magnitude > static_cast<uint64_t>(INT64_MAX)))
    return nullptr;
  const char next = p[count];
  if (FASTPOLY_UNLIKELY(next == '.' || (next | 0x20) == 'e')) return nullptr;
  value = negative ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude);
  return p + count;
}

constexpr uint64_t kExactDouble = uint64_t{1} << 53;  // whole numbers up to here are doubles

// The rest of read_float: many digits, or an exponent. `p` is at the number's first byte.
const char* read_long_float(const char* p, double& value, bool& integer);

// A number. Digits and power of ten that doubles hold exactly make the quotient correctly rounded;
// all else goes through a correctly rounding conversion. Refuses "-0", a leading zero, whole
// numbers that a double does not hold and what overflows. Returns the first byte after it, or null.
FASTPOLY_INLINE const char* read_float(const char* p, double& value, bool& integer) {
  static constexpr double kTens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  const uint64_t word = load8(p);
  uint64_t digits;
  const int whole = digit_run(word, digits);
  if (FASTPOLY_UNLIKELY(whole == 0 || whole == 8)) return read_long_float(p, value, integer);
  if (FASTPOLY_UNLIKELY(*p == '0' && whole > 1)) return nullptr;
  if (p[whole] != '.') {
    if (FASTPOLY_UNLIKELY((p[whole] | 0x20) == 'e')) return read_long_float(p, value, integer);
    value = static_cast<double>(static_cast<int64_t>(some_digits(digits, whole)));
    integer = true;
    return p + whole;
  }
  uint64_t decimals;
  const int places = digit_run(load8(p + whole + 1), decimals);
  if (FASTPOLY_UNLIKELY(places == 0)) return nullptr;
  const char* end = p + whole + 1 + places;
  // At most 7 + 7 digits: below 2^53.
  if (FASTPOLY_UNLIKELY(places == 8 || (*end | 0x20) == 'e'))
    return read_long_float(p, value, integer);
  const uint64_t mantissa =
      some_digits(digits, whole) * kPowersOfTen[places] + some_digits(decimals, places);
  value = static_cast<double>(static_cast<int64_t>(mantissa)) / kTens[places];
  integer = false;
  return end;
}

// Bit i is set where byte i of the sixteen at `p` ends a string of plain ASCII: a quote, or an
// escape, a control character or a byte beyond ASCII.
#if defined(__SSE2__)
FASTPOLY_INLINE uint32_t specials16(const char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  // As signed bytes, control characters and everything beyond ASCII are below a space.
  const __m128i control = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  return static_cast<uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, escape), control)));
}
#else
FASTPOLY_INLINE uint32_t specials16(const char* p) {
  uint32_t specials = 0;
  for (int i = 0; i < 16; ++i) {
    const auto byte = static_cast<signed char>(p[i]);
    specials |= static_cast<uint32_t>(byte == '"' || byte == '\\' || byte < 0x20) << i;
  }
  return specials;
}
#endif

// The length of the plain string at `p` (just after its opening quote), up to its closing quote;
// -1 when it is not plain, or has 48 bytes or more.
FASTPOLY_INLINE int plain_string(const char* p) {
  for (int at = 0; at < 48; at += 16) {
    const uint32_t specials = specials16(p + at);
    if (FASTPOLY_UNLIKELY(specials == 0)) continue;
    const int size = at + __builtin_ctz(specials);
    return FASTPOLY_LIKELY(p[size] == '"') ? size : -1;
  }
  return -1;
}

}  // namespace fastpoly
