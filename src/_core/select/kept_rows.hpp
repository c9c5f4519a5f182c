// Rows that are kept one by one, each with the bytes that its event may have. No Python in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/compiler.hpp"
#include "rows/row.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// What stands before a row in its place.
struct KeptRow {
  static constexpr uint32_t kNothing = UINT32_MAX;

  int64_t received_ns = 0;
  char* raw = nullptr;  // the event's own bytes; null where the row never needed any
  uint32_t raw_capacity = 0;
  uint32_t gaps = kNothing;  // how many gaps there were before it; kNothing where there is no row
  uint32_t changes = 0;      // how often it was replaced by one with other values
  uint32_t reserved = 0;

  char* row() { return reinterpret_cast<char*>(this + 1); }
  const char* row() const { return reinterpret_cast<const char*>(this + 1); }
  RowHead& head() { return *reinterpret_cast<RowHead*>(row()); }
  const RowHead& head() const { return *reinterpret_cast<const RowHead*>(row()); }
};

// Places for rows of one event type, counted from 1, which are never given back.
class KeptRows {
 public:
  // Of events that are not complete rows, and of whatever else counts: so many bytes, and no more.
  static constexpr uint64_t kMaxRawBytes = 256 << 20;

  explicit KeptRows(uint32_t row_size);
  ~KeptRows();
  KeptRows(const KeptRows&) = delete;
  KeptRows& operator=(const KeptRows&) = delete;

  FASTPOLY_INLINE KeptRow& at(uint32_t place) const {
    return *reinterpret_cast<KeptRow*>(chunks_[(place - 1) / kChunk].get() +
                                       static_cast<size_t>((place - 1) % kChunk) * stride_);
  }

  // Has the memory of a place come nearer.
  FASTPOLY_INLINE void fetch(uint32_t place) const {
    const char* const memory = reinterpret_cast<const char*>(&at(place));
    for (size_t byte = 0; byte < stride_; byte += 64) __builtin_prefetch(memory + byte, 1);
  }

  // Takes the memory of another place.
  void make_room();
  // Makes another place, without a row, for which there is room.
  uint32_t add();

  // Puts a row of a store into its place. Returns false where there is no room for the event's
  // bytes; then there is no row in that place, the older one neither: it is not the last any more.
  FASTPOLY_INLINE bool put(KeptRow& kept, const char* row, const RowStore& store,
                           int64_t received_ns, uint32_t gaps) {
    std::memcpy(kept.row(), row, row_size_);
    kept.received_ns = received_ns;
    kept.gaps = gaps;
    if (FASTPOLY_LIKELY(kept.head().raw_size == 0 && kept.raw == nullptr)) return true;
    return put_raw(kept, store);
  }

  // Appends the row of a place to a store.
  void append(const KeptRow& kept, int column, RowStore& to) const;

  uint32_t size() const { return size_; }
  uint32_t row_size() const { return row_size_; }
  // Whether there is room for so many bytes beside those of the events.
  bool has_room(uint64_t bytes) const { return raw_bytes_ + bytes <= kMaxRawBytes; }
  size_t held_bytes() const { return chunks_.size() * kChunk * stride_ + raw_bytes_; }

 private:
  static constexpr uint32_t kChunk = 256;

  bool put_raw(KeptRow& kept, const RowStore& store) noexcept;

  const uint32_t row_size_;
  const size_t stride_;
  uint32_t size_ = 0;
  uint64_t raw_bytes_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
};

}  // namespace fastpoly
