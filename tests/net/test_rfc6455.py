"""What a client has to accept and to refuse by RFC 6455, in the manner of the Autobahn test suite.

Sections are the suite's: 1 framing, 2 pings and pongs, 3 reserved bits, 4 opcodes, 5 fragments,
6 UTF-8, 7 closing, 9 sizes, 10 fragments of any size. Each case is sent behind a login over a real
socket. Where it breaks the protocol, the connection has to end with the code and the reason; where
it does not, what comes behind it has to arrive.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fastpoly import errors
from fastpoly.serving.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from fastpoly.sim import ScriptedPeer, ScriptedServer
from tests.net.sessions import make_session
from tests.waiting import until

END = b'[{"ev":"T","sym":"END"}]'


def frame(payload: bytes = b"", opcode: int = TEXT, *, final: bool = True, rsv: int = 0) -> bytes:
    """A frame of a server, right or wrong."""
    head = bytes([(final << 7) | (rsv << 4) | opcode])
    if len(payload) < 126:
        head += bytes([len(payload)])
    elif len(payload) < 65536:
        head += b"\x7e" + struct.pack("!H", len(payload))
    else:
        head += b"\x7f" + struct.pack("!Q", len(payload))
    return head + payload


def trade(symbol: str = "A", size: int = 0) -> bytes:
    """A message with one trade, padded to so many bytes."""
    return b'[{"ev":"T","sym":"%s"}]'.replace(b"%s", symbol.encode()).ljust(size)


def fragments(text: bytes, size: int, opcode: int = TEXT, between: bytes = b"") -> bytes:
    """A message in fragments of so many bytes, with frames between them."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    last = len(pieces) - 1
    return between.join(
        frame(piece, CONTINUATION if number else opcode, final=number == last)
        for number, piece in enumerate(pieces)
    )


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(struct.pack("!H", code) + reason, CLOSE)


@dataclass(frozen=True)
class Case:
    """What a server sends, and what has to come of it.

    Attributes:
        name: Section and what it is about.
        data: What is sent.
        code: The close code that the connection ends with; None if it lives.
        reason: A part of the reason.
        symbols: Symbols of the trades that arrive.
        pongs: Payloads of the pongs that the server gets.
        chop: Bytes in one write; 0 for all of it.
        found: Whether the client finds fault; if not, the code is the server's.
        bad: Messages that are reported as unreadable.
    """

    name: str
    data: bytes
    code: int | None = None
    reason: str = ""
    symbols: tuple[str, ...] = ()
    pongs: tuple[bytes, ...] = ()
    chop: int = 0
    found: bool = True
    bad: int = 0


def framing() -> Iterator[Case]:
    for kind, opcode in (("text", TEXT), ("binary", BINARY)):
        for size in (125, 126, 127, 128, 65535, 65536):
            yield Case(f"1 {kind} {size}", frame(trade(size=size), opcode), symbols=("A",))
        yield Case(f"1 {kind} 0", frame(b"", opcode), bad=1)
        big = frame(trade(size=65536), opcode)
        yield Case(f"1 {kind} 65536 chopped", big, symbols=("A",), chop=997)
    for name, head in (
        ("16-bit length of 125", b"\x81\x7e\x00\x7d" + trade(size=125)),
        ("16-bit length of 0", b"\x81\x7e\x00\x00"),
        ("64-bit length of 125", b"\x81\x7f" + struct.pack("!Q", 125) + trade(size=125)),
        ("64-bit length of 65535", b"\x81\x7f" + struct.pack("!Q", 65535)),
        ("64-bit length with the highest bit", b"\x81\x7f" + struct.pack("!Q", 1 << 63)),
        ("64-bit length of all ones", b"\x81\x7f" + b"\xff" * 8),
    ):
        yield Case(f"1 {name}", head, 1002, "payload len")
    yield Case("1 64-bit length of 2**62", b"\x81\x7f" + struct.pack("!Q", 1 << 62), 1009)
    yield Case("1 masked", b"\x81\x82\x00\x00\x00\x00[]", 1002, "masked")
    yield Case("1 masked ping", b"\x89\x80\x00\x00\x00\x00", 1002, "masked")


def pings() -> Iterator[Case]:
    for payload in (b"", b"Hello", b"\x00\xff\xfe\xfd", b"\xfe" * 125):
        yield Case(f"2 ping of {len(payload)}", frame(payload, PING), pongs=(payload,))
    yield Case("2 ping chopped", frame(b"\xfe" * 125, PING), pongs=(b"\xfe" * 125,), chop=1)
    yield Case("2 ping of 126", frame(b"\xfe" * 126, PING), 1002, "payload size > 125")
    yield Case("2 pong of 126", frame(b"\xfe" * 126, PONG), 1002, "payload size > 125")
    for payload in (b"", b"unasked"):
        yield Case(f"2 unasked pong of {len(payload)}", frame(payload, PONG))
    yield Case("2 unasked pong, ping", frame(b"x", PONG) + frame(b"y", PING), pongs=(b"y",))
    many = tuple(b"%d" % number for number in range(10))
    for chop in (0, 1):
        data = b"".join(frame(payload, PING) for payload in many)
        yield Case(f"2 ten pings, chop {chop}", data, pongs=many, chop=chop)


