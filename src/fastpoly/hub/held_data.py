"""What comes live for a reader that still gets what was recorded before it."""

from __future__ import annotations

__all__ = ["HeldData"]


class HeldData:
    """Keeps frames until they may be written, as long as they are not too many.

    Args:
        max_bytes: The most bytes that are kept; what is more is in the recording as well.

    Attributes:
        is_whole: Whether all is there that came since `begin`.
    """

    def __init__(self, max_bytes: int) -> None:
        self.is_whole = False
        self._max_bytes = max_bytes
        self._nbytes = 0
        self._frames: list[bytes] = []

    def __repr__(self) -> str:
        return f"<HeldData {self._nbytes} bytes{'' if self.is_whole else ', not whole'}>"

    def begin(self) -> None:
        """Keep what comes from now on, and nothing else."""
        self.drop()
        self.is_whole = True

    def drop(self) -> None:
        """Keep nothing until the next `begin`."""
        self.is_whole = False
        self._nbytes = 0
        self._frames = []

    def add(self, frames: bytes) -> None:
        """Keep frames, which other readers may share; or nothing, where there is no room."""
        if not self.is_whole:
            return
        self._nbytes += len(frames)
        if self._nbytes > self._max_bytes:
            self.drop()
        else:
            self._frames.append(frames)

    def take(self) -> list[bytes]:
        """Return what was kept, and keep nothing more."""
        frames = self._frames
        self.drop()
        return frames
