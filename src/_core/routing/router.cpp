// From rows to readers: one look at each event, one copy of its bytes for each group.
#include "routing/router.hpp"

#include <algorithm>
#include <iterator>

#include "base/compiler.hpp"

namespace fastpoly {

namespace {

const RowHead& head_of(const RowStore& store, RowRef ref) {
  return *reinterpret_cast<const RowHead*>(store.columns[ref.column()].row(ref.index()));
}

bool has_foreign_symbol(const RowHead& head, const EventSpec& event) {
  int bit = 0;
  while (event.fields[bit].kind != Kind::kSymbol) ++bit;
  return (head.foreign >> bit & 1) != 0;
}

}  // namespace

uint32_t Router::add_group() {
  const auto free = std::find_if(groups_.begin(), groups_.end(),
                                 [](const Group& group) { return !group.is_used; });
  const auto group = static_cast<uint32_t>(free - groups_.begin());
  if (free == groups_.end()) groups_.emplace_back();
  groups_[group] = Group();
  groups_[group].is_used = true;
  return group;
}

void Router::remove_group(uint32_t group) {
  taken(group);
  groups_[group] = Group();
}

std::string_view Router::finish(uint32_t group) {
  MessageWriter& out = groups_[group].out;
  waiting_bytes_ -= out.size();
  const std::string_view text = out.finish();
  waiting_bytes_ += text.size();  // with the last frame's header
  return text;
}

void Router::taken(uint32_t group) {
  waiting_bytes_ -= groups_[group].out.size();
  groups_[group].out.clear();
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), group), waiting_.end());
}

void Router::give(const Groups& groups, int column, std::string_view event) {
  for (const uint32_t number : groups) {
    Group& group = groups_[number];
    const size_t before = group.out.size();
    if (before == 0) waiting_.push_back(number);
    group.out.add(event);
    waiting_bytes_ += group.out.size() - before;
    ++group.counts[column];
  }
}

void Router::open_frame(const RowStore& store) {
  const size_t begin = frame_ != 0 ? store.frame_text_ends[frame_ - 1] : 0;
  frame_walk_ = FrameWalk(store.frame_text.data() + begin, store.frame_text_ends[frame_] - begin);
}

bool Router::start(const RowStore& store, uint32_t begin) {
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

Router::Step Router::walk(const RowStore& store, uint32_t end) {
  while (next_ < end) {
    while (next_ == store.frame_ends[frame_]) {
      ++frame_;
      open_frame(store);
    }
    const RowRef ref = store.order[next_];
    const int column = ref.column();
    if (FASTPOLY_UNLIKELY(column == kObjectColumn)) return Step::kBroken;
    const RowHead& head = head_of(store, ref);
    const Span span = frame_walk_.next(head);
    if (FASTPOLY_UNLIKELY(span.size == 0)) return Step::kBroken;
    event_ = {span.begin, span.size};
    ++next_;
    if (column == kStatusColumn) continue;  // they are between the server and this client
    ++position;
    if (FASTPOLY_LIKELY(column < kStatusColumn)) {
      const Symbol* const symbol = reinterpret_cast<const SymbolRow*>(&head)->symbol;
      if (FASTPOLY_LIKELY(symbol != nullptr)) {
        if (keeps_latest) latest_texts.put(column, symbol, position, event_);
        const Groups* const wanting = subscribers.of(column, symbol);
        if (wanting != nullptr) give(*wanting, column, event_);
      } else if (has_foreign_symbol(head, *market_.channels[column].event)) {
        return Step::kNamed;
      }
    }
    give(subscribers.everything(column), column, event_);
  }
  return Step::kDone;
}

void Router::route_named(const RowStore& store, std::string_view name, bool has_name) {
  const int column = store.order[stopped_at()].column();
  if (has_name) {
    if (keeps_latest) latest_texts.put(column, name, position, event_);
    const Groups* const wanting = subscribers.of(column, name);
    if (wanting != nullptr) give(*wanting, column, event_);
  }
  give(subscribers.everything(column), column, event_);
}

void Router::latest(uint32_t group, uint64_t since, size_t most_bytes, MessageWriter& out,
                    uint64_t* counts) const {
  struct Found {
    const LatestTexts::Entry* entry;
    int column;
  };
  std::vector<Found> found;
  for (int column = 0; column < kStatusColumn; ++column) {
    const bool all = Subscribers::has(subscribers.everything(column), group);
    for (const LatestTexts::Entry& entry : latest_texts.entries(column)) {
      if (entry.position <= since) continue;
      const Groups* const wanting = all                       ? nullptr
                                    : entry.symbol != nullptr ? subscribers.of(column, entry.symbol)
                                                              : subscribers.of(column, entry.name);
      if (all || (wanting != nullptr && Subscribers::has(*wanting, group)))
        found.push_back({&entry, column});
    }
  }
  std::sort(found.begin(), found.end(), [](const Found& one, const Found& other) {
    return one.entry->position < other.entry->position;
  });
  auto first = found.end();
  for (size_t bytes = 0; first != found.begin(); --first) {
    bytes += std::prev(first)->entry->text.size();
    if (bytes > most_bytes) break;
  }
  for (; first != found.end(); ++first) {
    out.add(first->entry->text);
    ++counts[first->column];
  }
}

}  // namespace fastpoly
