# Batches: a view over the rows of one store, and everything that reads it.

cdef dict MARKET_INDEX = {kMarkets[i].name.decode(): i for i in range(kMarketCount)}
# The column of each channel's name, by market.
cdef list COLUMNS_BY_NAME = []
# What each column's events are made from; null where a column has none.
cdef PyObject* PROTOTYPES[kMarketCount][kColumns]


cdef void adopt_event_classes() except *:
    cdef int i, j
    cdef const EventSpec* event
    cdef PyObject* status = adopt_event_class(<PyTypeObject*>Status, NULL)
    cdef PyObject* unknown = adopt_event_class(<PyTypeObject*>UnknownEvent, NULL)
    by_name = {cls.__name__: cls for cls in EVENT_CLASSES}
    adopted = {}
    set_event_constructor(event_from_attributes)
    for i in range(kMarketCount):
        for j in range(kMarkets[i].channel_count):
            event = kMarkets[i].channels[j].event
            if event.index not in adopted:
                cls = by_name[event.name.decode()]
                adopted[event.index] = <uintptr_t>adopt_event_class(<PyTypeObject*>cls, event)
                SPEC_OF[cls] = event.index
                MARKETS_OF[cls] = {}
            MARKETS_OF[by_name[event.name.decode()]].setdefault(
                kMarkets[i].channels[j].name.decode(), kMarkets[i].name.decode()
            )
            PROTOTYPES[i][j] = <PyObject*><uintptr_t>adopted[event.index]
        PROTOTYPES[i][<int>kStatusColumn] = status
        PROTOTYPES[i][<int>kUnknownColumn] = unknown
        COLUMNS_BY_NAME.append({
            <object>channel_name(i, j): j
            for j in range(kColumns) if channel_name(i, j) != NULL
        })


adopt_event_classes()
close_event_class(<PyTypeObject*>Event)


cdef int market_index(object market) except -1:
    index = MARKET_INDEX.get(market)
    if index is not None:
        return index
    # Enums whose value is the name, and the exchanges' own paths of the futures market.
    name = getattr(market, "value", market)
    if isinstance(name, str):
        index = MARKET_INDEX.get(name.lower().partition("/")[0])
        if index is not None:
            return index
    raise UsageError(
        f"unknown market {name!r}", hint=f"use one of: {', '.join(sorted(MARKET_INDEX))}"
    )


cdef inline object event_at(RowStore* store, RowRef ref):
    cdef int column = ref.column()
    cdef const Column* rows = &store.columns[column]
    return make_event(
        PROTOTYPES[store.market.index][column], rows.row(ref.index()), rows.row_size, store[0]
    )


cdef inline object item_at(RowStore* store, RowRef ref):
    if ref.column() == kObjectColumn:
        return <object>store.objects[ref.index()]
    return event_at(store, ref)


cdef object dict_at(RowStore* store, RowRef ref):
    cdef int column = ref.column()
    cdef const RowHead* head
    if column == kObjectColumn:
        return (<object>store.objects[ref.index()]).to_dict()
    head = <const RowHead*>store.columns[column].row(ref.index())
    if head.raw_size:
        return json_value(store.raw(head[0]), head.raw_size)
    return row_dict(<const char*>head, store.market.channels[column].event[0])


@cython.final
@cython.freelist(64)
cdef class BatchIterator:
    cdef Batch batch
    cdef uint32_t at

    def __iter__(self):
        return self

    def __next__(self):
        cdef Batch batch = self.batch
        cdef uint32_t at = self.at
        if at >= batch.size:
            raise StopIteration
        self.at = at + 1
        return item_at(batch.store, batch.ref(at))


