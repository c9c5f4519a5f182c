// The checksum of MCAP files: CRC-32 as in zlib, fast enough not to be seen beside zstd.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastpoly::capture {

// The checksum of what `seed` is the checksum of, followed by these bytes; 0 is that of nothing.
uint32_t crc32(uint32_t seed, const void* data, size_t size);

}  // namespace fastpoly::capture
