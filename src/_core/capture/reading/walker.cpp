#include "capture/reading/walker.hpp"

#include <algorithm>

#include "capture/format/crc32.hpp"

namespace fastpoly::capture {

namespace {

// Longer records are taken for damage: no writer makes them, and memory is asked for their lengths.
constexpr uint64_t kMostLength = uint64_t{1} << 30;
constexpr size_t kMostName = 16;  // bytes of a compression's name
constexpr size_t kFooterContent = 20;
constexpr size_t kSearchBytes = 64 << 10;

constexpr std::string_view kFrameTopic = "frames/";
constexpr std::string_view kMarkSchema = "fastpoly.Mark";

// Whether a record of that kind can have that content. Fields may follow that are not known yet.
bool is_well_formed(uint8_t opcode, const char* content, size_t size) {
  Fields fields(content, size);
  switch (opcode) {
    case kHeader:
      fields.text();
      fields.text();
      return fields.whole();
    case kFooter:
      return size == kFooterContent;
    case kDataEnd:
      return size == 4;
    case kMessage:
      return size >= kMessageHead;
    case kSchema:
      fields.take(2);
      for (int i = 0; i < 3; ++i) fields.text();
      return fields.whole();
    case kChannel:
      fields.take(4);
      for (int i = 0; i < 3; ++i) fields.text();
      return fields.whole();
    case kMessageIndex:
      fields.take(2);
      return fields.number<uint32_t>() % sizeof(uint64_t[2]) == 0 && fields.left() + 6 == size;
    case kMetadata:
      fields.text();
      fields.text();
      return fields.whole();
    default:
      return true;
  }
}

}  // namespace

bool Directory::add_schema(const char* content, size_t size) {
  Fields fields(content, size);
  const auto number = fields.number<uint16_t>();
  const std::string_view name = fields.text();
  if (!fields.whole()) return false;
  schemas_[number] = name;
  return true;
}

bool Directory::add_channel(const char* content, size_t size) {
  Fields fields(content, size);
  const auto number = fields.number<uint16_t>();
  const auto schema = fields.number<uint16_t>();
  const std::string_view topic = fields.text();
  const std::string_view encoding = fields.text();
  const std::string_view map = fields.text();
  if (!fields.whole()) return false;
  if (number >= channels_.size()) channels_.resize(number + 1u);
  Channel& channel = channels_[number];
  // Each chunk introduces its channels anew.
  if (channel.kind != kUnknown && channel.topic == topic) return true;
  channel = Channel{};
  channel.topic = topic;
  if (topic.substr(0, kFrameTopic.size()) == kFrameTopic) {
    const std::string_view rest = topic.substr(kFrameTopic.size());
    channel.market = rest.substr(0, rest.find('/'));
  }
  for (Fields pairs(map.data(), map.size()); pairs.left() != 0;) {
    const std::string_view key = pairs.text();
    const std::string_view value = pairs.text();
    if (key == "market") channel.market = value;
  }
  const auto named = schemas_.find(schema);
  const bool marks = named != schemas_.end() && named->second == kMarkSchema;
  channel.kind = marks ? kMarks : encoding == "json" ? kFrames : kOther;
  return true;
}

bool Walker::read_chunk_head(Source& source, uint64_t offset, ChunkHead& head, uint64_t& length) {
  constexpr size_t kFixed = kRecordHead + 8 + 8 + 8 + 4 + 4;
  const char* const fixed = source.view(offset, kFixed);
  if (fixed == nullptr) return false;
  Fields fields(fixed, kFixed);
  fields.take(1);
  const auto content = fields.number<uint64_t>();
  if (content > kMostLength) return false;
  head.first_ns = fields.number<uint64_t>();
  head.last_ns = fields.number<uint64_t>();
  head.unpacked = fields.number<uint64_t>();
  head.crc = fields.number<uint32_t>();
  const auto name = fields.number<uint32_t>();
  if (head.unpacked > kMostLength || name > kMostName) return false;
  const char* const whole = source.view(offset, kFixed + name + 8);
  if (whole == nullptr) return false;
  Fields rest(whole + kFixed, name + 8);
  const char* const text = rest.take(name);
  head.compression = {text, name};
  head.packed = rest.number<uint64_t>();
  head.records_at = kFixed + name + 8;
  length = kRecordHead + content;
  return head.packed <= kMostLength && head.records_at + head.packed == length;
}

// Whether what begins at a place can be a record, as far as its head tells.
bool Walker::is_record(uint64_t offset) {
  const char* const head = source_.view(offset, kRecordHead);
  if (head == nullptr) return source_.size() <= offset;  // the end of a cut file is a place to stop
  Fields fields(head, kRecordHead);
  const auto opcode = fields.number<uint8_t>();
  const auto length = fields.number<uint64_t>();
  if (opcode == 0 || length > kMostLength) return false;
  return !source_.seekable() || length <= source_.size() - offset - kRecordHead;
}

// Takes in what a record outside of chunks says; false where it cannot be one.
bool Walker::take_record(uint8_t opcode, const char* content, size_t size) {
  if (!is_well_formed(opcode, content, size)) return false;
  switch (opcode) {
    case kHeader: {
      Fields fields(content, size);
      profile_ = fields.text();
      library_ = fields.text();
      break;
    }
    case kSchema:
      return directory_.add_schema(content, size);
    case kChannel:
      return directory_.add_channel(content, size);
    case kMetadata: {
      Fields fields(content, size);
      fields.text();
      const std::string_view map = fields.text();
      for (Fields pairs(map.data(), map.size()); pairs.left() != 0;) {
        const std::string_view key = pairs.text();
        const std::string_view value = pairs.text();
        if (pairs.whole()) metadata_.emplace_back(key, value);
      }
      break;
    }
    default:
      break;
  }
  recognised_ = true;
  return true;
}

void Walker::begin() {
  if (at_ != 0) {
    recognised_ = complete_ = true;
    return;
  }
  const char* const magic = source_.view(0, kMagic.size());
  if (magic != nullptr && std::string_view{magic, kMagic.size()} == kMagic) {
    at_ = kMagic.size();
    recognised_ = true;
  }
  if (is_part_) complete_ = true;
  if (is_part_ || !source_.seekable()) return;
  const uint64_t begun = at_;
  if (!load_index()) return;
  // What the head says; damage in it is of no consequence.
  while (recognised_ && is_record(at_)) {
    Fields fields(source_.view(at_, kRecordHead), kRecordHead);
    const auto opcode = fields.number<uint8_t>();
    const auto size = static_cast<size_t>(fields.number<uint64_t>());
    if (opcode != kHeader && opcode != kMetadata && opcode != kSchema && opcode != kChannel) break;
    const char* const content = source_.view(at_ + kRecordHead, size);
    if (content == nullptr || !take_record(opcode, content, size)) break;
    at_ += kRecordHead + size;
  }
  at_ = begun;
}

// The index at the file's end, if it is there and all of it can be believed.
bool Walker::load_index() {
  const uint64_t size = source_.size();
  constexpr size_t kEnd = kRecordHead + kFooterContent + kMagic.size();
  if (size < kMagic.size() + kEnd) return false;
  const char* const end = source_.view(size - kEnd, kEnd);
  if (end == nullptr) return false;
  Fields fields(end, kEnd);
  const auto opcode = fields.number<uint8_t>();
  const auto length = fields.number<uint64_t>();
  const auto start = fields.number<uint64_t>();
  fields.take(8);
  const auto crc = fields.number<uint32_t>();
  if (opcode != kFooter || length != kFooterContent) return false;
  if (std::string_view{fields.at(), kMagic.size()} != kMagic) return false;
  const uint64_t footer = size - kEnd;
  if (start < kMagic.size() || start > footer || footer - start > kMostLength) return false;
  const auto summed = static_cast<size_t>(footer - start);
  const char* const summary = source_.view(start, summed + kRecordHead + 16);
  if (summary == nullptr) return false;
  if (crc != 0 && crc32(0, summary, summed + kRecordHead + 16) != crc) return false;
  if (!read_summary(start, summed)) {
    places_.clear();
    return false;
  }
  std::sort(places_.begin(), places_.end(),
            [](const Place& a, const Place& b) { return a.offset < b.offset; });
  indexed_ = complete_ = recognised_ = true;
  return true;
}

bool Walker::read_summary(uint64_t start, size_t size) {
  const char* const summary = source_.view(start, size);
  if (summary == nullptr) return false;
  Fields records(summary, size);
  bool counted = false;
  uint64_t messages = 0, chunks = 0;
  while (records.left() != 0) {
    const auto opcode = records.number<uint8_t>();
    const auto length = records.number<uint64_t>();
    const char* const content =
        length <= size ? records.take(static_cast<size_t>(length)) : nullptr;
    if (content == nullptr) return false;
    Fields fields(content, static_cast<size_t>(length));
    if (opcode == kSchema) {
      if (!directory_.add_schema(content, static_cast<size_t>(length))) return false;
    } else if (opcode == kChannel) {
      if (!directory_.add_channel(content, static_cast<size_t>(length))) return false;
    } else if (opcode == kStatistics) {
      counted = true;
      messages = fields.number<uint64_t>();
      fields.take(2 + 4 + 4 + 4);
      chunks = fields.number<uint32_t>();
      if (!fields.whole()) return false;
    } else if (opcode == kChunkIndex) {
      Place place;
      place.kind = Place::kChunk;
      place.first_ns = fields.number<uint64_t>();
      place.last_ns = fields.number<uint64_t>();
      place.offset = fields.number<uint64_t>();
      place.length = fields.number<uint64_t>();
      fields.text();
      fields.take(8);
      if (compression_of(fields.text()) == Compression::kUnknown) place.kind = Place::kUnreadable;
      if (!fields.whole() || place.offset > start || place.length > start - place.offset)
        return false;
      places_.push_back(place);
    }
  }
  // Without a count, and where messages lie outside of chunks, only the data itself can tell.
  return counted ? chunks == places_.size() && (chunks != 0 || messages == 0) : !places_.empty();
}

Place Walker::next() {
  if (!indexed_) return walk();
  if (next_place_ == places_.size()) return {};
  return places_[next_place_++];
}

// From here on nothing makes sense: goes on at the next chunk, or at the end.
Place Walker::damaged(const char* reason) {
  Place place;
  place.kind = Place::kDamage;
  place.offset = at_;
  place.reason = reason;
  for (uint64_t from = at_ + 1;; from += kSearchBytes) {
    source_.release(from);
    size_t size = kSearchBytes;
    const char* bytes = source_.view(from, size);
    if (bytes == nullptr && from < source_.size()) {
      size = static_cast<size_t>(std::min<uint64_t>(source_.size() - from, kSearchBytes));
      bytes = source_.view(from, size);
    }
    if (bytes == nullptr) {
      at_ = source_.size();
      ended_ = true;
      break;
    }
    // The window may move while a candidate is looked at.
    std::vector<uint64_t> candidates;
    for (size_t i = 0; i < size; ++i)
      if (bytes[i] == kChunk || (bytes[i] == kFooter && i + 1 < size && bytes[i + 1] == 20))
        candidates.push_back(from + i);
    bool found = false;
    for (const uint64_t candidate : candidates) {
      ChunkHead head;
      uint64_t length;
      const char* const record = source_.view(candidate, kRecordHead);
      if (record == nullptr) break;
      if (*record == kFooter) {
        Fields fields(record + 1, 8);
        if (fields.number<uint64_t>() != kFooterContent) continue;
        const char* const magic =
            source_.view(candidate + kRecordHead + kFooterContent, kMagic.size());
        found = magic != nullptr && std::string_view{magic, kMagic.size()} == kMagic;
      } else {
        found = read_chunk_head(source_, candidate, head, length) &&
                compression_of(head.compression) != Compression::kUnknown &&
                (!source_.seekable() || length <= source_.size() - candidate);
      }
      if (found) {
        at_ = candidate;
        break;
      }
    }
    if (found) break;
  }
  place.length = at_ - place.offset;
  return place;
}

Place Walker::walk() {
  Place bare;
  bare.kind = Place::kBare;
  for (;;) {
    source_.release(bare.length != 0 ? bare.offset : at_);
    const auto so_far = [&](Place place) {
      // Messages outside of chunks come first, and what was found after them is found again.
      if (bare.length == 0) return place;
      at_ = bare.offset + bare.length;
      ended_ = false;
      return bare;
    };
    if (ended_) return {};
    const char* head = source_.view(at_, kRecordHead);
    if (head == nullptr) {
      if (bare.length != 0) return bare;
      ended_ = true;
      if (complete_) return {};
      Place place;
      place.kind = Place::kDamage;
      place.offset = at_;
      place.length = source_.size() - std::min(at_, source_.size());
      place.reason = "the file ends here, without its summary";
      return place;
    }
    Fields fields(head, kRecordHead);
    const auto opcode = fields.number<uint8_t>();
    const auto size = fields.number<uint64_t>();

    ChunkHead chunk;
    uint64_t length;
    // One wrong bit in the code does not make a chunk something else.
    if (read_chunk_head(source_, at_, chunk, length)) {
      if (bare.length != 0) return bare;
      Place place;
      place.offset = at_;
      place.length = length;
      place.first_ns = chunk.first_ns;
      place.last_ns = chunk.last_ns;
      place.kind = Place::kChunk;
      if (compression_of(chunk.compression) == Compression::kUnknown) {
        place.kind = chunk.compression == "lz4" ? Place::kUnreadable : Place::kDamage;
        place.reason = "a chunk's compression is not known";
      }
      if (source_.view(at_, static_cast<size_t>(length)) == nullptr) {
        if (!source_.seekable() || length > source_.size() - at_) {
          place.kind = Place::kDamage;
          place.reason = "a chunk is cut off";
          place.length = source_.size() - at_;
          // Unless its length is what is wrong, in which case more chunks follow.
          const Place rest = damaged(place.reason);
          place.length = rest.length;
          return place;
        }
      }
      recognised_ = true;
      at_ += length;
      return place;
    }
    const bool fits =
        size <= kMostLength && (!source_.seekable() || size <= source_.size() - at_ - kRecordHead);
    const char* const content =
        fits ? source_.view(at_ + kRecordHead, static_cast<size_t>(size)) : nullptr;
    if (content == nullptr || opcode == kChunk || opcode == 0)
      return so_far(bare.length != 0 ? Place{} : damaged("records make no sense"));
    if (!take_record(opcode, content, static_cast<size_t>(size)))
      return so_far(bare.length != 0 ? Place{} : damaged("a record is damaged"));
    const uint64_t after = at_ + kRecordHead + size;
    if (opcode == kFooter) {
      const char* const magic = source_.view(after, kMagic.size());
      complete_ = magic != nullptr && std::string_view{magic, kMagic.size()} == kMagic;
      if (complete_) {
        if (bare.length != 0) return bare;
        ended_ = true;
        return {};
      }
      return so_far(bare.length != 0 ? Place{} : damaged("the file's end is damaged"));
    }
    const bool known = opcode <= kDataEnd;
    if ((!known || opcode == kMessage) && !is_record(after))
      return so_far(bare.length != 0 ? Place{} : damaged("a record is damaged"));
    if (opcode == kMessage) {
      if (bare.length == 0) bare.offset = at_;
      bare.length = after - bare.offset;
    }
    at_ = after;
    // In pieces, so that they need not all be in memory.
    if (bare.length > kSearchBytes) return bare;
  }
}

}  // namespace fastpoly::capture
