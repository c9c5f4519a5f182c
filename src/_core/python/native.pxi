# The C++ surface that Cython sees.

from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport (
    UINT64_MAX, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
)
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.utility cimport pair
from libcpp.vector cimport vector


cdef extern from "rows/row.hpp" namespace "fastpoly" nogil:
    cdef struct RowHead:
        uint32_t plain
        uint32_t foreign
        uint32_t integer
        uint8_t channel
        uint8_t market
        uint32_t raw_at
        uint32_t raw_size


cdef extern from "rows/market.hpp" namespace "fastpoly" nogil:
    cdef enum class Kind(uint8_t):
        kSymbol, kText, kDecimal, kInt, kFloat, kMs, kNs, kEpoch, kFlag, kCodes, kLevels
    cdef struct FieldSpec:
        const char* key
        const char* name
        Kind kind
        uint8_t width
        uint16_t offset
    cdef struct EventSpec:
        const char* name
        const FieldSpec* fields
        uint16_t row_size
        uint8_t field_count
        uint8_t index
    cdef struct ChannelSpec:
        const char* name
        const EventSpec* event
    cdef struct MarketSpec:
        const char* name
        const ChannelSpec* channels
        uint8_t channel_count
        uint8_t index
    const MarketSpec kMarkets[]
    const EventSpec* const kEventSpecs[]
    enum:
        kMarketCount


cdef extern from "rows/store.hpp" namespace "fastpoly" nogil:
    enum:
        kStatusColumn
        kUnknownColumn
        kObjectColumn
        kColumns
    cdef cppclass RowRef:
        uint32_t code
        @staticmethod
        RowRef of(int column, uint32_t index)
        int column()
        uint32_t index()
    cdef struct Column:
        uint32_t count
        uint32_t row_size
        char* row(uint32_t index)
    cdef cppclass RowStore:
        @staticmethod
        RowStore* acquire(const MarketSpec& market) except +
        @staticmethod
        RowStore* acquire_small(const MarketSpec& market) except +
        size_t held_bytes()
        cbool is_roomy()
        RowStore* fitted() except +
        void retain()
        void release()
        const char* raw(const RowHead& head)
        void end_frame(size_t bytes)
        void copy_row(int column, const RowStore& source, uint32_t index) except +
        void make_room(int column, uint32_t row_size, uint32_t rows) except +
        void append_rows(int column, const RowStore& source, uint32_t start,
                         uint32_t count) except +
        void append_refs(int column, const RowStore& source, const RowRef* refs,
                         uint32_t size) except +
        Column columns[]
        vector[RowRef] order
        vector[char] arena
        void keep_frame(const char* text, size_t size) except +
        vector[uint32_t] frame_ends
        vector[char] frame_text
        vector[size_t] frame_text_ends
        vector[int64_t] frame_stamps
        vector[void*] objects
        const MarketSpec& market
        uint64_t nbytes
        uint64_t passed_over
        int64_t received_ns


cdef extern from "rows/shards.hpp" namespace "fastpoly" nogil:
    uint32_t native_shard_of "fastpoly::shard_of"(const char* symbol, size_t size)


cdef extern from "decode/kernel.hpp" namespace "fastpoly" nogil:
    cdef cppclass DecodeFailure:
        size_t offset
        const char* reason
    cdef cppclass Kernel:
        cbool decode(char* frame, size_t size, size_t capacity, RowStore& store,
                     DecodeFailure& failure) except +
        RowStore* decode_apart(const MarketSpec& market, const char* frame, size_t size,
                               DecodeFailure& failure) except +
        cbool fast
        uint64_t shards


cdef extern from "rows/events.gen.hpp" namespace "fastpoly" nogil:
    cdef cppclass EventRow:
        pass


cdef extern from "rows/runs.hpp" namespace "fastpoly" nogil:
    cdef cppclass RowRuns:
        void add_stretch(const RowStore& store, int column, uint32_t start,
                         uint32_t count) except +
        void add_refs(const RowStore& store, int column, const RowRef* refs, uint32_t size) except +
        size_t rows()


