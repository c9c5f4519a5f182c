"""The examples of the community package's documentation run with nothing changed but the import."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastpoly import AsyncStreamClient, UsageError
from fastpoly.sim import SimulatorProcess
from tests.loops import in_loop
from tests.waiting import PATIENCE_S

PAGE = (Path(__file__).parents[1] / "data" / "community_examples.txt").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^== (.*?)\n(.*?)(?=^==|\Z)", PAGE, re.MULTILINE | re.DOTALL))

# What the page's sentences say around its blocks: which name stands for which.
PROGRAM = """
{create}
{handler}
my_handler_function = sample_handler

async def subscribe():
{subscribe}

async def own_loop():
{own_loop}

async def with_reconnect():
{reconnect}

async def close():
{close}
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(rate=20_000, symbols=200, trade_share=0.9) as process:
        yield process


@pytest.fixture
def page(simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The page's names, once its code has run; its host, which it leaves out, is a simulator's."""
    defaults = AsyncStreamClient.__init__.__defaults__
    assert defaults is not None
    assert defaults[0] == "socket.massive.com"
    monkeypatch.setattr(
        AsyncStreamClient.__init__, "__defaults__", (simulator.url("stocks"), *defaults[1:])
    )
    program = PROGRAM.format(
        **{
            name.replace(" ", "_"): block
            if name in ("create", "handler")
            else textwrap.indent(block, "    ")
            for name, block in BLOCKS.items()
        }
    )
    names: dict[str, Any] = {}
    exec(program.replace("import polygon", "import fastpoly as polygon"), names)  # noqa: S102
    return names


async def until_trades_are_printed(capsys: pytest.CaptureFixture[str]) -> str:
    printed = ""
    async with asyncio.timeout(PATIENCE_S):
        while printed.count("Look at me! I am the handler now. {'ev': 'T'") < 5:
            await asyncio.sleep(0.01)
            printed += capsys.readouterr().out
    return printed


@in_loop
async def test_with_a_loop_of_ones_own(
    page: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    await page["subscribe"]()
    loop = asyncio.create_task(page["own_loop"]())
    printed = await until_trades_are_printed(capsys)
    await page["close"]()
    with pytest.raises((UsageError, ConnectionError), match="was closed"):
        await loop
    lines = printed.splitlines()
    # The statuses go to the default handler, which prints them.
    assert "'status': 'connected'" in lines[0]
    assert "'status': 'auth_success'" in lines[1]
    assert {"subscribed to: T.AMD", "subscribed to: T.NVDA"} == {
        match for line in lines[:4] for match in re.findall(r"subscribed to: [\w.]+", line)
    }
    assert set(re.findall(r"'ev': 'T', 'sym': '(\w+)'", printed)) <= {"AMD", "NVDA"}


@in_loop
async def test_with_the_built_in_reconnect(
    page: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    await page["subscribe"]()
    running = asyncio.create_task(page["with_reconnect"]())
    await until_trades_are_printed(capsys)
    await page["close"]()
    await running


@in_loop
async def test_handlers_and_subscriptions_change_from_other_coroutines(
    page: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client: AsyncStreamClient = page["stream_client"]
    await page["subscribe"]()
    running = asyncio.create_task(page["with_reconnect"]())
    await until_trades_are_printed(capsys)
    others: list[Any] = []
    await client.change_handler("T", others.append)
    await client.subscribe_stock_quotes(["AMD"], handler_function=page["sample_handler"])
    async with asyncio.timeout(PATIENCE_S):
        while not (others and "'ev': 'Q'" in capsys.readouterr().out):
            await asyncio.sleep(0.01)
    await client.unsubscribe_stock_quotes(["AMD"])
    await page["close"]()
    await running