@cython.final
cdef class Batch:
    """Events in the order of their arrival: of one read of the socket, or of one decoded frame.

    A read of more than 64 KiB comes as several batches.

    A sequence: ``len``, indexing, slicing and iteration work as on a tuple; each access makes a
    fresh event. `select` and slices share the batch's rows.
    """

    # The members are those of `objects/batch_object.hpp`, which makes batches and ends them.
    cdef RowStore* store
    # Where the rows are: the references from `refs` on; where that is null, the rows of one column
    # from `start` on.
    cdef const RowRef* refs
    cdef RowRef* owned_refs
    cdef int column
    cdef uint32_t start
    cdef uint32_t size
    cdef bint whole

    cdef inline RowRef ref(self, uint32_t at) noexcept:
        if self.refs != NULL:
            return self.refs[at]
        return RowRef.of(self.column, self.start + at)

    cdef int column_of(self, object channel) except -1:
        columns_by_name = <dict>COLUMNS_BY_NAME[<int>self.store.market.index]
        column = columns_by_name.get(channel)
        if column is not None:
            return column
        name = getattr(channel, "value", channel)
        column = columns_by_name.get(name) if isinstance(name, str) else None
        if column is not None:
            return column
        market = self.market
        raise UsageError(
            f"{market} has no channel {name!r}",
            hint="use one of: " + ", ".join(column_names(self.store.market.index)),
        )

    @property
    def market(self):
        """The market's name, such as ``stocks``."""
        return self.store.market.name.decode()

    @property
    def nbytes(self):
        """Bytes of the frames that the whole read brought, also in a selection.

        What `compact` has copied counts for its share of them, or for its own text if that is more.
        """
        return self.store.nbytes

    @property
    def frame_count(self):
        """How many frames it came in; of a selection or slice, those that have events in it.

        Events in another order than that of their arrival count as of one, and so do notices alone.
        """
        return frame_sizes(self).size()

    @property
    def frame_sizes(self):
        """How many of its events each of its frames has; see `frame_count`."""
        return list(frame_sizes(self))

    @property
    def received_ns(self):
        """When the read was handed over: wall clock, Unix time in ns; 0 from `decode`.

        Of a batch from a recording it is when the last of its frames was received; what `frames`
        gives knows its own.
        """
        if self.store.frame_stamps.size():
            return last_stamp(self)
        return self.store.received_ns

    @property
    def channels(self):
        """The channels of the events here, in the order of their first event.

        Events that the market does not know are of channel ``unknown``, control messages of
        ``status``, and what a stream says about itself is of ``notice``.
        """
        cdef uint32_t i, seen = 0
        cdef int column
        names = []
        for i in range(self.size):
            column = self.ref(i).column()
            if not seen >> column & 1:
                seen |= <uint32_t>1 << column
                names.append(<object>channel_name(self.store.market.index, column))
                if self.refs == NULL:
                    break
        return tuple(names)

    def count(self, channel):
        """How many events of a channel there are."""
        cdef int column = self.column_of(channel)
        cdef uint32_t i, found = 0
        if self.whole:
            return column_count(self.store, column)
        for i in range(self.size):
            found += self.ref(i).column() == column
        return found

    def select(self, *channels):
        """The events of some channels, in order, as a batch that shares these rows."""
        cdef uint32_t i, wanted = 0, found = 0
        cdef int column = 0
        cdef Batch batch
        for channel in channels:
            column = self.column_of(channel)
            wanted |= <uint32_t>1 << column
        if len(channels) == 1 and self.whole:
            return run_of(self.store, column, 0, column_count(self.store, column))
        batch = share(self.store)
        batch.owned_refs = new_refs(self.size)
        for i in range(self.size):
            if wanted >> self.ref(i).column() & 1:
                batch.owned_refs[found] = self.ref(i)
                found += 1
        batch.refs = batch.owned_refs
        batch.size = found
        return batch

    def where(self, condition):
        """The events that pass a condition, in order, as a batch that shares these rows.

        Control messages, events that the market does not know and notices always pass.

        Args:
            condition: Such as ``field("size") >= 100``; see `fastpoly.field`.

        Raises:
            UsageError: It is no condition, the market has no such field, or the field cannot be
                compared like that.
        """
        return filter_for(condition, self.store.market.index).apply(self)

    def compact(self):
        """The same events without the rest of their read, for keeping a few of many.

        A selection keeps alive all rows that it shares, and memory that once held many rows may
        hold few. This gives a copy where most of either is not needed, else the batch itself.
        """
        cdef RowStore* store
        cdef uint32_t total = self.store.order.size()
        if self.whole or self.size * 2 >= total:
            if not self.store.is_roomy():
                return self
            if self.whole:
                return whole_batch(fitted_store(self.store))
        store = RowStore.acquire_small(self.store.market)
        if self.size:
            copy_frames(store, self)
            store.nbytes = max(share_of(store, self.store.nbytes, total), <uint64_t>1)
        store.received_ns = self.received_ns
        if self.store.frame_stamps.size():
            store.frame_stamps = frame_stamps(self, store.frame_ends.size())
        return whole_batch(store)

    def frames(self):
        """One batch for each frame of the read, also for a frame without events.

        Of a selection or slice, one for each frame that has events in it; see `frame_count`.
        """
        cdef uint32_t size, begin = 0
        parts = []
        for size in frame_sizes(self):
            parts.append(part_of(self, begin, size))
            begin += size
        return parts

    def raw(self):
        """The text of each frame as it came, as a list of bytes.

        Of a slice of consecutive events it gives the frames that begin there; one without events
        begins where the next one does.

        Raises:
            UsageError: The frames were not kept, or the batch is a selection.
        """
        return frame_texts(self)

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def dicts(self):
        """Each event as json.loads makes it: every key that was sent, in the order sent.

        Numbers are int or float as they were written. Where a frame held something else than
        objects, so does the list.
        """
        cdef uint32_t i
        cdef list dicts = PyList_New(self.size)
        for i in range(self.size):
            item = dict_at(self.store, self.ref(i))
            Py_INCREF(item)
            PyList_SET_ITEM(dicts, i, item)
        return dicts

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def events(self):
        """All events, as a list: what ``list`` makes of the batch, sooner."""
        cdef uint32_t i
        cdef list events = PyList_New(self.size)
        for i in range(self.size):
            event = item_at(self.store, self.ref(i))
            Py_INCREF(event)
            PyList_SET_ITEM(events, i, event)
        return events

    def symbol_counts(self):
        """How many events each symbol has here, as a dict."""
        counts = {}
        cdef uint32_t i
        cdef RowRef ref
        cdef const EventSpec* spec
        cdef const char* row
        cdef int field
        for i in range(self.size):
            ref = self.ref(i)
            if ref.column() >= kStatusColumn:
                continue
            spec = self.store.market.channels[ref.column()].event
            field = symbol_field(spec)
            row = self.store.columns[ref.column()].row(ref.index())
            if (<const RowHead*>row).plain >> field & 1:
                symbol = attribute_value(row, spec.fields[field])
            else:
                symbol = (<Event>event_at(self.store, ref)).attribute(field)
                if symbol is None:
                    continue
            counts[symbol] = counts.get(symbol, 0) + 1
        return counts

    cdef int data_column(self, object channel) except -1:
        # The column of a channel that has a schema.
        cdef int i
        cdef int market = self.store.market.index
        for i in range(self.store.market.channel_count):
            if channel_name(market, i) == <PyObject*>channel:
                return i
        i = self.column_of(channel)
        if i >= self.store.market.channel_count:
            raise UsageError(
                f"{channel_text(channel)} events have no columns",
                hint="select a channel of the market",
            )
        return i

    cdef int find_rows(self, int column, RowRuns& runs) except -1:
        if self.whole:
            runs.add_stretch(self.store[0], column, 0, self.store.columns[column].count)
        elif self.refs != NULL:
            runs.add_refs(self.store[0], column, self.refs, self.size)
        elif self.column == column:
            runs.add_stretch(self.store[0], column, self.start, self.size)
        return 0

    cdef list spilled(self, int column):
        # ``(place among the column's rows, event)`` of those with a value that is not in the row.
        cdef uint32_t i
        cdef RowRef ref
        cdef const char* row
        cdef int place = 0
        found = []
        for i in range(self.size):
            ref = self.ref(i)
            if ref.column() != column:
                continue
            row = self.store.columns[column].row(ref.index())
            if (<const RowHead*>row).foreign:
                found.append((place, event_at(self.store, ref)))
            place += 1
        return found

    def to_numpy(self, channel):
        """The events of one channel as a structured array: a row an event, a column a field.

        Columns are named like the attributes. Text is as wide as the schema says, and wider where
        the longest here needs that; only what would make a column larger than 1 GiB is cut. What
        the server did not send, or sent as another type: NaN, NaT, the least 64-bit integer, False
        or an empty text; lists of codes are seven wide, filled up with -1. Times are datetime64 in
        the wire's unit, decimal numbers are doubles. The array is a copy, which may be written to.

        Args:
            channel: Such as ``T``.

        Raises:
            UsageError: The market has no such channel, or NumPy is not installed.
        """
        return record_array(self, self.data_column(channel))

    def columns(self, channel):
        """The events of one channel as `Columns`, which every library that speaks Arrow can take.

        Args:
            channel: Such as ``T``.

        Raises:
            UsageError: The market has no such channel.
        """
        cdef Columns made = Columns.__new__(Columns)
        made.column = self.data_column(channel)
        made.batch = self
        return made

    def to_arrow(self, channel):
        """The events of one channel as a pyarrow.RecordBatch: `columns`, made by pyarrow.

        Args:
            channel: Such as ``T``.

        Raises:
            UsageError: The market has no such channel, or pyarrow is not installed.
            OverflowError: A column would take 2 GiB or more.
        """
        return record_batch(self, self.data_column(channel))

    def to_pandas(self, channel):
        """The events of one channel as a pandas.DataFrame.

        Symbols are categories, times are datetimes in UTC in the wire's unit, texts are strings,
        and what the server may leave out is of a nullable dtype: ``Int64``, ``Float64``,
        ``boolean``.

        Args:
            channel: Such as ``T``.

        Raises:
            UsageError: The market has no such channel, or pandas or pyarrow is not installed.
            OverflowError: A column would take 2 GiB or more.
        """
        return columns.to_pandas(self.to_arrow(channel), self.event_type(channel))

    def to_polars(self, channel):
        """The events of one channel as a polars.DataFrame, which needs no pyarrow.

        Args:
            channel: Such as ``T``.

        Raises:
            UsageError: The market has no such channel, or polars is not installed.
            OverflowError: A column would take 2 GiB or more.
        """
        return columns.polars().DataFrame(self.columns(channel))

    def to_duckdb(self, channel, connection=None):
        """The events of one channel as a relation of DuckDB.

        Args:
            channel: Such as ``T``.
            connection: Of DuckDB; by default the module's own.

        Raises:
            UsageError: The market has no such channel, or duckdb or pyarrow is not installed.
            OverflowError: A column would take 2 GiB or more.
        """
        return columns.to_duckdb(self.to_arrow(channel), connection)

    cdef object event_type(self, object channel):
        cdef const ChannelSpec* spec = &self.store.market.channels[self.data_column(channel)]
        return columns.event_type(self.market, spec.name.decode())

    def __len__(self):
        return self.size

    def __sizeof__(self):
        # The rows count for each of the batches that share them.
        return object.__sizeof__(self) + self.store.held_bytes()

    def __iter__(self):
        cdef BatchIterator iterator = BatchIterator.__new__(BatchIterator)
        iterator.batch = self
        return iterator

    def __getitem__(self, index):
        cdef Py_ssize_t at, begin, end, step, i, count
        cdef Batch batch
        if isinstance(index, slice):
            PySlice_Unpack(index, &begin, &end, &step)
            count = PySlice_AdjustIndices(self.size, &begin, &end, step)
            if step == 1:
                return part_of(self, begin, count)
            batch = share(self.store)
            batch.owned_refs = new_refs(count)
            for i in range(count):
                batch.owned_refs[i] = self.ref(begin + i * step)
            batch.refs = batch.owned_refs
            batch.size = count
            return batch
        at = PyNumber_AsSsize_t(index, IndexError)
        if at < 0:
            at += self.size
        if at < 0 or at >= self.size:
            raise IndexError("batch index out of range")
        return item_at(self.store, self.ref(at))

    def __copy__(self):
        # Nothing of it ever changes.
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return restore_batch, batch_state(self)

    def __repr__(self):
        counts = ", ".join(f"{name}: {self.count(name)}" for name in self.channels)
        return f"<Batch {self.market} {{{counts}}}>"


