// Reading a number whose end is known: sixteen digits at a time, for x86-64 with SSE 4.1.
#pragma once

#include <smmintrin.h>

#include "decode/canonical/take.hpp"

namespace fastpoly {

// Each returns whether the token at `p` is canonical and fills the space up to `end`, a separator.
// The sixteen bytes before `end` are readable: a number is preceded by its key and event.
struct Avx2Numbers {
  // Rows of a sliding window: the last n bytes of row n are kept.
  static FASTPOLY_INLINE __m128i keep_last(ptrdiff_t size) {
    alignas(16) static constexpr unsigned char kKeep[32] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(kKeep + size));
  }

  // The values of the last `size` bytes before `end` as digits, zeros before them.
  static FASTPOLY_INLINE __m128i load_digits(const char* end, ptrdiff_t size) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(end - 16));
    return _mm_and_si128(_mm_sub_epi8(bytes, _mm_set1_epi8('0')), keep_last(size));
  }

  static FASTPOLY_INLINE bool all_digits(__m128i digits) {
    return _mm_testz_si128(_mm_subs_epu8(digits, _mm_set1_epi8(9)), _mm_set1_epi8(-1)) != 0;
  }

  static FASTPOLY_INLINE uint64_t sixteen_digits(__m128i digits) {
    const __m128i pairs = _mm_maddubs_epi16(
        digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1));
    const __m128i fours = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1));
    const __m128i packed = _mm_packus_epi32(fours, fours);
    const __m128i eights =
        _mm_madd_epi16(packed, _mm_setr_epi16(10000, 1, 10000, 1, 10000, 1, 10000, 1));
    const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
    return (both & 0xffffffff) * 100000000 + (both >> 32);
  }

  static FASTPOLY_INLINE bool take_int(const char* p, const char* end, int64_t& value) {
    const ptrdiff_t size = end - p;
    if (FASTPOLY_UNLIKELY(size < 1 || size > 16)) return read_int(p, value) == end;
    const __m128i digits = load_digits(end, size);
    if (FASTPOLY_UNLIKELY(!all_digits(digits))) return read_int(p, value) == end;
    value = static_cast<int64_t>(sixteen_digits(digits));
    return *p != '0' || size == 1;
  }

  static FASTPOLY_INLINE bool take_float(const char* p, const char* end, double& value,
                                         bool& whole) {
    static constexpr double kTens[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const ptrdiff_t size = end - p;
    // A point and fifteen digits, which a double holds.
    if (FASTPOLY_UNLIKELY(size < 1 || size > 16)) return read_float(p, value, whole) == end;
    __m128i digits = load_digits(end, size);
    const __m128i point_byte = _mm_set1_epi8('.' - '0');
    const auto points =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(digits, point_byte)));
    if (points == 0) {
      if (FASTPOLY_UNLIKELY(size == 16 || !all_digits(digits)))
        return read_float(p, value, whole) == end;
      value = static_cast<double>(static_cast<int64_t>(sixteen_digits(digits)));
      whole = true;
      return *p != '0' || size == 1;
    }
    const int point = __builtin_ctz(points);
    // What is before the point moves up by one, over it.
    const __m128i after = keep_last(15 - point);
    digits = _mm_or_si128(
        _mm_and_si128(digits, after),
        _mm_andnot_si128(keep_last(16 - point - 1),
                         _mm_slli_si128(_mm_andnot_si128(keep_last(16 - point), digits), 1)));
    if (FASTPOLY_UNLIKELY(!all_digits(digits))) return read_float(p, value, whole) == end;
    whole = false;
    value = static_cast<double>(static_cast<int64_t>(sixteen_digits(digits))) / kTens[15 - point];
    // A point has digits on both sides, and no zero leads but one alone.
    return point > 16 - size && point < 15 && (*p != '0' || p[1] == '.');
  }

  template <uint32_t kMask>
  static FASTPOLY_INLINE uint32_t pick(uint32_t word) {
    return pick_each<kMask>(word);
  }

  template <int N>
  static FASTPOLY_INLINE bool take_ints(const Tokens<N>& tokens, uint32_t present,
                                        int64_t* values) {
    return take_each_int<Avx2Numbers>(tokens, present, values);
  }
};

}  // namespace fastpoly
