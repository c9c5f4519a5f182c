"""Option symbols: the community package's results, what it gets wrong, and there and back."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly.errors import UsageError
from fastpoly.polygon.enums import OptionSymbolFormat
from fastpoly.polygon.options import (
    OptionSymbol,
    build_option_symbol,
    build_polygon_option_symbol,
    convert_option_symbol_formats,
    detect_option_symbol_format,
    parse_option_symbol,
    parse_polygon_option_symbol,
)
from fastpoly.polygon.options.options import FORMATS
from tests.budgets import examples

TSLA = ("TSLA", "211015", "call", 125)
EXPIRY = datetime.date(2021, 10, 15)

# Recorded from polygon 1.2.8.
BUILT = {
    "polygon": "TSLA211015C00125000",
    "tradier": "TSLA211015C00125000",
    "tda": "TSLA_101521C125",
    "tos": ".TSLA101521C125",
    "tos1": ".TSLA211015C125",
    "ibkr": "TSLA 211015C00125000",
    "trade_station": "TSLA 211015C125",
}


@pytest.mark.parametrize("name", FORMATS)
def test_symbols_are_the_community_packages(name: str) -> None:
    assert build_option_symbol(*TSLA, _format=name) == BUILT[name]


def test_ways_to_say_the_same() -> None:
    for side in ("c", "C", "call", "CALL"):
        for expiry in ("211015", EXPIRY, datetime.datetime(2021, 10, 15, 16, 0)):
            for strike in (125, 125.0, "125", "125.000", Decimal(125)):
                assert build_polygon_option_symbol("tsla", expiry, side, strike) == BUILT["polygon"]
    assert build_option_symbol(*TSLA, prefix_o=True) == "O:TSLA211015C00125000"
    assert build_option_symbol(*TSLA, "ibkr", prefix_o=True) == BUILT["ibkr"]
    assert build_option_symbol("SPY", "211015", "put", 240.1) == "SPY211015P00240100"
    assert build_option_symbol("SPY", "211015", "p", 0.5, "tda") == "SPY_101521P0.5"


class Theirs(enum.Enum):
    """An enum of the community package's: plain, so that no member is equal to a text."""

    TDA = "tda"


@pytest.mark.parametrize("name", [OptionSymbolFormat.TD_AMERITRADE, Theirs.TDA, "tda"])
def test_formats_by_enum_and_by_name(name: Any) -> None:
    assert build_option_symbol(*TSLA, name) == BUILT["tda"]
    assert parse_option_symbol(BUILT["tda"], name).expiry == EXPIRY
    assert convert_option_symbol_formats(BUILT["tda"], name, "polygon") == BUILT["polygon"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("TSLA", "211015", "cal", 125), "neither a call nor a put"),
        (("TSLA", "211015", None, 125), "neither a call nor a put"),
        (("TSLA", "211015", "C", 125.0625), "more than three decimals"),
        (("TSLA", "211015", "C", "1e-5"), "more than three decimals"),
        (("TSLA", "211015", "C", 0), "is not a strike"),
        (("TSLA", "211015", "C", -1), "is not a strike"),
        (("TSLA", "211015", "C", True), "is not a strike"),
        (("TSLA", "211015", "C", float("nan")), "is not a strike"),
        (("TSLA", "211015", "C", float("inf")), "is not a strike"),
        (("TSLA", "211015", "C", "hundred"), "is not a strike"),
        (("TSLA", "211015", "C", 100_000), "is not a strike"),
        (("TSLA", "211315", "C", 125), "is not a date"),
        (("TSLA", "2110015", "C", 125), "is not a date"),
        (("TSLA", datetime.date(1999, 1, 1), "C", 125), "is not a date"),
        (("TSLA", 211015, "C", 125), "is not a date"),
        (("BRK.B", "211015", "C", 125), "BRKB for BRK.B"),
        (("", "211015", "C", 125), "is not the root"),
        ((None, "211015", "C", 125), "is not the root"),
        (("TSLA", "211015", "C", 125, "nonsense"), "Choose among polygon"),
        (("TSLA", "211015", "C", 125, None), "Choose among polygon"),
    ],
)
def test_what_is_no_contract_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    """The community package makes a put, another strike or a date that does not exist of these."""
    with pytest.raises(UsageError, match=message):
        build_option_symbol(*arguments)


def test_what_a_symbol_says() -> None:
    parsed = parse_option_symbol("O:TSLA211015P00125500")
    assert isinstance(parsed, OptionSymbol)
    assert parsed.underlying_symbol == parsed.root == "TSLA"
    assert (parsed.expiry, parsed.call_or_put, parsed.strike_price) == (EXPIRY, "P", 125.5)
    assert parsed.option_symbol == "TSLA211015P00125500"
    assert repr(parsed) == (
        "Underlying Symbol: TSLA || Expiry: 2021-10-15 || Type: P || Strike Price: 125.5"
    )
    as_list = ["TSLA", EXPIRY, "C", 125, "TSLA211015C00125000"]
    for name, kind in (("list", list), ("dict", dict)):
        for output in (name, kind):
            values = parse_polygon_option_symbol(BUILT["polygon"], output)
            assert type(values) is kind
            assert (list if kind is list else set)(values if kind is list else values.values()) == (
                as_list if kind is list else set(as_list)
            )
    assert type(parse_polygon_option_symbol(BUILT["polygon"]).strike_price) is int
    with pytest.raises(UsageError, match="Choose 'object'"):
        parse_option_symbol(BUILT["polygon"], output_format="tuple")


