// Last rows: places, their memory, and the bytes of events that are not complete.
#include "select/last_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace fastpoly {

namespace {

// The memory of one event's bytes is kept for its symbol's next, unless it is a giant's.
constexpr uint32_t kKeptRaw = 4096;

}  // namespace

LastRows::LastRows(uint32_t row_size)
    : row_size_(row_size),
      stride_((sizeof(Kept) + row_size + alignof(Kept) - 1) / alignof(Kept) * alignof(Kept)) {}

LastRows::~LastRows() {
  for (uint32_t place = 1; place <= size_; ++place) std::free(kept(place).raw);
}

size_t LastRows::held_bytes() const {
  return chunks_.size() * kChunk * stride_ +
         owned_pages_.size() * SymbolBlock::kPlaces * sizeof(uint32_t) + raw_bytes_;
}

uint32_t LastRows::add_place() {
  if (size_ == chunks_.size() * kChunk)
    chunks_.push_back(std::unique_ptr<char[]>(new char[kChunk * stride_]));
  new (&kept(++size_)) Kept{0, nullptr, 0, kNothing};
  return size_;
}

void LastRows::put_first(const Symbol* symbol, const char* row, const RowStore& store,
                         int64_t received_ns) noexcept {
  try {
    uint32_t*& page = pages_[SymbolBlock::of(symbol).number];
    if (page == nullptr) {
      owned_pages_.push_back(std::make_unique<uint32_t[]>(SymbolBlock::kPlaces));
      page = owned_pages_.back().get();
    }
    uint32_t& place = page[SymbolBlock::place_of(symbol)];
    // It may have come before it was a symbol of the table.
    const auto text = texts_.find(std::string(symbol->text(), symbol->size));
    place = text != texts_.end() ? text->second : add_place();
    put_at(kept(place), row, store, received_ns);
  } catch (const std::bad_alloc&) {
    ++left_out_;
  }
}

void LastRows::put_text(std::string_view symbol, const char* row, const RowStore& store,
                        int64_t received_ns) noexcept {
  try {
    uint32_t place = find(symbol);
    if (place == 0) {
      if (raw_bytes_ + symbol.size() > kMaxRawBytes) throw std::bad_alloc();
      place = add_place();
      texts_.emplace(symbol, place);
      raw_bytes_ += symbol.size();
    }
    put_at(kept(place), row, store, received_ns);
  } catch (const std::bad_alloc&) {
    ++left_out_;
  }
}

void LastRows::put_raw(Kept& kept, const RowStore& store) noexcept {
  const uint32_t size = kept.head().raw_size;
  if (size > kept.raw_capacity || kept.raw_capacity > std::max(kKeptRaw, size)) {
    std::free(kept.raw);
    raw_bytes_ -= kept.raw_capacity;
    kept.raw_capacity = 0;
    kept.raw = nullptr;
    if (size != 0 && raw_bytes_ + size <= kMaxRawBytes)
      kept.raw = static_cast<char*>(std::malloc(size));
    if (kept.raw != nullptr) kept.raw_capacity = size;
    raw_bytes_ += kept.raw_capacity;
  }
  if (size > kept.raw_capacity) {
    kept.gaps = kNothing;
    ++left_out_;
  } else if (size != 0) {
    std::memcpy(kept.raw, store.raw(kept.head()), size);
  }
}

uint32_t LastRows::find(std::string_view symbol) const {
  if (symbol.size() <= Symbol::kMaxSize && is_plain_ascii(symbol)) {
    const Symbol* const known =
        SymbolTable::instance().find(symbol.data(), static_cast<uint32_t>(symbol.size()));
    const uint32_t* const page = known != nullptr ? pages_[SymbolBlock::of(known).number] : nullptr;
    if (page != nullptr && page[SymbolBlock::place_of(known)] != 0)
      return page[SymbolBlock::place_of(known)];
  }
  if (texts_.empty()) return 0;
  const auto text = texts_.find(std::string(symbol));
  return text != texts_.end() ? text->second : 0;
}

void LastRows::append(const Kept& kept, int column, RowStore& to) const {
  char* const row = to.reserve(column, row_size_);
  std::memcpy(row, kept.row(), row_size_);
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  if (head.raw_size != 0) to.keep_raw(head, kept.raw, head.raw_size);
  to.commit(column);
  to.received_ns = std::max(to.received_ns, kept.received_ns);
}

void LastRows::copy(int column, RowStore& to, std::vector<int64_t>& stamps,
                    std::vector<char>& stale, bool since_gap) const {
  to.make_room(column, row_size_, size_);
  stamps.reserve(size_);
  stale.reserve(size_);
  for (uint32_t place = 1; place <= size_; ++place) {
    const Kept& one = kept(place);
    if (one.gaps == kNothing || (since_gap && one.gaps != gaps_)) continue;
    append(one, column, to);
    stamps.push_back(one.received_ns);
    stale.push_back(one.gaps != gaps_);
  }
}

bool LastRows::copy_one(std::string_view symbol, int column, RowStore& to, bool since_gap) const {
  const uint32_t place = find(symbol);
  if (place == 0) return false;
  const Kept& one = kept(place);
  if (one.gaps == kNothing || (since_gap && one.gaps != gaps_)) return false;
  append(one, column, to);
  return true;
}

void LastTables::keep(int column) {
  if (tables_[column] == nullptr)
    tables_[column] = std::make_unique<LastRows>(market_.channels[column].event->row_size);
}

void LastTables::pass_gap() {
  for (const auto& table : tables_)
    if (table != nullptr) table->pass_gap();
}

uint32_t LastTables::walk(const RowStore& store, const RowRef* refs, int column, uint32_t start,
                          uint32_t begin, uint32_t end, int64_t received_ns) noexcept {
  // The places of a market's symbols are seldom in the nearest caches: those of the next few events
  // are fetched together.
  constexpr uint32_t kTogether = 8;
  struct {
    LastRows* table;
    const char* row;
  } next[kTogether];
  while (begin < end) {
    const uint32_t count = std::min(kTogether, end - begin);
    for (uint32_t i = 0; i < count; ++i) {
      const RowRef ref = refs != nullptr ? refs[begin + i] : RowRef::of(column, start + begin + i);
      LastRows* const table = tables_[ref.column()].get();
      next[i].table = table;
      if (table == nullptr) continue;
      next[i].row = store.columns[ref.column()].row(ref.index());
      table->fetch(reinterpret_cast<const SymbolRow*>(next[i].row)->symbol);
    }
    for (uint32_t i = 0; i < count; ++i) {
      if (next[i].table == nullptr) continue;
      const Symbol* const symbol = reinterpret_cast<const SymbolRow*>(next[i].row)->symbol;
      if (FASTPOLY_UNLIKELY(symbol == nullptr)) return begin + i;
      next[i].table->put(symbol, next[i].row, store, received_ns);
    }
    begin += count;
  }
  return end;
}

}  // namespace fastpoly
