// The memory behind what is handed over through the Arrow C data interface, and its release.
#pragma once

#include <atomic>
#include <cstdlib>
#include <new>

#include "columns/arrow.hpp"

namespace fastpoly {

constexpr size_t kAlignment = 64;  // of every buffer, as the Arrow specification recommends
constexpr size_t aligned(size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

// One piece of memory for all that an export hands over. Each of its nodes holds a reference,
// because a consumer may take a child out and keep it when it releases the rest.
class Memory {
 public:
  static Memory* make(size_t size, int references) {
    void* const at = std::malloc(sizeof(Memory) + kAlignment + size);
    if (at == nullptr) throw std::bad_alloc();
    return new (at) Memory(references);
  }

  // `size` bytes after those handed out before, aligned.
  char* take(size_t size) {
    char* const at = next_;
    next_ += aligned(size);
    return at;
  }

  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) std::free(this);
  }

 private:
  explicit Memory(int references) : references_(references) {
    const auto end = reinterpret_cast<uintptr_t>(this + 1);
    next_ = reinterpret_cast<char*>(this + 1) + (kAlignment - end % kAlignment) % kAlignment;
  }

  std::atomic<int> references_;
  char* next_;
};

// A schema or an array, with room for the lists that it points to.
struct SchemaNode {
  ArrowSchema schema;
  ArrowSchema* child;
};

struct ArrayNode {
  ArrowArray array;
  const void* buffers[3];
  ArrowArray* child;
};

// What consumers call, once for each node that they did not take over with its parent.
template <class T>
void release_node(T* node) {
  for (int64_t i = 0; i < node->n_children; ++i)
    if (node->children[i]->release != nullptr) node->children[i]->release(node->children[i]);
  if (node->dictionary != nullptr && node->dictionary->release != nullptr)
    node->dictionary->release(node->dictionary);
  auto* const memory = static_cast<Memory*>(node->private_data);
  node->release = nullptr;
  memory->release();
}

// How many nodes hang below a column's own.
inline int nodes_below(Kind kind) {
  if (kind == Kind::kSymbol || kind == Kind::kCodes) return 1;
  return kind == Kind::kLevels ? 2 : 0;
}

inline int count_nodes(const EventSpec& event) {
  int nodes = event.field_count;
  for (int i = 0; i < event.field_count; ++i) nodes += nodes_below(event.fields[i].kind);
  return nodes;
}

}  // namespace fastpoly
