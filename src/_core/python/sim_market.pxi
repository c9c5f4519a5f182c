# The simulator's market for Python: moments and frames, never single events.
#
# The C++ objects belong to the thread that drives the simulator; nothing here locks.

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cpp_bool
from libcpp.memory cimport unique_ptr


cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass sim_string_view "std::string_view":
        sim_string_view()
        sim_string_view(const char*, size_t)
        const char* data()
        size_t size()


cdef extern from "sim/market.hpp" namespace "fastpoly::sim" nogil:
    cdef cppclass SimOptions "fastpoly::sim::MarketOptions":
        uint64_t seed
        uint32_t symbols
        double trade_share
        int64_t bar_hold_ms
        uint32_t late_per_million
        uint32_t halts_per_million

    cdef cppclass SimMarket "fastpoly::sim::Market":
        void advance(int64_t now_ms, uint64_t events) except +
        size_t symbol_count()
        sim_string_view symbol_name(uint32_t symbol)
        int64_t find(sim_string_view name) except +
        size_t channel_count()
        sim_string_view channel_name(uint8_t channel)

    unique_ptr[SimMarket] make_market(sim_string_view name, const SimOptions& options) except +


cdef extern from "sim/frames.hpp" namespace "fastpoly::sim" nogil:
    cdef cppclass SimSubscription "fastpoly::sim::Subscription":
        SimSubscription(SimMarket& market, cpp_bool duplicates) except +
        cpp_bool add_wildcard(uint8_t channel)
        cpp_bool add(uint8_t channel, uint32_t symbol) except +
        cpp_bool remove_wildcard(uint8_t channel)
        cpp_bool remove(uint8_t channel, uint32_t symbol)
        size_t collect(size_t events_per_message, size_t max_bytes, sim_string_view prefix) except +
        size_t framed_size()
        void write(char* out)
        size_t message_size(size_t message)
        size_t message_events(size_t message)
        void write_message(char* out, size_t message)
        void count_sent()
        const uint64_t* sent_data "sent().data" ()
        uint64_t messages_sent()
        uint64_t bytes_sent()


cdef inline str sim_text(sim_string_view view):
    return PyUnicode_FromStringAndSize(view.data(), <Py_ssize_t>view.size())


@cython.final
cdef class SyntheticMarket:
    """A seeded market that makes events up; see `fastpoly.sim`.

    Args:
        market: A name of the schema table, such as ``stocks``.
        seed: The same seed, symbols and calls give the same events.
        symbols: How many instruments there are.
        trade_share: Trades among trades and quotes, 0 to 1.
        bar_hold_ms: How long a bar waits after the end of its window, in ms.
        late_per_million: How many of a million trades are reported seconds late.
        halts_per_million: After how many of a million quotes trading in the symbol is halted.

    Raises:
        ValueError: There is no such market.
    """

    cdef unique_ptr[SimMarket] impl
    cdef readonly str market
    cdef readonly tuple channels

    def __cinit__(
        self,
        str market,
        *,
        uint64_t seed=1,
        uint32_t symbols=1000,
        double trade_share=0.2,
        int64_t bar_hold_ms=2000,
        uint32_t late_per_million=1000,
        uint32_t halts_per_million=5,
    ):
        cdef SimOptions options
        cdef uint8_t channel
        cdef bytes name = market.encode()
        options.seed = seed
        options.symbols = symbols
        options.trade_share = trade_share
        options.bar_hold_ms = bar_hold_ms
        options.late_per_million = late_per_million
        options.halts_per_million = halts_per_million
        self.impl = make_market(sim_string_view(PyBytes_AS_STRING(name), len(name)), options)
        if self.impl.get() == NULL:
            raise ValueError(f"there is no market named {market!r}")
        self.market = market
        self.channels = tuple(
            [sim_text(self.impl.get().channel_name(channel))
             for channel in range(<uint8_t>self.impl.get().channel_count())]
        )

    @property
    def symbols(self):
        """The instruments, the busiest first, as a list."""
        cdef uint32_t symbol
        return [
            sim_text(self.impl.get().symbol_name(symbol))
            for symbol in range(<uint32_t>self.impl.get().symbol_count())
        ]

    def find(self, str symbol):
        """The instrument's number, or -1 if there is none of that name."""
        cdef bytes name = symbol.encode()
        return self.impl.get().find(sim_string_view(PyBytes_AS_STRING(name), len(name)))

    def advance(self, int64_t now_ms, uint64_t events):
        """Make trades and quotes happen, and what follows from them.

        Args:
            now_ms: Unix time of all of it, in ms.
            events: How many trades and quotes; bars and the rest come on top.
        """
        with nogil:
            self.impl.get().advance(now_ms, events)

    def subscription(self, *, bint duplicates=False):
        """A new `SyntheticSubscription`, empty.

        Args:
            duplicates: Whether an instrument that is held by number under a whole channel comes
                twice.
        """
        return SyntheticSubscription(self, duplicates=duplicates)


