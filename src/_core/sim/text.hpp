// Values to JSON text, spelled as the server spells them; the simulator's rendering is made of
// these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fastpoly::sim {

// Every put_ function writes at `out`, returns the new end, and may scribble up to this many bytes
// beyond it: copies have a fixed width because that is one instruction instead of a call.
constexpr size_t kTextSlack = 64;

// A ticker with its quotation marks, ready to be copied.
struct SymbolText {
  char text[31];
  uint8_t size = 0;

  SymbolText() = default;
  explicit SymbolText(std::string_view name) {
    if (name.size() > sizeof text - 2) name = name.substr(0, sizeof text - 2);
    text[0] = '"';
    std::memcpy(text + 1, name.data(), name.size());
    text[name.size() + 1] = '"';
    size = static_cast<uint8_t>(name.size() + 2);
  }
  std::string_view name() const { return {text + 1, static_cast<size_t>(size - 2)}; }
};

// An exact decimal number, mantissa / 10^scale. The simulator knows no binary fractions: a number
// of at most 15 digits is the shortest spelling of the double that a reader makes of it.
struct Decimal {
  // The server has the number as a whole one, so it never writes an exponent.
  static constexpr int32_t kWhole = -1;

  int64_t mantissa = 0;
  int32_t scale = 0;

  static Decimal whole(int64_t value) { return {value, kWhole}; }
};

// Whole millionths, written in quotation marks: `"100.0"`, or with all six digits.
struct Millionths {
  int64_t count = 0;
};

struct Codes {
  uint8_t count = 0;
  int16_t values[4] = {0, 0, 0, 0};
};

// A short text without characters that JSON escapes.
struct ShortText {
  uint8_t size = 0;
  char text[39];
};

struct Level {
  Decimal price;
  Decimal size;
};

struct Levels {
  const Level* first = nullptr;
  uint32_t count = 0;
};

template <size_t N>
inline char* put_literal(char* out, const char (&literal)[N]) {
  std::memcpy(out, literal, N - 1);
  return out + N - 1;
}

constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748"
    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495"
    "96979899";

inline char* put_four(char* out, uint32_t value) {
  std::memcpy(out, kDigitPairs + value / 100 * 2, 2);
  std::memcpy(out + 2, kDigitPairs + value % 100 * 2, 2);
  return out + 4;
}

inline char* put_eight(char* out, uint32_t value) {
  return put_four(put_four(out, value / 10000), value % 10000);
}

// Below 10^4, without leading zeros.
inline char* put_short(char* out, uint32_t value) {
  if (value >= 100) {
    if (value >= 1000) return put_four(out, value);
    *out = static_cast<char>('0' + value / 100);
    std::memcpy(out + 1, kDigitPairs + value % 100 * 2, 2);
    return out + 3;
  }
  if (value >= 10) {
    std::memcpy(out, kDigitPairs + value * 2, 2);
    return out + 2;
  }
  *out = static_cast<char>('0' + value);
  return out + 1;
}

// Below 10^8, without leading zeros.
inline char* put_long(char* out, uint32_t value) {
  if (value < 10000) return put_short(out, value);
  return put_four(put_short(out, value / 10000), value % 10000);
}

inline char* put_unsigned(char* out, uint64_t value) {
  constexpr uint64_t kEight = 100000000u;
  if (value < kEight) return put_long(out, static_cast<uint32_t>(value));
  const uint64_t high = value / kEight;
  const auto low = static_cast<uint32_t>(value % kEight);
  if (high < kEight) return put_eight(put_long(out, static_cast<uint32_t>(high)), low);
  out = put_long(out, static_cast<uint32_t>(high / kEight));
  return put_eight(put_eight(out, static_cast<uint32_t>(high % kEight)), low);
}

inline char* put_value(char* out, int64_t value) {
  if (value >= 0) return put_unsigned(out, static_cast<uint64_t>(value));
  *out = '-';
  return put_unsigned(out + 1, 0 - static_cast<uint64_t>(value));
}

