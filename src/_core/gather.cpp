// Field by field, so that the kind is looked at once a field and not once a value.
#include "gather.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "scan.hpp"
#include "symbols.hpp"

namespace fastpoly {

namespace {

constexpr int64_t kFirstNs = 100'000'000'000'000;  // an epoch below this is in ms
constexpr int64_t kMsToNs = 1'000'000;

struct Target {
  char* first;
  size_t step;

  char* operator[](size_t i) const { return first + i * step; }
};

// A value that the row has as the column has it, bit for bit.
template <class T>
void copy(const char* const* rows, size_t count, size_t offset, Target to) {
  for (size_t i = 0; i < count; ++i) std::memcpy(to[i], rows[i] + offset, sizeof(T));
}

void symbols(const char* const* rows, size_t count, size_t offset, uint32_t width, Target to) {
  for (size_t i = 0; i < count; ++i) {
    const Symbol* symbol;
    std::memcpy(&symbol, rows[i] + offset, sizeof symbol);
    const uint32_t known = std::min<uint32_t>(width, Symbol::kMaxSize);
    if (symbol == nullptr) {
      std::memset(to[i], 0, width * sizeof(char32_t));
      continue;
    }
    std::memcpy(to[i], symbol->wide, known * sizeof(char32_t));
    if (width > known)
      std::memset(to[i] + known * sizeof(char32_t), 0, (width - known) * sizeof(char32_t));
  }
}

void texts(const char* const* rows, size_t count, const FieldSpec& field, uint32_t width,
           Target to) {
  const uint32_t known = std::min<uint32_t>(width, field.width);
  for (size_t i = 0; i < count; ++i) {
    const auto* text = reinterpret_cast<const unsigned char*>(rows[i] + field.offset);
    char32_t wide[39];
    for (uint32_t j = 0; j < known; ++j) wide[j] = text[j];
    std::memcpy(to[i], wide, known * sizeof(char32_t));
    if (width > known)
      std::memset(to[i] + known * sizeof(char32_t), 0, (width - known) * sizeof(char32_t));
  }
}

double number_of(const Text<23>& text) {
  char padded[sizeof text + kPadding] = {};
  std::memcpy(padded, text.data, text.size);
  const char* digits = padded;
  const bool negative = *digits == '-';
  digits += negative;
  double value;
  bool integer;
  const char* end = read_float(digits, value, integer);
  // What read_float leaves alone for being a large whole number is still a number.
  if (end == nullptr) end = read_any_float(digits, value);
  if (end != padded + text.size) return NAN;
  return negative ? -value : value;
}

void decimals(const char* const* rows, size_t count, size_t offset, Target to) {
  for (size_t i = 0; i < count; ++i) {
    const auto& text = *reinterpret_cast<const Text<23>*>(rows[i] + offset);
    const double value = text.size == 0 ? NAN : number_of(text);
    std::memcpy(to[i], &value, sizeof value);
  }
}

void epochs(const char* const* rows, size_t count, size_t offset, Target to) {
  for (size_t i = 0; i < count; ++i) {
    int64_t value;
    std::memcpy(&value, rows[i] + offset, sizeof value);
    if (value < kFirstNs && value != kMissingInt) {
      const bool fits = value >= INT64_MIN / kMsToNs && value <= INT64_MAX / kMsToNs;
      value = fits ? value * kMsToNs : kMissingInt;
    }
    std::memcpy(to[i], &value, sizeof value);
  }
}

}  // namespace

uint32_t widest_text(const char* const* rows, size_t count, const FieldSpec& field) {
  uint32_t widest = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t size;
    if (field.kind == Kind::kSymbol) {
      const Symbol* symbol;
      std::memcpy(&symbol, rows[i] + field.offset, sizeof symbol);
      size = symbol == nullptr ? 0 : symbol->size;
    } else {
      size = static_cast<unsigned char>(rows[i][field.offset + field.width]);
    }
    widest = std::max(widest, size);
  }
  return widest;
}

void gather(const char* const* rows, size_t count, const EventSpec& event,
            const Placement* placements, size_t placement_count, char* records,
            size_t record_size) {
  for (size_t i = 0; i < placement_count; ++i) {
    const Placement& placement = placements[i];
    const FieldSpec& field = event.fields[placement.field];
    const Target to{records + placement.offset, record_size};
    switch (field.kind) {
      case Kind::kSymbol:
        symbols(rows, count, field.offset, placement.width, to);
        break;
      case Kind::kText:
        texts(rows, count, field, placement.width, to);
        break;
      case Kind::kDecimal:
        decimals(rows, count, field.offset, to);
        break;
      case Kind::kInt:
      case Kind::kMs:
      case Kind::kNs:
        copy<int64_t>(rows, count, field.offset, to);
        break;
      case Kind::kEpoch:
        epochs(rows, count, field.offset, to);
        break;
      case Kind::kFloat:
        copy<double>(rows, count, field.offset, to);
        break;
      case Kind::kFlag:
        copy<uint8_t>(rows, count, field.offset, to);
        break;
      case Kind::kCodes:
        copy<int16_t[Codes::kMax]>(rows, count, field.offset, to);
        break;
      case Kind::kLevels:
        break;
    }
  }
}

}  // namespace fastpoly
