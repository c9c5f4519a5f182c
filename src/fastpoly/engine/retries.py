"""When to connect again after a loss: what the reconnect policy says, and the wait for it."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING, Protocol

from fastpoly.protocol.reconnect import retries_first

if TYPE_CHECKING:
    from fastpoly.errors import FastpolyError
    from fastpoly.protocol.reconnect import ReconnectPolicy

__all__ = ["Retries", "RetryOwner"]

logger = logging.getLogger("fastpoly.stream")


class RetryOwner(Protocol):
    """Who connects again."""

    def on_retry(self) -> object:
        """Connect again: the wait is over."""

    def on_exit(self, error: BaseException) -> object:
        """Take the program's end, which the policy asks for."""


class Retries:
    """Losses of one market's connection, one after the other. Used in the loop that reads.

    Args:
        market: The market's name.
        policy: Says whether to connect again, and when.
        owner: Who connects.

    Attributes:
        attempts: Attempts since data last flowed for a while.
        loss: What the connection was last lost for; None before it was.
    """

    def __init__(self, market: str, policy: ReconnectPolicy, owner: RetryOwner) -> None:
        self.attempts = 0
        self.loss: FastpolyError | None = None
        self._market = market
        self._policy = policy
        self._owner = owner
        self._timer: asyncio.TimerHandle | None = None

    @property
    def retries_first(self) -> bool:
        """Whether a connection that never was live is worth another attempt."""
        return retries_first(self._policy)

    def note_flow(self, seconds: float | None) -> None:
        """Count anew if data flowed for long enough on a connection that has ended.

        Args:
            seconds: For how long it flowed; None if it did not.
        """
        if seconds is not None and seconds >= self._policy.stable_after_s:
            self.attempts = 0

    def ask(self, error: FastpolyError) -> bool:
        """Ask the policy about a loss, and wait as long as it says.

        Returns:
            Whether `RetryOwner.on_retry` follows; False if the policy gives up.
        """
        self.loss = error
        self.attempts += 1
        try:
            delay_s = self._policy.next_delay(self.attempts, error)
            if delay_s is not None and not 0 <= delay_s < math.inf:
                raise ValueError(f"{delay_s!r} is not a number of seconds")
        except (KeyboardInterrupt, SystemExit) as exit_:
            self._owner.on_exit(exit_)
            return False
        except BaseException as failure:
            logger.exception("%s: the reconnect policy raised", self._market)
            error.add_note(f"The reconnect policy raised {failure!r}.")
            return False
        if delay_s is None:
            return False
        logger.warning(
            "%s: %s Attempt %d in %.2f s.", self._market, error.detail, self.attempts, delay_s
        )
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(delay_s, self._owner.on_retry)
        return True

    def cancel(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
