# Rows of one channel out of many batches, side by side in one.


@cython.final
@cython.no_gc
cdef class RowGatherer:
    """Gathers the events of one channel out of many batches into one batch, row by row.

    No event becomes an object, and no batch a column, before all are together: what `take` gives
    has columns at the price of one large batch. Each method is done at once, so that several
    threads may use one.

    Args:
        market: The market of the batches.
        channel: The channel, such as ``T``.

    Raises:
        UsageError: There is no such market or channel, or its events have no columns.
    """

    cdef RowStore* store
    cdef const MarketSpec* market_spec
    cdef int column
    # Rows of the group before: the next is mostly like it.
    cdef uint32_t expected

    def __cinit__(self, market, channel):
        self.market_spec = &kMarkets[market_index(market)]
        self.column = (<Batch>batch_of(market, ())).data_column(channel)

    def __dealloc__(self):
        if self.store != NULL:
            self.store.release()

    @property
    def channel(self):
        """The channel's name."""
        return <object>channel_name(self.market_spec.index, self.column)

    @property
    def nbytes(self):
        """Bytes of the frames that the events came in, each with its share of its read."""
        return self.store.nbytes if self.store != NULL else 0

    def __len__(self):
        return self.store.columns[self.column].count if self.store != NULL else 0

    def add(self, Batch batch not None):
        """Copy the channel's events, in order; return how many are here now.

        Raises:
            UsageError: The batch is of another market.
            MemoryError: There is no room.
        """
        cdef RowStore* source = batch.store
        cdef uint32_t before, found
        if source.market.index != self.market_spec.index:
            raise UsageError(
                f"the batch is of {batch.market}, not of {self.market_spec.name.decode()}"
            )
        if self.store == NULL:
            self.store = RowStore.acquire(self.market_spec[0])
            self.store.make_room(
                self.column, self.market_spec.channels[self.column].event.row_size, self.expected
            )
        before = self.store.columns[self.column].count
        if batch.whole:
            self.store.append_rows(self.column, source[0], 0, source.columns[self.column].count)
        elif batch.refs != NULL:
            self.store.append_refs(self.column, source[0], batch.refs, batch.size)
        elif batch.column == self.column:
            self.store.append_rows(self.column, source[0], batch.start, batch.size)
        found = self.store.columns[self.column].count - before
        if found:
            self.store.nbytes += source.nbytes * found // max(source.order.size(), <size_t>1)
            self.store.received_ns = batch.received_ns
        return before + found

    def take(self):
        """All that is here, as a batch of one frame, and begin anew; None where there is nothing.

        It counts the bytes of all of its events, and has the receive time of the last batch.
        """
        cdef RowStore* store = self.store
        if store == NULL or store.columns[self.column].count == 0:
            return None
        self.store = NULL
        self.expected = store.columns[self.column].count
        store.end_frame(0)
        return whole_batch(store)
