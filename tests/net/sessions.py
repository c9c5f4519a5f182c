"""A session and what it reported, for tests of one connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastpoly._core import Batch
from fastpoly.errors import DecodeError
from fastpoly.net.options import ConnectionOptions
from fastpoly.net.session import Session
from fastpoly.protocol.statuses import ControlMessage
from tests.waiting import UNHURRIED

__all__ = ["Reports", "make_session"]


class Reports:
    """The owner of a session: keeps what it reports.

    Args:
        on_batch: Where batches go instead of `batches`.
    """

    def __init__(self, on_batch: Callable[[Batch], object] | None = None) -> None:
        self.batches: list[Batch] = []
        self.statuses: list[ControlMessage] = []
        self.bad_frames: list[DecodeError] = []
        self.upgraded = 0
        self.on_batch: Callable[[Batch], object] = on_batch or self.batches.append

    def on_upgraded(self) -> None:
        self.upgraded += 1

    def on_status(self, message: ControlMessage) -> None:
        self.statuses.append(message)

    def on_bad_frame(self, error: DecodeError) -> None:
        self.bad_frames.append(error)


def make_session(
    url: str, key: str, reports: Reports | None = None, **options: Any
) -> tuple[Session, Reports]:
    """A session of stocks, not opened; options are those of `ConnectionOptions`, or `UNHURRIED`."""
    reports = reports or Reports()
    options = {**UNHURRIED, **options}
    return Session(url, key, "stocks", reports, ConnectionOptions(**options)), reports
