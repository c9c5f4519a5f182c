// The index's slow side: symbols that come for the first time, and those that are only texts.
#include "select/symbol_index.hpp"

#include "rows/row.hpp"

namespace fastpoly {

uint32_t SymbolIndex::find(std::string_view symbol) const {
  if (symbol.size() <= Symbol::kMaxSize && is_plain_ascii(symbol)) {
    const Symbol* const known =
        SymbolTable::instance().find(symbol.data(), static_cast<uint32_t>(symbol.size()));
    const uint32_t number = known != nullptr ? find(known) : 0;
    if (number != 0) return number;
  }
  if (texts_.empty()) return 0;
  const auto text = texts_.find(std::string(symbol));
  return text != texts_.end() ? text->second : 0;
}

uint32_t SymbolIndex::add(const Symbol* symbol) {
  uint32_t*& page = pages_[SymbolBlock::of(symbol).number];
  if (page == nullptr) {
    owned_pages_.push_back(std::make_unique<uint32_t[]>(SymbolBlock::kPlaces));
    page = owned_pages_.back().get();
  }
  // It may have come before it was a symbol of the table.
  const uint32_t number = texts_.empty() ? 0 : find(std::string_view(symbol->text(), symbol->size));
  return page[SymbolBlock::place_of(symbol)] = number != 0 ? number : ++size_;
}

uint32_t SymbolIndex::add(std::string_view symbol) {
  const uint32_t number = find(symbol);
  if (number != 0) return number;
  texts_.emplace(symbol, size_ + 1);
  text_bytes_ += symbol.size();
  return ++size_;
}

}  // namespace fastpoly
