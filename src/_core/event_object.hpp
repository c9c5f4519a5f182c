// Events as Python objects: where their memory comes from, and how their attributes are found.
//
// Cython writes the classes; the two things that are done for each event and each attribute read
// are done here instead. A new event is its class's prototype with another row behind it, in memory
// that the last event left. An attribute is found by the address of its name, which Python interns:
// what is not found so, and what is not plain in the row, goes the usual way to the class's
// properties.
#pragma once

#include <Python.h>

#include <cstring>

#include "compiler.hpp"
#include "events.gen.hpp"
#include "market.hpp"
#include "store.hpp"
#include "symbols.hpp"

namespace fastpoly {

// What Cython puts before an event's row.
struct EventObject {
  PyObject_HEAD
  void* methods;
  PyObject* raw;  // the event's own bytes, or None
  EventRow row;
};

// Memory of events that are gone, for those to come.
class EventPool {
 public:
#if defined(__SANITIZE_ADDRESS__)
  static constexpr size_t kSize = 0;  // so that a use after the end is seen
#else
  static constexpr size_t kSize = 1024;
#endif

  FASTPOLY_INLINE void* take() {
    return FASTPOLY_LIKELY(count_ != 0) ? free_[--count_] : PyObject_Malloc(sizeof(EventObject));
  }

  FASTPOLY_INLINE void give(void* memory) {
    if (FASTPOLY_LIKELY(count_ < kSize)) {
      free_[count_++] = memory;
    } else {
      PyObject_Free(memory);
    }
  }

 private:
  size_t count_ = 0;
  void* free_[kSize + 1];
};

extern EventPool g_event_pool;

// Takes over a class that Cython has made: `spec` is its event type, or null for those that have no
// fields. Returns an object to make others from, or null with an exception set.
PyObject* adopt_event_class(PyTypeObject* cls, const EventSpec* spec);

// A new event without a row yet.
FASTPOLY_INLINE EventObject* new_event(PyObject* prototype) {
  auto* const event = static_cast<EventObject*>(g_event_pool.take());
  if (FASTPOLY_UNLIKELY(event == nullptr)) {
    PyErr_NoMemory();
    return nullptr;
  }
  std::memcpy(static_cast<void*>(event), prototype, offsetof(EventObject, row));
#if defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS)
  PyObject_Init(reinterpret_cast<PyObject*>(event), Py_TYPE(prototype));
#else
  Py_SET_REFCNT(reinterpret_cast<PyObject*>(event), 1);
#endif
  Py_INCREF(event->raw);
  return event;
}

// An event with a copy of a row, and of the bytes that the row does not say all of.
FASTPOLY_INLINE PyObject* make_event(PyObject* prototype, const char* row, size_t row_size,
                                     const RowStore& store) {
  EventObject* const event = new_event(prototype);
  if (FASTPOLY_UNLIKELY(event == nullptr)) return nullptr;
  std::memcpy(&event->row, row, row_size);
  const auto& head = *reinterpret_cast<const RowHead*>(row);
  if (FASTPOLY_UNLIKELY(head.raw_size != 0)) {
    PyObject* const raw = PyBytes_FromStringAndSize(store.raw(head), head.raw_size);
    if (raw == nullptr) {
      Py_DECREF(reinterpret_cast<PyObject*>(event));
      return nullptr;
    }
    Py_SETREF(event->raw, raw);
  }
  return reinterpret_cast<PyObject*>(event);
}

}  // namespace fastpoly
