// Symbol text <-> one entry per symbol, shared by the whole process; grows, never shrinks.
#pragma once

#include <cstdint>
#include <cstring>

namespace fastpoly {

// One ticker or pair. Entries are never freed or moved, so rows and events hold bare pointers.
struct Symbol {
  static constexpr int kMaxSize = 32;

  uint64_t words[4];  // the text, zero-padded: equal symbols have equal words
  uint32_t id;        // 0, 1, 2, ... in order of first appearance
  uint32_t size;
  void* str;  // the Python string, made when first asked for; owned, never released
  char32_t wide[kMaxSize];  // the text as UCS-4, as a NumPy text column wants it

  const char* text() const { return reinterpret_cast<const char*>(words); }
};

// Guarded by the interpreter lock: every caller holds it.
class SymbolTable {
 public:
  // The number of symbols is bounded, so that a hostile or broken server cannot fill memory. All
  // listed US options contracts together are about 1.5 million.
  static constexpr uint32_t kCapacity = 2'000'000;

  static SymbolTable& instance();

  // The entry of a text of at most Symbol::kMaxSize bytes of ASCII, whose 32 bytes at `text` are
  // readable. Null when the table is full.
  const Symbol* intern(const char* text, uint32_t size) {
    uint64_t words[4];
    load_words(text, size, words);
    const uint64_t hash = hash_words(words);
    for (uint32_t at = static_cast<uint32_t>(hash) & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.symbol == nullptr) return insert(words, size, hash);
      // Most symbols have up to 16 bytes, and those are told apart without touching the entry.
      if (slot.words[0] == words[0] && slot.words[1] == words[1] && slot.words[2] == words[2] &&
          (words[2] == 0 || slot.symbol->words[3] == words[3]))
        return slot.symbol;
    }
  }

  uint32_t size() const { return count_; }

 private:
  struct Slot {
    uint64_t words[3];
    Symbol* symbol;
  };

  SymbolTable();

  static void load_words(const char* text, uint32_t size, uint64_t words[4]) {
    static const uint64_t keep[9] = {0,
                                     0xff,
                                     0xffff,
                                     0xffffff,
                                     0xffffffff,
                                     0xffffffffff,
                                     0xffffffffffff,
                                     0xffffffffffffff,
                                     ~uint64_t{0}};
    std::memcpy(words, text, 32);
    if (size <= 8) {
      words[0] &= keep[size];
      words[1] = words[2] = words[3] = 0;
    } else if (size <= 16) {
      words[1] &= keep[size - 8];
      words[2] = words[3] = 0;
    } else if (size <= 24) {
      words[2] &= keep[size - 16];
      words[3] = 0;
    } else {
      words[3] &= keep[size - 24];
    }
  }

  static uint64_t hash_words(const uint64_t words[4]) {
    uint64_t h = words[0] * 0x9e3779b97f4a7c15ull;
    h ^= h >> 32;
    h += words[1] * 0xc2b2ae3d27d4eb4full;
    if (words[2] != 0) {
      h ^= h >> 29;
      h += words[2] * 0x165667b19e3779f9ull + words[3] * 0x27d4eb2f165667c5ull;
    }
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ull;
    return h ^ (h >> 32);
  }

  const Symbol* insert(const uint64_t words[4], uint32_t size, uint64_t hash);
  void grow();

  Slot* slots_;
  uint32_t mask_;
  uint32_t count_ = 0;
};

}  // namespace fastpoly
