"""picows and msgspec put together by hand: what a good programmer writes in an afternoon.

A socket read may bring many frames; each is decoded as it comes, and what one read brought goes to
the handler in one call, as fastpoly does it.
"""

from __future__ import annotations

import picows
import uvloop

from bench.clients.floor import LOG_IN, listen
from bench.clients.meter import STAMPED, Job, Meter
from bench.records import Event, Status, decode


class Listener(picows.WSListener):
    """Frames to Structs to one handler call per socket read."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.meter = meter
        self.mark = meter.mark
        self.note = meter.note
        self.seen = 0
        self.pending: list[Event] = []

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Asks for everything without waiting: the server answers in order."""
        for request in LOG_IN:
            transport.send(picows.WSMsgType.TEXT, request)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Decodes a frame; hands over what there is after the last one of a read."""
        if frame.msg_type == picows.WSMsgType.TEXT:
            events = decode(frame.get_payload_as_memoryview())
            if type(events[0]) is not Status:
                self.pending += events
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()
        if frame.last_in_buffer and self.pending:
            batch, self.pending = self.pending, []
            self.on_batch(batch)

    def on_batch(self, batch: list[Event]) -> None:
        """The user's handler."""
        if self.note is not None:
            numbers = [event.sequence_number for event in batch if not isinstance(event, Status)]
            self.note([number for number in numbers if number is not None and number > STAMPED])
        self.seen += len(batch)
        if self.seen >= self.mark:
            self.mark = self.meter.reached(self.seen)


def run(job: Job) -> None:
    uvloop.run(listen(job, Listener(Meter(job))))
