#include "rows/shards.hpp"

#include <array>

namespace fastpoly {

namespace {

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
    table[byte] = value;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = make_table();

// Not the checksum of recordings, which is made for megabytes: this one sees a few bytes, once.
uint32_t crc32(const char* text, size_t size) {
  uint32_t crc = ~uint32_t{0};
  for (size_t i = 0; i < size; ++i)
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<uint8_t>(text[i])) & 0xff];
  return ~crc;
}

bool all_digits(const char* text, size_t size) {
  for (size_t i = 0; i < size; ++i)
    if (text[i] < '0' || text[i] > '9') return false;
  return true;
}

// O:<underlying><yymmdd><C or P><strike, eight digits>
constexpr size_t kPrefix = 2, kDate = 6, kStrike = 8, kTail = kDate + 1 + kStrike;

bool is_contract(const char* symbol, size_t size) {
  if (size <= kPrefix + kTail || symbol[0] != 'O' || symbol[1] != ':') return false;
  const char* const tail = symbol + size - kTail;
  return all_digits(tail, kDate) && (tail[kDate] == 'C' || tail[kDate] == 'P') &&
         all_digits(tail + kDate + 1, kStrike);
}

}  // namespace

uint32_t shard_of(const char* symbol, size_t size) {
  if (is_contract(symbol, size)) return crc32(symbol + kPrefix, size - kPrefix - kTail) % kShards;
  return crc32(symbol, size) % kShards;
}

}  // namespace fastpoly