def reserved_bits() -> Iterator[Case]:
    wrong = "reserved bit"
    for rsv in range(1, 8):
        yield Case(f"3 rsv {rsv} text", frame(trade("X"), rsv=rsv), 1002, wrong)
        for name, opcode in (("binary", BINARY), ("ping", PING), ("pong", PONG)):
            yield Case(f"3 rsv {rsv} {name}", frame(b"", opcode, rsv=rsv), 1002, wrong)
        data = frame(b"\x03\xe8", CLOSE, rsv=rsv)
        yield Case(f"3 rsv {rsv} close", data, 1002, wrong)
    data = frame(trade("A")) + frame(trade("X"), rsv=4) + frame(trade("Y"))
    for chop in (0, 1):
        yield Case(f"3 behind a message, chop {chop}", data, 1002, wrong, ("A",), chop=chop)
    data = frame(trade("X")[:5], final=False) + frame(trade("X")[5:], CONTINUATION, rsv=4)
    yield Case("3 rsv 4 continuation", data, 1002, wrong)
    yield Case("3 rsv 4 first fragment", frame(b"[", final=False, rsv=4), 1002, wrong)


def opcodes() -> Iterator[Case]:
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"x"):
            data = frame(trade("A")) + frame(payload, opcode) + frame(b"", PING)
            name = f"4 opcode {opcode} with {len(payload)}"
            yield Case(name, data, 1002, "invalid opcode", ("A",))


def fragmentation() -> Iterator[Case]:
    text = trade("A", 40)
    for name, opcode in (("ping", PING), ("pong", PONG), ("close", CLOSE)):
        data = frame(b"x", opcode, final=False) + frame(b"y", CONTINUATION)
        yield Case(f"5 fragmented {name}", data, 1002, "fragmented control frame")
    for size in (1, 7, 20, 39):
        for chop in (0, 1, 5):
            for kind, opcode in (("text", TEXT), ("binary", BINARY)):
                data = fragments(text, size, opcode)
                yield Case(f"5 {kind} by {size}, chop {chop}", data, symbols=("A",), chop=chop)
    data = fragments(text, 20, between=frame(b"p", PING))
    yield Case("5 ping between", data, symbols=("A",), pongs=(b"p",))
    data = fragments(text, 10, between=frame(b"p", PING) + frame(b"", PONG))
    yield Case("5 pings and pongs between", data, symbols=("A",), pongs=(b"p",) * 3)
    data = frame(b"", final=False) + frame(b"", CONTINUATION, final=False)
    data += frame(text, CONTINUATION)
    yield Case("5 empty fragments", data, symbols=("A",))
    data = frame(text, final=False) + frame(b"", CONTINUATION)
    yield Case("5 last fragment empty", data, symbols=("A",))
    data = frame(b"", final=False) + frame(b"", CONTINUATION)
    yield Case("5 nothing but empty fragments", data, bad=1)
    stray = "a continuation of no message"
    for final in (True, False):
        for payload in (b"", b"[", trade("X")):
            data = frame(payload, CONTINUATION, final=final)
            yield Case(f"5 stray of {len(payload)}, {final}", data + frame(END), 1002, stray)
            name = f"5 stray of {len(payload)}, {final}, behind a message"
            yield Case(name, fragments(text, 20) + data + frame(END), 1002, stray, ("A",))
    inside = "begins before the last one has ended"
    for opcode in (TEXT, BINARY):
        for final in (True, False):
            data = frame(b"[", final=False) + frame(trade("X"), opcode, final=final) + frame(END)
            yield Case(f"5 message inside, {opcode}, {final}", data, 1002, inside)


KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()
VALID_UTF8 = {
    "greek": KOSME,
    "2 bytes, first": b"\xc2\x80",
    "2 bytes, last": b"\xdf\xbf",
    "3 bytes, first": b"\xe0\xa0\x80",
    "3 bytes, last": b"\xef\xbf\xbf",
    "4 bytes, first": b"\xf0\x90\x80\x80",
    "4 bytes, last": b"\xf4\x8f\xbf\xbf",
    "before the surrogates": b"\xed\x9f\xbf",
    "behind the surrogates": b"\xee\x80\x80",
    "replacement": b"\xef\xbf\xbd",
    "no character": b"\xef\xbf\xbe",
}
INVALID_UTF8 = {
    "greek and a surrogate": KOSME + b"\xed\xa0\x80edited",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "5 bytes": b"\xf8\x88\x80\x80\x80",
    "6 bytes": b"\xfc\x84\x80\x80\x80\x80",
    "lone continuation": b"\x80",
    "lone start": b"\xc3",
    "2 of 3": b"\xe1\xbd",
    "3 of 4": b"\xf0\x90\x80",
    "overlong slash, 2": b"\xc0\xaf",
    "overlong slash, 3": b"\xe0\x80\xaf",
    "overlong slash, 4": b"\xf0\x80\x80\xaf",
    "overlong NUL": b"\xc0\x80",
    "surrogate, first": b"\xed\xa0\x80",
    "surrogate, last": b"\xed\xbf\xbf",
    "surrogate pair": b"\xed\xa0\x80\xed\xb0\x80",
    "impossible": b"\xfe\xff",
}