def column_names(int market):
    # The names of a market's channels, as `Batch.select` takes them.
    names = [<object>channel_name(market, i) for i in range(kMarkets[market].channel_count)]
    return [*names, "status", "unknown", "notice"]


cdef inline object channel_text(object channel):
    return getattr(channel, "value", channel)


cdef inline uint32_t column_count(RowStore* store, int column) noexcept:
    return store.objects.size() if column == kObjectColumn else store.columns[column].count


cdef inline int symbol_field(const EventSpec* spec) noexcept:
    cdef int i
    for i in range(spec.field_count):
        if spec.fields[i].kind == Kind.kSymbol:
            return i
    return 0


# Room for references that a batch owns, and gives up with itself.
cdef RowRef* new_refs(size_t count) except NULL:
    cdef void* refs = malloc(max(count, <size_t>1) * sizeof(RowRef))
    if refs == NULL:
        raise MemoryError()
    return <RowRef*>refs


cdef inline Batch share(RowStore* store):
    store.retain()
    return new_batch(store)


cdef Batch run_of(RowStore* store, int column, uint32_t start, uint32_t size):
    cdef Batch batch = share(store)
    batch.column = column
    batch.start = start
    batch.size = size
    return batch


cdef Batch part_of(Batch batch, uint32_t start, uint32_t size):
    cdef Batch part
    if batch.refs == NULL:
        return run_of(batch.store, batch.column, batch.start + start, size)
    part = share(batch.store)
    if batch.owned_refs != NULL:
        # The references die with the batch that owns them.
        part.owned_refs = new_refs(size)
        memcpy(part.owned_refs, batch.refs + start, size * sizeof(RowRef))
        part.refs = part.owned_refs
    else:
        part.refs = batch.refs + start
    part.size = size
    return part


