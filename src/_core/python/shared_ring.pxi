# Frames through shared memory: one process writes them, others read them.

cdef extern from "shared/ring.hpp" namespace "fastpoly::shared" nogil:
    enum:
        kRingHeadBytes
        kMinCapacity
        kMaxCapacity
    cdef enum class RecordKind(uint32_t):
        kFrame, kMark
    cdef enum class Found:
        kNothing, kFrame, kMark, kOverrun, kDamaged
    cdef cppclass RingCounts "fastpoly::shared::Counts":
        uint64_t frames
        uint64_t events
        uint64_t bytes
    cdef cppclass RingWriter:
        RingWriter(char* memory, uint64_t capacity, sim_string_view market)
        cbool put(RecordKind kind, uint64_t stamp, const char* text, size_t size, uint32_t events)
        const RingCounts& counts()
        size_t max_size()
    cdef cppclass RingReader:
        @staticmethod
        const char* fault(const char* memory, size_t size)
        RingReader(const char* memory, size_t lead, size_t padding) except +
        Found next() except +
        char* text()
        size_t size()
        uint64_t stamp()
        uint32_t events()
        const RingCounts& lost()
        string market()
        uint64_t backlog()

cdef extern from "<sys/mman.h>" nogil:
    enum:
        PROT_READ
        PROT_WRITE
        MAP_SHARED
    void* MAP_FAILED
    void* mmap(void* address, size_t size, int protection, int flags, int fd, int64_t offset)
    int munmap(void* address, size_t size)

cdef extern from "<unistd.h>" nogil:
    ssize_t write_fd "write"(int fd, const void* bytes, size_t size)

RING_HEAD_BYTES = kRingHeadBytes
MIN_RING_BYTES = kMinCapacity


cdef char* map_shared(int fd, size_t size, int protection) except NULL:
    cdef void* memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0)
    if memory == MAP_FAILED:
        raise OSError(errno, os.strerror(errno))
    return <char*>memory


@cython.final
@cython.no_gc
cdef class FrameRing:
    """Writes frames and marks into shared memory; see `fastpoly.shared.SharedWriter`.

    Args:
        fd: The memory: of `RING_HEAD_BYTES` and the capacity, all zero. It may be closed afterwards.
        capacity: Bytes of records, a power of two of `MIN_RING_BYTES` and more.
        market: The market's name.

    Raises:
        OSError: The memory cannot be mapped.
        UsageError: The capacity is no power of two, or too small, or there is no such market.
    """

    cdef RingWriter* native
    cdef char* memory
    cdef size_t nbytes
    cdef int market
    cdef vector[int] wakers
    cdef uint64_t too_large

    def __cinit__(self, int fd, uint64_t capacity, market):
        self.market = market_index(market)
        if not kMinCapacity <= capacity <= kMaxCapacity or capacity & (capacity - 1):
            raise UsageError(f"a ring of {capacity} bytes is not of a power of two from 4096 on")
        self.nbytes = kRingHeadBytes + capacity
        self.memory = map_shared(fd, self.nbytes, PROT_READ | PROT_WRITE)
        cdef const char* name = kMarkets[self.market].name
        self.native = new RingWriter(self.memory, capacity, sim_string_view(name, len(name)))

    def __dealloc__(self):
        del self.native
        if self.memory != NULL:
            munmap(self.memory, self.nbytes)

    def add(self, Batch batch not None):
        """Copy the frames of a batch; of a slice, those that begin there.

        Raises:
            UsageError: The batch's frames were not kept, or it is a selection.
        """
        cdef size_t first, end, frame, begin
        cdef RowStore* store = batch.store
        cdef int64_t stamp
        find_frames(batch, &first, &end)
        if store.market.index != self.market:
            raise UsageError("the batch is of another market than the ring")
        for frame in range(first, end):
            begin = text_begin(store, frame)
            stamp = store.frame_stamps[frame] if store.frame_stamps.size() else store.received_ns
            self.put(store.frame_text.data() + begin, store.frame_text_ends[frame] - begin, stamp,
                     events_of(store, frame))

    def add_frame(self, const uint8_t[::1] frame, int64_t stamp, uint32_t events=0):
        """Copy one frame.

        Args:
            frame: Its text.
            stamp: When it was received, Unix time in ns.
            events: How many events are in it.
        """
        self.put(<const char*>&frame[0] if frame.shape[0] else NULL, frame.shape[0], stamp, events)

    cdef inline void put(self, const char* text, size_t size, int64_t stamp, uint32_t events):
        if not self.native.put(RecordKind.kFrame, stamp, text, size, events):
            self.too_large += 1
            self.add_mark(stamp, b'{"mark":"gap","cause":"too_large"}')

    cpdef add_mark(self, int64_t stamp, bytes mark):
        """Copy a mark, JSON text; its stamp is Unix time in ns.

        Raises:
            UsageError: It is larger than a quarter of the ring.
        """
        if not self.native.put(RecordKind.kMark, stamp, PyBytes_AS_STRING(mark), len(mark), 0):
            raise UsageError(f"a mark of {len(mark)} bytes does not fit the ring")

    def add_waker(self, int fd):
        """Have `wake` write to an eventfd, until it is removed."""
        self.wakers.push_back(fd)

    def remove_waker(self, int fd):
        """Leave an eventfd alone from now on; it is the caller's to close."""
        cdef size_t at
        for at in range(self.wakers.size()):
            if self.wakers[at] == fd:
                self.wakers.erase(self.wakers.begin() + at)
                return

    def wake(self):
        """Wake every reader that sleeps. Never waits."""
        cdef uint64_t one = 1
        cdef size_t at
        for at in range(self.wakers.size()):
            # Refused only where the reader has been woken 2**64 times and never looked.
            write_fd(self.wakers[at], &one, sizeof(one))

    def counts(self):
        """Frames, events and bytes of frames so far, and frames that were too large for the ring."""
        cdef RingCounts counts = self.native.counts()
        return counts.frames, counts.events, counts.bytes, self.too_large


