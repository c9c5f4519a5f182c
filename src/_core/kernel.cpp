// The fast path: frames of canonical events, one after the other, without an index of the frame.
#include "kernel.hpp"

#include <cstring>

#include "fields.hpp"
#include "slow.hpp"

namespace fastpoly {

namespace {

// The market's channel whose name, with its closing quote, is at `p`; -1 for none.
inline int find_channel(const MarketSpec& market, const char* p) {
  const uint64_t word = load8(p);
  for (int i = 0; i < market.channel_count; ++i) {
    const ChannelSpec& channel = market.channels[i];
    if ((word & channel.quoted_keep) == channel.quoted_word) return i;
  }
  return -1;
}

// Canonical events from `p`, just after the frame's opening bracket or a comma. Returns true at the
// frame's end; else `p` is at the first event that is not canonical.
bool decode_events(const char*& p, const char* end, RowStore& store) {
  for (;;) {
    const char* after = decode_canonical(p, store);
    if (FASTPOLY_UNLIKELY(after == nullptr)) return false;
    p = after + 1;
    if (*after == ',') continue;
    // The sentinel after the frame stops every reader, so no event can have run past it.
    return *after == ']' && p == end;
  }
}

}  // namespace

const char* decode_canonical(const char* p, RowStore& store) {
  if (FASTPOLY_UNLIKELY(!starts_with(p, "{\"ev\":\""))) return nullptr;
  const int at = find_channel(store.market, p + 7);
  if (FASTPOLY_UNLIKELY(at < 0)) return nullptr;
  const ChannelSpec& channel = store.market.channels[at];
  char* const row = store.reserve(at, channel.event->row_size);
  bool complete = true;
  const char* const after = channel.event->parse(p + 7 + channel.quoted_size, row, complete);
  if (FASTPOLY_UNLIKELY(after == nullptr)) return nullptr;
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  head.channel = static_cast<uint8_t>(at);
  head.market = store.market.index;
  if (FASTPOLY_UNLIKELY(!complete)) store.keep_raw(head, p, static_cast<size_t>(after - p));
  store.commit(at);
  return after;
}

Kernel::Kernel() : slow_(new SlowDecoder) {}
Kernel::~Kernel() = default;

bool Kernel::decode(char* frame, size_t size, size_t capacity, RowStore& store,
                    DecodeFailure& failure) {
  if (FASTPOLY_UNLIKELY(capacity < size + kPadding))
    return decode_copy(frame, size, store, failure);
  const char kept = frame[size];
  frame[size] = '\0';
  const bool decoded = decode_padded(frame, size, store, failure);
  frame[size] = kept;
  return decoded;
}

bool Kernel::decode_copy(const char* frame, size_t size, RowStore& store, DecodeFailure& failure) {
  // A giant frame must not stay in memory for ever, nor shall every frame allocate.
  constexpr size_t kKept = 1 << 20;
  if (padded_.size() < size + kPadding || padded_.size() > 2 * kKept) {
    padded_.resize(size + kPadding);
    if (size < kKept) padded_.shrink_to_fit();
  }
  std::memcpy(padded_.data(), frame, size);
  std::memset(padded_.data() + size, 0, kPadding);
  return decode_padded(padded_.data(), size, store, failure);
}

bool Kernel::decode_padded(char* frame, size_t size, RowStore& store, DecodeFailure& failure) {
  const RowStore::Mark mark = store.mark();
  const char* p = frame;
  if (FASTPOLY_LIKELY(fast && *p == '[')) {
    ++p;
    const bool done = decode_events(p, frame + size, store);
    fast_events += store.order.size() - mark.order;
    if (FASTPOLY_LIKELY(done)) {
      store.end_frame(size);
      return true;
    }
  }
  ++slow_frames;
  const size_t decoded = store.order.size() - mark.order;
  if (!slow_->decode(frame, size, decoded, fast, store, failure)) {
    store.rewind(mark);
    return false;
  }
  store.end_frame(size);
  return true;
}

}  // namespace fastpoly
