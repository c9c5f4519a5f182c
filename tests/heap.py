"""What C and C++ have allocated, as glibc tells."""

from __future__ import annotations

import ctypes

__all__ = ["native_bytes"]


class _Mallinfo(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks"),
            *("uordblks", "fordblks", "keepcost"),
        )
    )


def native_bytes() -> int | None:
    """Bytes in use, whatever the process keeps beside; None where another allocator is in place."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return None
    mallinfo2.restype = _Mallinfo
    info = mallinfo2()
    return int(info.uordblks + info.hblkhd) if info.arena else None
