# Histograms of durations for Python, and the two that every handler has.

cdef extern from *:
    """
    static inline int64_t fastpoly_steady_clock_ns(void) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      return now.tv_sec * 1000000000LL + now.tv_nsec;
    }
    """
    int64_t steady_clock_ns "fastpoly_steady_clock_ns"()


@cython.final
cdef class Histogram:
    """Durations by size, in ns by convention: small, mergeable, within 1/16 at any size.

    Values below 0 are counted as 0; `min` tells of them.
    """

    cdef NativeHistogram values

    @property
    def count(self):
        """How many values."""
        return self.values.count()

    @property
    def min(self):
        """The smallest, below 0 too; 0 if there is none."""
        return self.values.min()

    @property
    def max(self):
        """The largest; 0 if there is none."""
        return self.values.max()

    def record(self, int64_t value):
        """Add a value."""
        self.values.record(value)

    def merge(self, Histogram other not None):
        """Add all values of another one."""
        self.values.merge(other.values)

    def clear(self):
        """Forget all values."""
        self.values.clear()

    def percentile(self, double percent):
        """The value that so many percent of all do not exceed, from above; 0 if there is none.

        Args:
            percent: 0 to 100.
        """
        return self.values.percentile(percent)

    def __repr__(self):
        return (
            f"<Histogram of {self.count}: {self.min}, {self.percentile(50)}, "
            f"{self.percentile(99)}, {self.max}>"
        )


@cython.final
cdef class CallTimes:
    """Takes the times of one handler's calls: how late each began and how long it took.

    Attributes:
        dispatch: Calls by the time from the read of their batch to their start, by the wall clock.
        call: Calls by the time from their start to their end.
    """

    cdef readonly Histogram dispatch
    cdef readonly Histogram call

    def __cinit__(self):
        self.dispatch = Histogram()
        self.call = Histogram()

    def start(self, Batch batch not None):
        """Note how late a call begins; a batch that came from no socket is on time.

        Returns:
            When it begins, for `since` and `stop`.
        """
        if batch.store.received_ns:
            self.dispatch.values.record(wall_clock_ns() - batch.store.received_ns)
        return steady_clock_ns()

    def since(self, int64_t started):
        """The ns that a call has been under way."""
        return steady_clock_ns() - started

    def stop(self, int64_t started):
        """Note that a call is over.

        Returns:
            The ns that it took.
        """
        cdef int64_t passed = steady_clock_ns() - started
        self.call.values.record(passed)
        return passed