# No cycle can lead here, and a collector would part it from its market too early.
@cython.final
@cython.no_gc
cdef class SyntheticSubscription:
    """What one connection wants of a `SyntheticMarket`, and what it was given."""

    cdef unique_ptr[SimSubscription] impl
    cdef readonly SyntheticMarket market

    def __cinit__(self, SyntheticMarket market not None, *, bint duplicates=False):
        self.market = market
        self.impl.reset(new SimSubscription(market.impl.get()[0], duplicates))

    def __dealloc__(self):
        # Before the market may go, with which it is counted.
        self.impl.reset()

    cdef uint8_t _channel(self, str channel) except 255:
        try:
            return self.market.channels.index(channel)
        except ValueError:
            raise ValueError(f"the market has no channel {channel!r}") from None

    cdef uint32_t _symbol(self, int64_t symbol) except? 0xffffffff:
        if symbol < 0 or symbol >= <int64_t>self.market.impl.get().symbol_count():
            raise IndexError("there is no instrument of that number")
        return <uint32_t>symbol

    def add(self, str channel, symbol=None):
        """Add one instrument (its number) or, without one, a whole channel.

        Returns:
            Whether it was new.
        """
        if symbol is None:
            return self.impl.get().add_wildcard(self._channel(channel))
        return self.impl.get().add(self._channel(channel), self._symbol(symbol))

    def remove(self, str channel, symbol=None):
        """Undo `add` of the same arguments.

        Returns:
            Whether it was there.
        """
        if symbol is None:
            return self.impl.get().remove_wildcard(self._channel(channel))
        return self.impl.get().remove(self._channel(channel), self._symbol(symbol))

    def frames(self, size_t events_per_frame=100, *, size_t max_bytes=900_000, bytes prefix=b""):
        """The wanted events of the last `advance`, as WebSocket frames ready for the socket.

        Args:
            events_per_frame: The most events in one frame.
            max_bytes: The most bytes of text in one frame, unless a single event is larger.
            prefix: JSON objects, joined by commas, for the front of the first frame. Without
                wanted events there is no frame, and they are not sent.

        Returns:
            The frames' bytes, headers included; empty if there is nothing to send. They are
            counted as sent.
        """
        cdef bytes out
        if events_per_frame == 0:
            raise ValueError("a frame must have room for one event")
        self.impl.get().collect(
            events_per_frame, max_bytes, sim_string_view(PyBytes_AS_STRING(prefix), len(prefix))
        )
        out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>self.impl.get().framed_size())
        self.impl.get().write(PyBytes_AS_STRING(out))
        self.impl.get().count_sent()
        return out

    def payloads(self, size_t events_per_frame=100, *, size_t max_bytes=900_000, bytes prefix=b""):
        """As `frames`, but a list with the text of each message, for whoever frames it otherwise."""
        cdef bytes out
        cdef list texts = []
        cdef size_t message, messages
        if events_per_frame == 0:
            raise ValueError("a frame must have room for one event")
        messages = self.impl.get().collect(
            events_per_frame, max_bytes, sim_string_view(PyBytes_AS_STRING(prefix), len(prefix))
        )
        for message in range(messages):
            out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>self.impl.get().message_size(message))
            self.impl.get().write_message(PyBytes_AS_STRING(out), message)
            texts.append(out)
        self.impl.get().count_sent()
        return texts

    @property
    def sent(self):
        """Events sent so far, as a dict of channel to count; channels without any are left out."""
        cdef const uint64_t* sent = self.impl.get().sent_data()
        cdef Py_ssize_t channel
        return {
            self.market.channels[channel]: sent[channel]
            for channel in range(len(self.market.channels))
            if sent[channel] != 0
        }

    @property
    def frames_sent(self):
        """Frames sent so far."""
        return self.impl.get().messages_sent()

    @property
    def bytes_sent(self):
        """Bytes sent so far, frame headers included."""
        return self.impl.get().bytes_sent()
