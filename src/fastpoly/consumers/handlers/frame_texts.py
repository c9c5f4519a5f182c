"""The text of a batch's frames, for handlers that decode for themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fastpoly._core import Batch
from fastpoly.errors import UsageError

__all__ = ["texts_of"]


def texts_of(batch: Batch) -> Iterator[str]:
    """Return the text of each frame, as it came.

    Of a recording, or of what other programs read as well, a frame may have events that this one
    has not asked for. Then its text is made anew, of those that it has.
    """
    try:
        texts = batch.raw()
    except UsageError:
        for frame in batch.frames():
            if len(frame):
                yield json.dumps(frame.dicts(), separators=(",", ":"))
        return
    for text in texts:
        yield text.decode("utf-8", "surrogateescape")
