"""What one connection is subscribed to: parameters in, confirmations and refusals out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastpoly.schema import MarketSpec
from fastpoly.serving.messages import Param, status

if TYPE_CHECKING:
    from fastpoly._core import SyntheticMarket
    from fastpoly.sim.config import SimulatorConfig


class Holdings:
    """The subscriptions of one connection.

    Attributes:
        subscription: The native side: it picks the events and counts them.
    """

    def __init__(self, spec: MarketSpec, market: SyntheticMarket, config: SimulatorConfig) -> None:
        self._spec = spec
        self._market = market
        self._refused = frozenset(config.refused)
        self.subscription = market.subscription(duplicates=config.duplicates)
        # (channel, symbol) -> the instrument's number; None for all of the channel.
        self._held: dict[tuple[str, str], int | None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def subscribe(self, params: list[Param]) -> list[bytes]:
        """Takes what it can.

        Returns:
            Status objects: refusals first, then confirmations; nothing for what is held already.
        """
        refusals: list[bytes] = []
        confirmations: list[bytes] = []
        over = self._over_limit(params)
        for param in params:
            channel = self._spec.channel(param.channel)
            if channel is None or (param.channel, param.symbol) in self._held:
                continue
            if param.channel in over:
                refusals.append(status("SUBSCRIPTION_LIMIT"))
            elif self._is_refused(param) or (param.symbol == "*" and not channel.wildcard):
                refusals.append(status("NOT_AUTHORIZED"))
            else:
                self._hold(param)
                confirmations.append(status("SUBSCRIBED", param.text))
        return refusals + confirmations

    def unsubscribe(self, params: list[Param]) -> list[bytes]:
        """Gives up what is held.

        Returns:
            Status objects: one for each that was held.
        """
        confirmations = []
        for param in params:
            key = (param.channel, param.symbol)
            if key not in self._held:
                continue
            number = self._held.pop(key)
            if number is None:
                self.subscription.remove(param.channel)
            elif number >= 0:
                self.subscription.remove(param.channel, number)
            confirmations.append(status("UNSUBSCRIBED", param.text))
        return confirmations

    def _hold(self, param: Param) -> None:
        key = (param.channel, param.symbol)
        if param.symbol == "*":
            self._held[key] = None
            self.subscription.add(param.channel)
        else:
            # An instrument that does not exist is confirmed like any other; it stays silent.
            number = self._held[key] = self._market.find(param.symbol)
            if number >= 0:
                self.subscription.add(param.channel, number)

    def _is_refused(self, param: Param) -> bool:
        return not self._refused.isdisjoint(
            {f"{param.channel}.*", f"{param.channel}.{param.symbol}"}
        )

    def _over_limit(self, params: list[Param]) -> set[str]:
        """The channels of which a request asks for more than one connection may hold."""
        over = set()
        for channel in self._spec.channels:
            if channel.limit:
                wanted = {(param.channel, param.symbol) for param in params} | self._held.keys()
                if sum(name == channel.name for name, _ in wanted) > channel.limit:
                    over.add(channel.name)
        return over
