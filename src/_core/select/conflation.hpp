// Of many events the latest of each channel and symbol. No Python in here.
#pragma once

#include <cstdint>
#include <vector>

#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// Goes through events from the last to the first; what it has seen before, it does not keep.
class Conflation {
 public:
  // Keeps at most so many events, with so many bytes of their own, and at least one.
  Conflation(const MarketSpec& market, uint64_t events, uint64_t bytes)
      : market_(market), most_(events), events_left_(events), bytes_left_(bytes) {}

  // Adds an event before all others if there is room for it. A notice always has room.
  void keep(const RowStore& store, RowRef ref);

  // Adds to `kept`, from the last of `size` events on, those of a channel and symbol that did not
  // come before, and those that have no symbol. Stops at one whose symbol is only in its bytes,
  // which the caller has to decide on. Returns how many are left, with that one as the last.
  uint32_t walk(const RowStore& store, const RowRef* refs, uint32_t size);

  std::vector<RowRef> kept;  // the last event is the first

 private:
  const MarketSpec& market_;
  const uint64_t most_;
  uint64_t events_left_;
  uint64_t bytes_left_;
  std::vector<uint64_t> seen_[kMaxChannels];  // for each column, symbols by their id
};

}  // namespace fastpoly
