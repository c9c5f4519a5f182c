// Numbers for symbols, from 1 on, in the order in which they first come. No Python in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/compiler.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

// Whoever keeps something for each symbol finds it by its number. Symbols that no symbol table has,
// because they are too long or there is no room, are found by their texts.
class SymbolIndex {
 public:
  // The symbol's number; 0 where it has none yet.
  FASTPOLY_INLINE uint32_t find(const Symbol* symbol) const {
    const uint32_t* const page = pages_[SymbolBlock::of(symbol).number];
    return FASTPOLY_LIKELY(page != nullptr) ? page[SymbolBlock::place_of(symbol)] : 0;
  }
  uint32_t find(std::string_view symbol) const;

  // Gives a symbol that has no number the next one, unless it has one by its text. The caller has
  // made room for it: `size` tells whether it is new.
  uint32_t add(const Symbol* symbol);
  uint32_t add(std::string_view symbol);

  // How many have a number.
  uint32_t size() const { return size_; }
  // Bytes of texts.
  uint64_t text_bytes() const { return text_bytes_; }
  size_t held_bytes() const {
    return owned_pages_.size() * SymbolBlock::kPlaces * sizeof(uint32_t) + text_bytes_;
  }

 private:
  uint32_t size_ = 0;
  uint64_t text_bytes_ = 0;
  // In pages, one for each block of symbols, made when the first of these comes.
  uint32_t* pages_[SymbolTable::kBlocks] = {};
  std::vector<std::unique_ptr<uint32_t[]>> owned_pages_;
  std::unordered_map<std::string, uint32_t> texts_;
};

}  // namespace fastpoly
