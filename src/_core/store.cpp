// Row stores: memory, and the pool that keeps it warm.
#include "store.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "market.hpp"

namespace fastpoly {

namespace {

constexpr size_t kPoolSize = 32;
// What a pool may hold. Beyond that, stores give their memory back, so that a burst does not become
// the process's size for ever. It is room for the few stores that take turns where each read brings
// megabytes: their pages would else be given back and asked for anew with each batch.
constexpr size_t kPooledBytes = 32 << 20;
constexpr uint32_t kFirstRows = 8;

struct Pool {
  std::vector<RowStore*> stores;
  size_t bytes = 0;
};

// One pool a market, because the columns of different markets have rows of different sizes.
Pool& pool_of(const MarketSpec& market) {
  // Never destroyed: batches may outlive every static destructor.
  static auto* pools = new Pool[kMarketCount];
  return pools[market.index];
}

}  // namespace

void (*RowStore::release_object)(void*) = nullptr;

RowStore* RowStore::acquire(const MarketSpec& market) {
  Pool& pool = pool_of(market);
  if (pool.stores.empty()) return new RowStore(market);
  RowStore* store = pool.stores.back();
  pool.stores.pop_back();
  pool.bytes -= store->pooled_bytes_;
  store->references_ = 1;
  return store;
}

RowStore::~RowStore() {
  for (Column& column : columns) std::free(column.rows);
}

void RowStore::recycle() {
  for (void* object : objects) release_object(object);
  size_t held = order.capacity() * sizeof(RowRef) + arena.capacity();
  for (Column& column : columns) {
    held += static_cast<size_t>(column.capacity) * column.row_size;
    column.count = 0;
  }
  Pool& pool = pool_of(market);
  if (pool.bytes + held > kPooledBytes || pool.stores.size() >= kPoolSize) {
    delete this;
    return;
  }
  order.clear();
  arena.clear();
  frame_ends.clear();
  objects.clear();
  nbytes = 0;
  received_ns = 0;
  pooled_bytes_ = held;
  pool.bytes += held;
  pool.stores.push_back(this);
}

void RowStore::grow(Column& column, uint32_t row_size) {
  column.row_size = row_size;
  const uint32_t wanted = column.capacity == 0 ? kFirstRows : column.capacity * 2;
  if (wanted > uint32_t{1} << RowRef::kIndexBits) throw std::bad_alloc();
  void* rows = std::realloc(column.rows, static_cast<size_t>(wanted) * row_size);
  if (rows == nullptr) throw std::bad_alloc();
  column.rows = static_cast<char*>(rows);
  column.capacity = wanted;
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