constexpr uint64_t kPowersOfTen[] = {
    1u,        10u,        100u,        1000u,        10000u,        100000u,       1000000u,
    10000000u, 100000000u, 1000000000u, 10000000000u, 100000000000u, 1000000000000u};

// `1.5e-05`: what Go's 'g' format writes below 10^-4 and from 10^6 on.
inline char* put_exponent(char* out, uint64_t mantissa, int32_t scale) {
  while (mantissa % 10 == 0) {
    mantissa /= 10;
    --scale;
  }
  char digits[24];
  const auto count = static_cast<int32_t>(put_unsigned(digits, mantissa) - digits);
  *out++ = digits[0];
  if (count > 1) {
    *out++ = '.';
    std::memcpy(out, digits + 1, sizeof digits - 1);
    out += count - 1;
  }
  int32_t exponent = count - 1 - scale;
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  if (exponent < 0) exponent = -exponent;
  std::memcpy(out, kDigitPairs + exponent * 2, 2);
  return out + 2;
}

inline char* put_value(char* out, const Decimal& value) {
  if (value.scale == Decimal::kWhole) return put_value(out, value.mantissa);
  uint64_t mantissa = static_cast<uint64_t>(value.mantissa);
  if (value.mantissa < 0) {
    *out++ = '-';
    mantissa = 0 - mantissa;
  }
  const uint64_t unit = kPowersOfTen[value.scale];
  const uint64_t whole = mantissa / unit;
  if (whole >= 1000000 || (whole == 0 && mantissa != 0 && mantissa * 10000 < unit)) {
    return put_exponent(out, mantissa, value.scale);
  }
  uint64_t fraction = mantissa % unit;
  out = put_long(out, static_cast<uint32_t>(whole));
  if (fraction == 0) return out;
  *out++ = '.';
  // Twelve digits with the fraction at their front; then the trailing zeros go.
  fraction *= kPowersOfTen[12 - value.scale];
  char* end = put_eight(put_four(out, static_cast<uint32_t>(fraction / 100000000u)),
                        static_cast<uint32_t>(fraction % 100000000u));
  while (end[-1] == '0') --end;
  return end;
}

inline char* put_value(char* out, const SymbolText* symbol) {
  std::memcpy(out, symbol->text, sizeof symbol->text);
  return out + symbol->size;
}

inline char* put_value(char* out, const ShortText& value) {
  *out++ = '"';
  std::memcpy(out, value.text, sizeof value.text);
  out += value.size;
  *out++ = '"';
  return out;
}

inline char* put_value(char* out, const Millionths& value) {
  *out++ = '"';
  const auto count = static_cast<uint64_t>(value.count);
  out = put_unsigned(out, count / 1000000);
  const auto fraction = static_cast<uint32_t>(count % 1000000);
  if (fraction == 0) return put_literal(out, ".0\"");
  *out++ = '.';
  std::memcpy(out, kDigitPairs + fraction / 10000 * 2, 2);
  out = put_four(out + 2, fraction % 10000);
  *out++ = '"';
  return out;
}

inline char* put_value(char* out, const Codes& codes) {
  *out++ = '[';
  for (uint8_t i = 0; i < codes.count; ++i) {
    if (i != 0) *out++ = ',';
    out = put_value(out, int64_t{codes.values[i]});
  }
  *out++ = ']';
  return out;
}

inline char* put_value(char* out, const Levels& levels) {
  *out++ = '[';
  for (uint32_t i = 0; i < levels.count; ++i) {
    if (i != 0) *out++ = ',';
    *out++ = '[';
    out = put_value(out, levels.first[i].price);
    *out++ = ',';
    out = put_value(out, levels.first[i].size);
    *out++ = ']';
  }
  *out++ = ']';
  return out;
}

inline char* put_value(char* out, bool value) {
  return value ? put_literal(out, "true") : put_literal(out, "false");
}

}  // namespace fastpoly::sim
