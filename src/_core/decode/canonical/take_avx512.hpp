// Reading numbers whose ends are known: four at a time, for x86-64 with AVX-512.
#pragma once

#include <immintrin.h>

#include "decode/canonical/take_avx2.hpp"

namespace fastpoly {

struct Avx512Numbers : Avx2Numbers {
  // Four tokens, right-aligned in a lane each: what is in `keep` of the sixteen bytes before each
  // end, as digits; zero elsewhere.
  static FASTPOLY_INLINE __m512i load_four(const char* const* ends, __mmask64 keep) {
    const auto at = [ends](int i) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(ends[i] - 16));
    };
    __m512i bytes = _mm512_castsi128_si512(at(0));
    bytes = _mm512_inserti32x4(bytes, at(1), 1);
    bytes = _mm512_inserti32x4(bytes, at(2), 2);
    bytes = _mm512_inserti32x4(bytes, at(3), 3);
    return _mm512_maskz_sub_epi8(keep, bytes, _mm512_set1_epi8('0'));
  }

  // The number in each lane, in the low half of the lane.
  static FASTPOLY_INLINE __m512i four_numbers(__m512i digits) {
    const __m512i pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(0x010a));
    const __m512i fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00010064));
    const __m512i packed = _mm512_packus_epi32(fours, fours);
    const __m512i eights = _mm512_madd_epi16(packed, _mm512_set1_epi32(0x00012710));
    return _mm512_add_epi64(_mm512_mul_epu32(eights, _mm512_set1_epi64(100000000)),
                            _mm512_srli_epi64(eights, 32));
  }

  template <uint32_t kMask, int N>
  static FASTPOLY_INLINE bool take_ints(const Tokens<N>& tokens, uint32_t plain, int64_t* values) {
    constexpr int kGroups = (N + 3) / 4;
    // One instruction; older processors, without AVX-512, are slow at it.
    const uint32_t present = _pext_u32(plain, kMask);
    alignas(32) uint64_t keep[4], lead[4];
    const auto four_sizes = [&tokens](int i) { return static_cast<int64_t>(tokens.sizes[i]); };
    const __m256i sizes =
        _mm256_set_epi64x(four_sizes(3), four_sizes(2), four_sizes(1), four_sizes(0));
    const __m256i kept =
        _mm256_sllv_epi16(_mm256_set1_epi16(-1), _mm256_sub_epi16(_mm256_set1_epi16(16), sizes));
    // The first digit of numbers of two digits and more, which may not be a zero.
    const __m256i first =
        _mm256_maskz_and_epi32(0xff, kept, _mm256_sub_epi16(_mm256_setzero_si256(), kept));
    const __mmask16 several = _mm256_cmpgt_epu16_mask(sizes, _mm256_set1_epi16(1));
    _mm256_store_si256(reinterpret_cast<__m256i*>(keep), kept);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lead), _mm256_maskz_mov_epi16(several, first));
    uint64_t bad = _mm256_cmpgt_epu16_mask(sizes, _mm256_set1_epi16(16)) |
                   (_mm256_cmpeq_epi16_mask(sizes, _mm256_setzero_si256()) & present);
    const __m256i missing = _mm256_set1_epi64x(kMissingInt);
    for (int group = 0; group < kGroups; ++group) {
      const __m512i digits = load_four(tokens.end + group * 4, keep[group]);
      bad |= _mm512_cmpgt_epu8_mask(digits, _mm512_set1_epi8(9)) |
             (_mm512_cmpeq_epi8_mask(digits, _mm512_setzero_si512()) & lead[group]);
      const __m256i numbers =
          _mm512_castsi512_si256(_mm512_maskz_compress_epi64(0x55, four_numbers(digits)));
      const __m256i filled =
          _mm256_mask_mov_epi64(missing, static_cast<__mmask8>(present >> (group * 4)), numbers);
      if (group * 4 + 4 <= N) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + group * 4), filled);
      } else {
        _mm256_mask_storeu_epi64(values + group * 4, (1 << (N - group * 4)) - 1, filled);
      }
    }
    return bad == 0;
  }
};

}  // namespace fastpoly
