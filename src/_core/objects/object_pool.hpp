// Memory of Python objects that are gone, for those to come: kinds that are made by the million.
#pragma once

#include <Python.h>

#include <cstring>

#include "base/compiler.hpp"

namespace fastpoly {

// Guarded by the interpreter lock. `Object` begins as PyObject does, and is of one size.
template <class Object, size_t kSlots>
class ObjectPool {
 public:
  // A new reference to an object that is, up to `kCopied` bytes, as the prototype.
  template <size_t kCopied>
  FASTPOLY_INLINE Object* make(PyObject* prototype) {
    void* const memory =
        FASTPOLY_LIKELY(count_ != 0) ? free_[--count_] : PyObject_Malloc(sizeof(Object));
    if (FASTPOLY_UNLIKELY(memory == nullptr)) {
      PyErr_NoMemory();
      return nullptr;
    }
    std::memcpy(memory, prototype, kCopied);
    auto* const object = static_cast<PyObject*>(memory);
#if defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS)
    PyObject_Init(object, Py_TYPE(prototype));
#else
    Py_SET_REFCNT(object, 1);
#endif
    return static_cast<Object*>(memory);
  }

  FASTPOLY_INLINE void give(void* memory) {
    if (FASTPOLY_LIKELY(count_ < kRoom)) {
      free_[count_++] = memory;
    } else {
      PyObject_Free(memory);
    }
  }

 private:
#if defined(__SANITIZE_ADDRESS__)
  static constexpr size_t kRoom = 0;  // so that a use after the end is seen
#else
  static constexpr size_t kRoom = kSlots;
#endif

  size_t count_ = 0;
  void* free_[kSlots];
};

// Whether Cython has laid a class out as `Object`; if not, an exception is set.
template <class Object>
bool is_laid_out_as(const PyTypeObject* cls) {
  if (cls->tp_basicsize == sizeof(Object) && cls->tp_itemsize == 0) return true;
  PyErr_Format(PyExc_ImportError, "%s is not laid out as fastpoly expects", cls->tp_name);
  return false;
}

// An instance as the class itself makes it.
inline PyObject* new_prototype(PyTypeObject* cls) {
  PyObject* const none = PyTuple_New(0);
  PyObject* const prototype = none == nullptr ? nullptr : cls->tp_new(cls, none, nullptr);
  Py_XDECREF(none);
  return prototype;
}

}  // namespace fastpoly
