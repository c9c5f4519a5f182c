# The last event of each symbol, kept as rows.


@cython.final
@cython.no_gc
cdef class LastRows:
    """Keeps the last event of each symbol of the channels that it was told to keep.

    No event becomes an object before somebody asks for it. Each method is done at once, so that
    several threads may use one.

    Args:
        market: The market of the batches.
    """

    cdef LastTables* tables
    cdef const MarketSpec* market_spec

    def __cinit__(self, market):
        self.market_spec = &kMarkets[market_index(market)]
        self.tables = new LastTables(self.market_spec[0])

    def __dealloc__(self):
        del self.tables

    cdef int column_of(self, object channel) except -1:
        return (<Batch>batch_of(self.market_spec.name.decode(), ())).data_column(channel)

    cdef NativeLastRows* table(self, int column) except NULL:
        cdef NativeLastRows* table = self.tables.table(column)
        if table == NULL:
            name = <object>channel_name(self.market_spec.index, column)
            raise UsageError(f"the last events of {name} are not kept")
        return table

    def keep(self, channel):
        """Keep the last events of a channel from now on; more than once is fine.

        Raises:
            UsageError: The market has no such channel.
        """
        self.tables.keep(self.column_of(channel))

    def keeps(self, channel):
        """Whether the last events of a channel are kept.

        Raises:
            UsageError: The market has no such channel.
        """
        return self.tables.table(self.column_of(channel)) != NULL

    def add(self, Batch batch not None):
        """Take the events of a batch, in order.

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
        while True:
            begin = self.tables.walk(batch.store[0], batch.refs, batch.column, batch.start,
                                     begin, end, stamp)
            if begin == end:
                return 0
            self.add_foreign(batch, batch.ref(begin), stamp)
            begin += 1

    # The symbol of this one is only in its bytes: too long for a row, or no plain text.
    cdef int add_foreign(self, Batch batch, RowRef ref, int64_t stamp) except -1:
        cdef int column = ref.column()
        cdef NativeLastRows* table = self.tables.table(column)
        symbol = foreign_symbol(batch.store, ref)
        if symbol is None:
            table.leave_out()
        else:
            table.put_text(symbol_bytes(symbol), batch.store.columns[column].row(ref.index()),
                           batch.store[0], stamp)
        return 0

    def pass_gap(self):
        """Take note of a gap: what is here by now is from before it."""
        self.tables.pass_gap()

    def snapshot(self, channel, bint since_gap=False):
        """The last event of each symbol, in the order in which the symbols first came.

        Args:
            channel: Such as ``Q``.
            since_gap: Whether only those after the last gap are wanted.

        Returns:
            A batch of these events; as bytes, a signed 64-bit integer for each: when it was
            received, Unix time in ns; as bytes, one byte for each: 1 if it is from before the last
            gap; how many events there was no room for.

        Raises:
            UsageError: They are not kept.
            MemoryError: There is no room.
        """
        cdef int column = self.column_of(channel)
        cdef NativeLastRows* table = self.table(column)
        cdef RowStore* store = RowStore.acquire_small(self.market_spec[0])
        cdef vector[int64_t] stamps
        cdef vector[char] stale
        try:
            table.copy(column, store[0], stamps, stale, since_gap)
            store.end_frame(store.arena.size())
        except BaseException:
            store.release()
            raise
        return (
            whole_batch(store),
            PyBytes_FromStringAndSize(<const char*>stamps.data(), stamps.size() * sizeof(int64_t)),
            PyBytes_FromStringAndSize(stale.data(), stale.size()),
            table.left_out(),
        )

    def get(self, channel, str symbol not None, bint since_gap=False):
        """The last event of a symbol; None if there is none.

        Args:
            channel: Such as ``Q``.
            symbol: As the server writes it.
            since_gap: Whether one from before the last gap counts as none.

        Raises:
            UsageError: They are not kept.
        """
        cdef int column = self.column_of(channel)
        cdef NativeLastRows* table = self.table(column)
        cdef RowStore* store = RowStore.acquire_small(self.market_spec[0])
        try:
            if not table.copy_one(symbol_bytes(symbol), column, store[0], since_gap):
                return None
            return event_at(store, store.order[0])
        finally:
            store.release()

    def __sizeof__(self):
        cdef size_t held = object.__sizeof__(self)
        cdef int column
        for column in range(self.market_spec.channel_count):
            if self.tables.table(column) != NULL:
                held += self.tables.table(column).held_bytes()
        return held


cdef string symbol_bytes(str symbol) except *:
    # A server may send half of a surrogate pair.
    return symbol.encode("utf-8", "surrogatepass")


cdef object foreign_symbol(RowStore* store, RowRef ref):
    # The symbol of an event that has it only in its bytes; None if there is none.
    cdef const EventSpec* spec = store.market.channels[ref.column()].event
    if (<const RowHead*>store.columns[ref.column()].row(ref.index())).raw_size == 0:
        return None
    values = (<Event>event_at(store, ref)).raw_value()
    symbol = values.get(spec.fields[symbol_field(spec)].key.decode())
    return symbol if isinstance(symbol, str) else None
