// The symbol table's slow side: new symbols, long ones, growth.
#include "rows/symbols.hpp"

#include <new>

namespace fastpoly {

namespace {

constexpr uint32_t kFirstBits = 12;

uint64_t hash_words(const uint64_t words[4]) {
  uint64_t hash = 0;
  for (int i = 0; i < 4; ++i) hash = ((hash ^ words[i]) * 0xd6e8feb86659fd93ull) ^ (hash >> 31);
  return hash ^ (hash >> 32);
}

void load_words(const char* text, uint32_t size, uint64_t words[4]) {
  words[0] = words[1] = words[2] = words[3] = 0;
  std::memcpy(words, text, size);
}

}  // namespace

// Never destroyed: events may outlive every static destructor.
SymbolTable* SymbolTable::instance_ = new SymbolTable;

SymbolTable::SymbolTable()
    : short_slots_(new ShortSlot[1 << kFirstBits]()),
      short_mask_((1 << kFirstBits) - 1),
      short_shift_(64 - kFirstBits),
      long_slots_(new const Symbol*[1 << kFirstBits]()),
      long_mask_((1 << kFirstBits) - 1) {}

const Symbol* SymbolTable::add(const uint64_t words[4], uint32_t size) {
  const uint32_t id = this->size();
  const uint32_t place = 1 + id % SymbolBlock::kSymbols;
  if (place == 1) {
    void* const block = ::operator new(SymbolBlock::kBytes, std::align_val_t(SymbolBlock::kBytes));
    new (block) SymbolBlock{id / SymbolBlock::kSymbols};
    block_ = static_cast<Symbol*>(block);
  }
  Symbol* const symbol = new (block_ + place) Symbol;
  std::memcpy(symbol->words, words, sizeof symbol->words);
  symbol->id = id;
  symbol->size = size;
  symbol->str = nullptr;
  symbol->shard = Symbol::kNoShard;
  return symbol;
}

const Symbol* SymbolTable::insert_short(uint64_t word, uint32_t size) {
  if (this->size() >= kCapacity) return nullptr;
  if (short_count_ * 2 >= short_mask_) grow_short();
  const uint64_t words[4] = {word, 0, 0, 0};
  const Symbol* symbol = add(words, size);
  ++short_count_;
  uint32_t at = static_cast<uint32_t>(hash_word(word) >> short_shift_);
  while (short_slots_[at].symbol != nullptr) at = (at + 1) & short_mask_;
  short_slots_[at] = {word, symbol};
  return symbol;
}

const Symbol* SymbolTable::intern_long(const char* text, uint32_t size) {
  uint64_t words[4];
  load_words(text, size, words);
  uint32_t at = static_cast<uint32_t>(hash_words(words)) & long_mask_;
  for (; long_slots_[at] != nullptr; at = (at + 1) & long_mask_)
    if (std::memcmp(long_slots_[at]->words, words, sizeof words) == 0) return long_slots_[at];
  if (this->size() >= kCapacity) return nullptr;
  const Symbol* symbol = add(words, size);
  long_slots_[at] = symbol;
  if (++long_count_ * 2 >= long_mask_) grow_long();
  return symbol;
}

const Symbol* SymbolTable::find(const char* text, uint32_t size) const {
  uint64_t words[4];
  load_words(text, size, words);
  if (size <= 8) {
    uint32_t at = static_cast<uint32_t>(hash_word(words[0]) >> short_shift_);
    while (short_slots_[at].symbol != nullptr && short_slots_[at].word != words[0])
      at = (at + 1) & short_mask_;
    return short_slots_[at].symbol;
  }
  uint32_t at = static_cast<uint32_t>(hash_words(words)) & long_mask_;
  while (long_slots_[at] != nullptr &&
         std::memcmp(long_slots_[at]->words, words, sizeof words) != 0)
    at = (at + 1) & long_mask_;
  return long_slots_[at];
}

void SymbolTable::grow_short() {
  const ShortSlot* const old = short_slots_;
  const uint32_t old_count = short_mask_ + 1;
  short_slots_ = new ShortSlot[old_count * 2]();
  short_mask_ = old_count * 2 - 1;
  --short_shift_;
  for (uint32_t i = 0; i < old_count; ++i) {
    if (old[i].symbol == nullptr) continue;
    uint32_t at = static_cast<uint32_t>(hash_word(old[i].word) >> short_shift_);
    while (short_slots_[at].symbol != nullptr) at = (at + 1) & short_mask_;
    short_slots_[at] = old[i];
  }
  delete[] old;
}

void SymbolTable::grow_long() {
  const Symbol** const old = long_slots_;
  const uint32_t old_count = long_mask_ + 1;
  long_slots_ = new const Symbol*[old_count * 2]();
  long_mask_ = old_count * 2 - 1;
  for (uint32_t i = 0; i < old_count; ++i) {
    if (old[i] == nullptr) continue;
    uint32_t at = static_cast<uint32_t>(hash_words(old[i]->words)) & long_mask_;
    while (long_slots_[at] != nullptr) at = (at + 1) & long_mask_;
    long_slots_[at] = old[i];
  }
  delete[] old;
}

}  // namespace fastpoly
