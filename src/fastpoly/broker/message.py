"""The format of the messages: a head, the state of the session, stamps, and a JSON array.

`docs/nats.md` describes it for readers in other languages. What is stored outlives this version: a
change is another magic number.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from fastpoly.errors import DecodeError

__all__ = [
    "GROUP_SHARDS",
    "RUN_BYTES",
    "SESSION_CHANNEL",
    "Loss",
    "MessageHead",
    "MessageKind",
    "pack",
    "subject_of",
    "unpack",
]

MAGIC: Final = b"FPM1"

_HEAD: Final = struct.Struct("<4sHBxQQQIII")

RUN_BYTES: Final = 12
"""Bytes of an entry of the table: a stamp and a size."""

SESSION_CHANNEL: Final = "session"
"""The channel, in subjects, of marks: what happened to the publisher's own connection."""

GROUP_SHARDS: Final = 16
"""Shards that share a group, so that a single filter can take a quarter."""


class MessageKind(IntEnum):
    """What is in a message."""

    EVENTS = 0
    """Events of one channel and shard."""
    MARK = 1
    """A mark as in recordings, see `fastpoly.capture.Mark`: JSON, without stamps."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The last time that something is missing from the stream of messages.

    Attributes:
        since_ns: From when on, Unix time in ns.
        until_ns: Until when; 0 where it was not over yet.
        cause: Why, one sentence.
        code: The close code of a connection that was lost.
        lost: How many events are missing, by channel, where that is known.
    """

    since_ns: int
    until_ns: int
    cause: str
    code: int = 1006
    lost: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return it as it stands in a message."""
        said: dict[str, Any] = {
            "since_ns": self.since_ns,
            "until_ns": self.until_ns,
            "cause": self.cause,
            "code": self.code,
        }
        if self.lost:
            said["lost"] = dict(self.lost)
        return json.dumps(said, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Loss:
        """Return what a message says.

        Raises:
            DecodeError: It is something else.
        """
        try:
            said = json.loads(text)
            return cls(
                int(said["since_ns"]),
                int(said["until_ns"]),
                str(said["cause"]),
                int(said["code"]),
                {str(name): int(count) for name, count in said.get("lost", {}).items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise DecodeError("the message says something else than a loss", offset=0) from None


@dataclass(frozen=True, slots=True)
class MessageHead:
    """What every message begins with.

    Attributes:
        kind: What is in it.
        epoch: Which run of a publisher it is of; another one each time that one begins.
        number: Its place among the messages of its epoch, from 0.
        previous: The stream sequence of the message before it on its subject; 0 for none.
        losses: How often something went missing so far; where it is higher than in the message
            before, something is missing between the two.
        runs: Stamps, each with an array of events.
        events: Events in all.
        loss: The JSON text of the last `Loss`; empty where there was none.
        table_at: Where the stamps begin.
    """

    kind: MessageKind
    epoch: int
    number: int
    previous: int
    losses: int
    runs: int
    events: int
    loss: bytes
    table_at: int


def pack(
    kind: MessageKind,
    epoch: int,
    number: int,
    previous: int,
    losses: int,
    runs: int,
    events: int,
    loss: bytes,
    content: bytes,
) -> bytes:
    """Return a message; see `MessageHead`.

    Args:
        content: The table of stamps, and behind it the array; of a mark, its text.
    """
    table_at = _HEAD.size + len(loss)
    head = _HEAD.pack(MAGIC, table_at, kind, epoch, number, previous, losses, runs, events)
    return b"".join((head, loss, content))


def unpack(message: bytes) -> MessageHead:
    """Return a message's head.

    Raises:
        DecodeError: It is none of ours, or of a version that this one does not know.
    """
    if len(message) < _HEAD.size or not message.startswith(MAGIC):
        raise DecodeError(
            "the message is none of fastpoly's, or of another version", offset=0, hint=_HINT
        )
    _, table_at, kind, epoch, number, previous, losses, runs, events = _HEAD.unpack_from(message)
    if not _HEAD.size <= table_at <= len(message) or kind > MessageKind.MARK:
        raise DecodeError("the message's head is damaged", offset=4, hint=_HINT)
    loss = message[_HEAD.size : table_at]
    return MessageHead(
        MessageKind(kind), epoch, number, previous, losses, runs, events, loss, table_at
    )


_HINT: Final = "See which program writes to the stream, and that it is of this version."


def subject_of(prefix: str, market: str, channel: str, shard: int) -> str:
    """Return the subject of a channel's shard: ``fp.stocks.T.0.5``."""
    return f"{prefix}.{market}.{channel}.{shard // GROUP_SHARDS}.{shard}"
