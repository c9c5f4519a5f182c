"""What becomes of an exception that a handler raises: counted, logged, reported, policy applied."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

from fastpoly.consumers.handlers.user_hook import EXITS, StreamOwner, UserHook
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import FastpolyError, HandlerFailed
from fastpoly.health.log_limit import LogLimit, more

__all__ = ["ErrorHook", "HandlerErrorPolicy", "StreamOwner", "name_of"]

ErrorHook: TypeAlias = "Callable[[BaseException, Callable[..., Any] | None, Any], object]"
"""``on_error(error, handler, message)``; handler and message are None where neither is at fault.

The message is what the handler was called with: a batch, or one message of the drop-in's.
"""


class HandlerErrorPolicy:
    """Stands between handlers and the stream, whichever facade has them.

    Args:
        on_error: The user's hook, a function or coroutine function; None for none.
        policy: What becomes of a handler that raises.
        owner: What the policy ``stop`` ends.
        logger: Where failures are logged, at a bounded rate.

    Attributes:
        errors: How often a handler failed.

    Raises:
        UsageError: The hook is not callable.
    """

    def __init__(
        self,
        on_error: ErrorHook | None,
        policy: ErrorPolicy,
        owner: StreamOwner,
        logger: logging.Logger,
    ) -> None:
        self._tell = UserHook("on_error", on_error, owner, logger)
        self._policy = policy
        self._owner = owner
        self._logger = logger
        self._limit = LogLimit()
        self.errors = 0

    def handler_failed(
        self, error: BaseException, handler: Callable[..., object], message: Any
    ) -> bool:
        """Act on what a handler raised.

        Args:
            error: What it raised.
            handler: The user's function.
            message: What it was called with.

        Returns:
            Whether to go on calling it.
        """
        if isinstance(error, EXITS):
            # Asking for the program's end is not a handler's failure.
            self.errors += 1
            self._owner.stop_with(error)
            return True
        self.report(error, handler, message)
        if self._policy in (ErrorPolicy.STOP, ErrorPolicy.RAISE):
            failure = HandlerFailed(
                f"The handler {name_of(handler)} raised {type(error).__name__}.",
                hint="Fix the handler, or choose another error_policy.",
            )
            failure.__cause__ = error
            self._owner.stop_with(failure)
        return self._policy is ErrorPolicy.CONTINUE

    def report(self, error: BaseException, handler: Callable[..., object], message: Any) -> None:
        """Count a handler's failure, log it, and call the user's hook; leave it at that."""
        self.errors += 1
        # By identity: a callable object need not be hashable.
        held_back = self._limit.admit((id(handler), type(error)))
        if held_back is not None:
            self._logger.error(
                "The handler %s failed%s", name_of(handler), more(held_back), exc_info=error
            )
        self._tell(error, handler, message)

    def hook_failed(self, name: str, error: BaseException) -> None:
        """Act on what a hook raised that is asked for something: an exit ends the stream.

        Args:
            name: What to call the hook.
            error: What it raised.
        """
        if isinstance(error, EXITS):
            self._owner.stop_with(error)
            return
        failure = HandlerFailed(f"{name} raised {type(error).__name__}: {error}.")
        failure.__cause__ = error
        self.warn(failure)

    def warn(self, error: FastpolyError) -> None:
        """Report what went wrong without ending anything, and what no call can raise."""
        held_back = self._limit.admit(type(error))
        if held_back is not None:
            self._logger.error("%s%s", error, more(held_back))
        self._tell(error, None, None)


def name_of(handler: Callable[..., object]) -> str:
    """Return what to call a handler in texts."""
    return getattr(handler, "__qualname__", None) or type(handler).__qualname__
