# Frames by themselves, without a socket: what `decode` and `Decoder` do.

cdef class Decoder:
    """Decodes frames of one market, one after the other; keeps its buffers between them.

    Args:
        market: The market's name.
        shards: Events of other shards are passed over: bits, see `fastpoly.shards.shard_bits`.
    """

    cdef Kernel* kernel
    cdef int market

    def __cinit__(self, market, *, uint64_t shards=UINT64_MAX):
        self.market = market_index(market)
        self.kernel = new Kernel()
        self.kernel.shards = shards

    def __dealloc__(self):
        del self.kernel

    @property
    def fast(self):
        """Whether canonical events take the fast path; off only to compare it with the other."""
        return self.kernel.fast

    @fast.setter
    def fast(self, bint fast):
        self.kernel.fast = fast

    def decode(self, frame):
        """See `fastpoly.decode`."""
        return decode_frame(self.kernel, kMarkets[self.market], frame)

    def receive(self, frame, int64_t received_ns, LineWatch watch=None):
        """Decode a frame as a connection does: stamped, and seen by a watch.

        Args:
            frame: The frame's payload: bytes-like, or text.
            received_ns: When it was received, Unix time in ns.
            watch: Sees its events; None for none.

        Raises:
            DecodeError: The frame is not JSON.
        """
        cdef Batch batch = decode_frame(self.kernel, kMarkets[self.market], frame)
        batch.store.received_ns = received_ns
        if watch is not None:
            if watch.market != self.market:
                raise UsageError("the watch is of another market than the decoder")
            watch.watch.see(batch.store[0])
        return batch

    def decode_in_place(self, buffer, Py_ssize_t size):
        """Decode a frame where it lies, as is done in a socket's buffer.

        Args:
            buffer: Writable memory. Two bytes, then the frame, then whatever follows it; where
                fewer than 64 bytes follow, the frame is copied after all.
            size: Bytes of the frame.
        """
        cdef uint8_t[::1] view = buffer
        cdef DecodeFailure failure
        cdef RowStore* store
        if size < 0 or view.shape[0] - 2 < size:
            raise UsageError(f"a frame of {size} bytes does not fit the buffer")
        store = RowStore.acquire(kMarkets[self.market])
        try:
            if not self.kernel.decode(<char*>&view[2] if view.shape[0] > 2 else <char*>&view[0],
                                      size, view.shape[0] - 2, store[0], failure):
                raise not_json(failure)
        except:
            store.release()
            raise
        return whole_batch(store)


cdef inline Batch decode_text(Kernel* kernel, const MarketSpec& market, const char* text,
                              Py_ssize_t size):
    cdef DecodeFailure failure
    cdef RowStore* store = kernel.decode_apart(market, text, size, failure)
    if store == NULL:
        raise not_json(failure)
    return whole_batch(store)


cdef inline Batch decode_frame(Kernel* kernel, const MarketSpec& market, object frame):
    if isinstance(frame, bytes):
        return decode_text(kernel, market, PyBytes_AS_STRING(frame), PyBytes_GET_SIZE(frame))
    return decode_other(kernel, market, frame)


# Apart from `decode_frame`, which would otherwise prepare a memory view for every frame.
cdef Batch decode_other(Kernel* kernel, const MarketSpec& market, object frame):
    cdef const char* text
    cdef Py_ssize_t size
    cdef const uint8_t[::1] view
    if isinstance(frame, str):
        try:
            text = PyUnicode_AsUTF8AndSize(frame, &size)
        except UnicodeEncodeError as error:
            raise DecodeError("the text holds a lone surrogate", offset=error.start) from None
        return decode_text(kernel, market, text, size)
    view = memoryview(frame).cast("B")
    if view.shape[0] == 0:
        return decode_text(kernel, market, b"", 0)
    return decode_text(kernel, market, <const char*>&view[0], view.shape[0])


cdef object not_json(const DecodeFailure& failure):
    return DecodeError(
        f"{failure.reason.decode()} (byte {failure.offset} of the frame)", offset=failure.offset
    )


# One kernel for all calls of `decode`: they hold the interpreter lock throughout. So it is with the
# last market: almost every caller names the same one each time, and an identity test is cheaper than
# a look-up by name.
cdef Kernel* shared_kernel = new Kernel()
cdef object last_market = "stocks"
cdef int last_market_index = MARKET_INDEX["stocks"]


@cython.binding(False)
@cython.embedsignature.format("clinic")
def decode(frame, *, market="stocks"):
    """Decode one WebSocket frame.

    Args:
        frame: The frame's payload: bytes-like, or text.
        market: The market that it comes from: ``stocks``, ``options``, ``indices``, ``forex``,
            ``crypto`` or ``futures``. It decides what an ``ev`` means.

    Returns:
        The events in the order sent, control messages included.

    Raises:
        DecodeError: The frame is not JSON; ``offset`` is the byte where that shows.
        UsageError: There is no such market.
    """
    global last_market, last_market_index
    if market is not last_market:
        last_market_index = market_index(market)
        last_market = market
    return decode_frame(shared_kernel, kMarkets[last_market_index], frame)
