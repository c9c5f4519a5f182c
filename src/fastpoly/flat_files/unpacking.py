"""The text of a file, unpacked where it is gzip, as far as it can be read."""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["UNPACKERS", "TextFile"]

PIECE: Final = 1 << 17
"""Bytes of the file that are unpacked at a time."""

MAGIC: Final = b"\x1f\x8b"

GZIP: Final = 31
RAW: Final = -15
"""What zlib calls the formats: gzip, and what is in it without its head and its checksum."""


def _unpackers() -> dict[str, Any]:
    """Name -> module like `zlib`; the fastest that is installed first."""
    found: dict[str, Any] = {}
    with contextlib.suppress(ImportError):
        from isal import isal_zlib

        found["isal"] = isal_zlib
    found["zlib"] = zlib
    return found


UNPACKERS: Final = _unpackers()
"""What unpacks gzip: ISA-L where the extra ``flat-files`` is installed, else zlib."""


class TextFile:
    """Gives the text of a file piece by piece.

    Args:
        descriptor: The file, from its beginning; it is taken over.
        unpacker: The name of one of `UNPACKERS`; None for the first.

    Attributes:
        nbytes: Its size; 0 if that is not known.
        read_bytes: How many bytes of it have been read.
        text_bytes: How many bytes of text have been given.
        damage: Where it could not be read any further, and why; None while it can.
    """

    def __init__(self, descriptor: int, unpacker: str | None = None) -> None:
        self._descriptor = descriptor
        self._zlib = UNPACKERS[unpacker or next(iter(UNPACKERS))]
        self.nbytes = os.fstat(descriptor).st_size
        self.read_bytes = 0
        self.text_bytes = 0
        self.damage: tuple[int, str] | None = None

    def close(self) -> None:
        """Let the file go."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()

    def pieces(self) -> Iterator[bytes]:
        """Give the text, up to its end or to where it is damaged.

        Raises:
            OSError: The file cannot be read.
        """
        piece = self._read()
        texts = self._unpacked(piece) if piece.startswith(MAGIC) else self._plain(piece)
        for text in texts:
            self.text_bytes += len(text)
            yield text

    def _read(self) -> bytes:
        piece = os.read(self._descriptor, PIECE)
        self.read_bytes += len(piece)
        return piece

    def _plain(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            yield piece
            piece = self._read()

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        # A file may be several of gzip, one behind the other: each is a member.
        while piece.startswith(MAGIC):
            begin = self.read_bytes - len(piece)
            given = 0
            unpack = self._zlib.decompressobj(wbits=GZIP)
            while not unpack.eof:
                if not piece:
                    self.damage = (self.read_bytes, "it ends in the middle")
                    return
                try:
                    text = unpack.decompress(piece)
                except (zlib.error, self._zlib.error) as error:
                    rest = self._salvage(begin, given)
                    self.damage = (self.read_bytes - len(piece), _reason(error))
                    if rest:
                        yield rest
                    return
                given += len(text)
                if text:
                    yield text
                piece = unpack.unused_data if unpack.eof else self._read()
            # Zeros may follow, up to the end of a block.
            piece = piece.lstrip(b"\0") or self._read()
            if len(piece) == 1:
                piece += self._read()
        if piece.strip(b"\0"):
            self.damage = (self.read_bytes - len(piece), "what follows is not gzip")

    def _salvage(self, begin: int, given: int) -> bytes:
        """Return what the damaged piece has before its damage: a library keeps that to itself."""
        unpack = zlib.decompressobj(wbits=RAW)
        left = self.read_bytes - begin
        kept = bytearray()
        with contextlib.suppress(zlib.error, OSError, IndexError, ValueError):
            os.lseek(self._descriptor, begin, os.SEEK_SET)  # a pipe cannot be read again
            piece = os.read(self._descriptor, min(left, PIECE))
            left -= len(piece)
            piece = piece[_head_size(piece) :]
            while piece and not unpack.eof:
                # All that was given before can be unpacked again in one go, the rest byte by byte.
                text = unpack.decompress(piece, max(given, 1))
                kept += text[max(given, 0) :]
                given -= len(text)
                piece = unpack.unconsumed_tail
                if not piece and left > 0:
                    piece = os.read(self._descriptor, min(left, PIECE))
                    left -= len(piece)
        return bytes(kept)


def _head_size(member: bytes) -> int:
    """Return how many bytes of a member stand before what is packed; see RFC 1952."""
    flags, at = member[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(member[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = member.index(0, at) + 1
    return at + (2 if flags & 2 else 0)


def _reason(error: BaseException) -> str:
    return f"it cannot be unpacked any further: {error}"
