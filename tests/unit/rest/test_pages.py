"""Page after page, each row once, cut by the time that events have."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from fastpoly import schema
from fastpoly.errors import RestError
from fastpoly.rest.endpoints import endpoint_of
from fastpoly.rest.pages import events_of, without_overlap
from fastpoly.rest.requester import Requester, RestOptions
from tests.rest_server import KEY, RestServer

S = 1_000_000_000
NS = 1_781_706_600 * S


def trade(number: int, at: int, participant: int | None = None) -> dict[str, Any]:
    row = {"id": str(number), "exchange": 4, "price": 1.5, "size": 1, "sequence_number": number}
    return row | {"sip_timestamp": at, "participant_timestamp": participant or at}


def read(server: RestServer, param: str, start: int, end: int, **options: Any) -> list[list[Any]]:
    limit = options.pop("limit", 50_000)

    async def main() -> list[list[Any]]:
        async with server:
            chosen = RestOptions(api_key=KEY, url=server.url, per_second=5000, **options)
            endpoint = endpoint_of(schema.MARKETS["stocks"], param)
            assert endpoint is not None
            async with Requester.opened(chosen) as requester:
                return [page async for page in events_of(requester, endpoint, start, end, limit)]

    return asyncio.run(main())


def numbers(pages: list[list[Any]]) -> list[int]:
    return [one.event["q"] for page in pages for one in page]


def test_the_time_that_counts_is_that_of_the_events() -> None:
    # The server chooses by another of its clocks, a second off.
    rows = [trade(n, NS + n * S // 2, NS + n * S // 2 - S) for n in range(40)]
    server = RestServer({"/v3/trades/A": rows})
    found = read(server, "T.A", NS + 5 * S, NS + 10 * S)
    assert numbers(found) == [*range(10, 21)]
    query = server.asked[0].query
    assert (int(query["timestamp.gte"]), int(query["timestamp.lte"])) == (NS + 3 * S, NS + 12 * S)


@pytest.mark.parametrize(("overlap", "csv"), [(0, False), (1, False), (4, False), (0, True)])
def test_all_pages_and_each_row_once(overlap: int, csv: bool) -> None:
    # Three at a time have the same stamp, and equal rows are several trades where they are.
    rows = [trade(n, NS + n // 3) for n in range(100)]
    rows.insert(45, rows[44])
    server = RestServer({"/v3/trades/A": rows}, overlap=overlap)
    found = read(server, "T.A", NS, NS + S, limit=10, csv=csv)
    assert numbers(found) == [*range(45), *range(44, 100)]
    assert len(found) >= 10


def test_a_bar_is_due_at_its_end() -> None:
    rows = [{"t": NS // 10**6 + n * 1000, "o": n, "c": 1, "h": 1, "l": 1, "v": 1} for n in range(9)]
    server = RestServer({"/v2/aggs/ticker/A/range/1/second": rows})
    found = read(server, "A.A", NS + 3 * S, NS + 5 * S)
    assert [one.event["o"] for page in found for one in page] == [2, 3, 4]


@pytest.mark.parametrize("csv", [False, True])
def test_pages_that_lead_nowhere_end_with_an_error(csv: bool) -> None:
    same = [trade(n, NS) for n in range(30)]
    server = RestServer({"/v3/trades/A": same}, faults=itertools.repeat("circle"))
    with pytest.raises(RestError, match="in a circle"):
        read(server, "T.A", NS, NS + S, limit=10, csv=csv)


def test_overlaps() -> None:
    a, b, c, d = ({"n": n} for n in range(4))
    assert without_overlap([], [a, b]) == [a, b]
    assert without_overlap([a, b], [b, c]) == [c]
    assert without_overlap([a, a, b], [a, b, c]) == [c]
    assert without_overlap([a, b], [c, d]) == [c, d]
    assert without_overlap([a, b, c], [a, b, c, d]) == [d]
    assert without_overlap([a, b], [b]) == []
    assert without_overlap([a, b, c], [b, d]) == [b, d]
