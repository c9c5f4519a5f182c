"""What a stream says about itself, in the order of its events: gaps and losses.

Notices travel in batches like events and read like them, by attribute and by key; their channel is
``notice``. They are made here and not decoded, so they share no class with the server's events.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

__all__ = [
    "NOTICE_CHANNEL",
    "NOTICE_TYPES",
    "Gap",
    "MinuteComplete",
    "Notice",
    "SinkFailed",
    "SlowConsumer",
]

NOTICE_CHANNEL: Final = "notice"
"""The channel of notices in `Batch.channels`, `Batch.select` and `Stream.on`."""


@dataclass(frozen=True, eq=True, kw_only=True)
class Notice:
    """Any notice. ``notice["lost"]`` and ``dict(notice)`` work as with the server's events.

    Attributes:
        market: The stream's market.
        at_ns: When it was made, Unix time in ns.
    """

    event_type: ClassVar[str] = NOTICE_CHANNEL
    malformed: ClassVar[tuple[str, ...]] = ()

    market: str
    at_ns: int

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes by name, after ``ev``; events in them as dicts."""
        values = {spec.name: _plain(getattr(self, spec.name)) for spec in fields(self)}
        return {"ev": self.event_type, **values}

    def keys(self) -> KeysView[str]:
        """Return the keys of `to_dict`."""
        return self.to_dict().keys()

    def values(self) -> ValuesView[Any]:
        """The values of `to_dict`."""
        return self.to_dict().values()

    def items(self) -> ItemsView[str, Any]:
        """The keys of `to_dict`, each with its value."""
        return self.to_dict().items()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        return self.to_dict().get(key, default)

    def __getitem__(self, key: str) -> Any:
        return self.to_dict()[key]

    def __contains__(self, key: object) -> bool:
        return key in self.to_dict()

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __len__(self) -> int:
        return len(self.to_dict())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


@dataclass(frozen=True, eq=True, kw_only=True)
class Gap(Notice):
    """The stream was interrupted; what happened meanwhile was not received.

    It comes before the first event after the interruption. Whether anything is missing cannot be
    told from the events themselves: sequence numbers have gaps of their own.

    Attributes:
        cause: Why the connection was lost, one sentence.
        code: The close code of the connection that was lost.
        since_ns: When it was lost, Unix time in ns.
        until_ns: When the first event after it was received, Unix time in ns.
        attempts: Attempts that it took to reconnect.
        channels: Channels that were subscribed.
        params: The subscriptions themselves, such as ``T.AAPL`` and ``Q.*``.
        last_by_channel: The last event before, of each channel that had one.
        first_by_channel: The first event after, of each channel that has one in the batch that
            ended the gap.
        filled: Events that a fill hook has supplied, which follow the gap.
        lost_by_channel: How many events are missing by channel, where that is known: a hub that
            left a slow reader some out has counted them. Empty where nobody knows.
        lost: How many events are missing, of all symbols and channels; None where that cannot be
            told, as it cannot of the service. A reader of shared memory that was overrun knows.
    """

    event_type: ClassVar[str] = "gap"

    cause: str
    code: int = 1006
    since_ns: int
    until_ns: int
    attempts: int = 1
    channels: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    last_by_channel: Mapping[str, Any] = field(default_factory=dict)
    first_by_channel: Mapping[str, Any] = field(default_factory=dict)
    filled: int = 0
    lost_by_channel: Mapping[str, int] = field(default_factory=dict)
    lost: int | None = None

    @property
    def seconds(self) -> float:
        """How long the interruption was, in seconds."""
        return (self.until_ns - self.since_ns) / 1e9


@dataclass(frozen=True, eq=True, kw_only=True)
class SlowConsumer(Notice):
    """This consumer did not keep up, and its overflow policy took events from it.

    One for each run of lost events, at the place where they are missing. What a consumer received
    and what it lost add up to what the server sent.

    Attributes:
        consumer: Who was slow: the handler's name, or ``iteration``.
        overflow: The policy that was applied.
        lost: How many events are missing.
        lost_by_channel: The same by channel.
        since_ns: When the first of them was lost, Unix time in ns.
        until_ns: When the last of them was lost, Unix time in ns.
    """

    event_type: ClassVar[str] = "slow_consumer"

    consumer: str
    overflow: str
    lost: int
    lost_by_channel: Mapping[str, int]
    since_ns: int
    until_ns: int


@dataclass(frozen=True, eq=True, kw_only=True)
class SinkFailed(Notice):
    """A sink could not write events, and they are lost to it.

    Attributes:
        sink: Which.
        cause: Why, one sentence.
        lost: How many events are missing.
        lost_by_channel: The same by channel.
    """

    event_type: ClassVar[str] = "sink_failed"

    sink: str
    cause: str
    lost: int
    lost_by_channel: Mapping[str, int]


@dataclass(frozen=True, eq=True, kw_only=True)
class MinuteComplete(Notice):
    """The bars of a minute are there, but for those that come later than was waited for.

    It comes where `Stream.keep_bars` was told to say so, before the first event that was received
    after `at_ns`.

    Attributes:
        channel: The channel of the bars.
        start: When the minute began, Unix time in ms, as the bars have it.
        bars: Symbols with a bar of this minute.
        expected: Symbols with a bar of the minute before.
        missing: Those of them that have none of this one: most had no trade in it.
        stragglers: The first of them, by name; 100 at most.
        late: Bars that came after the notice of their minute, since the notice before this one.
        restated: Bars of such minutes that came again with other values, since then.
    """

    event_type: ClassVar[str] = "minute_complete"

    channel: str
    start: int
    bars: int
    expected: int
    missing: int
    stragglers: tuple[str, ...] = ()
    late: int = 0
    restated: int = 0


NOTICE_TYPES: Final = (
    Gap.event_type,
    SlowConsumer.event_type,
    SinkFailed.event_type,
    MinuteComplete.event_type,
)
"""The ``event_type`` of every kind of notice, and the ``ev`` of its dict."""
