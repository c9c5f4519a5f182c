// The rare numbers: many digits, exponents.
#include "base/tokens.hpp"

#include <charconv>
#include <system_error>

namespace fastpoly {

const char* read_long_float(const char* p, double& value, bool& integer) {
  static constexpr double kTens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* const begin = p;
  const bool negative = *p == '-';
  p += negative;
  const char* const digits = p;
  uint64_t mantissa = 0;
  int significant = 0;
  int exponent = 0;
  auto digit = [&](char byte) {
    // More than 19 digits are left to the conversion, so overflow here does no harm.
    mantissa = mantissa * 10 + static_cast<uint64_t>(byte - '0');
    significant += significant > 0 || byte != '0';
  };
  for (; *p >= '0' && *p <= '9'; ++p) digit(*p);
  if (p == digits || (*digits == '0' && p > digits + 1)) return nullptr;
  integer = true;
  if (*p == '.') {
    integer = false;
    const char* const decimals = ++p;
    for (; *p >= '0' && *p <= '9'; ++p) digit(*p);
    if (p == decimals) return nullptr;
    exponent = static_cast<int>(decimals - p);
  }
  if ((*p | 0x20) == 'e') {
    integer = false;
    ++p;
    const bool down = *p == '-';
    p += down || *p == '+';
    const char* const power_at = p;
    int power = 0;
    for (; *p >= '0' && *p <= '9'; ++p)
      if (power < 100000) power = power * 10 + (*p - '0');
    if (p == power_at) return nullptr;
    exponent += down ? -power : power;
  }
  if (integer) {
    // A double would not give the number back, nor the sign of "-0".
    if (significant > 16 || mantissa > kExactDouble || (negative && mantissa == 0)) return nullptr;
  }
  if (significant <= 19 && mantissa <= kExactDouble && exponent >= -22 && exponent <= 22) {
    // Two exact doubles: one correctly rounded operation.
    value = static_cast<double>(mantissa);
    value = exponent < 0 ? value / kTens[-exponent] : value * kTens[exponent];
    if (negative) value = -value;
    return p;
  }
  const auto result = std::from_chars(begin, p, value);
  return result.ec == std::errc() && result.ptr == p ? p : nullptr;
}

}  // namespace fastpoly
