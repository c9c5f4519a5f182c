# Messages for a broker: events regrouped by channel and shard, and read again.

from libcpp.deque cimport deque


cdef extern from "routing/shard_messages.hpp" namespace "fastpoly" nogil:
    cdef cppclass ShardMessage:
        int column
        uint32_t shard
        uint32_t events
        uint32_t runs
        int64_t first_ns
        int64_t last_ns
        string table
        string body
    cdef cppclass ShardMessages:
        ShardMessages(const MarketSpec& market, size_t target_bytes) except +
        cbool start(const RowStore& store, uint32_t begin)
        WalkStep walk(const RowStore& store, uint32_t end, int64_t now_ns) except +
        uint32_t stopped_at()
        void take_named(const RowStore& store, routed_text symbol, int64_t now_ns) except +
        void flush(int64_t until_ns) except +
        size_t waiting_bytes()
        int64_t oldest_ns()
        deque[ShardMessage] ready


@cython.final
@cython.no_gc
cdef class MessageBuilder:
    """Regroups the events of batches by channel and shard, as the bodies of a broker's messages.

    Of an event the bytes are taken that it came in. Control messages are left out.

    Args:
        market: The market of the batches.
        target_bytes: Bytes at which a message is ready.
    """

    cdef ShardMessages* native
    cdef const MarketSpec* market_spec

    def __cinit__(self, market, size_t target_bytes):
        self.market_spec = &kMarkets[market_index(market)]
        self.native = new ShardMessages(self.market_spec[0], target_bytes)

    def __dealloc__(self):
        del self.native

    def add(self, Batch batch not None, int64_t now_ns):
        """Take the events of a batch; return how many messages are ready.

        Args:
            batch: The batch, with the text of its frames.
            now_ns: The time by which `flush` says what is due.

        Raises:
            UsageError: The batch is of another market, the text of its frames was not kept, or it
                is a selection.
        """
        cdef RowStore* store = batch.store
        cdef int64_t begin = place_of_first(batch, self.market_spec)
        cdef WalkStep step
        if batch.size == 0:
            return self.native.ready.size()
        if not self.native.start(store[0], <uint32_t>begin):
            raise text_not_kept()
        while True:
            step = self.native.walk(store[0], <uint32_t>begin + batch.size, now_ns)
            if step == WalkStep.kNamed:
                symbol = symbol_in_bytes(batch, self.native.stopped_at() - <uint32_t>begin)
                self.native.take_named(store[0], view_of(symbol or b""), now_ns)
            elif step == WalkStep.kBroken:
                raise bytes_not_told()
            else:
                return self.native.ready.size()

    def flush(self, int64_t until_ns):
        """Make ready what was begun at a time or before it; return how many messages are ready."""
        self.native.flush(until_ns)
        return self.native.ready.size()

    @property
    def waiting_bytes(self):
        """Bytes of events that are in no message yet that is ready."""
        return self.native.waiting_bytes()

    @property
    def oldest_ns(self):
        """When the oldest message that is not ready was begun; None where there is none."""
        cdef int64_t oldest = self.native.oldest_ns()
        return None if self.native.waiting_bytes() == 0 else oldest

    def take(self):
        """The messages that are ready, in order, as a list of tuples.

        Returns:
            The channel, the shard, events, runs, when the first and the last event were received,
            and the bytes that come after the head.
        """
        cdef ShardMessage* message
        taken = []
        while self.native.ready.size():
            message = &self.native.ready.front()
            text = PyBytes_FromStringAndSize(NULL, message.table.size() + message.body.size())
            memcpy(PyBytes_AS_STRING(text), message.table.data(), message.table.size())
            memcpy(PyBytes_AS_STRING(text) + message.table.size(), message.body.data(),
                   message.body.size())
            taken.append((
                <object>channel_name(self.market_spec.index, message.column), message.shard,
                message.events, message.runs, message.first_ns, message.last_ns, text,
            ))
            self.native.ready.pop_front()
        return taken


cdef enum:
    kRunHead = 12  # a stamp and a size


cdef uint64_t little_endian(const uint8_t* at, int size) noexcept:
    cdef uint64_t value = 0
    cdef int i
    for i in range(size):
        value |= <uint64_t>at[i] << (8 * i)
    return value


def decode_runs(Decoder decoder not None, bytes message not None, Py_ssize_t table_at,
                uint32_t runs, int64_t received_ns, LineWatch watch=None, bint keep_frames=False):
    """Decode the events of a broker's message; each run is a frame with a stamp of its own.

    Args:
        decoder: Of the market that they are of.
        message: The message.
        table_at: Where its table of runs begins, behind which the events are.
        runs: How many runs there are.
        received_ns: When the message was received, Unix time in ns: what the watch goes by.
        watch: Sees its events; None for none.
        keep_frames: Whether the batch keeps the text of the runs.

    Raises:
        DecodeError: It is not such a message.
    """
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(message)
    cdef size_t size = PyBytes_GET_SIZE(message)
    cdef size_t at = table_at + <size_t>runs * kRunHead
    cdef const uint8_t* entry
    cdef uint32_t run
    cdef size_t run_size
    cdef DecodeFailure failure
    cdef RowStore* store
    if table_at < 0 or at > size:
        raise DecodeError("the message is cut off in its table of runs", offset=size)
    store = RowStore.acquire(kMarkets[decoder.market])
    try:
        # A batch of runs without events is whole too.
        store.order.reserve(1)
        for run in range(runs):
            entry = data + table_at + <size_t>run * kRunHead
            run_size = little_endian(entry + 8, 4)
            at += 1  # the bracket before the first, a comma before each other
            if at > size or run_size > size - at:
                raise DecodeError("the message is cut off in its events", offset=size)
            # What may not be written to is copied.
            if not decoder.kernel.decode(<char*>data + at, run_size, run_size, store[0], failure):
                raise DecodeError(
                    f"{failure.reason.decode()} (byte {at + failure.offset} of the message)",
                    offset=at + failure.offset,
                )
            if keep_frames:
                store.keep_frame(<const char*>data + at, run_size)
            at += run_size
        store.received_ns = received_ns
        if watch is not None:
            if watch.market != decoder.market:
                raise UsageError("the watch is of another market than the decoder")
            watch.watch.see(store[0])
        for run in range(runs):
            entry = data + table_at + <size_t>run * kRunHead
            store.frame_stamps.push_back(<int64_t>little_endian(entry, 8))
        if runs:
            store.received_ns = store.frame_stamps.back()
    except:
        store.release()
        raise
    return whole_batch(store)
