"""How a server is asked: the rate, further attempts, what it asks for, and the key."""

from __future__ import annotations

import asyncio
import email.utils
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from fastpoly.errors import AuthError, FastpolyError, NotAuthorizedError, RestError, UsageError
from fastpoly.rest.client import Answer, HttpClient
from fastpoly.rest.requester import MAX_RETRY_AFTER_S, Requester, RestOptions
from tests.virtual_time import in_virtual_time

KEY = "s3cret-key-of-nobody"
EMPTY = b'{"results":[]}'
JSON = {"content-type": "application/json"}


class Script:
    """An HTTP client that gives what it is told, and notes when it was asked and for what."""

    def __init__(self, *answers: Any) -> None:
        self.answers = [*answers]
        self.times: list[float] = []
        self.urls: list[str] = []
        self.headers: list[Mapping[str, str]] = []

    async def __call__(self, url: str, headers: Mapping[str, str], /) -> Answer:
        self.times.append(asyncio.get_running_loop().time())
        self.urls.append(url)
        self.headers.append(headers)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Answer):
            return answer
        if isinstance(answer, int):
            return Answer(answer, JSON, EMPTY)
        if answer == "slow":
            await asyncio.sleep(3600)
        raise answer


def requester(script: Script, **options: Any) -> Requester:
    options = {"api_key": KEY, "per_second": 1000, **options}
    return Requester(RestOptions(get=script, **options), script)


@in_virtual_time
async def test_what_may_pass_is_tried_again_and_waits_longer_each_time() -> None:
    faults = [500, 429, OSError("no route"), "slow", Answer(200, JSON, b'{"results":[{'), 503]
    script = Script(*faults)
    asked = requester(script, request_timeout=5)
    assert await asked.page("/x") == ([], "")
    assert len(script.times) == len(faults) + 1
    assert (asked.stats.requests, asked.stats.retries) == (7, 6)
    waits = [after - before for before, after in zip(script.times, script.times[1:], strict=False)]
    assert 0.05 <= waits[0] <= 0.11
    assert 5.4 <= waits[3] <= 5.81, "the one that stalled took its time first"
    assert 1.5 <= waits[5] <= 3.01


@pytest.mark.parametrize(
    ("answer", "kind"), [(401, AuthError), (403, NotAuthorizedError), (404, RestError),
                         (302, RestError), (400, RestError)],
)  # fmt: skip
@in_virtual_time
async def test_what_will_not_pass_is_not_tried_again(answer: int, kind: type[Any]) -> None:
    script = Script(Answer(answer, JSON, b'{"error":"unknown key %s"}' % KEY.encode()))
    with pytest.raises(kind) as caught:
        await requester(script).page("/v3/trades/A?x=1")
    assert len(script.times) == 1
    assert str(answer) in str(caught.value)
    assert "api.massive.com/v3/trades/A" in str(caught.value)
    assert KEY not in repr(caught.value) + str(vars(caught.value))


@in_virtual_time
async def test_as_often_as_was_said() -> None:
    script = Script(*[500] * 9)
    with pytest.raises(RestError, match="HTTP status 500") as caught:
        await requester(script, attempts=3).page("/x")
    assert (caught.value.status, len(script.times)) == (500, 3)
    assert caught.value.hint


@pytest.mark.parametrize("form", ["seconds", "date"])
@in_virtual_time
async def test_a_server_may_ask_everybody_to_wait(form: str) -> None:
    wanted = "20" if form == "seconds" else email.utils.formatdate(time.time() + 20)
    script = Script(Answer(429, {"retry-after": wanted}, b""))
    asked = requester(script)
    await asyncio.gather(asked.page("/a"), asyncio.sleep(0.01), return_exceptions=False)
    await asked.page("/b")
    assert script.times[1] - script.times[0] >= 18
    assert script.times[2] >= script.times[1]


@in_virtual_time
async def test_it_does_not_wait_for_as_long_as_anybody_may_say() -> None:
    script = Script(Answer(503, {"retry-after": "99999"}, b""))
    await requester(script).page("/a")
    assert script.times[1] - script.times[0] <= MAX_RETRY_AFTER_S + 1


@in_virtual_time
async def test_the_rate_is_kept_by_all_together() -> None:
    script = Script()
    asked = requester(script, per_second=5 / 60, concurrency=50)
    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(asked.page(f"/{number}"))
    waits = [after - before for before, after in zip(script.times, script.times[1:], strict=False)]
    assert waits == pytest.approx([12.0] * 5)


@in_virtual_time
async def test_the_budget_counts_attempts() -> None:
    script = Script(500, 500)
    asked = requester(script, budget=4)
    await asked.page("/a")
    await asked.page("/b")
    with pytest.raises(RestError, match="budget of 4 requests"):
        await asked.page("/c")
    assert len(script.times) == 4


@in_virtual_time
async def test_the_key_goes_to_the_one_server_in_a_header_alone() -> None:
    script = Script()
    asked = requester(script, url="http://localhost:1/base/")
    await asked.page("https://elsewhere.example/v3/trades/A?cursor=c%3D1&apiKey=other", csv=True)
    assert script.urls == ["http://localhost:1/base/v3/trades/A?cursor=c%3D1"]
    assert script.headers == [{"authorization": f"Bearer {KEY}", "accept": "text/csv"}]
    assert KEY not in repr(asked.options) + repr(asked) + repr(vars(asked))


@in_virtual_time
async def test_errors_of_an_http_client_do_not_carry_the_key() -> None:
    class Refused(OSError):
        def __init__(self) -> None:
            super().__init__(f"headers were Bearer {KEY}")

    for fault in (Refused(), ValueError(f"bad header {KEY}")):
        with pytest.raises(RestError) as caught:
            await requester(Script(fault), attempts=1).page("/x")
        error: BaseException | None = caught.value
        assert error is not None
        assert error.__cause__ is None
        assert error.__context__ is None
        assert KEY not in str(error)


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://x"}, {"url": "https://x?y=1"}, {"get": 5}, {"per_second": 0}, {"budget": 0},
     {"attempts": -1}, {"request_timeout": 0}, {"concurrency": 0}, {"api_key": ""}],
)  # fmt: skip
def test_options_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        RestOptions(**{"api_key": KEY, **wrong})
    assert isinstance(caught.value, FastpolyError)
    assert caught.value.hint


def test_without_aiohttp_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    for make in (HttpClient, lambda: RestOptions(api_key=KEY)):
        with pytest.raises(UsageError, match=r"fastpoly\[rest\]"):
            make()
    RestOptions(api_key=KEY, get=Script())


def test_a_client_that_is_not_open() -> None:
    with pytest.raises(UsageError, match="async with"):
        asyncio.run(HttpClient()("http://localhost/", {}))
