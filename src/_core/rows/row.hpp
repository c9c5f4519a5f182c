// The building blocks of rows: what one decoded event is in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fastpoly {

struct Symbol;

// Text of up to W bytes, held in the row and zero-filled to its end.
template <int W>
struct Text {
  static_assert(W % 8 == 7, "a text and its size are whole words");
  char data[W];
  uint8_t size;
};

// Whether a row can hold the text, if there is room: the same bytes in JSON, in a row, in a string.
inline bool is_plain_ascii(std::string_view text) {
  for (const char byte : text)
    if (byte < 0x20) return false;  // as signed, beyond ASCII too
  return true;
}

// Up to seven small whole numbers, held in the row; entries from `size` on are -1.
struct Codes {
  static constexpr int kMax = 7;
  int16_t data[kMax];
  int16_t size;
};

// Order book levels are of any length: they stay in the event's own bytes.
struct Levels {};

// What every row begins with. Bit n of the masks is field n of the event type, as in the schema.
//
// An event whose fields are all plain, whose keys are all known, and whose first key is "ev" is
// *complete*: its row says everything that its bytes said (`order` remembers the order of its keys
// where that is not the schema's). Any other event keeps a copy of its bytes as well.
struct RowHead {
  uint32_t plain;    // the value is in the row
  uint32_t foreign;  // the key is there, its value is only in the bytes: null, wrong type, too long
  uint32_t integer;  // the number was written without fraction or exponent
  uint8_t channel;   // index into the market's channels
  uint8_t market;
  uint8_t ordered;  // how many entries `order` has; 0 means the schema's order
  uint8_t reserved;
  uint64_t order;     // four bits a field, first key in the highest used
  uint32_t raw_at;    // the event's bytes in the store's arena
  uint32_t raw_size;  // 0 for a complete row
};

// A row of an event that has no fields of its own: a status, an unknown event.
struct RawRow {
  RowHead head;
};

// How every row of a market's event begins; the symbol is null where there is none.
struct SymbolRow {
  RowHead head;
  const Symbol* symbol;
};

constexpr int kMaxOrdered = 16;
constexpr int64_t kMissingInt = INT64_MIN;  // what NumPy calls NaT in a time column

}  // namespace fastpoly
