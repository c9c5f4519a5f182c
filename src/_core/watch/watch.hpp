// What every event of a connection says about it: how late it is, and whether its number is odd.
// No Python in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rows/events.gen.hpp"
#include "rows/market.hpp"
#include "rows/runs.hpp"
#include "rows/store.hpp"
#include "rows/symbols.hpp"
#include "watch/histogram.hpp"

namespace fastpoly {

// The last sequence number of each symbol. In pages, one for each block of symbols, made when the
// first of these comes, so that the process's symbols of other markets cost little here; at most
// 16 MB, with SymbolTable::kCapacity symbols.
class LastSequences {
 public:
  LastSequences() = default;
  ~LastSequences();
  LastSequences(const LastSequences&) = delete;
  LastSequences& operator=(const LastSequences&) = delete;

  // Where the symbol's last number is, kMissingInt at first; null where there is no memory.
  FASTPOLY_INLINE int64_t* find(const Symbol* symbol) {
    int64_t* page = pages_[SymbolBlock::of(symbol).number];
    if (FASTPOLY_UNLIKELY(page == nullptr)) page = add_page(SymbolBlock::of(symbol).number);
    return page != nullptr ? page + SymbolBlock::place_of(symbol) : nullptr;
  }

 private:
  int64_t* add_page(uint32_t number);

  int64_t* pages_[SymbolTable::kBlocks] = {};
};

// What happened longer than this before the time that an event carries was reported late.
constexpr int64_t kLateReportNs = 5'000'000'000;

// What is known of one channel.
struct ChannelWatch {
  // Lags are kept by when they were received, so that one can be told of late from all so far.
  static constexpr int kSlices = 5;
  static constexpr int64_t kSliceNs = 2'000'000'000;

  struct Slice {
    int64_t number = -1;  // since 1970; -1 before anything was received
    uint64_t late_reports = 0;
    Histogram on_time;
  };

  // The slice of that time, emptied if it holds an older one.
  FASTPOLY_INLINE Slice& slice_of(int64_t received_ns) {
    const int64_t number = received_ns / kSliceNs;
    Slice& slice = slices[static_cast<uint64_t>(number) % kSlices];
    if (FASTPOLY_UNLIKELY(slice.number != number)) begin(slice, number);
    return slice;
  }
  void begin(Slice& slice, int64_t number);

  Slice slices[kSlices];
  Histogram past;  // of slices that were emptied
  Histogram late;  // late reports, of all time

  LastSequences sequences;
  uint64_t numbered = 0;     // events with a sequence number and a symbol
  uint64_t repeats = 0;      // the number was that of the symbol's last event
  uint64_t regressions = 0;  // the number was below that of the symbol's last event
};

// Looks at rows of one event type that were received at one time.
using RowWatcher = void (*)(const char* rows, size_t count, int64_t received_ns,
                            ChannelWatch& channel);

// By the index of the event type; written from the roles of its fields.
extern const RowWatcher kRowWatchers[kEventSpecCount];

// Watches one line, or several that follow each other.
class Watch {
 public:
  static constexpr int kWindowSeconds =
      static_cast<int>(ChannelWatch::kSlices * (ChannelWatch::kSliceNs / 1'000'000'000));

  explicit Watch(const MarketSpec& market) : market_(market) {}

  // Looks at all rows of a store, which say when they were received. Never fails: what there is no
  // memory for is not watched.
  void see(const RowStore& store) noexcept;

  // Looks at rows of one of the market's channels.
  void see_rows(int column, const RowRuns& rows, int64_t received_ns) noexcept {
    rows.each_run([&](const RowRun& run) { see_run(column, run, received_ns); });
  }

  // Null where the channel has had no event.
  const ChannelWatch* channel(int column) const { return channels_[column].get(); }

  // All lags of a channel.
  void lags(int column, Histogram& into) const;

  // Those of the last kWindowSeconds, less up to one slice, without late reports; returns how many
  // of those there were.
  uint64_t recent(int column, int64_t now_ns, Histogram& into) const;

  // When a column last had an event, Unix ns; 0 if it never had.
  int64_t last_ns(int column) const { return last_[column].received_ns; }

  // Appends a column's last row, if it had one.
  void copy_last(int column, RowStore& to) const;

 private:
  // All that is kept of a batch: one row's bytes, and those of its event where the row has them.
  struct LastRow {
    int64_t received_ns = 0;
    uint32_t row_size = 0;
    EventRow row;
    std::vector<char> raw;
  };

  void see_run(int column, const RowRun& run, int64_t received_ns) noexcept;
  void keep_last(int column, const RowStore& store) noexcept;
  void keep_raw(LastRow& last, const RowHead& head, const RowStore& store) noexcept;

  const MarketSpec& market_;
  std::unique_ptr<ChannelWatch> channels_[kColumns];
  LastRow last_[kColumns];
};

}  // namespace fastpoly
