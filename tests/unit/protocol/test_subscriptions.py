from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly.errors import SubscriptionError, SubscriptionLimitError, UsageError
from fastpoly.protocol import subscriptions
from fastpoly.protocol.subscriptions import (
    MAX_REQUEST_BYTES,
    MAX_REQUEST_PARAMS,
    LiteralSubscriptions,
    Request,
    Subscriptions,
    encode_request,
    parse_params,
)
from fastpoly.schema import MARKETS, OPTIONS_CONTRACT_LIMIT


def test_split_at_the_first_dot_and_case_kept() -> None:
    assert parse_params("stocks", ["T.BRK.B", "Q.BACpB"]) == ("T.BRK.B", "Q.BACpB")


def test_lists_commas_and_repeats() -> None:
    given = ["T.A, Q.A", ["AM.*", "T.A"], ("LULD.*",)]
    assert parse_params("stocks", given) == ("T.A", "Q.A", "AM.*", "LULD.*")


@pytest.mark.parametrize("market", MARKETS)
def test_every_channel_of_every_market(market: str) -> None:
    spec = MARKETS[market]
    for channel in spec.channels:
        param = f"{channel.name}.{spec.example}"
        assert parse_params(market, [param]) == (param,)
        wildcard = f"{channel.name}.*"
        if channel.wildcard:
            assert parse_params(market, [wildcard]) == (wildcard,)
        else:
            with pytest.raises(SubscriptionError, match="is a wildcard, which the server refuses"):
                parse_params(market, [wildcard])


@pytest.mark.parametrize(
    ("market", "param", "message"),
    [
        ("stocks", "AAPL", r"'AAPL' has no channel.*T\.AAPL"),
        ("stocks", "", r"is empty.*T\.AAPL"),
        ("stocks", "T.A,", "is empty"),
        ("stocks", "T.", r"has no ticker.*T\.AAPL"),
        ("stocks", ".AAPL", "names no channel of stocks"),
        ("stocks", "XT.BTC-USD", "names no channel of stocks.*a channel of crypto"),
        ("crypto", "T.AAPL", "names no channel of crypto.*channel of stocks and options"),
        ("stocks", "ZZ.AAPL", "names no channel of stocks.*Choose one of T, Q, A"),
        ("stocks", "am.AAPL", "upper case: write AM"),
        ("stocks", "T.AA*", r"wildcard inside a ticker.*T\.\*"),
        ("stocks", "T.AA PL", "white space.*commas"),
        ("stocks", "T.AA\x00", "white space in its ticker"),
        ("options", "T.SPY261218P00600000", r"without O:.*T\.O:SPY261218P00600000"),
        ("indices", "V.SPX", r"without I:.*V\.I:SPX"),
        ("options", "Q.*", "refuses for options Q.*up to 1000"),
        ("stocks", 7, "is not text"),
        ("stocks", b"T.AAPL", "is not text"),
    ],
)
def test_malformed(market: str, param: str, message: str) -> None:
    with pytest.raises(SubscriptionError, match=message) as caught:
        parse_params(market, [param])
    given = param.split(",")[-1] if isinstance(param, str) else repr(param)
    assert caught.value.refused == (given,)
    assert isinstance(caught.value, UsageError)


def test_every_malformed_parameter_is_named_and_a_few_are_described() -> None:
    bad = [f"t.{number}" for number in range(20)]
    with pytest.raises(SubscriptionError) as caught:
        parse_params("stocks", ["T.A", bad, 7, "Q.A"])
    assert caught.value.refused == (*bad, "7")
    assert "'t.4' names no channel" in str(caught.value)
    assert "'t.5'" not in str(caught.value)
    assert "16 more" in str(caught.value)


def test_what_can_be_added_is_added() -> None:
    held = Subscriptions("options")
    many = [f"Q.O:SPY{number:06d}" for number in range(OPTIONS_CONTRACT_LIMIT)]
    assert held.add_some(many) == (tuple(many), [])
    added, errors = held.add_some(["T.*", "t.x", "Q.O:NEW", many[0]])
    assert added == ("T.*", many[0])
    assert [error.refused for error in errors] == [("t.x",), ("Q.O:NEW",)]
    assert isinstance(errors[1], SubscriptionLimitError)
    assert held.desired == (*many, "T.*")


def test_what_nobody_asked_for_is_not_remembered_as_confirmed() -> None:
    held = Subscriptions("stocks")
    held.add(["T.A"])
    sent(held)
    for param in ("T.A", *(f"T.S{number}" for number in range(1000))):
        held.acknowledge("subscribe", param)
    assert held.confirmed == ("T.A",)


