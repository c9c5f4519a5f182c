"""Which of several publishers leads: a key in the broker's key-value store that expires.

The lease decides who tries to write; who may is decided by the chain, see `chain.py`. So two that
hold themselves for the leader, as after a network was cut in two, cost nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly.broker.link import Link, dial, end_task, request_failed
from fastpoly.errors import FastpolyError, PublishError

if TYPE_CHECKING:
    import ssl

    from nats.js.kv import KeyValue

    from fastpoly.broker.address import BrokerAddress

__all__ = ["LEASE_S", "Lease", "LeaseOwner"]

LEASE_S: Final = 2.0
"""After how long without a renewal it expires."""

RENEW_S: Final = 0.5
"""How often it is renewed."""

TRY_S: Final = 0.1
"""How often who waits for it tries to have it."""

RETRY_S: Final = 0.2
"""The wait after a broker could not be asked."""


class LeaseOwner(Protocol):
    """Who wants to lead."""

    def on_lease_lost(self, error: FastpolyError) -> object:
        """Take note that somebody else leads."""


class Lease:
    """The right to lead one market's publishers. Used in one event loop.

    Args:
        address: The broker.
        market: The market's name.
        owner: Who wants to lead.
        replicas: Servers of a cluster that know of it, where the store is still to be made.
        context: TLS settings, where the address asks for it.

    Attributes:
        is_taken: Set when somebody else was found to lead, and this waits until it is gone.
    """

    def __init__(
        self,
        address: BrokerAddress,
        market: str,
        owner: LeaseOwner,
        *,
        replicas: int = 1,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._address = address
        self._name = address.stream_name(market)
        self._bucket = "fastpoly-leases"
        self._owner = owner
        self._replicas = replicas
        self._context = context
        self._link: Link | None = None
        self._store: KeyValue | None = None
        self._revision = 0
        self.is_taken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._value = json.dumps(
            {"host": socket.gethostname(), "pid": os.getpid(), "since_ns": time.time_ns()}
        ).encode()

    async def acquire(self, *, wait: bool) -> None:
        """Become the leader, and stay it.

        Args:
            wait: Whether to wait until nobody else is; through faults of the broker, too.

        Raises:
            PublishError: Somebody else leads, and this is not to wait.
            FastpolyError: The broker cannot be asked; not while this waits.
        """
        self.is_taken.clear()
        while True:
            try:
                store = await self._connected()
                if await self._try(store):
                    break
                if not wait:
                    raise PublishError(
                        f"Another publisher leads the stream {self._name}.",
                        hint="Pass --standby (standby=True) to wait until it is gone.",
                    )
                self.is_taken.set()
                await asyncio.sleep(TRY_S)
            except PublishError:
                raise
            except FastpolyError:
                if not self.is_taken.is_set():
                    raise
                await asyncio.sleep(RETRY_S)
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def _connected(self) -> KeyValue:
        from nats.js.errors import BucketNotFoundError, NotFoundError

        if self._link is not None and self._link.is_up and self._store is not None:
            return self._store
        link = self._link = await dial(self._address, self, self._context)
        try:
            try:
                self._store = await link.jetstream.key_value(self._bucket)
            except (BucketNotFoundError, NotFoundError):
                self._store = await link.jetstream.create_key_value(
                    bucket=self._bucket, ttl=LEASE_S, history=1, replicas=self._replicas
                )
        except Exception as error:
            await link.close()
            raise request_failed("open the store of leases", error) from error
        return self._store

    async def _try(self, store: KeyValue) -> bool:
        """Return whether it was free, and is this one's now."""
        from nats.js.errors import KeyWrongLastSequenceError

        try:
            self._revision = await store.create(self._name, self._value)
        except KeyWrongLastSequenceError:
            return False
        except Exception as error:
            raise request_failed("ask for the lease", error) from error
        return True

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                # A broker that was away may have forgotten it: whoever asks first has it then.
                store = await self._connected()
                if not (await self._renew(store) or await self._try(store)):
                    break
            except FastpolyError:
                continue
        self._owner.on_lease_lost(
            PublishError(
                f"Another publisher leads the stream {self._name} now.",
                hint="This one was away for too long; start it again with --standby.",
            )
        )

    async def _renew(self, store: KeyValue) -> bool:
        from nats.js.errors import KeyWrongLastSequenceError

        try:
            self._revision = await store.update(self._name, self._value, last=self._revision)
        except KeyWrongLastSequenceError:
            return False
        except Exception as error:
            raise request_failed("renew the lease", error) from error
        return True

    async def release(self) -> None:
        """Let somebody else lead, at once."""
        if self._task is not None:
            held = not self._task.done()
            await end_task(self._task)
            if held and self._store is not None and self._link is not None and self._link.is_up:
                with contextlib.suppress(Exception):  # then it expires
                    async with asyncio.timeout(LEASE_S):
                        await self._store.delete(self._name, last=self._revision)
        if self._link is not None:
            await self._link.close()

    def on_link_down(self) -> None:
        """See `LinkOwner.on_link_down`: the next renewal connects again."""
