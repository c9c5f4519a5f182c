"""Faults on demand, as a table: what can go wrong with a connection, a server or a clock, and when.

A fault is written ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``, as in ``close:code=1012,at=5``. Beside
the fault's own settings, every one takes these:

    at      seconds from the beginning to the fault (default 1)
    after   what the beginning is: ``connect``, ``login`` or ``subscribe`` (default ``subscribe``)
    every   seconds after which it comes again on the same connection; 0 for never (default 0)
    times   how often it comes at most, over all connections; 0 for no limit (default 0)
    jitter  by how much of themselves ``at`` and ``every`` vary, 0 to 1 (default 0)
    only    the number of the one connection that it comes to; 0 for each (default 0)
    lasts   for faults that end: after how many seconds; 0 for never (default 0)

Chance is drawn from the simulator's seed and the connection's number, so a run can be repeated.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastpoly.serving import frames
from fastpoly.serving.messages import status
from fastpoly.sim.faulted import FaultedConnection

Setting = float | str

_DAY_S: Final = 86_400


Act = Callable[[FaultedConnection, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One thing that can go wrong.

    Attributes:
        name: What it is called.
        doc: What happens.
        act: Makes it happen to a connection.
        undo: Ends it, for a fault that lasts.
        settings: Its own settings and their defaults.
    """

    name: str
    doc: str
    act: Act
    undo: Act | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)


