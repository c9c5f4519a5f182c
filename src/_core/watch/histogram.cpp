// Reading a histogram.
#include "watch/histogram.hpp"

#include <cmath>

namespace fastpoly {

int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(static_cast<double>(count_) * percent / 100);
  uint64_t left = wanted < 1 ? 1 : static_cast<uint64_t>(wanted);
  for (int i = 0; i < kBuckets; ++i) {
    if (counts_[i] >= left) return std::max(std::min(upper(i), max_), min_);
    left -= counts_[i];
  }
  return max_;
}

}  // namespace fastpoly
