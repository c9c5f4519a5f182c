"""Bad input: each a named error that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from fastpoly import errors
from fastpoly.stream.stream import Stream
from tests.net.streams import KEY, check_threads

_no_thread_left = pytest.fixture(autouse=True)(check_threads)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("stock",), {}, "'stock' is not a market"),
        (("stocks", "AAPL"), {}, "has no channel"),
        (("stocks", "XT.BTC-USD"), {}, "a channel of crypto"),
        (("stocks",), {"api_key": ""}, "is empty"),
        (("stocks",), {"api_key": None}, "no API key"),
        (("stocks",), {"url": "http://localhost"}, "not a WebSocket URL"),
        (("stocks",), {"feed": "fast"}, "is not a feed"),
        (("stocks",), {"overflow": "explode"}, "is not an overflow policy"),
        (("stocks",), {"ingest": "process"}, "is not a way to ingest"),
        (("stocks",), {"error_policy": "ignore"}, "is not an error policy"),
        (("stocks",), {"reconnect": "often"}, "not a reconnect policy"),
        (("stocks",), {"on_error": 5}, "is not callable"),
        (("stocks",), {"max_buffer_bytes": 0}, "max_buffer_bytes"),
        (("stocks",), {"max_buffer_age": -1}, "max_buffer_age"),
        (("stocks",), {"ping_interval": -1}, "ping_interval"),
    ],
)
def test_bad_arguments(
    arguments: tuple[str, ...],
    options: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("FASTPOLY_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(errors.UsageError, match=message) as caught:
        Stream(*arguments, **({"api_key": KEY} | options))
    assert caught.value.hint


def test_bad_handlers() -> None:
    stream = Stream("stocks", api_key=KEY)
    with pytest.raises(errors.UsageError, match="not callable"):
        stream.on("T")(5)  # type: ignore[type-var]
    with pytest.raises(errors.UsageError, match=r"not a channel of stocks.*AM"):
        stream.on("XT")
    with pytest.raises(errors.UsageError, match="not callable"):
        stream.on_state(5)  # type: ignore[arg-type]
