# The C++ surface of recordings that Cython sees.

from libcpp.memory cimport shared_ptr


cdef extern from "capture/failure.hpp" namespace "fastpoly::capture":
    void raise_failure()


cdef extern from "capture/format/compression.hpp" namespace "fastpoly::capture" nogil:
    cdef enum class Compression:
        kNone, kZstd, kUnknown
    Compression compression_named "fastpoly::capture::compression_of"(const string& name)
    int least_zstd_level()
    int most_zstd_level()


cdef extern from "capture/writing/block.hpp" namespace "fastpoly::capture" nogil:
    cdef cppclass CaptureChannel "fastpoly::capture::ChannelSpec":
        string topic
        string market
        uint16_t schema
    cdef cppclass CaptureSchema "fastpoly::capture::SchemaSpec":
        string name
        string text
    enum:
        kFirstFrameChannel "fastpoly::capture::kFirstFrameChannel"


cdef extern from "capture/format/file_failure.hpp" namespace "fastpoly::capture" nogil:
    cdef cppclass FileFailure:
        int code
        string path


cdef extern from "capture/writing/file_writer.hpp" namespace "fastpoly::capture" nogil:
    cdef cppclass FileSettings:
        vector[CaptureSchema] schemas
        vector[CaptureChannel] channels
        string library
        vector[pair[string, string]] metadata
        cbool sync


cdef extern from "<optional>" namespace "std" nogil:
    cdef cppclass optional_failure "std::optional<fastpoly::capture::FileFailure>":
        cbool has_value()
        FileFailure& value()


cdef extern from "capture/writing/progress.hpp" namespace "fastpoly::capture" nogil:
    cdef struct FilePlace:
        uint32_t file
        uint64_t offset
    cdef cppclass Cut:
        pass


cdef extern from "<optional>" namespace "std" nogil:
    cdef cppclass optional_place "std::optional<fastpoly::capture::FilePlace>":
        cbool has_value()
        FilePlace& value()


cdef extern from "capture/writing/recorder.hpp" namespace "fastpoly::capture" nogil:
    cdef cppclass RecorderSettings:
        FileSettings file
        Compression compression
        int level
        size_t chunk_bytes
        int64_t chunk_ns
        size_t buffer_bytes
        uint64_t max_file_bytes
        cbool overwrite
        cbool wait
        string prefix
        string label
        string suffix
    cdef struct FrameCounts:
        uint64_t frames
        uint64_t events
        uint64_t bytes
    cdef cppclass RecorderState:
        FrameCounts received
        FrameCounts written
        FrameCounts dropped
        uint64_t gaps
        uint64_t buffered
        uint64_t peak_buffered
        uint64_t chunks
        uint64_t files
        uint64_t file_bytes
        string path
        optional_failure failure
    cdef cppclass FrameText:
        const char* data
        size_t size
        uint32_t events
    cdef cppclass Recorder:
        Recorder(RecorderSettings settings) except +raise_failure
        void add_frames(uint16_t channel, uint64_t stamp, const FrameText* frames,
                        size_t count) except +
        void add_mark(uint64_t stamp, sim_string_view json) except +
        void begin_period(string label) except +
        void close() except +
        shared_ptr[Cut] cut() except +
        optional_place place_of(const Cut& cut) except +
        FilePlace find(uint64_t from_ns) except +
        string path(uint32_t file) except +
        RecorderState state() except +
        cbool failing()
        cbool forked()


cdef extern from "capture/reading/walker.hpp" namespace "fastpoly::capture" nogil:
    cdef cppclass ReadChannel "fastpoly::capture::Directory::Channel":
        string topic
        string market
    cdef cppclass Walker:
        cbool indexed()
        cbool complete()
        cbool recognised()
        const string& profile()
        const string& library()
        const vector[pair[string, string]]& metadata()


cdef extern from "capture/reading/source.hpp" namespace "fastpoly::capture" nogil:
    cdef cppclass Source:
        uint64_t size()
        const string& path()


cdef extern from "capture/reading/reader.hpp" namespace "fastpoly::capture" nogil:
    enum ItemKind "fastpoly::capture::Item::Kind":
        kNoItem "fastpoly::capture::Item::kNone"
        kFrameItem "fastpoly::capture::Item::kFrame"
        kMarkItem "fastpoly::capture::Item::kMark"
        kDamageItem "fastpoly::capture::Item::kDamage"
    cdef cppclass Item:
        ItemKind kind
        uint64_t stamp
        char* text
        size_t size
        const ReadChannel* channel
        uint64_t offset
        uint64_t length
        uint64_t first_ns
        uint64_t last_ns
        const char* reason
    cdef struct ReadCounts:
        uint64_t chunks
        uint64_t damages
        uint64_t damaged_bytes
        uint64_t other_messages
        uint64_t packed
        uint64_t unpacked
    cdef cppclass FileReader:
        const Walker& walker()
        const Source& source()
        const ReadCounts& counts()
        const string& unreadable()
    cdef struct FilePart "fastpoly::capture::Part":
        uint64_t begin
        uint64_t end
    cdef cppclass NativeReader "fastpoly::capture::Reader":
        NativeReader() except +
        void add(int fd, string path, uint64_t from_ns, uint64_t until_ns, FilePart part) except +
        Item* item()
        cbool ready()
        void load() except +raise_failure
        void take()
        size_t files()
        FileReader& file(size_t index)
        size_t chosen()
