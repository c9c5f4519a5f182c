#include "shared/ring.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace fastpoly::shared {

namespace {

constexpr uint64_t kMagic = 0x474e525350465031ull;  // "1PFPSRNG"
constexpr uint32_t kVersion = 1;

// Looking takes less time than a record takes to be written: so often is never seen.
constexpr int kLooks = 1 << 20;

uint64_t padded(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

uint32_t check_of(uint64_t at, uint32_t size) {
  return static_cast<uint32_t>(at * 0x9e3779b97f4a7c15ull >> 32) ^ size;
}

// Bytes that the other side may be writing or reading at the same time. The protocol throws away
// what was torn, which is why a plain copy does; a checker of threads cannot know that.
void copy_shared(char* to, const char* from, size_t size) {
#ifdef __SANITIZE_THREAD__
  for (size_t i = 0; i < size; ++i)
    __atomic_store_n(to + i, __atomic_load_n(from + i, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
#else
  if (size) std::memcpy(to, from, size);  // nothing may be at no address
#endif
}

}  // namespace

RingWriter::RingWriter(char* memory, uint64_t capacity, std::string_view market)
    : head_(*new (memory) RingHead{}), data_(memory + kRingHeadBytes), capacity_(capacity) {
  head_.version = kVersion;
  head_.head_bytes = kRingHeadBytes;
  head_.capacity = capacity;
  std::memcpy(head_.market, market.data(), std::min(market.size(), sizeof head_.market - 1));
  head_.magic = kMagic;
}

void RingWriter::copy_in(uint64_t at, const void* bytes, size_t size) {
  const uint64_t place = at & (capacity_ - 1);
  const size_t first = std::min<uint64_t>(size, capacity_ - place);
  const char* const from = static_cast<const char*>(bytes);
  copy_shared(data_ + place, from, first);
  copy_shared(data_, from + first, size - first);
}

bool RingWriter::put(RecordKind kind, uint64_t stamp, const char* text, size_t size,
                     uint32_t events) {
  if (size > max_size()) return false;
  const auto text_size = static_cast<uint32_t>(size);
  const RecordHead record{stamp, text_size, events, kind, check_of(end_, text_size)};
  const uint64_t end = end_ + sizeof record + padded(size);
  head_.claimed.store(end, std::memory_order_relaxed);
  // The claim is seen before anything that is written over.
  std::atomic_thread_fence(std::memory_order_release);
  copy_in(end_, &record, sizeof record);
  copy_in(end_ + sizeof record, text, size);
  end_ = end;
  if (kind == RecordKind::kFrame) {
    ++counts_.frames;
    counts_.events += events;
    counts_.bytes += size;
  }
  RingHead::Published& place = head_.published[++publications_ & 1];
  // Whoever still reads the place sees first that it is out of date.
  std::atomic_thread_fence(std::memory_order_release);
  place.end.store(end_, std::memory_order_relaxed);
  place.frames.store(counts_.frames, std::memory_order_relaxed);
  place.events.store(counts_.events, std::memory_order_relaxed);
  place.bytes.store(counts_.bytes, std::memory_order_relaxed);
  head_.publications.store(publications_, std::memory_order_release);
  return true;
}

const char* RingReader::fault(const char* memory, size_t size) {
  if (size < kRingHeadBytes) return "it is too small";
  const RingHead& head = *reinterpret_cast<const RingHead*>(memory);
  if (head.magic != kMagic) return "it is something else";
  if (head.version != kVersion || head.head_bytes != kRingHeadBytes)
    return "it was made by another version of fastpoly";
  if (head.capacity < kMinCapacity || head.capacity > kMaxCapacity ||
      (head.capacity & (head.capacity - 1)) != 0)
    return "its capacity makes no sense";
  if (size != kRingHeadBytes + head.capacity) return "its size is not what it says";
  if (std::memchr(head.market, '\0', sizeof head.market) == nullptr)
    return "its market makes no sense";
  return nullptr;
}

RingReader::RingReader(const char* memory, size_t lead, size_t padding)
    : head_(*reinterpret_cast<const RingHead*>(memory)),
      data_(memory + kRingHeadBytes),
      capacity_(head_.capacity),
      lead_(lead),
      padding_(padding),
      text_(lead + padding) {
  Place place;
  look(place);
  at_.store(place.end, std::memory_order_relaxed);
  end_ = place.end;
  counts_ = place.counts;
}

std::string RingReader::market() const { return head_.market; }

bool RingReader::look(Place& place) const {
  for (int i = 0; i < kLooks; ++i) {
    const uint64_t number = head_.publications.load(std::memory_order_acquire);
    const RingHead::Published& published = head_.published[number & 1];
    place.end = published.end.load(std::memory_order_relaxed);
    place.counts.frames = published.frames.load(std::memory_order_relaxed);
    place.counts.events = published.events.load(std::memory_order_relaxed);
    place.counts.bytes = published.bytes.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (head_.publications.load(std::memory_order_relaxed) == number) return true;
  }
  return false;
}

void RingReader::copy_out(uint64_t at, void* bytes, size_t size) const {
  const uint64_t place = at & (capacity_ - 1);
  const size_t first = std::min<uint64_t>(size, capacity_ - place);
  char* const to = static_cast<char*>(bytes);
  copy_shared(to, data_ + place, first);
  copy_shared(to + first, data_, size - first);
}

// Whether what was copied from there may have been written over meanwhile.
bool RingReader::is_overrun(uint64_t at) const {
  std::atomic_thread_fence(std::memory_order_acquire);
  const uint64_t claimed = head_.claimed.load(std::memory_order_relaxed);
  return claimed > at && claimed - at > capacity_;
}

Found RingReader::skip() {
  Place place;
  const uint64_t at = at_.load(std::memory_order_relaxed);
  if (!look(place) || place.end < at) return Found::kDamaged;
  lost_ = {place.counts.frames - counts_.frames, place.counts.events - counts_.events,
           place.counts.bytes - counts_.bytes};
  counts_ = place.counts;
  end_ = place.end;
  at_.store(place.end, std::memory_order_relaxed);
  return Found::kOverrun;
}

Found RingReader::next() {
  const uint64_t at = at_.load(std::memory_order_relaxed);
  if (at == end_) {
    Place place;
    if (!look(place) || place.end < at) return Found::kDamaged;
    if (place.end == at) return Found::kNothing;
    end_ = place.end;
  }
  RecordHead record;
  copy_out(at, &record, sizeof record);
  if (is_overrun(at)) return skip();
  if (end_ - at < sizeof record || record.check != check_of(at, record.size) ||
      padded(record.size) > end_ - at - sizeof record || record.size > capacity_ / 4 ||
      (record.kind != RecordKind::kFrame && record.kind != RecordKind::kMark))
    return Found::kDamaged;
  // A giant frame must not stay in memory for ever, and not every frame should allocate.
  constexpr size_t kKept = 1 << 20;
  const size_t wanted = lead_ + record.size + padding_;
  if (text_.size() < wanted || (text_.size() > 2 * kKept && wanted < kKept)) {
    text_.resize(wanted);
    text_.shrink_to_fit();
  }
  copy_out(at + sizeof record, text_.data() + lead_, record.size);
  if (is_overrun(at)) return skip();
  std::memset(text_.data() + lead_ + record.size, 0, padding_);
  record_ = record;
  at_.store(at + sizeof record + padded(record.size), std::memory_order_relaxed);
  if (record.kind == RecordKind::kMark) return Found::kMark;
  ++counts_.frames;
  counts_.events += record.events;
  counts_.bytes += record.size;
  return Found::kFrame;
}

uint64_t RingReader::backlog() const {
  Place place;
  const uint64_t at = at_.load(std::memory_order_relaxed);
  return look(place) && place.end > at ? place.end - at : 0;
}

}  // namespace fastpoly::shared
