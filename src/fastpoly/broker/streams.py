"""What is asked of JetStream about a stream: that it is there, and what is in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastpoly.broker.link import request_failed
from fastpoly.errors import ConnectError, UsageError

if TYPE_CHECKING:
    from fastpoly.broker.link import Link

__all__ = [
    "StreamLimits",
    "ensure_stream",
    "last_sequence",
    "message_at",
    "stream_range",
    "subjects_at",
]

NOT_FOUND: Final = 404

DUPLICATE_WINDOW_S: Final = 0.1
"""The least that a broker takes: the chain needs no memory of ids."""

AT_ONCE: Final = 64
"""Questions that are asked before the first is answered."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What a stream is made with; one that is there stays as it is.

    Attributes:
        max_bytes: Bytes beyond which the oldest messages are removed; None for no limit.
        max_age_s: Seconds after which a message is; None for never.
        replicas: Servers of a cluster that have each message.
    """

    max_bytes: int | None = None
    max_age_s: float | None = None
    replicas: int = 1


async def ensure_stream(link: Link, name: str, subjects: str, limits: StreamLimits) -> None:
    """Make a stream where there is none.

    Raises:
        UsageError: There is one, of other subjects.
        FastpolyError: It cannot be made.
    """
    from nats.js.api import DiscardPolicy, StorageType, StreamConfig
    from nats.js.errors import NotFoundError

    try:
        try:
            info = await link.jetstream.stream_info(name)
        except NotFoundError:
            info = await link.jetstream.add_stream(
                StreamConfig(
                    name=name,
                    subjects=[subjects],
                    storage=StorageType.FILE,
                    discard=DiscardPolicy.OLD,
                    duplicate_window=DUPLICATE_WINDOW_S,
                    max_bytes=limits.max_bytes,
                    max_age=limits.max_age_s,
                    num_replicas=limits.replicas,
                )
            )
    except Exception as error:
        raise request_failed(f"make the stream {name}", error) from error
    if subjects not in (info.config.subjects or ()):
        raise UsageError(
            f"The stream {name} is there, and not of the subjects {subjects}.",
            hint="Name another in the URL: ?stream=NAME, or another ?prefix=.",
        )


async def last_sequence(link: Link, name: str) -> int:
    """Return the sequence number of a stream's last message; 0 where it never had one.

    Raises:
        FastpolyError: The broker does not say.
    """
    try:
        return (await link.jetstream.stream_info(name)).state.last_seq
    except Exception as error:
        raise request_failed(f"ask about the stream {name}", error) from error


async def message_at(link: Link, name: str, sequence: int) -> bytes | None:
    """Return the message of a sequence number; None where there is none.

    Raises:
        FastpolyError: The broker does not say.
    """
    from nats.js.errors import APIError

    if sequence < 1:
        return None
    try:
        return (await link.jetstream.get_msg(name, sequence)).data
    except APIError as error:
        if error.code == NOT_FOUND:
            return None
        raise request_failed(f"read the stream {name}", error) from error
    except Exception as error:
        raise request_failed(f"read the stream {name}", error) from error


async def subjects_at(link: Link, name: str) -> dict[str, int]:
    """Return the subjects of a stream, each with the sequence number of its last message.

    Raises:
        FastpolyError: The broker does not say.
    """
    try:
        info = await link.jetstream.stream_info(name, subjects_filter=">")
        subjects = list(info.state.subjects or ())
        found: dict[str, int] = {}
        for begin in range(0, len(subjects), AT_ONCE):
            some = subjects[begin : begin + AT_ONCE]
            last = await asyncio.gather(
                *(link.jetstream.get_msg(name, subject=subject) for subject in some)
            )
            found |= {
                subject: message.seq or 0 for subject, message in zip(some, last, strict=True)
            }
    except Exception as error:
        raise request_failed(f"read the stream {name}", error) from error
    return found


async def stream_range(link: Link, name: str) -> tuple[int, int]:
    """Return the sequence numbers of a stream's first and last message.

    Raises:
        ConnectError: There is no such stream, or the broker does not say.
    """
    from nats.js.errors import NotFoundError

    try:
        state = (await link.jetstream.stream_info(name)).state
    except NotFoundError:
        raise ConnectError(
            f"The broker has no stream {name}.", hint="Start a publisher: fastpoly publish."
        ) from None
    except Exception as error:
        raise ConnectError(
            f"The broker does not answer for the stream {name}: {error}.",
            hint="See the broker's log; JetStream must be enabled.",
        ) from error
    return state.first_seq, state.last_seq
