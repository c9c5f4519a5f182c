# Conditions decided on rows, before any object is made of them.

@cython.final
cdef class Filter:
    """Decides which events of a market pass a condition.

    Control messages, events that the market does not know and notices always pass.

    Args:
        market: The market's name.
        condition: A `fastpoly.filters.conditions.Condition`.
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
        compiled = conditions.compiled(
            condition, kMarkets[self.market].name.decode(), channels
        )
        for channel, test in compiled.items():
            column = (<dict>COLUMNS_BY_NAME[self.market])[channel]
            self.tests[column] = test
            self.rows.start_at(column, self.write(column, test, kPass, kFail))

    def __dealloc__(self):
        del self.rows

    # Writes the program of a condition, from its end; returns where it begins.
    cdef int32_t write(self, int column, object test, int32_t passed, int32_t failed) except? -4:
        cdef FilterTargets next
        if isinstance(test, predicates.All):
            for part in reversed(test.parts):
                passed = self.write(column, part, passed, failed)
            return passed
        if isinstance(test, predicates.Any):
            for part in reversed(test.parts):
                failed = self.write(column, part, passed, failed)
            return failed
        next.match = failed if test.negated else passed
        next.mismatch = passed if test.negated else failed
        next.absent = next.mismatch if test.absent_is_mismatch else failed
        kind = type(test)
        if kind is predicates.Whole:
            return self.rows.add_whole(column, test.index, next, test.low, test.high)
        if kind is predicates.Number or kind is predicates.Decimal:
            return self.rows.add_number(column, test.index, next, test.low, test.high)
        if kind is predicates.Texts:
            return self.rows.add_texts(
                column, test.index, next, [text.encode() for text in test.values]
            )
        if kind is predicates.Codes:
            # Others are never in a row.
            codes = [code for code in test.values if -(1 << 15) <= code < 1 << 15]
            return self.rows.add_codes(column, test.index, next, codes)
        if kind is predicates.Flag:
            return self.rows.add_flag(column, test.index, next)
        return self.rows.add_present(column, test.index, next)

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
    # A condition is compiled once for each market.
    if not isinstance(condition, conditions.Condition):
        raise conditions.no_condition(condition)
    found = condition._filters.get(market)
    if found is None:
        found = condition._filters[market] = Filter(kMarkets[market].name.decode(), condition)
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