def test_request_text() -> None:
    for spaced, gap in ((False, ""), (True, " ")):
        text = encode_request("subscribe", "T.AAPL,Q.É", spaced=spaced)
        assert json.loads(text) == {"action": "subscribe", "params": "T.AAPL,Q.É"}
        assert text.startswith(f'{{"action":"subscribe",{gap}"params":"T.AAPL,')
    # The community client writes characters as they are.
    assert "É" in text


def sent(held: Subscriptions) -> list[tuple[str, tuple[str, ...]]]:
    requests = held.plan()
    for request in requests:
        held.sent(request)
    return [(request.action, request.params) for request in requests]


def test_wildcard_covers_its_channel_only() -> None:
    held = Subscriptions("stocks")
    held.add(["A.MSFT", "AM.MSFT", "A.*"])
    assert held.wire == ("AM.MSFT", "A.*")
    assert held.desired == ("A.MSFT", "AM.MSFT", "A.*")


def test_wildcard_replaces_single_tickers_and_makes_way_for_them() -> None:
    held = Subscriptions("stocks")
    held.add(["T.A", "T.B", "Q.A"])
    assert sent(held) == [("subscribe", ("T.A", "T.B", "Q.A"))]
    held.add(["T.*"])
    # It may be refused: what brings data goes when something else does.
    assert sent(held) == [("subscribe", ("T.*",))]
    assert sent(held) == []
    held.acknowledge("subscribe", "T.*")
    assert sent(held) == [("unsubscribe", ("T.A", "T.B"))]
    held.remove(["T.*"])
    # The other way round: what is asked for under a wildcard may go unanswered.
    assert sent(held) == [("unsubscribe", ("T.*",)), ("subscribe", ("T.A", "T.B"))]
    assert sent(held) == []


def test_repeat_sends_nothing() -> None:
    held = Subscriptions("stocks")
    held.add(["T.A"])
    assert sent(held) == [("subscribe", ("T.A",))]
    held.add(["T.A"])
    assert sent(held) == []
    held.remove(["T.A", "Q.A"])
    assert sent(held) == [("unsubscribe", ("T.A",))]


def test_everything_again_after_a_new_connection() -> None:
    held = Subscriptions("stocks")
    held.add(["T.A", "Q.A"])
    sent(held)
    held.acknowledge("subscribe", "T.A")
    assert held.confirmed == ("T.A",)
    held.restart()
    assert held.confirmed == ()
    assert sent(held) == [("subscribe", ("T.A", "Q.A"))]


def test_unanswered_and_refused() -> None:
    held = Subscriptions("stocks")
    params = held.add(["T.*", "T.A", "NOI.*"])
    sent(held)
    held.acknowledge("subscribe", "T.*")
    assert [held.is_confirmed(param) for param in params] == [True, True, False]
    assert [held.carrier(param) for param in params] == ["T.*", "T.*", "NOI.*"]
    assert [held.is_held(param) for param in params] == [True, False, True]
    held.forget(["NOI.*"])
    assert held.desired == ("T.*", "T.A")
    assert sent(held) == []
    held.acknowledge("unsubscribe", "T.*")
    assert held.confirmed == ()


def test_remove_that_would_not_stop_the_data_is_refused() -> None:
    held = Subscriptions("stocks")
    held.add(["T.*", "Q.A"])
    with pytest.raises(SubscriptionError, match=r"T\.A arrives as part of T\.\*"):
        held.remove(["T.A"])
    with pytest.raises(SubscriptionError, match=r"Q\.\* is not subscribed; 1 single"):
        held.remove(["Q.*"])
    assert held.desired == ("T.*", "Q.A")
    held.remove(["T.A", "T.*", "Q.*", "Q.A", "AM.*"])
    assert held.desired == ()


def test_single_ticker_under_a_wildcard_may_be_removed() -> None:
    held = Subscriptions("stocks")
    held.add(["T.*", "T.A"])
    sent(held)
    held.remove(["T.A"])
    assert held.desired == ("T.*",)
    assert sent(held) == []


def test_options_limit_is_checked_before_sending() -> None:
    held = Subscriptions("options")
    held.add(f"Q.O:SPY{number:06d}" for number in range(OPTIONS_CONTRACT_LIMIT))
    held.add(["T.O:SPY000000", "Q.O:SPY000000"])
    with pytest.raises(SubscriptionLimitError, match="1001 contracts on options Q") as caught:
        held.add(["T.*", "Q.O:SPY999999", "Q.O:SPY000001"])
    assert caught.value.refused == ("Q.O:SPY999999",)
    assert "T.*" not in held.desired
    held.remove(["Q.O:SPY000001"])
    held.add(["Q.O:SPY999999"])


def test_requests_are_cut_by_count() -> None:
    held = Subscriptions("stocks")
    held.add(f"T.S{number}" for number in range(1201))
    assert [len(request.params) for request in held.plan()] == [500, 500, 201]


