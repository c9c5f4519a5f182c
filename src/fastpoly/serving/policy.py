"""How much a server gives its readers, and what happens to those who want more or are too slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Evict = Literal["oldest", "newest"]
SlowReader = Literal["drop", "wait"]
EarlySubscribe = Literal["refuse", "ignore"]

_CHOICES = {
    "evict": ("oldest", "newest"),
    "slow_reader": ("drop", "wait"),
    "early_subscribe": ("refuse", "ignore"),
}
_AT_LEAST_ONE = ("max_buffer_bytes", "max_request_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPolicy:
    """The limits of a server, each with what happens when it is reached.

    Attributes:
        max_readers: Connections at a time; 0 for any number. Another one gets HTTP status 503.
        max_readers_per_account: Connections at a time per market and key; 0 for any number.
        evict: Which connection of an account goes when there is one too many: the ``oldest``, or
            the ``newest`` after its first subscription.
        eviction_text: What follows the first sentence of the status that an evicted reader gets.
        max_subscriptions: Parameters that one reader may hold; 0 for any number. A request that
            would exceed it is refused as a whole.
        max_buffer_bytes: How many bytes may wait for one reader that does not read.
        slow_reader: What happens then: ``drop`` resets the connection. With ``wait`` nothing
            happens to the reader; whoever sends asks `Reader.has_room` and waits for
            `Reader.room`, which it then has while the transport's own buffer is not full.
        max_request_bytes: The largest message that a client may send.
        early_subscribe: What a subscription before the login gets: ``refuse`` or ``ignore``.
        login_timeout_s: Seconds within which a key must arrive.
        close_timeout_s: Seconds within which a client must answer a close frame.
        ping_interval_s: Seconds between the server's own pings; 0 for none.
        socket_buffer_bytes: The kernel's send buffer per connection; 0 for the system's default.

    Raises:
        ValueError: A value is out of its range.
    """

    max_readers: int = 0
    max_readers_per_account: int = 0
    evict: Evict = "oldest"
    eviction_text: str = ""
    max_subscriptions: int = 0
    max_buffer_bytes: int = 16 * 1024 * 1024
    slow_reader: SlowReader = "drop"
    max_request_bytes: int = 2 * 1024 * 1024
    early_subscribe: EarlySubscribe = "refuse"
    login_timeout_s: float = 10.0
    close_timeout_s: float = 2.0
    ping_interval_s: float = 0.0
    socket_buffer_bytes: int = 0

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, (int, float)) and value < 0:
                raise ValueError(f"{name} must not be negative")
        for name in _AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
