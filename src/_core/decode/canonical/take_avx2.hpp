// Reading numbers whose ends are known: sixteen digits at a time, four whole numbers together, for
// x86-64 with AVX2.
#pragma once

#include <immintrin.h>

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

  // Two tokens, right-aligned in a lane each.
  template <int N>
  static FASTPOLY_INLINE __m256i two_digits(const Tokens<N>& tokens, int low, int high) {
    const auto sixteen = [&tokens](int i) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(tokens.end[i] - 16));
    };
    const auto keep = [&tokens](int i) {
      return keep_last(static_cast<ptrdiff_t>(tokens.size(i)));
    };
    return _mm256_and_si256(
        _mm256_sub_epi8(_mm256_set_m128i(sixteen(high), sixteen(low)), _mm256_set1_epi8('0')),
        _mm256_set_m128i(keep(high), keep(low)));
  }

  // The four groups of four digits of each lane.
  static FASTPOLY_INLINE __m256i fours_of(__m256i digits) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a)),
                             _mm256_set1_epi32(0x00010064));
  }

  // The numbers 0 and 2, and 1 and 3, in their order.
  static FASTPOLY_INLINE __m256i four_numbers(__m256i even, __m256i odd) {
    const __m256i packed = _mm256_packus_epi32(fours_of(even), fours_of(odd));
    const __m256i eights = _mm256_madd_epi16(packed, _mm256_set1_epi32(0x00012710));
    return _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)),
                            _mm256_srli_epi64(eights, 32));
  }

  template <int kCount>
  static FASTPOLY_INLINE void store_first(int64_t* values, __m256i four) {
    const __m128i low = _mm256_castsi256_si128(four), high = _mm256_extracti128_si256(four, 1);
    if constexpr (kCount == 1) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(values), low);
    } else if constexpr (kCount < 4) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(values), low);
      if constexpr (kCount == 3) _mm_storel_epi64(reinterpret_cast<__m128i*>(values + 2), high);
    } else {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(values), four);
    }
  }

  // Reads four, and says in `wrong` whether they are what they should be.
  template <int kFrom, int N>
  static FASTPOLY_INLINE void take_four(const Tokens<N>& tokens, int64_t* values, __m256i& wrong) {
    // The smallest number of so many digits: below it are those that a zero leads.
    static constexpr auto kSmallest = [] {
      struct {
        int64_t of[17]{};
      } smallest;
      smallest.of[2] = 10;
      for (int size = 3; size <= 16; ++size) smallest.of[size] = smallest.of[size - 1] * 10;
      return smallest;
    }();
    const __m256i even = two_digits(tokens, kFrom, kFrom + 2);
    const __m256i odd = two_digits(tokens, kFrom + 1, kFrom + 3);
    const __m256i nine = _mm256_set1_epi8(9);
    wrong = _mm256_or_si256(wrong, _mm256_subs_epu8(even, nine));
    wrong = _mm256_or_si256(wrong, _mm256_subs_epu8(odd, nine));
    const __m256i numbers = four_numbers(even, odd);
    const auto smallest = [&tokens](int i) { return kSmallest.of[tokens.size(i)]; };
    wrong = _mm256_or_si256(
        wrong, _mm256_cmpgt_epi64(_mm256_set_epi64x(smallest(kFrom + 3), smallest(kFrom + 2),
                                                    smallest(kFrom + 1), smallest(kFrom)),
                                  numbers));
    const __m256i absent = _mm256_cmpeq_epi64(
        _mm256_cvtepu16_epi64(_mm_cvtsi64_si128(static_cast<int64_t>(tokens.sizes[kFrom / 4]))),
        _mm256_setzero_si256());
    static_assert(kMissingInt == INT64_MIN, "the highest bit alone; the rest is zero");
    store_first<(N - kFrom < 4 ? N - kFrom : 4)>(
        values + kFrom, _mm256_or_si256(numbers, _mm256_slli_epi64(absent, 63)));
  }

  // Reads them together if none is longer than sixteen digits, negative, or no number at all. Of
  // all slots, those that hold none among them: which of them do cannot be predicted.
  template <int N>
  static FASTPOLY_INLINE bool take_short_ints(const Tokens<N>& tokens, int present,
                                              int64_t* values) {
    const auto four_sizes = [&tokens](int i) { return static_cast<int64_t>(tokens.sizes[i]); };
    const __m256i sizes =
        _mm256_set_epi64x(four_sizes(3), four_sizes(2), four_sizes(1), four_sizes(0));
    const __m256i beyond = _mm256_subs_epu16(sizes, _mm256_set1_epi16(16));
    const auto none = static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi16(sizes, _mm256_setzero_si256())));
    if (FASTPOLY_UNLIKELY(!_mm256_testz_si256(beyond, beyond) ||
                          __builtin_popcount(none) != 32 - 2 * present))
      return false;
    __m256i wrong = _mm256_setzero_si256();
    take_four<0>(tokens, values, wrong);
    if constexpr (N > 4) take_four<4>(tokens, values, wrong);
    if constexpr (N > 8) take_four<8>(tokens, values, wrong);
    if constexpr (N > 12) take_four<12>(tokens, values, wrong);
    return _mm256_testz_si256(wrong, wrong) != 0;
  }

  template <uint32_t kMask, int N>
  static FASTPOLY_INLINE bool take_ints(const Tokens<N>& tokens, uint32_t plain, int64_t* values) {
    return FASTPOLY_LIKELY(take_short_ints(tokens, __builtin_popcount(plain & kMask), values)) ||
           take_each_int<Avx2Numbers>(tokens, pick_each<kMask>(plain), values);
  }
};

}  // namespace fastpoly
