# What a walk through a batch's events and their bytes needs, whoever takes them.

cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass routed_text "std::string_view":
        routed_text()
        routed_text(const char*, size_t)
        const char* data()
        size_t size()


cdef extern from "routing/batch_walk.hpp" namespace "fastpoly" nogil:
    cdef enum class WalkStep:
        kDone, kNamed, kBroken


cdef inline routed_text view_of(bytes text) noexcept:
    return routed_text(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))


cdef int64_t place_of_first(Batch batch, const MarketSpec* market) except -1:
    """Return where in its store the first event of a batch of a market is; it must have one."""
    cdef size_t begin = 0
    if batch.store.market.index != market.index:
        raise UsageError(f"the batch is of {batch.market}, not of {market.name.decode()}")
    if batch.size and not batch.whole and not find_start(batch, &begin):
        raise UsageError("a selection has no frames of its own", hint="use the whole batch")
    return begin


cdef object bytes_not_told():
    return UsageError("the batch has events that came in no frame of it")


cdef object symbol_in_bytes(Batch batch, uint32_t at):
    """Return the symbol of an event that is only in its bytes, as bytes; None if it is no text.

    It is too long for a row, or no plain text.
    """
    cdef RowRef ref = batch.ref(at)
    cdef const EventSpec* spec = batch.store.market.channels[ref.column()].event
    symbol = (<Event>event_at(batch.store, ref)).raw_value().get(
        spec.fields[symbol_field(spec)].key.decode()
    )
    return symbol.encode("utf-8", "surrogatepass") if isinstance(symbol, str) else None
