// What the system refused, as the OSError that Python has for it.
#pragma once

#include <Python.h>

#include <cerrno>
#include <new>

#include "capture/format/file_failure.hpp"

namespace fastpoly::capture {

// Called where an exception has been caught; leaves a Python one set.
inline void raise_failure() {
  try {
    throw;
  } catch (const FileFailure& failure) {
    errno = failure.code;
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, failure.path.c_str());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
}

}  // namespace fastpoly::capture
