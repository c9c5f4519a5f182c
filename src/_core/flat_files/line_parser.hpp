// One line of a day file -> the event as the wire has it: JSON with the wire's keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "capture/format/byte_buffer.hpp"

namespace fastpoly::flat_files {

using capture::ByteBuffer;

// How a column's text becomes a value of JSON.
enum class Form : uint8_t {
  kSymbol,     // text, as `Layout` says
  kText,       // text
  kNumber,     // a number, without the zeros at its end
  kWhole,      // a number without its fraction
  kDecimal,    // a number as text, just as it is written
  kTime,       // Unix time in ns, or, below 1e14, in ms: as ms
  kCodes,      // numbers with commas between them: as a list
  kFirstCode,  // the first of such numbers
};

// One key of the event, and the column that it is made of.
struct Step {
  uint32_t column = 0;
  Form form = Form::kText;
  bool zero_is_none = false;  // 0 stands for none: the key is left out
  int64_t add_ns = 0;         // to a time
  std::string opening;        // what stands before the value, such as `,"p":`
};

// What the lines of a file are made into, by its header.
struct Layout {
  std::string head;         // how a frame of one event begins, such as `[{"ev":"T"`
  std::vector<Step> steps;  // in the order of the wire's keys
  uint32_t columns = 0;     // that a line has
  uint32_t ticker = 0;      // the column of it
  uint32_t stamp = 0;       // the column of the time by which rows are ordered
  int64_t stamp_add_ns = 0;
  std::string prefix;  // that tickers begin with, and symbols do not
  bool slash = false;  // whether a pair is written with a slash rather than a hyphen
};

// What a time of a file means, in ns; false where the text is no time.
bool read_time(std::string_view text, uint64_t& ns);

class LineParser {
 public:
  enum Verdict : uint8_t { kRow, kUnwanted, kBad };

  // The symbols that are wanted, as events have them; none for all. Times in [from, until) are.
  LineParser(Layout layout, std::vector<std::string> symbols, uint64_t from_ns, uint64_t until_ns);

  // Reads a line without its end; kPadding bytes after it are readable. Of a row that is wanted
  // `frame` then has its text and `stamp` its time; of a bad one, `reason` says what is wrong.
  Verdict parse(const char* line, size_t size);

  ByteBuffer frame;
  uint64_t stamp = 0;
  const char* reason = "";

 private:
  bool split(const char* line, size_t size);
  std::string_view unquoted(const char* line, size_t size, size_t& at);
  void take_ticker(std::string_view ticker);
  bool put(const Step& step, std::string_view text);
  bool put_codes(std::string_view text);
  bool put_number(std::string_view text, bool whole);
  void put_text(std::string_view text);
  void put_whole(uint64_t value);
  Verdict bad(const char* why);

  const Layout layout_;
  const std::unordered_set<std::string> symbols_;
  const uint64_t from_ns_, until_ns_;
  std::vector<std::string_view> fields_;
  std::vector<uint32_t> separators_;
  std::string scratch_;  // quoted fields with quotes in them
  // Of the line before: lines of a ticker stand together.
  std::string ticker_, symbol_;
  bool known_ = false, wanted_ = false;
};

}  // namespace fastpoly::flat_files
