"""What is behind one reader of a hub: its login, its subscriptions, and their answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from fastpoly.errors import FastpolyError, SubscriptionError, SubscriptionLimitError
from fastpoly.protocol.start import start_of_query
from fastpoly.serving.messages import status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastpoly.hub.delivery import Delivery, Recipient
    from fastpoly.hub.late_reader import LateReader
    from fastpoly.hub.union import Key
    from fastpoly.hub.upstream import Upstream
    from fastpoly.serving.messages import Param
    from fastpoly.serving.reader import Reader

__all__ = ["FeedOwner", "HubFeed"]


class FeedOwner(Protocol):
    """The hub that a reader belongs to."""

    @property
    def upstream(self) -> Upstream:
        """Where its events come from."""

    @property
    def delivery(self) -> Delivery:
        """How they reach it."""

    @property
    def gives_last(self) -> bool:
        """Whether a subscription begins with the last values."""

    def admits(self, key: str) -> bool:
        """Whether a reader with this key is let in."""

    def late_reader(self, recipient: Recipient, start_ns: int) -> LateReader:
        """Return what plays a reader what was recorded from a time on."""

    def forget(self, feed: HubFeed) -> None:
        """Forget a reader whose connection has ended."""


class HubFeed:
    """See `ReaderFeed`. Events flow as soon as they are subscribed to; the answer says when the
    service has confirmed that.

    Args:
        owner: The hub.
        reader: The reader.
    """

    def __init__(self, owner: FeedOwner, reader: Reader) -> None:
        self.reader = reader
        self._owner = owner
        start_ns = start_of_query(reader.query)
        self._late: LateReader | None = None
        if start_ns is None:
            self.recipient = owner.delivery.add(reader)
        else:
            self.recipient = owner.delivery.add_late(reader)
            self._late = owner.late_reader(self.recipient, start_ns)
        # What it wants, each in its own words.
        self._held: dict[Key, str] = {}
        self._statuses: list[bytes] = []
        self._waiting: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._held)

    def on_message(self, payload: bytes) -> None:
        """See `ReaderFeed.on_message`."""

    def judge_key(self, key: str) -> None:
        """See `ReaderFeed.judge_key`."""
        if self._owner.admits(key):
            self.reader.accept(key)
        else:
            self.reader.refuse("AUTH_FAILED", "wrong token")

    def on_login(self) -> None:
        """See `ReaderFeed.on_login`."""

    def refusal(self, param: Param) -> str | None:
        """See `SubscriptionRules.refusal`."""
        return self._owner.upstream.refusal(param.text)

    def add(self, param: Param) -> None:
        """See `SubscriptionRules.add`."""
        key = (param.channel, param.symbol)
        self._held[key] = param.text
        self._owner.upstream.add(key, param.text)

    def remove(self, param: Param) -> None:
        """See `SubscriptionRules.remove`."""
        key = (param.channel, param.symbol)
        del self._held[key]
        self._owner.upstream.remove([key])

    def answer(self, statuses: list[bytes]) -> None:
        """See `ReaderFeed.answer`: `after_request` knows what the service has to confirm first."""
        self._statuses = statuses

    def after_request(self, added: list[Param], removed: list[Param]) -> None:
        """See `ReaderFeed.after_request`."""
        statuses, self._statuses = self._statuses, []
        if added or removed:
            self._regroup()
        keys = [(param.channel, param.symbol) for param in added]
        if self._owner.upstream.has(keys):
            self._say(statuses)
            self._begin(keys)
            return
        # Refusals come first, and confirmations of what was added last.
        known, awaited = statuses[: -len(added)], statuses[-len(added) :]
        self._say(known)
        task = asyncio.get_running_loop().create_task(
            self._confirm(added, dict(zip(keys, awaited, strict=True)))
        )
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def _say(self, statuses: list[bytes]) -> None:
        if statuses:
            self._owner.delivery.tell(self.reader, statuses)

    def _begin(self, keys: Iterable[Key]) -> None:
        held = [key for key in keys if key in self._held]
        if held and self._owner.gives_last:
            self._owner.delivery.send_latest(self.recipient, held)

    async def _confirm(self, added: list[Param], statuses: dict[Key, bytes]) -> None:
        """Answer for parameters when the service has answered."""
        upstream = self._owner.upstream
        refused: frozenset[str] = frozenset()
        failed: frozenset[str] = frozenset()
        name = "NOT_AUTHORIZED"
        texts = {key: upstream.union.text(key) for key in statuses if key in self._held}
        try:
            await upstream.confirm(texts)
        except SubscriptionError as error:
            refused = frozenset(error.refused)
            failed = refused | frozenset(error.unanswered)
            if isinstance(error, SubscriptionLimitError):
                name = "SUBSCRIPTION_LIMIT"
        except FastpolyError:
            return  # the hub ends, and says so to everyone
        lost = [param for param in added if texts.get((param.channel, param.symbol)) in failed]
        # What the service does not answer, it does not answer here either.
        said = [status(name)] * sum(texts[(one.channel, one.symbol)] in refused for one in lost)
        said += [
            statuses[key] for key, text in texts.items() if text not in failed and key in self._held
        ]
        self.withdraw(lost)
        self._say(said)
        self._begin(texts)

    def withdraw(self, params: Iterable[Param]) -> None:
        """Take back subscriptions that the service does not give."""
        held = [param for param in params if (param.channel, param.symbol) in self._held]
        if held:
            self.reader.subscriptions.unsubscribe(held)
            self._regroup()

    def _regroup(self) -> None:
        self._owner.delivery.subscribe(self.recipient, frozenset(self._held))
        if self.is_late and self._late is not None:
            self._late.subscribe(self._held)

    @property
    def is_late(self) -> bool:
        """Whether it still gets what was recorded before it came."""
        return self.recipient.held is not None

    def stop_playing(self) -> None:
        """Give a reader that is late nothing more."""
        if self.is_late and self._late is not None:
            self._late.stop()

    def holds(self, texts: frozenset[str]) -> bool:
        """Whether the reader wants any of these parameters, in the words of the service."""
        union = self._owner.upstream.union
        return any(union.text(key) in texts for key in self._held)

    def flush(self) -> None:
        """See `ReaderFeed.flush`."""
        self._owner.delivery.flush()

    def detach(self) -> None:
        """See `ReaderFeed.detach`."""
        for task in self._waiting:
            task.cancel()
        self.stop_playing()
        self._owner.delivery.remove(self.reader)
        held, self._held = self._held, {}
        self._owner.upstream.remove(held)
        self._owner.forget(self)
