// The text of the last event of each channel and symbol, for readers that have missed some.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rows/store.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

class LatestTexts {
 public:
  struct Entry {
    uint64_t position;     // which of all events it is, from 1
    const Symbol* symbol;  // null where only the text is known
    std::string name;      // then this is it
    std::string text;
  };

  void put(int column, const Symbol* symbol, uint64_t position, std::string_view text);
  void put(int column, std::string_view symbol, uint64_t position, std::string_view text);

  const std::vector<Entry>& entries(int column) const { return columns_[column].entries; }

  void clear() { *this = LatestTexts(); }

 private:
  struct Column {
    std::vector<Entry> entries;
    std::vector<uint32_t> places;  // by the symbol's id: which of the entries, plus one
    std::unordered_map<std::string, uint32_t> by_name;
  };

  static void set(Entry& entry, uint64_t position, std::string_view text);

  Column columns_[kColumns];
};

}  // namespace fastpoly
