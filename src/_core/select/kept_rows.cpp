// Kept rows: their memory, and that of the bytes of events which are not complete.
#include "select/kept_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace fastpoly {

namespace {

// The memory of one event's bytes is kept for the next in its place, unless it is a giant's.
constexpr uint32_t kSmallRaw = 4096;

}  // namespace

KeptRows::KeptRows(uint32_t row_size)
    : row_size_(row_size),
      stride_((sizeof(KeptRow) + row_size + alignof(KeptRow) - 1) / alignof(KeptRow) *
              alignof(KeptRow)) {}

KeptRows::~KeptRows() {
  for (uint32_t place = 1; place <= size_; ++place) std::free(at(place).raw);
}

void KeptRows::make_room() {
  if (size_ == chunks_.size() * kChunk)
    chunks_.push_back(std::unique_ptr<char[]>(new char[kChunk * stride_]));
}

uint32_t KeptRows::add() {
  new (&at(++size_)) KeptRow;
  return size_;
}

bool KeptRows::put_raw(KeptRow& kept, const RowStore& store) noexcept {
  const uint32_t size = kept.head().raw_size;
  if (size > kept.raw_capacity || kept.raw_capacity > std::max(kSmallRaw, size)) {
    std::free(kept.raw);
    raw_bytes_ -= kept.raw_capacity;
    kept.raw_capacity = 0;
    kept.raw = nullptr;
    if (size != 0 && has_room(size)) kept.raw = static_cast<char*>(std::malloc(size));
    if (kept.raw != nullptr) kept.raw_capacity = size;
    raw_bytes_ += kept.raw_capacity;
  }
  if (size > kept.raw_capacity) {
    kept.gaps = KeptRow::kNothing;
    return false;
  }
  if (size != 0) std::memcpy(kept.raw, store.raw(kept.head()), size);
  return true;
}

void KeptRows::append(const KeptRow& kept, int column, RowStore& to) const {
  char* const row = to.reserve(column, row_size_);
  std::memcpy(row, kept.row(), row_size_);
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  if (head.raw_size != 0) to.keep_raw(head, kept.raw, head.raw_size);
  to.commit(column);
  to.received_ns = std::max(to.received_ns, kept.received_ns);
}

}  // namespace fastpoly