def test_requests_are_cut_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_REQUEST_BYTES", 100)
    held = Subscriptions("stocks")
    params = held.add(f"T.{'S' * length}é" for length in range(1, 40))
    requests = held.plan()
    assert [param for request in requests for param in request.params] == list(params)
    for request in requests:
        assert len(json.dumps(",".join(request.params))) - 2 <= 100


PARAMS = st.sampled_from(["T.*", "T.A", "T.B", "A.*", "A.A", "AM.*", "AM.A", "Q.A"])


def until_settled(held: Subscriptions) -> Iterator[Request]:
    """The requests of one plan after the other, until there are no more."""
    while plan := held.plan():
        yield from plan


@given(st.lists(st.tuples(st.booleans(), st.lists(PARAMS, max_size=4)), max_size=12))
def test_server_ends_up_with_what_is_wanted(changes: list[tuple[bool, list[str]]]) -> None:
    """Whatever the changes, a server that follows the requests sends each desired ticker once."""
    held = Subscriptions("stocks")
    server: set[str] = set()
    for add, params in changes:
        if add:
            held.add(params)
        else:
            try:
                held.remove(params)
            except SubscriptionError:
                continue
        # Tickers go when their wildcard is confirmed.
        for request in until_settled(held):
            held.sent(request)
            change = server.update if request.action == "subscribe" else server.difference_update
            change(request.params)
            for param in request.params:
                held.acknowledge(request.action, param)
        for param in held.desired:
            channel = param.partition(".")[0]
            assert (param in server) != (f"{channel}.*" in server and not param.endswith("*"))
        assert server == set(held.wire)


# --------------------------------------------------------------------- in the user's own words


def literal(*requests: str, sent: bool = True) -> LiteralSubscriptions:
    """What is left of requests such as ``+T.A,T.B`` and ``-T.A``."""
    held = LiteralSubscriptions("stocks")
    for text in requests:
        action: Any = "subscribe" if text[0] == "+" else "unsubscribe"
        held.apply(Request(action, tuple(text[1:].split(","))), sent=sent)
    return held


def asked_again(held: Subscriptions) -> list[str]:
    held.restart()
    return [param for request in held.plan() for param in request.params]


@pytest.mark.parametrize(
    ("requests", "left"),
    [
        ([], []),
        (["+T.A,Q.B", "+T.A", "+T.C", "-Q.B"], ["T.A", "T.C"]),
        (["+T.A", "-T.A", "+T.A"], ["T.A"]),
        (["-T.A"], []),
        (["+T.A, T.B,,"], ["T.A", "T.B"]),
        (["+A.X,AM.X,A.Y,A.*", "-A.*"], ["AM.X"]),
        (["+T.*,T.A", "-T.A"], ["T.*"]),
        (["+T.*,T.A"], ["T.*", "T.A"]),
        (["+T.BRK.B,T.BRK", "-T.BRK.B"], ["T.BRK"]),
        (["+plain", "-plain"], []),
    ],
)
def test_requests_leave_a_set_in_order_and_no_log(requests: list[str], left: list[str]) -> None:
    held = literal(*requests)
    assert held.plan() == []  # all of it has been sent as it was written
    assert asked_again(held) == left
    assert list(literal(*requests, sent=False).desired) == left


def test_what_was_asked_for_while_there_was_no_connection_is_planned() -> None:
    held = literal("+T.A")
    held.restart()
    held.adopt(held.desired)
    assert held.plan() == []
    held.apply(Request("subscribe", ("Q.B",)), sent=False)
    assert [request.params for request in held.plan()] == [("Q.B",)]


def test_changes_are_what_the_server_will_answer() -> None:
    held = literal("+T.A")
    assert held.changes(Request("subscribe", ("T.A", " T.B", "", "T.B"))) == ("T.B",)
    assert held.changes(Request("unsubscribe", ("T.A", "T.B"))) == ("T.A",)


def test_channels_of_anything() -> None:
    assert literal("+T.A,Q.A,T.B").channels == ("T", "Q")


def test_requests_are_of_a_size_that_the_server_takes() -> None:
    held = literal("+" + ",".join(f"T.S{number}" for number in range(3 * MAX_REQUEST_PARAMS + 1)))
    held.restart()
    assert [len(request.params) for request in held.plan()] == [*[MAX_REQUEST_PARAMS] * 3, 1]
    held = literal("+" + ",".join(f"T.{number:0100000}" for number in range(20)))
    held.restart()
    sizes = [len(",".join(request.params)) for request in held.plan()]
    assert len(sizes) == 3
    assert max(sizes) <= MAX_REQUEST_BYTES
