"""Named frames: the shapes that the server sends, and those made to hurt a decoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.reference import MAX_DEPTH

DATA = Path(__file__).parent / "data" / "frames.tsv"
TRADE = (
    b'{"ev":"T","sym":"AAPL","i":"1","x":4,"p":1.25,"s":100,"c":[14,41],"t":1781706600123,"q":7}'
)
QUOTE = b'{"ev":"Q","sym":"AAPL","bx":4,"ax":7,"bp":1.25,"ap":1.5,"bs":1,"as":2,"t":1781706600200}'
REFUSED = "!"


@dataclass(frozen=True)
class Frame:
    """One frame and what comes out of it.

    Attributes:
        name: Unique, for test ids.
        market: The market to decode it for.
        data: The bytes.
        classes: The event classes in order; None where the frame must be refused.
    """

    name: str
    market: str
    data: bytes
    classes: tuple[str, ...] | None


def written() -> Iterator[Frame]:
    """The frames of the data file."""
    for line in DATA.read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            name, market, classes, text = line.split("\t")
            expected = None if classes == REFUSED else tuple(classes.split(","))
            yield Frame(name, market, text.encode(), () if expected == ("-",) else expected)


def _nested(depth: int, opener: bytes, closer: bytes, core: bytes = b"1") -> bytes:
    return opener * depth + core + closer * depth


def _inside(value: bytes, key: bytes = b"new") -> bytes:
    return b'[{"ev":"T","sym":"A","' + key + b'":' + value + b',"p":1.5}]'


def computed() -> Iterator[Frame]:
    """Frames that a line of text can't hold: raw bytes, and sizes."""
    one, none = ("EquityTrade",), None

    def stocks(name: str, data: bytes, classes: tuple[str, ...] | None) -> Frame:
        return Frame(name, "stocks", data, classes)

    both = ("EquityTrade", "EquityQuote")
    yield stocks("newlines", b"\r\n[\n\t" + TRADE + b"\r\n,\n" + QUOTE + b"\t]\r\n", both)
    pretty = TRADE.replace(b",", b" ,\n\t ").replace(b":", b"\t:\r\n ").replace(b"{", b"{\n")
    yield stocks("pretty_printed", b"[" + pretty + b"]", one)
    for name, space in (("form_feed", b"\f"), ("vertical_tab", b"\v"), ("nul", b"\0")):
        yield stocks(f"space_{name}", b"[" + space + TRADE + b"]", none)
    yield stocks("space_no_break", "[\u00a0".encode() + TRADE + b"]", none)
    yield stocks("space_line_separator", b"[" + TRADE + "\u2028]".encode(), none)
    yield stocks("nul_after", b"[" + TRADE + b"]\0", none)
    yield stocks("byte_order_mark", b"\xef\xbb\xbf[" + TRADE + b"]", none)
    yield stocks("byte_order_mark_utf16", ("[" + TRADE.decode() + "]").encode("utf-16"), none)
    yield stocks("byte_order_mark_in_text", _inside(b'"\xef\xbb\xbf"', b"sym"), one)
    for byte in (0x00, 0x01, 0x08, 0x09, 0x0A, 0x0D, 0x1F):
        for key in (b"sym", b"i", b"new"):
            name = f"raw_control_{byte:02x}_in_{key.decode()}"
            yield stocks(name, _inside(b'"A' + bytes([byte]) + b'B"', key), none)
    yield stocks("raw_control_in_key", b'[{"ev":"T","s\x01ym":"A"}]', none)
    yield stocks("raw_delete_char", _inside(b'"A\x7fB"', b"sym"), one)
    bad_utf8 = {
        "continuation": b"\x80",
        "cut_2": b"\xc3",
        "cut_3": b"\xe2\x82",
        "cut_4": b"\xf0\x9f\x98",
        "overlong_2": b"\xc0\x80",
        "overlong_3": b"\xe0\x80\x80",
        "overlong_4": b"\xf0\x80\x80\x80",
        "surrogate": b"\xed\xa0\x80",
        "beyond": b"\xf4\x90\x80\x80",
        "fe": b"\xfe",
        "ff": b"\xff",
    }
    for name, data in bad_utf8.items():
        for key in (b"sym", b"i", b"new"):
            frame = _inside(b'"' + data + b'"', key)
            yield stocks(f"bad_utf8_{name}_in_{key.decode()}", frame, none)
        yield stocks(f"bad_utf8_{name}_in_key", _inside(b"1", data), none)
        yield stocks(f"bad_utf8_{name}_outside", b"[" + TRADE + data + b"]", none)
    for name, data in {"2": b"\xc2\x80", "3": b"\xef\xbf\xbd", "4": b"\xf4\x8f\xbf\xbf"}.items():
        yield stocks(f"good_utf8_{name}", _inside(b'"' + data + b'"', b"sym"), one)
    depth = MAX_DEPTH - 2
    for name, opener, closer in (("arrays", b"[", b"]"), ("objects", b'{"a":', b"}")):
        frame = _inside(_nested(depth, opener, closer))
        yield stocks(f"deepest_{name}", frame, one)
        yield stocks(f"too_deep_{name}", _inside(_nested(depth + 1, opener, closer)), none)
        yield stocks(f"far_too_deep_{name}", _inside(_nested(100_000, opener, closer)), none)
        yield stocks(f"deep_unclosed_{name}", b"[" + opener * 200_000, none)
        yield stocks(f"deepest_{name}_unknown", frame.replace(b'"T"', b'"ZZ"'), ("UnknownEvent",))
    yield stocks("deepest_top", _nested(MAX_DEPTH, b"[", b"]"), ("UnknownEvent",))
    yield stocks("too_deep_top", _nested(MAX_DEPTH + 1, b"[", b"]"), none)
    yield stocks("brackets_in_text", _inside(b'"' + b"[{" * 2000 + b'"', b"i"), one)
    for size in (15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 65_535, 65_536, 1_000_000):
        text = b'"' + (b"ABCDEFGHIJ" * (size // 10 + 1))[:size] + b'"'
        yield stocks(f"symbol_of_{size}", _inside(text, b"sym"), one)
        yield stocks(f"id_of_{size}", _inside(text, b"i"), one)
        yield stocks(f"decimal_text_of_{size}", _inside(text, b"ds"), one)
        if size < 70_000:
            yield stocks(f"digits_of_{size}", _inside(b"1." + b"7" * size, b"p"), one)
            yield stocks(f"leading_zeros_{size}", _inside(b"0." + b"0" * size + b"7", b"p"), one)
        if size < 4300:
            yield stocks(f"integer_of_{size}", _inside(b"7" * size, b"p"), one)
        yield stocks(f"ev_of_{size}", b'[{"ev":' + text + b"}]", ("UnknownEvent",))
        yield stocks(f"key_of_{size}", _inside(b"1", text[1:-1]), one)
    yield stocks("condition_list_of_5000", _inside(b"[" + b"7," * 4999 + b"7]", b"c"), one)
    keys = b",".join(b'"k%d":%d' % (i, i) for i in range(3000))
    yield stocks("many_unknown_keys", b'[{"ev":"T",' + keys + b',"sym":"A"}]', one)
    same = b",".join(b'"p":%d.5' % i for i in range(3000))
    yield stocks("many_repeats", b'[{"ev":"T","sym":"A",' + same + b"}]", one)
    yield stocks("many_events", b"[" + b",".join([TRADE, QUOTE] * 2000) + b"]", both * 2000)
    yield stocks(
        "many_empty_objects", b"[" + b",".join([b"{}"] * 5000) + b"]", ("UnknownEvent",) * 5000
    )
    whole = b"[" + TRADE + b"," + QUOTE + b"]"
    for cut in range(len(whole)):
        yield stocks(f"cut_at_{cut}", whole[:cut], none)


def named() -> list[Frame]:
    """Every named frame."""
    return [*written(), *computed()]
