// Classes whose instances only the library makes: what happens to everybody else who tries.
#pragma once

#include <Python.h>

namespace fastpoly {

// What serialisers, mocks and `cls.__new__(cls)` would get would have nothing behind it. So its
// class refuses, and says where instances come from.
template <const char* kText>
PyObject* refuse_new(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_TypeError, kText);
  return nullptr;
}

inline constexpr char kEventOrigin[] = "an event comes from decode() or from a stream";
inline constexpr char kBatchOrigin[] = "a Batch comes from decode() or from a stream";
inline constexpr char kColumnsOrigin[] = "Columns come from Batch.columns()";
inline constexpr char kIteratorOrigin[] = "a BatchIterator comes from iter(batch)";

// Cython itself makes instances without asking the class.
template <const char* kText>
void close_class(PyTypeObject* cls) {
  cls->tp_new = refuse_new<kText>;
  cls->tp_vectorcall = nullptr;  // Cython's way around the former
}

inline void close_event_class(PyTypeObject* cls) {
  close_class<kEventOrigin>(cls);
  // Read by key, as dicts are, and not by place: a mapping for `match`, and not a sequence for
  // those who look at the slots.
  cls->tp_flags |= Py_TPFLAGS_MAPPING;
  if (cls->tp_as_sequence != nullptr) cls->tp_as_sequence->sq_item = nullptr;
}
inline void close_batch_class(PyTypeObject* cls) { close_class<kBatchOrigin>(cls); }
inline void close_columns_class(PyTypeObject* cls) { close_class<kColumnsOrigin>(cls); }
inline void close_iterator_class(PyTypeObject* cls) { close_class<kIteratorOrigin>(cls); }

}  // namespace fastpoly
