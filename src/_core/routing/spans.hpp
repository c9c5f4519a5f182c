// Where each event of a frame is in the frame's own text.
#pragma once

#include <cstddef>

#include "rows/row.hpp"

namespace fastpoly {

struct Span {
  const char* begin = nullptr;
  size_t size = 0;  // 0 where the text is not of these events
};

// Goes through the text of one frame, of which each element has a row, in their order.
class FrameWalk {
 public:
  FrameWalk() = default;
  FrameWalk(const char* text, size_t size);

  // The bytes of the next element, whose row begins with this head.
  Span next(const RowHead& head);

 private:
  const char* end_of(const RowHead& head) const;
  const char* end_of_object() const;

  const char* at_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace fastpoly
