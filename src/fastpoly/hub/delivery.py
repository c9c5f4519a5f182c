"""From the hub's connection to its readers: one pass over the events, one write for each reader."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fastpoly._core import EventRouter
from fastpoly.hub.held_data import HeldData
from fastpoly.hub.slow_readers import SLOW_READER_POLICIES
from fastpoly.serving.frames import frame
from fastpoly.serving.messages import array

if TYPE_CHECKING:
    from fastpoly._core import Batch
    from fastpoly.hub.slow_readers import SlowReaderPolicy
    from fastpoly.hub.union import Key
    from fastpoly.serving.reader import Reader

__all__ = ["Delivery", "Recipient"]

FLUSH_BYTES: Final = 1024 * 1024
"""Bytes, over all groups, that are written at once and do not wait for more."""

MAX_PAST_BYTES: Final = 1024 * 1024
"""Bytes of what was recorded that wait for a reader at a time."""


@dataclass(slots=True, eq=False)
class _Group:
    """Readers with the same subscriptions, who share their bytes."""

    number: int
    keys: frozenset[Key]
    # Whom its bytes are written to; of `size` readers some may be left out.
    members: dict[Reader, Recipient] = field(default_factory=dict)
    size: int = 0


@dataclass(slots=True, eq=False)
class Recipient:
    """A reader, as the delivery sees it.

    Attributes:
        reader: The reader.
        policy: What happens to it when it is slow.
        group: Whose subscriptions it has; None for none.
        watching: Waits for room in its buffer, while there is none.
        held: Where its live data goes while it gets what was recorded before; None if it does not.
    """

    reader: Reader
    policy: SlowReaderPolicy
    group: _Group | None = None
    watching: asyncio.Task[None] | None = None
    held: HeldData | None = None

    def hold_anew(self) -> None:
        """Let go of what is held: it is not what the reader wants any more."""
        if self.held is not None:
            self.held.drop()


class Delivery:
    """Hands each reader the events of its subscriptions.

    Args:
        market: The market's name.
        policy: What happens to slow readers, a name of `SLOW_READER_POLICIES`.
        max_reader_bytes: Bytes that may wait for each reader.
        max_delay_s: For how long data may wait for more, while much comes, so that writes are
            large; 0 for not at all.
        keep_latest: Whether to keep the latest of each symbol, for `latest`.

    Attributes:
        bytes_sent: Bytes that were written so far, for each reader.
        evicted: Readers that were disconnected because they were slow.
        lost_by_channel: Events that readers did not get because they were slow.
    """

    def __init__(
        self,
        market: str,
        *,
        policy: str,
        max_reader_bytes: int,
        max_delay_s: float,
        keep_latest: bool,
    ) -> None:
        self.bytes_sent = 0
        self.evicted = 0
        self.lost_by_channel: Counter[str] = Counter()
        self._router = EventRouter(market)
        self._router.keeps_latest = keep_latest
        self._keep_latest = keep_latest
        self._policy = SLOW_READER_POLICIES[policy]
        self._max_reader_bytes = max_reader_bytes
        self._max_delay_s = max_delay_s
        self._groups: dict[frozenset[Key], _Group] = {}
        self._by_number: dict[int, _Group] = {}
        self._recipients: dict[Reader, Recipient] = {}
        self._left_out: set[Reader] = set()
        self._flushing: asyncio.Handle | None = None
        self._flushed_at = 0.0

    # ----------------------------------------------------------------------------- readers

    def add(self, reader: Reader) -> Recipient:
        """Take a reader, which has no subscriptions yet."""
        policy = self._policy(reader, self, self._max_reader_bytes)
        reader.outlet.limit_buffer(policy.mark_bytes)
        recipient = self._recipients[reader] = Recipient(reader, policy)
        return recipient

    def add_late(self, reader: Reader) -> Recipient:
        """Take a reader that gets nothing live until `release`."""
        recipient = self.add(reader)
        # Both together are no more than may wait for it once it is live.
        half = max(recipient.policy.mark_bytes // 2, 1)
        reader.outlet.limit_buffer(min(half, MAX_PAST_BYTES))
        recipient.held = HeldData(half)
        return recipient

    def remove(self, reader: Reader) -> None:
        """Forget a reader; one that is not there is not an error."""
        recipient = self._recipients.pop(reader, None)
        if recipient is None:
            return
        self.flush()
        self._leave(recipient)
        self._left_out.discard(reader)
        self._keep_as_needed()
        if recipient.watching is not None:
            recipient.watching.cancel()

    def subscribe(self, recipient: Recipient, keys: frozenset[Key]) -> None:
        """Give a reader other subscriptions, from the next event on."""
        if recipient.group is not None and recipient.group.keys == keys:
            return
        self.flush()
        recipient.policy.before_regroup()
        self._leave(recipient)
        if keys:
            group = self._groups.get(keys)
            if group is None:
                group = _Group(self._router.add_group(keys), keys)
                self._groups[keys] = self._by_number[group.number] = group
            group.size += 1
            recipient.group = group
            if recipient.reader not in self._left_out:
                group.members[recipient.reader] = recipient
        recipient.policy.after_regroup()

    def _leave(self, recipient: Recipient) -> None:
        group, recipient.group = recipient.group, None
        if group is None:
            return
        group.members.pop(recipient.reader, None)
        group.size -= 1
        if not group.size:
            del self._groups[group.keys], self._by_number[group.number]
            self._router.remove_group(group.number)

    def send_latest(self, recipient: Recipient, keys: Iterable[Key]) -> None:
        """Write the latest event of each symbol to a reader that has just subscribed to it."""
        if recipient.reader in self._left_out or recipient.held is not None:
            return
        number = self._router.add_group(keys)
        latest, _ = self._router.latest(number, 0, self._max_reader_bytes)
        self._router.remove_group(number)
        self._write(recipient, latest)

    @property
    def groups(self) -> int:
        """How many different sets of subscriptions there are."""
        return len(self._groups)

    # ------------------------------------------------------------------------------- events

    def on_batch(self, batch: Batch) -> None:
        """Take events, which are written soon."""
        waiting = self._router.route(batch)
        if waiting >= FLUSH_BYTES:
            self.flush()
        elif waiting and self._flushing is None:
            self._schedule()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s = self._flushed_at + self._max_delay_s - time.monotonic()
        # After a quiet moment at once, but with all that this turn of the loop brings.
        if wait_s <= 0:
            self._flushing = loop.call_soon(self.flush)
        else:
            self._flushing = loop.call_later(wait_s, self.flush)

    def flush(self) -> None:
        """Write what waits, to everyone who wants it."""
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.cancel()
        self._flushed_at = time.monotonic()
        for number in self._router.waiting():
            data = self._router.take(number)
            for recipient in tuple(self._by_number[number].members.values()):
                self._write(recipient, data)

    def _write(self, recipient: Recipient, data: bytes) -> None:
        reader = recipient.reader
        if recipient.held is not None:
            recipient.held.add(data)
            return
        if not data:
            return
        reader.write(data)
        self.bytes_sent += len(data)
        if not reader.has_room:
            recipient.policy.on_full()
            if recipient.watching is None and reader.is_open:
                recipient.watching = asyncio.get_running_loop().create_task(self._watch(recipient))

    async def _watch(self, recipient: Recipient) -> None:
        await recipient.reader.room()
        recipient.watching = None
        if recipient.reader.is_open:
            self.flush()
            recipient.policy.on_room()

    # ------------------------------------------------------------------------- late readers

    def write_past(self, recipient: Recipient, data: bytes) -> None:
        """Write what was recorded to a reader; whoever does waits until it has room."""
        recipient.reader.write(data)
        self.bytes_sent += len(data)

    def hold(self, recipient: Recipient) -> None:
        """Hold what comes for a late reader from now on."""
        self.flush()
        if recipient.held is not None:
            recipient.held.begin()

    def release(self, recipient: Recipient) -> bool:
        """Write what was held for a late reader, and from now on what comes.

        Returns:
            Whether it was all there; if not, nothing is changed.
        """
        self.flush()
        held = recipient.held
        if held is None or not held.is_whole:
            return False
        recipient.held = None
        recipient.reader.outlet.limit_buffer(recipient.policy.mark_bytes)
        for data in held.take():
            self._write(recipient, data)
        return True

    # -------------------------------------------------------------------------------- news

    def announce(self, message: bytes) -> None:
        """Tell every reader that has subscriptions something, after the data that came before."""
        self.flush()
        for recipient in tuple(self._recipients.values()):
            if recipient.group is None:
                continue
            if recipient.held is not None:
                # What is not held is in the recording too.
                recipient.held.add(frame(array([message])))
            else:
                recipient.policy.tell(message)

    def tell(self, reader: Reader, messages: Iterable[bytes]) -> None:
        """Answer a reader, after the data that came before."""
        self.flush()
        reader.send(list(messages))

    # ---------------------------------------------------------------- see `SlowReaders`

    @property
    def position(self) -> int:
        """See `SlowReaders.position`."""
        return self._router.position

    def counts(self, reader: Reader) -> Mapping[str, int]:
        """See `SlowReaders.counts`."""
        group = self._recipients[reader].group
        return {} if group is None else self._router.counts(group.number)

    def leave_out(self, reader: Reader) -> None:
        """See `SlowReaders.leave_out`."""
        group = self._recipients[reader].group
        if group is not None:
            group.members.pop(reader, None)
        self._left_out.add(reader)
        self._keep_as_needed()

    def take_in(self, reader: Reader, since: int) -> tuple[bytes, Mapping[str, int]]:
        """See `SlowReaders.take_in`."""
        recipient = self._recipients[reader]
        self._left_out.discard(reader)
        latest: tuple[bytes, Mapping[str, int]] = (b"", {})
        if recipient.group is not None:
            latest = self._router.latest(recipient.group.number, since, self._max_reader_bytes)
            recipient.group.members[reader] = recipient
        self._keep_as_needed()
        return latest

    def _keep_as_needed(self) -> None:
        keeps = self._keep_latest or bool(self._left_out)
        if keeps is not self._router.keeps_latest:
            self._router.keeps_latest = keeps

    def count_lost(self, lost: Mapping[str, int]) -> None:
        """See `SlowReaders.count_lost`."""
        self.lost_by_channel.update(lost)

    def give_up(self, reader: Reader) -> None:
        """See `SlowReaders.give_up`."""
        self.evicted += 1
        group = self._recipients[reader].group
        if group is not None:
            group.members.pop(reader, None)
