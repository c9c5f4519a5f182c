// Who wants an event: groups by channel and symbol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rows/market.hpp"
#include "rows/store.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

using Groups = std::vector<uint32_t>;

// The subscriptions of groups, asked once for each event.
//
// A group that wants all of a channel is in no list of a single symbol of it, so no event finds a
// group twice.
class Subscribers {
 public:
  // Wants all of a column, or one symbol of it; once each, and `drop` undoes it.
  void want_all(uint32_t group, int column);
  void want(uint32_t group, int column, std::string_view symbol);
  void drop_all(uint32_t group, int column);
  void drop(uint32_t group, int column, std::string_view symbol);

  // Who wants whatever a column brings.
  const Groups& everything(int column) const { return columns_[column].everything; }
  // Who wants a symbol by its name; null for nobody.
  const Groups* of(int column, const Symbol* symbol) const {
    const Column& at = columns_[column];
    const uint32_t place = symbol->id < at.places.size() ? at.places[symbol->id] : 0;
    return place != 0 ? &at.lists[place - 1] : nullptr;
  }
  // The same for a symbol that came as no entry of the table.
  const Groups* of(int column, std::string_view symbol) const;

  static bool has(const Groups& groups, uint32_t group);

 private:
  struct Column {
    Groups everything;
    std::vector<uint32_t> places;  // by the symbol's id: which of the lists, plus one
    std::vector<Groups> lists;
    std::unordered_map<std::string, Groups> texts;  // what the table of symbols cannot hold
  };

  Groups& list(int column, std::string_view symbol);

  Column columns_[kColumns];
};

}  // namespace fastpoly
