// The records of the MCAP format: their codes, and reading their fields without trusting them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "capture/format/byte_buffer.hpp"

namespace fastpoly::capture {

constexpr std::string_view kMagic{"\x89MCAP0\r\n", 8};

enum Opcode : uint8_t {
  kHeader = 0x01,
  kFooter = 0x02,
  kSchema = 0x03,
  kChannel = 0x04,
  kMessage = 0x05,
  kChunk = 0x06,
  kMessageIndex = 0x07,
  kChunkIndex = 0x08,
  kAttachment = 0x09,
  kAttachmentIndex = 0x0a,
  kStatistics = 0x0b,
  kMetadata = 0x0c,
  kMetadataIndex = 0x0d,
  kSummaryOffset = 0x0e,
  kDataEnd = 0x0f,
};

constexpr size_t kRecordHead = 9;    // the code, and the content's length in eight bytes
constexpr size_t kMessageHead = 22;  // what stands before a message's data

// A record is begun, its fields are appended, and then it is ended.
inline size_t begin_record(ByteBuffer& out, Opcode opcode) {
  out.number(static_cast<uint8_t>(opcode));
  out.number(uint64_t{0});
  return out.size();
}
inline void end_record(ByteBuffer& out, size_t content) {
  out.set(content - 8, static_cast<uint64_t>(out.size() - content));
}

// Takes fields from the front of some bytes. After one that does not fit, all are nothing.
class Fields {
 public:
  // Of bytes that are not there (null), every field is missing.
  Fields(const char* data, size_t size) : at_(data), left_(data == nullptr ? 0 : size) {}

  template <class Number>
  Number number() {
    Number value{};
    if (const char* const from = take(sizeof value)) std::memcpy(&value, from, sizeof value);
    return value;
  }

  std::string_view text() {
    const size_t size = number<uint32_t>();
    const char* const from = take(size);
    return from == nullptr ? std::string_view{} : std::string_view{from, size};
  }

  const char* take(size_t size) {
    if (size > left_) {
      whole_ = false;
      left_ = 0;
      return nullptr;
    }
    const char* const from = at_;
    at_ += size;
    left_ -= size;
    return from;
  }

  const char* at() const { return at_; }
  size_t left() const { return left_; }
  // Whether everything that was asked for was there.
  bool whole() const { return whole_; }

 private:
  const char* at_;
  size_t left_;
  bool whole_ = true;
};

}  // namespace fastpoly::capture
