"""Whom a session reports to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.errors import DecodeError
    from fastpoly.protocol.statuses import ControlMessage

__all__ = ["SessionOwner"]


class SessionOwner(Protocol):
    """Whom a session reports to, in its event loop."""

    @property
    def on_batch(self) -> Callable[[Batch], object]:
        """Called with each `Batch`, from inside the read; what it raises is logged."""

    def on_upgraded(self) -> object:
        """Take note that the connection is up; the key is not sent yet."""

    def on_status(self, message: ControlMessage) -> object:
        """Take a control message, after the data that came before it."""

    def on_bad_frame(self, error: DecodeError) -> object:
        """Take note of a frame that could not be read; the connection mostly lives on."""
