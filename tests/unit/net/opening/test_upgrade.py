from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly.net.opening.upgrade import MAX_HEAD_BYTES, Answer, UpgradeParser, accept_for, fault_of

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of RFC 6455, section 1.3

VALID = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": ACCEPT,
}


def head(fields: dict[str, str], first: str = "HTTP/1.1 101 Switching Protocols") -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def parse(data: bytes) -> Answer:
    answer = UpgradeParser().feed(data)
    assert answer is not None
    return answer


def test_the_example_of_the_rfc() -> None:
    assert accept_for(KEY) == ACCEPT
    assert fault_of(parse(head(VALID)), KEY) == ""


@pytest.mark.parametrize(
    "data",
    [
        head({**VALID, "Connection": "keep-alive, Upgrade"}),
        head({**VALID, "Connection": "Upgrade,Keep-Alive"}),
        head({**VALID, "Connection": "keep-alive", "CONNECTION": "upgrade"}),
        head({**VALID, "Upgrade": "WebSocket"}),
        head({name.upper(): value for name, value in VALID.items()}),
        head({name.lower(): f" \t {value} \t" for name, value in VALID.items()}),
        head(VALID, "HTTP/1.1 101"),
        head(VALID, "HTTP/1.1 101 "),
        head(VALID, "HTTP/1.1  101  whatever it is called"),
        head({**VALID, "Content-Length": "0"}),
        head({**VALID, "Sec-WebSocket-Extensions": ""}),
        head({**VALID, "Server": "caf\u00e9", "X-Empty": ""}),
        head({**VALID, "X-Folded": "one\r\n two"}),
        head(VALID).replace(b"\r\n", b"\n"),
        head({"Link": "</x>"}, "HTTP/1.1 103 Early Hints") + head(VALID),
        head({}, "HTTP/1.1 100 Continue") + head({}, "HTTP/1.1 102 Processing") + head(VALID),
    ],
)
def test_what_is_valid_is_accepted(data: bytes) -> None:
    assert fault_of(parse(data), KEY) == ""


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (head(VALID, "HTTP/1.0 101 OK"), r"HTTP/1\.0"),
        (head({**VALID, "Upgrade": "h2c"}), "Upgrade field"),
        (head({**VALID, "Connection": "keep-alive"}), "Connection field"),
        (head({**VALID, "Connection": "close"}), "Connection field"),
        (head({**VALID, "Sec-WebSocket-Accept": accept_for("other")}), "does not belong"),
        (head({**VALID, "Sec-WebSocket-Accept": ACCEPT.lower()}), "does not belong"),
        (head({**VALID, "SEC-WEBSOCKET-ACCEPT": ACCEPT}), "2 Sec-WebSocket-Accept"),
        (head({**VALID, "Sec-WebSocket-Extensions": "permessage-deflate"}), "extension"),
        (head({**VALID, "Sec-WebSocket-Protocol": "chat"}), "subprotocol"),
        (head({**VALID, "Content-Length": "5"}), "has a body"),
        (head({**VALID, "Transfer-Encoding": "chunked"}), "has a body"),
        (head({"Upgrade": "websocket", "Connection": "Upgrade"}), "0 Sec-WebSocket-Accept"),
        (head({}), "Upgrade field"),
    ],
)
def test_what_is_not_valid_is_refused_with_the_reason(data: bytes, fault: str) -> None:
    assert re.search(fault, fault_of(parse(data), KEY))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"),
        (b"http/1.1 101 OK\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 OK\r\n\r\n", "no HTTP status"),
        (b"HTTP/1.1 1010 OK\r\n\r\n", "no HTTP status"),
        (b"HTTP/1.1 101 OK\r\nno field\r\n\r\n", "no HTTP field"),
        (b"HTTP/1.1 101 OK\r\nUpgrade : websocket\r\n\r\n", "no HTTP field"),
        (b"HTTP/1.1 101 OK\r\nX: " + b"x" * MAX_HEAD_BYTES, "bytes of header"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 4000 + b"HTTP", "bytes of header"),
    ],
)
def test_what_is_no_answer(data: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        UpgradeParser().feed(data)


@given(st.lists(st.integers(1, 40), max_size=30))
def test_an_answer_in_pieces(sizes: list[int]) -> None:
    data = head({}, "HTTP/1.1 103 Early Hints") + head(VALID) + b"\x81\x02[]"
    parser = UpgradeParser()
    answer, rest = None, b""
    for size in [*sizes, len(data)]:
        piece, data = data[:size], data[size:]
        if answer is None:
            answer = parser.feed(piece)
        else:
            rest += piece
    assert answer is not None
    assert fault_of(answer, KEY) == ""
    assert parser.rest + rest == b"\x81\x02[]"


@given(st.binary(max_size=300))
def test_anything_is_an_answer_or_is_refused(data: bytes) -> None:
    for text in (data, b"HTTP/1.1 101 x\r\n" + data + b"\r\n\r\n"):
        with contextlib.suppress(ValueError):
            answer = UpgradeParser().feed(text)
            # No answer made of chance has the right Sec-WebSocket-Accept.
            assert answer is None or fault_of(answer, KEY)
