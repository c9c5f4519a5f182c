// The watch around its loop: slices of time, pages of symbols, last rows.
#include "watch/watch.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace fastpoly {

namespace {

// A giant event must not stay in memory longer than it is the last one.
constexpr size_t kKeptRaw = 64 << 10;

}  // namespace

LastSequences::~LastSequences() {
  for (int64_t* page : pages_) delete[] page;
}

int64_t* LastSequences::add_page(uint32_t number) {
  int64_t* const page = new (std::nothrow) int64_t[SymbolBlock::kPlaces];
  // Below every number: the first one of a symbol neither repeats nor steps back.
  if (page != nullptr) std::fill_n(page, SymbolBlock::kPlaces, kMissingInt);
  return pages_[number] = page;
}

void ChannelWatch::begin(Slice& slice, int64_t number) {
  past.merge(slice.on_time);
  slice.on_time.clear();
  slice.late_reports = 0;
  slice.number = number;
}

FASTPOLY_INLINE void Watch::keep_last(int column, const RowStore& store) noexcept {
  const Column& rows = store.columns[column];
  const char* const row = rows.row(rows.count - 1);
  const RowHead& head = *reinterpret_cast<const RowHead*>(row);
  LastRow& last = last_[column];
  last.received_ns = store.received_ns;
  last.row_size = rows.row_size;
  std::memcpy(&last.row, row, rows.row_size);
  if (FASTPOLY_UNLIKELY(head.raw_size != 0 || !last.raw.empty())) keep_raw(last, head, store);
}

void Watch::see(const RowStore& store) noexcept {
  for (int i = 0; i < market_.channel_count; ++i) {
    const Column& column = store.columns[i];
    if (column.count == 0) continue;
    see_run(i, {column.rows, column.count}, store.received_ns);
    keep_last(i, store);
  }
  if (FASTPOLY_UNLIKELY(store.columns[kUnknownColumn].count != 0)) keep_last(kUnknownColumn, store);
}

void Watch::see_run(int column, const RowRun& run, int64_t received_ns) noexcept {
  std::unique_ptr<ChannelWatch>& channel = channels_[column];
  if (FASTPOLY_UNLIKELY(channel == nullptr)) {
    try {
      channel = std::make_unique<ChannelWatch>();
    } catch (const std::bad_alloc&) {
      return;
    }
  }
  kRowWatchers[market_.channels[column].event->index](run.first, run.count, received_ns, *channel);
}

void Watch::keep_raw(LastRow& last, const RowHead& head, const RowStore& store) noexcept {
  if (last.raw.capacity() > kKeptRaw) std::vector<char>().swap(last.raw);
  last.raw.clear();
  if (head.raw_size == 0) return;
  try {
    const char* const raw = store.raw(head);
    last.raw.assign(raw, raw + head.raw_size);
  } catch (const std::bad_alloc&) {
    last.row_size = 0;
  }
}

void Watch::copy_last(int column, RowStore& to) const {
  const LastRow& last = last_[column];
  if (last.row_size == 0) return;
  char* const row = to.reserve(column, last.row_size);
  std::memcpy(row, &last.row, last.row_size);
  if (!last.raw.empty())
    to.keep_raw(*reinterpret_cast<RowHead*>(row), last.raw.data(), last.raw.size());
  to.commit(column);
}

void Watch::lags(int column, Histogram& into) const {
  const ChannelWatch* const channel = channels_[column].get();
  if (channel == nullptr) return;
  into.merge(channel->past);
  into.merge(channel->late);
  for (const ChannelWatch::Slice& slice : channel->slices) into.merge(slice.on_time);
}

uint64_t Watch::recent(int column, int64_t now_ns, Histogram& into) const {
  const ChannelWatch* const channel = channels_[column].get();
  if (channel == nullptr) return 0;
  const int64_t now = now_ns / ChannelWatch::kSliceNs;
  uint64_t late_reports = 0;
  for (const ChannelWatch::Slice& slice : channel->slices) {
    if (slice.number > now || slice.number <= now - ChannelWatch::kSlices) continue;
    into.merge(slice.on_time);
    late_reports += slice.late_reports;
  }
  return late_reports;
}

}  // namespace fastpoly