# Takes over the caller's reference to the store, which must not change any more.
cdef inline Batch whole_batch(RowStore* store):
    cdef Batch batch = new_batch(store)
    batch.refs = store.order.data()
    batch.size = store.order.size()
    batch.whole = batch.refs != NULL
    return batch


adopt_batch_class(<PyTypeObject*>Batch)
close_iterator_class(<PyTypeObject*>BatchIterator)


def batch_of(market, events):
    """A batch of given Python objects, for what a stream says about itself.

    Args:
        market: The market's name.
        events: Objects with a ``to_dict`` method.
    """
    cdef RowStore* store = RowStore.acquire_small(kMarkets[market_index(market)])
    for event in events:
        store.order.push_back(RowRef.of(kObjectColumn, store.objects.size()))
        Py_INCREF(event)
        store.objects.push_back(<void*>event)
    return whole_batch(store)


def concat(batches):
    """The events of several batches of one market as one batch, in the order given.

    It has the frames of all of them, counts their bytes, and has the receive time of the last. Each
    frame keeps its own; of a batch that was not received, such as of a notice, it is that of the
    next one.
    """
    cdef RowStore* store
    cdef Batch batch
    cdef size_t before
    cdef int64_t received_ns = 0
    cdef bint differ = False
    cdef vector[int64_t] stamps, more
    parts = of_one_market(batches)
    batch = parts[0]
    store = RowStore.acquire(batch.store.market)
    for batch in parts:
        before = store.frame_ends.size()
        copy_frames(store, batch)
        store.nbytes += batch.store.nbytes
        store.received_ns = batch.received_ns
        more = frame_stamps(batch, store.frame_ends.size() - before)
        stamps.insert(stamps.end(), more.begin(), more.end())
    for before in range(stamps.size(), 0, -1):
        received_ns = stamps[before - 1] or received_ns
        stamps[before - 1] = received_ns
        differ = differ or received_ns != store.received_ns
    if differ:
        store.frame_stamps = stamps
    return whole_batch(store)


