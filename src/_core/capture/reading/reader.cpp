#include "capture/reading/reader.hpp"

#include <new>

#include "base/tokens.hpp"
#include "capture/format/crc32.hpp"

namespace fastpoly::capture {

FileReader::FileReader(int fd, std::string path, uint64_t from_ns, uint64_t until_ns, Part part)
    : source_(fd, std::move(path), part.end),
      walker_(source_, directory_, part.begin, !part.whole()),
      from_ns_(from_ns),
      until_ns_(until_ns) {}

bool FileReader::step() {
  while (at_ != end_) {
    if (static_cast<size_t>(end_ - at_) < kRecordHead) {
      note_end_of_chunk_damage("a chunk's records are damaged");
      return true;
    }
    Fields head(at_, kRecordHead);
    const auto opcode = head.number<uint8_t>();
    const auto size = head.number<uint64_t>();
    if (size > static_cast<size_t>(end_ - at_) - kRecordHead) {
      note_end_of_chunk_damage("a chunk's records are damaged");
      return true;
    }
    char* const content = at_ + kRecordHead;
    at_ = content + size;
    if (opcode != kMessage) {
      if (opcode == kSchema) directory_.add_schema(content, static_cast<size_t>(size));
      if (opcode == kChannel) directory_.add_channel(content, static_cast<size_t>(size));
      continue;
    }
    if (size < kMessageHead) {
      note_end_of_chunk_damage("a chunk's records are damaged");
      return true;
    }
    Fields fields(content, kMessageHead);
    const auto number = fields.number<uint16_t>();
    fields.take(4);
    const auto stamp = fields.number<uint64_t>();
    if (stamp < from_ns_ || stamp >= until_ns_) continue;
    const Directory::Channel& channel = directory_.channel(number);
    if (channel.kind == Directory::kOther) {
      ++counts_.other_messages;
      continue;
    }
    item = Item{};
    item.stamp = last_stamp_ = stamp;
    item.text = content + kMessageHead;
    item.size = static_cast<size_t>(size) - kMessageHead;
    item.channel = &channel;
    if (channel.kind == Directory::kUnknown) {
      item.kind = Item::kDamage;
      item.offset = place_.offset;
      item.length = size;
      item.reason = "a message is of a channel that nothing introduces";
      ++counts_.damages;
      counts_.damaged_bytes += size;
    } else {
      item.kind = channel.kind == Directory::kFrames ? Item::kFrame : Item::kMark;
    }
    return true;
  }
  return false;
}

void FileReader::load() {
  if (!begun_) {
    begun_ = true;
    walker_.begin();
  }
  at_ = end_ = nullptr;
  place_ = walker_.next();
  switch (place_.kind) {
    case Place::kEnd:
      done_ = true;
      break;
    case Place::kDamage:
      note_damage(place_, place_.reason);
      break;
    case Place::kUnreadable:
    case Place::kChunk:
      load_chunk(place_);
      break;
    case Place::kBare:
      load_bare(place_);
      break;
  }
}

void FileReader::load_chunk(const Place& place) {
  // Only the index, which has a checksum, is trusted about what need not be read at all.
  if (walker_.indexed() && (place.last_ns < from_ns_ || place.first_ns >= until_ns_)) return;
  source_.release(place.offset);
  ChunkHead head;
  uint64_t length = 0;
  if (!Walker::read_chunk_head(source_, place.offset, head, length) || length != place.length)
    return note_damage(place, "a chunk's head is damaged");
  const Compression compression = compression_of(head.compression);
  if (compression == Compression::kUnknown) {
    if (place.kind == Place::kUnreadable) unreadable_ = head.compression;
    return note_damage(place, "a chunk's compression is not known");
  }
  const size_t size = static_cast<size_t>(head.unpacked);
  const char* const record = source_.view(place.offset, static_cast<size_t>(length));
  if (record == nullptr) return note_damage(place, "a chunk is cut off");
  const std::string_view packed{record + head.records_at, static_cast<size_t>(head.packed)};
  if (!Unpacker::plausible(compression, packed, size))
    return note_damage(place, "a chunk's size is not what it says");
  char* const to = make_room(size);
  if (const char* const reason = unpacker_.unpack(compression, packed, to, size))
    return note_damage(place, reason);
  if (head.crc != 0 && crc32(0, to, size) != head.crc)
    return note_damage(place, "a chunk's checksum is wrong");
  ++counts_.chunks;
  counts_.packed += head.packed;
  counts_.unpacked += size;
  at_ = to;
  end_ = to + size;
}

void FileReader::load_bare(const Place& place) {
  const size_t size = static_cast<size_t>(place.length);
  const char* const records = source_.view(place.offset, size);
  if (records == nullptr) return note_damage(place, "records are cut off");
  char* const to = make_room(size);
  std::memcpy(to, records, size);
  at_ = to;
  end_ = to + size;
}

// With what the decoder may look at before and after a frame.
char* FileReader::make_room(size_t size) {
  // One giant chunk shall not stay in memory for ever.
  constexpr size_t kKept = 8 << 20;
  if (memory_.capacity() > kKept && size < kKept / 2) memory_ = ByteBuffer{};
  memory_.clear();
  char* const room = memory_.extend(kLead + size + kPadding);
  std::memset(room + kLead + size, 0, kPadding);
  return room + kLead;
}

void FileReader::note_damage(const Place& place, const char* reason) {
  item = Item{};
  item.kind = Item::kDamage;
  item.offset = place.offset;
  item.length = place.length;
  item.reason = reason;
  if (walker_.indexed()) {
    item.first_ns = place.first_ns;
    item.last_ns = place.last_ns;
  }
  item.stamp = std::max(last_stamp_, item.first_ns);
  last_stamp_ = item.stamp;
  ++counts_.damages;
  counts_.damaged_bytes += place.length;
}

void FileReader::note_end_of_chunk_damage(const char* reason) {
  at_ = end_ = nullptr;
  note_damage(place_, reason);
}

bool Reader::ready() {
  chosen_ = nullptr;
  for (const auto& file : files_) {
    FileReader& reader = *file;
    if (reader.item.kind == Item::kNone && !reader.step()) {
      if (reader.done()) continue;
      wanting_ = &reader;
      return false;
    }
    if (chosen_ == nullptr || reader.item.stamp < chosen_->item.stamp) chosen_ = &reader;
  }
  return true;
}

size_t Reader::chosen() const {
  size_t index = 0;
  while (files_[index].get() != chosen_) ++index;
  return index;
}

}  // namespace fastpoly::capture
