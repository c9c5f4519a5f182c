// The rare decimal texts: many digits, exponents, what is no number.
#include "rows/decimal.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace fastpoly {

namespace {

const char* skip_digits(const char* p, const char* end) {
  while (p != end && *p >= '0' && *p <= '9') ++p;
  return p;
}

// Whether the text is a number as JSON writes it, leading zeros allowed; from_chars accepts more.
bool is_number(const char* p, const char* end, bool& negative_power) {
  if (p != end && *p == '-') ++p;
  const char* const whole = p;
  p = skip_digits(p, end);
  if (p == whole) return false;
  if (p != end && *p == '.') {
    const char* const places = ++p;
    p = skip_digits(p, end);
    if (p == places) return false;
  }
  negative_power = false;
  if (p != end && (*p | 0x20) == 'e') {
    ++p;
    negative_power = p != end && *p == '-';
    if (p != end && (*p == '-' || *p == '+')) ++p;
    const char* const power = p;
    p = skip_digits(p, end);
    if (p == power) return false;
  }
  return p == end;
}

}  // namespace

double long_decimal_value(const Text<23>& text) {
  const char* const end = text.data + text.size;
  bool negative_power;
  if (!is_number(text.data, end, negative_power)) return NAN;
  double value = 0;
  const auto result = std::from_chars(text.data, end, value);
  if (result.ec != std::errc::result_out_of_range) return value;
  // 23 characters overflow or vanish by their exponent alone.
  const double limit = negative_power ? 0.0 : INFINITY;
  return *text.data == '-' ? -limit : limit;
}

}  // namespace fastpoly
