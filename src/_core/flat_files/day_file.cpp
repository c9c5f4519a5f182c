#include "flat_files/day_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/tokens.hpp"

namespace fastpoly::flat_files {

namespace {

constexpr size_t kMostLine = 1 << 20;   // bytes; what is longer is no line of a day file
constexpr size_t kMostShown = 200;      // bytes of a bad line that are kept
constexpr size_t kMostBadLines = 1000;  // that are kept; the others are counted

}  // namespace

void DayFiles::begin_file(Layout layout, std::vector<std::string> symbols, uint64_t from_ns,
                          uint64_t until_ns) {
  parser_ = std::make_unique<LineParser>(std::move(layout), std::move(symbols), from_ns, until_ns);
  pending_.clear();
  line_ = 1;
  skipping_ = false;
}

void DayFiles::feed(const char* text, size_t size) {
  const size_t before = pending_.size();
  pending_.extend(size + kPadding);
  std::memcpy(pending_.data() + before, text, size);
  std::memset(pending_.data() + before + size, 0, kPadding);
  pending_.shorten(before + size);
  take_lines();
}

void DayFiles::take_lines() {
  const char* at = pending_.data();
  const char* const end = at + pending_.size();
  while (at != end) {
    const auto* const found =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
    if (found == nullptr) break;
    if (!skipping_) take_line(at, static_cast<size_t>(found - at));
    skipping_ = false;
    at = found + 1;
  }
  const auto left = static_cast<size_t>(end - at);
  if (skipping_ || left > kMostLine) {
    if (!skipping_) {
      ++line_;
      note_bad(at, left, "it is longer than a line of a day file");
    }
    skipping_ = true;
    pending_.clear();
    return;
  }
  if (left != 0) std::memmove(pending_.data(), at, left);
  pending_.shorten(left);
}

void DayFiles::end_file(bool whole) {
  if (whole && !skipping_ && pending_.size() != 0) {
    std::memset(pending_.extend(kPadding), 0, kPadding);
    pending_.shorten(pending_.size() - kPadding);
    take_line(pending_.data(), pending_.size());
  }
  pending_ = ByteBuffer{};
  ++file_;
}

void DayFiles::take_line(const char* line, size_t size) {
  ++line_;
  if (size != 0 && line[size - 1] == '\r') --size;
  if (size == 0) return;
  switch (parser_->parse(line, size)) {
    case LineParser::kRow:
      sorter.add(parser_->stamp, parser_->frame.data(), parser_->frame.size());
      break;
    case LineParser::kBad:
      note_bad(line, size, parser_->reason);
      break;
    case LineParser::kUnwanted:
      break;
  }
}

void DayFiles::note_bad(const char* line, size_t size, const char* reason) {
  ++bad_line_count;
  if (bad_lines.size() == kMostBadLines) return;
  bad_lines.push_back({file_, line_, reason, std::string(line, std::min(size, kMostShown))});
}

}  // namespace fastpoly::flat_files
