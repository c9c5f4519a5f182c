# Day files: their lines as events of the wire, sorted by time, then decoded as frames are.


cdef extern from "flat_files/line_parser.hpp" namespace "fastpoly::flat_files" nogil:
    cdef enum class Form(uint8_t):
        pass
    cdef cppclass LayoutStep "fastpoly::flat_files::Step":
        uint32_t column
        Form form
        cbool zero_is_none
        int64_t add_ns
        string opening
    cdef cppclass FileLayout "fastpoly::flat_files::Layout":
        string head
        vector[LayoutStep] steps
        uint32_t columns
        uint32_t ticker
        uint32_t stamp
        int64_t stamp_add_ns
        string prefix
        cbool slash


cdef extern from "flat_files/sorter.hpp" namespace "fastpoly::flat_files" nogil:
    cdef cppclass Sorter:
        void sort() except +raise_failure
        cbool next() except +raise_failure
        uint64_t stamp()
        char* text()
        size_t size()
        uint64_t count()
        uint64_t file_bytes()


cdef extern from "flat_files/day_file.hpp" namespace "fastpoly::flat_files" nogil:
    cdef cppclass BadLine:
        uint32_t file
        uint64_t line
        const char* reason
        string text
    cdef cppclass DayFiles:
        DayFiles(size_t memory, string folder) except +
        void begin_file(FileLayout layout, vector[string] symbols, uint64_t from_ns,
                        uint64_t until_ns) except +
        void feed(const char* text, size_t size) except +raise_failure
        void end_file(cbool whole) except +raise_failure
        Sorter sorter
        vector[BadLine] bad_lines
        uint64_t bad_line_count


