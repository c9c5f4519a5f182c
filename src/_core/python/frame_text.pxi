# The frames that a batch's events came in: their text, and when each was received.


# Whether a batch's events are consecutive events of its read; `start` is the place of the first.
cdef bint find_start(Batch batch, size_t* start):
    cdef RowStore* store = batch.store
    cdef const RowRef* first = store.order.data()
    if batch.refs == NULL or batch.owned_refs != NULL:
        return False
    if batch.refs < first or batch.refs > first + store.order.size():
        return False
    start[0] = batch.refs - first
    return True


# The frames that begin in a batch: from `first` up to, not including, `end`.
cdef void find_frames(Batch batch, size_t* first, size_t* end) except *:
    cdef RowStore* store = batch.store
    cdef size_t frames = store.frame_ends.size()
    cdef size_t start = 0, frame, begins = 0
    first[0] = 0
    end[0] = frames
    if store.frame_text_ends.size() != frames:
        raise UsageError(
            "the text of this batch's frames was not kept",
            hint="have the source keep frames, before they are read",
        )
    # A read of frames without events has no references at all.
    if batch.whole or (store.order.size() == 0 and batch.owned_refs == NULL):
        return
    if not find_start(batch, &start):
        raise UsageError("a selection has no frames of its own", hint="use the whole batch")
    end[0] = 0
    for frame in range(frames):
        if begins < start:
            first[0] = end[0] = frame + 1
        elif begins < start + batch.size:
            end[0] = frame + 1
        begins = store.frame_ends[frame]


cdef inline size_t text_begin(RowStore* store, size_t frame) noexcept:
    return store.frame_text_ends[frame - 1] if frame else 0


cdef inline uint32_t events_of(RowStore* store, size_t frame) noexcept:
    return store.frame_ends[frame] - (store.frame_ends[frame - 1] if frame else 0)


cdef list frame_texts(Batch batch):
    cdef size_t first, end, frame, begin
    cdef RowStore* store = batch.store
    find_frames(batch, &first, &end)
    texts = []
    for frame in range(first, end):
        begin = text_begin(store, frame)
        texts.append(PyBytes_FromStringAndSize(
            store.frame_text.data() + begin, store.frame_text_ends[frame] - begin
        ))
    return texts


cdef int64_t last_stamp(Batch batch):
    # The receive time of the frame that a batch's last event came in.
    cdef RowStore* store = batch.store
    cdef size_t start = 0, frame
    if not batch.whole and batch.size and find_start(batch, &start):
        for frame in range(store.frame_ends.size()):
            if store.frame_ends[frame] >= start + batch.size:
                return store.frame_stamps[frame]
    return store.received_ns
