# Recording: frames copied in the thread that reads, compressed and written in another.


ZSTD_LEVELS = (least_zstd_level(), most_zstd_level())


@cython.final
@cython.no_gc
cdef class RecordingCut:
    """A moment of a recording, see `FrameRecorder.cut`."""

    cdef shared_ptr[Cut] native

    def __init__(self):
        raise TypeError("a cut comes from FrameRecorder.cut()")


@cython.final
@cython.no_gc
cdef class FrameRecorder:
    """Writes frames and marks to MCAP files; see `fastpoly.capture.CaptureWriter`.

    Args:
        prefix: The files' path up to the period's label.
        suffix: What comes after it.
        rotation: Says which period a time is in.
        schemas: Name and JSON schema of each, in the order of their numbers, from 1 on: of marks,
            then of frames.
        library: What the files' heads say they were written by.
        metadata: What is to be known of the recording.
        compression: ``zstd``, or empty for none.
        level: Of zstd.
        chunk_bytes: The most bytes of records in a chunk, unless one frame is larger.
        chunk_ns: The longest time that frames wait for their chunk to fill, ns.
        buffer_bytes: The most bytes that wait to be written.
        max_file_bytes: Bytes after which a further file begins; 0 for never.
        overwrite: Whether files that exist may be replaced.
        sync: Whether each chunk is to be on the disk before the next is written.
        wait: Whether adding waits for room in the buffer, rather than drop what has none.

    Raises:
        OSError: The first file cannot be made.
    """

    cdef Recorder* native
    cdef object rotation
    cdef int64_t period_end_ns
    cdef bint wait
    cdef vector[FrameText] frames

    def __cinit__(self, str prefix, str suffix, rotation, *, schemas, str library, metadata,
                  str compression, int level, size_t chunk_bytes, int64_t chunk_ns,
                  size_t buffer_bytes, uint64_t max_file_bytes, bint overwrite, bint sync,
                  bint wait, int64_t now_ns):
        cdef RecorderSettings settings
        cdef CaptureSchema schema
        cdef CaptureChannel channel
        cdef int i
        for name, text in schemas:
            schema.name = name.encode()
            schema.text = text.encode()
            settings.file.schemas.push_back(schema)
        channel.topic = b"session"
        channel.schema = 1
        settings.file.channels.push_back(channel)
        for i in range(kMarketCount):
            channel.topic = b"frames/" + kMarkets[i].name
            channel.market = kMarkets[i].name
            channel.schema = 2
            settings.file.channels.push_back(channel)
        settings.file.library = library.encode()
        for key, value in metadata.items():
            settings.file.metadata.push_back(
                pair[string, string](<string>(<bytes>key.encode()), <string>(<bytes>value.encode()))
            )
        settings.file.sync = sync
        settings.compression = compression_named(compression.encode())
        settings.level = level
        settings.chunk_bytes = chunk_bytes
        settings.chunk_ns = chunk_ns
        settings.buffer_bytes = buffer_bytes
        settings.max_file_bytes = max_file_bytes
        settings.overwrite = overwrite
        settings.wait = wait
        settings.prefix = os.fsencode(prefix)
        settings.suffix = os.fsencode(suffix)
        label, self.period_end_ns = rotation.period(now_ns)
        settings.label = label.encode()
        self.rotation = rotation
        self.wait = wait
        self.native = new Recorder(settings)

    def __dealloc__(self):
        cdef Recorder* native = self.native
        if native != NULL and native.forked():
            return
        with nogil:
            del native

    cdef inline int turn_page(self, int64_t stamp) except -1:
        # Where a period has ended, what follows goes to a new file.
        if stamp >= self.period_end_ns:
            label, self.period_end_ns = self.rotation.period(stamp)
            self.native.begin_period(label.encode())
        return 0

    cdef inline int add_all(self, uint16_t channel, int64_t stamp) except -1:
        self.turn_page(stamp)
        if not self.wait:
            self.native.add_frames(channel, stamp, self.frames.data(), self.frames.size())
        else:
            with nogil:
                self.native.add_frames(channel, stamp, self.frames.data(), self.frames.size())
        self.frames.clear()
        return 0

    def add(self, Batch batch not None):
        """Copy the frames of a batch; of a slice, those that begin there.

        Raises:
            UsageError: The batch's frames were not kept, or it is a selection.
        """
        cdef size_t first, end, frame, begin
        cdef RowStore* store = batch.store
        cdef uint16_t channel = <uint16_t>kFirstFrameChannel + store.market.index
        cdef FrameText text
        find_frames(batch, &first, &end)
        self.frames.clear()
        for frame in range(first, end):
            begin = text_begin(store, frame)
            text.data = store.frame_text.data() + begin
            text.size = store.frame_text_ends[frame] - begin
            text.events = events_of(store, frame)
            self.frames.push_back(text)
            if store.frame_stamps.size():
                self.add_all(channel, store.frame_stamps[frame])
        if self.frames.size():
            self.add_all(channel, store.received_ns)

    def add_frame(self, const uint8_t[::1] frame, market, int64_t stamp, *, uint32_t events=0):
        """Copy one frame.

        Args:
            frame: Its text.
            market: The market that it is of.
            stamp: When it was received, Unix time in ns.
            events: How many events are in it, for the statistics.
        """
        cdef FrameText text
        text.data = NULL
        if frame.shape[0]:
            text.data = <const char*>&frame[0]
        text.size = frame.shape[0]
        text.events = events
        self.frames.clear()
        self.frames.push_back(text)
        self.add_all(<uint16_t>kFirstFrameChannel + market_index(market), stamp)

    def add_mark(self, int64_t stamp, bytes mark):
        """Copy a mark, JSON text; its stamp is Unix time in ns."""
        self.turn_page(stamp)
        self.native.add_mark(stamp, sim_string_view(PyBytes_AS_STRING(mark), len(mark)))

    def close(self):
        """Write what waits, and end the file. May take as long as the disk takes."""
        if self.native.forked():
            return
        with nogil:
            self.native.close()

    def cut(self):
        """End the current chunk; return the moment, for `place_of`."""
        cdef RecordingCut cut = RecordingCut.__new__(RecordingCut)
        cut.native = self.native.cut()
        return cut

    def place_of(self, RecordingCut cut not None):
        """Where a moment is in the files: what was added before it lies before that place, and all
        else behind.

        Returns:
            The number of the file, from 0 on, and an offset in bytes. None while not all of what
            was added before is written; which takes as long as the disk refuses.
        """
        cdef optional_place place
        if cut.native.get() == NULL:
            raise TypeError("a cut comes from cut()")
        place = self.native.place_of(cut.native.get()[0])
        if not place.has_value():
            return None
        return place.value().file, place.value().offset

    def find(self, uint64_t start_ns):
        """Where the files begin to have what was received from a time on.

        Returns:
            The file's number, from 0 on, and where its first chunk with such a stamp begins, in
            bytes: 0 of files that are finished, which have an index of their own.
        """
        cdef FilePlace place = self.native.find(start_ns)
        return place.file, place.offset

    def path(self, uint32_t file):
        """The path of a file, by its number.

        Raises:
            IndexError: There is no such file.
        """
        return os.fsdecode(self.native.path(file))

    @property
    def failing(self):
        """Whether nothing can be written at present; costs nothing to ask."""
        return self.native.failing()

    def state(self):
        """What went through so far, as a dict."""
        cdef RecorderState state = self.native.state()
        return {
            "frames": state.received.frames,
            "events": state.received.events,
            "nbytes": state.received.bytes,
            "written_frames": state.written.frames,
            "written_events": state.written.events,
            "written_bytes": state.written.bytes,
            "dropped_frames": state.dropped.frames,
            "dropped_events": state.dropped.events,
            "dropped_bytes": state.dropped.bytes,
            "gaps": state.gaps,
            "buffered_bytes": state.buffered,
            "peak_buffered_bytes": state.peak_buffered,
            "chunks": state.chunks,
            "files": state.files,
            "file_bytes": state.file_bytes,
            "path": os.fsdecode(state.path),
        }

    def failure(self):
        """What keeps it from writing at present, as OSError; None while nothing does."""
        cdef RecorderState state = self.native.state()
        if not state.failure.has_value():
            return None
        code = state.failure.value().code
        return OSError(code, os.strerror(code), os.fsdecode(state.failure.value().path))
