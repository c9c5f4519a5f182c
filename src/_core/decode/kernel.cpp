// The fast path: frames of canonical events, one after the other, without an index of the frame.
#include "decode/kernel.hpp"

#include <algorithm>
#include <cstring>

#include "decode/canonical/fields.hpp"
#include "decode/canonical/parsers.hpp"
#include "decode/general.hpp"
#include "decode/separators.hpp"

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

constexpr size_t kWindow = 32 << 10;  // bytes that are searched for separators at a time

// How many separators a parser may look at beyond the last: whatever the text there is, it is the
// beginning of at most one field, which takes a list's codes and one more.
constexpr size_t kSentinels = Codes::kMax + 2;
static_assert(kSentinels <= kSpareSeparators);

inline void name_row(char* row, int channel, const RowStore& store) {
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  head.channel = static_cast<uint8_t>(channel);
  head.market = store.market.index;
}

inline int channel_at(const char* event, const RowStore& store) {
  constexpr uint64_t kOpening = word_of("{\"ev\":\"", 7);
  if (FASTPOLY_UNLIKELY(!starts_with<7>(event, kOpening))) return -1;
  return find_channel(store.market, event + 7);
}

}  // namespace

const char* decode_plain(const char* event, RowStore& store) {
  const int at = channel_at(event, store);
  if (FASTPOLY_UNLIKELY(at < 0)) return nullptr;
  const ChannelSpec& channel = store.market.channels[at];
  char* const row = store.reserve(at, channel.event->row_size);
  bool complete = true;
  const char* const after =
      parse_any_order(*channel.event, event + 7 + channel.quoted_size, row, complete);
  if (FASTPOLY_UNLIKELY(after == nullptr)) return nullptr;
  name_row(row, at, store);
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  if (!complete) store.keep_raw(head, event, static_cast<size_t>(after - event));
  store.commit_event(at);
  return after;
}

// Events from `p`, just after the frame's opening bracket or a comma. Returns true at the frame's
// end; else `p` is at the first event that is not plain.
bool Kernel::decode_events(const char*& p, const char* end, RowStore& store) {
  for (;;) {
    const char* const base = p;
    const size_t window = std::min(kWindow, static_cast<size_t>(end - base));
    if (FASTPOLY_UNLIKELY(separators_.size() < window + 2 * kSpareSeparators))
      separators_.resize(window + 2 * kSpareSeparators);
    uint32_t* const first = separators_.data();
    const size_t count = find_separators(base, window, first);
    // Beyond the last comes the window's end, so that none is read past it.
    std::fill_n(first + count, kSentinels, static_cast<uint32_t>(window));
    const uint32_t* at = first;
    for (;;) {
      const char* after = nullptr;
      const int column = channel_at(p, store);
      if (FASTPOLY_LIKELY(column >= 0)) {
        const ChannelSpec& channel = store.market.channels[column];
        char* const row = store.reserve(column, channel.event->row_size);
        if (FASTPOLY_LIKELY(base + *at == p + 7 + channel.quoted_size &&
                            parsers[channel.event->index](base, at, row))) {
          name_row(row, column, store);
          store.commit_event(column);
          after = base + *at + 1;
          at += 2;  // the brace, and the comma after it
        }
      }
      if (FASTPOLY_UNLIKELY(after == nullptr)) {
        // The event may only be cut off by the window's end.
        if (p != base && base + window != end) break;
        after = decode_plain(p, store);
        if (after == nullptr) return false;
        if (after >= base + window) {
          if (*after == ',') ++after;
          p = after;
          if (after[-1] == ',') break;
          return *after == ']' && after + 1 == end;
        }
        at = std::upper_bound(first, first + count, static_cast<uint32_t>(after - base));
      }
      p = after + 1;
      if (FASTPOLY_LIKELY(*after == ',')) continue;
      // The sentinel after the frame stops every reader, so no event can have run past it.
      return *after == ']' && p == end;
    }
  }
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
  // A giant frame must not stay in memory for ever, and not every frame should allocate.
  constexpr size_t kKept = 1 << 20;
  if (padded_.size() < size + kLead + kPadding || padded_.size() > 2 * kKept) {
    padded_.resize(size + kLead + kPadding);
    if (size < kKept) padded_.shrink_to_fit();
  }
  char* const copy = padded_.data() + kLead;
  std::memcpy(copy, frame, size);
  std::memset(copy + size, 0, kPadding);
  return decode_padded(copy, size, store, failure);
}

RowStore* Kernel::decode_apart(const MarketSpec& market, const char* frame, size_t size,
                               DecodeFailure& failure) {
  const auto give_back = [](RowStore* store) { store->release(); };
  std::unique_ptr<RowStore, decltype(give_back)> store(RowStore::acquire(market), give_back);
  return decode_copy(frame, size, *store, failure) ? store.release() : nullptr;
}

bool Kernel::decode_padded(char* frame, size_t size, RowStore& store, DecodeFailure& failure) {
  const RowStore::Mark mark = store.mark();
  store.shards = shards;
  const char* p = frame;
  if (FASTPOLY_LIKELY(fast && *p == '[')) {
    ++p;
    if (FASTPOLY_LIKELY(decode_events(p, frame + size, store))) {
      store.end_frame(size);
      return true;
    }
  }
  const size_t decoded =
      store.order.size() - mark.order + static_cast<size_t>(store.passed_over - mark.passed_over);
  if (!slow_->decode(frame, size, decoded, fast, store, failure)) {
    store.rewind(mark);
    return false;
  }
  store.end_frame(size);
  return true;
}

}  // namespace fastpoly
