"""The plain methods: names and signatures are the community package's."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from fastpoly.errors import SubscriptionError
from fastpoly.polygon.services import SERVICES
from fastpoly.polygon.threaded.client import StreamClient

RECORDED: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[3] / "data" / "callback_client.json").read_text(encoding="utf-8")
)["methods"]
OURS_TOO = {"unsubscribe_index_value"}
"""What the asynchronous client calls ``unsubscribe_indices_value`` there."""


def test_every_recorded_method_is_there_and_no_other() -> None:
    ours = {name for name in dir(StreamClient) if name.startswith(("subscribe_", "unsub"))}
    assert ours == OURS_TOO.union(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_signatures_are_the_recorded_ones(name: str) -> None:
    method = getattr(StreamClient, name)
    ours = [(one.name, one.default) for one in inspect.signature(method).parameters.values()]
    theirs = [
        (text.partition(":")[0], eval(text.partition(" = ")[2] or "inspect.Parameter.empty"))  # noqa: S307
        for text in RECORDED[name]
    ]
    assert ours == theirs
    assert not inspect.iscoroutinefunction(method)
    assert method.__name__ == name
    assert method.__qualname__ == f"StreamClient.{name}"
    service = name.partition("_")[2].replace("indices_value", "index_value")
    assert SERVICES[service].doc in inspect.getdoc(method)


def test_what_the_market_does_not_have_is_refused_at_once() -> None:
    client = StreamClient("KEY", "stocks")
    for method in (client.subscribe_index_value, client.unsubscribe_indices_value):
        with pytest.raises(SubscriptionError, match="stocks has no channel V") as caught:
            method()
        assert isinstance(caught.value, ValueError)