cdef list of_one_market(object batches):
    parts = list(batches)
    if not parts:
        raise UsageError("there is no batch to join", hint="pass at least one")
    for part in parts:
        if not isinstance(part, Batch):
            raise UsageError(f"{part!r} is not a Batch")
        if part.market != parts[0].market:
            raise UsageError("batches of different markets cannot be one batch")
    return parts


cdef RowStore* fitted_store(RowStore* source) except NULL:
    cdef RowStore* store = source.fitted()
    cdef size_t i
    for i in range(source.objects.size()):
        Py_INCREF(<object>source.objects[i])
        store.objects.push_back(source.objects[i])
    return store


cdef inline uint64_t share_of(RowStore* store, uint64_t nbytes, uint64_t events) noexcept:
    # What rows that were copied here count of the bytes of so many events. A few may be most of it.
    cdef uint64_t rows = store.order.size() - store.objects.size()
    return max(nbytes * rows // events, <uint64_t>store.arena.size())


# Appends the events of a batch, in the frames in which they are there.
cdef int copy_frames(RowStore* to, Batch batch) except -1:
    cdef uint32_t size, i, begin = 0
    for size in frame_sizes(batch):
        for i in range(begin, begin + size):
            copy_event(to, batch.store, batch.ref(i))
        to.end_frame(0)
        begin += size
    return 0


cdef void copy_event(RowStore* to, RowStore* source, RowRef ref):
    cdef int column = ref.column()
    if column == kObjectColumn:
        to.order.push_back(RowRef.of(column, to.objects.size()))
        Py_INCREF(<object>source.objects[ref.index()])
        to.objects.push_back(source.objects[ref.index()])
    else:
        to.copy_row(column, source[0], ref.index())
