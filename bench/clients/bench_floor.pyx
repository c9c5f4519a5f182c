# cython: language_level=3
"""A picows listener that counts bytes and looks at nothing, compiled."""

from picows.picows cimport WSFrame, WSListener, WSTransport

from bench.clients.floor import LOG_IN


cdef class Counter(WSListener):
    """Counts payload bytes; the meter's marks are in bytes too."""

    cdef object meter
    cdef readonly Py_ssize_t mark
    cdef readonly Py_ssize_t seen

    def __init__(self, meter):
        self.meter = meter
        self.mark = meter.mark

    cpdef on_ws_connected(self, WSTransport transport):
        from picows import WSMsgType
        for request in LOG_IN:
            transport.send(WSMsgType.TEXT, request)

    cpdef on_ws_frame(self, WSTransport transport, WSFrame frame):
        self.seen += frame.payload_size
        if self.seen >= self.mark:
            self.mark = self.meter.reached(self.seen)
