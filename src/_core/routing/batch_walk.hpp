// The events of a batch one after the other: the row of each, and its bytes in the received text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/compiler.hpp"
#include "routing/spans.hpp"
#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// How far a walk has got: to its end, behind an event whose symbol is only in its bytes, or to one
// whose bytes cannot be told.
enum class WalkStep { kDone, kNamed, kBroken };

class BatchWalk {
 public:
  // Begins at an event of a store whose frames' text was kept. False where it was not.
  bool start(const RowStore& store, uint32_t begin);

  // Goes on to the next event, of which there must be one. False where its bytes cannot be told.
  bool step(const RowStore& store) {
    while (next_ == store.frame_ends[frame_]) {
      ++frame_;
      open_frame(store);
    }
    const RowRef ref = store.order[next_];
    column_ = ref.column();
    if (FASTPOLY_UNLIKELY(column_ == kObjectColumn)) return false;
    head_ = &head_of(store, ref);
    const Span span = frame_walk_.next(*head_);
    if (FASTPOLY_UNLIKELY(span.size == 0)) return false;
    event_ = {span.begin, span.size};
    ++next_;
    return true;
  }

  // The event after this one, by its place in the batch.
  uint32_t next() const { return next_; }
  int column() const { return column_; }
  std::string_view event() const { return event_; }
  // Its symbol; null where it has none, or one that is not in the table of symbols.
  const Symbol* symbol() const { return reinterpret_cast<const SymbolRow*>(head_)->symbol; }
  // Whether it has the latter.
  bool has_foreign_symbol(const MarketSpec& market) const;
  // When its frame was received, Unix time in ns.
  int64_t stamp_ns(const RowStore& store) const {
    return store.frame_stamps.empty() ? store.received_ns : store.frame_stamps[frame_];
  }

 private:
  static const RowHead& head_of(const RowStore& store, RowRef ref) {
    return *reinterpret_cast<const RowHead*>(store.columns[ref.column()].row(ref.index()));
  }
  void open_frame(const RowStore& store);

  size_t frame_ = 0;
  uint32_t next_ = 0;
  int column_ = 0;
  const RowHead* head_ = nullptr;
  FrameWalk frame_walk_;
  std::string_view event_;
};

}  // namespace fastpoly
