// Batches as Python objects: where their memory comes from, and how they give up their rows.
#pragma once

#include <Python.h>

#include <cstdlib>
#include <cstring>

#include "objects/object_pool.hpp"
#include "objects/origin.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// The members of the class `Batch`, which says what they are.
struct BatchObject {
  PyObject_HEAD void* methods;
  RowStore* store;
  const RowRef* refs;
  RowRef* owned_refs;
  int column;
  uint32_t start;
  uint32_t size;
  int whole;
};

inline ObjectPool<BatchObject, 64> g_batch_pool;
inline PyObject* g_batch_prototype = nullptr;

inline void dealloc_batch(PyObject* self) {
  auto* const batch = reinterpret_cast<BatchObject*>(self);
  if (batch->owned_refs != nullptr) std::free(batch->owned_refs);
  if (batch->store != nullptr) batch->store->release();
  g_batch_pool.give(batch);
}

// Takes over the class that Cython has made; false with an exception set.
inline bool adopt_batch_class(PyTypeObject* cls) {
  if (!is_laid_out_as<BatchObject>(cls)) return false;
  cls->tp_dealloc = dealloc_batch;
  g_batch_prototype = new_prototype(cls);
  close_batch_class(cls);
  return g_batch_prototype != nullptr;
}

// A batch of nothing yet; it takes over a reference to the store.
FASTPOLY_INLINE PyObject* new_batch(RowStore* store) {
  BatchObject* const batch = g_batch_pool.make<sizeof(BatchObject)>(g_batch_prototype);
  if (FASTPOLY_UNLIKELY(batch == nullptr)) {
    store->release();
    return nullptr;
  }
  batch->store = store;
  return reinterpret_cast<PyObject*>(batch);
}

}  // namespace fastpoly
