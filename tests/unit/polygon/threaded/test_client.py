"""`StreamClient` before it is started: what it takes, and what it refuses."""

from __future__ import annotations

import enum
import inspect
from typing import Any

import pytest

import fastpoly
from fastpoly.errors import UsageError
from fastpoly.polygon.streaming.streaming import StreamClient
from fastpoly.protocol.lifecycle import State


class Theirs(enum.Enum):
    """A plain enum, as the community package's are."""

    OPTIONS = "options"
    DELAYED = "delayed.polygon.io"


def test_it_is_found_where_programs_look_for_it() -> None:
    from fastpoly.polygon import StreamClient as one
    from fastpoly.polygon.streaming import StreamClient as two

    assert one is two is StreamClient is fastpoly.StreamClient


def test_the_constructor_begins_as_the_community_packages() -> None:
    parameters = list(inspect.signature(StreamClient).parameters.values())
    positional = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert positional == [
        "api_key",
        "cluster",
        "host",
        "on_message",
        "on_close",
        "on_error",
        "enable_connection_logs",
    ]
    named = {one.name for one in parameters}
    assert {"url", "messages", "reconnect", "open_timeout", "ssl", "close_timeout"} <= named
    assert not {"ping_interval", "ping_timeout"} & named
    start = inspect.signature(StreamClient.start_stream_thread).parameters.values()
    assert [(one.name, one.default) for one in start][1:] == [
        ("ping_interval", 21),
        ("ping_timeout", 20),
        ("ping_payload", ""),
        ("skip_utf8_validation", True),
    ]


def test_what_it_is_made_of() -> None:
    client = StreamClient("KEY", Theirs.OPTIONS, Theirs.DELAYED)  # type: ignore[arg-type]
    assert client.WS.url == "wss://delayed.polygon.io/options"
    assert client.KEY == "KEY"
    assert "KEY" not in repr(client)
    assert repr(client) == "<StreamClient wss://delayed.polygon.io/options idle>"
    assert client.state is State.IDLE
    assert not client.is_running
    assert not client.WS.keep_running
    client.close_stream()
    with client, pytest.raises(UsageError, match="never started"):
        client.stats()


async def coroutine_function(*arguments: Any) -> None:
    """Is refused where it could not be awaited to its end."""


def generator(*arguments: Any) -> Any:
    yield


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cluster": "nonsense"}, "nonsense"),
        ({"messages": "bytes"}, "Choose among text, dicts, events, batches"),
        ({"on_message": 5}, "on_message is not callable"),
        ({"on_message": generator}, "on_message is a generator function"),
        ({"on_close": coroutine_function}, "on_close is a coroutine function"),
        ({"on_error": coroutine_function}, "on_error is a coroutine function"),
        ({"on_notice": "log"}, "on_notice is not callable"),
        ({"reconnect": 5}, "is not a reconnect policy"),
        ({"overflow": "spill"}, "overflow policy"),
        ({"max_buffer_bytes": 0}, "max_buffer_bytes=0"),
        ({"close_timeout": 0}, "close_timeout=0"),
        ({"host": "ftp://x"}, "not a WebSocket URL"),
        ({"api_key": ""}, "key"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        StreamClient(**{"api_key": "KEY", "cluster": "stocks", **options})


def test_pings_are_checked_at_the_start() -> None:
    client = StreamClient("KEY", "stocks")
    with pytest.raises(UsageError, match="ping_interval"):
        client.start_stream_thread(ping_interval=-1)
    assert not client.is_running


def test_only_requests_can_be_sent() -> None:
    client = StreamClient("KEY", "stocks")
    for text in ("ping", "{}", '{"action":"auth","params":"KEY"}', '{"action":"subscribe"}', b"1"):
        with pytest.raises(UsageError, match="Only requests"):
            client.WS.send(text)


def test_a_text_without_a_channel_is_sent_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    StreamClient("KEY", "stocks").subscribe_stock_trades("AAPL")
    assert "'AAPL' names no channel" in caplog.text
