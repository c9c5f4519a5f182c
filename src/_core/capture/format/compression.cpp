#include "capture/format/compression.hpp"

#include <zstd.h>

#include <new>

namespace fastpoly::capture {

namespace {

struct Named {
  std::string_view name;
  Compression compression;
};
constexpr Named kNames[] = {{"", Compression::kNone}, {"zstd", Compression::kZstd}};

}  // namespace

Compression compression_of(std::string_view name) {
  for (const Named& named : kNames)
    if (named.name == name) return named.compression;
  return Compression::kUnknown;
}

std::string_view name_of(Compression compression) {
  for (const Named& named : kNames)
    if (named.compression == compression) return named.name;
  return "unknown";
}

Packer::Packer(Compression compression, int level) : compression_(compression) {
  if (compression_ != Compression::kZstd) return;
  context_ = ZSTD_createCCtx();
  if (context_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
}

Packer::~Packer() { ZSTD_freeCCtx(context_); }

std::string_view Packer::pack(const char* data, size_t size) {
  if (compression_ == Compression::kNone) return {data, size};
  packed_.clear();
  const size_t room = ZSTD_compressBound(size);
  char* const to = packed_.extend(room);
  const size_t packed = ZSTD_compress2(context_, to, room, data, size);
  // With room for the worst case, only memory can be missing.
  if (ZSTD_isError(packed)) throw std::bad_alloc();
  return {to, packed};
}

Unpacker::~Unpacker() { ZSTD_freeDCtx(context_); }

bool Unpacker::plausible(Compression compression, std::string_view packed, size_t size) {
  if (compression == Compression::kNone) return packed.size() == size;
  if (compression != Compression::kZstd) return true;
  const auto content = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (content == ZSTD_CONTENTSIZE_ERROR) return false;
  // Writers that do not know the size beforehand leave it out.
  return content == ZSTD_CONTENTSIZE_UNKNOWN || content == size;
}

const char* Unpacker::unpack(Compression compression, std::string_view packed, char* to,
                             size_t size) {
  if (compression == Compression::kNone) {
    if (packed.size() != size) return "its size is not what it says";
    if (size != 0) std::memcpy(to, packed.data(), size);
    return nullptr;
  }
  if (context_ == nullptr) context_ = ZSTD_createDCtx();
  if (context_ == nullptr) throw std::bad_alloc();
  const size_t unpacked = ZSTD_decompressDCtx(context_, to, size, packed.data(), packed.size());
  if (ZSTD_isError(unpacked)) return ZSTD_getErrorName(unpacked);
  return unpacked == size ? nullptr : "its size is not what it says";
}

int least_zstd_level() { return -50; }
int most_zstd_level() { return ZSTD_maxCLevel(); }

}  // namespace fastpoly::capture
