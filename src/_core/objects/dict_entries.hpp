// The values of a dict that is being made, in place: a copy of a dict with the right keys needs no
// look-up for each of them. CPython has no public way to them, so this knows how the versions that
// it names lay dicts out, and asks a dict at import whether that is so; elsewhere it is not used.
#pragma once

#include <Python.h>

#include <cstdint>

#include "base/compiler.hpp"

#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030e0000 && !defined(Py_GIL_DISABLED) && \
    !defined(PYPY_VERSION)
#define FASTPOLY_DICT_ENTRIES 1
#endif

namespace fastpoly {

class DictEntries {
 public:
  // Whether `of` works here. Leaves no exception set.
  static bool supported();

  // Of a dict of strings only, from which nothing was ever removed.
  static FASTPOLY_INLINE DictEntries of(PyObject* dict) {
#if defined(FASTPOLY_DICT_ENTRIES)
    auto* const keys = reinterpret_cast<char*>(reinterpret_cast<PyDictObject*>(dict)->ma_keys);
    const auto& head = *reinterpret_cast<const KeysHead*>(keys);
    return DictEntries(
        reinterpret_cast<Entry*>(keys + sizeof(KeysHead) + (size_t{1} << head.log2_index_bytes)));
#else
    return DictEntries(reinterpret_cast<Entry*>(dict));
#endif
  }

  PyObject* key(int i) const { return entries_[i].key; }

  // Takes over a reference; the value before was None.
  FASTPOLY_INLINE void replace_none(int i, PyObject* value) const {
    entries_[i].value = value;
    Py_DECREF(Py_None);
  }

 private:
  struct KeysHead {
    Py_ssize_t references;
    uint8_t log2_size;
    uint8_t log2_index_bytes;
    uint8_t kind;
    uint32_t version;
    Py_ssize_t usable;
    Py_ssize_t count;
  };
  struct Entry {
    PyObject* key;
    PyObject* value;
  };

  explicit DictEntries(Entry* entries) : entries_(entries) {}

  Entry* entries_;
};

}  // namespace fastpoly
