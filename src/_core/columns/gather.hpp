// Rows -> the records of a NumPy structured array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/tokens.hpp"
#include "rows/decimal.hpp"
#include "rows/market.hpp"
#include "rows/row.hpp"
#include "rows/runs.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

// What was noticed while rows were gone through.
struct Gathered {
  uint32_t foreign = 0;  // fields of which some row has a value that is only in its bytes, as bits
  uint32_t widest = 0;   // the longest symbol
};

// One way to lay out the records of an event type. There are several, for longer symbols.
struct RecordLayout {
  uint32_t symbol_width;  // characters; what is longer is cut
  uint32_t record_size;
  const uint16_t* offsets;  // of each field's column
  void (*gather)(const char* rows, size_t count, char* records, Gathered& seen);
};

constexpr uint16_t kNoColumn = UINT16_MAX;  // of a field whose column holds Python objects
constexpr int kSymbolWidths = 3;

extern const RecordLayout kRecordLayouts[][kSymbolWidths];  // by EventSpec::index

// The layout that the first row asks for: the rows of a batch are mostly alike in that.
int first_layout(const RowRuns& rows, const EventSpec& event);

// The narrowest layout with room for symbols of that size, which is Symbol::kMaxSize at most.
int layout_for(const EventSpec& event, uint32_t symbol_size);

// Writes one record a row. What is not in the row gets its column's sign for a missing value.
Gathered gather(const RowRuns& rows, const RecordLayout& layout, char* records);

// ------------------------------------------------------------- for the generated functions

// Symbols are all over the memory: those of the next rows are fetched meanwhile.
constexpr size_t kAhead = 12;

// Characters of one byte to characters of four.
inline void widen8(const char* from, char32_t* to) {
#if defined(__SSE2__)
  const __m128i none = _mm_setzero_si128();
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  const __m128i pairs = _mm_unpacklo_epi8(bytes, none);
  auto* const at = reinterpret_cast<__m128i*>(to);
  _mm_storeu_si128(at, _mm_unpacklo_epi16(pairs, none));
  _mm_storeu_si128(at + 1, _mm_unpackhi_epi16(pairs, none));
#else
  for (int i = 0; i < 8; ++i) to[i] = static_cast<unsigned char>(from[i]);
#endif
}

template <int W>
inline void put_symbol(const Symbol* symbol, char32_t* to, uint32_t& widest) {
  static_assert(W % 8 == 0 && W <= Symbol::kMaxSize, "a symbol is widened by words");
  static constexpr Symbol kNone = {};
  if (symbol == nullptr) symbol = &kNone;
  for (int i = 0; i < W; i += 8) widen8(symbol->text() + i, to + i);
  if (symbol->size > widest) widest = symbol->size;
}

template <size_t kSize>
inline void copy_bytes(const void* from, size_t from_at, void* to, size_t to_at) {
  std::memcpy(static_cast<char*>(to) + to_at, static_cast<const char*>(from) + from_at, kSize);
}

// Writes eight bytes: what comes after the column in the record is padding, or is written later.
inline void put_flag(uint8_t flag, void* to) {
  const char bytes[8] = {static_cast<char>(flag)};
  std::memcpy(to, bytes, sizeof bytes);
}

// Writes one character more than the column has: what comes after it in the record is padding, or
// is written later.
template <int W>
inline void put_text(const Text<W>& text, char32_t* to) {
  const char* const from = text.data;
  for (int i = 0; i < W - 7; i += 8) widen8(from + i, to + i);
  const uint64_t last = load8(from + W - 7) & 0xffffffffffffff;
  char bytes[8];
  std::memcpy(bytes, &last, 8);
  widen8(bytes, to + W - 7);
}

}  // namespace fastpoly
