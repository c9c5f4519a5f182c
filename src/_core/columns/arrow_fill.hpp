// Row values -> the buffers of an Arrow column, 64 rows at a time: their rows stay in the
// first-level cache while every column takes its value, and their nulls are one word of a validity
// bitmap.
#pragma once

#include <algorithm>
#include <cstring>

#include "columns/arrow.hpp"
#include "rows/epoch.hpp"
#include "rows/row.hpp"

namespace fastpoly {

constexpr size_t kBlock = 64;

// One column while it is filled.
struct Target {
  const FieldSpec* field;
  const Spill* const* spills;  // those that are left
  const Spill* const* spills_end;
  uint32_t bit;
  uint64_t* validity;  // null when the value is in every row
  int32_t* offsets;
  char* values;
  int32_t* inner_offsets;
  char* inner_values;
  size_t bytes;  // of text
  size_t items;  // of lists
  size_t inner;  // of lists in lists
  size_t done;   // bytes of text or items of lists written
  size_t inner_done;
  size_t nulls;

  // The value that did not fit the row at this place, if there is one.
  const Spill* spill(size_t row) {
    if (spills == spills_end || (*spills)->row != row) return nullptr;
    return *spills++;
  }

  bool spill_within(size_t rows) const { return spills != spills_end && (*spills)->row < rows; }
};

// What fixed-size copies of texts and lists may write beyond the value's own end.
constexpr size_t kOvershoot = 64;

struct Block {
  const char* rows[kBlock];
  size_t count = 0;
  size_t first = 0;  // place of the first row
};

template <class T>
void put_values(const Block& block, Target& to) {
  T* const values = reinterpret_cast<T*>(to.values) + block.first;
  const size_t offset = to.field->offset;
  for (size_t i = 0; i < block.count; ++i)
    std::memcpy(values + i, block.rows[i] + offset, sizeof(T));
}

inline void put_epochs(const Block& block, Target& to, uint64_t& valid) {
  int64_t* const values = reinterpret_cast<int64_t*>(to.values) + block.first;
  for (size_t i = 0; i < block.count; ++i) {
    int64_t value;
    std::memcpy(&value, block.rows[i] + to.field->offset, sizeof value);
    values[i] = epoch_ns(value);
    valid &= ~(static_cast<uint64_t>(values[i] == kMissingInt) << i);
  }
}

inline uint64_t flags(const Block& block, const Target& to) {
  uint64_t word = 0;
  for (size_t i = 0; i < block.count; ++i)
    word |= static_cast<uint64_t>(block.rows[i][to.field->offset] & 1) << i;
  return word;
}

// A field's text is W bytes and its size in one more; the copy is of all of them, and what is
// beyond the text is overwritten by the next.
template <int W>
void put_texts(const Block& block, Target& to) {
  int32_t* const offsets = to.offsets + block.first;
  size_t at = to.done;
  for (size_t i = 0; i < block.count; ++i) {
    offsets[i] = static_cast<int32_t>(at);
    const char* const text = block.rows[i] + to.field->offset;
    std::memcpy(to.values + at, text, W + 1);
    at += static_cast<unsigned char>(text[W]);
    if (__builtin_expect(to.spills != to.spills_end, 0)) {
      if (const Spill* const spill = to.spill(block.first + i)) {
        std::memcpy(to.values + at, spill->text.data(), spill->text.size());
        at += spill->text.size();
      }
    }
  }
  offsets[block.count] = static_cast<int32_t>(at);
  to.done = at;
}

inline void put_codes(const Block& block, Target& to) {
  int32_t* const offsets = to.offsets + block.first;
  auto* const values = reinterpret_cast<int64_t*>(to.values);
  size_t at = to.done;
  for (size_t i = 0; i < block.count; ++i) {
    offsets[i] = static_cast<int32_t>(at);
    const auto& codes = *reinterpret_cast<const Codes*>(block.rows[i] + to.field->offset);
    for (int j = 0; j < Codes::kMax; ++j) values[at + static_cast<size_t>(j)] = codes.data[j];
    at += static_cast<size_t>(codes.size);
    if (__builtin_expect(to.spills != to.spills_end, 0)) {
      if (const Spill* const spill = to.spill(block.first + i)) {
        std::copy(spill->codes.begin(), spill->codes.end(), values + at);
        at += spill->codes.size();
      }
    }
  }
  offsets[block.count] = static_cast<int32_t>(at);
  to.done = at;
}

// Levels are never in a row.
inline void put_levels(const Block& block, Target& to) {
  for (size_t i = 0; i < block.count; ++i) {
    to.offsets[block.first + i] = static_cast<int32_t>(to.done);
    const Spill* const spill = to.spill(block.first + i);
    if (spill == nullptr) continue;
    for (const std::vector<double>& level : spill->levels) {
      to.inner_offsets[to.done++] = static_cast<int32_t>(to.inner_done);
      if (!level.empty())
        std::memcpy(reinterpret_cast<double*>(to.inner_values) + to.inner_done, level.data(),
                    level.size() * sizeof(double));
      to.inner_done += level.size();
    }
  }
  to.offsets[block.first + block.count] = static_cast<int32_t>(to.done);
  to.inner_offsets[to.done] = static_cast<int32_t>(to.inner_done);
}

inline uint64_t validity(const Block& block, const uint32_t* plain, const Target& to) {
  uint64_t word = 0;
  for (size_t i = 0; i < block.count; ++i)
    word |= static_cast<uint64_t>(plain[i] >> to.bit & 1) << i;
  const Spill* const* spill = to.spills;
  for (; spill != to.spills_end && (*spill)->row < block.first + block.count; ++spill)
    word |= uint64_t{1} << ((*spill)->row - block.first);
  return word;
}

inline void put(const Block& block, Target& to, uint64_t& valid) {
  switch (to.field->kind) {
    case Kind::kSymbol:
      break;
    case Kind::kText:
    case Kind::kDecimal:
      if (to.field->width == 7) return put_texts<7>(block, to);
      if (to.field->width == 39) return put_texts<39>(block, to);
      return put_texts<23>(block, to);
    case Kind::kInt:
    case Kind::kMs:
    case Kind::kNs:
      return put_values<int64_t>(block, to);
    case Kind::kFloat:
      return put_values<double>(block, to);
    case Kind::kEpoch:
      return put_epochs(block, to, valid);
    case Kind::kFlag:
      reinterpret_cast<uint64_t*>(to.values)[block.first / kBlock] = flags(block, to);
      return;
    case Kind::kCodes:
      return put_codes(block, to);
    case Kind::kLevels:
      return put_levels(block, to);
  }
}

}  // namespace fastpoly
