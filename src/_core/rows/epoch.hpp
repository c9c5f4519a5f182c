// Event times that some feeds send in ms and some in ns.
#pragma once

#include <cstdint>

#include "rows/row.hpp"

namespace fastpoly {

constexpr int64_t kMsToNs = 1'000'000;
constexpr int64_t kFirstNs = 100'000'000'000'000;  // from here on, a time of kind EPOCH is in ns

// A time of kind EPOCH in ns; what is below kFirstNs was in ms. What 64 bits don't hold is missing.
inline int64_t epoch_ns(int64_t value) {
  if (value >= kFirstNs || value == kMissingInt) return value;
  const bool fits = value >= INT64_MIN / kMsToNs && value <= INT64_MAX / kMsToNs;
  return fits ? value * kMsToNs : kMissingInt;
}

}  // namespace fastpoly
