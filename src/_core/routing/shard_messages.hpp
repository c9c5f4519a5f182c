// Regroups events by channel and shard, for messages to a broker: their own bytes, with stamps.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "routing/batch_walk.hpp"
#include "rows/market.hpp"
#include "rows/shards.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// Events of one channel and shard, in the order of their arrival. Docs: docs/nats.md.
struct ShardMessage {
  int column = 0;
  uint32_t shard = 0;
  uint32_t events = 0;
  uint32_t runs = 0;
  int64_t first_ns = 0, last_ns = 0;  // when its first and last event were received
  int64_t opened_ns = 0;              // when it was begun, by the caller's clock
  std::string table;                  // for each run its stamp, 8 bytes, and its size, 4 bytes
  std::string body;                   // a JSON array of runs, each an array of events

  size_t size() const { return table.size() + body.size(); }
};

// No Python in here.
class ShardMessages {
 public:
  // A message is ready when it has `target_bytes`; one event may be larger.
  ShardMessages(const MarketSpec& market, size_t target_bytes);

  // Begins at an event of a store whose frames' text was kept. False where it was not.
  bool start(const RowStore& store, uint32_t begin) { return walk_.start(store, begin); }
  // Takes the events before `end`; control messages are left out. Stops behind one whose symbol is
  // only in its bytes, which `take_named` then takes.
  WalkStep walk(const RowStore& store, uint32_t end, int64_t now_ns);
  // The place of the event that the walk stopped at.
  uint32_t stopped_at() const { return walk_.next() - 1; }
  void take_named(const RowStore& store, std::string_view symbol, int64_t now_ns);

  // Makes ready what was begun at a time or before it.
  void flush(int64_t until_ns);

  // Of those not ready; the time by which the oldest was begun, INT64_MAX where there is none.
  size_t waiting_bytes() const { return waiting_bytes_; }
  int64_t oldest_ns() const;

  std::deque<ShardMessage> ready;

 private:
  void add(uint32_t shard, int64_t stamp_ns, int64_t now_ns);
  void finish(uint32_t place);

  const MarketSpec& market_;
  const size_t target_bytes_;
  std::vector<ShardMessage> slots_;    // by column and shard; without events where none is begun
  std::vector<uint32_t> last_run_at_;  // where in a slot's body its last run begins
  std::vector<uint32_t> begun_;        // places of those that have events, the oldest first
  size_t waiting_bytes_ = 0;
  BatchWalk walk_;
};

}  // namespace fastpoly
