from __future__ import annotations

import pytest

from fastpoly import enums, polygon, schema
from fastpoly.enums import Feed, Market, Overflow, member
from fastpoly.errors import UsageError


def test_markets_are_the_paths_of_the_schema() -> None:
    paths = {path for spec in schema.MARKETS.values() for path in spec.paths}
    assert {market.value for market in Market} == paths


def test_feeds_are_those_of_the_schema() -> None:
    assert {feed.name: feed.value for feed in Feed} == schema.FEEDS


def test_members_are_strings() -> None:
    assert f"{Market.FUTURES_CME}" == "futures/cme"
    assert {"stocks": 1}[Market.STOCKS] == 1


@pytest.mark.parametrize("name", ["StreamCluster", "StreamHost", "StreamServicePrefix"])
def test_names_of_the_community_client_are_still_found_here(name: str) -> None:
    assert getattr(enums, name) is getattr(polygon, name)
    with pytest.raises(AttributeError, match="StreamClusters"):
        enums.StreamClusters  # noqa: B018


@pytest.mark.parametrize("given", ["drop_oldest", "DROP_OLDEST", Overflow.DROP_OLDEST])
def test_member_by_value_and_name(given: str) -> None:
    assert member(Overflow, given, "a policy") is Overflow.DROP_OLDEST


@pytest.mark.parametrize("given", ["drop", "", None, 3])
def test_no_member(given: str) -> None:
    with pytest.raises(UsageError, match=r"is not a policy.*'drop_oldest'"):
        member(Overflow, given, "a policy")
