// What one chunk will be made of: the records of its messages, and where each of them is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/format/records.hpp"

namespace fastpoly::capture {

// A channel of the file, with the schema that describes its messages.
struct ChannelSpec {
  std::string topic;
  std::string market;  // empty for the channel of marks
  uint16_t schema;     // its number: an index, from 1 on, of the schemas
};

struct SchemaSpec {
  std::string name;
  std::string text;  // a JSON schema
};

// Channel numbers in files of this library.
constexpr uint16_t kSessionChannel = 1;
constexpr uint16_t kFirstFrameChannel = 2;

struct IndexEntry {
  uint64_t stamp;
  uint64_t offset;
};
static_assert(sizeof(IndexEntry) == 16, "as it is written");

struct FrameCounts {
  uint64_t frames = 0, events = 0, bytes = 0;

  void add(const FrameCounts& other) {
    frames += other.frames;
    events += other.events;
    bytes += other.bytes;
  }
};

struct Block {
  uint64_t number = 0;  // of those that were handed over to be written, from 1 on
  ByteBuffer records;
  std::vector<std::vector<IndexEntry>> index;  // by channel number
  uint64_t first_ns = 0, last_ns = 0;          // the least and the greatest stamp
  uint64_t messages = 0;
  FrameCounts held_frames;  // as they were received
  FrameCounts lost;         // what marks in it say is missing
  uint64_t lost_since_ns = 0;
  int64_t begun_ns = 0;   // by the steady clock
  std::string label;      // of the period that it belongs to
  bool new_file = false;  // whether that period begins with it

  bool empty() const { return messages == 0; }
  // About what it takes in memory.
  size_t held() const { return records.size() + messages * sizeof(IndexEntry); }

  void clear() {
    records.clear();
    for (auto& entries : index) entries.clear();
    number = first_ns = last_ns = messages = lost_since_ns = 0;
    held_frames = lost = FrameCounts{};
    begun_ns = 0;
    label.clear();
    new_file = false;
  }
};

}  // namespace fastpoly::capture
