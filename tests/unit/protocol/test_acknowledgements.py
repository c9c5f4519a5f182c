from __future__ import annotations

from fastpoly import errors
from fastpoly.protocol.acknowledgements import REFUSED_QUIET_S, SETTLED_QUIET_S, Exchange
from fastpoly.protocol.subscriptions import Request

DENIED = ("error", "not authorized")
LIMIT = (
    "error",
    "Subscription limit reached for feed. Please remove some subscriptions and try again.",
)


def make(*params: str, action: str = "subscribe") -> Exchange:
    return Exchange([Request(action, params)], timeout_s=10)  # type: ignore[arg-type]


def ack(exchange: Exchange, param: str) -> object:
    return exchange.take("success", f"subscribed to: {param}")


def test_all_confirmed() -> None:
    exchange = make("T.A", "Q.A")
    assert exchange.quiet_s == 10
    assert ack(exchange, "T.A") == [("subscribe", "T.A")]
    assert not exchange.done
    ack(exchange, "Q.A")
    assert exchange.done
    outcome = exchange.conclude()
    assert (outcome.refused, outcome.unanswered, outcome.error) == ((), (), None)


def test_several_in_one_message() -> None:
    exchange = make("T.A", "Q.A")
    assert ack(exchange, "T.A, Q.A") == [("subscribe", "T.A"), ("subscribe", "Q.A")]
    assert exchange.done


def test_refusal_comes_first_and_names_nothing() -> None:
    exchange = make("T.A", "NOI.*", "Q.A")
    assert exchange.take(*DENIED) == []
    assert exchange.quiet_s == REFUSED_QUIET_S
    ack(exchange, "T.A")
    ack(exchange, "Q.A")
    # The answers add up, but one more may come.
    assert not exchange.done
    assert exchange.quiet_s == SETTLED_QUIET_S
    outcome = exchange.conclude()
    assert outcome.refused == ("NOI.*",)
    assert outcome.unanswered == ()
    assert isinstance(outcome.error, errors.NotAuthorizedError)


def test_more_refusals_than_parameters() -> None:
    exchange = make("NOI.*", "T.A")
    for _ in range(3):
        exchange.take(*DENIED)
    ack(exchange, "T.A")
    assert exchange.conclude().refused == ("NOI.*",)


def test_fewer_refusals_than_parameters() -> None:
    exchange = make(*(f"Q.O:{number}" for number in range(200)))
    for _ in range(27):
        exchange.take(*LIMIT)
    assert exchange.quiet_s == REFUSED_QUIET_S
    outcome = exchange.conclude()
    assert len(outcome.refused) == 200
    assert isinstance(outcome.error, errors.SubscriptionLimitError)


def test_unanswered() -> None:
    exchange = make("T.A", "FMV.*")
    ack(exchange, "T.A")
    outcome = exchange.conclude()
    assert (outcome.refused, outcome.unanswered) == ((), ("FMV.*",))


def test_unsubscriptions_are_never_refused() -> None:
    exchange = Exchange(
        [Request("subscribe", ("NOI.*",)), Request("unsubscribe", ("T.A", "Q.A"))], timeout_s=10
    )
    exchange.take(*DENIED)
    assert exchange.take("success", "unsubscribed to: T.A") == [("unsubscribe", "T.A")]
    outcome = exchange.conclude()
    assert (outcome.refused, outcome.unanswered) == (("NOI.*",), ("Q.A",))


def test_a_confirmation_of_the_other_kind_does_not_count() -> None:
    exchange = make("T.A", action="unsubscribe")
    ack(exchange, "T.A")
    assert not exchange.done


def test_other_messages() -> None:
    exchange = make("T.A")
    assert exchange.take("success", "authenticated") is None
    assert exchange.take("connected", "Connected Successfully") is None
    assert ack(exchange, "Q.LATE") == [("subscribe", "Q.LATE")]
    assert exchange.take("error", "something new") == []
    error = exchange.conclude().error
    assert type(error) is errors.ServerError
    assert error.message == "something new"


def test_timeout_bounds_every_wait() -> None:
    exchange = Exchange([Request("subscribe", ("T.A", "T.B"))], timeout_s=0.05)
    exchange.take(*DENIED)
    assert exchange.quiet_s == 0.05
