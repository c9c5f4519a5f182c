// The text of events whose rows say everything: found by a brace and what comes after it.
#include "routing/spans.hpp"

#include <cstring>

#include "base/compiler.hpp"

namespace fastpoly {

namespace {

bool is_space(char byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

const char* skip_spaces(const char* at, const char* end) {
  while (at != end && is_space(*at)) ++at;
  return at;
}

// What follows an event's last brace where the next one has the server's shape. It is never part of
// a string: the quote in it would end that, and after a string comes no letter.
constexpr char kNext[] = ",{\"ev\"";
constexpr size_t kNextSize = sizeof kNext - 1;

}  // namespace

FrameWalk::FrameWalk(const char* text, size_t size) : at_(text), end_(text + size) {
  at_ = skip_spaces(at_, end_);
  if (at_ != end_ && *at_ == '[') ++at_;
}

Span FrameWalk::next(const RowHead& head) {
  at_ = skip_spaces(at_, end_);
  if (at_ != end_ && *at_ == ',') at_ = skip_spaces(at_ + 1, end_);
  const char* const begin = at_;
  const char* const after = end_of(head);
  if (FASTPOLY_UNLIKELY(after == nullptr)) return {};
  at_ = after;
  return {begin, static_cast<size_t>(after - begin)};
}

// The byte after the element that begins here; null where there is none.
const char* FrameWalk::end_of(const RowHead& head) const {
  const auto left = static_cast<size_t>(end_ - at_);
  if (head.raw_size != 0) return head.raw_size <= left ? at_ + head.raw_size : nullptr;
  if (FASTPOLY_UNLIKELY(left == 0 || *at_ != '{')) return nullptr;
  const auto* const brace = static_cast<const char*>(std::memchr(at_, '}', left));
  if (FASTPOLY_UNLIKELY(brace == nullptr)) return nullptr;
  const auto rest = static_cast<size_t>(end_ - brace - 1);
  if (FASTPOLY_LIKELY(rest >= kNextSize && std::memcmp(brace + 1, kNext, kNextSize) == 0))
    return brace + 1;
  // The frame's own end, which is in no string either.
  if (rest == 1 && brace[1] == ']') return brace + 1;
  return end_of_object();
}

// The same for a complete row, whose event has no objects in it, with an eye on its strings.
const char* FrameWalk::end_of_object() const {
  bool in_string = false;
  for (const char* at = at_; at != end_; ++at) {
    if (in_string && *at == '\\') {
      if (++at == end_) return nullptr;
    } else if (*at == '"') {
      in_string = !in_string;
    } else if (*at == '}' && !in_string) {
      return at + 1;
    }
  }
  return nullptr;
}

}  // namespace fastpoly
