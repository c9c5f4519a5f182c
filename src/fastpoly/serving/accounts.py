"""Which connections belong to one account, and which of them goes when there is one too many."""

from __future__ import annotations

from typing import Generic, TypeVar

from fastpoly.serving.policy import Evict

T = TypeVar("T")

Account = tuple[str, str]
"""What connections are counted by: the market's name and the key."""


class Accounts(Generic[T]):
    """The connections that have logged in, by account.

    Args:
        limit: Connections at a time per account; 0 for any number.
        evict: Which one goes when there is one too many.
    """

    def __init__(self, limit: int, evict: Evict) -> None:
        self._limit = limit
        self._evict = evict
        self._members: dict[Account, list[T]] = {}

    def admit(self, account: Account, member: T) -> T | None:
        """Add a connection.

        Returns:
            The one that has to go, which may be the new one; None if all may stay. An older one
            that has to go is no longer counted; a newer one is until it is removed.
        """
        members = self._members.setdefault(account, [])
        members.append(member)
        if not self._limit or len(members) <= self._limit:
            return None
        return members.pop(0) if self._evict == "oldest" else member

    def remove(self, account: Account, member: T) -> None:
        """Remove a connection; one that is not counted is left alone."""
        members = self._members.get(account, [])
        if member in members:
            members.remove(member)
            if not members:
                del self._members[account]

    def count(self, account: Account) -> int:
        """Return how many connections of an account are counted."""
        return len(self._members.get(account, ()))
