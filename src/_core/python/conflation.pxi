# Conflation: of many batches one, with the latest event of each channel and symbol.

def latest(batches, max_bytes=None):
    """The last event of each channel and symbol, in the order of those last events.

    What has no symbol is kept as it is: notices, control messages, events that the market does not
    know. The batch counts its share of the bytes of all, and has the receive time of the last.

    Args:
        batches: One batch or more, of one market.
        max_bytes: What the batch may count; the oldest events beyond that are left out, but for
            one. Notices stay in any case. None for no limit.
    """
    cdef list parts = of_one_market(batches)
    cdef Batch batch = parts[0]
    cdef Batch every
    cdef Conflation* conflation
    cdef RowStore* store
    cdef vector[size_t] ends
    cdef uint32_t left
    cdef uint64_t events = 0, nbytes = 0, most = UINT64_MAX, room = UINT64_MAX
    cdef size_t begin, end
    cdef set texts = set()
    for batch in parts:
        events += batch.size - batch.count("notice")
        nbytes += batch.store.nbytes
    if max_bytes is not None:
        room = max_bytes
        if room < nbytes:
            most = max(events * room // nbytes, <uint64_t>1)
    conflation = new Conflation(batch.store.market, most, room)
    store = RowStore.acquire_small(batch.store.market)
    try:
        for batch in reversed(parts):
            every = with_refs(batch)
            left = every.size
            while True:
                left = conflation.walk(every.store[0], every.refs, left)
                if left == 0:
                    break
                left -= 1
                if is_new(every, every.refs[left], texts):
                    conflation.keep(every.store[0], every.refs[left])
            ends.push_back(conflation.kept.size())
        # Back in the order of arrival: the last batch was the first to be looked at.
        for batch in parts:
            end = ends.back()
            ends.pop_back()
            begin = 0 if ends.empty() else ends.back()
            while end > begin:
                end -= 1
                copy_event(store, batch.store, conflation.kept[end])
            store.received_ns = batch.store.received_ns
        store.end_frame(share_of(store, nbytes, events) if events else 0)
    except BaseException:
        store.release()
        raise
    finally:
        del conflation
    return whole_batch(store)


cdef bint is_new(Batch batch, RowRef ref, set texts) except -1:
    # Whether an event whose symbol did not fit its row is the first to be seen of that symbol.
    cdef const EventSpec* spec = batch.store.market.channels[ref.column()].event
    symbol = (<Event>event_at(batch.store, ref)).raw_value()[
        spec.fields[symbol_field(spec)].key.decode()
    ]
    if not isinstance(symbol, str):
        return True
    seen = (ref.column(), symbol)
    if seen in texts:
        return False
    texts.add(seen)
    return True
