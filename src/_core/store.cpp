// Row stores: memory, and the pool that keeps it warm.
#include "store.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "market.hpp"

namespace fastpoly {

namespace {

constexpr size_t kPoolSize = 32;
// A store that one burst made larger than this gives its memory back, so that a burst does not
// become the process's size for ever.
constexpr size_t kPooledBytes = 4 << 20;
constexpr uint32_t kFirstRows = 8;

// One pool a market, because the columns of different markets have rows of different sizes. Plain
// memory, so that batches may outlive every static destructor.
struct Pool {
  RowStore* stores[kPoolSize];
  size_t size;
};
Pool g_pools[kMarketCount];

}  // namespace

void (*RowStore::release_object)(void*) = nullptr;

RowStore* RowStore::acquire(const MarketSpec& market) {
  Pool& pool = g_pools[market.index];
  if (pool.size == 0) return new RowStore(market);
  RowStore* store = pool.stores[--pool.size];
  store->references_ = 1;
  return store;
}

RowStore::~RowStore() {
  for (Column& column : columns) std::free(column.rows);
}

void RowStore::recycle() {
  for (void* object : objects) release_object(object);
  Pool& pool = g_pools[market.index];
  if (held_ + order.capacity() * sizeof(RowRef) + arena.capacity() > kPooledBytes ||
      pool.size == kPoolSize) {
    delete this;
    return;
  }
  // Most markets have more channels than a stream listens to.
  for (uint32_t left = grown_; left != 0; left &= left - 1)
    columns[__builtin_ctz(left)].count = 0;
  order.clear();
  arena.clear();
  frame_ends.clear();
  objects.clear();
  nbytes = 0;
  received_ns = 0;
  pool.stores[pool.size++] = this;
}

void RowStore::grow(int column, uint32_t row_size) {
  Column& target = columns[column];
  target.row_size = row_size;
  const uint32_t wanted = target.capacity == 0 ? kFirstRows : target.capacity * 2;
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

void RowStore::rewind(const Mark& mark) {
  for (size_t i = order.size(); i > mark.order; --i) {
    const RowRef event = order[i - 1];
    columns[event.column()].count = event.index();
  }
  order.resize(mark.order);
  arena.resize(mark.arena);
}

}  // namespace fastpoly
