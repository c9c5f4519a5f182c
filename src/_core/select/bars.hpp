// The newest bars of each symbol of one channel, by their starts. No Python in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "rows/market.hpp"
#include "rows/store.hpp"
#include "select/kept_rows.hpp"
#include "select/symbol_index.hpp"

namespace fastpoly {

// Bars of so many starts for each symbol. One that comes again replaces the one with its start.
class BarRows {
 public:
  // Starts that have begun and were not closed: more at a time are no market.
  static constexpr size_t kMaxOpen = 64;
  // A bar that begins later than this after it was received is not counted by its start.
  static constexpr int64_t kMaxAheadMs = 60'000;

  // Where in its fields an event type has the start of a bar; -1 where it is no bar.
  static int start_field(const EventSpec& event);

  BarRows(const EventSpec& event, uint32_t starts);

  // Takes a row that has a symbol.
  void put(const Symbol* symbol, const char* row, const RowStore& store,
           int64_t received_ns) noexcept;
  // Goes through events as `LastTables::walk` does, for those of one column.
  uint32_t walk(int wanted, const RowStore& store, const RowRef* refs, int column, uint32_t start,
                uint32_t begin, uint32_t end, int64_t received_ns) noexcept;
  // Takes one whose symbol is not in it.
  void put_text(std::string_view symbol, const char* row, const RowStore& store,
                int64_t received_ns) noexcept;
  void leave_out() { ++left_out_; }
  void pass_gap() { ++gaps_; }

  uint64_t left_out() const { return left_out_; }
  size_t held_bytes() const;

  // Appends the bars to a store, symbol after symbol in the order in which these first came, those
  // of each by their starts. The other lists get a value for each: when it was received, whether
  // that was before the last gap, how often it was replaced by one with other values.
  void copy(int column, RowStore& to, std::vector<int64_t>& stamps, std::vector<char>& stale,
            std::vector<uint32_t>& changes, bool since_gap) const;
  // The same for one symbol.
  void copy_of(std::string_view symbol, int column, RowStore& to, std::vector<int64_t>& stamps,
               std::vector<char>& stale, std::vector<uint32_t>& changes, bool since_gap) const;

  // ------------------------------------------------------------ one start across all symbols

  // Starts of which the first bar has come since this was called last, in the order in which they
  // came. Those up to the one that was closed last do not count.
  std::vector<int64_t> take_opened();

  struct Closed {
    uint32_t bars = 0;      // symbols with a bar of this start
    uint32_t expected = 0;  // symbols with a bar of the start before
    uint32_t missing = 0;   // of these, those that have none of this one
    uint64_t late = 0;      // first bars of starts that were closed, since the last was closed
    uint64_t restated = 0;  // bars of such starts that were replaced by ones with other values
  };
  // Closes a start: a first bar of it, or of an older one, is late from now on. Appends the bars of
  // the start before of symbols that are missing to a store, `most` of them at most.
  Closed close(int64_t start, int64_t before, int column, RowStore& missing, uint32_t most);

 private:
  void put_at(uint32_t number, const char* row, const RowStore& store, int64_t received_ns);
  void make_room();
  void note_open(int64_t start, int64_t received_ns);
  int64_t start_of(const char* row) const {
    int64_t start;
    std::memcpy(&start, row + start_offset_, sizeof start);
    return start;
  }
  int64_t start_at(uint32_t place) const { return start_of(rows_.at(place).row()); }
  bool has_start(const char* row) const {
    return (reinterpret_cast<const RowHead*>(row)->plain >> start_bit_ & 1) != 0;
  }
  const KeptRow* find(const std::vector<uint32_t>& places, int64_t start) const;
  bool is_same(const KeptRow& kept, const char* row, const RowStore& store) const;
  void copy_places(const std::vector<uint32_t>& places, int column, RowStore& to,
                   std::vector<int64_t>& stamps, std::vector<char>& stale,
                   std::vector<uint32_t>& changes, bool since_gap) const;

  const EventSpec& event_;
  const int start_bit_;
  const uint16_t start_offset_;
  const uint32_t starts_;
  SymbolIndex symbols_;
  KeptRows rows_;
  std::vector<std::vector<uint32_t>> places_;  // of each symbol, the oldest start first
  uint32_t gaps_ = 0;
  uint64_t left_out_ = 0;
  int64_t closed_ = INT64_MIN;   // the start that was closed last
  std::vector<int64_t> open_;    // those that have begun, and were not closed
  std::vector<int64_t> opened_;  // those of them that were not taken
  uint64_t late_ = 0;
  uint64_t restated_ = 0;
};

}  // namespace fastpoly
