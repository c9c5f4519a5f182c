"""The server's answer to the request for a WebSocket: read and judged as RFC 6455 says. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Answer", "UpgradeParser", "accept_for", "fault_of"]

MAX_HEAD_BYTES: Final = 64 * 1024
"""How much an answer and what comes before it may have; also against a server without end."""

_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_END: Final = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE: Final = re.compile(r"HTTP/(\d+)\.(\d+)[ \t]+(\d{3})(?:[ \t].*)?")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PREFIX: Final = b"HTTP/"
_TLS_RECORDS: Final = (b"\x15\x03", b"\x16\x03")


def accept_for(key: str) -> str:
    """Return the ``Sec-WebSocket-Accept`` that belongs to a ``Sec-WebSocket-Key``."""
    digest = hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an HTTP answer.

    Attributes:
        version: Major and minor version of HTTP.
        status: The status, such as 101.
        fields: Name in lower case -> the values in order, each without white space around it.
    """

    version: tuple[int, int]
    status: int
    fields: dict[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """Return the first value of a field, or None."""
        values = self.fields.get(name)
        return values[0] if values else None

    def tokens(self, name: str) -> set[str]:
        """Return what a field lists, in lower case, over all lines that it is spread over."""
        listed = ",".join(self.fields.get(name, ())).split(",")
        return {token.strip().lower() for token in listed if token.strip()}


class UpgradeParser:
    """Reads what a server sends until it has answered; interim answers (1xx) are passed over.

    Attributes:
        rest: What came behind the answer: frames.
    """

    def __init__(self) -> None:
        self.rest = b""
        self._data = b""
        self._seen = 0

    def feed(self, data: bytes) -> Answer | None:
        """Take what arrived, and return the answer once it is complete.

        Raises:
            ValueError: It is none; the message says why, as the end of a sentence.
        """
        self._data += data
        self._seen += len(data)
        while True:
            if not self._data.startswith(_PREFIX[: len(self._data)]):
                raise ValueError(_stranger(self._data))
            end = _END.search(self._data)
            if end is None:
                if self._seen > MAX_HEAD_BYTES:
                    raise ValueError(f"its answer has more than {MAX_HEAD_BYTES} bytes of header")
                return None
            answer = _parse(self._data[: end.start()])
            self._data = self._data[end.end() :]
            if answer.status == 101 or answer.status >= 200:
                self.rest, self._data = self._data, b""
                return answer


def _stranger(data: bytes) -> str:
    if data.startswith(_TLS_RECORDS):
        return "it speaks TLS, as a wss:// server does"
    return "its answer is not HTTP"


def _parse(head: bytes) -> Answer:
    # A line that begins with white space goes on with the one before (obsolete, but to be read).
    text = re.sub(r"\r?\n[ \t]+", " ", head.decode("latin-1"))
    first, *lines = re.split(r"\r?\n", text)
    match = _STATUS_LINE.fullmatch(first.strip())
    if match is None:
        raise ValueError("its answer has no HTTP status")
    answer = Answer((int(match[1]), int(match[2])), int(match[3]))
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise ValueError("its answer has a line that is no HTTP field")
        answer.fields.setdefault(name.lower(), []).append(value.strip())
    return answer


def fault_of(answer: Answer, key: str) -> str:
    """Return why an answer with status 101 opens no WebSocket, or an empty string.

    Args:
        answer: The answer.
        key: The ``Sec-WebSocket-Key`` of the request. It offered no extension and no subprotocol.
    """
    accepts = answer.fields.get("sec-websocket-accept", [])
    if answer.version < (1, 1):
        return "it answered in HTTP/1.0, which has no WebSockets"
    if "websocket" not in answer.tokens("upgrade"):
        return "its answer does not upgrade to websocket (Upgrade field)"
    if "upgrade" not in answer.tokens("connection"):
        return "its answer does not upgrade the connection (Connection field)"
    if len(accepts) != 1:
        return f"its answer has {len(accepts)} Sec-WebSocket-Accept fields instead of one"
    if accepts[0] != accept_for(key):
        return "its Sec-WebSocket-Accept does not belong to this request; is there a cache between?"
    if answer.tokens("sec-websocket-extensions"):
        return "it uses an extension that was not offered (Sec-WebSocket-Extensions field)"
    if answer.tokens("sec-websocket-protocol"):
        return "it chose a subprotocol that was not offered (Sec-WebSocket-Protocol field)"
    if answer.tokens("transfer-encoding") or answer.tokens("content-length") - {"0"}:
        return "its answer has a body, which a WebSocket cannot have"
    return ""
