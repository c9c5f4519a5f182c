// The last row of each symbol, channel by channel. No Python in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/compiler.hpp"
#include "rows/market.hpp"
#include "rows/row.hpp"
#include "rows/store.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

// The last row of each symbol of one channel. A symbol has its place from its first row on, and
// keeps it.
class LastRows {
 public:
  // Of the events that are not complete rows, and of symbols that are in no symbol table: so many
  // bytes, and no more. Complete rows are bounded by the number of symbols.
  static constexpr uint64_t kMaxRawBytes = 256 << 20;

  explicit LastRows(uint32_t row_size);
  ~LastRows();
  LastRows(const LastRows&) = delete;
  LastRows& operator=(const LastRows&) = delete;

  // Puts a row of a store in the place of its symbol. What there is no memory for is left out, and
  // so is what the symbol had before: it is its last value no more.
  FASTPOLY_INLINE void put(const Symbol* symbol, const char* row, const RowStore& store,
                           int64_t received_ns) {
    uint32_t* const page = pages_[SymbolBlock::of(symbol).number];
    const uint32_t place = page != nullptr ? page[SymbolBlock::place_of(symbol)] : 0;
    if (FASTPOLY_LIKELY(place != 0))
      put_at(kept(place), row, store, received_ns);
    else
      put_first(symbol, row, store, received_ns);
  }

  // Has the memory of a symbol's place come nearer, if it has one. Null is fine.
  FASTPOLY_INLINE void fetch(const Symbol* symbol) const {
    if (FASTPOLY_UNLIKELY(symbol == nullptr)) return;
    const uint32_t* const page = pages_[SymbolBlock::of(symbol).number];
    const uint32_t place = page != nullptr ? page[SymbolBlock::place_of(symbol)] : 0;
    if (FASTPOLY_UNLIKELY(place == 0)) return;
    const char* const at = reinterpret_cast<const char*>(&kept(place));
    for (size_t byte = 0; byte < stride_; byte += 64) __builtin_prefetch(at + byte, 1);
  }

  // The same as `put` for a symbol that the row does not have.
  void put_text(std::string_view symbol, const char* row, const RowStore& store,
                int64_t received_ns) noexcept;

  // Counts an event that has no symbol.
  void leave_out() { ++left_out_; }

  // From now on, what is there is from before a gap.
  void pass_gap() { ++gaps_; }

  uint32_t size() const { return size_; }
  uint64_t left_out() const { return left_out_; }
  size_t held_bytes() const;

  // Appends the rows to a store, in the order in which their symbols first came, and to `stamps`
  // when each was received, and to `stale` whether that was before the last gap. With `since_gap`,
  // those that were are passed over.
  void copy(int column, RowStore& to, std::vector<int64_t>& stamps, std::vector<char>& stale,
            bool since_gap) const;

  // Appends the row of one symbol, if it has one; with `since_gap` also only if it is from after
  // the last gap. Returns whether it was appended.
  bool copy_one(std::string_view symbol, int column, RowStore& to, bool since_gap) const;

 private:
  static constexpr uint32_t kChunk = 256;
  static constexpr uint32_t kNothing = UINT32_MAX;

  // What stands before a row in its place.
  struct Kept {
    int64_t received_ns;
    char* raw;  // the event's own bytes; null where the row never needed any
    uint32_t raw_capacity;
    uint32_t gaps;  // gaps before it; kNothing where there is no row

    char* row() { return reinterpret_cast<char*>(this + 1); }
    const char* row() const { return reinterpret_cast<const char*>(this + 1); }
    RowHead& head() { return *reinterpret_cast<RowHead*>(row()); }
    const RowHead& head() const { return *reinterpret_cast<const RowHead*>(row()); }
  };

  // Places are counted from 1.
  FASTPOLY_INLINE Kept& kept(uint32_t place) const {
    return *reinterpret_cast<Kept*>(chunks_[(place - 1) / kChunk].get() +
                                    static_cast<size_t>((place - 1) % kChunk) * stride_);
  }

  FASTPOLY_INLINE void put_at(Kept& kept, const char* row, const RowStore& store,
                              int64_t received_ns) {
    std::memcpy(kept.row(), row, row_size_);
    kept.received_ns = received_ns;
    kept.gaps = gaps_;
    if (FASTPOLY_UNLIKELY(kept.head().raw_size != 0 || kept.raw != nullptr)) put_raw(kept, store);
  }

  void put_first(const Symbol* symbol, const char* row, const RowStore& store,
                 int64_t received_ns) noexcept;
  void put_raw(Kept& kept, const RowStore& store) noexcept;
  uint32_t find(std::string_view symbol) const;
  uint32_t add_place();
  void append(const Kept& kept, int column, RowStore& to) const;

  const uint32_t row_size_;
  const size_t stride_;
  uint32_t size_ = 0;
  uint32_t gaps_ = 0;
  uint64_t raw_bytes_ = 0;
  uint64_t left_out_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
  // The place of each symbol, 0 for none, in pages, one for each block of symbols.
  std::vector<std::unique_ptr<uint32_t[]>> owned_pages_;
  uint32_t* pages_[SymbolTable::kBlocks] = {};
  std::unordered_map<std::string, uint32_t> texts_;  // of symbols that are in no symbol table
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
