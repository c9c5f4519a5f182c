# Conditions decided on rows, before any object is made of them.

# One function for each kind of test of one field: adds it to a program, returns where that begins.
ctypedef int32_t (*TestWriter)(RowFilter*, int, object, FilterTargets) except? -4


cdef int32_t write_present(
    RowFilter* rows, int column, object test, FilterTargets next
) except? -4:
    return rows.add_present(column, test.index, next)


cdef int32_t write_flag(RowFilter* rows, int column, object test, FilterTargets next) except? -4:
    return rows.add_flag(column, test.index, next)


cdef int32_t write_whole(RowFilter* rows, int column, object test, FilterTargets next) except? -4:
    return rows.add_whole(column, test.index, next, test.low, test.high)


cdef int32_t write_number(
    RowFilter* rows, int column, object test, FilterTargets next
) except? -4:
    return rows.add_number(column, test.index, next, test.low, test.high)


cdef int32_t write_texts(RowFilter* rows, int column, object test, FilterTargets next) except? -4:
    # Half of a surrogate pair is in no row; as bytes that no row has, it fits none.
    texts = [text.encode("utf-8", "surrogatepass") for text in test.values]
    return rows.add_texts(column, test.index, next, texts)


cdef int32_t write_codes(RowFilter* rows, int column, object test, FilterTargets next) except? -4:
    # Others are never in a row.
    codes = [code for code in test.values if -(1 << 15) <= code < 1 << 15]
    return rows.add_codes(column, test.index, next, codes)


cdef TestWriter[6] WRITERS = [
    write_present, write_flag, write_whole, write_number, write_texts, write_codes
]
cdef dict WRITER_OF_KIND = {
    kind: place
    for place, kind in enumerate(("present", "flag", "whole", "number", "texts", "codes"))
}


cdef object no_condition(object value):
    return UsageError(
        f"{value!r} is no condition.", hint="Compare a field, as in field('size') >= 100."
    )


@cython.final
cdef class Filter:
    """Decides which events of a market pass a condition.

    Control messages, events that the market does not know and notices always pass.

    Args:
        market: The market's name.
        condition: What must hold, as `fastpoly.field` makes it; in general, any object that
            gives the tests of each channel, as the `Condition` of this module's stub says.
        channels: Names of channels, for a filter that will see no others: a field that none of
            them has is a mistake then. None for all.

    Raises:
        UsageError: It is no condition, a field does not exist, or it cannot be compared like that.
    """

    cdef RowFilter* rows
    cdef int market
    # By column what decides on an event whose row does not say enough.
    cdef dict tests

    def __cinit__(self, market, condition, channels=None):
        cdef int column
        self.market = market_index(market)
        self.rows = new RowFilter(kMarkets[self.market])
        self.tests = {}
        # Of its class, so that a class which makes conditions is none.
        tests_by_channel = getattr(type(condition), "tests_by_channel", None)
        if tests_by_channel is None:
            raise no_condition(condition)
        tests = tests_by_channel(condition, kMarkets[self.market].name.decode(), channels)
        for channel, test in tests.items():
            column = (<dict>COLUMNS_BY_NAME[self.market])[channel]
            self.tests[column] = test
            self.rows.start_at(column, self.write(column, test, kPass, kFail))

    def __dealloc__(self):
        del self.rows

    # Writes the program of a test, from its end; returns where it begins.
    cdef int32_t write(self, int column, object test, int32_t passed, int32_t failed) except? -4:
        cdef FilterTargets next
        cdef int place
        kind = test.kind
        if kind == "all":
            for part in reversed(test.parts):
                passed = self.write(column, part, passed, failed)
            return passed
        if kind == "any":
            for part in reversed(test.parts):
                failed = self.write(column, part, passed, failed)
            return failed
        next.match = failed if test.negated else passed
        next.mismatch = passed if test.negated else failed
        next.absent = next.mismatch if test.absent_is_mismatch else failed
        place = WRITER_OF_KIND[kind]
        return WRITERS[place](self.rows, column, test, next)

    def apply(self, Batch batch not None):
        """The events that pass, in order, as a batch that shares these rows.

        Args:
            batch: A batch of this market; it is given back if all of it passes.
        """
        cdef vector[uint32_t] doubtful
        cdef Batch passed
        cdef uint32_t size
        if batch.store.market.index != self.market:
            raise UsageError(f"a filter for another market was given a batch of {batch.market}")
        passed = with_refs(batch)
        size = self.rows.keep(batch.store[0], passed.owned_refs, batch.size, doubtful)
        if not doubtful.empty():
            size = self.decide(passed, size, doubtful)
        if size == batch.size:
            return batch
        passed.size = size
        return passed

    # Looks at the bytes of those that the rows do not decide, and takes out what does not pass.
    cdef uint32_t decide(self, Batch batch, uint32_t size, vector[uint32_t]& doubtful) except? -1:
        cdef uint32_t i, at = 0, kept = 0
        for i in range(size):
            if at < doubtful.size() and doubtful[at] == i:
                at += 1
                test = self.tests[batch.owned_refs[i].column()]
                if not test.holds(event_at(batch.store, batch.owned_refs[i])):
                    continue
            batch.owned_refs[kept] = batch.owned_refs[i]
            kept += 1
        return kept


cdef Filter filter_for(object condition, int market):
    # A condition is compiled once for each market, and carries what came of it.
    filters = getattr(condition, "filters", None)
    if type(filters) is not dict:
        raise no_condition(condition)
    found = (<dict>filters).get(market)
    if found is None:
        found = Filter(kMarkets[market].name.decode(), condition)
        (<dict>filters)[market] = found
    return <Filter>found


# A batch of the same events that may be changed.
cdef Batch with_refs(Batch batch):
    cdef uint32_t i
    cdef Batch made = share(batch.store)
    made.owned_refs = new_refs(batch.size)
    for i in range(batch.size):
        made.owned_refs[i] = batch.ref(i)
    made.refs = made.owned_refs
    made.size = batch.size
    return made
