"""The net set of subscriptions, and the requests that restore it."""

from __future__ import annotations

import json

from fastpoly.polygon.connection import NetSubscriptions
from fastpoly.protocol.subscriptions import MAX_REQUEST_BYTES, MAX_REQUEST_PARAMS


def net(*requests: str) -> list[str]:
    """The parameters that are left of requests such as ``+T.A,T.B`` and ``-T.A``."""
    made = NetSubscriptions()
    for request in requests:
        made.apply("subscribe" if request[0] == "+" else "unsubscribe", request[1:])
    return [param for text in made.requests() for param in json.loads(text)["params"].split(",")]


def test_a_set_in_order_and_no_log() -> None:
    assert net() == []
    assert net("+T.A,Q.B", "+T.A", "+T.C", "-Q.B") == ["T.A", "T.C"]
    assert net("+T.A", "-T.A", "+T.A") == ["T.A"]
    assert net("-T.A") == []
    assert net("+T.A, T.B,,") == ["T.A", "T.B"]


def test_wildcard_removes_its_channel_and_no_other() -> None:
    assert net("+A.X,AM.X,A.Y,A.*", "-A.*") == ["AM.X"]
    assert net("+T.*,T.A", "-T.A") == ["T.*"]
    assert net("+T.BRK.B,T.BRK", "-T.BRK.B") == ["T.BRK"]
    assert net("+plain", "-plain") == []


def test_channels() -> None:
    made = NetSubscriptions()
    made.apply("subscribe", "T.A,Q.A,T.B")
    assert made.channels == ("T", "Q")


def test_requests_are_of_a_size_that_the_server_takes() -> None:
    made = NetSubscriptions()
    names = [f"T.S{number}" for number in range(3 * MAX_REQUEST_PARAMS + 1)]
    made.apply("subscribe", ",".join(names))
    texts = list(made.requests())
    assert len(texts) == 4
    assert texts[0].startswith('{"action":"subscribe", "params":"T.S0,T.S1,')
    made = NetSubscriptions()
    made.apply("subscribe", ",".join(f"T.{number:0100000}" for number in range(20)))
    sizes = [len(text) for text in made.requests()]
    assert len(sizes) == 3
    assert max(sizes) <= MAX_REQUEST_BYTES + 50
