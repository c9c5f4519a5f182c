"""Decoding frames written by hand, by the compiled decoder and by the reference alike."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import fastpoly
from fastpoly import schema
from fastpoly.enums import Market
from fastpoly.errors import DecodeError, UsageError
from tests import agreement, golden, reference
from tests.reference import Expected

FRAMES = golden.named()
Decoder = Callable[[bytes, str], list[Expected]]


def _native(frame: bytes, market: str) -> list[Expected]:
    return agreement.observed(fastpoly.decode(frame, market=market))


@pytest.fixture(params=["reference", "native"])
def decoder(request: pytest.FixtureRequest) -> Decoder:
    return reference.decode if request.param == "reference" else _native


@pytest.fixture
def one(decoder: Decoder) -> Callable[..., Expected]:
    """Decodes one event, given as the text of an object."""

    def decode(text: str, market: str = "stocks") -> Expected:
        events = decoder(f"[{text}]".encode(), market)
        assert len(events) == 1
        return events[0]

    return decode


@pytest.mark.parametrize("frame", FRAMES, ids=[frame.name for frame in FRAMES])
def test_named_frame(frame: golden.Frame) -> None:
    agreement.agree(frame.data, frame.market)
    if frame.classes is None:
        with pytest.raises(DecodeError):
            fastpoly.decode(frame.data, market=frame.market)
        with pytest.raises(reference.NotJson):
            reference.decode(frame.data, frame.market)
    else:
        batch = fastpoly.decode(frame.data, market=frame.market)
        assert tuple(type(event).__name__ for event in batch) == frame.classes


@pytest.mark.parametrize(
    "frame", [f for f in FRAMES if f.classes is not None], ids=lambda f: f.name
)
def test_dicts_dump_as_json_loads_does(frame: golden.Frame) -> None:
    dicts = fastpoly.decode(frame.data, market=frame.market).dicts()
    with reference.recursion_allowed():
        items = json.loads(frame.data.decode())
        items = items if isinstance(items, list) else [items]
        assert json.dumps(dicts) == json.dumps(items)


@pytest.mark.parametrize("market", schema.MARKETS)
def test_every_named_frame_in_every_market(market: str) -> None:
    for frame in FRAMES:
        if len(frame.data) < 2000:
            agreement.agree(frame.data, market)


def test_every_channel_means_its_markets_class(decoder: Decoder) -> None:
    for market, spec in schema.MARKETS.items():
        for channel in spec.channels:
            (event,) = decoder(b'[{"ev":"%s"}]' % channel.name.encode(), market)
            assert (event.cls, event.event_type) == (channel.event.name, channel.name)


def test_trade(one: Callable[..., Expected]) -> None:
    event = one(
        '{"ev":"T","sym":"AAPL","i":"0071","x":4,"p":301.245,"s":0,"c":[37,12],"t":1781706600123,'
        '"pt":1781706600119,"q":5021377,"z":3,"trfi":202,"trft":1781706600120,"ds":"0.250000"}'
    )
    assert event.cls == "EquityTrade"
    assert event.malformed == ()
    assert event.attributes == {
        "symbol": "AAPL",
        "id": "0071",
        "exchange": 4,
        "price": 301.245,
        "size": 0,
        "conditions": [37, 12],
        "timestamp": 1781706600123,
        "participant_timestamp": 1781706600119,
        "sequence_number": 5021377,
        "tape": 3,
        "trf_id": 202,
        "trf_timestamp": 1781706600120,
        "fractional_shares": "0.250000",
    }


def test_missing_is_none_and_not_zero(one: Callable[..., Expected]) -> None:
    event = one('{"ev":"T","sym":"AAPL"}')
    assert {name for name, value in event.attributes.items() if value is not None} == {"symbol"}
    assert event.item == {"ev": "T", "sym": "AAPL"}


def test_null_is_none_and_not_malformed(one: Callable[..., Expected]) -> None:
    event = one('{"ev":"T","sym":"A","p":null,"c":null}')
    assert (event.attributes["price"], event.malformed) == (None, ())
    assert event.item["p"] is None


def test_malformed_in_wire_order(one: Callable[..., Expected]) -> None:
    event = one('{"x":"a","p":"1","ev":"T","sym":7,"s":5,"c":{},"t":"1781706600123","q":true}')
    assert event.malformed == ("x", "p", "sym", "c", "t", "q")
    assert event.attributes["size"] == 5
    assert event.attributes["price"] is None
    assert event.item["p"] == "1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("-0", 0),
        ("8.65e+06", 8650000),
        ("1e2", 100),
        ("1.5e1", 15),
        ("15.0", 15),
        ("-0.0", 0),
        ("9007199254740992", 2**53),
        ("9007199254740993", 2**53 + 1),
        ("9007199254740992.0", 2**53),
        ("-9007199254740992.0", -(2**53)),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ('"44"', 44),
        ('"9223372036854775807"', 2**63 - 1),
        ("1.5", None),
        ("1e400", None),
        ("9007199254740994.0", None),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ('"9223372036854775808"', None),
        ('"-44"', None),
        ('"+44"', None),
        ('"4.0"', None),
        ('" 44"', None),
        ('"4_4"', None),
        ('"٤٤"', None),
        ('""', None),
        ("true", None),
        ("[4]", None),
    ],
)
def test_whole_numbers(one: Callable[..., Expected], text: str, value: int | None) -> None:
    event = one(f'{{"ev":"T","x":{text}}}')
    assert event.attributes["exchange"] == value
    assert type(event.attributes["exchange"]) is type(value)
    assert event.malformed == (() if value is not None else ("x",))


@pytest.mark.parametrize(("text", "value"), [("1.781706600123e12", 1781706600123), ('"5"', None)])
@pytest.mark.parametrize(
    ("ev", "name"), [("T", "timestamp"), ("LULD", "timestamp"), ("FMV", "timestamp")]
)
def test_times_are_numbers(
    one: Callable[..., Expected], ev: str, name: str, text: str, value: int | None
) -> None:
    event = one(f'{{"ev":"{ev}","t":{text}}}')
    assert event.attributes[name] == value
    assert event.malformed == (() if value is not None else ("t",))


@pytest.mark.parametrize(
    "text",
    [
        *("0", "5", "-5", "0.1", "1.5e-7", "8.652169e+06", "1E5", "9007199254740993", "5e-324"),
        *("1.7976931348623157e308", "0.30000000000000004", "18446744073709551616", "1e400", "-0.0"),
    ],
)
def test_floats_are_pythons(one: Callable[..., Expected], text: str) -> None:
    price = one(f'{{"ev":"T","p":{text}}}').attributes["price"]
    assert price == float(text)
    assert type(price) is float
    assert math.copysign(1, price) == math.copysign(1, float(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"0.250000"', "0.250000"),
        ('"40"', "40"),
        ('""', ""),
        ("0.250000", "0.250000"),
        ("40", "40"),
        ("1e-3", "1e-3"),
        ("true", None),
        ("[]", None),
    ],
)
def test_decimals_keep_their_text(
    one: Callable[..., Expected], text: str, value: str | None
) -> None:
    event = one(f'{{"ev":"T","ds":{text}}}')
    assert event.attributes["fractional_shares"] == value
    assert event.malformed == (() if value is not None else ("ds",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"5d0c-1"', "5d0c-1"),
        ("17", "17"),
        ("123456789012345678901", "123456789012345678901"),
        ("1.5", None),
    ],
)
def test_ids_are_text(one: Callable[..., Expected], text: str, value: str | None) -> None:
    assert one(f'{{"ev":"XT","i":{text}}}', "crypto").attributes["id"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", []),
        ("[1,2]", [1, 2]),
        ("[1,2,3,4,5,6,7,8,9]", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("[-1,32768,9223372036854775807]", [-1, 32768, 2**63 - 1]),
        ("[9223372036854775808]", None),
        ("[1.0]", None),
        ('["1"]', None),
        ("[null]", None),
        ("5", None),
    ],
)
def test_codes(one: Callable[..., Expected], text: str, value: list[int] | None) -> None:
    event = one(f'{{"ev":"T","c":{text}}}')
    assert event.attributes["conditions"] == value
    assert event.malformed == (() if value is not None else ("c",))


def test_levels(one: Callable[..., Expected]) -> None:
    event = one('{"ev":"XL2","b":[[91512.71,1],[5]],"a":[]}', "crypto")
    assert repr(event.attributes["bid_prices"]) == "[[91512.71, 1.0], [5.0]]"
    assert event.attributes["ask_prices"] == []


def test_last_of_repeated_keys_wins(one: Callable[..., Expected]) -> None:
    event = one('{"p":"x","ev":"Q","bp":1,"sym":"A","bp":2.5,"ev":"T","p":1.5}')
    assert (event.cls, event.attributes["price"], event.malformed) == ("EquityTrade", 1.5, ())
    assert list(event.item.items()) == [("p", 1.5), ("ev", "T"), ("bp", 2.5), ("sym", "A")]


def test_ev_anywhere_and_escaped(one: Callable[..., Expected]) -> None:
    event = one(r'{"s\u0079m":"\u0041","p":2.5,"\u0065v":"\u0054"}')
    assert (event.cls, event.attributes["symbol"]) == ("EquityTrade", "A")


def test_unknown_events_keep_what_was_sent(decoder: Decoder) -> None:
    frame = b'[{"ev":"ZZ","a":{"b":[1,2]}},{"sym":"A"},{"ev":5},17,null,["T"],"T",{"ev":"T"}]'
    events = decoder(frame, "stocks")
    assert [event.cls for event in events] == ["UnknownEvent"] * 7 + ["EquityTrade"]
    assert [event.event_type for event in events] == ["ZZ", *[None] * 6, "T"]
    assert [event.item for event in events] == json.loads(frame)


def test_status(one: Callable[..., Expected]) -> None:
    event = one('{"ev":"status","status":"success","message":"subscribed to: T.*"}')
    assert (event.cls, event.event_type) == ("Status", "status")
    assert event.attributes == {"status": "success", "message": "subscribed to: T.*"}


def test_bad_event_costs_nothing_else(decoder: Decoder) -> None:
    good = golden.TRADE
    bad = b'{"ev":"T","sym":[1],"p":{"x":1},"t":"soon"}'
    events = decoder(b"[" + b",".join([good, bad, good]) + b"]", "stocks")
    assert events[0] == events[2]
    assert events[1].malformed == ("sym", "p", "t")


def test_equal_frames_decode_equal_whatever_came_before() -> None:
    frame = b"[" + golden.TRADE + b"," + golden.QUOTE + b"]"
    first = agreement.observed(fastpoly.decode(frame))
    for other in FRAMES:
        if len(other.data) < 2000:
            try:
                fastpoly.decode(other.data, market=other.market)
            except DecodeError:
                continue
            finally:
                assert agreement.observed(fastpoly.decode(frame)) == first


def _views(data: bytes) -> dict[str, Any]:
    return {
        "bytes": data,
        "bytearray": bytearray(data),
        "memoryview": memoryview(data),
        "slice": memoryview(b"x" + data + b"x")[1:-1],
        "writable": memoryview(bytearray(data)),
        "str": data.decode(),
        "exact": agreement.exact(data),
    }


@pytest.mark.parametrize("form", list(_views(b"[]")))
def test_frame_may_be_any_bytes_or_text(form: str) -> None:
    data = '[{"ev":"T","sym":"É€😀","p":1.5}]'.encode()
    batch = fastpoly.decode(_views(data)[form])
    assert batch.dicts() == json.loads(data)
    assert batch.nbytes == len(data)


def test_batch_keeps_its_own_bytes() -> None:
    for item in (golden.TRADE, golden.TRADE.replace(b'"x"', b'"new":[1,{"a":"b"}],"x"')):
        buffer = bytearray(b"[" + item + b"," + item + b"]")
        want = json.loads(buffer)
        batch = fastpoly.decode(buffer)
        events = list(batch)
        buffer[:] = b"\xff" * len(buffer)
        buffer.clear()
        assert batch.dicts() == want
        assert [event.to_dict() for event in events] == want
        assert batch[0].price == 1.25
        assert batch.to_numpy("T")["price"].tolist() == [1.25, 1.25]


def test_what_lies_behind_a_frame_does_not_matter() -> None:
    for frame in FRAMES:
        if len(frame.data) > 300:
            continue
        for tail in agreement.TAILS:
            try:
                batch = agreement.in_place(frame.data, frame.market, tail)
            except DecodeError:
                assert frame.classes is None, (frame, tail)
            else:
                want = reference.decode(frame.data, frame.market)
                assert repr(agreement.observed(batch)) == repr(want), (frame, tail)


@pytest.mark.parametrize("room", [0, 1, 63, 64, 65, 1000])
def test_frame_in_place_with_more_or_less_room_behind_it(room: int) -> None:
    frame = b"[" + golden.TRADE + b"]"
    batch = agreement.in_place(frame, "stocks", b"7" * room)
    assert batch.dicts() == [json.loads(golden.TRADE)]


@pytest.mark.parametrize("size", [-1, 4, 2**31, 2**62, 2**63 - 1])
def test_frame_in_place_that_is_not_in_the_buffer(size: int) -> None:
    with pytest.raises(UsageError):
        fastpoly.Decoder("stocks").decode_in_place(bytearray(5), size)


@pytest.mark.parametrize("frame", [None, 5, object(), [b"[]"], memoryview(b"[ ] ")[::2]])
def test_frame_of_another_type_is_refused(frame: Any) -> None:
    with pytest.raises((TypeError, BufferError, ValueError)):
        fastpoly.decode(frame)


def test_text_with_lone_surrogates_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the codec's error or ours
        fastpoly.decode('[{"ev":"T","sym":"\ud800"}]')


@pytest.mark.parametrize(
    "text",
    [
        r"\ud800",
        r"\udc00",
        r"\ud800\ud800",
        r"\udc00\ud800",
        r"\ud800x",
        r"\uD83D\u0041",
        r"\ud83d",
    ],
)
@pytest.mark.parametrize("key", ["sym", "i", "ds", "new", "ev"])
def test_lone_surrogate_escapes_never_crash(text: str, key: str) -> None:
    frame = f'[{{"ev":"T","{key}":"{text}"}}]'.encode()
    agreement.agree(frame, "stocks")
    agreement.agree(f'[{{"ev":"T","{text}":1}}]'.encode(), "stocks")


def test_integer_beyond_pythons_limit_never_crashes() -> None:
    for key in ("p", "x", "i", "ds", "new", "c"):
        frame = b'[{"ev":"T","%s":%s}]' % (key.encode(), b"7" * 5000)
        agreement.agree(frame, "stocks")


@pytest.mark.parametrize("market", ["", "stock", "equities", "T", None, 5])
def test_unknown_market_is_refused(market: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"market|str"):
        fastpoly.decode(b"[]", market=market)


def test_market_may_be_an_enum() -> None:
    frame = b'[{"ev":"T","sym":"ESH7","p":5}]'
    assert type(fastpoly.decode(frame, market=Market.FUTURES)[0]).__name__ == "FuturesTrade"
    assert type(fastpoly.decode(frame, market=Market.STOCKS)[0]).__name__ == "EquityTrade"