cdef extern from "columns/gather.hpp" namespace "fastpoly" nogil:
    cdef cppclass Gathered:
        uint32_t foreign
        uint32_t widest
    cdef struct RecordLayout:
        uint32_t symbol_width
        uint32_t record_size
        const uint16_t* offsets
    enum:
        kNoColumn
        kSymbolWidths
    const RecordLayout kRecordLayouts[][3]
    int first_layout(const RowRuns& rows, const EventSpec& event)
    int layout_for(const EventSpec& event, uint32_t symbol_size)
    Gathered gather(const RowRuns& rows, const RecordLayout& layout, char* records)


cdef extern from "select/filter.hpp" namespace "fastpoly" nogil:
    enum:
        kPass
        kFail
    cdef struct FilterTargets:
        int32_t match
        int32_t mismatch
        int32_t absent
    cdef cppclass RowFilter:
        RowFilter(const MarketSpec& market) except +
        int32_t add_present(int channel, int field, FilterTargets next) except +
        int32_t add_whole(int channel, int field, FilterTargets next, int64_t low,
                          int64_t high) except +
        int32_t add_flag(int channel, int field, FilterTargets next) except +
        int32_t add_number(int channel, int field, FilterTargets next, double low,
                           double high) except +
        int32_t add_codes(int channel, int field, FilterTargets next,
                          const vector[int16_t]& codes) except +
        int32_t add_texts(int channel, int field, FilterTargets next,
                          const vector[string]& texts) except +
        void start_at(int channel, int32_t step)
        uint32_t keep(const RowStore& store, RowRef* refs, uint32_t size,
                      vector[uint32_t]& doubtful) except +


cdef extern from "select/conflation.hpp" namespace "fastpoly" nogil:
    cdef cppclass Conflation:
        Conflation(const MarketSpec& market, uint64_t events, uint64_t bytes)
        void keep(const RowStore& store, RowRef ref) except +
        uint32_t walk(const RowStore& store, const RowRef* refs, uint32_t size) except +
        vector[RowRef] kept


cdef extern from "select/last_rows.hpp" namespace "fastpoly" nogil:
    cdef cppclass NativeLastRows "fastpoly::LastRows":
        void put_text(string symbol, const char* row, const RowStore& store, int64_t received_ns)
        void leave_out()
        uint64_t left_out()
        size_t held_bytes()
        void copy(int column, RowStore& to, vector[int64_t]& stamps, vector[char]& stale,
                  cbool since_gap) except +
        cbool copy_one(string symbol, int column, RowStore& to, cbool since_gap) except +
    cdef cppclass LastTables:
        LastTables(const MarketSpec& market) except +
        void keep(int column) except +
        NativeLastRows* table(int column)
        uint32_t walk(const RowStore& store, const RowRef* refs, int column, uint32_t start,
                      uint32_t begin, uint32_t end, int64_t received_ns)
        void pass_gap()


cdef extern from "select/bars.hpp" namespace "fastpoly" nogil:
    cdef cppclass NativeClosed "fastpoly::BarRows::Closed":
        uint32_t bars
        uint32_t expected
        uint32_t missing
        uint64_t late
        uint64_t restated
    cdef cppclass NativeBars "fastpoly::BarRows":
        NativeBars(const EventSpec& event, uint32_t starts) except +
        @staticmethod
        int start_field(const EventSpec& event)
        uint32_t walk(int wanted, const RowStore& store, const RowRef* refs, int column,
                      uint32_t start, uint32_t begin, uint32_t end, int64_t received_ns)
        void put_text(string symbol, const char* row, const RowStore& store, int64_t received_ns)
        void leave_out()
        void pass_gap()
        uint64_t left_out()
        size_t held_bytes()
        void copy(int column, RowStore& to, vector[int64_t]& stamps, vector[char]& stale,
                  vector[uint32_t]& changes, cbool since_gap) except +
        void copy_of(string symbol, int column, RowStore& to, vector[int64_t]& stamps,
                     vector[char]& stale, vector[uint32_t]& changes, cbool since_gap) except +
        vector[int64_t] take_opened()
        NativeClosed close(int64_t start, int64_t before, int column, RowStore& missing,
                           uint32_t most) except +


