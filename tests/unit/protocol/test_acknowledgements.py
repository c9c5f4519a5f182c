from __future__ import annotations

from fastpoly import errors
from fastpoly.protocol.acknowledgements import REFUSED_QUIET_S, SETTLED_QUIET_S, SubscriptionRound
from fastpoly.protocol.statuses import Action, read_status
from fastpoly.protocol.subscriptions import Request

DENIED = ("error", "not authorized")
LIMIT = (
    "error",
    "Subscription limit reached for feed. Please remove some subscriptions and try again.",
)


def begin(*requests: Request, timeout_s: float = 10) -> SubscriptionRound:
    answers = SubscriptionRound(timeout_s)
    for request in requests:
        answers.add(request)
    return answers


def make(*params: str, action: Action = "subscribe") -> SubscriptionRound:
    return begin(Request(action, params))


def say(answers: SubscriptionRound, status: str, message: str) -> None:
    answers.on_status(read_status(status, message, str))


def ack(answers: SubscriptionRound, param: str) -> None:
    say(answers, "success", f"subscribed to: {param}")


def test_all_confirmed() -> None:
    answers = make("T.A", "Q.A")
    assert answers.quiet_s == 10
    ack(answers, "T.A")
    assert not answers.done
    ack(answers, "Q.A")
    assert answers.done
    outcome = answers.conclude()
    assert (outcome.refused, outcome.unanswered, outcome.error) == ((), (), None)


def test_several_in_one_message() -> None:
    answers = make("T.A", "Q.A")
    ack(answers, "T.A, Q.A")
    assert answers.done


def test_refusal_comes_first_and_names_nothing() -> None:
    answers = make("T.A", "NOI.*", "Q.A")
    say(answers, *DENIED)
    assert answers.quiet_s == REFUSED_QUIET_S
    ack(answers, "T.A")
    ack(answers, "Q.A")
    # The answers add up, but one more may come.
    assert not answers.done
    assert answers.quiet_s == SETTLED_QUIET_S
    outcome = answers.conclude()
    assert outcome.refused == ("NOI.*",)
    assert outcome.unanswered == ()
    assert isinstance(outcome.error, errors.NotAuthorizedError)


def test_more_refusals_than_parameters() -> None:
    answers = make("NOI.*", "T.A")
    for _ in range(3):
        say(answers, *DENIED)
    ack(answers, "T.A")
    assert answers.conclude().refused == ("NOI.*",)


def test_fewer_refusals_than_parameters() -> None:
    answers = make(*(f"Q.O:{number}" for number in range(200)))
    for _ in range(27):
        say(answers, *LIMIT)
    assert answers.quiet_s == REFUSED_QUIET_S
    outcome = answers.conclude()
    assert len(outcome.refused) == 200
    assert isinstance(outcome.error, errors.SubscriptionLimitError)


def test_unanswered() -> None:
    answers = make("T.A", "FMV.*")
    ack(answers, "T.A")
    outcome = answers.conclude()
    assert (outcome.refused, outcome.unanswered) == ((), ("FMV.*",))


def test_unsubscriptions_are_never_refused() -> None:
    answers = begin(Request("subscribe", ("NOI.*",)), Request("unsubscribe", ("T.A", "Q.A")))
    say(answers, *DENIED)
    say(answers, "success", "unsubscribed to: T.A")
    outcome = answers.conclude()
    assert (outcome.refused, outcome.unanswered, outcome.kept) == (("NOI.*",), (), ("Q.A",))


def test_a_confirmation_of_the_other_kind_does_not_count() -> None:
    answers = make("T.A", action="unsubscribe")
    ack(answers, "T.A")
    assert not answers.done


def test_other_messages() -> None:
    answers = make("T.A")
    for status, message in (
        ("success", "authenticated"),
        ("connected", "Connected Successfully"),
        ("success", "subscribed to: Q.LATE"),
    ):
        say(answers, status, message)
        assert (answers.done, answers.quiet_s) == (False, 10)
    say(answers, "error", "something new")
    error = answers.conclude().error
    assert type(error) is errors.ServerError
    assert error.message == "something new"


def test_timeout_bounds_every_wait() -> None:
    answers = begin(Request("subscribe", ("T.A", "T.B")), timeout_s=0.05)
    say(answers, *DENIED)
    assert answers.quiet_s == 0.05
