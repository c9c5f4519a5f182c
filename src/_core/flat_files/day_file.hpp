// Day files as they are unpacked -> their events by time, as frames of the wire.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flat_files/line_parser.hpp"
#include "flat_files/sorter.hpp"

namespace fastpoly::flat_files {

// A line that could not be read.
struct BadLine {
  uint32_t file = 0;
  uint64_t line = 0;  // the header's is 1
  const char* reason = "";
  std::string text;  // its first bytes
};

class DayFiles {
 public:
  DayFiles(size_t memory, std::string folder) : sorter(memory, std::move(folder)) {}

  // The lines that are fed from now on are of another file.
  void begin_file(Layout layout, std::vector<std::string> symbols, uint64_t from_ns,
                  uint64_t until_ns);
  // Some of the text after the header, cut anywhere.
  void feed(const char* text, size_t size);
  // The file ends here; what is left is a line, unless more is missing.
  void end_file(bool whole);

  Sorter sorter;
  std::vector<BadLine> bad_lines;  // the first ones
  uint64_t bad_line_count = 0;

 private:
  void take_lines();
  void take_line(const char* line, size_t size);
  void note_bad(const char* line, size_t size, const char* reason);

  std::unique_ptr<LineParser> parser_;
  ByteBuffer pending_;
  uint32_t file_ = 0;
  uint64_t line_ = 0;
  bool skipping_ = false;  // the rest of a line that is too long
};

}  // namespace fastpoly::flat_files
