// One version of the search per instruction set, chosen once, when the library is loaded.
#include "decode/separators.hpp"

#include <cstring>

#include "base/processor.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define FASTPOLY_X86 1
#endif

// GCC 12 takes the undefined registers in its own AVX-512 header for mistakes of ours (its bug
// 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace fastpoly {

namespace {

inline uint64_t first_bits(size_t count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

// Writes the offsets of the set bits. In groups whose size does not depend on the bits: the loop's
// exit would be mispredicted otherwise, once a block.
template <int kGroup>
inline uint32_t* write_offsets(uint64_t bits, int count, uint32_t block, uint32_t* out) {
  for (int written = 0;;) {
    for (int i = 0; i < kGroup; ++i) {
      out[written + i] = block + static_cast<uint32_t>(__builtin_ctzll(bits | uint64_t{1} << 63));
      bits &= bits - 1;
    }
    written += kGroup;
    if (__builtin_expect(written >= count, 1)) return out + count;
  }
}

#if defined(FASTPOLY_X86)

__attribute__((target("avx2,bmi,popcnt"))) size_t find_avx2(const char* text, size_t size,
                                                            uint32_t* offsets) {
  const __m256i comma = _mm256_set1_epi8(',');
  const __m256i brace = _mm256_set1_epi8('}');
  uint32_t* out = offsets;
  for (size_t at = 0; at < size; at += 64) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 32));
    const __m256i low_hits =
        _mm256_or_si256(_mm256_cmpeq_epi8(low, comma), _mm256_cmpeq_epi8(low, brace));
    const __m256i high_hits =
        _mm256_or_si256(_mm256_cmpeq_epi8(high, comma), _mm256_cmpeq_epi8(high, brace));
    uint64_t bits = static_cast<uint32_t>(_mm256_movemask_epi8(low_hits)) |
                    static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(high_hits)))
                        << 32;
    bits &= first_bits(size - at);
    out = write_offsets<8>(bits, static_cast<int>(_mm_popcnt_u64(bits)), static_cast<uint32_t>(at),
                           out);
  }
  return static_cast<size_t>(out - offsets);
}

__attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,popcnt"))) size_t
find_avx512(const char* text, size_t size, uint32_t* offsets) {
  alignas(64) static constexpr uint8_t kCount[64] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
      44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const __m512i places = _mm512_load_si512(kCount);
  const __m512i comma = _mm512_set1_epi8(',');
  const __m512i brace = _mm512_set1_epi8('}');
  uint32_t* out = offsets;
  for (size_t at = 0; at < size; at += 64) {
    const __m512i bytes = _mm512_loadu_si512(text + at);
    uint64_t bits = _mm512_cmpeq_epi8_mask(bytes, comma) | _mm512_cmpeq_epi8_mask(bytes, brace);
    bits &= first_bits(size - at);
    const int count = static_cast<int>(_mm_popcnt_u64(bits));
    const __m512i hits = _mm512_maskz_compress_epi8(bits, places);
    const __m512i block = _mm512_set1_epi32(static_cast<int>(at));
    _mm512_storeu_si512(
        out, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(hits)), block));
    if (__builtin_expect(count > 16, 0)) {
      // Not JSON of this service, yet JSON: the rest of the block, sixteen at a time.
      const __m128i more[3] = {_mm512_extracti32x4_epi32(hits, 1),
                               _mm512_extracti32x4_epi32(hits, 2),
                               _mm512_extracti32x4_epi32(hits, 3)};
      for (int i = 0; i < 3; ++i)
        _mm512_storeu_si512(out + 16 * (i + 1),
                            _mm512_add_epi32(_mm512_cvtepu8_epi32(more[i]), block));
    }
    out += count;
  }
  return static_cast<size_t>(out - offsets);
}

size_t find_sse2(const char* text, size_t size, uint32_t* offsets) {
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i brace = _mm_set1_epi8('}');
  uint32_t* out = offsets;
  for (size_t at = 0; at < size; at += 64) {
    uint64_t bits = 0;
    for (int i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at + i * 16));
      const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, comma), _mm_cmpeq_epi8(bytes, brace));
      bits |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(hits))) << (i * 16);
    }
    bits &= first_bits(size - at);
    for (; bits != 0; bits &= bits - 1)
      *out++ = static_cast<uint32_t>(at) + static_cast<uint32_t>(__builtin_ctzll(bits));
  }
  return static_cast<size_t>(out - offsets);
}

FindSeparators choose() {
  if (processor() == Processor::kAvx512) return find_avx512;
  return processor() == Processor::kAvx2 ? find_avx2 : find_sse2;
}

#else

// A loop that compilers turn into whatever the processor has.
size_t find_portable(const char* text, size_t size, uint32_t* offsets) {
  uint32_t* out = offsets;
  for (size_t at = 0; at < size; ++at)
    if (text[at] == ',' || text[at] == '}') *out++ = static_cast<uint32_t>(at);
  return static_cast<size_t>(out - offsets);
}

FindSeparators choose() { return find_portable; }

#endif

}  // namespace

const FindSeparators find_separators = choose();

}  // namespace fastpoly