@cython.final
@cython.no_gc
cdef class DayFileRows:
    """Sorts the events of day files by time; see `fastpoly.flat_files.reader.DayFileReader`.

    Args:
        market: The market of the events.
        batch_bytes: Bytes of frames after which a batch is full.
        max_spread_ns: The most that times in a batch may differ, ns; -1 for any.
        keep_frames: Whether batches keep the text of their frames.
        memory_bytes: About how many bytes of events are held in memory.
        folder: Where the temporary file is, if one is needed.
    """

    cdef DayFiles* native
    cdef Kernel* kernel
    cdef int market_number
    cdef size_t batch_bytes
    cdef int64_t max_spread_ns
    cdef bint has_event
    cdef bint begun
    cdef bint sorted
    cdef public bint keep_frames
    cdef readonly uint64_t first_ns

    def __cinit__(self, market, *, size_t batch_bytes, int64_t max_spread_ns, bint keep_frames,
                  size_t memory_bytes, str folder):
        self.market_number = market_index(market)
        self.batch_bytes = batch_bytes
        self.max_spread_ns = max_spread_ns
        self.keep_frames = keep_frames
        self.kernel = new Kernel()
        self.native = new DayFiles(memory_bytes, os.fsencode(folder))

    def __dealloc__(self):
        del self.kernel
        del self.native

    @property
    def shards(self):
        """Events of other shards are passed over: bits, see `fastpoly.shards.shard_bits`."""
        return self.kernel.shards

    @shards.setter
    def shards(self, uint64_t shards):
        self.kernel.shards = shards

    @property
    def market(self):
        """The market's name."""
        return kMarkets[self.market_number].name.decode()

    def begin_file(self, layout, symbols, uint64_t start_ns, uint64_t end_ns):
        """Say what the lines are that are fed from now on.

        Args:
            layout: See `fastpoly.flat_files.recognising.Layout`.
            symbols: The symbols that are wanted; None for all.
            start_ns: The earliest time that is wanted, Unix time in ns.
            end_ns: The time from which on nothing is wanted.
        """
        cdef FileLayout made
        cdef LayoutStep step
        cdef vector[string] names
        self.check_unsorted()
        made.head = layout.head
        for column, form, zero_is_none, add_ns, opening in layout.steps:
            step.column = column
            step.form = <Form><int>form
            step.zero_is_none = zero_is_none
            step.add_ns = add_ns
            step.opening = opening
            made.steps.push_back(step)
        made.columns = layout.columns
        made.ticker = layout.ticker
        made.stamp = layout.stamp
        made.stamp_add_ns = layout.stamp_add_ns
        made.prefix = layout.prefix
        made.slash = layout.slash
        for name in symbols or ():
            names.push_back(<string>(<bytes>name.encode()))
        self.native.begin_file(made, names, start_ns, end_ns)
        self.begun = True

    cdef int check_open(self) except -1:
        if not self.begun:
            raise UsageError("no file has begun", hint="call begin_file first")
        return self.check_unsorted()

    cdef int check_unsorted(self) except -1:
        if self.sorted:
            raise UsageError("the events are sorted already", hint="make a new one")
        return 0

    def feed(self, bytes text not None):
        """Take some of a file's text behind its header.

        Raises:
            OSError: The temporary file cannot be written.
            UsageError: No file has begun, or all has been sorted.
        """
        cdef const char* data = PyBytes_AS_STRING(text)
        cdef size_t size = PyBytes_GET_SIZE(text)
        self.check_open()
        with nogil:
            self.native.feed(data, size)

    def end_file(self, bint whole):
        """Note that a file has ended; what is left is a line, unless it was cut off."""
        self.check_open()
        self.native.end_file(whole)
        self.begun = False

    def sort(self):
        """Order all that was fed by time; those of the same time stay as they came.

        Raises:
            OSError: The temporary file cannot be read.
            UsageError: It has been done.
        """
        self.check_unsorted()
        self.sorted = True
        with nogil:
            self.native.sorter.sort()
        self.has_event = self.native.sorter.next()
        if self.has_event:
            self.first_ns = self.native.sorter.stamp()

    def __len__(self):
        return self.native.sorter.count()

    @property
    def temporary_bytes(self):
        """Bytes of the temporary file; 0 where none was needed."""
        return self.native.sorter.file_bytes()

    @property
    def bad_line_count(self):
        """How many lines could not be read."""
        return self.native.bad_line_count

    def bad_lines(self):
        """The first of them, as tuples: the line's number, what is wrong, its first bytes."""
        cdef size_t i
        return [
            (self.native.bad_lines[i].line, self.native.bad_lines[i].reason.decode(),
             <bytes>self.native.bad_lines[i].text)
            for i in range(self.native.bad_lines.size())
        ]

    def read(self):
        """The next events; None at the end.

        Returns:
            A `Batch`; or ``("bad_frame", stamp, text, reason, offset)`` of a line with what no JSON
            can have in it.

        Raises:
            OSError: The temporary file cannot be read.
        """
        cdef Sorter* sorter = &self.native.sorter
        cdef DecodeFailure failure
        cdef RowStore* store = NULL
        cdef int64_t stamp
        try:
            while self.has_event:
                stamp = sorter.stamp()
                if store == NULL:
                    store = RowStore.acquire(kMarkets[self.market_number])
                    store.order.reserve(1)
                elif (self.max_spread_ns >= 0 and
                        stamp - store.frame_stamps[0] > self.max_spread_ns):
                    break
                if not self.kernel.decode(sorter.text(), sorter.size(), sorter.size() + kPadding,
                                          store[0], failure):
                    if store.frame_ends.size():
                        break
                    found = ("bad_frame", stamp,
                             PyBytes_FromStringAndSize(sorter.text(), sorter.size()),
                             failure.reason.decode(), failure.offset)
                    self.has_event = sorter.next()
                    return found
                store.frame_stamps.push_back(stamp)
                store.received_ns = stamp
                if self.keep_frames:
                    store.keep_frame(sorter.text(), sorter.size())
                self.has_event = sorter.next()
                if store.nbytes >= self.batch_bytes:
                    break
            if store == NULL:
                return None
            batch = whole_batch(store)
            store = NULL
            return batch
        finally:
            if store != NULL:
                store.release()

    def copy_to(self, FrameRecorder recorder not None):
        """Copy all events to a recorder, each as a frame; return how many there were.

        Raises:
            OSError: The temporary file cannot be read.
        """
        cdef Sorter* sorter = &self.native.sorter
        cdef FrameText text
        cdef uint64_t frames = 0
        while self.has_event:
            text.data = sorter.text()
            text.size = sorter.size()
            text.events = 1
            recorder.frames.clear()
            recorder.frames.push_back(text)
            recorder.add_all(<uint16_t>kFirstFrameChannel + self.market_number, sorter.stamp())
            frames += 1
            self.has_event = sorter.next()
        return frames
