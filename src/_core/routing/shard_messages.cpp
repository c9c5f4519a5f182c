// One copy of each event's bytes, behind those of its channel and shard that came before.
#include "routing/shard_messages.hpp"

#include <algorithm>
#include <cstring>

#include "base/compiler.hpp"

namespace fastpoly {

namespace {

constexpr size_t kRunBytes = sizeof(int64_t) + sizeof(uint32_t);

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

WalkStep ShardMessages::walk(const RowStore& store, uint32_t end, int64_t now_ns) {
  while (walk_.next() < end) {
    if (FASTPOLY_UNLIKELY(!walk_.step(store))) return WalkStep::kBroken;
    if (walk_.column() == kStatusColumn) continue;
    uint32_t shard = 0;  // of what has no symbol
    if (FASTPOLY_LIKELY(walk_.column() < kStatusColumn)) {
      const Symbol* const symbol = walk_.symbol();
      if (FASTPOLY_LIKELY(symbol != nullptr))
        shard = shard_of(*symbol);
      else if (walk_.has_foreign_symbol(market_))
        return WalkStep::kNamed;
    }
    add(shard, walk_.stamp_ns(store), now_ns);
  }
  return WalkStep::kDone;
}

void ShardMessages::take_named(const RowStore& store, std::string_view symbol, int64_t now_ns) {
  add(shard_of(symbol.data(), symbol.size()), walk_.stamp_ns(store), now_ns);
}

void ShardMessages::add(uint32_t shard, int64_t stamp_ns, int64_t now_ns) {
  const int column = walk_.column();
  const uint32_t place = static_cast<uint32_t>(column) * kShards + shard;
  ShardMessage& slot = slots_[place];
  const size_t before = slot.size();
  if (slot.events == 0) {
    slot.column = column;
    slot.shard = shard;
    slot.first_ns = stamp_ns;
    slot.opened_ns = now_ns;
    slot.body.reserve(target_bytes_ + target_bytes_ / 8);
    begun_.push_back(place);
  }
  // What is open is closed again each time, so that a message is whole whenever it is taken.
  if (slot.events != 0 && slot.last_ns == stamp_ns) {
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
    put(slot.table, stamp_ns);
    put(slot.table, uint32_t{0});
    ++slot.runs;
  }
  slot.body.append(walk_.event()).append("]]");
  put_at(slot.table, (slot.runs - 1) * kRunBytes + sizeof(int64_t),
         static_cast<uint32_t>(slot.body.size() - 1 - last_run_at_[place]));
  slot.last_ns = stamp_ns;
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
