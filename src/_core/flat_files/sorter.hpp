// Events in any order -> by their times; what memory does not hold waits in a file without a name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/format/byte_buffer.hpp"

namespace fastpoly::flat_files {

using capture::ByteBuffer;

// One run of events in the order of their times, which lies in the file.
class RunReader {
 public:
  RunReader(int fd, const std::string& folder, uint64_t begin, uint64_t end)
      : fd_(fd), folder_(&folder), at_(begin), end_(end) {}

  // Steps to the next event; false at the end. Throws FileFailure.
  bool step();

  uint64_t stamp = 0;
  char* text = nullptr;
  size_t size = 0;

 private:
  bool have(size_t wanted);

  int fd_;
  const std::string* folder_;
  uint64_t at_, end_;  // of what has not been read yet
  ByteBuffer window_;
  size_t next_ = 0;  // where in the window the next event begins
};

// Methods throw FileFailure where the system refuses.
class Sorter {
 public:
  // `memory` is about how many bytes it holds; the folder is for what is more than that.
  Sorter(size_t memory, std::string folder) : memory_(memory), folder_(std::move(folder)) {}
  ~Sorter();
  Sorter(const Sorter&) = delete;
  Sorter& operator=(const Sorter&) = delete;

  void add(uint64_t stamp, const char* text, size_t size);
  // After the last has been added.
  void sort();

  // Steps to the next event: by the times, those of the same time as they were added.
  bool next();
  uint64_t stamp() const { return stamp_; }
  // kPadding bytes after it are readable; it and the byte after it may be written to.
  char* text() const { return text_; }
  size_t size() const { return size_; }

  uint64_t count() const { return count_; }
  uint64_t file_bytes() const { return file_size_; }

 private:
  struct Entry {
    uint64_t stamp, at;  // the text's size stands before the text
    bool operator<(const Entry& other) const {
      return stamp != other.stamp ? stamp < other.stamp : at < other.at;
    }
  };
  struct Head {
    uint64_t stamp;
    size_t run;
    // The least is on top of a heap.
    bool operator<(const Head& other) const {
      return stamp != other.stamp ? stamp > other.stamp : run > other.run;
    }
  };

  void spill();
  void write_all(const char* bytes, size_t size);
  void open_file();
  bool step(size_t run);

  const size_t memory_;
  const std::string folder_;
  ByteBuffer texts_;
  std::vector<Entry> entries_;
  size_t next_entry_ = 0;
  std::vector<std::unique_ptr<RunReader>> runs_;  // those of the file; the last run is in memory
  std::vector<uint64_t> run_ends_;
  std::vector<Head> heads_;
  bool begun_ = false;
  int fd_ = -1;
  uint64_t file_size_ = 0, count_ = 0;
  uint64_t stamp_ = 0;
  char* text_ = nullptr;
  size_t size_ = 0;
};

}  // namespace fastpoly::flat_files
