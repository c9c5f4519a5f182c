// Events of plain values whose keys come in another order than the schema's, or are new.
#include <cmath>

#include "decode/canonical/fields.hpp"

namespace fastpoly {

void clear_field(const FieldSpec& field, char* row) {
  char* const at = row + field.offset;
  switch (field.kind) {
    case Kind::kSymbol: {
      const Symbol* const none = nullptr;
      std::memcpy(at, &none, sizeof none);
      break;
    }
    case Kind::kText:
    case Kind::kDecimal:
      std::memset(at, 0, field.width + size_t{1});
      break;
    case Kind::kInt:
    case Kind::kMs:
    case Kind::kNs:
    case Kind::kEpoch:
      std::memcpy(at, &kMissingInt, sizeof kMissingInt);
      break;
    case Kind::kFloat: {
      const double none = NAN;
      std::memcpy(at, &none, sizeof none);
      break;
    }
    case Kind::kFlag:
      *at = 0;
      break;
    case Kind::kCodes:
      clear_codes(*reinterpret_cast<Codes*>(at));
      break;
    case Kind::kLevels:
      break;
  }
}

namespace {

// The value of a known field; `p` is just after the colon.
const char* read_value(const FieldSpec& field, const char* p, char* row, bool& integer) {
  char* const at = row + field.offset;
  switch (field.kind) {
    case Kind::kSymbol:
      return *p == '"' ? read_symbol(p + 1, *reinterpret_cast<const Symbol**>(at)) : nullptr;
    case Kind::kText:
      if (*p != '"') return nullptr;
      if (field.width == 7) return read_text(p + 1, *reinterpret_cast<Text<7>*>(at));
      if (field.width == 23) return read_text(p + 1, *reinterpret_cast<Text<23>*>(at));
      return read_text(p + 1, *reinterpret_cast<Text<39>*>(at));
    case Kind::kDecimal:
      return *p == '"' ? read_text(p + 1, *reinterpret_cast<Text<23>*>(at)) : nullptr;
    case Kind::kInt:
    case Kind::kMs:
    case Kind::kNs:
    case Kind::kEpoch:
      return read_int(p, *reinterpret_cast<int64_t*>(at));
    case Kind::kFloat:
      return read_float(p, *reinterpret_cast<double*>(at), integer);
    case Kind::kFlag:
      return read_flag(p, *reinterpret_cast<uint8_t*>(at));
    case Kind::kCodes:
      return *p == '[' ? read_codes(p + 1, *reinterpret_cast<Codes*>(at)) : nullptr;
    case Kind::kLevels:
      return nullptr;
  }
  return nullptr;
}

// The value of a key that the schema does not know, if it is a plain scalar.
const char* skip_scalar(const char* p) {
  if (*p == '"') {
    const int size = plain_string(p + 1);
    return size < 0 ? nullptr : p + size + 2;
  }
  if (starts_with<4>(p, word_of("null", 4))) return p + 4;
  uint8_t flag;
  if (const char* after = read_flag(p, flag)) return after;
  int64_t whole;
  if (const char* after = read_int(p, whole)) return after;
  double number;
  bool integer;
  return read_float(p, number, integer);
}

int find_field(const EventSpec& event, uint64_t key) {
  for (int i = 0; i < event.field_count; ++i)
    if (event.fields[i].key_word == key) return i;
  return -1;
}

}  // namespace

const char* parse_any_order(const EventSpec& event, const char* p, char* row, bool& complete) {
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  head = RowHead{};
  for (int i = 0; i < event.field_count; ++i) clear_field(event.fields[i], row);
  while (*p == ',') {
    if (p[1] != '"') return nullptr;
    const int size = plain_string(p + 2);
    if (size < 0) return nullptr;
    const uint64_t key = size > 8 ? 0 : load8(p + 2) & first_bytes(size);
    const char* value = p + 2 + size + 1;
    if (*value != ':') return nullptr;
    ++value;
    const int field = size == 0 ? -1 : find_field(event, key);
    if (field < 0) {
      // A second "ev" could make it another event altogether.
      if (size == 2 && key == 0x7665) return nullptr;
      p = skip_scalar(value);
      if (p == nullptr) return nullptr;
      complete = false;
      continue;
    }
    const uint32_t bit = uint32_t{1} << field;
    bool integer = false;
    p = read_value(event.fields[field], value, row, integer);
    if (p == nullptr) return nullptr;
    head.integer = integer ? head.integer | bit : head.integer & ~bit;
    if ((head.plain & bit) == 0) {
      head.plain |= bit;
      if (head.ordered < kMaxOrdered) {
        head.order = head.order << 4 | static_cast<uint64_t>(field);
        ++head.ordered;
      } else {
        complete = false;
      }
    }
  }
  return *p == '}' ? p + 1 : nullptr;
}

}  // namespace fastpoly
