"""Who records a market: copies of all that is read, and what happens to its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fastpoly.errors import ConnectionLost
from fastpoly.schema import STATUS_CHANNEL

if TYPE_CHECKING:
    from fastpoly._core import Batch, FrameTap
    from fastpoly.errors import FastpolyError, ServerError
    from fastpoly.health.clock import Clock
    from fastpoly.sources.source import SourceConnection

    class Recorder(FrameTap, Protocol):
        """Records one market. Called in the loop that reads; must not raise or wait."""

        def on_connected(self, at_ns: int) -> object:
            """Take note that a connection is up and logged in, at a Unix time in ns."""

        def on_subscribed(self, params: tuple[str, ...], at_ns: int) -> object:
            """Take note that the server has confirmed parameters."""

        def on_refused(
            self, params: tuple[str, ...], error: ServerError | None, at_ns: int
        ) -> object:
            """Take note that the server has refused parameters, and what it said."""

        def on_lost(self, error: ConnectionLost, at_ns: int) -> object:
            """Take note that a connection was lost, or did not come up: then it `resumes`, for
            nothing more is missing for it.
            """

        def on_gap(self, since_ns: int, until_ns: int) -> object:
            """Take note that what was sent between two times was not received."""


__all__ = ["Recorder", "Recorders"]


class Recorders:
    """The recorders of one market, and the tap of its connections. Used in the loop that reads.

    Without any, connections are not tapped, and nothing of this costs them anything.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recorders: tuple[Recorder, ...] = ()
        self._connection: SourceConnection | None = None
        self._is_up = False
        # Since when data is missing that the next data will come after; 0 where none is.
        self._missing_since_ns = 0

    def add(self, recorder: Recorder, subscribed: tuple[str, ...]) -> None:
        """Record from now on.

        Args:
            recorder: Who records.
            subscribed: Parameters that are confirmed already.
        """
        if self._is_up:
            now_ns = self._clock.time_ns()
            recorder.on_connected(now_ns)
            if subscribed:
                recorder.on_subscribed(subscribed, now_ns)
        self._recorders += (recorder,)
        self._tap()

    def remove(self, recorder: Recorder) -> None:
        """Record no more; one that does not record is not an error."""
        self._recorders = tuple(one for one in self._recorders if one is not recorder)
        if not self._recorders:
            self._missing_since_ns = 0
        self._tap()

    def _tap(self) -> None:
        if self._connection is not None:
            self._connection.record_to(self if self._recorders else None)

    # --------------------------------------------------------------------- what happens

    def begin(self, connection: SourceConnection) -> None:
        """Take note of a new connection, before it is opened."""
        self._connection = connection
        self._tap()

    def accept(self) -> None:
        """Take note that it is up."""
        self._is_up = True
        for recorder in self._recorders:
            recorder.on_connected(self._clock.time_ns())

    def end(self) -> None:
        """Take note that it has ended."""
        self._connection = None
        self._is_up = False

    def lose(self, error: FastpolyError, at_ns: int, *, was_up: bool) -> None:
        """Take note of why it was lost, or did not come up."""
        if not (isinstance(error, ConnectionLost) and was_up):
            error = ConnectionLost(error.detail)
            error.resumes = not was_up
        for recorder in self._recorders:
            recorder.on_lost(error, at_ns)

    def interrupt(self, since_ns: int) -> None:
        """Take note that data will be missing where data goes on."""
        if self._recorders and not self._missing_since_ns:
            self._missing_since_ns = since_ns

    def confirm(self, params: tuple[str, ...]) -> None:
        """Take note of parameters that the server has confirmed."""
        for recorder in self._recorders:
            recorder.on_subscribed(params, self._clock.time_ns())

    def refuse(self, params: tuple[str, ...], error: ServerError | None) -> None:
        """Take note of parameters that the server has refused."""
        for recorder in self._recorders:
            recorder.on_refused(params, error, self._clock.time_ns())

    # ----------------------------------------------------------------------- what is read

    def on_read(self, batch: Batch) -> None:
        """See `FrameTap.on_read`."""
        if self._missing_since_ns and any(name != STATUS_CHANNEL for name in batch.channels):
            since_ns, self._missing_since_ns = self._missing_since_ns, 0
            for recorder in self._recorders:
                recorder.on_gap(since_ns, batch.received_ns)
        for recorder in self._recorders:
            recorder.on_read(batch)

    def on_frame(self, text: bytes, received_ns: int) -> None:
        """See `FrameTap.on_frame`."""
        for recorder in self._recorders:
            recorder.on_frame(text, received_ns)
