"""Raw frames through shared memory: one process writes them, others on the machine read them."""

from fastpoly.shared.writer import SharedStats, SharedWriter

__all__ = ["SharedStats", "SharedWriter"]
