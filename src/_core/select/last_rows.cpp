// Last rows: those that come for the first time, and copies of them.
#include "select/last_rows.hpp"

#include <algorithm>
#include <new>

namespace fastpoly {

void LastRows::put_first(const Symbol* symbol, const char* row, const RowStore& store,
                         int64_t received_ns) noexcept {
  try {
    rows_.make_room();
    const uint32_t place = symbols_.add(symbol);
    if (place > rows_.size()) rows_.add();
    put_at(place, row, store, received_ns);
  } catch (const std::bad_alloc&) {
    ++left_out_;
  }
}

void LastRows::put_text(std::string_view symbol, const char* row, const RowStore& store,
                        int64_t received_ns) noexcept {
  try {
    if (symbols_.find(symbol) == 0 && !rows_.has_room(symbols_.text_bytes() + symbol.size()))
      throw std::bad_alloc();
    rows_.make_room();
    const uint32_t place = symbols_.add(symbol);
    if (place > rows_.size()) rows_.add();
    put_at(place, row, store, received_ns);
  } catch (const std::bad_alloc&) {
    ++left_out_;
  }
}

void LastRows::copy(int column, RowStore& to, std::vector<int64_t>& stamps,
                    std::vector<char>& stale, bool since_gap) const {
  to.make_room(column, rows_.row_size(), rows_.size());
  stamps.reserve(rows_.size());
  stale.reserve(rows_.size());
  for (uint32_t place = 1; place <= rows_.size(); ++place) {
    const KeptRow& kept = rows_.at(place);
    if (!is_wanted(kept, since_gap)) continue;
    rows_.append(kept, column, to);
    stamps.push_back(kept.received_ns);
    stale.push_back(kept.gaps != gaps_);
  }
}

bool LastRows::copy_one(std::string_view symbol, int column, RowStore& to, bool since_gap) const {
  const uint32_t place = symbols_.find(symbol);
  if (place == 0 || !is_wanted(rows_.at(place), since_gap)) return false;
  rows_.append(rows_.at(place), column, to);
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
