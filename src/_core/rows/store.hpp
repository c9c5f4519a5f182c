// Where rows live: one array per channel, and the order in which their events arrived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rows/market.hpp"
#include "rows/row.hpp"
#include "rows/shards.hpp"

namespace fastpoly {

// Places in RowStore::columns. The market's own channels come first.
constexpr int kStatusColumn = kMaxChannels;
constexpr int kUnknownColumn = kMaxChannels + 1;
constexpr int kObjectColumn = kMaxChannels + 2;  // not rows: Python objects that the stream put in
constexpr int kColumns = kMaxChannels + 3;
static_assert(kColumns <= 32,
              "sets of columns are words of 32 bits, and a RowRef has five for one");

// Where one event is: its column and its place in it.
struct RowRef {
  static constexpr int kIndexBits = 27;
  uint32_t code;

  static RowRef of(int column, uint32_t index) {
    return {static_cast<uint32_t>(column) << kIndexBits | index};
  }
  int column() const { return static_cast<int>(code >> kIndexBits); }
  uint32_t index() const { return code & ((uint32_t{1} << kIndexBits) - 1); }
};

struct Column {
  char* rows = nullptr;
  uint32_t count = 0;
  uint32_t capacity = 0;
  uint32_t row_size = 0;

  char* row(uint32_t index) const { return rows + static_cast<size_t>(index) * row_size; }
};

// The events of one read of the socket. Counted references; guarded by the interpreter lock.
class RowStore {
 public:
  // From the pool of emptied stores, whose memory is warm; with one reference.
  static RowStore* acquire(const MarketSpec& market);

  // For a few rows that may be kept for long: none that has had memory for many.
  static RowStore* acquire_small(const MarketSpec& market);

  // Of memory that it has.
  size_t held_bytes() const;

  // Whether it has far more memory than its rows need, from when it had more of them.
  bool is_roomy() const { return held_bytes() > 4 * used_bytes() + kSmallBytes; }

  // A copy without spare memory. Objects are left out: they are the caller's to count.
  RowStore* fitted() const;

  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) recycle();
  }

  // Room for one more row; it counts only once it is committed.
  char* reserve(int column, uint32_t row_size) {
    Column& target = columns[column];
    if (__builtin_expect(target.count == target.capacity, 0)) grow(column, row_size);
    return target.row(target.count);
  }

  void commit(int column) {
    Column& target = columns[column];
    order.push_back(RowRef::of(column, target.count++));
  }

  // The same for an event that was decoded, if its shard is wanted.
  void commit_event(int column) {
    if (__builtin_expect(shards != kAllShards, 0) && !wants(shard_at(column)))
      pass_over(column);
    else
      commit(column);
  }
  void commit_event(int column, uint32_t shard) {
    if (wants(shard))
      commit(column);
    else
      pass_over(column);
  }

  // Keeps a copy of the event's bytes and notes in the row where it is.
  void keep_raw(RowHead& head, const char* bytes, size_t size);

  // Appends a row of another store of the same market.
  void copy_row(int column, const RowStore& source, uint32_t index);

  // Takes memory for so many rows of a column at once, rather than as they come.
  void make_room(int column, uint32_t row_size, uint32_t rows) {
    if (columns[column].capacity < rows) resize(column, row_size, rows);
  }

  // Appends `count` rows of one column of another store of the same market, neighbours there. When
  // it throws, nothing was appended.
  void append_rows(int column, const RowStore& source, uint32_t start, uint32_t count);

  // Appends those of `size` events that are of the column.
  void append_refs(int column, const RowStore& source, const RowRef* refs, uint32_t size);

  const char* raw(const RowHead& head) const { return arena.data() + head.raw_at; }

  void end_frame(size_t bytes) {
    frame_ends.push_back(static_cast<uint32_t>(order.size()));
    nbytes += bytes;
  }

  // Keeps the text of the frame that was decoded last, for those who want it as it came. Of a
  // read's frames, all are kept or none.
  void keep_frame(const char* text, size_t size) {
    frame_text.insert(frame_text.end(), text, text + size);
    frame_text_ends.push_back(frame_text.size());
  }

  // What was there before a frame, to go back to when the frame turns out not to be JSON.
  struct Mark {
    size_t order, arena;
    uint64_t passed_over;
  };
  Mark mark() const { return {order.size(), arena.size(), passed_over}; }
  void rewind(const Mark& mark);

  Column columns[kColumns];
  std::vector<RowRef> order;
  std::vector<char> arena;
  std::vector<uint32_t> frame_ends;  // for each frame, how many events had arrived by its end
  std::vector<char> frame_text;      // the frames themselves, one after the other, if they are kept
  std::vector<size_t> frame_text_ends;  // for each frame, where its text ends
  std::vector<int64_t> frame_stamps;    // for each frame, its own receive time; empty: received_ns
  std::vector<void*> objects;           // owned references to Python objects
  const MarketSpec& market;
  uint64_t nbytes = 0;           // bytes of frames
  uint64_t passed_over = 0;      // events of shards that are not wanted
  ShardSet shards = kAllShards;  // those of which events are wanted
  int64_t received_ns = 0;       // wall clock at the read, Unix ns; 0 when not from a socket

  // Gives back an owned reference in `objects`; set by init_values.
  static void (*release_object)(void*);

 private:
  static constexpr size_t kSmallBytes = 4096;

  size_t used_bytes() const;
  bool wants(uint32_t shard) const { return (shards >> shard & 1) != 0; }
  uint32_t shard_at(int column) const;
  void pass_over(int column);

  explicit RowStore(const MarketSpec& spec) : market(spec) {}
  ~RowStore();
  void grow(int column, uint32_t row_size);
  void resize(int column, uint32_t row_size, uint32_t wanted);
  void recycle();

  int references_ = 1;
  uint32_t grown_ = 0;       // the columns that have memory, a bit each
  size_t held_ = 0;          // bytes of that memory
  size_t pooled_bytes_ = 0;  // what it holds while it is in the pool
};

}  // namespace fastpoly
