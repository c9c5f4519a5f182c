#include "flat_files/sorter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/tokens.hpp"
#include "capture/format/file_failure.hpp"

namespace fastpoly::flat_files {

using capture::FileFailure;

namespace {

// What stands before an event's text in the file: its time and the text's size.
constexpr size_t kHeadSize = sizeof(uint64_t) + sizeof(uint32_t);

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kWriteBytes = 1 << 20;

}  // namespace

bool RunReader::have(size_t wanted) {
  const size_t left = window_.size() - next_;
  if (left >= wanted) return true;
  if (at_ == end_) return false;
  if (left != 0) std::memmove(window_.data(), window_.data() + next_, left);
  window_.clear();
  const size_t room = std::max(kReadBytes, wanted);
  window_.reserve(room + kPadding);
  window_.extend(left);
  next_ = 0;
  while (window_.size() < wanted && at_ != end_) {
    const auto most = static_cast<size_t>(std::min<uint64_t>(room - window_.size(), end_ - at_));
    char* const to = window_.data() + window_.size();
    const ssize_t got = ::pread(fd_, to, most, static_cast<off_t>(at_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw FileFailure{got < 0 ? errno : EIO, "read", *folder_};
    window_.extend(static_cast<size_t>(got));
    at_ += static_cast<uint64_t>(got);
  }
  std::memset(window_.data() + window_.size(), 0, kPadding);
  return window_.size() >= wanted;
}

bool RunReader::step() {
  if (!have(kHeadSize)) return false;
  uint32_t length;
  std::memcpy(&stamp, window_.data() + next_, sizeof stamp);
  std::memcpy(&length, window_.data() + next_ + sizeof stamp, sizeof length);
  if (!have(kHeadSize + length)) return false;
  text = window_.data() + next_ + kHeadSize;
  size = length;
  next_ += kHeadSize + length;
  return true;
}

Sorter::~Sorter() {
  if (fd_ >= 0) ::close(fd_);
}

void Sorter::add(uint64_t stamp, const char* text, size_t size) {
  if (texts_.size() + size + entries_.size() * sizeof(Entry) > memory_ && !entries_.empty())
    spill();
  entries_.push_back({stamp, texts_.size()});
  texts_.number(static_cast<uint32_t>(size));
  texts_.append(text, size);
  ++count_;
}

void Sorter::sort() {
  std::sort(entries_.begin(), entries_.end());
  std::memset(texts_.extend(kPadding), 0, kPadding);
  uint64_t begin = 0;
  for (const uint64_t end : run_ends_) {
    runs_.push_back(std::make_unique<RunReader>(fd_, folder_, begin, end));
    begin = end;
  }
  for (size_t run = 0; run <= runs_.size(); ++run) step(run);
}

bool Sorter::next() {
  if (begun_) {
    const size_t run = heads_.front().run;
    std::pop_heap(heads_.begin(), heads_.end());
    heads_.pop_back();
    step(run);
  }
  begun_ = !heads_.empty();
  if (!begun_) return false;
  const Head head = heads_.front();
  stamp_ = head.stamp;
  if (head.run == runs_.size()) {
    const uint64_t at = entries_[next_entry_ - 1].at;
    uint32_t length;
    std::memcpy(&length, texts_.data() + at, sizeof length);
    text_ = texts_.data() + at + sizeof length;
    size_ = length;
  } else {
    text_ = runs_[head.run]->text;
    size_ = runs_[head.run]->size;
  }
  return true;
}

// Steps in one run, and gives it its place among the others.
bool Sorter::step(size_t run) {
  if (run == runs_.size()) {
    if (next_entry_ == entries_.size()) return false;
    heads_.push_back({entries_[next_entry_++].stamp, run});
  } else {
    if (!runs_[run]->step()) return false;
    heads_.push_back({runs_[run]->stamp, run});
  }
  std::push_heap(heads_.begin(), heads_.end());
  return true;
}

// Writes what memory holds to the file, as one run.
void Sorter::spill() {
  open_file();
  std::sort(entries_.begin(), entries_.end());
  ByteBuffer out;
  out.reserve(kWriteBytes);
  for (const Entry& entry : entries_) {
    uint32_t length;
    std::memcpy(&length, texts_.data() + entry.at, sizeof length);
    out.number(entry.stamp);
    out.append(texts_.data() + entry.at, sizeof length + length);
    if (out.size() < kWriteBytes - (kWriteBytes >> 2)) continue;
    write_all(out.data(), out.size());
    out.clear();
  }
  write_all(out.data(), out.size());
  run_ends_.push_back(file_size_);
  texts_.clear();
  entries_.clear();
}

void Sorter::write_all(const char* bytes, size_t size) {
  while (size != 0) {
    const ssize_t put = ::write(fd_, bytes, size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw FileFailure{errno, "write", folder_};
    bytes += put;
    size -= static_cast<size_t>(put);
    file_size_ += static_cast<uint64_t>(put);
  }
}

// Without a name from the first moment on, so that nothing is left of it however this ends.
void Sorter::open_file() {
  if (fd_ >= 0) return;
  std::string name = folder_ + "/fastpoly-XXXXXX";
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) throw FileFailure{errno, "open", folder_};
  ::unlink(name.c_str());
}

}  // namespace fastpoly::flat_files
