// Counts of durations by size, in logarithmic buckets. No Python in here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/compiler.hpp"

namespace fastpoly {

// Values in ns by convention. Each doubling has kSub buckets, so what is read from them is at most
// 1 / kSub above what was recorded. Values below 0 are counted with 0; `min` tells of them.
class Histogram {
 public:
  static constexpr int kSubBits = 4;
  static constexpr int kSub = 1 << kSubBits;
  static constexpr int kBuckets = (63 - kSubBits + 1) * kSub;

  static FASTPOLY_INLINE int bucket_of(int64_t value) {
    const uint64_t size = value < 0 ? 0 : static_cast<uint64_t>(value);
    const int shift = 63 - kSubBits - __builtin_clzll(size | kSub);
    return shift * kSub + static_cast<int>(size >> shift);
  }

  // The largest value that is counted there.
  static int64_t upper(int bucket) {
    if (bucket < kSub) return bucket;
    const int shift = bucket / kSub - 1;
    return static_cast<int64_t>(((static_cast<uint64_t>(kSub) + bucket % kSub + 1) << shift) - 1);
  }

  // Adds a value so many times.
  void record(int64_t value, uint64_t times = 1) {
    counts_[bucket_of(value)] += times;
    note(value, value, times);
  }

  void merge(const Histogram& other) {
    if (other.count_ == 0) return;
    for (int i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    note(other.min_, other.max_, other.count_);
  }

  void clear() { *this = Histogram(); }

  // The value that so many percent of all do not exceed, from above; 0 if there is none.
  int64_t percentile(double percent) const;

  uint64_t count() const { return count_; }
  int64_t min() const { return min_; }
  int64_t max() const { return max_; }

 private:
  void note(int64_t least, int64_t most, uint64_t times) {
    min_ = count_ == 0 ? least : std::min(min_, least);
    max_ = count_ == 0 ? most : std::max(max_, most);
    count_ += times;
  }

  uint64_t count_ = 0;
  int64_t min_ = 0;
  int64_t max_ = 0;
  uint64_t counts_[kBuckets] = {};
};

}  // namespace fastpoly
