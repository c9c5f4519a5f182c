// Reading a field whose end is known: numbers, in words of eight bytes, for any processor.
#pragma once

#include "decode/canonical/take.hpp"

namespace fastpoly {

// Each returns whether the token at `p` is canonical and fills the space up to `end`, a separator.
struct PortableNumbers {
  static FASTPOLY_INLINE bool take_int(const char* p, const char* end, int64_t& value) {
    const ptrdiff_t size = end - p;
    uint64_t number;
    if (size >= 1 && size <= 8) {
      if (FASTPOLY_UNLIKELY(!exact_digits(p, static_cast<int>(size), number)))
        return read_int(p, value) == end;
    } else if (size > 8 && size <= 16) {
      uint64_t head;
      if (FASTPOLY_UNLIKELY(!exact_digits(p, static_cast<int>(size) - 8, head) ||
                            !exact_digits(end - 8, 8, number)))
        return read_int(p, value) == end;
      number += head * 100000000;
    } else {
      return read_int(p, value) == end;
    }
    value = static_cast<int64_t>(number);
    return *p != '0' || size == 1;
  }

  static FASTPOLY_INLINE bool take_float(const char* p, const char* end, double& value,
                                         bool& whole) {
    static constexpr double kTens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    constexpr uint64_t kEach = 0x0101010101010101ull;
    const ptrdiff_t size = end - p;
    if (FASTPOLY_UNLIKELY(size < 1 || size > 8)) return read_float(p, value, whole) == end;
    const int shift = static_cast<int>(8 - size) * 8;
    // Digits become 0 to 9, a point 0x1e; zero bytes fill up in front.
    const uint64_t bytes = (load8(p) ^ kEach * '0') << shift;
    const uint64_t off_point = bytes ^ kEach * 0x1e;
    const uint64_t points = (off_point - kEach) & ~off_point & kEach * 0x80;
    if (points == 0) {
      value = static_cast<double>(static_cast<int64_t>(eight_digits(bytes)));
      whole = true;
      if (FASTPOLY_UNLIKELY(!all_digits(bytes))) return read_float(p, value, whole) == end;
      return *p != '0' || size == 1;
    }
    const int point = __builtin_ctzll(points) & ~7;
    const uint64_t before = bytes & ((uint64_t{1} << point) - 1);
    const uint64_t digits = (bytes & ~((uint64_t{0xff} << point) | before)) | before << 8;
    if (FASTPOLY_UNLIKELY(!all_digits(digits))) return read_float(p, value, whole) == end;
    whole = false;
    value = static_cast<double>(static_cast<int64_t>(eight_digits(digits))) / kTens[7 - point / 8];
    // A point has digits on both sides, and no zero leads but one alone.
    return point > shift && point < 56 && (*p != '0' || p[1] == '.');
  }

  template <uint32_t kMask, int N>
  static FASTPOLY_INLINE bool take_ints(const Tokens<N>& tokens, uint32_t plain, int64_t* values) {
    return take_each_int<PortableNumbers>(tokens, pick_each<kMask>(plain), values);
  }
};

}  // namespace fastpoly
