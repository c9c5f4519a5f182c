#include "flat_files/line_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "decode/separators.hpp"

namespace fastpoly::flat_files {

namespace {

constexpr uint64_t kMsToNs = 1'000'000;
constexpr uint64_t kFirstNs = 100'000'000'000'000;  // a time below this is in ms
constexpr int kMostDigits = 19;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

size_t digits_at(std::string_view text, size_t at) {
  const size_t first = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - first;
}

// A number as JSON writes it, in parts.
struct Number {
  size_t whole = 0;     // where its digits before the point end, with the sign
  size_t fraction = 0;  // where those after it end; the same where there is no point
  bool exponent = false;
};

bool read_number(std::string_view text, Number& number) {
  const size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t whole = digits_at(text, first);
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  size_t at = number.whole = first + whole;
  if (at < text.size() && text[at] == '.') {
    const size_t places = digits_at(text, at + 1);
    if (places == 0) return false;
    at += 1 + places;
  }
  number.fraction = at;
  number.exponent = at < text.size() && (text[at] | 0x20) == 'e';
  if (number.exponent) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const size_t power = digits_at(text, at);
    if (power == 0) return false;
    at += power;
  }
  return at == text.size();
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool read_time(std::string_view text, uint64_t& ns) {
  const size_t whole = digits_at(text, 0);
  if (whole == 0 || whole > kMostDigits) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < whole; ++i) value = value * 10 + static_cast<uint64_t>(text[i] - '0');
  if (value > static_cast<uint64_t>(INT64_MAX)) return false;
  uint64_t fraction = 0;
  if (whole != text.size()) {
    if (text[whole] != '.') return false;
    const size_t places = digits_at(text, whole + 1);
    if (places == 0 || whole + 1 + places != text.size()) return false;
    for (size_t i = 0; i < 6; ++i)
      fraction = fraction * 10 +
                 (i < places ? static_cast<uint64_t>(text[whole + 1 + i] - '0') : uint64_t{0});
  }
  // Of ns a fraction is nothing that a time here can hold.
  ns = value < kFirstNs ? value * kMsToNs + fraction : value;
  return ns <= static_cast<uint64_t>(INT64_MAX);
}

LineParser::LineParser(Layout layout, std::vector<std::string> symbols, uint64_t from_ns,
                       uint64_t until_ns)
    : layout_(std::move(layout)),
      symbols_(symbols.begin(), symbols.end()),
      from_ns_(from_ns),
      until_ns_(until_ns),
      fields_(layout_.columns) {}

LineParser::Verdict LineParser::bad(const char* why) {
  reason = why;
  return kBad;
}

LineParser::Verdict LineParser::parse(const char* line, size_t size) {
  // Most lines are of a ticker that is not wanted, and of that of the line before.
  if (known_ && !wanted_ && layout_.ticker == 0 && size > ticker_.size() &&
      line[ticker_.size()] == ',' && std::memcmp(line, ticker_.data(), ticker_.size()) == 0)
    return kUnwanted;
  if (!split(line, size)) return kBad;
  const std::string_view ticker = fields_[layout_.ticker];
  if (ticker.empty()) return bad("there is no ticker");
  if (!known_ || ticker != ticker_) take_ticker(ticker);
  if (!wanted_) return kUnwanted;
  if (!read_time(fields_[layout_.stamp], stamp) || stamp == 0) return bad("there is no time");
  stamp += static_cast<uint64_t>(layout_.stamp_add_ns);
  if (stamp < from_ns_ || stamp >= until_ns_) return kUnwanted;
  frame.clear();
  frame.append(layout_.head.data(), layout_.head.size());
  for (const Step& step : layout_.steps)
    if (!put(step, fields_[step.column])) return kBad;
  frame.append("}]", 2);
  return kRow;
}

// Parts a line at its commas; false where it has not as many fields as the header.
bool LineParser::split(const char* line, size_t size) {
  if (separators_.size() < size + 2 * kSpareSeparators)
    separators_.resize(size + 2 * kSpareSeparators);
  const size_t count = find_separators(line, size, separators_.data());
  separators_[count] = static_cast<uint32_t>(size);
  scratch_.clear();
  scratch_.reserve(size);  // views of it are kept
  size_t found = 0, at = 0;
  for (size_t i = 0; i <= count; ++i) {
    size_t end = separators_[i];
    if (end < at || (end != size && line[end] != ',')) continue;
    std::string_view text(line + at, end - at);
    if (!text.empty() && text[0] == '"') {
      text = unquoted(line, size, at);
      if (at != size && line[at] != ',') {
        reason = "a quote is not closed, or in the middle of a value";
        return false;
      }
      end = at;
    } else if (std::memchr(text.data(), '"', text.size()) != nullptr) {
      reason = "a quote is in the middle of a value";
      return false;
    }
    if (found == layout_.columns) {
      reason = "it has more values than the header has columns";
      return false;
    }
    fields_[found++] = text;
    at = end + 1;
  }
  if (found != layout_.columns) {
    reason = "it has fewer values than the header has columns";
    return false;
  }
  return true;
}

// The value between quotes that begins at `at`, which is left after the closing one; at a byte that
// is neither a comma nor the end where that is missing.
std::string_view LineParser::unquoted(const char* line, size_t size, size_t& at) {
  const size_t first = at + 1;
  const size_t kept = scratch_.size();
  bool doubled = false;
  for (size_t i = first; i < size; ++i) {
    if (line[i] == '"') {
      if (i + 1 < size && line[i + 1] == '"') {
        ++i;
        doubled = true;
      } else {
        at = i + 1;
        if (doubled) return {scratch_.data() + kept, scratch_.size() - kept};
        return {line + first, i - first};
      }
    }
    scratch_.push_back(line[i]);
  }
  return {};
}

void LineParser::take_ticker(std::string_view ticker) {
  ticker_ = ticker;
  known_ = true;
  std::string_view name = ticker;
  if (!layout_.prefix.empty() && name.substr(0, layout_.prefix.size()) == layout_.prefix)
    name.remove_prefix(layout_.prefix.size());
  symbol_ = name;
  if (layout_.slash) {
    const size_t hyphen = symbol_.find('-');
    if (hyphen != std::string::npos) symbol_[hyphen] = '/';
  }
  wanted_ = symbols_.empty() || symbols_.count(symbol_) != 0;
}

// Writes a key and its value, or nothing where there is none; false where the value is no such.
bool LineParser::put(const Step& step, std::string_view text) {
  if (text.empty() || (step.zero_is_none && is_zero(text))) return true;
  const auto open = [&] { frame.append(step.opening.data(), step.opening.size()); };
  switch (step.form) {
    case Form::kSymbol:
      open();
      put_text(symbol_);
      return true;
    case Form::kText:
      open();
      put_text(text);
      return true;
    case Form::kNumber:
    case Form::kWhole:
      open();
      return put_number(text, step.form == Form::kWhole);
    case Form::kDecimal: {
      Number number;
      if (!read_number(text, number)) {
        reason = "a value is not a number";
        return false;
      }
      open();
      put_text(text);
      return true;
    }
    case Form::kTime: {
      uint64_t ns;
      if (!read_time(text, ns)) {
        reason = "a value is not a time";
        return false;
      }
      if (ns == 0) return true;
      open();
      put_whole((ns + static_cast<uint64_t>(step.add_ns)) / kMsToNs);
      return true;
    }
    case Form::kCodes:
      open();
      return put_codes(text);
    case Form::kFirstCode:
      open();
      return put_number(text.substr(0, text.find(',')), true);
  }
  return false;
}

bool LineParser::put_codes(std::string_view text) {
  frame.append("[", 1);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (at != 0) frame.append(",", 1);
    if (!put_number(text.substr(at, end - at), true)) return false;
    at = end + 1;
  }
  frame.append("]", 1);
  return true;
}

bool LineParser::put_number(std::string_view text, bool whole) {
  Number number;
  if (!read_number(text, number)) {
    reason = "a value is not a number";
    return false;
  }
  size_t size = text.size();
  if (!number.exponent) {
    size = number.fraction;
    if (whole) size = number.whole;
    while (size > number.whole && text[size - 1] == '0') --size;
    if (size == number.whole + 1) --size;  // only the point is left
  }
  frame.append(text.data(), size);
  return true;
}

void LineParser::put_text(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  char* const first = frame.extend(text.size() * 6 + 2);
  char* out = first;
  *out++ = '"';
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code == '"' || code == '\\') *out++ = '\\';
    if (code >= 0x20) {
      *out++ = byte;
      continue;
    }
    for (const char put : {'\\', 'u', '0', '0', kHex[code >> 4], kHex[code & 15]}) *out++ = put;
  }
  *out++ = '"';
  frame.shorten(static_cast<size_t>(out - frame.data()));
}

void LineParser::put_whole(uint64_t value) {
  char* const to = frame.extend(20);
  const auto result = std::to_chars(to, to + 20, value);
  frame.shorten(static_cast<size_t>(result.ptr - frame.data()));
}

}  // namespace fastpoly::flat_files
