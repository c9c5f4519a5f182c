// Row stores: memory, and the pool that keeps it warm.
#include "rows/store.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace fastpoly {

namespace {

constexpr size_t kPoolSize = 32;
// What a pool may hold. Beyond that, stores give their memory back, so that a burst does not become
// the process's size for ever. It is room for the few stores that take turns where frames are of
// megabytes: their pages would otherwise be given back and asked for again with each batch.
constexpr size_t kPooledBytes = 16 << 20;
constexpr uint32_t kFirstRows = 8;

// One pool a market, because the columns of different markets have rows of different sizes. Plain
// memory, so that batches may outlive every static destructor.
struct Pool {
  RowStore* stores[kPoolSize];
  size_t count;
  size_t bytes;
};
Pool g_pools[kMarketCount];

}  // namespace

void (*RowStore::release_object)(void*) = nullptr;

RowStore* RowStore::acquire(const MarketSpec& market) {
  Pool& pool = g_pools[market.index];
  if (pool.count == 0) return new RowStore(market);
  RowStore* store = pool.stores[--pool.count];
  pool.bytes -= store->pooled_bytes_;
  store->references_ = 1;
  return store;
}

RowStore* RowStore::acquire_small(const MarketSpec& market) {
  const Pool& pool = g_pools[market.index];
  if (pool.count != 0 && pool.stores[pool.count - 1]->pooled_bytes_ <= kSmallBytes)
    return acquire(market);
  return new RowStore(market);
}

RowStore* RowStore::fitted() const {
  RowStore* const copy = new RowStore(market);
  try {
    for (uint32_t left = grown_; left != 0; left &= left - 1) {
      const int column = __builtin_ctz(left);
      const Column& from = columns[column];
      if (from.count == 0) continue;
      copy->resize(column, from.row_size, from.count);
      std::memcpy(copy->columns[column].rows, from.rows,
                  static_cast<size_t>(from.count) * from.row_size);
      copy->columns[column].count = from.count;
    }
    // Never null: a batch of no events is whole too.
    copy->order.reserve(order.size() + 1);
    copy->order = order;
    copy->arena = arena;
    copy->frame_ends = frame_ends;
    copy->frame_text = frame_text;
    copy->frame_text_ends = frame_text_ends;
    copy->frame_stamps = frame_stamps;
  } catch (...) {
    delete copy;
    throw;
  }
  copy->nbytes = nbytes;
  copy->passed_over = passed_over;
  copy->received_ns = received_ns;
  return copy;
}

size_t RowStore::held_bytes() const {
  return held_ + order.capacity() * sizeof(RowRef) + arena.capacity() +
         frame_ends.capacity() * sizeof(uint32_t) + objects.capacity() * sizeof(void*) +
         frame_text.capacity() + frame_text_ends.capacity() * sizeof(size_t) +
         frame_stamps.capacity() * sizeof(int64_t);
}

size_t RowStore::used_bytes() const {
  size_t bytes = order.size() * sizeof(RowRef) + arena.size() +
                 frame_ends.size() * sizeof(uint32_t) + objects.size() * sizeof(void*) +
                 frame_text.size() + frame_text_ends.size() * sizeof(size_t) +
                 frame_stamps.size() * sizeof(int64_t);
  for (uint32_t left = grown_; left != 0; left &= left - 1) {
    const Column& column = columns[__builtin_ctz(left)];
    bytes += static_cast<size_t>(column.count) * column.row_size;
  }
  return bytes;
}

RowStore::~RowStore() {
  for (Column& column : columns) std::free(column.rows);
}

void RowStore::recycle() {
  for (void* object : objects) release_object(object);
  Pool& pool = g_pools[market.index];
  pooled_bytes_ = held_bytes();
  if (pool.bytes + pooled_bytes_ > kPooledBytes || pool.count == kPoolSize) {
    delete this;
    return;
  }
  // Most markets have more channels than a stream listens to.
  for (uint32_t left = grown_; left != 0; left &= left - 1) columns[__builtin_ctz(left)].count = 0;
  order.clear();
  arena.clear();
  frame_ends.clear();
  frame_text.clear();
  frame_text_ends.clear();
  frame_stamps.clear();
  objects.clear();
  nbytes = 0;
  passed_over = 0;
  shards = kAllShards;
  received_ns = 0;
  pool.bytes += pooled_bytes_;
  pool.stores[pool.count++] = this;
}

