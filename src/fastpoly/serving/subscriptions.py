"""What one reader is subscribed to: parameters in, confirmations and refusals out."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastpoly.schema import MarketSpec
from fastpoly.serving.feed import SubscriptionRules
from fastpoly.serving.messages import Param, status


@dataclass(slots=True)
class SubscriptionChange:
    """What one request changed.

    Attributes:
        statuses: Status objects that answer it: refusals first, then confirmations.
        added: The parameters that are held from now on.
        removed: Those that were held until now.
    """

    statuses: list[bytes] = field(default_factory=list)
    added: list[Param] = field(default_factory=list)
    removed: list[Param] = field(default_factory=list)


class ReaderSubscriptions:
    """The subscriptions of one reader.

    Args:
        market: Which channels there are, which of them take a wildcard, and how many parameters of
            each a reader may hold.
        rules: Decides about all else, and is told what changes.
        most: Parameters that the reader may hold altogether; 0 for any number.
    """

    def __init__(self, market: MarketSpec, rules: SubscriptionRules, most: int = 0) -> None:
        self._market = market
        self._rules = rules
        self._most = most
        self._held: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: tuple[str, str]) -> bool:
        """Whether a channel and symbol are held."""
        return key in self._held

    def subscribe(self, params: list[Param]) -> SubscriptionChange:
        """Take what is granted. What is held already gets no answer."""
        change = SubscriptionChange()
        confirmations: list[bytes] = []
        full = self._channels_over_limit(params)
        for param in params:
            key = (param.channel, param.symbol)
            if key in self._held:
                continue
            refusal = "SUBSCRIPTION_LIMIT" if param.channel in full else self._refusal(param)
            if refusal is not None:
                change.statuses.append(status(refusal))
                continue
            self._held.add(key)
            self._rules.add(param)
            change.added.append(param)
            confirmations.append(status("SUBSCRIBED", param.text))
        change.statuses += confirmations
        return change

    def unsubscribe(self, params: list[Param]) -> SubscriptionChange:
        """Give up what is held. What is not held gets no answer."""
        change = SubscriptionChange()
        for param in params:
            key = (param.channel, param.symbol)
            if key in self._held:
                self._held.remove(key)
                self._rules.remove(param)
                change.removed.append(param)
                change.statuses.append(status("UNSUBSCRIBED", param.text))
        return change

    def _refusal(self, param: Param) -> str | None:
        channel = self._market.channel(param.channel)
        if param.symbol == "*" and channel is not None and not channel.wildcard:
            return "NOT_AUTHORIZED"
        return self._rules.refusal(param)

    def _channels_over_limit(self, params: list[Param]) -> set[str]:
        """The channels of which a request asks for more than the reader may hold."""
        wanted = {(param.channel, param.symbol) for param in params} | self._held
        if self._most and len(wanted) > self._most:
            return {param.channel for param in params}
        over = set()
        for channel in self._market.channels:
            if channel.limit and sum(name == channel.name for name, _ in wanted) > channel.limit:
                over.add(channel.name)
        return over
