"""Reads a stream of messages: asks for as many as there is room for, on an inbox of its own."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly.broker.link import request_failed

if TYPE_CHECKING:
    from fastpoly.broker.link import Link

__all__ = ["SEVERAL_FILTERS", "WINDOW", "Pull", "PullOwner", "PullStart", "filters_for"]

WINDOW: Final = 256
"""Messages that are asked for and have not come."""

EXPIRES_S: Final = 30.0
"""How long a request for messages stands."""

HEARTBEAT_S: Final = 1.0
"""How often a broker says that it is there while there are no messages."""

SILENCE_S: Final = 5.0
"""After how long without a word a consumer is gone, such as with its server of a cluster."""

INACTIVE_S: Final = 60.0
"""After how long a broker forgets a reader that has gone."""

SEVERAL_FILTERS: Final = (2, 10)
"""From which version on a reader may have more than one filter."""


class PullOwner(Protocol):
    """Whose messages they are."""

    def on_message(self, subject: str, sequence: int, message: bytes) -> object:
        """Take a message, in the order of the stream."""

    def on_pull_ended(self, why: str) -> object:
        """Take note that no more come, for a reason; what was not received is still there."""


@dataclass(frozen=True, slots=True)
class PullStart:
    """Where to begin: at a sequence number, or at a time.

    Attributes:
        sequence: The number of the first message.
        time_ns: The time from which on messages were stored, instead; Unix time in ns.
    """

    sequence: int = 1
    time_ns: int | None = None


def filters_for(subjects: Sequence[str], everything: str, version: tuple[int, int]) -> list[str]:
    """Return the filters that a server of a version can apply; the rest is the reader's to leave.

    Args:
        subjects: What is wanted; none for everything.
        everything: The subject that covers it all.
        version: The server's version.
    """
    if not subjects or (len(subjects) > 1 and version < SEVERAL_FILTERS):
        return [everything]
    return list(subjects)


class Pull:
    """One reader of a stream, as the broker knows it. Used in one event loop.

    Args:
        link: The connection.
        stream: The stream's name.
        owner: Whose messages they are.
    """

    def __init__(self, link: Link, stream: str, owner: PullOwner) -> None:
        self._link = link
        self._stream = stream
        self._owner = owner
        self._name = f"fastpoly-{secrets.token_hex(6)}"
        self._inbox = ""
        self._outstanding = 0
        self._is_paused = False
        self._ended = False
        # The broker's count of what it has sent to this reader.
        self._delivered = 0
        self._heard_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._subscription: Any = None

    async def open(self, start: PullStart, filters: Sequence[str]) -> None:
        """Begin to read.

        Raises:
            FastpolyError: The broker does not do as it is asked.
        """
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

        config = ConsumerConfig(
            name=self._name,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=INACTIVE_S,
            mem_storage=True,
            num_replicas=1,
        )
        if start.time_ns is not None:
            config.deliver_policy = DeliverPolicy.BY_START_TIME
            config.opt_start_time = datetime.fromtimestamp(start.time_ns / 1e9, UTC)
        else:
            config.deliver_policy = DeliverPolicy.BY_START_SEQUENCE
            config.opt_start_seq = max(start.sequence, 1)
        if len(filters) == 1:
            config.filter_subject = filters[0]
        else:
            config.filter_subjects = list(filters)
        try:
            self._inbox = self._link.client.new_inbox()
            self._subscription = await self._link.client.subscribe(self._inbox, cb=self._on_message)
            await self._link.jetstream.add_consumer(self._stream, config)
        except Exception as error:
            raise request_failed(f"read the stream {self._stream}", error) from error
        self._heard_s = time.monotonic()
        self._look_later()
        await self._ask()

    async def close(self) -> None:
        """Have the broker forget this reader; an error of it is nobody's affair."""
        self._end()
        for task in list(self._asking):
            task.cancel()
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await self._subscription.unsubscribe()
                await self._link.jetstream.delete_consumer(self._stream, self._name)
        except Exception:  # noqa: S110 - it forgets by itself
            pass

    def abandon(self) -> None:
        """Take no more messages."""
        self._end()
        for task in list(self._asking):
            task.cancel()

    def _end(self) -> None:
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()

    # ------------------------------------------------------------------------------- asking

    def pause(self) -> None:
        """Ask for no more; what was asked for may still come."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on asking."""
        self._is_paused = False
        self._heard_s = time.monotonic()
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._asking or self._is_paused or self._ended or 2 * self._outstanding > WINDOW:
            return
        task = asyncio.get_running_loop().create_task(self._ask())
        self._asking.add(task)
        task.add_done_callback(self._on_asked)

    def _on_asked(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(str(error) or type(error).__name__)

    async def _ask(self) -> None:
        count = WINDOW - self._outstanding
        self._outstanding += count
        request = {
            "batch": count,
            "expires": int(EXPIRES_S * 1e9),
            "idle_heartbeat": int(HEARTBEAT_S * 1e9),
        }
        await self._link.client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}",
            json.dumps(request).encode(),
            reply=self._inbox,
        )

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(HEARTBEAT_S, self._look)

    def _look(self) -> None:
        if self._ended:
            return
        if self._outstanding and time.monotonic() - self._heard_s > SILENCE_S:
            self._fail("the broker has fallen silent")
            return
        self._ask_soon()
        self._look_later()

    # ------------------------------------------------------------------------------ answers

    async def _on_message(self, message: Any) -> None:
        if self._ended:
            return
        self._heard_s = time.monotonic()
        tokens = message.reply.split(".")
        if len(tokens) < 9:
            self._on_status(message.headers or {})
            return
        # Behind the stream's number comes the reader's own; newer servers have more tokens.
        sequence, delivered = (
            (int(tokens[5]), int(tokens[6]))
            if len(tokens) == 9
            else (int(tokens[7]), int(tokens[8]))
        )
        self._outstanding = max(self._outstanding - 1, 0)
        if delivered != self._delivered + 1:
            self._fail("messages were lost on the way from the broker")
            return
        self._delivered = delivered
        self._ask_soon()
        self._owner.on_message(message.subject, sequence, message.data)

    def _on_status(self, headers: Any) -> None:
        status = headers.get("Status", "")
        if status == "100":  # a heartbeat
            return
        left = headers.get("Nats-Pending-Messages")
        self._outstanding = max(self._outstanding - int(left), 0) if left else 0
        if status in ("404", "408", "409") and "deleted" not in headers.get("Description", ""):
            self._ask_soon()
            return
        self._fail(
            f"the broker said {status or 'nothing'} {headers.get('Description', '')}".strip()
        )

    def _fail(self, why: str) -> None:
        if not self._ended:
            self._end()
            self._owner.on_pull_ended(why)
