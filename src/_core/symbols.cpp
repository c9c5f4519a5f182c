// The symbol table's slow side: new symbols and growth.
#include "symbols.hpp"

#include <cstdlib>
#include <new>

namespace fastpoly {

namespace {
constexpr uint32_t kFirstSlots = 1 << 12;
}

SymbolTable& SymbolTable::instance() {
  // Never destroyed: events may outlive every static destructor.
  static SymbolTable* table = new SymbolTable;
  return *table;
}

SymbolTable::SymbolTable() : slots_(new Slot[kFirstSlots]()), mask_(kFirstSlots - 1) {}

const Symbol* SymbolTable::insert(const uint64_t words[4], uint32_t size, uint64_t hash) {
  if (count_ >= kCapacity) return nullptr;
  if (count_ * 2 >= mask_) grow();
  Symbol* symbol = new Symbol;
  std::memcpy(symbol->words, words, sizeof symbol->words);
  symbol->id = count_++;
  symbol->size = size;
  symbol->str = nullptr;
  for (int i = 0; i < Symbol::kMaxSize; ++i)
    symbol->wide[i] = static_cast<unsigned char>(symbol->text()[i]);
  uint32_t at = static_cast<uint32_t>(hash) & mask_;
  while (slots_[at].symbol != nullptr) at = (at + 1) & mask_;
  slots_[at] = {{words[0], words[1], words[2]}, symbol};
  return symbol;
}

void SymbolTable::grow() {
  const uint32_t old_count = mask_ + 1;
  Slot* old = slots_;
  slots_ = new Slot[old_count * 2]();
  mask_ = old_count * 2 - 1;
  for (uint32_t i = 0; i < old_count; ++i) {
    if (old[i].symbol == nullptr) continue;
    uint32_t at = static_cast<uint32_t>(hash_words(old[i].symbol->words)) & mask_;
    while (slots_[at].symbol != nullptr) at = (at + 1) & mask_;
    slots_[at] = old[i];
  }
  delete[] old;
}

}  // namespace fastpoly
