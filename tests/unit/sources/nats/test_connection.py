"""A connection to a broker that is ended before it is up: nothing is left that nobody would end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fastpoly._core import LineWatch
from fastpoly.broker.address import read_address
from fastpoly.errors import ConnectError, ConnectionLost, FastpolyError
from fastpoly.protocol.close_codes import CloseReason
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


def make(owner: Owner, place: Place) -> NatsConnection:
    options = NatsOptions(address=read_address("nats://h"), market="stocks", durable="me")
    parts: Any = (options, Reading(), place, owner)
    owner.connection = NatsConnection(*parts)
    return owner.connection


@in_loop
async def test_an_owner_may_end_it_as_it_comes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    link, place, owner = Link(), Place(), Owner()

    async def dial(*_: object) -> Link:
        return link

    monkeypatch.setattr(module, "dial", dial)
    connection = make(owner, place)
    await connection.open()
    reason = await connection.closed()
    assert (reason.code, connection.is_open) == (1000, False)
    assert (link.was_closed, place.is_saving) == (True, False)


@pytest.mark.parametrize("error", [None, ConnectError("no answer"), ConnectionLost("hung up")])
@in_loop
async def test_it_may_be_ended_while_the_broker_is_dialled(
    error: FastpolyError | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, place = Link(), Place()
    answers = asyncio.Event()

    async def dial(*_: object) -> Link:
        await answers.wait()
        if error is not None:
            raise error
        return link

    monkeypatch.setattr(module, "dial", dial)
    connection = make(Owner(), place)
    opening = asyncio.create_task(connection.open())
    await asyncio.sleep(0)
    connection.abort()
    answers.set()
    with pytest.raises(FastpolyError) as raised:
        await opening
    assert error is None or raised.value is error
    assert await connection.closed() == CloseReason(1000, "", None)
    assert (link.was_closed, place.is_saving) == (error is None, False)
