"""What a server needs to know of the data behind it: one feed for each reader."""

from __future__ import annotations

from typing import Protocol

from fastpoly.serving.messages import Param


class SubscriptionRules(Protocol):
    """Decides about subscriptions and carries them out."""

    def refusal(self, param: Param) -> str | None:
        """Return the name of the status that refuses a parameter, or None if it is granted."""

    def add(self, param: Param) -> None:
        """Begin to send what a parameter stands for; it was not held before."""

    def remove(self, param: Param) -> None:
        """Stop sending what a parameter stands for; it was held until now."""


class ReaderFeed(SubscriptionRules, Protocol):
    """The data behind one reader. All calls come from the event loop that the reader is in.

    A feed sends with its reader's methods: prepared frames with `Reader.write`, statuses with
    `Reader.send`.
    """

    def on_message(self, payload: bytes) -> None:
        """Note a message of the client, before it is carried out. It may hold a key."""

    def judge_key(self, key: str) -> None:
        """Decide about a key, now or later: call the reader's `accept` or `refuse`."""

    def on_login(self) -> None:
        """Note that the reader has logged in."""

    def answer(self, statuses: list[bytes]) -> None:
        """Send the refusals and confirmations of one request; usually as one message."""

    def after_request(self, added: list[Param], removed: list[Param]) -> None:
        """Send what comes first on new subscriptions, such as their last values.

        Called after each request was answered, also if it changed nothing.
        """

    def flush(self) -> None:
        """Send what is held back: the reader is about to be evicted."""

    def detach(self) -> None:
        """Forget the reader: its connection has ended."""
