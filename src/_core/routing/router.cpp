// From rows to readers: one look at each event, one copy of its bytes for each group.
#include "routing/router.hpp"

#include <algorithm>
#include <iterator>

#include "base/compiler.hpp"

namespace fastpoly {

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

WalkStep Router::walk(const RowStore& store, uint32_t end) {
  while (walk_.next() < end) {
    if (FASTPOLY_UNLIKELY(!walk_.step(store))) return WalkStep::kBroken;
    const int column = walk_.column();
    if (column == kStatusColumn) continue;  // they are between the server and this client
    ++position;
    if (FASTPOLY_LIKELY(column < kStatusColumn)) {
      const Symbol* const symbol = walk_.symbol();
      if (FASTPOLY_LIKELY(symbol != nullptr)) {
        if (keeps_latest) latest_texts.put(column, symbol, position, walk_.event());
        const Groups* const wanting = subscribers.of(column, symbol);
        if (wanting != nullptr) give(*wanting, column, walk_.event());
      } else if (walk_.has_foreign_symbol(market_)) {
        return WalkStep::kNamed;
      }
    }
    give(subscribers.everything(column), column, walk_.event());
  }
  return WalkStep::kDone;
}

void Router::route_named(std::string_view name, bool has_name) {
  const int column = walk_.column();
  if (has_name) {
    if (keeps_latest) latest_texts.put(column, name, position, walk_.event());
    const Groups* const wanting = subscribers.of(column, name);
    if (wanting != nullptr) give(*wanting, column, walk_.event());
  }
  give(subscribers.everything(column), column, walk_.event());
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
