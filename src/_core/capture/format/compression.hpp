// How a chunk's records are packed: a table of what there is.
#pragma once

#include <cstddef>
#include <string_view>

#include "capture/format/byte_buffer.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace fastpoly::capture {

// The name in the file is that of MCAP's registry; nothing is the empty name.
enum class Compression { kNone, kZstd, kUnknown };

Compression compression_of(std::string_view name);
std::string_view name_of(Compression compression);

// Keeps the memory of the compressor between chunks.
class Packer {
 public:
  Packer(Compression compression, int level);
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  // The packed bytes, valid until the next call.
  std::string_view pack(const char* data, size_t size);
  Compression compression() const { return compression_; }

 private:
  const Compression compression_;
  ZSTD_CCtx_s* context_ = nullptr;
  ByteBuffer packed_;
};

class Unpacker {
 public:
  Unpacker() = default;
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // Writes exactly `size` bytes to `to`; null, or why that cannot be done.
  const char* unpack(Compression compression, std::string_view packed, char* to, size_t size);

  // Whether so many bytes can come of these: asked before memory is taken for them.
  static bool plausible(Compression compression, std::string_view packed, size_t size);

 private:
  ZSTD_DCtx_s* context_ = nullptr;
};

// The least and the most that zstd takes for a level.
int least_zstd_level();
int most_zstd_level();

}  // namespace fastpoly::capture
