// The general decoder: any JSON, through simdjson; each event becomes a row with its own bytes.
#pragma once

#include <cstddef>
#include <memory>

#include "decode/kernel.hpp"

namespace fastpoly {

class SlowDecoder {
 public:
  SlowDecoder();
  ~SlowDecoder();

  // Decodes a whole frame but for its first `skip` events, which the store has already. kPadding
  // bytes after the frame are readable. With `fast`, canonical events still take the fast path.
  bool decode(const char* frame, size_t size, size_t skip, bool fast, RowStore& store,
              DecodeFailure& failure);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace fastpoly
