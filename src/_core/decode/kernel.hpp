// Frame bytes -> rows. No Python in here: it can be fuzzed and measured alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// Why a frame is not JSON, and at which byte.
struct DecodeFailure {
  size_t offset = 0;
  const char* reason = "";
};

class SlowDecoder;

class Kernel {
 public:
  Kernel();
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Appends the events of one frame to the store. `capacity` is how many bytes from `frame` on may
  // be read; with less than kPadding beyond `size` the frame is copied. The two bytes before it may
  // be read too: in a socket's buffer they are the frame's header. The byte after the frame is
  // overwritten while this runs, and restored. On failure the store is as it was before.
  bool decode(char* frame, size_t size, size_t capacity, RowStore& store, DecodeFailure& failure);

  // The same for bytes that must not be written to.
  bool decode_copy(const char* frame, size_t size, RowStore& store, DecodeFailure& failure);

  // The events of one frame in a store of their own, which the caller owns; null on failure.
  RowStore* decode_apart(const MarketSpec& market, const char* frame, size_t size,
                         DecodeFailure& failure);

  // Events of other shards than these are passed over, without a row.
  ShardSet shards = kAllShards;

  // Whether canonical events may take the fast path; off in tests that compare the two.
  bool fast = true;

 private:
  bool decode_events(const char*& p, const char* end, RowStore& store);
  bool decode_padded(char* frame, size_t size, RowStore& store, DecodeFailure& failure);

  std::unique_ptr<SlowDecoder> slow_;
  std::vector<char> padded_;
  std::vector<uint32_t> separators_;
};

// The event at `event`, if it is compact JSON of plain values with "ev" first, appended to the
// store. Returns the byte after it, or null.
const char* decode_plain(const char* event, RowStore& store);

}  // namespace fastpoly
