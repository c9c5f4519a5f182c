# The C++ surface of routing.

cdef extern from "routing/message_writer.hpp" namespace "fastpoly" nogil:
    cdef cppclass MessageWriter:
        routed_text finish() except +


cdef extern from "routing/subscribers.hpp" namespace "fastpoly" nogil:
    cdef cppclass Subscribers:
        void want_all(uint32_t group, int column) except +
        void want(uint32_t group, int column, routed_text symbol) except +
        void drop_all(uint32_t group, int column) except +
        void drop(uint32_t group, int column, routed_text symbol) except +


cdef extern from "routing/latest_texts.hpp" namespace "fastpoly" nogil:
    cdef cppclass LatestTexts:
        void clear() except +


cdef extern from "routing/router.hpp" namespace "fastpoly" nogil:
    cdef cppclass Router:
        Router(const MarketSpec& market) except +
        uint32_t add_group() except +
        void remove_group(uint32_t group) except +
        cbool start(const RowStore& store, uint32_t begin)
        WalkStep walk(const RowStore& store, uint32_t end) except +
        uint32_t stopped_at()
        void route_named(routed_text name, cbool has_name) except +
        const vector[uint32_t]& waiting()
        size_t waiting_bytes()
        routed_text finish(uint32_t group) except +
        void taken(uint32_t group) except +
        uint64_t count(uint32_t group, int column)
        void latest(uint32_t group, uint64_t since, size_t most_bytes, MessageWriter& out,
                    uint64_t* counts) except +
        Subscribers subscribers
        cbool keeps_latest
        LatestTexts latest_texts
        uint64_t position
