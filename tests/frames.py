"""Made-up frames, derived from the schema: as the server writes them, and disturbed on purpose.

Every function draws from a `random.Random`. The fuzzer passes a plain one; the property tests pass
one of Hypothesis, which then finds and shrinks the draws that matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from hypothesis import strategies as st

from fastpoly import schema

Pairs = list[tuple[str, str]]

SYMBOLS: Final = {
    "stocks": ("AAPL", "A", "BRK.B", "BACpB", "ABCw", "MSFT", "TSLA", "GOOGL", "SPY", "ZVZZT"),
    "options": ("O:SPXW261218C06800000", "O:SPY261218P00600000", "O:A261218C00200000"),
    "forex": ("EUR/USD", "USD/JPY", "XAU/USD", "C:EURUSD"),
    "crypto": ("BTC-USD", "ETH-BTC", "SHIB-USD", "X:BTC-USD", "1000SATS-USD"),
    "indices": ("I:SPX", "I:NDX", "I:VIX"),
    "futures": ("ESH7", "6CH7", "CLZ26"),
}
STATUSES: Final = (
    "connected",
    "auth_success",
    "auth_failed",
    "success",
    "error",
    "max_connections",
)
MESSAGES: Final = ("authenticated", "subscribed to: T.*", "not authorized", "")
SPACES: Final = ("", "", "", " ", "  ", "\n", "\t", "\r\n", " \n\t ")
WORDS: Final = (
    "",
    "A",
    "AAPL",
    "x" * 15,
    "x" * 16,
    "x" * 23,
    "x" * 24,
    "x" * 40,
    "44",
    "é",
    "識別",
)
WORDS_HARD: Final = (
    '"',
    "\\",
    "/",
    "\b\f\n\r\t",
    "\0",
    "\x7f",
    "\u2028",
    "😀",
    "𝄞",
    "null",
    "[",
    "]",
    ",",
)
INTEGERS: Final = (
    *(0, 1, 7, 9, 10, 99, 255, 256, 32767, 32768, 65535, 65536, 99999999, 100000000),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**53 + 1, 10**14 - 1, 10**14),
    *(10**16, 10**18, 10**19, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 9223372036854, 10**20, 10**30),
)
FLOATS: Final = (
    *("0.0", "-0.0", "0e0", "1.0", "5e-324", "2e-324", "2.4703282292062327e-324"),
    *("2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072014e-308"),
    *("1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e400"),
    *(
        "1e-400",
        "9007199254740993.0",
        "9007199254740992.0",
        "9223372036854775807.0",
        "1e15",
        "1e16",
    ),
    *("1e22", "1e23", "8.652169e+06", "4.522e-05", "123456789012345678e-10", "0.30000000000000004"),
    *("1e0000000000000000000001", "0.000000000000000000000000000000000000000001", "1E5", "1e-5"),
)
OTHER_VALUES: Final = (
    *("null", "true", "false", "[]", "{}", '""', "[1]", "[1,2.5]", "[[1,2],[3]]", '{"ev":"T"}'),
    *('["a"]', "[null]", '{"a":[{"b":null}]}', '"44"', '"1.5"', '"x"', "[[]]", "[ 1 , 2 ]"),
)
INTERESTING_BYTES: Final = (
    b'[]{}",:\\/0123456789.eE+-truefalsn \t\n\r\0\x1f\x7f\x80\xc3\xe2\xed\xf0\xff'
)
TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][-+.eE0-9]*|true|false|null|[][{}:,]')


def digits(rng: Random, most: int) -> str:
    """A whole number of up to so many digits, without leading zeros."""
    count = rng.randint(1, most)
    return str(rng.randrange(10 ** (count - 1), 10**count)) if count > 1 else str(rng.randrange(10))


def number(rng: Random) -> str:
    """Any JSON number."""
    choice = rng.randrange(5)
    sign = rng.choice(("", "", "", "-"))
    if choice == 0:
        return sign + str(rng.choice(INTEGERS))
    if choice == 1:
        return rng.choice(FLOATS)
    text = sign + digits(rng, 20)
    if choice >= 3:
        text += "." + "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 22)))
    if choice == 2 or rng.random() < 0.2:
        text += rng.choice(("e", "E", "e+", "E-", "e-")) + str(rng.randrange(25))
    return text


def word(rng: Random) -> str:
    """Any text, more often than not a hard one."""
    if rng.random() < 0.6:
        return rng.choice(WORDS)
    return "".join(rng.choice(WORDS_HARD + WORDS) for _ in range(rng.randint(1, 4)))


def quoted(rng: Random, text: str) -> str:
    """A JSON string that spells a text, with some characters escaped that need not be."""
    style = rng.randrange(4)
    if style == 0:
        return json.dumps(text)
    if style == 1:
        return json.dumps(text, ensure_ascii=False)
    spelled = ""
    for char in text:
        if rng.random() < 0.3:
            units = char.encode("utf-16-be")
            codes = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
            spelled += "".join(rng.choice(("\\u" + code, "\\u" + code.upper())) for code in codes)
        elif char == "/" and rng.random() < 0.5:
            spelled += "\\/"
        else:
            spelled += json.dumps(char, ensure_ascii=rng.random() < 0.5)[1:-1]
    return f'"{spelled}"'


def any_value(rng: Random, depth: int = 2) -> str:
    """Any JSON value, as text."""
    choice = rng.randrange(8 if depth else 5)
    if choice < 2:
        return number(rng)
    if choice == 2:
        return quoted(rng, word(rng))
    if choice < 5:
        return rng.choice(OTHER_VALUES)
    items = [any_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if choice < 7:
        return "[" + ",".join(items) + "]"
    return "{" + ",".join(f"{quoted(rng, word(rng))}:{item}" for item in items) + "}"


def price(rng: Random) -> str:
    """A number as the server spells floats."""
    value = rng.choice((1.0, 0.01, 100.0, 1e5, 1e-5, 1e7)) * rng.random()
    return rng.choice((f"{value:.2f}", f"{value:.4f}", repr(round(value, 6)), str(int(value))))


def decimal(rng: Random) -> str:
    return f'"{digits(rng, 9)}.{rng.choice(("0", "5", "007300", "731200"))}"'


def integer(rng: Random) -> str:
    return digits(rng, rng.choice((1, 2, 3, 5, 10)))


def codes(rng: Random) -> str:
    return "[" + ",".join(digits(rng, 3) for _ in range(rng.randint(1, 4))) + "]"


def levels(rng: Random) -> str:
    return "[" + ",".join(f"[{price(rng)},{price(rng)}]" for _ in range(rng.randrange(5))) + "]"


def text_of(rng: Random) -> str:
    uuid = f"5d0c1f7e-6f1e-4d38-9f43-0a4a64b1c{rng.randrange(1000):03}"
    return rng.choice((f'"{digits(rng, 14)}"', f'"0{digits(rng, 4)}"', f'"{uuid}"', '"C"'))


TYPICAL: Final[dict[str, Callable[[Random], str]]] = {
    "TEXT": text_of,
    "DECIMAL": decimal,
    "INT": integer,
    "FLOAT": price,
    "MS": lambda rng: str(1781706600000 + rng.randrange(100_000)),
    "NS": lambda rng: str(1781706600000000000 + rng.randrange(10**12)),
    "EPOCH": lambda rng: str(1781706600000 * rng.choice((1, 10**6)) + rng.randrange(10**5)),
    "FLAG": lambda rng: "true",
    "CODES": codes,
    "LEVELS": levels,
}
"""Kind -> a value as the server writes it."""

NEARBY: Final[dict[str, Callable[[Random], str]]] = {
    "SYMBOL": lambda rng: quoted(rng, word(rng)),
    "TEXT": lambda rng: rng.choice((quoted, lambda r, t: digits(r, 24)))(rng, word(rng)),
    "DECIMAL": lambda rng: rng.choice(
        (quoted(rng, number(rng)), number(rng), quoted(rng, word(rng)))
    ),
    "INT": lambda rng: rng.choice((number(rng), number(rng), quoted(rng, digits(rng, 22)))),
    "FLOAT": number,
    "MS": number,
    "NS": number,
    "EPOCH": lambda rng: rng.choice((number(rng), digits(rng, 19))),
    "FLAG": lambda rng: rng.choice(("true", "false")),
    "CODES": lambda rng: "[" + ",".join(number(rng) for _ in range(rng.randrange(12))) + "]",
    "LEVELS": lambda rng: json.dumps([[rng.randrange(9)] * rng.randrange(4)] * rng.randrange(4)),
}
"""Kind -> a value around the edges of what the kind holds."""


def typical(rng: Random, market: str, field: schema.Field) -> str:
    if field.kind is schema.SYMBOL:
        return f'"{rng.choice(SYMBOLS[market])}"'
    return TYPICAL[field.kind.name](rng)


def status(rng: Random) -> Pairs:
    texts = (rng.choice(STATUSES), rng.choice(MESSAGES))
    return [("ev", '"status"'), ("status", f'"{texts[0]}"'), ("message", f'"{texts[1]}"')]


def event(rng: Random, market: str, channel: schema.Channel, left_out: frozenset[str]) -> Pairs:
    """The keys and values of one event as the server sends them."""
    return [
        ("ev", f'"{channel.name}"'),
        *(
            (field.key, typical(rng, market, field))
            for field in channel.event.fields
            if field.key not in left_out
        ),
    ]


def disturb(rng: Random, market: str, pairs: Pairs) -> Pairs:
    """The same event with keys shuffled, dropped, repeated, added, or holding other values."""
    pairs = list(pairs)
    kinds = {"ev": "TEXT"}
    for channel in schema.MARKETS[market].channels:
        kinds.update((field.key, field.kind.name) for field in channel.event.fields)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(pairs)) if pairs else 0
        key = pairs[at][0] if pairs else "ev"
        choice = rng.randrange(9)
        if choice == 0:
            rng.shuffle(pairs)
        elif choice == 1:
            pairs[at : at + 1] = []
        elif choice == 2:
            pairs.insert(rng.randint(0, len(pairs)), (key, any_value(rng)))
        elif choice == 3:
            pairs.insert(rng.randint(0, len(pairs)), (word(rng), any_value(rng)))
        elif choice == 4:
            pairs.insert(at, (rng.choice(sorted(kinds)), any_value(rng)))
        elif choice == 5:
            pairs[at : at + 1] = [(key, any_value(rng))]
        else:
            pairs[at : at + 1] = [(key, NEARBY[kinds.get(key, "FLOAT")](rng))]
    return pairs


def spelled(rng: Random, pairs: Pairs, *, padded: bool, escaped: bool) -> str:
    """One object as text."""

    def space() -> str:
        return rng.choice(SPACES) if padded else ""

    members = []
    for key, value in pairs:
        name = quoted(rng, key) if escaped else json.dumps(key, ensure_ascii=False)
        members.append(f"{space()}{name}{space()}:{space()}{value}{space()}")
    return "{" + (",".join(members) or space()) + "}"


def canonical(rng: Random, market: str, most: int = 8) -> bytes:
    """A frame as the server sends it: compact, keys in order, runs of like events."""
    return frame(rng, market, most, hostile=0.0)


def frame(rng: Random, market: str, most: int = 8, hostile: float = 0.3) -> bytes:
    """A frame in which each event is disturbed with the given probability."""
    channels: Sequence[schema.Channel] = schema.MARKETS[market].channels
    channel = rng.choice(channels)
    left_out: frozenset[str] = frozenset()
    padded = rng.random() < hostile / 3
    objects = []
    for _ in range(rng.randint(0, most) if rng.random() < 0.9 else 1):
        if rng.random() < 0.3:
            channel = rng.choice(channels)
        if rng.random() < 0.4:
            optional = [field.key for field in channel.event.fields if field.optional]
            left_out = frozenset(key for key in optional if rng.random() < 0.4)
        pairs = event(rng, market, channel, left_out)
        if rng.random() < 0.05:
            pairs = status(rng)
        disturbed = rng.random() < hostile
        if disturbed:
            pairs = disturb(rng, market, pairs)
        objects.append(spelled(rng, pairs, padded=padded, escaped=disturbed and rng.random() < 0.2))
        if rng.random() < hostile / 20:
            objects.append(any_value(rng))
    comma = "," + (rng.choice(SPACES) if padded else "")
    text = "[" + comma.join(objects) + "]"
    if objects and rng.random() < hostile / 20:
        text = objects[0]
    return text.encode()


def _mutate_once(rng: Random, data: bytearray) -> None:
    size = len(data)
    at = rng.randrange(size + 1)
    choice = rng.randrange(12)
    if choice == 0 and at < size:
        data[at] = rng.choice(INTERESTING_BYTES)
    elif choice == 1 and at < size:
        data[at] ^= 1 << rng.randrange(8)
    elif choice == 2:
        data[at:at] = bytes([rng.choice(INTERESTING_BYTES)])
    elif choice == 3:
        del data[at : at + rng.choice((1, 1, 2, 5, 40))]
    elif choice == 4:
        start = rng.randrange(size + 1)
        data[at:at] = data[start : start + rng.choice((1, 3, 16, 90))]
    elif choice == 5:
        del data[at:]
    else:
        tokens = list(TOKEN.finditer(data))
        if tokens:
            token = rng.choice(tokens)
            by = any_value(rng).encode() if choice > 8 else rng.choice(tokens)[0]
            data[token.start() : token.end()] = by


def mutated(rng: Random, data: bytes, most: int = 3) -> bytes:
    """The same bytes with a few changes, most of which leave something worth reading."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, most)):
        _mutate_once(rng, changed)
    return bytes(changed)


markets: st.SearchStrategy[str] = st.sampled_from(sorted(schema.MARKETS))
_draws = st.randoms(use_true_random=False)


@st.composite
def _made(draw: st.DrawFn, make: Callable[[Random, str], bytes]) -> tuple[str, bytes]:
    market = draw(markets)
    return market, make(draw(_draws), market)


canonical_frames = _made(lambda rng, market: canonical(rng, market, 4))
"""(market, frame) as the server writes them."""

disturbed_frames = _made(lambda rng, market: frame(rng, market, 3, hostile=0.7))
"""(market, frame) with some events disturbed; always JSON."""

mutated_frames = _made(lambda rng, market: mutated(rng, frame(rng, market, 2, hostile=0.2)))
"""(market, frame) with some bytes changed; mostly not JSON."""
