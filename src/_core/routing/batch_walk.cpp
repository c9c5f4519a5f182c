// Where a walk begins, and goes from frame to frame.
#include "routing/batch_walk.hpp"

#include <algorithm>

namespace fastpoly {

void BatchWalk::open_frame(const RowStore& store) {
  const size_t begin = frame_ != 0 ? store.frame_text_ends[frame_ - 1] : 0;
  frame_walk_ = FrameWalk(store.frame_text.data() + begin, store.frame_text_ends[frame_] - begin);
}

bool BatchWalk::start(const RowStore& store, uint32_t begin) {
  if (store.frame_text_ends.size() != store.frame_ends.size()) return false;
  const auto frame = std::upper_bound(store.frame_ends.begin(), store.frame_ends.end(), begin);
  frame_ = static_cast<size_t>(frame - store.frame_ends.begin());
  next_ = frame_ != 0 ? store.frame_ends[frame_ - 1] : 0;
  if (frame == store.frame_ends.end()) return begin == store.order.size();
  open_frame(store);
  for (; next_ < begin; ++next_)
    if (frame_walk_.next(head_of(store, store.order[next_])).size == 0) return false;
  return true;
}

bool BatchWalk::has_foreign_symbol(const MarketSpec& market) const {
  const EventSpec& event = *market.channels[column_].event;
  int bit = 0;
  while (event.fields[bit].kind != Kind::kSymbol) ++bit;
  return (head_->foreign >> bit & 1) != 0;
}

}  // namespace fastpoly
