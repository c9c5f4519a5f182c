"""The API key: where it comes from, and a wrapper that keeps it out of whatever gets printed."""

from __future__ import annotations

import os
import re
from typing import Final, NoReturn

from fastpoly.errors import UsageError
from fastpoly.net.endpoints import WEBSOCKET_SCHEMES, is_loopback

__all__ = ["API_KEY_VARIABLES", "LOOPBACK_KEY", "ApiKey", "find_api_key"]

API_KEY_VARIABLES: Final = ("FASTPOLY_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY")
"""Environment variables that are asked, in this order, where no key is passed."""

LOOPBACK_KEY: Final = "no-key"
"""What a server on this machine is told where no key is passed and the environment has none."""

KEYED_SCHEMES: Final = frozenset((*WEBSOCKET_SCHEMES, "http", "https"))
"""Of URLs whose servers are told the key."""

SHORT: Final = 8
"""Keys below that are made up for a simulator; the service's have 32 characters."""


class ApiKey:
    """A key that shows itself only to who calls `reveal`.

    No repr, format, traceback local, log record or pickle of it carries the text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the key itself, for the one frame that needs it."""
        return self._text

    def hide(self, text: str) -> str:
        """Return a text without the key in it: servers may repeat what they were sent."""
        if len(self._text) >= SHORT:
            return text.replace(self._text, "(the API key)")
        # As part of an ordinary word it is not the key; and words have to stay readable.
        return re.sub(rf"(?<!\w){re.escape(self._text)}(?!\w)", "(the API key)", text)

    def __repr__(self) -> str:
        return "ApiKey(hidden)"

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, ApiKey) else NotImplemented

    def __hash__(self) -> int:
        return hash((ApiKey, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an API key cannot be pickled; pass it to the other process in its environment"
        )


def find_api_key(api_key: str | ApiKey | None = None, url: str = "") -> ApiKey:
    """Return the key that was passed, or the first one in the environment.

    A server on loopback is a simulator, a hub or a test: without a key, a made-up one is used. So
    it is where there is nobody to tell it, as with a recording.

    Args:
        api_key: The key, or None to ask the environment; see `API_KEY_VARIABLES`.
        url: The full URL that the key is for.

    Raises:
        UsageError: There is no key, or it is empty or not text.
    """
    if isinstance(api_key, ApiKey):
        return api_key
    source = "api_key"
    text: object = api_key
    if text is None:
        for source in API_KEY_VARIABLES:
            text = os.environ.get(source)
            if text:
                break
        else:
            scheme = url.strip().partition(":")[0].lower()
            if is_loopback(url) or (":" in url and scheme not in KEYED_SCHEMES):
                return ApiKey(LOOPBACK_KEY)
            raise UsageError(
                "There is no API key.",
                hint=f"Pass api_key=..., or set {' or '.join(API_KEY_VARIABLES)}.",
            )
    if not isinstance(text, str):
        # The type only: a key passed as bytes must not end up in the message.
        raise UsageError(f"The API key is a {type(text).__name__}, not a str.", hint="Pass text.")
    if not text.strip():
        raise UsageError(
            f"The API key in {source} is empty.", hint="Copy it from the vendor's dashboard."
        )
    if any(character.isspace() or not character.isprintable() for character in text.strip()):
        raise UsageError(
            f"The API key in {source} has white space or control characters in it.",
            hint="Copy it again; often there are two keys on one line.",
        )
    return ApiKey(text.strip())
