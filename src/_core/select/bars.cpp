// Bars: found by symbol and start, replaced, and counted across the symbols.
#include "select/bars.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace fastpoly {

namespace {

// How many bytes of a row a value takes.
size_t value_size(const FieldSpec& field) {
  switch (field.kind) {
    case Kind::kText:
    case Kind::kDecimal:
      return field.width + size_t{1};
    case Kind::kFlag:
      return 1;
    case Kind::kCodes:
      return sizeof(Codes);
    case Kind::kLevels:
      return 0;
    default:
      return 8;
  }
}

}  // namespace

int BarRows::start_field(const EventSpec& event) {
  for (int i = 0; i < event.field_count; ++i)
    if (std::strcmp(event.fields[i].name, "start_timestamp") == 0) return i;
  return -1;
}

BarRows::BarRows(const EventSpec& event, uint32_t starts)
    : event_(event),
      start_bit_(start_field(event)),
      start_offset_(event.fields[start_bit_].offset),
      starts_(starts),
      rows_(event.row_size) {}

size_t BarRows::held_bytes() const {
  size_t bytes = symbols_.held_bytes() + rows_.held_bytes();
  bytes += places_.capacity() * sizeof(std::vector<uint32_t>);
  for (const auto& places : places_) bytes += places.capacity() * sizeof(uint32_t);
  return bytes;
}

void BarRows::make_room() {
  if (places_.size() == symbols_.size()) places_.emplace_back();
}

void BarRows::put(const Symbol* symbol, const char* row, const RowStore& store,
                  int64_t received_ns) noexcept {
  try {
    uint32_t number = symbols_.find(symbol);
    if (FASTPOLY_UNLIKELY(number == 0)) {
      make_room();
      number = symbols_.add(symbol);
    }
    put_at(number, row, store, received_ns);
  } catch (const std::bad_alloc&) {
    ++left_out_;
  }
}

uint32_t BarRows::walk(int wanted, const RowStore& store, const RowRef* refs, int column,
                       uint32_t start, uint32_t begin, uint32_t end, int64_t received_ns) noexcept {
  for (; begin < end; ++begin) {
    const RowRef ref = refs != nullptr ? refs[begin] : RowRef::of(column, start + begin);
    if (ref.column() != wanted) continue;
    const char* const row = store.columns[wanted].row(ref.index());
    const Symbol* const symbol = reinterpret_cast<const SymbolRow*>(row)->symbol;
    if (FASTPOLY_UNLIKELY(symbol == nullptr)) return begin;
    put(symbol, row, store, received_ns);
  }
  return end;
}

void BarRows::put_text(std::string_view symbol, const char* row, const RowStore& store,
                       int64_t received_ns) noexcept {
  try {
    if (symbols_.find(symbol) == 0 && !rows_.has_room(symbols_.text_bytes() + symbol.size()))
      throw std::bad_alloc();
    make_room();
    put_at(symbols_.add(symbol), row, store, received_ns);
  } catch (const std::bad_alloc&) {
    ++left_out_;
  }
}

void BarRows::put_at(uint32_t number, const char* row, const RowStore& store, int64_t received_ns) {
  if (!has_start(row)) {
    ++left_out_;
    return;
  }
  std::vector<uint32_t>& places = places_[number - 1];
  const int64_t start = start_of(row);
  // Most are of the newest start, or of one after it.
  size_t at = places.size();
  while (at > 0 && start_at(places[at - 1]) > start) --at;
  if (at > 0 && start_at(places[at - 1]) == start) {
    KeptRow& kept = rows_.at(places[at - 1]);
    if (kept.gaps != KeptRow::kNothing && !is_same(kept, row, store)) {
      ++kept.changes;
      restated_ += start <= closed_;
    }
    if (!rows_.put(kept, row, store, received_ns, gaps_)) ++left_out_;
    return;
  }
  if (places.size() == starts_) {
    if (at == 0) {
      // Older than all that there is room for.
      ++left_out_;
      late_ += start <= closed_;
      return;
    }
    std::rotate(places.begin(), places.begin() + 1, places.begin() + static_cast<ptrdiff_t>(at));
    --at;
  } else {
    rows_.make_room();
    places.insert(places.begin() + static_cast<ptrdiff_t>(at), rows_.size() + 1);
    rows_.add();
  }
  KeptRow& kept = rows_.at(places[at]);
  kept.changes = 0;
  if (!rows_.put(kept, row, store, received_ns, gaps_)) ++left_out_;
  if (start <= closed_)
    ++late_;
  else
    note_open(start, received_ns);
}

