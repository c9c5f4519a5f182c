from __future__ import annotations

import pytest

from fastpoly import schema
from fastpoly.enums import (
    Feed,
    Market,
    Overflow,
    StreamCluster,
    StreamHost,
    StreamServicePrefix,
    member,
)
from fastpoly.errors import UsageError


def test_markets_are_the_paths_of_the_schema() -> None:
    paths = {path for spec in schema.MARKETS.values() for path in spec.paths}
    assert {market.value for market in Market} == paths


def test_feeds_are_those_of_the_schema() -> None:
    assert {feed.name: feed.value for feed in Feed} == schema.FEEDS


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


def test_members_are_strings() -> None:
    assert f"{Market.FUTURES_CME}" == "futures/cme"
    assert {"stocks": 1}[StreamCluster.STOCKS] == 1


@pytest.mark.parametrize("given", ["drop_oldest", "DROP_OLDEST", Overflow.DROP_OLDEST])
def test_member_by_value_and_name(given: str) -> None:
    assert member(Overflow, given, "a policy") is Overflow.DROP_OLDEST


@pytest.mark.parametrize("given", ["drop", "", None, 3])
def test_no_member(given: str) -> None:
    with pytest.raises(UsageError, match=r"is not a policy.*'drop_oldest'"):
        member(Overflow, given, "a policy")
