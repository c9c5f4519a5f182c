// One entry for each symbol, written over by its next event.
#include "routing/latest_texts.hpp"

namespace fastpoly {

void LatestTexts::set(Entry& entry, uint64_t position, std::string_view text) {
  entry.position = position;
  entry.text.assign(text);  // mostly into the memory of the one before
}

void LatestTexts::put(int column, const Symbol* symbol, uint64_t position, std::string_view text) {
  Column& at = columns_[column];
  if (symbol->id >= at.places.size()) at.places.resize(SymbolTable::instance().size());
  uint32_t& place = at.places[symbol->id];
  if (place == 0) {
    at.entries.push_back({0, symbol, {}, {}});
    place = static_cast<uint32_t>(at.entries.size());
  }
  set(at.entries[place - 1], position, text);
}

void LatestTexts::put(int column, std::string_view symbol, uint64_t position,
                      std::string_view text) {
  Column& at = columns_[column];
  uint32_t& place = at.by_name[std::string(symbol)];
  if (place == 0) {
    at.entries.push_back({0, nullptr, std::string(symbol), {}});
    place = static_cast<uint32_t>(at.entries.size());
  }
  set(at.entries[place - 1], position, text);
}

}  // namespace fastpoly