void BarRows::note_open(int64_t start, int64_t received_ns) {
  if (start > received_ns / 1'000'000 + kMaxAheadMs || open_.size() == kMaxOpen ||
      std::find(open_.begin(), open_.end(), start) != open_.end())
    return;
  open_.push_back(start);
  opened_.push_back(start);
}

bool BarRows::is_same(const KeptRow& kept, const char* row, const RowStore& store) const {
  const RowHead& old = kept.head();
  const RowHead& head = *reinterpret_cast<const RowHead*>(row);
  if (old.plain != head.plain || old.foreign != head.foreign || old.raw_size != head.raw_size)
    return false;
  if (head.raw_size != 0) return std::memcmp(kept.raw, store.raw(head), head.raw_size) == 0;
  for (uint32_t left = head.plain; left != 0; left &= left - 1) {
    const FieldSpec& field = event_.fields[__builtin_ctz(left)];
    if (std::memcmp(kept.row() + field.offset, row + field.offset, value_size(field)) != 0)
      return false;
  }
  return true;
}

const KeptRow* BarRows::find(const std::vector<uint32_t>& places, int64_t start) const {
  for (size_t at = places.size(); at > 0; --at) {
    const KeptRow& kept = rows_.at(places[at - 1]);
    const int64_t other = start_of(kept.row());
    if (other == start) return kept.gaps != KeptRow::kNothing ? &kept : nullptr;
    if (other < start) return nullptr;
  }
  return nullptr;
}

void BarRows::copy_places(const std::vector<uint32_t>& places, int column, RowStore& to,
                          std::vector<int64_t>& stamps, std::vector<char>& stale,
                          std::vector<uint32_t>& changes, bool since_gap) const {
  for (const uint32_t place : places) {
    const KeptRow& kept = rows_.at(place);
    if (kept.gaps == KeptRow::kNothing || (since_gap && kept.gaps != gaps_)) continue;
    rows_.append(kept, column, to);
    stamps.push_back(kept.received_ns);
    stale.push_back(kept.gaps != gaps_);
    changes.push_back(kept.changes);
  }
}

void BarRows::copy(int column, RowStore& to, std::vector<int64_t>& stamps, std::vector<char>& stale,
                   std::vector<uint32_t>& changes, bool since_gap) const {
  to.make_room(column, rows_.row_size(), rows_.size());
  for (const auto& places : places_)
    copy_places(places, column, to, stamps, stale, changes, since_gap);
}

void BarRows::copy_of(std::string_view symbol, int column, RowStore& to,
                      std::vector<int64_t>& stamps, std::vector<char>& stale,
                      std::vector<uint32_t>& changes, bool since_gap) const {
  const uint32_t number = symbols_.find(symbol);
  if (number == 0) return;
  copy_places(places_[number - 1], column, to, stamps, stale, changes, since_gap);
}

std::vector<int64_t> BarRows::take_opened() {
  std::vector<int64_t> found;
  found.swap(opened_);
  return found;
}

BarRows::Closed BarRows::close(int64_t start, int64_t before, int column, RowStore& missing,
                               uint32_t most) {
  Closed closed;
  for (const auto& places : places_) {
    const bool has_bar = find(places, start) != nullptr;
    closed.bars += has_bar;
    const KeptRow* const last = find(places, before);
    if (last == nullptr) continue;
    ++closed.expected;
    if (has_bar) continue;
    if (closed.missing++ < most) rows_.append(*last, column, missing);
  }
  closed.late = late_;
  closed.restated = restated_;
  late_ = restated_ = 0;
  closed_ = std::max(closed_, start);
  const auto is_closed = [this](int64_t one) { return one <= closed_; };
  open_.erase(std::remove_if(open_.begin(), open_.end(), is_closed), open_.end());
  return closed;
}

}  // namespace fastpoly
