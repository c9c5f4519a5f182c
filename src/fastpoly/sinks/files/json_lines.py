"""Events as the server sent them, one JSON object a line."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal, cast

from fastpoly.errors import SinkError

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["JsonLinesSink", "json_lines", "open_lines"]


def _dump_plainly(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _find_dump() -> Callable[[object], bytes]:
    try:
        import orjson
    except ImportError:
        return _dump_plainly

    def dump(value: object) -> bytes:
        try:
            return orjson.dumps(value)
        except TypeError:
            # An integer beyond 64 bits, half of a surrogate pair, lists nested more than 254 deep.
            return _dump_plainly(value)

    return dump


DUMP: Final = _find_dump()


def json_lines(batch: Batch) -> Iterator[bytes]:
    """Give each event with the keys and values that the server sent; notices by attributes."""
    return map(DUMP, batch.dicts())


ZLIB_LEVEL: Final = 6
"""As gzip, the program, has it: 9, which is Python's, takes three times as long."""

ISAL_LEVEL: Final = 2
"""A twelfth of the time of zlib's, for files that are a fifth larger; 3 takes twice as long to save
a fiftieth of them."""


def _zlib(path: Path, mode: Literal["wb", "xb"]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, mode, ZLIB_LEVEL))


def _packers() -> dict[str, Callable[[Path, Literal["wb", "xb"]], IO[bytes]]]:
    """Name -> what opens a file that it compresses; the fastest that is installed first."""
    try:
        from isal import igzip
    except ImportError:
        return {"zlib": _zlib}
    opened: Any = igzip.open

    def isal(path: Path, mode: Literal["wb", "xb"]) -> IO[bytes]:
        return cast("IO[bytes]", opened(path, mode, ISAL_LEVEL))

    return {"isal": isal, "zlib": _zlib}


PACKERS: Final = _packers()
"""What compresses: ISA-L where the extra ``flat-files`` is installed, else zlib."""


def open_lines(path: Path, mode: Literal["wb", "xb"], *, compressed: bool) -> IO[bytes]:
    """Return a file to write lines to, compressed by gzip or as they are.

    Raises:
        OSError: It cannot be made.
    """
    if compressed:
        return next(iter(PACKERS.values()))(path, mode)
    return path.open(mode)


class JsonLinesSink:
    """One file of all events, in the order in which they arrived, gaps in their places.

    What is flushed is on its way to the disk: a program that is killed loses at most `every`
    seconds. Nothing is replaced: a file that exists is an error.

    Args:
        path: The file; compressed where its name ends with ``.gz``.
        every: Seconds after which what was written is flushed.
    """

    # Batches come as they arrive, which keeps the order of all events.
    rows = 0

    def __init__(self, path: str | os.PathLike[str], *, every: float = 1.0) -> None:
        self.every = every
        self._path = Path(path)
        self._file: IO[bytes] | None = None

    def __repr__(self) -> str:
        return f"<JsonLinesSink {self._path}>"

    def open(self, market: str) -> None:
        """See `Sink.open`.

        Raises:
            SinkError: The file exists, or cannot be made.
        """
        try:
            self._file = open_lines(self._path, "xb", compressed=self._path.suffix == ".gz")
        except OSError as error:
            raise SinkError(
                f"{self._path} cannot be made: {error.strerror}.",
                hint="Choose a name that is free, in a folder that is there.",
            ) from error

    def write(self, batch: Batch) -> None:
        """See `Sink.write`."""
        if self._file is not None:
            self._file.write(b"\n".join(json_lines(batch)) + b"\n")

    def flush(self) -> None:
        """See `Sink.flush`."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """See `Sink.close`."""
        if self._file is not None:
            self._file.close()
