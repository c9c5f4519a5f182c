"""The life of a stream as a table: states and inputs to states and actions. Pure.

The rules behind the table:

- The key is the first thing sent and the subscriptions the second; a stream is ``live`` when the
  server has answered both, not when data comes: a silent connection may be healthy.
- However a connection is lost, the way back is the same: wait as long as the policy says, connect
  anew, ask for everything that is wanted. A loss that interrupts a live stream is a gap, which is
  noted at once and announced when data flows again.
- What trying again would not help ends the stream: a refused key, a plan that does not include the
  market, a certificate that does not verify. The policy may give up on anything else.
- An eviction is a wait of its own kind: whoever took the place would be evicted by a retry. The
  policy gives up unless the user has asked for a long cool-down.
- ``stale`` is a judgement on the data, not on the connection: channels that should speak are
  silent.
- Asked to close, a stream hangs up and then is closed; a second request changes nothing.
- A source that has no more, such as a recording at its end, closes the stream without an error.
- What is closed stays closed, unless a facade lets its users open it again: at once, or as if it
  had been lost just now. What was missed in between is a gap like any other.

A pair of state and input that the table does not list leaves the state as it is: late news from a
connection that is being left, such as data while closing, means nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastpoly.errors import FastpolyError

__all__ = ["TABLE", "Action", "Input", "Lifecycle", "State", "StateChange", "mermaid"]


class State(StrEnum):
    """Where a stream is in its life."""

    IDLE = "idle"
    """Made, not opened."""
    CONNECTING = "connecting"
    """Name, TCP, TLS and upgrade."""
    AUTHENTICATING = "authenticating"
    """The connection is up; the key is with the server."""
    SUBSCRIBING = "subscribing"
    """The key was accepted; the first subscriptions are with the server. Data may flow."""
    LIVE = "live"
    """All is well."""
    STALE = "stale"
    """The connection is up, but a channel that should speak is silent."""
    WAITING = "waiting"
    """The connection was lost; the next attempt comes later."""
    EVICTED = "evicted"
    """Another connection took this one's place."""
    CLOSING = "closing"
    """Asked to close; the connection is being ended."""
    CLOSED = "closed"
    """Over, with a reason."""


class Input(StrEnum):
    """What happens to a stream."""

    OPEN = "open"
    UPGRADED = "upgraded"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    SILENT = "silent"
    DATA = "data"
    LOST = "lost"
    EVICTION = "eviction"
    FAILED = "failed"
    RETRY = "retry"
    CLOSE = "close"
    OVER = "over"
    REOPEN = "reopen"
    RESUME = "resume"
    ENDED = "ended"


class Action(StrEnum):
    """What the stream then does."""

    CONNECT = "connect"
    """Open a session."""
    SUBSCRIBE = "subscribe"
    """Ask for everything that is wanted."""
    NOTE_GAP = "note gap"
    """Note what was seen last."""
    ASK_POLICY = "ask policy"
    """Wait as long as the policy says, then input ``retry``; or, if it gives up, ``failed``."""
    HANG_UP = "hang up"
    """End the session, then input ``ended``."""
    FINISH = "finish"
    """Tell everyone who waits that it is over."""


_S, _I, _A = State, Input, Action
_ASK: Final = (_A.ASK_POLICY,)
_NOTE_AND_ASK: Final = (_A.NOTE_GAP, _A.ASK_POLICY)

