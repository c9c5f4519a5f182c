# What a line is like, for Python: lags, sequence numbers, last events.

WINDOW_S = kWindowSeconds
LATE_REPORT_S = kLateReportNs // 1_000_000_000


@cython.final
cdef class LineWatch:
    """Watches every event that a `Listener` reads, over all connections of one stream.

    It keeps figures and the last event of each channel, and no batch alive. Values that are not in
    an event's row, because their type is not the schema's, are passed over. A sequence number is
    compared with that of the event of the same channel and symbol before it; it may have gaps, so
    nothing here tells whether events are missing.

    Args:
        market: The market's name.
    """

    cdef Watch* watch
    cdef int market

    def __cinit__(self, market):
        self.market = market_index(market)
        self.watch = new Watch(kMarkets[self.market])

    def __dealloc__(self):
        del self.watch

    def see(self, Batch batch not None, int64_t received_ns):
        """Watch the events of a batch as if they had been received at a time of the caller's.

        The last events stay what they were.

        Args:
            batch: The batch, of the same market.
            received_ns: Unix time in ns, from 0 on.
        """
        cdef int column
        if batch.store.market.index != self.market:
            raise UsageError(f"a watch of {kMarkets[self.market].name.decode()} was given "
                             f"events of {batch.market}")
        if received_ns < 0:
            raise UsageError(f"{received_ns} is before 1970")
        for column in range(batch.store.market.channel_count):
            self.see_column(batch, column, received_ns)

    def receive(self, Batch batch not None):
        """Watch a batch of whole frames as it was received, by its own stamp.

        Args:
            batch: The batch, of the same market, as it came from a source.
        """
        if batch.store.market.index != self.market:
            raise UsageError(f"a watch of {kMarkets[self.market].name.decode()} was given "
                             f"events of {batch.market}")
        self.watch.see(batch.store[0])

    cdef int see_column(self, Batch batch, int column, int64_t received_ns) except -1:
        cdef RowRuns rows
        batch.find_rows(column, rows)
        self.watch.see_rows(column, rows, received_ns)
        return 0

    def lags(self):
        """The lags of all events, and how many of these were late reports, by channel.

        A lag is the time from when the event was due, by its own clock, to when it was received. A
        late report happened more than `LATE_REPORT_S` before the time that it carries.
        """
        cdef Histogram lags
        cdef int column
        found = {}
        for column in range(kMarkets[self.market].channel_count):
            lags = Histogram()
            self.watch.lags(column, lags.values)
            if lags.values.count():
                found[self.name(column)] = lags, self.watch.channel(column).late.count()
        return found

    def recent(self, int64_t now_ns):
        """The same of what was received in the last `WINDOW_S`, or up to 2 s less.

        Here the histograms are without late reports.

        Args:
            now_ns: Unix time in ns.
        """
        cdef Histogram lags
        cdef uint64_t late
        cdef int column
        found = {}
        for column in range(kMarkets[self.market].channel_count):
            lags = Histogram()
            late = self.watch.recent(column, now_ns, lags.values)
            if late or lags.values.count():
                found[self.name(column)] = lags, late
        return found

    def sequences(self):
        """By channel: events with a sequence number, those that repeat it, those that step back."""
        cdef const ChannelWatch* channel
        cdef int column
        found = {}
        for column in range(kMarkets[self.market].channel_count):
            channel = self.watch.channel(column)
            if channel != NULL and channel.numbered:
                found[self.name(column)] = channel.numbered, channel.repeats, channel.regressions
        return found

    def last_ns(self):
        """When each channel last had an event, Unix time in ns."""
        cdef int column
        return {
            self.name(column): self.watch.last_ns(column)
            for column in range(kColumns) if self.watch.last_ns(column)
        }

    def last_events(self):
        """The last event of each channel, those of channel ``unknown`` included."""
        cdef RowStore* store = RowStore.acquire(kMarkets[self.market])
        cdef Batch batch
        cdef int column
        for column in range(kColumns):
            self.watch.copy_last(column, store[0])
        batch = whole_batch(store)
        return {self.name(batch.ref(at).column()): batch[at] for at in range(len(batch))}

    cdef object name(self, int column):
        return <object>channel_name(self.market, column)
