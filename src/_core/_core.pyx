# distutils: language = c++
# cython: auto_pickle=False
"""The compiled core: frames to rows, rows to events, dicts and columns; the socket listener."""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.number cimport PyNumber_AsSsize_t
from cpython.pycapsule cimport PyCapsule_Destructor, PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.errno cimport errno
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy
from picows.picows cimport WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

import asyncio
import dataclasses
import json
import logging
import os
from collections.abc import Mapping
from operator import or_

import picows

from fastpoly import columns
from fastpoly.errors import DecodeError, UsageError

include "python/native.pxi"


cdef extern from *:
    """
    #include <time.h>
    static inline int64_t fastpoly_wall_clock_ns(void) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      return now.tv_sec * 1000000000LL + now.tv_nsec;
    }
    """
    int64_t wall_clock_ns "fastpoly_wall_clock_ns"()
    const char* BUILT_WITH "FASTPOLY_PICOWS_VERSION"

cdef extern from "Python.h":
    int PySlice_Unpack(object, Py_ssize_t*, Py_ssize_t*, Py_ssize_t*) except -1
    Py_ssize_t PySlice_AdjustIndices(Py_ssize_t, Py_ssize_t*, Py_ssize_t*, Py_ssize_t) noexcept

cdef extern from "base/tokens.hpp" namespace "fastpoly":
    enum:
        kLead
        kPadding

LOGGER = logging.getLogger("fastpoly")

BUILT_WITH_PICOWS = BUILT_WITH.decode()


if not init_values():
    raise MemoryError()

if picows.__version__.split(".")[:2] != BUILT_WITH_PICOWS.split(".")[:2]:
    raise ImportError(
        f"fastpoly was built for picows {BUILT_WITH_PICOWS} and found {picows.__version__}, whose "
        f"compiled classes may be laid out otherwise; install picows=={BUILT_WITH_PICOWS}"
    )

include "python/event.pxi"
include "python/event_values.pxi"
include "python/events.gen.pxi"
include "python/batch.pxi"
include "python/frame_text.pxi"
include "python/pickling.pxi"
include "python/decoder.pxi"
include "python/shards.pxi"
include "python/filter.pxi"
include "python/conflation.pxi"
include "python/gathering.pxi"
include "python/last_rows.pxi"
include "python/bar_rows.pxi"
include "python/records.pxi"
include "python/stepping.pxi"
include "python/arrow.pxi"
include "python/histogram.pxi"
include "python/watch.pxi"
include "python/read_coalescing.pxi"
include "python/listener.pxi"
include "python/sim_market.pxi"
include "python/capture_native.pxi"
include "python/capture_recorder.pxi"
include "python/capture_reader.pxi"
include "python/flat_files.pxi"
include "python/batch_walk.pxi"
include "python/routing_native.pxi"
include "python/routing.pxi"
include "python/shard_messages.pxi"
include "python/shared_ring.pxi"
