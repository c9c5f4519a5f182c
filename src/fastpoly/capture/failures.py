"""What the system's refusals mean for a recording, and what to do about each."""

from __future__ import annotations

import errno
from typing import Final

from fastpoly.errors import CaptureError

__all__ = ["capture_error"]

HINTS: Final = {
    errno.ENOSPC: "The disk is full: free some of it, or record elsewhere.",
    errno.EDQUOT: "The quota is used up: free some of it, or record elsewhere.",
    errno.EFBIG: "The file may not grow further: rotate by max_file_bytes, or raise the limit.",
    errno.EACCES: "Give this program permission for the folder and the file.",
    errno.EPERM: "Give this program permission for the folder and the file.",
    errno.EROFS: "The file system is read-only: record elsewhere.",
    errno.ENOENT: "Make the folder first, or make it anew if it was removed.",
    errno.ENOTDIR: "A part of the path is a file: choose another path.",
    errno.EISDIR: "The path is a folder: add the file's name.",
    errno.EEXIST: "Choose another name, or pass overwrite=True.",
    errno.EIO: "The disk reports an error: check it, and record elsewhere meanwhile.",
    errno.EMFILE: "The process has too many files open: close some, or raise the limit.",
}


def capture_error(cause: OSError, doing: str) -> CaptureError:
    """Return the error for a refusal of the system.

    Args:
        cause: The refusal.
        doing: What was refused, such as ``recording``.
    """
    path = cause.filename
    path = path if isinstance(path, str) else ""
    error = CaptureError(
        f"{doing} {path or 'it'} failed: {cause.strerror}.",
        hint=HINTS.get(cause.errno or 0, "Check the path and the disk."),
        path=path,
        errno=cause.errno or 0,
    )
    error.__cause__ = cause
    return error
