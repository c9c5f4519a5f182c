// Lists of groups, by the numbers of symbols.
#include "routing/subscribers.hpp"

#include <algorithm>
#include <cstring>

#include "rows/row.hpp"

namespace fastpoly {

namespace {

void add(Groups& groups, uint32_t group) {
  if (!Subscribers::has(groups, group)) groups.push_back(group);
}

void remove(Groups& groups, uint32_t group) {
  groups.erase(std::remove(groups.begin(), groups.end(), group), groups.end());
}

// The entry of a text that the table of symbols can hold; null for another.
const Symbol* interned(std::string_view text) {
  if (text.size() > Symbol::kMaxSize || !is_plain_ascii(text)) return nullptr;
  char padded[Symbol::kMaxSize] = {};
  std::memcpy(padded, text.data(), text.size());
  return SymbolTable::instance().intern(padded, static_cast<uint32_t>(text.size()));
}

}  // namespace

bool Subscribers::has(const Groups& groups, uint32_t group) {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

Groups& Subscribers::list(int column, std::string_view symbol) {
  Column& at = columns_[column];
  const Symbol* const known = interned(symbol);
  if (known == nullptr) return at.texts[std::string(symbol)];
  if (known->id >= at.places.size()) at.places.resize(known->id + 1);
  uint32_t& place = at.places[known->id];
  if (place == 0) {
    at.lists.emplace_back();
    place = static_cast<uint32_t>(at.lists.size());
  }
  return at.lists[place - 1];
}

void Subscribers::want_all(uint32_t group, int column) { add(columns_[column].everything, group); }

void Subscribers::want(uint32_t group, int column, std::string_view symbol) {
  add(list(column, symbol), group);
}

void Subscribers::drop_all(uint32_t group, int column) {
  remove(columns_[column].everything, group);
}

void Subscribers::drop(uint32_t group, int column, std::string_view symbol) {
  remove(list(column, symbol), group);
  // Of the others a place is kept: they are no more than there are symbols.
  const auto text = columns_[column].texts.find(std::string(symbol));
  if (text != columns_[column].texts.end() && text->second.empty())
    columns_[column].texts.erase(text);
}

const Groups* Subscribers::of(int column, std::string_view symbol) const {
  if (symbol.size() <= Symbol::kMaxSize && is_plain_ascii(symbol)) {
    const Symbol* const known =
        SymbolTable::instance().find(symbol.data(), static_cast<uint32_t>(symbol.size()));
    return known != nullptr ? of(column, known) : nullptr;
  }
  const auto& texts = columns_[column].texts;
  const auto text = texts.find(std::string(symbol));
  return text != texts.end() ? &text->second : nullptr;
}

}  // namespace fastpoly
