// The numbers that decimal texts of rows write.
#pragma once

#include "base/tokens.hpp"
#include "rows/row.hpp"

namespace fastpoly {

// Of any text: many digits, exponents, what is no number.
double long_decimal_value(const Text<23>& text);

// The number that a decimal text writes; NaN where it writes none. Most have few digits: no byte
// beyond the text's own 23 is looked at for those.
inline double decimal_value(const Text<23>& text) {
  static constexpr double kTens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  uint64_t digits;
  const int whole = digit_run(load8(text.data), digits);
  if (FASTPOLY_UNLIKELY(whole == 0 || whole == 8)) return long_decimal_value(text);
  uint64_t mantissa = some_digits(digits, whole);
  if (text.size == whole) return static_cast<double>(static_cast<int64_t>(mantissa));
  const int places = digit_run(load8(text.data + whole + 1), digits);
  if (FASTPOLY_UNLIKELY(text.data[whole] != '.' || places == 0 || places == 8 ||
                        text.size != whole + 1 + places))
    return long_decimal_value(text);
  // At most 7 + 7 digits: below 2^53, so that the one division rounds correctly.
  mantissa = mantissa * kPowersOfTen[places] + some_digits(digits, places);
  return static_cast<double>(static_cast<int64_t>(mantissa)) / kTens[places];
}

}  // namespace fastpoly
