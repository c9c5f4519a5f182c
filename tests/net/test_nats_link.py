"""A connection to a real broker that ends while something waits to be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from fastpoly.broker import link
from fastpoly.broker.address import read_address
from tests.loops import in_loop
from tests.net.brokers import NatsServer, needs_nats

pytestmark = needs_nats


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


class Owner:
    """Counts how often it is told."""

    def __init__(self) -> None:
        self.told = 0

    def on_link_down(self) -> None:
        self.told += 1


async def closed_by_us(one: link.Link) -> None:
    await one.close()


async def ended_by_the_line(one: link.Link) -> None:
    # As nats-py does where reading fails.
    await one.client._process_op_err(ConnectionResetError("reading"))


async def ignored(message: Any) -> None:
    pass


async def waiting_link(broker: NatsServer, owner: Owner) -> link.Link:
    """Return a connection with something to send that has had no turn of the loop to be sent in."""
    one = await link.dial(read_address(broker.url), owner)
    await one.client.subscribe("fp.test", cb=ignored)
    await one.client.flush()
    await one.client.publish("fp.test", b"late")
    return one


def transport_of(one: link.Link) -> Any:
    return one.client._transport


@pytest.mark.parametrize("end", [closed_by_us, ended_by_the_line])
@in_loop
async def test_an_end_on_a_line_that_was_reset_leaves_nothing_and_is_told(
    broker: NatsServer, end: Callable[[link.Link], Coroutine[Any, Any, None]]
) -> None:
    owner = Owner()
    one = await waiting_link(broker, owner)

    async def was_reset() -> None:
        raise ConnectionResetError("Connection lost")

    with mock.patch.object(transport_of(one), "drain", was_reset):
        await end(one)
    assert owner.told == 1
    assert transport_of(one)._io_writer.transport.is_closing()
    # That no task is left is seen by `in_loop`.


@pytest.mark.parametrize("end", [closed_by_us, ended_by_the_line])
@in_loop
async def test_an_end_that_is_given_up_leaves_nothing_and_is_told(
    broker: NatsServer, end: Callable[[link.Link], Coroutine[Any, Any, None]]
) -> None:
    owner = Owner()
    one = await waiting_link(broker, owner)
    waits = asyncio.Event()

    async def takes_nothing() -> None:
        waits.set()
        await asyncio.Event().wait()

    with mock.patch.object(transport_of(one), "drain", takes_nothing):
        ending = asyncio.create_task(end(one))
        await waits.wait()
        await link.end_task(ending)
    assert owner.told == 1
    assert transport_of(one)._io_writer.transport.is_closing()
