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

#include "base/compiler.hpp"
#include "objects/object_pool.hpp"
#include "rows/events.gen.hpp"
#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// What Cython puts before an event's row.
struct EventObject {
  PyObject_HEAD void* methods;
  PyObject* raw;  // the event's own bytes, or None
  EventRow row;
};

extern ObjectPool<EventObject, 1024> g_event_pool;

// What calling a class of events does: the class, its arguments, and those by name or null.
using EventConstructor = PyObject* (*)(PyObject*, PyObject*, PyObject*);
void set_event_constructor(EventConstructor constructor);

// Takes over a class that Cython has made: `spec` is its event type, or null for those that have no
// fields. Returns an object to make others from, or null with an exception set.
PyObject* adopt_event_class(PyTypeObject* cls, const EventSpec* spec);

// An event with a copy of a row, and of the bytes that the row does not say all of.
FASTPOLY_INLINE PyObject* make_event(PyObject* prototype, const char* row, size_t row_size,
                                     const RowStore& store) {
  EventObject* const event = g_event_pool.make<offsetof(EventObject, row)>(prototype);
  if (FASTPOLY_UNLIKELY(event == nullptr)) return nullptr;
  Py_INCREF(event->raw);
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
