// Rows and JSON text -> Python objects. Every function returns a new reference, or null with an
// exception set, and wants the interpreter lock.
#pragma once

#include <Python.h>

#include "rows/events.gen.hpp"
#include "rows/market.hpp"
#include "rows/row.hpp"
#include "rows/store.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

// Makes the key and channel strings; called once, when the module is imported.
bool init_values();

// The name of a column's channel as the `ev` of its events: a borrowed reference.
PyObject* channel_name(int market, int column);

// How numbers become objects: int or float as they were written, all of them the text that they
// were written as, or all of them float.
enum class Numbers { kAsWritten, kTexts, kFloats };

// The value of JSON text that a kernel has accepted, as json.loads makes it; but a whole number of
// more digits than the interpreter converts (`sys.set_int_max_str_digits`) is an infinite float.
PyObject* json_value(const char* text, size_t size, Numbers numbers = Numbers::kAsWritten);

// The value of a plain field as the attribute of an event.
PyObject* attribute_value(const char* row, const FieldSpec& field);

// The value of a plain field of a complete row as json.loads makes it.
PyObject* wire_value(const char* row, const EventSpec& event, int field);

// A complete row as the dict that json.loads makes of its bytes.
PyObject* row_dict(const char* row, const EventSpec& event);

// The field with that key, or -1.
int find_key(const EventSpec& event, PyObject* key);

inline PyObject* ascii_string(const char* text, size_t size) {
  PyObject* string = PyUnicode_New(static_cast<Py_ssize_t>(size), 127);
  if (string != nullptr && size > 0) std::memcpy(PyUnicode_1BYTE_DATA(string), text, size);
  return string;
}

// The one string of a symbol.
inline PyObject* symbol_string(const Symbol* symbol) {
  if (symbol->str == nullptr) {
    PyObject* string = ascii_string(symbol->text(), symbol->size);
    if (string == nullptr) return nullptr;
    const_cast<Symbol*>(symbol)->str = string;
  }
  auto* string = static_cast<PyObject*>(symbol->str);
  Py_INCREF(string);
  return string;
}

inline PyObject* codes_list(const Codes& codes) {
  PyObject* list = PyList_New(codes.size);
  if (list == nullptr) return nullptr;
  for (int i = 0; i < codes.size; ++i) {
    PyObject* code = PyLong_FromLong(codes.data[i]);
    if (code == nullptr) {
      Py_DECREF(list);
      return nullptr;
    }
    PyList_SET_ITEM(list, i, code);
  }
  return list;
}

}  // namespace fastpoly
