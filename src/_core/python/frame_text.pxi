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


# Which frames of its read a batch's events came in, and how many of its events are of each. False
# where these are not in the order in which they arrived.
cdef bint split_frames(Batch batch, vector[size_t]& frames, vector[uint32_t]& sizes) except *:
    cdef RowStore* store = batch.store
    cdef size_t total = store.order.size(), count = store.frame_ends.size()
    cdef size_t at = 0, frame = 0
    cdef uint32_t i, code
    find_start(batch, &at)
    for i in range(batch.size):
        code = batch.ref(i).code
        while at < total and store.order[at].code != code:
            at += 1
        while frame < count and store.frame_ends[frame] <= at:
            frame += 1
        if at == total or frame == count:
            return False
        if frames.empty() or frames.back() != frame:
            frames.push_back(frame)
            sizes.push_back(0)
        sizes[sizes.size() - 1] += 1
        at += 1
    return True


# The numbers of events of each frame that a batch came in: of a part of a read, of those frames
# that have any there. What is in another order than it arrived in counts as of one frame, and so do
# notices, which came in none.
cdef vector[uint32_t] frame_sizes(Batch batch) except *:
    cdef vector[uint32_t] sizes
    cdef vector[size_t] frames
    cdef uint32_t end, begin = 0
    if batch.whole:
        for end in batch.store.frame_ends:
            sizes.push_back(end - begin)
            begin = end
        if begin < batch.size:
            sizes.push_back(batch.size - begin)  # what came in no frame
    elif not split_frames(batch, frames, sizes) or sizes.empty():
        sizes.assign(1, batch.size)
    return sizes


# When each of these frames was received.
cdef vector[int64_t] frame_stamps(Batch batch, size_t count) except *:
    cdef RowStore* store = batch.store
    cdef vector[int64_t] stamps
    cdef vector[uint32_t] sizes
    cdef vector[size_t] frames
    cdef size_t frame
    if store.frame_stamps.size() == 0:
        stamps.assign(count, store.received_ns)
    elif batch.whole:
        stamps = store.frame_stamps
        stamps.resize(count, store.received_ns)
    elif split_frames(batch, frames, sizes) and not sizes.empty():
        for frame in frames:
            stamps.push_back(store.frame_stamps[frame])
    else:
        stamps.assign(1, last_stamp(batch))
    return stamps


cdef object text_not_kept():
    return UsageError(
        "the text of this batch's frames was not kept",
        hint="have the source keep frames, before they are read",
    )


# The frames that begin in a batch: from `first` up to, not including, `end`.
cdef void find_frames(Batch batch, size_t* first, size_t* end) except *:
    cdef RowStore* store = batch.store
    cdef size_t frames = store.frame_ends.size()
    cdef size_t start = 0, frame, begins = 0
    first[0] = 0
    end[0] = frames
    if store.frame_text_ends.size() != frames:
        raise text_not_kept()
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


cdef int64_t last_stamp(Batch batch) except? -1:
    # The receive time of the frame that a batch's last event came in.
    cdef RowStore* store = batch.store
    cdef vector[uint32_t] sizes
    cdef vector[size_t] frames
    cdef size_t start = 0, frame
    if batch.whole or batch.size == 0:
        return store.received_ns
    if find_start(batch, &start):
        for frame in range(store.frame_ends.size()):
            if store.frame_ends[frame] >= start + batch.size:
                return store.frame_stamps[frame]
    elif split_frames(batch, frames, sizes):
        return store.frame_stamps[frames.back()]
    return store.received_ns
