# Frames of one connection to groups of readers: their bytes, cut and joined, never encoded again.

from libc.stdint cimport SIZE_MAX


@cython.final
@cython.no_gc
cdef class EventRouter:
    """Hands the events of batches on to groups of readers, as WebSocket frames ready for sockets.

    A group is what readers with equal subscriptions share. Of an event the bytes are taken that it
    came in. Each method is done at once.

    Args:
        market: The market of the batches.
    """

    cdef Router* router
    cdef const MarketSpec* market_spec
    # Its subscriptions, by the group's number.
    cdef dict groups

    def __cinit__(self, market):
        self.market_spec = &kMarkets[market_index(market)]
        self.router = new Router(self.market_spec[0])
        self.groups = {}

    def __dealloc__(self):
        del self.router

    # ------------------------------------------------------------------------------- groups

    def add_group(self, params):
        """Add a group of readers.

        Args:
            params: Pairs of a channel and a symbol as the data spells it, ``*`` for all.

        Returns:
            Its number.

        Raises:
            UsageError: The market has no such channel.
        """
        wanted = [(self.column_of(channel), symbol) for channel, symbol in params]
        cdef uint32_t group = self.router.add_group()
        self.groups[group] = set()
        self.change(group, wanted, True)
        return group

    def remove_group(self, uint32_t group):
        """Forget a group, and what waits for it.

        Raises:
            KeyError: There is no such group.
        """
        wanted = self.groups[group]
        self.change(group, list(wanted), False)
        del self.groups[group]
        self.router.remove_group(group)

    cdef int column_of(self, object channel) except -1:
        cdef int column = (<Batch>batch_of(self.market_spec.name.decode(), ())).column_of(channel)
        if column == kStatusColumn or column == kObjectColumn:
            raise UsageError(f"{channel} is nothing that is handed on", hint="name a channel")
        return column

    # Singles of a channel that the group has as a whole are in no list.
    cdef int change(self, uint32_t group, list wanted, bint wants) except -1:
        cdef int column
        cdef bytes text
        held = <set>self.groups[group]
        whole = {column for column, symbol in wanted if symbol == "*"}
        for column, symbol in wanted:
            if symbol == "*":
                if wants:
                    self.router.subscribers.want_all(group, column)
                else:
                    self.router.subscribers.drop_all(group, column)
            elif column not in whole:
                text = symbol.encode("utf-8", "surrogatepass")
                if wants:
                    self.router.subscribers.want(group, column, view_of(text))
                else:
                    self.router.subscribers.drop(group, column, view_of(text))
        if wants:
            held.update(wanted)
        return 0

    cdef int require(self, uint32_t group) except -1:
        if group not in self.groups:
            raise KeyError(group)
        return 0

    # ------------------------------------------------------------------------------- events

    def route(self, Batch batch not None):
        """Hand on the events of a batch; return how many bytes wait for all groups together.

        Control messages are left out.

        Raises:
            UsageError: The batch is of another market, the text of its frames was not kept, or it
                is a selection.
        """
        cdef RowStore* store = batch.store
        cdef int64_t begin = place_of_first(batch, self.market_spec)
        cdef WalkStep step
        if batch.size == 0:
            return self.router.waiting_bytes()
        if not self.router.start(store[0], <uint32_t>begin):
            raise text_not_kept()
        while True:
            step = self.router.walk(store[0], <uint32_t>begin + batch.size)
            if step == WalkStep.kNamed:
                self.route_named(symbol_in_bytes(batch, self.router.stopped_at() - <uint32_t>begin))
            elif step == WalkStep.kBroken:
                raise bytes_not_told()
            else:
                return self.router.waiting_bytes()

    cdef int route_named(self, bytes symbol) except -1:
        self.router.route_named(view_of(b"" if symbol is None else symbol), symbol is not None)
        return 0

    @property
    def position(self):
        """How many events were handed on so far, wanted or not."""
        return self.router.position

    def waiting(self):
        """The numbers of the groups that something waits for, as a list."""
        return list(self.router.waiting())

    def take(self, uint32_t group):
        """What waits for a group: whole frames, as bytes that can go to any number of sockets.

        Raises:
            KeyError: There is no such group.
        """
        self.require(group)
        cdef routed_text text = self.router.finish(group)
        taken = PyBytes_FromStringAndSize(text.data(), text.size())
        self.router.taken(group)
        return taken

    def counts(self, uint32_t group):
        """How many events of each channel were handed to a group so far; none are left out.

        Raises:
            KeyError: There is no such group.
        """
        cdef int column
        self.require(group)
        return {
            <object>channel_name(self.market_spec.index, column): self.router.count(group, column)
            for column in range(kStatusColumn + 2)
            if self.router.count(group, column)
        }

    # ------------------------------------------------------------------------- latest events

    @property
    def keeps_latest(self):
        """Whether the latest event of each channel and symbol is kept, for `latest`."""
        return self.router.keeps_latest

    @keeps_latest.setter
    def keeps_latest(self, bint keeps):
        if not keeps:
            self.router.latest_texts.clear()
        self.router.keeps_latest = keeps

    def latest(self, uint32_t group, uint64_t since=0, size_t max_bytes=SIZE_MAX):
        """The latest event of each channel and symbol that a group wants, in the order they came.

        Args:
            group: The group's number.
            since: Leave out what is not after this `position`.
            max_bytes: Leave out the oldest of what is more than so many bytes.

        Returns:
            Frames, as bytes; and how many events of each channel are in them.

        Raises:
            KeyError: There is no such group.
        """
        cdef MessageWriter out
        cdef uint64_t counts[<int>kColumns]
        cdef int column
        cdef routed_text text
        self.require(group)
        for column in range(kColumns):
            counts[column] = 0
        self.router.latest(group, since, max_bytes, out, counts)
        text = out.finish()
        return (
            PyBytes_FromStringAndSize(text.data(), text.size()),
            {
                <object>channel_name(self.market_spec.index, column): counts[column]
                for column in range(kStatusColumn)
                if counts[column]
            },
        )
