// The last row of each symbol, channel by channel. No Python in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/compiler.hpp"
#include "rows/market.hpp"
#include "rows/store.hpp"
#include "select/kept_rows.hpp"
#include "select/symbol_index.hpp"

namespace fastpoly {

// The last row of each symbol of one channel. A symbol has its place, by its number, from its first
// row on, and keeps it.
class LastRows {
 public:
  explicit LastRows(uint32_t row_size) : rows_(row_size) {}

  // Puts a row of a store in the place of its symbol.
  FASTPOLY_INLINE void put(const Symbol* symbol, const char* row, const RowStore& store,
                           int64_t received_ns) {
    const uint32_t place = symbols_.find(symbol);
    if (FASTPOLY_LIKELY(place != 0))
      put_at(place, row, store, received_ns);
    else
      put_first(symbol, row, store, received_ns);
  }

  // Has the memory of a symbol's place come nearer, if it has one. Null is fine.
  FASTPOLY_INLINE void fetch(const Symbol* symbol) const {
    const uint32_t place = FASTPOLY_LIKELY(symbol != nullptr) ? symbols_.find(symbol) : 0;
    if (FASTPOLY_LIKELY(place != 0)) rows_.fetch(place);
  }

  // The same as `put` for a symbol that the row does not have.
  void put_text(std::string_view symbol, const char* row, const RowStore& store,
                int64_t received_ns) noexcept;

  // Counts an event that has no symbol.
  void leave_out() { ++left_out_; }

  // From now on, what is there is from before a gap.
  void pass_gap() { ++gaps_; }

  uint64_t left_out() const { return left_out_; }
  size_t held_bytes() const { return rows_.held_bytes() + symbols_.held_bytes(); }

  // Appends the rows to a store, in the order in which their symbols first came, and to `stamps`
  // when each was received, and to `stale` whether that was before the last gap. With `since_gap`,
  // those that were are passed over.
  void copy(int column, RowStore& to, std::vector<int64_t>& stamps, std::vector<char>& stale,
            bool since_gap) const;

  // Appends the row of one symbol, if it has one; with `since_gap` also only if it is from after
  // the last gap. Returns whether it was appended.
  bool copy_one(std::string_view symbol, int column, RowStore& to, bool since_gap) const;

 private:
  FASTPOLY_INLINE void put_at(uint32_t place, const char* row, const RowStore& store,
                              int64_t received_ns) {
    left_out_ += !rows_.put(rows_.at(place), row, store, received_ns, gaps_);
  }

  void put_first(const Symbol* symbol, const char* row, const RowStore& store,
                 int64_t received_ns) noexcept;
  bool is_wanted(const KeptRow& kept, bool since_gap) const {
    return kept.gaps != KeptRow::kNothing && (!since_gap || kept.gaps == gaps_);
  }

  SymbolIndex symbols_;
  KeptRows rows_;
  uint32_t gaps_ = 0;
  uint64_t left_out_ = 0;
};

// Those of one market that are kept.
class LastTables {
 public:
  explicit LastTables(const MarketSpec& market) : market_(market) {}

  // Keeps the last rows of one of the market's channels from now on.
  void keep(int column);

  // Null where they are not kept.
  LastRows* table(int column) const { return tables_[column].get(); }

  // Goes through events, which are at `refs`, or, where that is null, in one column from `start`
  // on: from the place `begin` up to `end`. Stops at one whose symbol is not in its row, which the
  // caller has to look for. Returns its place, or `end`.
  uint32_t walk(const RowStore& store, const RowRef* refs, int column, uint32_t start,
                uint32_t begin, uint32_t end, int64_t received_ns) noexcept;

  void pass_gap();

 private:
  const MarketSpec& market_;
  std::unique_ptr<LastRows> tables_[kColumns];
};

}  // namespace fastpoly
