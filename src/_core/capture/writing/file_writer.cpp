#include "capture/writing/file_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "capture/format/crc32.hpp"

namespace fastpoly::capture {

namespace {

void put_schema(ByteBuffer& out, const FileSettings& settings, uint16_t number) {
  const SchemaSpec& schema = settings.schemas[number - 1u];
  const size_t content = begin_record(out, kSchema);
  out.number(number);
  out.text(schema.name);
  out.text("jsonschema");
  out.text(schema.text);
  end_record(out, content);
}

void put_channel(ByteBuffer& out, const FileSettings& settings, uint16_t number) {
  const ChannelSpec& channel = settings.channels[number - 1u];
  const size_t content = begin_record(out, kChannel);
  out.number(number);
  out.number(channel.schema);
  out.text(channel.topic);
  out.text("json");
  const size_t map = out.size();
  out.number(uint32_t{0});
  if (!channel.market.empty()) {
    out.text("market");
    out.text(channel.market);
  }
  out.set(map, static_cast<uint32_t>(out.size() - map - 4));
  end_record(out, content);
}

}  // namespace

void introduce_channel(ByteBuffer& out, const FileSettings& settings, uint16_t channel) {
  put_schema(out, settings, settings.channels[channel - 1u].schema);
  put_channel(out, settings, channel);
}

FileWriter::~FileWriter() { abandon(); }

void FileWriter::fail(const char* doing, int code) { throw FileFailure{code, doing, path_}; }

void FileWriter::open(const std::string& path, bool overwrite) {
  abandon();
  path_ = path;
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (overwrite ? O_TRUNC : O_EXCL);
  fd_ = ::open(path.c_str(), flags, 0644);
  if (fd_ < 0) fail("open", errno);
  size_ = 0;
  crc_ = 0;
  chunks_.clear();
  counts_.clear();
  head_.clear();
  put_head(head_);
  try {
    write_out(head_);
  } catch (...) {
    // Nothing of use is in it, and the next try would find it in its way.
    abandon();
    if (!overwrite) ::unlink(path.c_str());
    throw;
  }
}

void FileWriter::put_head(ByteBuffer& out) {
  out.append(kMagic.data(), kMagic.size());
  size_t content = begin_record(out, kHeader);
  out.text("fastpoly");
  out.text(settings_.library);
  end_record(out, content);
  metadata_at_ = out.size();
  content = begin_record(out, kMetadata);
  out.text("fastpoly");
  const size_t map = out.size();
  out.number(uint32_t{0});
  for (const auto& [key, value] : settings_.metadata) {
    out.text(key);
    out.text(value);
  }
  out.set(map, static_cast<uint32_t>(out.size() - map - 4));
  end_record(out, content);
  metadata_length_ = out.size() - metadata_at_;
}

// All of it, or the file is cut back to what it was.
void FileWriter::write_out(const ByteBuffer& bytes, std::string_view more, const ByteBuffer* last) {
  iovec parts[3] = {{const_cast<char*>(bytes.data()), bytes.size()},
                    {const_cast<char*>(more.data()), more.size()},
                    {nullptr, 0}};
  if (last != nullptr) parts[2] = {const_cast<char*>(last->data()), last->size()};
  uint64_t left = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
  const uint64_t total = left;
  int first = 0;
  while (left != 0) {
    const ssize_t written = ::writev(fd_, parts + first, 3 - first);
    if (written < 0) {
      if (errno == EINTR) continue;
      const int code = errno;
      // What cannot be cut off reads as a cut file, and the next chunk is found all the same.
      if (::ftruncate(fd_, static_cast<off_t>(size_)) == 0)
        ::lseek(fd_, static_cast<off_t>(size_), SEEK_SET);
      fail("write", code);
    }
    left -= static_cast<uint64_t>(written);
    size_t done = static_cast<size_t>(written);
    while (first < 3 && done >= parts[first].iov_len) done -= parts[first++].iov_len;
    if (first < 3) {
      parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + done;
      parts[first].iov_len -= done;
    }
  }
  size_ += total;
  crc_ = crc32(crc_, bytes.data(), bytes.size());
  crc_ = crc32(crc_, more.data(), more.size());
  if (last != nullptr) crc_ = crc32(crc_, last->data(), last->size());
}

void FileWriter::write_chunk(const Block& block, Packer& packer) {
  // A file whose folder was removed takes all that is written, and nobody will find it.
  struct stat found{};
  if (::fstat(fd_, &found) != 0) fail("find", errno);
  if (S_ISREG(found.st_mode) && found.st_nlink == 0) fail("find", ENOENT);

  const std::string_view packed = packer.pack(block.records.data(), block.records.size());
  head_.clear();
  const size_t content = begin_record(head_, kChunk);
  head_.number(block.first_ns);
  head_.number(block.last_ns);
  head_.number(static_cast<uint64_t>(block.records.size()));
  head_.number(crc32(0, block.records.data(), block.records.size()));
  head_.text(name_of(packer.compression()));
  head_.number(static_cast<uint64_t>(packed.size()));
  head_.set(content - 8, static_cast<uint64_t>(head_.size() - content + packed.size()));

  ChunkPlace place{block.first_ns,
                   block.last_ns,
                   size_,
                   head_.size() + packed.size(),
                   packed.size(),
                   block.records.size(),
                   packer.compression(),
                   {},
                   0};
  tail_.clear();
  for (size_t channel = 0; channel < block.index.size(); ++channel) {
    const auto& entries = block.index[channel];
    if (entries.empty()) continue;
    place.indexes.emplace_back(static_cast<uint16_t>(channel), size_ + place.length + tail_.size());
    const size_t index = begin_record(tail_, kMessageIndex);
    tail_.number(static_cast<uint16_t>(channel));
    tail_.number(static_cast<uint32_t>(entries.size() * sizeof(IndexEntry)));
    tail_.append(entries.data(), entries.size() * sizeof(IndexEntry));
    end_record(tail_, index);
  }
  place.index_length = tail_.size();
  write_out(head_, packed, &tail_);
  for (size_t channel = 0; channel < block.index.size(); ++channel)
    if (!block.index[channel].empty())
      counts_[static_cast<uint16_t>(channel)] += block.index[channel].size();
  chunks_.push_back(std::move(place));
}

void FileWriter::sync() {
  if (settings_.sync && ::fdatasync(fd_) != 0) fail("sync", errno);
}

void FileWriter::put_summary(ByteBuffer& out) {
  const uint64_t start = size_ + out.size();
  const size_t begun = out.size();
  std::vector<std::pair<Opcode, std::pair<uint64_t, uint64_t>>> groups;
  const auto group = [&](Opcode opcode, auto put) {
    const uint64_t from = size_ + out.size();
    put();
    const uint64_t length = size_ + out.size() - from;
    if (length != 0) groups.push_back({opcode, {from, length}});
  };

  group(kSchema, [&] {
    uint32_t done = 0;
    for (const auto& [channel, count] : counts_) {
      const uint16_t schema = settings_.channels[channel - 1u].schema;
      if ((done >> schema & 1) == 0) put_schema(out, settings_, schema);
      done |= 1u << schema;
    }
  });
  group(kChannel, [&] {
    for (const auto& [channel, count] : counts_) put_channel(out, settings_, channel);
  });
  group(kStatistics, [&] {
    uint64_t messages = 0, first = 0, last = 0;
    for (const auto& [channel, count] : counts_) messages += count;
    for (const ChunkPlace& chunk : chunks_) {
      first = first == 0 ? chunk.first_ns : std::min(first, chunk.first_ns);
      last = std::max(last, chunk.last_ns);
    }
    const size_t content = begin_record(out, kStatistics);
    out.number(messages);
    uint32_t schemas = 0;
    for (const auto& [channel, count] : counts_)
      schemas |= 1u << settings_.channels[channel - 1u].schema;
    out.number(static_cast<uint16_t>(__builtin_popcount(schemas)));
    out.number(static_cast<uint32_t>(counts_.size()));
    out.number(uint32_t{0});
    out.number(uint32_t{1});
    out.number(static_cast<uint32_t>(chunks_.size()));
    out.number(first);
    out.number(last);
    out.number(static_cast<uint32_t>(counts_.size() * 10));
    for (const auto& [channel, count] : counts_) {
      out.number(channel);
      out.number(count);
    }
    end_record(out, content);
  });
  group(kMetadataIndex, [&] {
    const size_t content = begin_record(out, kMetadataIndex);
    out.number(metadata_at_);
    out.number(metadata_length_);
    out.text("fastpoly");
    end_record(out, content);
  });
  group(kChunkIndex, [&] {
    for (const ChunkPlace& chunk : chunks_) {
      const size_t content = begin_record(out, kChunkIndex);
      out.number(chunk.first_ns);
      out.number(chunk.last_ns);
      out.number(chunk.offset);
      out.number(chunk.length);
      out.number(static_cast<uint32_t>(chunk.indexes.size() * 10));
      for (const auto& [channel, offset] : chunk.indexes) {
        out.number(channel);
        out.number(offset);
      }
      out.number(chunk.index_length);
      out.text(name_of(chunk.compression));
      out.number(chunk.packed);
      out.number(chunk.unpacked);
      end_record(out, content);
    }
  });
  const uint64_t offsets = size_ + out.size();
  for (const auto& [opcode, place] : groups) {
    const size_t content = begin_record(out, kSummaryOffset);
    out.number(static_cast<uint8_t>(opcode));
    out.number(place.first);
    out.number(place.second);
    end_record(out, content);
  }
  const size_t content = begin_record(out, kFooter);
  out.number(start);
  out.number(offsets);
  out.number(uint32_t{0});
  end_record(out, content);
  const size_t crc_at = out.size() - 4;
  out.set(crc_at, crc32(0, out.data() + begun, crc_at - begun));
}

void FileWriter::finish() {
  if (fd_ < 0) return;
  head_.clear();
  const size_t content = begin_record(head_, kDataEnd);
  head_.number(crc_);
  end_record(head_, content);
  put_summary(head_);
  head_.append(kMagic.data(), kMagic.size());
  write_out(head_);
  sync();
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) fail("close", errno);
}

void FileWriter::abandon() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace fastpoly::capture
