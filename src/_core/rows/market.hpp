// The schema as the decoder sees it: markets, their channels, the fields of each event type.
#pragma once

#include <cstdint>

namespace fastpoly {

struct EventSpec;

// Fields of an event type at most: each has a bit in the 32-bit masks of a row, of which one stays
// free.
constexpr int kMaxFields = 31;

// Channels of a market at most; see `kColumns`.
constexpr int kMaxChannels = 28;

// The kinds of schema.py, in its order.
enum class Kind : uint8_t {
  kSymbol,
  kText,
  kDecimal,
  kInt,
  kFloat,
  kMs,
  kNs,
  kEpoch,
  kFlag,
  kCodes,
  kLevels,
};

struct FieldSpec {
  uint64_t key_word;  // the key as a little-endian word, zero-padded
  const char* key;
  const char* name;
  Kind kind;
  uint8_t key_size;
  uint8_t width;  // bytes of text that the row holds; of a symbol, its column's width
  uint16_t offset;
};

// Reads one event in the very shape and order in which the server sends it. `separators` are the
// offsets from `base` of commas and closing braces; on entry the first is the comma after the value
// of "ev", on success it is left at the event's closing brace. False when the event is of another
// shape, the row then holds rubbish; else the row is complete.
using EventParser = bool (*)(const char* base, const uint32_t*& separators, char* row);

struct EventSpec {
  const char* name;
  const FieldSpec* fields;
  uint16_t row_size;
  uint8_t field_count;
  uint8_t index;
};

struct ChannelSpec {
  uint64_t quoted_word;  // the name and its closing quote as a little-endian word, zero-padded
  uint64_t quoted_keep;  // the bits of a word that those take
  uint8_t quoted_size;
  const char* name;
  const EventSpec* event;
};

struct MarketSpec {
  const char* name;
  const ChannelSpec* channels;
  uint8_t channel_count;
  uint8_t index;
};

constexpr int kMarketCount = 6;
extern const MarketSpec kMarkets[kMarketCount];
extern const EventSpec* const kEventSpecs[];

}  // namespace fastpoly
