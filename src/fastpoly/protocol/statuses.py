"""Control messages: classified by the table and stripped of the API key, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from fastpoly import errors, schema
from fastpoly.errors import ServerError

__all__ = ["MAX_SHOWN", "Action", "ControlMessage", "read_status", "shown"]

Action: TypeAlias = Literal["subscribe", "unsubscribe"]
"""What a client may ask for after its login."""

MAX_SHOWN: Final = 1000
"""Characters of a server's text that an error or a log record repeats."""

_PREFIXES: Final = {spec.name: spec.message.rstrip() for spec in schema.STATUSES}
_CONFIRMING: Final[tuple[tuple[str, Action], ...]] = (
    (_PREFIXES["SUBSCRIBED"], "subscribe"),
    (_PREFIXES["UNSUBSCRIBED"], "unsubscribe"),
)


def shown(text: str) -> str:
    """Return a server's text as errors and log records repeat it.

    Cut where it is long, and without what cannot be written or would move the cursor.
    """
    cut = text[:MAX_SHOWN]
    if not cut.isprintable():
        cut = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
    left = len(text) - MAX_SHOWN
    return cut if left <= 0 else f"{cut}... ({left} more characters)"


@dataclass(frozen=True, slots=True)
class ControlMessage:
    """One control message of the server, without the API key.

    Attributes:
        status: The ``status`` text.
        message: The ``message`` text.
        spec: The entry of `schema.STATUSES` that it matches; None for an unknown one.
        fields: All that a message about a gap says, by key; empty for any other.
    """

    status: str
    message: str
    spec: schema.StatusSpec | None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{shown(self.status)}: {shown(self.message)}"

    @property
    def effect(self) -> schema.Effect | None:
        """What it means for the connection; None for an unknown message."""
        return None if self.spec is None else self.spec.effect

    @property
    def confirmed(self) -> tuple[Action, tuple[str, ...]] | None:
        """The request that it confirms and the parameters that it names, or None."""
        if self.status == "success":
            for prefix, action in _CONFIRMING:
                if self.message.startswith(prefix):
                    params = (text.strip() for text in self.message[len(prefix) :].split(","))
                    return action, tuple(text for text in params if text)
        return None

    @property
    def is_refusal(self) -> bool:
        """Whether it refuses a request; which parameter, it does not say."""
        return self.status == "error" and self.effect != "fatal"

    def error(self) -> ServerError:
        """Return the error that it means."""
        name = self.spec.error if self.spec is not None else ""
        kind: type[ServerError] = getattr(errors, name) if name else ServerError
        status, message = shown(self.status), shown(self.message)
        text = message.strip().rstrip(".") or status
        return kind(f"The server said: {text}.", status=status, message=message)


def read_status(
    status: str | None,
    message: str | None,
    hide: Callable[[str], str],
    fields: Callable[[], Mapping[str, Any]] = dict,
) -> ControlMessage:
    """Classify what the server sent.

    Args:
        status: The ``status`` text.
        message: The ``message`` text.
        hide: Makes the API key in a text unreadable; a server may repeat it.
        fields: Returns all that it said, by key; asked of the few messages that have more to say.
    """
    text = hide(message or "")
    spec = schema.status_spec(status or "", text)
    # A status that the table has is no secret; any other text may repeat the key.
    found = ControlMessage(spec.status if spec else hide(status or ""), text, spec)
    if found.effect != "gap":
        return found
    hidden = {
        key: hide(value) if isinstance(value, str) else value for key, value in fields().items()
    }
    return ControlMessage(found.status, text, spec, hidden)