def test_the_root_of_an_adjusted_contract_is_kept() -> None:
    """The community package drops its digit, and names another contract."""
    parsed = OptionSymbol("TSLA1211015C00125000")
    assert (parsed.underlying_symbol, parsed.root) == ("TSLA", "TSLA1")
    assert parsed.option_symbol == "TSLA1211015C00125000"
    assert parsed != OptionSymbol(BUILT["polygon"])
    converted = convert_option_symbol_formats("TSLA1211015C00125000", "polygon", "tos")
    assert converted == ".TSLA1101521C125"
    assert convert_option_symbol_formats(converted, "tos", "polygon") == "TSLA1211015C00125000"


def test_symbols_that_the_community_package_documents_and_cannot_read() -> None:
    assert parse_option_symbol("TSLA211015P125000").strike_price == 125
    # As it builds them, and as the broker writes them.
    for symbol in (".TSLA101521C125", ".TSLA211015C125"):
        assert parse_option_symbol(symbol, "tos").expiry == EXPIRY
    assert parse_option_symbol("TSLA  211015C00125000", "ibkr").root == "TSLA"


@pytest.mark.parametrize(
    "symbol", ["", "O:", "TSLA", "TSLA211015X00125000", "TSLA211315C00125000", "TSLA_101521C125"]
)
def test_what_is_no_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(UsageError, match="One looks like 'TSLA211015C00125000'"):
        parse_option_symbol(symbol)
    with pytest.raises(UsageError, match="not an option symbol"):
        convert_option_symbol_formats(symbol, "polygon", "tda")


def test_formats_are_detected() -> None:
    assert detect_option_symbol_format(".TSLA101521C125") == "tos"
    assert detect_option_symbol_format("TSLA_101521C125") == "tda"
    assert detect_option_symbol_format("TSLA 211015C125.5") == "trade_station"
    assert detect_option_symbol_format("TSLA 211015C125") == ["ibkr", "trade_station"]
    assert detect_option_symbol_format("TSLA 211015C00125000") == ["ibkr", "trade_station"]
    assert detect_option_symbol_format("O:TSLA211015C00125000") == "polygon"
    assert detect_option_symbol_format("TSLA211015C00125000") == "polygon"
    # Which the community package takes for one of these, by a single character or the length.
    for text in ("", "TSLA", ".", "a_b", "no symbol", "O:TSLA", "internationalization"):
        assert detect_option_symbol_format(text) is False


CONTRACTS = st.tuples(
    st.from_regex(r"\A[A-Z]{1,5}[1-9]?\Z"),
    st.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 31)),
    st.sampled_from("CP"),
    st.integers(1, 99_999_999),
)


@examples(300)
@given(CONTRACTS, st.sampled_from(sorted(FORMATS)), st.sampled_from(sorted(FORMATS)))
def test_build_then_parse(
    contract: tuple[str, datetime.date, str, int], one: str, two: str
) -> None:
    root, expiry, side, thousandths = contract
    strike = Decimal(thousandths) / 1000
    symbol = build_option_symbol(root, expiry, side, strike, one)
    parsed = parse_option_symbol(symbol, one)
    assert (parsed.root, parsed.expiry, parsed.call_or_put) == (root, expiry, side)
    assert Decimal(str(parsed.strike_price)) == strike
    assert detect_option_symbol_format(symbol) is not False
    # Through another format and back, it is the same contract.
    there = convert_option_symbol_formats(symbol, one, two)
    assert parse_option_symbol(there, two) == parsed
    assert hash(parse_option_symbol(there, two)) == hash(parsed)
    assert convert_option_symbol_formats(there, two, one) == symbol


LIKE_SYMBOLS = st.from_regex(
    r"\A(O:)?\.?[A-Z0-9]{1,7}[ _]{0,2}[0-9]{5,7}[CPX][0-9]{1,9}(\.[0-9]{0,4})?\Z"
)


@examples(300)
@given(LIKE_SYMBOLS, st.sampled_from(sorted(FORMATS)))
def test_whatever_is_read_is_written_again(text: str, name: str) -> None:
    """What `parse_option_symbol` takes is a contract; everything else is refused in one way."""
    try:
        parsed = parse_option_symbol(text, name)
    except UsageError:
        return
    again = build_option_symbol(
        parsed.root, parsed.expiry, parsed.call_or_put, parsed.strike_price, name
    )
    assert parse_option_symbol(again, name) == parsed
