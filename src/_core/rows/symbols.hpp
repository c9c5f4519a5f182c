// Symbol text <-> one entry per symbol, shared by the whole process; grows, never shrinks.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/tokens.hpp"

namespace fastpoly {

// One ticker or pair. Entries are never freed or moved, so rows and events hold bare pointers.
struct alignas(64) Symbol {
  static constexpr int kMaxSize = 32;

  uint64_t words[4];  // the text, zero-padded: equal symbols have equal words
  uint32_t id;        // 0, 1, 2, ... in order of first appearance
  uint32_t size;
  void* str;  // the Python string, made when first asked for; owned, never released
  // See rows/shards.hpp; kNoShard until it is asked for.
  static constexpr uint8_t kNoShard = 0xff;
  mutable uint8_t shard;

  const char* text() const { return reinterpret_cast<const char*>(words); }
};

// Symbols lie in blocks whose addresses are multiples of their size. So whoever keeps something by
// symbol finds its place from the address alone, and need not load the symbol, which in a market of
// thousands is seldom in the nearest caches.
struct alignas(64) SymbolBlock {
  static constexpr uint32_t kPlaces = 4096;  // the first is the block's own
  static constexpr uint32_t kSymbols = kPlaces - 1;
  static constexpr uintptr_t kBytes = kPlaces * sizeof(Symbol);

  uint32_t number;  // 0, 1, 2, ...

  static const SymbolBlock& of(const Symbol* symbol) {
    return *reinterpret_cast<const SymbolBlock*>(reinterpret_cast<uintptr_t>(symbol) &
                                                 ~(kBytes - 1));
  }
  // Its place in its block, from 1 to kSymbols.
  static uint32_t place_of(const Symbol* symbol) {
    return static_cast<uint32_t>((reinterpret_cast<uintptr_t>(symbol) & (kBytes - 1)) /
                                 sizeof(Symbol));
  }
};
static_assert(sizeof(SymbolBlock) == sizeof(Symbol), "the first place is the block's own");

// Guarded by the interpreter lock: every caller holds it.
class SymbolTable {
 public:
  // The number of symbols is bounded, so that a hostile or broken server cannot fill memory. All
  // listed US options contracts together are about 1.5 million.
  static constexpr uint32_t kCapacity = 2'000'000;
  static constexpr uint32_t kBlocks =
      (kCapacity + SymbolBlock::kSymbols - 1) / SymbolBlock::kSymbols;

  static FASTPOLY_INLINE SymbolTable& instance() { return *instance_; }
  static SymbolTable* instance_;

  // The entry of a text of at most Symbol::kMaxSize bytes of ASCII, whose 32 bytes at `text` are
  // readable. Null when the table is full.
  FASTPOLY_INLINE const Symbol* intern(const char* text, uint32_t size) {
    return FASTPOLY_LIKELY(size <= 8) ? intern_short(text, size) : intern_long(text, size);
  }

  // The entry of such a text, of which only `size` bytes need to be readable; null where there is
  // none.
  const Symbol* find(const char* text, uint32_t size) const;

  uint32_t size() const { return short_count_ + long_count_; }

 private:
  // Most symbols fit one word, which then is all that has to be compared: their slots are small,
  // so that the table of a whole market stays in the cache.
  struct ShortSlot {
    uint64_t word;
    const Symbol* symbol;
  };

  SymbolTable();

  FASTPOLY_INLINE const Symbol* intern_short(const char* text, uint32_t size) {
    uint64_t word;
    std::memcpy(&word, text, 8);
    word &= first_bytes(static_cast<int>(size));
    for (uint32_t at = static_cast<uint32_t>(hash_word(word) >> short_shift_);;
         at = (at + 1) & short_mask_) {
      const ShortSlot& slot = short_slots_[at];
      if (FASTPOLY_LIKELY(slot.word == word && slot.symbol != nullptr)) return slot.symbol;
      if (slot.symbol == nullptr) return insert_short(word, size);
    }
  }

  static FASTPOLY_INLINE uint64_t hash_word(uint64_t word) {
    word ^= word >> 29;
    return word * 0x9e3779b97f4a7c15ull;
  }

  const Symbol* intern_long(const char* text, uint32_t size);
  const Symbol* insert_short(uint64_t word, uint32_t size);
  const Symbol* add(const uint64_t words[4], uint32_t size);
  void grow_short();
  void grow_long();

  ShortSlot* short_slots_;
  uint32_t short_mask_;
  uint32_t short_shift_;
  const Symbol** long_slots_;
  uint32_t long_mask_;
  uint32_t short_count_ = 0;
  uint32_t long_count_ = 0;
  Symbol* block_ = nullptr;  // the first place of the one that is being filled
};

}  // namespace fastpoly
