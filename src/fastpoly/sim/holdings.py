"""What a simulated connection holds: parameters in, the native side's choice of events out."""

from __future__ import annotations

from collections.abc import Iterable

from fastpoly._core import SyntheticMarket
from fastpoly.serving.messages import Param


class Holdings:
    """The instruments whose events one connection gets.

    Args:
        market: The market that they belong to.
        refused: Parameters that are not in the plan, ``CHANNEL.*`` or ``CHANNEL.SYMBOL``.
        duplicates: Whether an instrument subscribed by name under a wildcard comes twice.

    Attributes:
        subscription: The native side: it picks the events and counts them.
    """

    def __init__(
        self, market: SyntheticMarket, refused: Iterable[str], *, duplicates: bool
    ) -> None:
        self._market = market
        self._refused = frozenset(refused)
        self.subscription = market.subscription(duplicates=duplicates)

    def refusal(self, param: Param) -> str | None:
        """Return the name of the status that refuses a parameter, or None if it is granted."""
        spellings = {f"{param.channel}.*", f"{param.channel}.{param.symbol}"}
        return None if self._refused.isdisjoint(spellings) else "NOT_AUTHORIZED"

    def add(self, param: Param) -> None:
        """Begin to pick a parameter's events."""
        if param.symbol == "*":
            self.subscription.add(param.channel)
        # An instrument that does not exist is confirmed like any other; it stays silent.
        elif (number := self._market.find(param.symbol)) >= 0:
            self.subscription.add(param.channel, number)

    def remove(self, param: Param) -> None:
        """Stop picking a parameter's events."""
        if param.symbol == "*":
            self.subscription.remove(param.channel)
        elif (number := self._market.find(param.symbol)) >= 0:
            self.subscription.remove(param.channel, number)