def _drop(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.drop("fault: drop")


def _fin(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.hang_up("fault: fin")


def _close(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.reader.close(int(settings["code"]), str(settings["reason"]))


def _abrupt_close(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.reader.write(frames.close(int(settings["code"]), str(settings["reason"])))
    connection.reader.hang_up("fault: abrupt_close")


def _half_open(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.die()


def _revive(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.outlet.revive()


def _mute(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.muted = True


def _unmute(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.muted = False


def _evict(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.evict()


def _slow_consumer(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.send([status("SLOW_CONSUMER")])
    connection.reader.close(1008, "slow_consumer")


def _force_disconnect(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.send([status("FORCE_DISCONNECT")])
    connection.reader.close(1008, "force_disconnect")


def _nightly(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    wait_s = (float(settings["utc_s"]) - time.time()) % _DAY_S
    connection.later(wait_s, connection.reader.drop, "fault: nightly")


def _slow_acks(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.ack_delay = float(settings["seconds"])


def _prompt_acks(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.ack_delay = connection.simulator.ack_delay


def _lost_acks(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.lost_acks = float(settings["share"])


def _found_acks(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.lost_acks = 0.0


def _split(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.outlet.split = max(int(settings["bytes"]), 1)


def _unsplit(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.outlet.split = 0


def _fragment(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.outlet.pieces = max(int(settings["pieces"]), 1)


def _defragment(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.outlet.pieces = 1


def _giant(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.deliver_giant(int(settings["events"]))


def _bad_json(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.reader.send_text(str(settings["text"]).encode())


def _bad_utf8(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.send_text(b'[{"ev":"status","status":"\xff\xfe","message":""}]')


def _bad_frame(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.reader.write(frames.frame(b"", int(settings["opcode"])))


def _deep(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    depth = int(settings["depth"])
    connection.reader.send_text(b"[" * depth + b"]" * depth)


def _surprise(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.send(
        [
            b'{"ev":"NEWS","sym":"AAPL","nested":{"list":[1,null,true]}}',
            b'{"ev":"status","status":"unheard_of","message":"Nobody knows this status.","more":1}',
            b'{"no":"ev"}',
        ]
    )


def _empty(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.reader.send_text(b"[]")


def _pings(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    for number in range(int(settings["count"])):
        connection.reader.write(frames.frame(str(number).encode(), frames.PING))


def _repeat(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.deliver()


def _clock(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.pump.clock_offset_ms = int(settings["ms"])


def _clock_right(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.pump.clock_offset_ms = 0


def _burst(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.pump.happen_at_once(int(settings["events"]))


def _faster(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.pump.hurry(float(settings["factor"]))


def _as_before(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.pump.hurry(1.0)


def _stall(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.pump.stall(True)


def _flow(connection: FaultedConnection, _: Mapping[str, Any]) -> None:
    connection.pump.stall(False)


def _restart(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.simulator.restart(float(settings["seconds"]))


def _refuse(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    connection.simulator.refuse(
        float(settings["seconds"]), int(settings["status"]), int(settings["retry_after"])
    )


def _chaos(connection: FaultedConnection, settings: Mapping[str, Any]) -> None:
    name = connection.random.choice(str(settings["kinds"]).split("+"))
    connection.simulator.inject(name, connection.number, lasts=settings["lasts"])


FAULTS: Final = {
    kind.name: kind
    for kind in (
        FaultKind("drop", "The TCP connection is reset; what was on its way is lost.", _drop),
        FaultKind("fin", "The TCP connection is closed by FIN, without a close frame.", _fin),
        FaultKind(
            "close",
            "A close handshake begins, with any code.",
            _close,
            settings={"code": 1001, "reason": ""},
        ),
        FaultKind(
            "abrupt_close",
            "A close frame is sent and the TCP connection ends without waiting for the answer.",
            _abrupt_close,
            settings={"code": 1012, "reason": ""},
        ),
        FaultKind(
            "half_open",
            "The connection is dead but looks alive: nothing is sent and nothing is read.",
            _half_open,
            _revive,
        ),
        FaultKind("mute", "No market data; requests and pings are answered.", _mute, _unmute),
        FaultKind("evict", "Another connection takes this one's place: status, then 1008.", _evict),
        FaultKind(
            "slow_consumer",
            "The server gives up a client that does not read: status, then 1008.",
            _slow_consumer,
        ),
        FaultKind(
            "force_disconnect",
            "The service ends the connection on purpose: status, then 1008.",
            _force_disconnect,
        ),
        FaultKind(
            "nightly",
            "The TCP connection is reset at the next second `utc_s` of a day in UTC, as the "
            "service does it every night; use it with `at=0,after=connect`.",
            _nightly,
            settings={"utc_s": 8 * 3600},
        ),
        FaultKind(
            "slow_acks", "Confirmations take long.", _slow_acks, _prompt_acks, {"seconds": 3}
        ),
        FaultKind(
            "lost_acks", "Some requests are never confirmed.", _lost_acks, _found_acks, {"share": 1}
        ),
        FaultKind(
            "split",
            "Few bytes at a time reach the socket, across all borders of frames.",
            _split,
            _unsplit,
            {"bytes": 7},
        ),
        FaultKind(
            "fragment",
            "Every message comes in several WebSocket frames.",
            _fragment,
            _defragment,
            {"pieces": 3},
        ),
        FaultKind("giant", "One frame with very many events.", _giant, settings={"events": 20_000}),
        FaultKind(
            "bad_json",
            "A message that is not JSON.",
            _bad_json,
            settings={"text": '[{"ev":"T","sym":"AAPL","p":'},
        ),
        FaultKind("bad_utf8", "A text message that is not UTF-8.", _bad_utf8),
        FaultKind(
            "bad_frame",
            "A frame of a kind that does not exist.",
            _bad_frame,
            settings={"opcode": 5},
        ),
        FaultKind("deep", "JSON nested very deep.", _deep, settings={"depth": 100_000}),
        FaultKind(
            "surprise", "An unknown event, an unknown status, an object without ev.", _surprise
        ),
        FaultKind("empty", "An empty array.", _empty),
        FaultKind("pings", "Many pings at once.", _pings, settings={"count": 100}),
        FaultKind("repeat", "The last events come again.", _repeat),
        FaultKind("clock", "The server's clock is off.", _clock, _clock_right, {"ms": -5000}),
        FaultKind("burst", "Very many events at once.", _burst, settings={"events": 50_000}),
        FaultKind("faster", "Events come faster.", _faster, _as_before, {"factor": 10}),
        FaultKind(
            "stall", "Nothing happens; afterwards everything that was due, at once.", _stall, _flow
        ),
        FaultKind(
            "restart",
            "The server drops everyone and takes no connections for a while.",
            _restart,
            settings={"seconds": 1},
        ),
        FaultKind(
            "refuse",
            "The server drops everyone and answers who comes with HTTP 429 or 503, and with "
            "`Retry-After`, for a while.",
            _refuse,
            settings={"status": 503, "retry_after": 2, "seconds": 1},
        ),
        FaultKind(
            "chaos",
            "One of several faults, by chance.",
            _chaos,
            settings={
                "kinds": "drop+fin+close+abrupt_close+half_open+mute+evict+giant+bad_json"
                "+bad_utf8+bad_frame+surprise+empty+pings+burst"
            },
        ),
    )
}
"""Every fault by name."""

_COMMON: Final[Mapping[str, Setting]] = {
    "at": 1.0,
    "after": "subscribe",
    "every": 0.0,
    "times": 0,
    "jitter": 0.0,
    "only": 0,
    "lasts": 0.0,
}
_BEGINNINGS: Final = ("connect", "login", "subscribe")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and its settings, own and common."""

    kind: FaultKind
    settings: Mapping[str, Any]

    @classmethod
    def make(cls, name: str, settings: Mapping[str, Any]) -> Fault:
        """Make a fault by name.

        Args:
            name: A key of `FAULTS`.
            settings: Those that differ from the default.

        Raises:
            ValueError: There is no such fault or setting, or a value does not fit.
        """
        kind = FAULTS.get(name)
        if kind is None:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")
        defaults = {**_COMMON, **kind.settings}
        chosen: dict[str, Any] = dict(defaults)
        for key, value in settings.items():
            if key not in defaults:
                raise ValueError(
                    f"fault {name} has no setting {key!r}; it has {', '.join(defaults)}"
                )
            if isinstance(defaults[key], str):
                chosen[key] = str(value)
                continue
            try:
                chosen[key] = float(value)
            except ValueError:
                raise ValueError(f"fault {name}: {key} must be a number, not {value!r}") from None
            if not math.isfinite(chosen[key]) or (key in _COMMON and chosen[key] < 0):
                raise ValueError(f"fault {name}: {key} must not be {value}")
        if chosen["after"] not in _BEGINNINGS:
            raise ValueError(f"fault {name}: after must be one of {', '.join(_BEGINNINGS)}")
        if not 400 <= chosen.get("status", 400) < 600 or chosen.get("retry_after", 0) < 0:
            raise ValueError(f"fault {name}: status must be 400 to 599, retry_after 0 or more")
        for part in str(chosen.get("kinds", "")).split("+"):
            if part and part not in FAULTS:
                raise ValueError(f"fault {name}: there is no fault {part!r}")
        return cls(kind, chosen)

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Make a fault from its text, ``NAME:KEY=VALUE,...``.

        Raises:
            ValueError: The text does not name a fault and settings that exist.
        """
        name, _, rest = text.partition(":")
        settings: dict[str, str] = {}
        for part in filter(None, rest.split(",")):
            key, equals, value = part.partition("=")
            if not equals:
                raise ValueError(f"fault {text!r}: {part!r} should be KEY=VALUE")
            settings[key.strip()] = value.strip()
        return cls.make(name.strip(), settings)


class Faults:
    """The faults that a simulator has planned, and those that happened.

    Attributes:
        happened: Fault name -> how often.
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._planned = [Fault.parse(text) for text in texts]
        self._left = {id(fault): int(fault.settings["times"]) or -1 for fault in self._planned}
        self.happened: dict[str, int] = {}

    def begin(self, connection: FaultedConnection, beginning: str) -> None:
        """Start the clocks of the faults that count from this point of a connection's life."""
        for fault in self._planned:
            settings = fault.settings
            if settings["after"] == beginning and settings["only"] in (0, connection.number):
                self._plan(fault, connection, settings["at"])

    def _plan(self, fault: Fault, connection: FaultedConnection, seconds: float) -> None:
        jitter = fault.settings["jitter"]
        seconds *= 1 + jitter * (2 * connection.random.random() - 1)
        connection.later(max(seconds, 0.0), self._due, fault, connection)

    def _due(self, fault: Fault, connection: FaultedConnection) -> None:
        if self._left[id(fault)] == 0:
            return
        self._left[id(fault)] -= 1
        self.commit(fault, connection)
        if fault.settings["every"]:
            self._plan(fault, connection, fault.settings["every"])

    def commit(self, fault: Fault, connection: FaultedConnection) -> None:
        """Make a fault happen now, and end when its time is up."""
        name = fault.kind.name
        self.happened[name] = self.happened.get(name, 0) + 1
        fault.kind.act(connection, fault.settings)
        if fault.kind.undo is not None and fault.settings["lasts"]:
            connection.simulator.later(
                fault.settings["lasts"], fault.kind.undo, connection, fault.settings
            )
