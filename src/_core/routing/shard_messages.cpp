// One copy of each event's bytes, behind those of its channel and shard that came before.
#include "routing/shard_messages.hpp"

#include <algorithm>
#include <cstring>

#include "base/compiler.hpp"

namespace fastpoly {

namespace {

constexpr size_t kRunBytes = sizeof(int64_t) + sizeof(uint32_t);

const RowHead& head_of(const RowStore& store, RowRef ref) {
  return *reinterpret_cast<const RowHead*>(store.columns[ref.column()].row(ref.index()));
}

bool has_foreign_symbol(const RowHead& head, const EventSpec& event) {
  int bit = 0;
  while (event.fields[bit].kind != Kind::kSymbol) ++bit;
  return (head.foreign >> bit & 1) != 0;
}

// Little-endian on every machine: others read it.
template <class T>
void put(std::string& out, T value) {
  auto bits = static_cast<uint64_t>(value);
  for (size_t i = 0; i < sizeof value; ++i, bits >>= 8) out.push_back(static_cast<char>(bits));
}

template <class T>
void put_at(std::string& out, size_t at, T value) {
  auto bits = static_cast<uint64_t>(value);
  for (size_t i = 0; i < sizeof value; ++i, bits >>= 8) out[at + i] = static_cast<char>(bits);
}

}  // namespace

ShardMessages::ShardMessages(const MarketSpec& market, size_t target_bytes)
    : market_(market),
      target_bytes_(target_bytes),
      slots_(kColumns * kShards),
      last_run_at_(kColumns * kShards) {}

void ShardMessages::open_frame(const RowStore& store) {
  const size_t begin = frame_ != 0 ? store.frame_text_ends[frame_ - 1] : 0;
  frame_walk_ = FrameWalk(store.frame_text.data() + begin, store.frame_text_ends[frame_] - begin);
  stamp_ns_ = store.frame_stamps.empty() ? store.received_ns : store.frame_stamps[frame_];
}

bool ShardMessages::start(const RowStore& store, uint32_t begin) {
  if (store.frame_text_ends.size() != store.frame_ends.size()) return false;
  const auto frame = std::upper_bound(store.frame_ends.begin(), store.frame_ends.end(), begin);
  frame_ = static_cast<size_t>(frame - store.frame_ends.begin());
  next_ = frame_ != 0 ? store.frame_ends[frame_ - 1] : 0;
  if (frame == store.frame_ends.end()) return begin == store.order.size();
  open_frame(store);
  for (; next_ < begin; ++next_)
    if (frame_walk_.next(head_of(store, store.order[next_])).size == 0) return false;
  return true;
}

ShardMessages::Step ShardMessages::walk(const RowStore& store, uint32_t end, int64_t now_ns) {
  while (next_ < end) {
    while (next_ == store.frame_ends[frame_]) {
      ++frame_;
      open_frame(store);
    }
    const RowRef ref = store.order[next_];
    const int column = ref.column();
    if (FASTPOLY_UNLIKELY(column == kObjectColumn)) return Step::kBroken;
    const RowHead& head = head_of(store, ref);
    const Span span = frame_walk_.next(head);
    if (FASTPOLY_UNLIKELY(span.size == 0)) return Step::kBroken;
    event_ = {span.begin, span.size};
    ++next_;
    if (column == kStatusColumn) continue;
    uint32_t shard = 0;  // of what has no symbol
    if (FASTPOLY_LIKELY(column < kStatusColumn)) {
      const Symbol* const symbol = reinterpret_cast<const SymbolRow*>(&head)->symbol;
      if (FASTPOLY_LIKELY(symbol != nullptr))
        shard = shard_of(*symbol);
      else if (has_foreign_symbol(head, *market_.channels[column].event))
        return Step::kNamed;
    }
    add(column, shard, now_ns);
  }
  return Step::kDone;
}

void ShardMessages::take_named(const RowStore& store, std::string_view symbol, int64_t now_ns) {
  add(store.order[stopped_at()].column(), shard_of(symbol.data(), symbol.size()), now_ns);
}

void ShardMessages::add(int column, uint32_t shard, int64_t now_ns) {
  const uint32_t place = static_cast<uint32_t>(column) * kShards + shard;
  ShardMessage& slot = slots_[place];
  const size_t before = slot.size();
  if (slot.events == 0) {
    slot.column = column;
    slot.shard = shard;
    slot.first_ns = stamp_ns_;
    slot.opened_ns = now_ns;
    slot.body.reserve(target_bytes_ + target_bytes_ / 8);
    begun_.push_back(place);
  }
  // What is open is closed again each time, so that a message is whole whenever it is taken.
  if (slot.events != 0 && slot.last_ns == stamp_ns_) {
    slot.body.resize(slot.body.size() - 2);  // "]]"
    slot.body.push_back(',');
  } else {
    if (slot.events == 0) {
      slot.body.push_back('[');
    } else {
      slot.body.back() = ',';
    }
    last_run_at_[place] = static_cast<uint32_t>(slot.body.size());
    slot.body.push_back('[');
    put(slot.table, stamp_ns_);
    put(slot.table, uint32_t{0});
    ++slot.runs;
  }
  slot.body.append(event_).append("]]");
  put_at(slot.table, (slot.runs - 1) * kRunBytes + sizeof(int64_t),
         static_cast<uint32_t>(slot.body.size() - 1 - last_run_at_[place]));
  slot.last_ns = stamp_ns_;
  ++slot.events;
  waiting_bytes_ += slot.size() - before;
  if (slot.size() >= target_bytes_) {
    begun_.erase(std::find(begun_.begin(), begun_.end(), place));
    finish(place);
  }
}

void ShardMessages::finish(uint32_t place) {
  ShardMessage& slot = slots_[place];
  waiting_bytes_ -= slot.size();
  ready.push_back(std::move(slot));
  slot = ShardMessage();
}

void ShardMessages::flush(int64_t until_ns) {
  size_t due = 0;
  while (due < begun_.size() && slots_[begun_[due]].opened_ns <= until_ns) finish(begun_[due++]);
  begun_.erase(begun_.begin(), begun_.begin() + static_cast<std::ptrdiff_t>(due));
}

int64_t ShardMessages::oldest_ns() const {
  return begun_.empty() ? INT64_MAX : slots_[begun_.front()].opened_ns;
}

}  // namespace fastpoly
