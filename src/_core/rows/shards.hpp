// Which of 64 shards a symbol is in: the same in every process, on every machine, in every version.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rows/symbols.hpp"

namespace fastpoly {

constexpr uint32_t kShards = 64;

// A set of shards, a bit each.
using ShardSet = uint64_t;
constexpr ShardSet kAllShards = ~ShardSet{0};

// CRC-32 as in zlib of the symbol, modulo kShards; of an options contract, of its underlying. See
// docs/shards.md: what is stored under the number outlives this process.
uint32_t shard_of(const char* symbol, size_t size);

// The same, computed once for each symbol. Guarded by the interpreter lock.
inline uint32_t shard_of(const Symbol& symbol) {
  if (FASTPOLY_UNLIKELY(symbol.shard >= kShards))
    symbol.shard = static_cast<uint8_t>(shard_of(symbol.text(), symbol.size));
  return symbol.shard;
}

}  // namespace fastpoly