TABLE: Final[dict[tuple[State, Input], tuple[State, tuple[Action, ...]]]] = {
    (_S.IDLE, _I.OPEN): (_S.CONNECTING, (_A.CONNECT,)),
    (_S.IDLE, _I.CLOSE): (_S.CLOSED, (_A.FINISH,)),
    (_S.CONNECTING, _I.UPGRADED): (_S.AUTHENTICATING, ()),
    (_S.CONNECTING, _I.LOST): (_S.WAITING, _ASK),
    (_S.CONNECTING, _I.EVICTION): (_S.EVICTED, _ASK),
    (_S.CONNECTING, _I.FAILED): (_S.CLOSED, (_A.FINISH,)),
    (_S.CONNECTING, _I.CLOSE): (_S.CLOSING, (_A.HANG_UP,)),
    (_S.AUTHENTICATING, _I.ACCEPTED): (_S.SUBSCRIBING, (_A.SUBSCRIBE,)),
    (_S.AUTHENTICATING, _I.LOST): (_S.WAITING, _ASK),
    (_S.AUTHENTICATING, _I.EVICTION): (_S.EVICTED, _ASK),
    (_S.AUTHENTICATING, _I.FAILED): (_S.CLOSED, (_A.FINISH,)),
    (_S.AUTHENTICATING, _I.CLOSE): (_S.CLOSING, (_A.HANG_UP,)),
    (_S.SUBSCRIBING, _I.SETTLED): (_S.LIVE, ()),
    (_S.SUBSCRIBING, _I.LOST): (_S.WAITING, _NOTE_AND_ASK),
    (_S.SUBSCRIBING, _I.EVICTION): (_S.EVICTED, _NOTE_AND_ASK),
    (_S.SUBSCRIBING, _I.FAILED): (_S.CLOSED, (_A.NOTE_GAP, _A.FINISH)),
    (_S.SUBSCRIBING, _I.OVER): (_S.CLOSED, (_A.FINISH,)),
    (_S.SUBSCRIBING, _I.CLOSE): (_S.CLOSING, (_A.HANG_UP,)),
    (_S.LIVE, _I.SILENT): (_S.STALE, ()),
    (_S.LIVE, _I.LOST): (_S.WAITING, _NOTE_AND_ASK),
    (_S.LIVE, _I.EVICTION): (_S.EVICTED, _NOTE_AND_ASK),
    (_S.LIVE, _I.FAILED): (_S.CLOSED, (_A.NOTE_GAP, _A.FINISH)),
    (_S.LIVE, _I.OVER): (_S.CLOSED, (_A.FINISH,)),
    (_S.LIVE, _I.CLOSE): (_S.CLOSING, (_A.HANG_UP,)),
    (_S.STALE, _I.DATA): (_S.LIVE, ()),
    (_S.STALE, _I.LOST): (_S.WAITING, _NOTE_AND_ASK),
    (_S.STALE, _I.EVICTION): (_S.EVICTED, _NOTE_AND_ASK),
    (_S.STALE, _I.FAILED): (_S.CLOSED, (_A.NOTE_GAP, _A.FINISH)),
    (_S.STALE, _I.OVER): (_S.CLOSED, (_A.FINISH,)),
    (_S.STALE, _I.CLOSE): (_S.CLOSING, (_A.HANG_UP,)),
    (_S.WAITING, _I.RETRY): (_S.CONNECTING, (_A.CONNECT,)),
    (_S.WAITING, _I.FAILED): (_S.CLOSED, (_A.FINISH,)),
    (_S.WAITING, _I.CLOSE): (_S.CLOSED, (_A.FINISH,)),
    (_S.EVICTED, _I.RETRY): (_S.CONNECTING, (_A.CONNECT,)),
    (_S.EVICTED, _I.FAILED): (_S.CLOSED, (_A.FINISH,)),
    (_S.EVICTED, _I.CLOSE): (_S.CLOSED, (_A.FINISH,)),
    (_S.CLOSING, _I.ENDED): (_S.CLOSED, (_A.NOTE_GAP, _A.FINISH)),
    (_S.CLOSED, _I.REOPEN): (_S.CONNECTING, (_A.CONNECT,)),
    (_S.CLOSED, _I.RESUME): (_S.WAITING, _ASK),
}


@dataclass(frozen=True, slots=True)
class StateChange:
    """One step of a stream's life.

    Attributes:
        old: The state before.
        new: The state now.
        cause: What happened.
        error: What went wrong, if that is what happened.
        at_ns: When, Unix time in ns.
        detail: More about it, such as which channels are silent; may be empty.
    """

    old: State
    new: State
    cause: Input
    error: FastpolyError | None
    at_ns: int
    detail: str = ""


class Lifecycle:
    """A walk through the table.

    Attributes:
        state: Where it is.
    """

    def __init__(self) -> None:
        self.state = State.IDLE

    def feed(self, cause: Input) -> tuple[Action, ...] | None:
        """Take one step.

        Returns:
            What to do now, in that order; None where the input means nothing in this state.
        """
        step = TABLE.get((self.state, cause))
        if step is None:
            return None
        self.state, actions = step
        return actions


def mermaid() -> str:
    """Return the table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.IDLE}"]
    for (state, cause), (target, actions) in TABLE.items():
        does = f" / {', '.join(actions)}" if actions else ""
        lines.append(f"    {state} --> {target}: {cause}{does}")
    lines.append(f"    {State.CLOSED} --> [*]")
    return "\n".join(lines)