void RowStore::grow(int column, uint32_t row_size) {
  const uint32_t capacity = columns[column].capacity;
  resize(column, row_size, capacity == 0 ? kFirstRows : capacity * 2);
}

void RowStore::resize(int column, uint32_t row_size, uint32_t wanted) {
  Column& target = columns[column];
  target.row_size = row_size;
  if (wanted > uint32_t{1} << RowRef::kIndexBits) throw std::bad_alloc();
  void* rows = std::realloc(target.rows, static_cast<size_t>(wanted) * row_size);
  if (rows == nullptr) throw std::bad_alloc();
  held_ += static_cast<size_t>(wanted - target.capacity) * row_size;
  grown_ |= uint32_t{1} << column;
  target.rows = static_cast<char*>(rows);
  target.capacity = wanted;
}

void RowStore::keep_raw(RowHead& head, const char* bytes, size_t size) {
  if (arena.size() + size > UINT32_MAX) throw std::bad_alloc();
  head.raw_at = static_cast<uint32_t>(arena.size());
  head.raw_size = static_cast<uint32_t>(size);
  arena.insert(arena.end(), bytes, bytes + size);
}

void RowStore::copy_row(int column, const RowStore& source, uint32_t index) {
  const Column& from = source.columns[column];
  char* const row = reserve(column, from.row_size);
  std::memcpy(row, from.row(index), from.row_size);
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  if (head.raw_size != 0) keep_raw(head, source.raw(head), head.raw_size);
  commit(column);
}

void RowStore::append_rows(int column, const RowStore& source, uint32_t start, uint32_t count) {
  if (count == 0) return;
  const Column& from = source.columns[column];
  Column& to = columns[column];
  const size_t size = from.row_size;
  const uint64_t rows = uint64_t{to.count} + count;
  if (rows > to.capacity) {
    const uint64_t twice = std::min(uint64_t{to.capacity} * 2, uint64_t{1} << RowRef::kIndexBits);
    if (rows > uint64_t{1} << RowRef::kIndexBits) throw std::bad_alloc();
    resize(column, from.row_size, static_cast<uint32_t>(std::max(rows, twice)));
  }
  if (order.capacity() - order.size() < count)
    order.reserve(std::max(order.size() + count, order.capacity() * 2));
  char* row = to.row(to.count);
  std::memcpy(row, from.row(start), count * size);
  for (uint32_t i = 0; i < count; ++i, row += size) {
    RowHead& head = *reinterpret_cast<RowHead*>(row);
    if (head.raw_size != 0) keep_raw(head, source.raw(head), head.raw_size);
  }
  for (uint32_t i = 0; i < count; ++i) order.push_back(RowRef::of(column, to.count++));
}

void RowStore::append_refs(int column, const RowStore& source, const RowRef* refs, uint32_t size) {
  for (uint32_t i = 0; i < size;) {
    if (refs[i].column() != column) {
      ++i;
      continue;
    }
    // Rows of a column are in the order of their events: neighbours stay neighbours.
    const uint32_t start = refs[i].index();
    uint32_t count = 1;
    for (++i; i < size; ++i) {
      if (refs[i].column() != column) continue;
      if (refs[i].index() != start + count) break;
      ++count;
    }
    append_rows(column, source, start, count);
  }
}

void RowStore::rewind(const Mark& mark) {
  for (size_t i = order.size(); i > mark.order; --i) {
    const RowRef event = order[i - 1];
    columns[event.column()].count = event.index();
  }
  order.resize(mark.order);
  arena.resize(mark.arena);
  passed_over = mark.passed_over;
}

// Of the row that is about to be committed. Without a symbol it is that of no text.
uint32_t RowStore::shard_at(int column) const {
  const Symbol* const symbol =
      reinterpret_cast<const SymbolRow*>(columns[column].row(columns[column].count))->symbol;
  return symbol != nullptr ? shard_of(*symbol) : 0;
}

// The row's place is the next one's.
void RowStore::pass_over(int column) {
  const RowHead& head =
      *reinterpret_cast<const RowHead*>(columns[column].row(columns[column].count));
  if (head.raw_size != 0) arena.resize(head.raw_at);
  ++passed_over;
}

}  // namespace fastpoly
