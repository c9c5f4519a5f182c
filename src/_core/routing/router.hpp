// Cuts the events that groups of readers want out of the frames that they came in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "routing/batch_walk.hpp"
#include "routing/latest_texts.hpp"
#include "routing/message_writer.hpp"
#include "routing/subscribers.hpp"
#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// Nothing is encoded: what a group gets are the bytes that were received. No Python in here.
class Router {
 public:
  explicit Router(const MarketSpec& market) : market_(market) {}

  uint32_t add_group();
  void remove_group(uint32_t group);

  // Begins at an event of a store whose frames' text was kept. False where it was not.
  bool start(const RowStore& store, uint32_t begin) { return walk_.start(store, begin); }
  // Hands on the events before `end`. Stops behind one whose symbol is only in its bytes, which
  // `route_named` then hands on; walking on goes on.
  WalkStep walk(const RowStore& store, uint32_t end);
  // The place of the event that the walk stopped at.
  uint32_t stopped_at() const { return walk_.next() - 1; }
  // Without a name it goes to those who want all.
  void route_named(std::string_view name, bool has_name);

  // The groups that something waits for.
  const Groups& waiting() const { return waiting_; }
  size_t waiting_bytes() const { return waiting_bytes_; }
  // Whole frames; valid until `taken`.
  std::string_view finish(uint32_t group);
  void taken(uint32_t group);

  // Events of a column that were handed to a group so far.
  uint64_t count(uint32_t group, int column) const { return groups_[group].counts[column]; }

  // The latest event of each symbol that a group wants, of those after a position, in order, as
  // frames in `out`: the last of them, if all are more than so many bytes. Adds to `counts`, which
  // has an entry for each column.
  void latest(uint32_t group, uint64_t since, size_t most_bytes, MessageWriter& out,
              uint64_t* counts) const;

  Subscribers subscribers;
  bool keeps_latest = false;
  LatestTexts latest_texts;
  uint64_t position = 0;  // events that were walked through

 private:
  struct Group {
    MessageWriter out;
    uint64_t counts[kColumns] = {};
    bool is_used = false;
  };

  void give(const Groups& groups, int column, std::string_view event);

  const MarketSpec& market_;
  std::vector<Group> groups_;
  Groups waiting_;
  size_t waiting_bytes_ = 0;
  BatchWalk walk_;
};

}  // namespace fastpoly
