// A ring in shared memory: one process writes frames, any number of others read them.
//
// The writer never waits and never looks at its readers, which map the memory for reading only. So
// a reader that is too slow is overrun: it learns that from the positions, and how much it lost
// from the counts beside them.
//
// Positions count bytes from the beginning of the stream and never wrap; a byte lies at its
// position modulo the capacity. Three rules make it safe without a lock:
//
// - Before the writer touches the bytes of a record it *claims* them: what is more than the
// capacity
//   before the end of the claim is no longer there.
// - A reader copies a record out and only then looks at the claim. If the record is within it by
//   then, what was copied is whole; else it is thrown away.
// - How far the ring is written stands, with the counts up to there, in one of two places in turn.
//   A reader takes the place that the number of publications points to, and takes it again if that
//   has moved on meanwhile. A writer that is killed anywhere leaves a place that holds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fastpoly::shared {

struct Counts {
  uint64_t frames = 0, events = 0, bytes = 0;
};

enum class RecordKind : uint32_t { kFrame = 1, kMark = 2 };

// What the memory begins with. Only ever seen by processes of one machine: its byte order is ours.
struct RingHead {
  struct Published {
    std::atomic<uint64_t> end, frames, events, bytes;
  };

  uint64_t magic;
  uint32_t version;
  uint32_t head_bytes;
  uint64_t capacity;
  char market[32];
  alignas(64) std::atomic<uint64_t> claimed;
  alignas(64) std::atomic<uint64_t> publications;
  Published published[2];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free, "other processes have other locks");

// What a record begins with; its text follows, up to a multiple of eight bytes.
struct RecordHead {
  uint64_t stamp;  // Unix time in ns
  uint32_t size;
  uint32_t events;
  RecordKind kind;
  uint32_t check;  // of its position, so that what is none is not taken for one
};

constexpr size_t kRingHeadBytes = 4096;
static_assert(sizeof(RingHead) <= kRingHeadBytes);
constexpr uint64_t kMinCapacity = 4096;
constexpr uint64_t kMaxCapacity = uint64_t{1} << 40;

class RingWriter {
 public:
  // Takes memory for reading and writing of kRingHeadBytes and a power of two of bytes, all zero.
  RingWriter(char* memory, uint64_t capacity, std::string_view market);

  // The largest text: a quarter of the capacity, so that a reader has time to copy it.
  size_t max_size() const { return capacity_ / 4 - sizeof(RecordHead); }

  // Appends a record, and makes it visible. False if it is too large.
  bool put(RecordKind kind, uint64_t stamp, const char* text, size_t size, uint32_t events);

  const Counts& counts() const { return counts_; }

 private:
  void copy_in(uint64_t at, const void* bytes, size_t size);

  RingHead& head_;
  char* const data_;
  const uint64_t capacity_;
  uint64_t end_ = 0;
  uint64_t publications_ = 0;
  Counts counts_;
};

enum class Found { kNothing, kFrame, kMark, kOverrun, kDamaged };

class RingReader {
 public:
  // Why memory of that size is no ring that can be read; null if it is one.
  static const char* fault(const char* memory, size_t size);

  // Takes memory in which `fault` finds none; begins at what is written next. `lead` bytes before
  // each text, and `padding` after it, are readable; both, and the text, may be written to.
  RingReader(const char* memory, size_t lead, size_t padding);

  // The next record: its text, stamp and events. After kOverrun, `lost` says what is missing here,
  // and the next record is the newest. After kDamaged nothing that follows is to be trusted.
  Found next();

  char* text() { return text_.data() + lead_; }
  size_t size() const { return record_.size; }
  uint64_t stamp() const { return record_.stamp; }
  uint32_t events() const { return record_.events; }
  const Counts& lost() const { return lost_; }
  std::string market() const;

  // Bytes that are written and not read, heads of records included; from any thread.
  uint64_t backlog() const;

 private:
  struct Place {
    uint64_t end = 0;
    Counts counts;
  };

  bool look(Place& place) const;
  void copy_out(uint64_t at, void* bytes, size_t size) const;
  bool is_overrun(uint64_t at) const;
  Found skip();

  const RingHead& head_;
  const char* const data_;
  const uint64_t capacity_;
  const size_t lead_, padding_;
  std::atomic<uint64_t> at_{0};
  uint64_t end_ = 0;  // how far it was written when that was last looked at
  Counts counts_;     // of everything up to `at_`
  Counts lost_;
  RecordHead record_{0, 0, 0, RecordKind::kFrame, 0};
  std::vector<char> text_;
};

}  // namespace fastpoly::shared
