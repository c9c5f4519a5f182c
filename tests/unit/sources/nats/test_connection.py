"""A connection to a broker that is ended as it comes up: nothing is begun that nobody would end."""

from __future__ import annotations

from typing import Any

import pytest

from fastpoly._core import LineWatch
from fastpoly.broker.address import read_address
from fastpoly.shards import ALL_SHARDS
from fastpoly.sources.nats import connection as module
from fastpoly.sources.nats.connection import NatsConnection
from fastpoly.sources.nats.options import NatsOptions
from fastpoly.sources.nats.reading import Reading
from tests.loops import in_loop


class Link:
    """A connection that is up. It knows no request: one would be an error."""

    was_closed = False

    async def close(self) -> None:
        self.was_closed = True


class Place:
    """Where nothing is saved; whether that goes on."""

    is_saving = False

    async def find(self, link: Link) -> None: ...

    def start_saving(self, owner: object) -> None:
        self.is_saving = True

    def stop_saving(self) -> None:
        self.is_saving = False

    async def save_at_end(self) -> None: ...


class Owner:
    """Ends its connection when it hears that it is up, as a function of the user's may."""

    shards = ALL_SHARDS

    def __init__(self) -> None:
        self.watch = LineWatch("stocks")
        self.connection: NatsConnection

    def on_upgraded(self) -> None:
        self.connection.abort()


@in_loop
async def test_an_owner_may_end_it_as_it_comes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    link, place, owner = Link(), Place(), Owner()

    async def dial(*_: object) -> Link:
        return link

    monkeypatch.setattr(module, "dial", dial)
    options = NatsOptions(address=read_address("nats://h"), market="stocks", durable="me")
    parts: Any = (options, Reading(), place, owner)
    owner.connection = NatsConnection(*parts)
    await owner.connection.open()
    reason = await owner.connection.closed()
    assert (reason.code, owner.connection.is_open) == (1000, False)
    assert (link.was_closed, place.is_saving) == (True, False)
