// Reads frames and marks back, of one file or of several in the order of their stamps.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/format/compression.hpp"
#include "capture/reading/source.hpp"
#include "capture/reading/walker.hpp"

namespace fastpoly::capture {

// The next thing in a file. Its text may be written to, beyond its end too, until the next load.
struct Item {
  enum Kind : uint8_t { kNone, kFrame, kMark, kDamage } kind = kNone;
  uint64_t stamp = 0;
  char* text = nullptr;
  size_t size = 0;
  const Directory::Channel* channel = nullptr;
  // Of damage: where in the file, why, and of which time, as far as the index knows.
  uint64_t offset = 0, length = 0, first_ns = 0, last_ns = 0;
  const char* reason = "";
};

struct ReadCounts {
  uint64_t chunks = 0, damages = 0, damaged_bytes = 0;
  uint64_t other_messages = 0;  // neither frames nor marks
  uint64_t packed = 0, unpacked = 0;
};

// What of a file is read, in bytes. A part begins and ends where chunks do; it has no index, and so
// may be of a file that is still being written.
struct Part {
  uint64_t begin = 0, end = UINT64_MAX;

  bool whole() const { return begin == 0 && end == UINT64_MAX; }
};

class FileReader {
 public:
  // Takes over the descriptor. Stamps in [from, until) are wanted.
  FileReader(int fd, std::string path, uint64_t from_ns, uint64_t until_ns, Part part = {});

  // Steps to the next item of what is in memory; false where `load` is called for, or all is done.
  bool step();
  // Reads and unpacks the next chunk. Throws FileFailure.
  void load();
  bool done() const { return done_; }

  Item item;

  const Walker& walker() const { return walker_; }
  const Source& source() const { return source_; }
  const ReadCounts& counts() const { return counts_; }
  // Set where a chunk needs a decompressor that is not here.
  const std::string& unreadable() const { return unreadable_; }

 private:
  void load_chunk(const Place& place);
  void load_bare(const Place& place);
  char* make_room(size_t size);
  void note_damage(const Place& place, const char* reason);
  void note_end_of_chunk_damage(const char* reason);

  Source source_;
  Directory directory_;
  Walker walker_;
  Unpacker unpacker_;
  ByteBuffer memory_;
  const uint64_t from_ns_, until_ns_;
  char *at_ = nullptr, *end_ = nullptr;  // what is left of the unpacked records
  Place place_;
  uint64_t last_stamp_ = 0;
  ReadCounts counts_;
  std::string unreadable_;
  bool begun_ = false, done_ = false;
};

class Reader {
 public:
  void add(int fd, std::string path, uint64_t from_ns, uint64_t until_ns, Part part) {
    files_.push_back(std::make_unique<FileReader>(fd, std::move(path), from_ns, until_ns, part));
  }

  // The next item, null where all are read; only while `ready`.
  Item* item() { return chosen_ == nullptr ? nullptr : &chosen_->item; }
  // Whether the next item is known. If not, `load` has to be called, which may take a while.
  bool ready();
  void load() { wanting_->load(); }
  void take() { chosen_->item.kind = Item::kNone; }

  size_t files() const { return files_.size(); }
  FileReader& file(size_t index) { return *files_[index]; }
  // Which file the item is of.
  size_t chosen() const;

 private:
  std::vector<std::unique_ptr<FileReader>> files_;
  FileReader* chosen_ = nullptr;
  FileReader* wanting_ = nullptr;
};

}  // namespace fastpoly::capture
