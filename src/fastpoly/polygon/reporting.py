"""What goes wrong around the drop-in's handlers: logged at a bounded rate, told, acted upon."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from fastpoly import schema
from fastpoly.consumers.error_policy import LogLimit
from fastpoly.consumers.user_hook import Hook
from fastpoly.enums import ErrorPolicy
from fastpoly.errors import DecodeError, FastpolyError, HandlerFailed, UsageError

if TYPE_CHECKING:
    from fastpoly.events import Status
    from fastpoly.net.credentials import ApiKey
    from fastpoly.polygon.services import Handler

__all__ = ["OnError", "Reporting", "log_notice"]

logger = logging.getLogger("fastpoly.client")

OnError: TypeAlias = "Callable[[BaseException, Handler | None, Any], object]"
"""``on_error(error, handler, message)``; handler and message are None where neither is at fault."""


def log_notice(notice: Any) -> None:
    """The handler of notices while they have no other."""
    logger.warning("%s", notice)


class Reporting:
    """Tells the log and the user's hook.

    Args:
        on_error: The hook, a function or a coroutine function; or None.
        policy: What becomes of a handler that raises.
        stop: Ends the connection with an error.

    Raises:
        UsageError: The hook is not callable.
    """

    def __init__(
        self,
        on_error: OnError | None,
        policy: ErrorPolicy,
        stop: Callable[[FastpolyError], None],
    ) -> None:
        if on_error is not None and not callable(on_error):
            raise UsageError(f"on_error is not callable: {on_error!r}.", hint="Pass a function.")
        self._tell = Hook(on_error, logger)
        self._policy = policy
        self._stop = stop
        self._limit = LogLimit()

    def refusal(self, key: ApiKey, status: Status) -> None:
        """Logs a control message if it refuses something, without the key if that is in it."""
        spec = schema.status_spec(status.status or "", status.message or "")
        if spec is not None and spec.error:
            logger.warning("The server said: %s", key.hide(status.message or ""))

    def bad_frame(self, error: DecodeError) -> None:
        """A frame could not be read."""
        held_back = self._limit.admit(DecodeError)
        if held_back is not None:
            logger.warning("%s%s", error, _more(held_back))
        self._tell(error, None, None)

    def handler_failed(self, error: BaseException, handler: Handler, message: Any) -> bool:
        """A handler raised.

        Returns:
            Whether it is to be called again.
        """
        name = getattr(handler, "__qualname__", type(handler).__qualname__)
        # By identity: a callable object need not be hashable.
        held_back = self._limit.admit((id(handler), type(error)))
        if held_back is not None:
            logger.error("The handler %s failed%s", name, _more(held_back), exc_info=error)
        self._tell(error, handler, message)
        if self._policy is ErrorPolicy.STOP:
            failure = HandlerFailed(
                f"The handler {name} raised {type(error).__name__}.",
                hint="Mend it, or choose another error_policy.",
            )
            failure.__cause__ = error
            self._stop(failure)
        return self._policy is ErrorPolicy.CONTINUE


def _more(held_back: int) -> str:
    return f" ({held_back} more like this were not logged)" if held_back else ""
