# Columns for NumPy: rows gathered into the records of a structured array.

# By market, column and layout: the records' dtype; None until it is first asked for. Two threads
# that ask at once make it twice and keep one: nothing is ever changed in place.
cdef list RECORD_DTYPES = [None] * (kMarketCount * kColumns * kSymbolWidths)
# numpy.frombuffer, which is not imported before a user wants an array.
cdef object array_from_buffer = None


cdef object make_record_dtype(int market, int column, int layout):
    global array_from_buffer
    cdef const MarketSpec* spec = &kMarkets[market]
    cdef const EventSpec* event = spec.channels[column].event
    cdef const RecordLayout* chosen = &kRecordLayouts[event.index][layout]
    cdef int i
    array_from_buffer = columns.numpy().frombuffer
    offsets = [chosen.offsets[i] for i in range(event.field_count)]
    return columns.record_dtype(
        columns.event_type(spec.name.decode(), spec.channels[column].name.decode()),
        chosen.symbol_width,
        [None if offset == kNoColumn else offset for offset in offsets],
        chosen.record_size,
    )


cdef object record_array(Batch batch, int column):
    cdef RowRuns rows
    cdef Gathered seen
    cdef const RecordLayout* chosen
    cdef int market = batch.store.market.index
    cdef const EventSpec* event = batch.store.market.channels[column].event
    cdef int layout, place
    batch.find_rows(column, rows)
    layout = first_layout(rows, event[0])
    while True:
        chosen = &kRecordLayouts[event.index][layout]
        records = PyByteArray_FromStringAndSize(NULL, rows.rows() * chosen.record_size)
        seen = gather(rows, chosen[0], PyByteArray_AS_STRING(records))
        if seen.widest <= chosen.symbol_width:
            break
        layout = layout_for(event[0], seen.widest)
    place = (market * kColumns + column) * kSymbolWidths + layout
    dtype = RECORD_DTYPES[place]
    if dtype is None:
        RECORD_DTYPES[place] = dtype = make_record_dtype(market, column, layout)
    array = array_from_buffer(records, dtype)
    if seen.foreign or holds_objects(event):
        return columns.with_spilled(
            array,
            columns.event_type(batch.market, batch.store.market.channels[column].name.decode()),
            batch.spilled(column),
        )
    return array


cdef inline bint holds_objects(const EventSpec* event) noexcept:
    cdef const uint16_t* offsets = kRecordLayouts[event.index][0].offsets
    cdef int i
    for i in range(event.field_count):
        if offsets[i] == kNoColumn:
            return True
    return False
