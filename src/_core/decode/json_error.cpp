// A strict recursive reader of RFC 8259 that builds nothing.
#include "decode/json_error.hpp"

#include <cstdint>
#include <cstring>

namespace fastpoly {

namespace {

class Checker {
 public:
  Checker(const char* text, size_t size) : begin_(text), p_(text), end_(text + size) {}

  bool document() {
    skip_space();
    if (!value(0)) return false;
    skip_space();
    return p_ == end_ || fail("text after the end of the JSON value");
  }

  size_t offset() const { return static_cast<size_t>(p_ - begin_); }
  const char* reason() const { return reason_; }

 private:
  bool fail(const char* reason) {
    reason_ = p_ == end_ ? "the JSON text ends too early" : reason;
    return false;
  }

  void skip_space() {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
  }

  bool at(char byte) const { return p_ != end_ && *p_ == byte; }
  bool at_digit() const { return p_ != end_ && *p_ >= '0' && *p_ <= '9'; }

  bool value(int depth) {
    if (p_ == end_) return fail("");
    if (depth >= kMaxDepth && (*p_ == '{' || *p_ == '['))
      return fail("nested more deeply than 1024 levels");
    switch (*p_) {
      case '{':
        return members(depth);
      case '[':
        return elements(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool members(int depth) {
    ++p_;
    skip_space();
    if (at('}')) return ++p_, true;
    for (;;) {
      if (!at('"')) return fail("expected a key in double quotes");
      if (!string()) return false;
      skip_space();
      if (!at(':')) return fail("expected ':' after a key");
      ++p_;
      skip_space();
      if (!value(depth + 1)) return false;
      skip_space();
      if (at('}')) return ++p_, true;
      if (!at(',')) return fail("expected ',' or '}'");
      ++p_;
      skip_space();
    }
  }

  bool elements(int depth) {
    ++p_;
    skip_space();
    if (at(']')) return ++p_, true;
    for (;;) {
      if (!value(depth + 1)) return false;
      skip_space();
      if (at(']')) return ++p_, true;
      if (!at(',')) return fail("expected ',' or ']'");
      ++p_;
      skip_space();
    }
  }

  bool word(const char* expected) {
    for (; *expected != '\0'; ++expected, ++p_)
      if (!at(*expected)) return fail("expected a JSON value");
    return true;
  }

  bool digits() {
    if (!at_digit()) return fail("expected a digit");
    while (at_digit()) ++p_;
    return true;
  }

  bool number() {
    if (at('-')) {
      ++p_;
      if (!at_digit()) return fail("expected a digit");
    } else if (!at_digit()) {
      return fail("expected a JSON value");
    }
    if (at('0')) {
      ++p_;
      if (at_digit()) return fail("a number begins with a zero");
    } else if (!digits()) {
      return false;
    }
    if (at('.')) {
      ++p_;
      if (!digits()) return false;
    }
    if (at('e') || at('E')) {
      ++p_;
      if (at('+') || at('-')) ++p_;
      if (!digits()) return false;
    }
    return true;
  }

  bool string() {
    for (++p_; p_ != end_; ++p_) {
      const auto byte = static_cast<unsigned char>(*p_);
      if (byte == '"') return ++p_, true;
      if (byte < 0x20) return fail("a control character in a string");
      if (byte == '\\') {
        if (!escape()) return false;
      } else if (byte >= 0x80) {
        if (!utf8()) return false;
      }
    }
    return fail("");
  }

  // Both leave p_ at the last byte of what they read.
  bool escape() {
    ++p_;
    if (p_ == end_) return fail("");
    if (*p_ != 'u')
      return std::strchr("\"\\/bfnrt", *p_) != nullptr && *p_ != '\0'
                 ? true
                 : fail("an unknown escape in a string");
    for (int i = 0; i < 4; ++i) {
      ++p_;
      const bool hex = p_ != end_ &&
                       ((*p_ >= '0' && *p_ <= '9') || ((*p_ | 0x20) >= 'a' && (*p_ | 0x20) <= 'f'));
      if (!hex) return fail("expected four hexadecimal digits after \\u");
    }
    return true;
  }

  bool utf8() {
    const auto lead = static_cast<unsigned char>(*p_);
    int more;
    uint32_t code;
    if ((lead & 0xe0) == 0xc0) {
      more = 1;
      code = lead & 0x1f;
    } else if ((lead & 0xf0) == 0xe0) {
      more = 2;
      code = lead & 0x0f;
    } else if ((lead & 0xf8) == 0xf0) {
      more = 3;
      code = lead & 0x07;
    } else {
      return fail("not UTF-8");
    }
    for (int i = 1; i <= more; ++i) {
      if (p_ + i == end_ || (static_cast<unsigned char>(p_[i]) & 0xc0) != 0x80)
        return fail("not UTF-8");
      code = code << 6 | (static_cast<unsigned char>(p_[i]) & 0x3f);
    }
    static constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      return fail("not UTF-8");
    p_ += more;
    return true;
  }

  const char* const begin_;
  const char* p_;
  const char* const end_;
  const char* reason_ = "";
};

}  // namespace

bool find_json_error(const char* text, size_t size, DecodeFailure& failure) {
  Checker checker(text, size);
  if (checker.document()) return false;
  failure.offset = checker.offset();
  failure.reason = checker.reason();
  return true;
}

}  // namespace fastpoly
