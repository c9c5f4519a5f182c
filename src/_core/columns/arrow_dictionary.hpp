// The symbols of one Arrow column, each once.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "columns/arrow.hpp"
#include "rows/runs.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

// The symbols of one export in the order of their first appearance. Kept between the exports of a
// thread for its memory, which grows with the number of symbols known.
class Dictionary {
 public:
  struct Entry {
    const char* text;
    uint32_t size;
    uint32_t id;  // of its Symbol; kSpilled for a text that is none
  };
  static constexpr uint32_t kSpilled = UINT32_MAX;

  void fill(const RowRuns& rows, const FieldSpec& field, const Spill* const* spill,
            const Spill* const* spills_end) {
    for (const Entry& entry : entries)
      if (entry.id != kSpilled) places_[entry.id] = kNone;
    entries.clear();
    bytes = 0;
    indices.resize(rows.rows());
    std::unordered_map<std::string_view, int32_t> texts;
    size_t at = 0;
    rows.each_row([&](const char* row) {
      const Symbol* symbol;
      std::memcpy(&symbol, row + field.offset, sizeof symbol);
      int32_t index = 0;
      if (__builtin_expect(symbol != nullptr, 1)) {
        // Not by the table's size, which only holders of the interpreter lock may ask for.
        if (__builtin_expect(symbol->id >= places_.size(), 0)) make_places(symbol->id);
        index = places_[symbol->id];
        if (index == kNone) {
          index = static_cast<int32_t>(entries.size());
          append({symbol->text(), symbol->size, symbol->id});
          places_[symbol->id] = index;
        }
      } else if (spill != spills_end && (*spill)->row == at) {
        const std::string& text = (*spill++)->text;
        const auto known = texts.emplace(text, static_cast<int32_t>(entries.size()));
        index = known.first->second;
        if (known.second) append({text.data(), static_cast<uint32_t>(text.size()), kSpilled});
      }
      indices[at++] = index;
    });
  }

  // After a burst, gives back what that alone needed.
  void trim() {
    constexpr size_t kKept = 1 << 20;
    if (indices.capacity() > kKept) std::vector<int32_t>().swap(indices);
  }

  std::vector<int32_t> indices;  // of each row; 0 where it has no symbol
  std::vector<Entry> entries;
  size_t bytes;

 private:
  static constexpr int32_t kNone = -1;

  void make_places(uint32_t id) {
    places_.resize(std::max<size_t>(size_t{id} + 1, places_.size() * 2), kNone);
  }

  void append(Entry entry) {
    entries.push_back(entry);
    bytes += entry.size;
  }

  std::vector<int32_t> places_;  // by Symbol::id
};

}  // namespace fastpoly
