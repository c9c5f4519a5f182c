from __future__ import annotations

from fastpoly import schema
from fastpoly.polygon.enums import StreamCluster, StreamHost, StreamServicePrefix


def test_services_are_channels() -> None:
    channels = {c.name for spec in schema.MARKETS.values() for c in spec.channels}
    values = {prefix.value for prefix in StreamServicePrefix}
    assert values <= channels | {schema.STATUS_CHANNEL}


def test_community_members() -> None:
    assert StreamHost("socket.polygon.io") is StreamHost.REAL_TIME
    assert StreamServicePrefix.OPTION_TRADES is StreamServicePrefix.STOCK_TRADES
    assert [cluster.value for cluster in StreamCluster] == [
        "stocks",
        "options",
        "forex",
        "crypto",
        "indices",
    ]
    assert {"stocks": 1}[StreamCluster.STOCKS] == 1
