# Batches to other processes: their events as JSON, frame by frame, and back.

cdef bytes json_of(RowStore* store, RowRef ref):
    # The text of one event, which need not be the bytes that it came in.
    cdef const RowHead* head = <const RowHead*>store.columns[ref.column()].row(ref.index())
    if head.raw_size:
        return PyBytes_FromStringAndSize(store.raw(head[0]), head.raw_size)
    return json.dumps(dict_at(store, ref), separators=(",", ":")).encode()


cdef list parts_of(Batch batch, uint32_t begin, uint32_t end):
    # Events from one place up to another: neighbours as one JSON text, notices as they are.
    cdef uint32_t i
    cdef RowRef ref
    parts = []
    texts = []
    for i in range(begin, end):
        ref = batch.ref(i)
        if ref.column() != kObjectColumn:
            texts.append(json_of(batch.store, ref))
            continue
        if texts:
            parts.append(b"[" + b",".join(texts) + b"]")
            texts = []
        parts.append(<object>batch.store.objects[ref.index()])
    if texts:
        parts.append(b"[" + b",".join(texts) + b"]")
    return parts


cdef tuple batch_state(Batch batch):
    # What `restore_batch` takes. A selection or slice has no text of its own.
    cdef RowStore* store = batch.store
    cdef uint32_t size, begin = 0
    frames = []
    texts = stamps = None
    for size in frame_sizes(batch):
        frames.append(parts_of(batch, begin, begin + size))
        begin += size
    if batch.whole and store.frame_text_ends.size() == <size_t>len(frames):
        texts = frame_texts(batch)
    if store.frame_stamps.size():
        stamps = list(frame_stamps(batch, len(frames)))
    return batch.market, frames, batch.nbytes, batch.received_ns, texts, stamps


def restore_batch(market, frames, uint64_t nbytes, int64_t received_ns, texts=None, stamps=None):
    # What pickle calls.
    cdef RowStore* store = RowStore.acquire(kMarkets[market_index(market)])
    cdef Batch part
    cdef uint32_t i
    cdef int64_t stamp
    cdef bytes text
    try:
        for at, parts in enumerate(frames):
            for content in parts:
                if isinstance(content, bytes):
                    part = decode(content, market=market)
                    for i in range(part.size):
                        copy_event(store, part.store, part.ref(i))
                else:
                    store.order.push_back(RowRef.of(kObjectColumn, store.objects.size()))
                    Py_INCREF(content)
                    store.objects.push_back(<void*>content)
            store.end_frame(0)
            if texts is not None:
                text = texts[at]
                store.keep_frame(<const char*>text, len(text))
        for stamp in stamps or ():
            store.frame_stamps.push_back(stamp)
        store.nbytes = nbytes
        store.received_ns = received_ns
    except BaseException:
        store.release()
        raise
    return whole_batch(store)
