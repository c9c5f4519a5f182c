#include "capture/reading/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "capture/format/file_failure.hpp"

namespace fastpoly::capture {

namespace {

constexpr size_t kReadBytes = 256 << 10;

}  // namespace

Source::Source(int fd, std::string path, uint64_t end) : fd_(fd), path_(std::move(path)) {
  struct stat found{};
  seekable_ = ::fstat(fd_, &found) == 0 && S_ISREG(found.st_mode);
  size_ = seekable_ ? std::min(static_cast<uint64_t>(found.st_size), end) : UINT64_MAX;
#ifdef POSIX_FADV_SEQUENTIAL
  if (seekable_) ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
}

Source::~Source() { ::close(fd_); }

const char* Source::view(uint64_t offset, size_t size) {
  if (offset > size_ || size > size_ - offset) return nullptr;
  const uint64_t have = base_ + window_.size();
  if (offset < base_ || offset > have) {
    if (!seekable_) {
      // A pipe's bytes are read, needed or not.
      if (offset < base_) return nullptr;
      if (!fill(offset)) return nullptr;
    } else {
      base_ = offset;
      window_.clear();
    }
  }
  if (base_ + window_.size() < offset + size && !fill(offset + size)) return nullptr;
  return window_.data() + (offset - base_);
}

// Has the window reach to `end`; false where the source ends before.
bool Source::fill(uint64_t end) {
  const uint64_t keep_from = seekable_ ? needed_from_ : std::min(needed_from_, end);
  if (keep_from > base_) {
    const size_t gone = static_cast<size_t>(std::min<uint64_t>(keep_from - base_, window_.size()));
    const size_t left = window_.size() - gone;
    if (left != 0) std::memmove(window_.data(), window_.data() + gone, left);
    window_.shorten(left);
    base_ += gone;
  }
  while (base_ + window_.size() < end) {
    const uint64_t at = base_ + window_.size();
    size_t wanted = static_cast<size_t>(std::max<uint64_t>(end - at, kReadBytes));
    // Memory grows with what comes, and not with what a damaged length promises.
    if (!seekable_) wanted = kReadBytes;
    const size_t before = window_.size();
    char* const to = window_.extend(wanted);
    const ssize_t got =
        seekable_ ? ::pread(fd_, to, wanted, static_cast<off_t>(at)) : ::read(fd_, to, wanted);
    const int code = errno;
    window_.shorten(before + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got < 0 && code != EINTR) throw FileFailure{code, "read", path_};
    if (got == 0) {
      size_ = at;
      return false;
    }
  }
  return true;
}

}  // namespace fastpoly::capture
