from __future__ import annotations

import pytest

from fastpoly import errors, schema
from fastpoly.net.credentials import ApiKey
from fastpoly.protocol.statuses import MAX_SHOWN, read_status, shown


@pytest.mark.parametrize("spec", schema.STATUSES, ids=lambda spec: spec.name)
def test_every_entry_is_found_again(spec: schema.StatusSpec) -> None:
    message = read_status(spec.status, f"{spec.message} and more", str)
    assert message.spec is spec
    assert message.effect == spec.effect
    error = message.error()
    assert type(error).__name__ == (spec.error or "ServerError")
    assert error.status == spec.status
    # What ends a connection is no answer to a request, and the other way round.
    assert message.is_refusal == (spec.effect == "answer" and spec.status == "error")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("subscribed to: T.AAPL", ("subscribe", ("T.AAPL",))),
        ("unsubscribed to: Q.BRK.B", ("unsubscribe", ("Q.BRK.B",))),
        ("subscribed to: T.A, Q.A", ("subscribe", ("T.A", "Q.A"))),
        ("authenticated", None),
    ],
)
def test_confirmed(text: str, meaning: object) -> None:
    assert read_status("success", text, str).confirmed == meaning
    assert read_status("error", text, str).confirmed is None


def test_unknown_and_missing_texts() -> None:
    message = read_status("slow", None, str)
    assert (message.spec, message.effect, str(message)) == (None, None, "slow: ")
    assert not message.is_refusal
    refusal = read_status("error", "something new.", str)
    assert refusal.is_refusal
    assert str(refusal.error()) == "The server said: something new."
    assert type(refusal.error()) is errors.ServerError
    assert read_status(None, None, str).status == ""


def test_the_key_is_hidden_once_and_for_all() -> None:
    key = "s3cr3t-of-nobody"
    hide = ApiKey(key).hide
    for status, text in (("error", f"bad key {key}"), (key, key), ("auth_failed", key)):
        message = read_status(status, text, hide)
        assert key not in f"{message!r} {message} {message.error()!r}"


def test_what_is_repeated_of_a_text_is_short_and_can_be_written() -> None:
    assert shown("not authorized: é") == "not authorized: é"
    assert shown("a\n\x1b[2J\ud800") == r"a\n\x1b[2J\ud800"
    long = "m" * 10_000_000
    assert shown(long) == "m" * MAX_SHOWN + f"... ({len(long) - MAX_SHOWN} more characters)"
    message = read_status("error", long, str)
    assert message.message == long  # what it confirms may be long
    error = message.error()
    assert max(map(len, (str(message), str(error), error.message))) < 2 * MAX_SHOWN
