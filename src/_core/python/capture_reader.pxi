# Recordings read back: frames into batches, and what lies between them.


@cython.final
@cython.no_gc
cdef class FrameReader:
    """Reads MCAP files with frames; see `fastpoly.capture.CaptureReader`.

    Args:
        market: The market of frames of which the file does not say it; None if it has to.
        start_ns: The earliest receive time that is wanted, Unix time in ns.
        end_ns: The receive time from which on nothing is wanted, Unix time in ns.
        batch_bytes: Bytes of frames after which a batch is full.
        max_spread_ns: The most that receive times in a batch may differ, ns; -1 for any.
        keep_frames: Whether batches keep the text of their frames.
    """

    cdef NativeReader* native
    cdef Kernel* kernel
    cdef RowStore* store
    cdef const ReadChannel* channel
    cdef int channel_market
    cdef int market
    cdef uint64_t start_ns
    cdef uint64_t end_ns
    cdef size_t batch_bytes
    cdef int64_t max_spread_ns
    cdef public bint keep_frames

    def __cinit__(self, market=None, *, uint64_t start_ns=0, uint64_t end_ns=UINT64_MAX,
                  size_t batch_bytes=BATCH_BYTES, int64_t max_spread_ns=-1, bint keep_frames=False):
        self.market = -1 if market is None else market_index(market)
        self.start_ns = start_ns
        self.end_ns = end_ns
        self.batch_bytes = batch_bytes
        self.max_spread_ns = max_spread_ns
        self.keep_frames = keep_frames
        self.kernel = new Kernel()
        self.native = new NativeReader()

    def __dealloc__(self):
        del self.kernel
        del self.native
        if self.store != NULL:
            self.store.release()

    @property
    def shards(self):
        """Events of other shards are passed over: bits, see `fastpoly.shards.shard_bits`."""
        return self.kernel.shards

    @shards.setter
    def shards(self, uint64_t shards):
        self.kernel.shards = shards

    def open(self, int fd, str path, uint64_t begin=0, uint64_t end=UINT64_MAX):
        """Add a file or a pipe.

        Args:
            fd: Its descriptor, which is taken over.
            path: What to call it.
            begin: Of a part of a file, where it begins, in bytes: 0, or where a chunk does.
            end: Where it ends: behind a chunk.
        """
        self.native.add(fd, os.fsencode(path), self.start_ns, self.end_ns, FilePart(begin, end))

    is_ready = True

    def prepare(self):
        """Do nothing: what is recorded is in order."""

    def begin(self):
        """Read each file as far as its first item, so that `files` knows its head."""
        while not self.native.ready():
            with nogil:
                self.native.load()

    def close(self):
        """Give up the files."""
        del self.native
        self.native = NULL
        self.native = new NativeReader()
        self.channel = NULL

    cdef Batch take_batch(self):
        cdef RowStore* store = self.store
        self.store = NULL
        return whole_batch(store)

    cdef int market_of(self, const Item* item) except -1:
        # Frames come in long runs of one channel.
        if item.channel != self.channel:
            market = self.market
            if item.channel.market.size():
                market = MARKET_INDEX.get(item.channel.market.decode("utf-8", "replace"), market)
            if market < 0:
                raise UsageError(
                    f"the recording does not say which market the frames of "
                    f"{item.channel.topic.decode('utf-8', 'replace')!r} are of",
                    hint="pass market=",
                )
            self.channel_market = market
            self.channel = item.channel
        return self.channel_market

    def read(self):
        """The next in order of receive times; None at the end.

        Returns:
            A `Batch`; or ``("mark", stamp, text)``; or ``("damage", stamp, file, offset, size,
            reason, first_ns, last_ns)``; or ``("bad_frame", stamp, text, reason, offset)``.

        Raises:
            OSError: The file cannot be read.
            UsageError: Nothing says which market the frames are of.
        """
        cdef Item* item
        cdef ItemKind kind
        cdef DecodeFailure failure
        cdef int market
        cdef size_t file
        while True:
            if not self.native.ready():
                with nogil:
                    self.native.load()
                continue
            item = self.native.item()
            if item == NULL or item.kind != kFrameItem:
                if self.store != NULL:
                    return self.take_batch()
                if item == NULL:
                    return None
                kind = item.kind
                self.native.take()
                if kind == kMarkItem:
                    return "mark", item.stamp, PyBytes_FromStringAndSize(item.text, item.size)
                file = self.native.chosen()
                return ("damage", item.stamp, file, item.offset, item.length,
                        item.reason.decode(), item.first_ns, item.last_ns)
            market = self.market_of(item)
            if self.store == NULL:
                self.store = RowStore.acquire(kMarkets[market])
                # A batch of frames without events is whole too.
                self.store.order.reserve(1)
            elif self.ends_batch(item, market):
                return self.take_batch()
            if not self.kernel.decode(item.text, item.size, item.size + kPadding, self.store[0],
                                      failure):
                if self.store.frame_ends.size():
                    return self.take_batch()
                self.native.take()
                return ("bad_frame", item.stamp, PyBytes_FromStringAndSize(item.text, item.size),
                        failure.reason.decode(), failure.offset)
            self.store.frame_stamps.push_back(item.stamp)
            self.store.received_ns = item.stamp
            if self.keep_frames:
                self.store.keep_frame(item.text, item.size)
            self.native.take()
            if self.store.nbytes >= self.batch_bytes:
                return self.take_batch()

    cdef inline bint ends_batch(self, const Item* item, int market) noexcept:
        if self.store.frame_stamps.size() == 0:
            return False
        if self.store.market.index != market:
            return True
        return (self.max_spread_ns >= 0 and
                <int64_t>item.stamp - self.store.frame_stamps[0] > self.max_spread_ns)

    def copy_to(self, FrameRecorder recorder not None):
        """Copy all frames and marks to a recorder, without decoding them.

        Returns:
            Frames, marks, and what was damaged as tuples like those of `read`.
        """
        cdef Item* item
        cdef ItemKind kind
        cdef FrameText text
        cdef uint64_t frames = 0, marks = 0
        damages = []
        while True:
            if not self.native.ready():
                with nogil:
                    self.native.load()
                continue
            item = self.native.item()
            if item == NULL:
                return frames, marks, damages
            kind = item.kind
            self.native.take()
            if kind == kFrameItem:
                text.data = item.text
                text.size = item.size
                text.events = 0
                recorder.frames.clear()
                recorder.frames.push_back(text)
                recorder.add_all(
                    <uint16_t>kFirstFrameChannel + self.market_of(item), item.stamp
                )
                frames += 1
            elif kind == kMarkItem:
                recorder.add_mark(item.stamp, PyBytes_FromStringAndSize(item.text, item.size))
                marks += 1
            else:
                damages.append(("damage", item.stamp, self.native.chosen(), item.offset,
                                item.length, item.reason.decode(), item.first_ns, item.last_ns))
                recorder.add_mark(item.stamp, self.damage_mark(item))

    cdef bytes damage_mark(self, const Item* item):
        return json.dumps({
            "mark": "gap",
            "cause": "damaged",
            "reason": item.reason.decode(),
            "offset": item.offset,
            "size": item.length,
        }).encode()

    def files(self):
        """What each file is and what was found in it so far, as a list of dicts."""
        cdef size_t i, j
        cdef FileReader* file
        found = []
        for i in range(self.native.files()):
            file = &self.native.file(i)
            metadata = {}
            for j in range(file.walker().metadata().size()):
                metadata[file.walker().metadata()[j].first.decode("utf-8", "replace")] = (
                    file.walker().metadata()[j].second.decode("utf-8", "replace"))
            found.append({
                "path": os.fsdecode(file.source().path()),
                "nbytes": file.source().size(),
                "recognised": file.walker().recognised(),
                "indexed": file.walker().indexed(),
                "complete": file.walker().complete(),
                "profile": file.walker().profile().decode("utf-8", "replace"),
                "library": file.walker().library().decode("utf-8", "replace"),
                "metadata": metadata,
                "chunks": file.counts().chunks,
                "damages": file.counts().damages,
                "damaged_bytes": file.counts().damaged_bytes,
                "other_messages": file.counts().other_messages,
                "packed_bytes": file.counts().packed,
                "unpacked_bytes": file.counts().unpacked,
                "unreadable": file.unreadable().decode("utf-8", "replace"),
            })
        return found
