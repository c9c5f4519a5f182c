"""``fastpoly fetch`` as users run it, against a REST server of made-up pages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fastpoly.cli.terminal import ExitCode
from tests.net.test_cli import run
from tests.net.test_rest_documentation import serving
from tests.net.test_rest_filling import Market, names
from tests.rest_server import KEY, RestServer

NOW_MS = 1_781_706_600_000
SPAN = ("--start", f"{NOW_MS}000000", "--end", "2026-06-17T14:30:10Z")
MARKET = Market(NOW_MS, seconds=20)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(RestServer(MARKET.rows, page_rows=30)) as found:
        yield found


def test_it_writes_one_object_a_line_in_the_order_of_time(url: str) -> None:
    done = run(
        "fetch", "stocks", "T.*", "A.TKA", "--symbols", "TKA,TKB", *SPAN, "--url", url,
        FASTPOLY_API_KEY=KEY,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [
        one
        for ns, one in MARKET.events
        if ns <= (NOW_MS + 10_000) * 10**6
        and ((one["ev"] == "T" and one["sym"] in ("TKA", "TKB"))
             or (one["ev"] == "A" and one["sym"] == "TKA" and one["e"] >= NOW_MS))
    ]  # fmt: skip
    assert [*map(names, events)] == [*map(names, wanted)]


def test_as_many_as_are_wanted_to_be_read_by_people(url: str) -> None:
    done = run(
        "fetch", "stocks", "Q.TKA", *SPAN, "--url", url, "--count", "3", "--format", "text",
        FASTPOLY_API_KEY=KEY,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    assert [line.split()[1:3] for line in done.stdout.splitlines()] == [["Q", "TKA"]] * 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("T.*", *SPAN), ExitCode.USAGE, "No REST request has all tickers"),
        (("LULD.A", *SPAN), ExitCode.USAGE, "REST has no events of LULD.A"),
        (("T.A", *SPAN[:2], "--end", "noon"), ExitCode.USAGE, "'noon' is not a time"),
        (("T.A", *SPAN, "--url", "ftp://x"), ExitCode.USAGE, "no address of a REST server"),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run("fetch", "stocks", *arguments, FASTPOLY_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_key_and_a_server_that_is_not_there(url: str) -> None:
    done = run("fetch", "stocks", "T.TKA", *SPAN, "--url", url, FASTPOLY_API_KEY="another-key")
    assert done.returncode == ExitCode.REFUSED
    assert "refused the API key (401)" in done.stderr
    assert "another-key" not in done.stderr
