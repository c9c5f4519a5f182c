// One MCAP file on its way to the disk: chunks as they come, and the summary at its end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/format/compression.hpp"
#include "capture/format/file_failure.hpp"
#include "capture/writing/block.hpp"

namespace fastpoly::capture {

struct FileSettings {
  std::vector<SchemaSpec> schemas;
  std::vector<ChannelSpec> channels;  // by number, from 1 on
  std::string library;
  std::vector<std::pair<std::string, std::string>> metadata;
  bool sync = false;
};

// Appends the records that introduce a channel.
void introduce_channel(ByteBuffer& out, const FileSettings& settings, uint16_t channel);

// Every method throws FileFailure, and leaves the file as it was after the last whole chunk.
class FileWriter {
 public:
  explicit FileWriter(const FileSettings& settings) : settings_(settings) {}
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Makes the file; one that is there already is a failure (EEXIST) unless it may be overwritten.
  void open(const std::string& path, bool overwrite);
  void write_chunk(const Block& block, Packer& packer);
  // Has what was written go to the disk, where the settings want that.
  void sync();
  // Writes the summary and closes the file.
  void finish();
  // Closes the file as it is: without a summary it can be read all the same.
  void abandon();

  bool is_open() const { return fd_ >= 0; }
  uint64_t size() const { return size_; }
  uint64_t chunks() const { return chunks_.size(); }

 private:
  struct ChunkPlace {
    uint64_t first_ns, last_ns, offset, length, packed, unpacked;
    Compression compression;
    std::vector<std::pair<uint16_t, uint64_t>> indexes;
    uint64_t index_length;
  };

  void write_out(const ByteBuffer& bytes, std::string_view more = {},
                 const ByteBuffer* last = nullptr);
  void put_head(ByteBuffer& out);
  void put_summary(ByteBuffer& out);
  [[noreturn]] void fail(const char* doing, int code);

  const FileSettings& settings_;
  std::string path_;
  int fd_ = -1;
  uint64_t size_ = 0;
  uint32_t crc_ = 0;  // of all that was written
  uint64_t metadata_at_ = 0, metadata_length_ = 0;
  std::vector<ChunkPlace> chunks_;
  std::map<uint16_t, uint64_t> counts_;  // messages by channel
  ByteBuffer head_, tail_;
};

}  // namespace fastpoly::capture
