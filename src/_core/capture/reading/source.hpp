// The bytes of a file or of a pipe, by their place, through one window.
#pragma once

#include <cstdint>
#include <string>

#include "capture/format/byte_buffer.hpp"

namespace fastpoly::capture {

// Read, not mapped: a file that somebody shortens meanwhile ends then, and does not end the
// process. Methods throw FileFailure where the system refuses.
class Source {
 public:
  // Takes over the descriptor. Of a file, what lies from `end` on is not there.
  Source(int fd, std::string path, uint64_t end = UINT64_MAX);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Bytes at a place, valid until the next call; null where the source ends before their end.
  const char* view(uint64_t offset, size_t size);
  // A pipe need not keep what lies before.
  void release(uint64_t offset) { needed_from_ = offset; }

  bool seekable() const { return seekable_; }
  // Bytes of a file; of a pipe, those that came, once it has ended.
  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  bool fill(uint64_t end);

  const int fd_;
  const std::string path_;
  bool seekable_;
  uint64_t size_;
  ByteBuffer window_;
  uint64_t base_ = 0;  // the place of the window's first byte
  uint64_t needed_from_ = 0;
};

}  // namespace fastpoly::capture