@cython.final
@cython.no_gc
cdef class FrameRingReader:
    """Reads what a `FrameRing` of another process writes, from the newest on.

    Args:
        fd: The memory. It may be closed afterwards.
        size: Bytes of it, as the system says.
        batch_bytes: Bytes of frames after which a batch is full.
        shards: Events of other shards are passed over: bits, see `fastpoly.shards.shard_bits`.

    Attributes:
        keep_frames: Whether batches keep the text of their frames, from the next one on.

    Raises:
        OSError: The memory cannot be mapped.
        ValueError: It is no ring that this version can read; the text says why.
    """

    cdef RingReader* native
    cdef char* memory
    cdef size_t nbytes
    cdef Kernel* kernel
    cdef RowStore* store
    cdef int market_number
    cdef size_t batch_bytes
    # What was found and could not be handed over yet, because a batch comes before it.
    cdef Found found
    cdef bint is_pending
    cdef bint keeping
    cdef public bint keep_frames
    cdef readonly uint64_t frames_received

    def __cinit__(self, int fd, size_t size, *, size_t batch_bytes=BATCH_BYTES,
                  bint keep_frames=False, uint64_t shards=UINT64_MAX):
        cdef const char* fault
        if size < kRingHeadBytes:
            raise ValueError("it is too small")
        self.nbytes = size
        self.memory = map_shared(fd, size, PROT_READ)
        fault = RingReader.fault(self.memory, size)
        if fault != NULL:
            raise ValueError(fault.decode())
        self.native = new RingReader(self.memory, kLead, kPadding)
        self.market_number = MARKET_INDEX.get(self.native.market().decode("utf-8", "replace"), -1)
        if self.market_number < 0:
            raise ValueError("its market makes no sense")
        self.kernel = new Kernel()
        self.kernel.shards = shards
        self.batch_bytes = batch_bytes
        self.keep_frames = keep_frames

    def __dealloc__(self):
        del self.native
        del self.kernel
        if self.store != NULL:
            self.store.release()
        if self.memory != NULL:
            munmap(self.memory, self.nbytes)

    @property
    def market(self):
        """The market's name."""
        return kMarkets[self.market_number].name.decode()

    @property
    def backlog(self):
        """Bytes that are written and not read; from any thread."""
        return self.native.backlog()

    cdef Batch take_batch(self):
        cdef RowStore* store = self.store
        self.store = NULL
        return whole_batch(store)

    def read(self):
        """What comes next; None where nothing has been written since.

        Returns:
            A `Batch`; or ``("mark", stamp, text)``; or ``("bad_frame", stamp, text, reason,
            offset)``; or ``("overrun", frames, events, bytes)``: what was lost, after which it goes
            on with the newest; or ``("damaged",)``: then nothing that follows is to be trusted.
        """
        cdef DecodeFailure failure
        cdef RingCounts lost
        cdef bint has_frames
        while True:
            if self.is_pending:
                self.is_pending = False
            else:
                self.found = self.native.next()
            has_frames = self.store != NULL and self.store.frame_ends.size() != 0
            if self.found != Found.kFrame:
                if has_frames:
                    self.is_pending = self.found != Found.kNothing
                    return self.take_batch()
                if self.found == Found.kNothing:
                    return None
                if self.found == Found.kMark:
                    return ("mark", self.native.stamp(),
                            PyBytes_FromStringAndSize(self.native.text(), self.native.size()))
                if self.found == Found.kDamaged:
                    return ("damaged",)
                lost = self.native.lost()
                return "overrun", lost.frames, lost.events, lost.bytes
            if not has_frames:
                if self.store == NULL:
                    self.store = RowStore.acquire(kMarkets[self.market_number])
                    # A batch of frames without events is whole too.
                    self.store.order.reserve(1)
                # All frames of a batch are kept or none.
                self.keeping = self.keep_frames
            if not self.kernel.decode(self.native.text(), self.native.size(),
                                      self.native.size() + kPadding, self.store[0], failure):
                if has_frames:
                    self.is_pending = True
                    return self.take_batch()
                self.frames_received += 1
                return ("bad_frame", self.native.stamp(),
                        PyBytes_FromStringAndSize(self.native.text(), self.native.size()),
                        failure.reason.decode(), failure.offset)
            self.frames_received += 1
            self.store.frame_stamps.push_back(self.native.stamp())
            self.store.received_ns = self.native.stamp()
            if self.keeping:
                self.store.keep_frame(self.native.text(), self.native.size())
            if self.store.nbytes >= self.batch_bytes:
                return self.take_batch()
