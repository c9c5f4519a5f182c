# The newest bars of each symbol of one channel, kept as rows by their starts.


@cython.final
@cython.no_gc
cdef class BarRows:
    """Keeps the newest bars of each symbol. One that comes again replaces the one with its start.

    No bar becomes an object before somebody asks for it. Each method is done at once, so that
    several threads may use one.

    Args:
        market: The market of the batches.
        channel: A channel of bars, such as ``AM``.
        starts: How many bars of each symbol are kept, the newest ones; at least 2.

    Raises:
        UsageError: There is no such market or channel, or its events are no bars.
    """

    cdef NativeBars* bars
    cdef const MarketSpec* market_spec
    cdef int column

    def __cinit__(self, market, channel, uint32_t starts):
        cdef const EventSpec* event
        self.market_spec = &kMarkets[market_index(market)]
        self.column = (<Batch>batch_of(market, ())).data_column(channel)
        event = self.market_spec.channels[self.column].event
        if NativeBars.start_field(event[0]) < 0:
            raise UsageError(
                f"{channel_text(channel)} events are no bars", hint="use one of the minute bars"
            )
        if starts < 2:
            raise UsageError(f"{starts} is below 2")
        self.bars = new NativeBars(event[0], starts)

    def __dealloc__(self):
        del self.bars

    def add(self, Batch batch not None):
        """Take the bars of a batch, in order.

        Raises:
            UsageError: The batch is of another market.
        """
        cdef RowStore* store = batch.store
        cdef vector[uint32_t] sizes
        cdef vector[int64_t] stamps
        cdef uint32_t begin = 0
        cdef size_t frame
        if store.market.index != self.market_spec.index:
            raise UsageError(
                f"the batch is of {batch.market}, not of {self.market_spec.name.decode()}"
            )
        if store.frame_stamps.size() == 0:
            self.walk(batch, 0, batch.size, store.received_ns)
            return
        # Each frame of a recording has a stamp of its own.
        sizes = frame_sizes(batch)
        stamps = frame_stamps(batch, sizes.size())
        for frame in range(sizes.size()):
            self.walk(batch, begin, begin + sizes[frame], stamps[frame])
            begin += sizes[frame]

    cdef int walk(self, Batch batch, uint32_t begin, uint32_t end, int64_t stamp) except -1:
        cdef RowStore* store = batch.store
        cdef RowRef ref
        while True:
            begin = self.bars.walk(self.column, store[0], batch.refs, batch.column, batch.start,
                                   begin, end, stamp)
            if begin == end:
                return 0
            # The symbol of this one is only in its bytes.
            ref = batch.ref(begin)
            symbol = foreign_symbol(store, ref)
            if symbol is None:
                self.bars.leave_out()
            else:
                self.bars.put_text(symbol_bytes(symbol),
                                   store.columns[self.column].row(ref.index()), store[0], stamp)
            begin += 1

    def pass_gap(self):
        """Take note of a gap: what is here by now is from before it."""
        self.bars.pass_gap()

    def snapshot(self, symbol=None, bint since_gap=False):
        """The bars, symbol after symbol in the order in which these first came, by their starts.

        Args:
            symbol: Of this one alone; None for all.
            since_gap: Whether only those that were received after the last gap are wanted.

        Returns:
            A batch of these bars; as bytes, a signed 64-bit integer for each: when it was received,
            Unix time in ns; as bytes, one byte for each: 1 if that was before the last gap; as
            bytes, an unsigned 32-bit integer for each: how often it was replaced by one with other
            values; how many bars were not kept.

        Raises:
            MemoryError: There is no room.
        """
        cdef RowStore* store = RowStore.acquire_small(self.market_spec[0])
        cdef vector[int64_t] stamps
        cdef vector[char] stale
        cdef vector[uint32_t] changes
        try:
            if symbol is None:
                self.bars.copy(self.column, store[0], stamps, stale, changes, since_gap)
            else:
                self.bars.copy_of(symbol_bytes(symbol), self.column, store[0], stamps, stale,
                                  changes, since_gap)
            store.end_frame(store.arena.size())
        except BaseException:
            store.release()
            raise
        return (
            whole_batch(store),
            PyBytes_FromStringAndSize(<const char*>stamps.data(), stamps.size() * sizeof(int64_t)),
            PyBytes_FromStringAndSize(stale.data(), stale.size()),
            PyBytes_FromStringAndSize(<const char*>changes.data(),
                                      changes.size() * sizeof(uint32_t)),
            self.bars.left_out(),
        )

    def take_opened(self):
        """The starts, Unix time in ms, of which the first bar has come since the last call.

        Starts up to the one that was closed last do not count, nor do bars that begin more than a
        minute after they were received.
        """
        return list(self.bars.take_opened())

    def close(self, int64_t start, int64_t before, uint32_t most):
        """Close a start: first bars of it, and of those before it, are late from now on.

        Args:
            start: Unix time in ms.
            before: The start that it is compared with.
            most: How many of the symbols that are missing are wanted.

        Returns:
            A dict with the numbers ``bars``, of this start; ``expected``, symbols that had one of
            the start before; ``missing``, those of them that have none of this one; ``late``, first
            bars of starts that were closed by then, and ``restated``, bars of such starts that were
            replaced by ones with other values, both since the call before. And a batch: the bars of
            the start before of those that are missing.

        Raises:
            MemoryError: There is no room.
        """
        cdef RowStore* store = RowStore.acquire_small(self.market_spec[0])
        cdef NativeClosed closed
        try:
            closed = self.bars.close(start, before, self.column, store[0], most)
            store.end_frame(store.arena.size())
        except BaseException:
            store.release()
            raise
        return {
            "bars": closed.bars,
            "expected": closed.expected,
            "missing": closed.missing,
            "late": closed.late,
            "restated": closed.restated,
        }, whole_batch(store)

    def __sizeof__(self):
        return object.__sizeof__(self) + self.bars.held_bytes()
