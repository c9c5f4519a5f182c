// Whether this interpreter's dicts are laid out as is supposed.
#include "objects/dict_entries.hpp"

namespace fastpoly {

bool DictEntries::supported() {
#if defined(FASTPOLY_DICT_ENTRIES)
  // As many keys as events have: small dicts and larger ones have tables of different sizes.
  bool good = true;
  for (int size = 1; good && size <= 32; ++size) {
    PyObject* const made = PyDict_New();
    PyObject* names[32];
    int named = 0;
    for (; good && named < size; ++named) {
      names[named] = PyUnicode_FromFormat("key %d", named);
      good = made != nullptr && names[named] != nullptr &&
             PyDict_SetItem(made, names[named], Py_None) == 0;
    }
    PyObject* const copy = good ? PyDict_Copy(made) : nullptr;
    good = copy != nullptr;
    for (int i = 0; good && i < size; ++i) {
      good = of(copy).key(i) == names[i];
      if (!good) break;
      Py_INCREF(names[i]);
      of(copy).replace_none(i, names[i]);
      good = PyDict_GetItem(copy, names[i]) == names[i];
    }
    for (int i = 0; i < named; ++i) Py_XDECREF(names[i]);
    Py_XDECREF(copy);
    Py_XDECREF(made);
  }
  PyErr_Clear();
  return good;
#else
  return false;
#endif
}

}  // namespace fastpoly
