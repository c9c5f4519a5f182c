// Conflation: a set of bits for each channel.
#include "select/conflation.hpp"

#include <algorithm>

#include "rows/row.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

namespace {

bool has_foreign_symbol(const RowHead& head, const EventSpec& event) {
  int bit = 0;
  while (event.fields[bit].kind != Kind::kSymbol) ++bit;
  return (head.foreign >> bit & 1) != 0;
}

}  // namespace

void Conflation::keep(const RowStore& store, RowRef ref) {
  const int column = ref.column();
  if (column != kObjectColumn) {
    const char* const row = store.columns[column].row(ref.index());
    const uint32_t bytes = reinterpret_cast<const RowHead*>(row)->raw_size;
    if (events_left_ != most_ && (events_left_ == 0 || bytes > bytes_left_)) {
      // What is older than this does not come in either.
      events_left_ = 0;
      return;
    }
    // The first may be larger than all there is room for; then it is the only one.
    events_left_ = bytes > bytes_left_ ? 0 : events_left_ - 1;
    bytes_left_ -= std::min<uint64_t>(bytes, bytes_left_);
  }
  kept.push_back(ref);
}

uint32_t Conflation::walk(const RowStore& store, const RowRef* refs, uint32_t size) {
  for (; size > 0; --size) {
    const RowRef ref = refs[size - 1];
    const int column = ref.column();
    if (column < kStatusColumn) {
      const auto& row = *reinterpret_cast<const SymbolRow*>(store.columns[column].row(ref.index()));
      const Symbol* const symbol = row.symbol;
      if (FASTPOLY_LIKELY(symbol != nullptr)) {
        std::vector<uint64_t>& seen = seen_[column];
        if (symbol->id / 64 >= seen.size()) seen.resize(SymbolTable::instance().size() / 64 + 1);
        const uint64_t bit = uint64_t{1} << symbol->id % 64;
        uint64_t& word = seen[symbol->id / 64];
        if ((word & bit) != 0) continue;
        word |= bit;
      } else if (has_foreign_symbol(row.head, *market_.channels[column].event)) {
        return size;
      }
    }
    keep(store, ref);
  }
  return 0;
}

}  // namespace fastpoly
