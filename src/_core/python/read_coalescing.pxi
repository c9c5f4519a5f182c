# Fewer, larger reads of a busy socket, for Python.


@cython.final
cdef class ReadCoalescer:
    """Lets what arrives on a busy socket gather, so that one read brings more.

    A `Listener` that is given one tells it of each read. While eight reads and more would come in
    the time that data may wait, the socket is read once in that time, or when 64 KiB have arrived.
    Does nothing where there is no ``timerfd``: only Linux has it.

    Args:
        max_delay_ns: How long data may wait, ns.
    """

    cdef NativeCoalescer* native

    def __cinit__(self, int64_t max_delay_ns):
        if max_delay_ns <= 0:
            raise UsageError(f"max_delay_ns={max_delay_ns} is not above 0")
        self.native = new NativeCoalescer(max_delay_ns)

    def __dealloc__(self):
        del self.native

    @property
    def coalescing(self):
        """Whether data waits at present."""
        return self.native.coalescing()

    def attach(self, int socket):
        """Begin with a socket.

        Args:
            socket: Its descriptor, which stays the caller's.

        Returns:
            A descriptor; whenever it is readable, `on_timer` is to be called. None where there is
            nothing to do.
        """
        cdef int timer = self.native.attach(socket)
        return None if timer < 0 else timer

    def detach(self):
        """Ends, and closes the descriptor that `attach` gave. The socket may be closed already."""
        self.native.detach()

    def on_read(self, int64_t now_ns, uint64_t frames):
        """A read has been handled; what a `Listener` calls, without Python.

        Args:
            now_ns: The time, ns, by any clock.
            frames: Messages on this socket so far.
        """
        self.native.on_read(now_ns, frames)

    def on_timer(self):
        """Let through what has arrived: it has waited for as long as it may."""
        self.native.on_timer()
