// Finds a file's chunks: by its index where that can be trusted, else record by record.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/format/compression.hpp"
#include "capture/format/records.hpp"
#include "capture/reading/source.hpp"

namespace fastpoly::capture {

struct ChunkHead {
  uint64_t first_ns = 0, last_ns = 0, unpacked = 0;
  uint32_t crc = 0;
  std::string_view compression;
  uint64_t packed = 0;
  uint64_t records_at = 0;  // from the record's start on
};

// Something in the file, in its order.
struct Place {
  enum Kind { kChunk, kBare, kDamage, kUnreadable, kEnd } kind = kEnd;
  uint64_t offset = 0, length = 0;     // of records, with their heads
  uint64_t first_ns = 0, last_ns = 0;  // of a chunk; 0 where unknown
  const char* reason = "";             // of damage
};

// Schemas and channels, as far as reading frames needs them.
class Directory {
 public:
  enum Kind : uint8_t { kUnknown, kFrames, kMarks, kOther };
  struct Channel {
    Kind kind = kUnknown;
    std::string topic, market;
  };

  // Takes in a schema or channel record's content; false where it is damaged.
  bool add_schema(const char* content, size_t size);
  bool add_channel(const char* content, size_t size);
  const Channel& channel(uint16_t number) const {
    return number < channels_.size() ? channels_[number] : none_;
  }

 private:
  std::map<uint16_t, std::string> schemas_;
  std::vector<Channel> channels_;
  const Channel none_;
};

class Walker {
 public:
  // A part of a file begins with a chunk, unless it is at the file's beginning, and ends with one.
  Walker(Source& source, Directory& directory, uint64_t begin = 0, bool is_part = false)
      : source_(source), directory_(directory), at_(begin), is_part_(is_part) {}

  // Reads the head and, of a file, the summary.
  void begin();
  Place next();

  // Whether the index was used, so that every chunk's time is known beforehand.
  bool indexed() const { return indexed_; }
  // Whether the file has its end; if not, it was cut off, or is still being written.
  bool complete() const { return complete_; }
  // Whether anything of the format was found.
  bool recognised() const { return recognised_; }

  const std::string& profile() const { return profile_; }
  const std::string& library() const { return library_; }
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

  // The head of a chunk record; false where there is none, or its lengths do not add up.
  static bool read_chunk_head(Source& source, uint64_t offset, ChunkHead& head, uint64_t& length);

 private:
  bool load_index();
  bool read_summary(uint64_t start, size_t size);
  bool take_record(uint8_t opcode, const char* content, size_t size);
  bool is_record(uint64_t offset);
  Place walk();
  Place damaged(const char* reason);

  Source& source_;
  Directory& directory_;
  uint64_t at_;
  const bool is_part_;
  bool indexed_ = false, complete_ = false, recognised_ = false, ended_ = false;
  std::vector<Place> places_;
  size_t next_place_ = 0;
  std::string profile_, library_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace fastpoly::capture