def utf8() -> Iterator[Case]:
    wrong = "text that is not UTF-8"
    for name, data in VALID_UTF8.items():
        text = trade(data.decode())
        symbols = (data.decode(),)
        yield Case(f"6 {name}", frame(text), symbols=symbols)
        yield Case(f"6 {name} by 1", fragments(text, 1), symbols=symbols)
        yield Case(f"6 {name}, not JSON", frame(data), bad=1)
    for name, data in INVALID_UTF8.items():
        text = trade("%").replace(b"%", data)
        yield Case(f"6 {name}", frame(text) + frame(END), 1007, wrong, bad=1)
        yield Case(f"6 {name} by 1", fragments(text, 1) + frame(END), 1007, wrong, bad=1)
        yield Case(f"6 {name}, not JSON", frame(data) + frame(END), 1007, wrong, bad=1)
        yield Case(f"6 {name} in a binary message", frame(data, BINARY), bad=1)


def closing() -> Iterator[Case]:
    data = frame(trade("A")) + close(1000, b"bye")
    yield Case("7 message, close", data, 1000, "bye", ("A",), found=False)
    yield Case("7 two closes", close(1000, b"bye") * 2, 1002, "for the second time")
    yield Case("7 close, ping", close(1000) + frame(b"", PING), 1000, found=False)
    yield Case("7 close, message", close(1000) + frame(END), 1000, found=False)
    data = frame(b"[", final=False) + close(1001) + frame(b"]", CONTINUATION)
    yield Case("7 close inside a message", data, 1001, found=False)
    yield Case("7 close without a code", frame(b"", CLOSE), 1005, found=False)
    yield Case("7 close of one byte", frame(b"\x03", CLOSE) + frame(END), 1002, "invalid close")
    yield Case("7 reason of 123", close(1000, b"r" * 123), 1000, "r" * 123, found=False)
    yield Case("7 reason of 124", close(1000, b"r" * 124), 1002, "payload size > 125")
    yield Case("7 reason in Greek", close(1000, KOSME), 1000, KOSME.decode(), found=False)
    for name, data in INVALID_UTF8.items():
        yield Case(f"7 reason: {name}", close(1000, data) + frame(END), 1007, "UTF-8")
    for code in (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999):
        yield Case(f"7 code {code}", close(code, b"why"), code, "why", found=False)
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        for reason in (b"", b"why"):
            data = close(code, reason) + frame(END)
            yield Case(f"7 code {code} {reason!r}", data, 1002, "close")


def sizes() -> Iterator[Case]:
    for size in (64 << 10, 256 << 10, 1 << 20):
        yield Case(f"9 text of {size}", frame(trade(size=size)), symbols=("A",))
        data = fragments(trade(size=size), 4096)
        yield Case(f"9 text of {size} by 4096", data, symbols=("A",))
    data = fragments(trade(size=64 << 10), 64)
    yield Case("9 text of 65536 by 64", data, symbols=("A",))
    yield Case("10 text of 65536 by 1300", fragments(trade(size=65536), 1300), symbols=("A",))


CASES = [
    case
    for section in (
        framing,
        pings,
        reserved_bits,
        opcodes,
        fragmentation,
        utf8,
        closing,
        sizes,
    )
    for case in section()
]


class PongWatch(ScriptedServer):
    """A server that remembers the pongs of its client."""

    def __init__(self) -> None:
        super().__init__()
        self.pongs: list[bytes] = []

    def on_pong(self, peer: ScriptedPeer, payload: bytes) -> None:
        self.pongs.append(payload)


def test_the_names_are_different() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    async def main() -> None:
        async with PongWatch() as server:
            session, reports = make_session(server.url(), "k3y")
            await session.open()
            (peer,) = server.peers
            data = case.data if case.code is not None else case.data + frame(END)
            for at in range(0, len(data), case.chop or len(data)):
                peer.send_raw(data[at : at + (case.chop or len(data))])
                await asyncio.sleep(0)

            def symbols() -> tuple[str, ...]:
                return tuple(event["sym"] for batch in reports.batches for event in batch)

            if case.code is None:
                await until(lambda: symbols()[-1:] == ("END",))
                assert session.is_open
                assert symbols() == (*case.symbols, "END")
                await until(lambda: tuple(server.pongs) == case.pongs)
                await session.close()
            else:
                end = await asyncio.wait_for(session.closed(), 10)
                assert end.code == case.code
                assert case.reason in end.reason
                assert isinstance(end.error, errors.ConnectionLost)
                assert end.error.code == case.code
                said = case.code in (1002, 1007, 1009) and "says that" not in str(end.error)
                assert said is case.found
                assert symbols() == case.symbols
                await peer.gone.wait()
                assert peer.close_code == (0 if case.code == 1005 else case.code)
            assert len(reports.bad_frames) == case.bad

    asyncio.run(main())