cdef extern from "columns/arrow.hpp" namespace "fastpoly" nogil:
    cdef struct ArrowSchema "ArrowSchema":
        int64_t n_children
        void (*release)(ArrowSchema*) noexcept
    cdef struct ArrowArray "ArrowArray":
        void (*release)(ArrowArray*) noexcept
    cdef struct ArrowArrayStream "ArrowArrayStream":
        void (*release)(ArrowArrayStream*) noexcept
    cdef cppclass Spill:
        size_t row
        int field
        string text
        vector[int64_t] codes
        vector[vector[double]] levels
    uint32_t foreign_fields(const RowRuns& rows)
    void export_schema(const EventSpec& event, ArrowSchema* out) except +
    void export_array(const RowRuns& rows, const EventSpec& event, const vector[Spill]& spills,
                      ArrowArray* out) except +
    void export_stream(const EventSpec& event, ArrowArray* array, ArrowArrayStream* out) except +


cdef extern from "objects/event_object.hpp" namespace "fastpoly":
    PyObject* adopt_event_class(PyTypeObject* cls, const EventSpec* spec) except NULL
    void set_event_constructor(object (*constructor)(object, tuple, PyObject*))
    object make_event(PyObject* prototype, const char* row, size_t row_size, const RowStore& store)


cdef extern from "objects/origin.hpp" namespace "fastpoly":
    void close_event_class(PyTypeObject* cls)
    void close_columns_class(PyTypeObject* cls)
    void close_iterator_class(PyTypeObject* cls)


cdef extern from "objects/batch_object.hpp" namespace "fastpoly":
    cbool adopt_batch_class(PyTypeObject* cls) except False
    object new_batch(RowStore* store)


cdef extern from "watch/histogram.hpp" namespace "fastpoly" nogil:
    cdef cppclass NativeHistogram "fastpoly::Histogram":
        void record(int64_t value)
        void merge(const NativeHistogram& other)
        void clear()
        int64_t percentile(double percent)
        uint64_t count()
        int64_t min()
        int64_t max()


cdef extern from "watch/watch.hpp" namespace "fastpoly" nogil:
    cdef cppclass ChannelWatch:
        NativeHistogram late
        uint64_t numbered
        uint64_t repeats
        uint64_t regressions
    cdef cppclass Watch:
        Watch(const MarketSpec& market) except +
        void see(const RowStore& store)
        void see_rows(int column, const RowRuns& rows, int64_t received_ns)
        const ChannelWatch* channel(int column)
        void lags(int column, NativeHistogram& into)
        uint64_t recent(int column, int64_t now_ns, NativeHistogram& into)
        int64_t last_ns(int column)
        void copy_last(int column, RowStore& to) except +
    enum:
        kWindowSeconds "fastpoly::Watch::kWindowSeconds"
    const int64_t kLateReportNs


cdef extern from "net/read_coalescing.hpp" namespace "fastpoly" nogil:
    cdef cppclass NativeCoalescer "fastpoly::ReadCoalescer":
        NativeCoalescer(int64_t max_delay_ns) except +
        int attach(int socket)
        void detach()
        void on_read(int64_t now_ns, uint64_t frames)
        void on_timer()
        cbool coalescing()


cdef extern from "objects/values.hpp" namespace "fastpoly":
    cbool init_values()
    PyObject* channel_name(int market, int column)
    cdef enum class Numbers:
        kAsWritten, kTexts, kFloats
    object json_value(const char* text, size_t size)
    object json_value(const char* text, size_t size, Numbers numbers)
    object attribute_value(const char* row, const FieldSpec& field)
    object wire_value(const char* row, const EventSpec& event, int field)
    object row_dict(const char* row, const EventSpec& event)
    int find_key(const EventSpec& event, object key)
