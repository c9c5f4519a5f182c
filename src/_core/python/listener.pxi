# The socket's end: frames of one connection in, one batch a read out.

# A backlog arrives in reads of megabytes, whose rows would not fit the processor's caches.
cdef enum:
    BATCH_BYTES = 64 * 1024


# Whether a close frame may have a code (RFC 6455, 7.4); picows refuses the unassigned below 3000.
cdef bint may_be_sent(int code) noexcept:
    return 1000 <= code < 5000 and code != 1004 and code != 1005 and code != 1006 and code != 1015


# Whether this side has sent a close frame because the other one broke the protocol.
cdef bint found_fault(WSTransport transport) except *:
    if not transport.is_close_frame_sent:
        return False
    code = transport.close_handshake.sent.code
    return code != WSCloseCode.OK and code != WSCloseCode.GOING_AWAY


cdef bint is_utf8(const char* text, size_t size) except *:
    try:
        PyUnicode_DecodeUTF8(text, size, NULL)
    except UnicodeDecodeError:
        return False
    return True


cdef class Listener(WSListener):
    """What picows calls for each frame; hands one batch of events a socket read to its owner.

    Of a read of more than 64 KiB it hands over several, so that each is handled while it is warm.

    Frames are decoded here, in the callback, from picows' own buffer. Nothing that the owner raises
    reaches picows: it is logged. All of it happens in the loop's thread.

    Args:
        owner: Has the methods of `ListenerOwner`.
        market: The market's name.
        max_message_bytes: The largest message accepted, also in fragments; 0 for no limit. A larger
            one ends the connection with close code 1009.
        keep_statuses: Whether control messages also stay in the batches, in order; if not, they
            part the batches, so that what came before them is handed over before them.
        watch: Watches every event that is read.
        coalescer: Told of every read.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw` and for what
            records them. May be changed at any time, for what is read from then on.
        shards: Events of other shards are passed over: bits, see `fastpoly.shards.shard_bits`.

    Attributes:
        tap: Gets a copy of everything that is read, before anything is made of it: whole reads by
            ``on_read``, and the text of a frame that is not JSON by ``on_frame``. None for nobody.
    """

    cdef object owner
    cdef Kernel* kernel
    cdef RowStore* store
    cdef LineWatch watch
    cdef ReadCoalescer coalescer
    cdef vector[char] fragments
    cdef bint joining
    cdef bint joining_text
    cdef bint keep_statuses
    cdef public bint keep_frames
    cdef public object tap
    cdef size_t max_message_bytes
    cdef int market
    cdef bint closed
    # While the transport's buffer is full: the latest ping, and whom to answer.
    cdef bint writing_paused
    cdef bytes unanswered_ping
    cdef WSTransport unanswered
    cdef readonly uint64_t bytes_received
    cdef readonly uint64_t reads
    cdef readonly uint64_t frames_received
    cdef readonly uint64_t events_received
    cdef readonly uint64_t bad_frames
    cdef readonly int64_t last_received_ns

    def __cinit__(self, owner, market, *, max_message_bytes=0, keep_statuses=False,
                  LineWatch watch=None, ReadCoalescer coalescer=None, bint keep_frames=False,
                  uint64_t shards=UINT64_MAX):
        self.market = market_index(market)
        self.kernel = new Kernel()
        self.kernel.shards = shards
        self.store = RowStore.acquire(kMarkets[self.market])
        self.owner = owner
        self.max_message_bytes = max_message_bytes
        self.keep_statuses = keep_statuses
        if watch is not None and watch.market != self.market:
            raise UsageError("the watch is of another market than the listener")
        self.watch = watch
        self.coalescer = coalescer
        self.keep_frames = keep_frames

    def __dealloc__(self):
        del self.kernel
        if self.store != NULL:
            self.store.release()

    @property
    def coalescing(self):
        """Whether data waits, so that one read brings more."""
        return self.coalescer is not None and self.coalescer.native.coalescing()

    cpdef on_ws_connected(self, WSTransport transport):
        self.call("on_connected", transport)

    cpdef on_ws_disconnected(self, WSTransport transport):
        self.closed = True
        self.unanswered = None
        self.flush()
        self.call("on_disconnected", transport)
        self.release_memory()

    cpdef on_ws_frame(self, WSTransport transport, WSFrame frame):
        if frame is None or transport is None:
            raise TypeError("picows calls on_ws_frame, with a transport and a frame")
        self.bytes_received += frame.payload_size
        if (frame.msg_type == WSMsgType.TEXT and frame.fin and not self.joining
                and not (frame.rsv1 | frame.rsv2 | frame.rsv3)
                and not transport.is_close_frame_sent):
            # picows keeps 256 readable bytes after what it has read, so that the decoder may look
            # beyond the payload's end; it asks for kPadding of them.
            self.on_message(transport, frame.payload_ptr, frame.payload_size,
                            frame.payload_size + kPadding, True)
        else:
            self.on_other_frame(transport, frame)
        if frame.last_in_buffer:
            self.end_read()
        elif self.store.nbytes >= BATCH_BYTES:
            self.flush()

    cpdef is_user_specific_pong(self, WSFrame frame):
        # picows keeps the pongs that it waits for to itself, even the last frame of a read.
        if frame.msg_type != WSMsgType.PONG or frame.rsv1 | frame.rsv2 | frame.rsv3:
            return False
        self.bytes_received += frame.payload_size
        if frame.last_in_buffer:
            self.end_read()
        return True

    cdef void on_other_frame(self, WSTransport transport, WSFrame frame) except *:
        cdef WSMsgType kind = frame.msg_type
        cdef bint at_fault = found_fault(transport)
        # picows goes on after what it has found fault with; but what it hands over right before a
        # fault that it has found by looking ahead is good.
        if self.closed or at_fault and (
                kind >= WSMsgType.CLOSE or not frame.last_in_buffer or frame.tail_size == 0):
            self.closed = True
        elif frame.rsv1 | frame.rsv2 | frame.rsv3:
            self.fail(transport, WSCloseCode.PROTOCOL_ERROR,
                      "a frame with a reserved bit, though no extension was agreed on")
        elif kind == WSMsgType.PING:
            self.on_ping(transport, frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            self.on_close(transport, frame)
        elif kind == WSMsgType.PONG:
            pass
        elif kind == WSMsgType.CONTINUATION and not self.joining:
            self.fail(transport, WSCloseCode.PROTOCOL_ERROR, "a continuation of no message")
        elif kind != WSMsgType.CONTINUATION and self.joining:
            self.fail(transport, WSCloseCode.PROTOCOL_ERROR,
                      "a message that begins before the last one has ended")
        elif frame.fin and not self.joining:
            # The service sends text only; a binary frame of JSON is read all the same. Text comes
            # here while this side waits for the other one to close.
            self.on_message(transport, frame.payload_ptr, frame.payload_size,
                            frame.payload_size + kPadding, kind == WSMsgType.TEXT)
        else:
            self.on_fragment(transport, frame)
        if at_fault:
            self.closed = True

    cdef void on_close(self, WSTransport transport, WSFrame frame) except *:
        cdef int code = <int>frame.get_close_code()
        # picows takes 0 for no code.
        if frame.payload_size and not may_be_sent(code):
            self.fail(transport, WSCloseCode.PROTOCOL_ERROR,
                      f"a close frame with code {code}, which must not be sent")
            return
        self.closed = True
        self.flush()
        if not transport.is_close_frame_sent:
            if frame.payload_size:
                transport.send_close(<WSCloseCode>code, frame.get_close_message())
            else:
                # There is no code 0, which picows would send.
                transport.send(WSMsgType.CLOSE, b"")
        transport.disconnect()

    # A server that sends pings and reads no answers must not fill the memory with these. RFC 6455,
    # 5.5.3: where several pings wait for their pong, the latest one's will do.
    cdef void on_ping(self, WSTransport transport, bytes payload) except *:
        if self.writing_paused:
            self.unanswered_ping = payload
            self.unanswered = transport
        else:
            transport.send_pong(payload)

    cpdef pause_writing(self):
        self.writing_paused = True

    cpdef resume_writing(self):
        self.writing_paused = False
        transport, self.unanswered = self.unanswered, None
        if transport is not None:
            (<WSTransport>transport).send_pong(self.unanswered_ping)

    cdef void on_fragment(self, WSTransport transport, WSFrame frame) except *:
        cdef size_t size
        if frame.msg_type != WSMsgType.CONTINUATION:
            # What the decoder may read before a frame.
            self.fragments.assign(kLead, 0)
            self.joining = True
            self.joining_text = frame.msg_type == WSMsgType.TEXT
        self.fragments.insert(
            self.fragments.end(), frame.payload_ptr, frame.payload_ptr + frame.payload_size
        )
        size = self.fragments.size() - kLead
        if self.max_message_bytes and size > self.max_message_bytes:
            self.refuse(transport, size)
        elif frame.fin:
            self.joining = False
            self.fragments.resize(kLead + size + kPadding)
            self.on_message(transport, self.fragments.data() + <size_t>kLead, size,
                            size + kPadding, self.joining_text)
            self.fragments.clear()

    cdef void on_message(self, WSTransport transport, char* text, size_t size,
                         size_t capacity, bint is_text) except *:
        cdef DecodeFailure failure
        if self.closed:
            return
        self.frames_received += 1
        if self.max_message_bytes and size > self.max_message_bytes:
            self.refuse(transport, size)
        elif self.kernel.decode(text, size, capacity, self.store[0], failure):
            # Where it is switched on in the middle of a read, that read is not kept.
            if (self.keep_frames and
                    self.store.frame_text_ends.size() + 1 == self.store.frame_ends.size()):
                self.store.keep_frame(text, size)
            if self.store.columns[kStatusColumn].count and not self.keep_statuses:
                self.part_at_statuses()
        else:
            self.bad_frames += 1
            self.flush()
            if self.tap is not None:
                self.tap_frame(PyBytes_FromStringAndSize(text, size))
            self.call("on_bad_frame", not_json(failure))
            if is_text and not is_utf8(text, size):
                # RFC 6455, 8.1: then the rest of the connection is not to be trusted either.
                self.fail(transport, WSCloseCode.INVALID_TEXT, "text that is not UTF-8")

    cdef void refuse(self, WSTransport transport, size_t size) except *:
        self.bad_frames += 1
        self.closed = True
        self.flush()
        self.call("on_bad_frame", DecodeError(
            f"a message of {size} bytes is over the limit of {self.max_message_bytes}",
            offset=0,
            hint="raise max_message_bytes, or subscribe to less",
        ))
        self.fail(transport, WSCloseCode.MESSAGE_TOO_BIG, "message too big")

    # Ends the connection for what the server did wrong. RFC 6455, 7.1.7: nothing is read any more.
    cdef void fail(self, WSTransport transport, WSCloseCode code, str reason) except *:
        self.closed = True
        self.joining = False
        self.fragments.clear()
        self.flush()
        if not transport.is_close_frame_sent:
            transport.send_close(code, reason)
        transport.disconnect()

    cdef RowStore* take_store(self) except NULL:
        cdef RowStore* store = self.store
        self.store = RowStore.acquire(kMarkets[self.market])
        store.received_ns = wall_clock_ns()
        self.last_received_ns = store.received_ns
        if self.watch is not None:
            self.watch.watch.see(store[0])
        return store

    cdef void end_read(self) except *:
        self.flush()
        self.reads += 1
        if self.coalescer is not None:
            self.coalescer.native.on_read(self.last_received_ns, self.frames_received)

    # Hands over what has arrived, if anything has.
    cdef void flush(self) except *:
        cdef Batch batch
        if self.store.order.size() == 0 and not (self.keep_statuses and self.store.nbytes):
            if self.store.frame_ends.size():
                if self.tap is not None:
                    self.tap_empty_frames()
                self.store.release()
                self.store = RowStore.acquire(kMarkets[self.market])
            return
        batch = whole_batch(self.take_store())
        if self.tap is not None:
            self.tap_read(batch)
        self.events_received += batch.size - batch.store.columns[kStatusColumn].count
        if self.keep_statuses and batch.store.columns[kStatusColumn].count:
            self.call("on_statuses", list(batch.select("status")))
        # Looked up each time: the owner may change it while the stream runs.
        try:
            self.owner.on_batch(batch)
        except Exception:
            LOGGER.exception("a batch was not delivered: its receiver failed")

    # Parts the rows at each run of statuses and hands each part over in turn. Rare.
    cdef void part_at_statuses(self) except *:
        cdef Batch batch = whole_batch(self.take_store())
        cdef uint32_t begin = 0, end
        cdef bint status
        if self.tap is not None:
            self.tap_read(batch)
        while begin < batch.size:
            status = batch.ref(begin).column() == kStatusColumn
            end = begin + 1
            while end < batch.size and (batch.ref(end).column() == kStatusColumn) == status:
                end += 1
            part = part_of(batch, begin, end - begin)
            if status:
                self.call("on_statuses", list(part))
            else:
                self.events_received += end - begin
                self.call("on_batch", part)
            begin = end

    cdef void tap_read(self, Batch batch) except *:
        try:
            self.tap.on_read(batch)
        except Exception:
            LOGGER.exception("a read was not recorded")

    cdef void tap_frame(self, bytes text) except *:
        try:
            self.tap.on_frame(text, wall_clock_ns())
        except Exception:
            LOGGER.exception("a frame was not recorded")

    # Frames without events make no batch, but they were sent.
    cdef void tap_empty_frames(self) except *:
        cdef size_t frame, begin = 0, end
        for frame in range(self.store.frame_text_ends.size()):
            end = self.store.frame_text_ends[frame]
            self.tap_frame(PyBytes_FromStringAndSize(self.store.frame_text.data() + begin,
                                                     end - begin))
            begin = end

    # A connection that has ended is in cycles of references with its owner, its tasks and their
    # errors, and so may be there for minutes. What it decoded with would be the most of it.
    cdef void release_memory(self) except *:
        cdef vector[char] nothing
        self.tap = None
        self.fragments.swap(nothing)
        del self.kernel
        self.kernel = NULL
        self.store.release()
        self.store = NULL
        self.store = RowStore.acquire_small(kMarkets[self.market])

    cdef void call(self, str method, object argument) except *:
        try:
            getattr(self.owner, method)(argument)
        except Exception:
            LOGGER.exception("the connection's owner failed in %s", method)
