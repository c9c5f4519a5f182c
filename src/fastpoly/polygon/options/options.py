"""Symbols of options contracts: builds, parses and converts them, in the formats of six brokers.

The community package's functions, by its names. What they cannot do truthfully they refuse, with a
`UsageError`, which is a `ValueError`: a strike of more than three decimals, a side that is neither
call nor put, a date that does not exist.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, Final

from fastpoly.errors import UsageError

__all__ = [
    "FORMATS",
    "OptionSymbol",
    "build_option_symbol",
    "build_polygon_option_symbol",
    "convert_option_symbol_formats",
    "detect_option_symbol_format",
    "parse_option_symbol",
    "parse_polygon_option_symbol",
]

CENTURY: Final = 2000
"""The century of the two digits of a year: the clearing house has no others."""

MAX_STRIKE: Final = Decimal("99999.999")
"""The most that eight digits hold, the last three of which are decimals."""

_ROOT: Final = re.compile(r"(?=[0-9]*[A-Z])[A-Z0-9]{1,6}")
"""The letters of a ticker, and a digit where a split or the like has changed what a contract is
for: six characters at most."""

_YEAR_FIRST: Final = "%y%m%d"
_MONTH_FIRST: Final = "%m%d%y"

SIDES: Final[Mapping[str, str]] = {"c": "C", "call": "C", "p": "P", "put": "P"}
"""What names a side, in any case -> its letter."""


@dataclass(frozen=True, slots=True)
class _Format:
    """How a format writes a contract.

    Attributes:
        head: What every symbol begins with.
        gap: What stands between the root and the date.
        date: How the date is written.
        padded: Whether the strike is eight digits, in thousandths, and not a plain number.
        dates_read: How dates are read, in this order.
        optional_head: A head that may be there or not.
    """

    head: str
    gap: str
    date: str
    padded: bool
    dates_read: tuple[str, ...]
    optional_head: str = ""

    def write(self, root: str, expiry: datetime.date, side: str, strike: Decimal) -> str:
        """Return the symbol of a contract."""
        amount = f"{int(strike * 1000):08}" if self.padded else _plain(strike)
        return f"{self.head}{root}{self.gap}{expiry.strftime(self.date)}{side}{amount}"

    def read(self, symbol: str) -> tuple[str, datetime.date, str, Decimal] | None:
        """Return the contract that a symbol stands for: root, expiry, side and strike; or None."""
        text = symbol.upper().removeprefix(self.optional_head)
        match = _pattern(self.head, self.gap, self.padded).fullmatch(text)
        if match is None or _ROOT.fullmatch(match["root"]) is None:
            return None
        expiry = _first_date(match["date"], self.dates_read)
        strike = Decimal(match["strike"]) / (1000 if self.padded else 1)
        if expiry is None or not 0 < strike <= MAX_STRIKE:
            return None
        return match["root"], expiry, match["side"], strike


@cache
def _pattern(head: str, gap: str, padded: bool) -> re.Pattern[str]:
    # Six digits are the documented shorthand of a padded strike without its zeros in front.
    strike = r"[0-9]{6,8}" if padded else r"[0-9]{1,5}(?:\.[0-9]{1,3})?"
    spaces = " +" if gap == " " else re.escape(gap)  # one broker fills up the root
    return re.compile(
        rf"{re.escape(head)}(?P<root>[A-Z0-9]+?){spaces}"
        rf"(?P<date>[0-9]{{6}})(?P<side>[CP])(?P<strike>{strike})"
    )


FORMATS: Final[Mapping[str, _Format]] = {
    "polygon": _Format("", "", _YEAR_FIRST, True, (_YEAR_FIRST,), optional_head="O:"),
    "tradier": _Format("", "", _YEAR_FIRST, True, (_YEAR_FIRST,), optional_head="O:"),
    "tda": _Format("", "_", _MONTH_FIRST, False, (_MONTH_FIRST,)),
    # Written as the community package does, and read as the broker writes it too: since 2013 a year
    # is no month.
    "tos": _Format(".", "", _MONTH_FIRST, False, (_MONTH_FIRST, _YEAR_FIRST)),
    "tos1": _Format(".", "", _YEAR_FIRST, False, (_YEAR_FIRST,)),
    "ibkr": _Format("", " ", _YEAR_FIRST, True, (_YEAR_FIRST,)),
    "trade_station": _Format("", " ", _YEAR_FIRST, False, (_YEAR_FIRST,)),
}
"""Every format by name; see `fastpoly.polygon.enums.OptionSymbolFormat`."""


def _plain(strike: Decimal) -> str:
    text = f"{strike:.3f}"
    return text.rstrip("0").rstrip(".")


def _first_date(text: str, orders: tuple[str, ...]) -> datetime.date | None:
    """Return a date in the first order in which it is one; None if it is in none."""
    for order in orders:
        year, month, day = (
            int(text[begin : begin + 2])
            for begin in ((0, 2, 4) if order == _YEAR_FIRST else (4, 0, 2))
        )
        try:
            return datetime.date(CENTURY + year, month, day)
        except ValueError:
            continue
    return None


def _value(value: Any) -> Any:
    """The value of an enum's member, be it one of this library's or of the community package's."""
    return value.value if isinstance(value, Enum) else value


def _format_of(name: Any) -> _Format:
    """Return a format by its name.

    Raises:
        UsageError: There is none of that name.
    """
    found = FORMATS.get(_value(name)) if isinstance(_value(name), str) else None
    if found is None:
        raise UsageError(
            f"{name!r} is not a format of option symbols.",
            hint=f"Choose among {', '.join(FORMATS)}.",
        )
    return found


def _checked_root(underlying: Any) -> str:
    root = underlying.strip().upper() if isinstance(underlying, str) else ""
    if _ROOT.fullmatch(root) is None:
        raise UsageError(
            f"{underlying!r} is not the root of an option symbol.",
            hint="Pass one to six letters and digits, without a class's dot: BRKB for BRK.B.",
        )
    return root


def _checked_expiry(expiry: Any) -> datetime.date:
    if isinstance(expiry, datetime.datetime):
        expiry = expiry.date()
    if isinstance(expiry, str):
        found = _first_date(expiry, (_YEAR_FIRST,)) if re.fullmatch("[0-9]{6}", expiry) else None
    else:
        found = expiry if isinstance(expiry, datetime.date) else None
    if found is None or not CENTURY <= found.year < CENTURY + 100:
        raise UsageError(
            f"{expiry!r} is not a date of expiry.", hint="Pass a date, or a text YYMMDD: '211015'."
        )
    return found


def _checked_side(call_or_put: Any) -> str:
    side = SIDES.get(call_or_put.strip().lower()) if isinstance(call_or_put, str) else None
    if side is None:
        raise UsageError(f"{call_or_put!r} is neither a call nor a put.", hint="Pass 'C' or 'P'.")
    return side


def _checked_strike(strike_price: Any) -> Decimal:
    try:
        # By the text: 240.1 is meant, and not the binary fraction that is nearest to it.
        strike = Decimal(str(strike_price).strip())
    except InvalidOperation:
        strike = Decimal("NaN")
    if not (strike.is_finite() and 0 < strike <= MAX_STRIKE) or isinstance(strike_price, bool):
        raise UsageError(
            f"{strike_price!r} is not a strike price.",
            hint=f"Pass more than 0, up to {MAX_STRIKE}.",
        )
    if strike * 1000 % 1:
        raise UsageError(
            f"The strike price {strike_price!r} has more than three decimals.",
            hint="Contracts are listed in thousandths; round it.",
        )
    return strike


def _number(strike: Decimal) -> int | float:
    return float(strike) if strike % 1 else int(strike)


class OptionSymbol:
    """What the symbol of an options contract says.

    Args:
        option_symbol: The symbol; of ``polygon`` with or without ``O:``.
        symbol_format: Its format, see `FORMATS`.

    Attributes:
        underlying_symbol: The ticker of what the contract is for: the root without its digits.
        root: The root as it stands in the symbol: ``TSLA1`` where a split has changed a contract.
        expiry: The day on which it expires.
        call_or_put: ``C`` or ``P``.
        strike_price: In dollars; an int if it is whole.
        option_symbol: The symbol, in upper case and without ``O:``.

    Raises:
        UsageError: It is no symbol of that format, or there is no such format.
    """

    __slots__ = (
        "call_or_put",
        "expiry",
        "option_symbol",
        "root",
        "strike_price",
        "underlying_symbol",
    )

    underlying_symbol: str
    root: str
    expiry: datetime.date
    call_or_put: str
    strike_price: int | float
    option_symbol: str

    def __init__(self, option_symbol: str, symbol_format: str = "polygon") -> None:
        how = _format_of(symbol_format)
        contract = how.read(option_symbol) if isinstance(option_symbol, str) else None
        if contract is None:
            example = how.write("TSLA", datetime.date(2021, 10, 15), "C", Decimal(125))
            raise UsageError(
                f"{option_symbol!r} is not an option symbol of the format {_value(symbol_format)}.",
                hint=f"One looks like {example!r}; see detect_option_symbol_format().",
            )
        self.root, self.expiry, self.call_or_put, strike = contract
        self.underlying_symbol = "".join(one for one in self.root if not one.isdigit())
        self.strike_price = _number(strike)
        self.option_symbol = option_symbol.upper().removeprefix(how.optional_head)

    def _contract(self) -> tuple[str, datetime.date, str, int | float]:
        return self.root, self.expiry, self.call_or_put, self.strike_price

    def __eq__(self, other: object) -> bool:
        """Return whether both stand for the same contract, in whatever formats."""
        if not isinstance(other, OptionSymbol):
            return NotImplemented
        return self._contract() == other._contract()

    def __hash__(self) -> int:
        return hash(self._contract())

    def __repr__(self) -> str:
        return (
            f"Underlying Symbol: {self.underlying_symbol} || Expiry: {self.expiry} || "
            f"Type: {self.call_or_put} || Strike Price: {self.strike_price}"
        )


def _as_list(symbol: OptionSymbol) -> list[Any]:
    return [
        symbol.underlying_symbol,
        symbol.expiry,
        symbol.call_or_put,
        symbol.strike_price,
        symbol.option_symbol,
    ]


def _as_dict(symbol: OptionSymbol) -> dict[str, Any]:
    return {
        "underlying_symbol": symbol.underlying_symbol,
        "strike_price": symbol.strike_price,
        "expiry": symbol.expiry,
        "call_or_put": symbol.call_or_put,
        "option_symbol": symbol.option_symbol,
    }


def _as_object(symbol: OptionSymbol) -> OptionSymbol:
    return symbol


OUTPUTS: Final[Mapping[object, Callable[[OptionSymbol], Any]]] = {
    "object": _as_object,
    object: _as_object,
    "list": _as_list,
    list: _as_list,
    "dict": _as_dict,
    dict: _as_dict,
}
"""What `parse_option_symbol` gives, by name or type."""


def build_option_symbol(
    underlying_symbol: str,
    expiry: datetime.date | str,
    call_or_put: str,
    strike_price: float | str | Decimal,
    _format: str = "polygon",
    prefix_o: bool = False,
) -> str:
    """Return the symbol of a contract: ``TSLA211015C00125000``.

    Args:
        underlying_symbol: The root, in any case.
        expiry: A date, a datetime, or a text ``YYMMDD``.
        call_or_put: ``c``, ``call``, ``p`` or ``put``, in any case.
        strike_price: In dollars, with three decimals at most.
        _format: A name of `FORMATS`, or an `OptionSymbolFormat`.
        prefix_o: Whether it begins with ``O:``; of ``polygon`` and ``tradier`` only.

    Raises:
        UsageError: An argument is invalid; the message says which.
    """
    how = _format_of(_format)
    symbol = how.write(
        _checked_root(underlying_symbol),
        _checked_expiry(expiry),
        _checked_side(call_or_put),
        _checked_strike(strike_price),
    )
    return f"{how.optional_head}{symbol}" if prefix_o else symbol


def build_polygon_option_symbol(
    underlying_symbol: str,
    expiry: datetime.date | str,
    call_or_put: str,
    strike_price: float | str | Decimal,
    prefix_o: bool = False,
) -> str:
    """Return the symbol of a contract as this service writes it, see `build_option_symbol`."""
    return build_option_symbol(
        underlying_symbol, expiry, call_or_put, strike_price, prefix_o=prefix_o
    )


def parse_option_symbol(
    option_symbol: str, _format: str = "polygon", output_format: object = "object"
) -> Any:
    """Return what a symbol says.

    Args:
        option_symbol: The symbol.
        _format: Its format, a name of `FORMATS` or an `OptionSymbolFormat`.
        output_format: ``object`` for an `OptionSymbol`; ``list`` or ``dict``, or these types.

    Raises:
        UsageError: It is no symbol of that format, or there is no such format or output.
    """
    output = OUTPUTS.get(output_format) if isinstance(output_format, (str, type)) else None
    if output is None:
        raise UsageError(
            f"output_format={output_format!r} is none that there is.",
            hint="Choose 'object', 'list' or 'dict'.",
        )
    return output(OptionSymbol(option_symbol, _value(_format)))


def parse_polygon_option_symbol(option_symbol: str, output_format: object = "object") -> Any:
    """Return what a symbol of this service says, see `parse_option_symbol`."""
    return parse_option_symbol(option_symbol, "polygon", output_format)


def convert_option_symbol_formats(option_symbol: str, from_format: str, to_format: str) -> str:
    """Return the symbol of the same contract in another format.

    Raises:
        UsageError: It is no symbol of the first format, or one of the formats does not exist.
    """
    parsed = OptionSymbol(option_symbol, _value(from_format))
    return build_option_symbol(
        parsed.root, parsed.expiry, parsed.call_or_put, parsed.strike_price, to_format
    )


def detect_option_symbol_format(option_symbol: str) -> str | list[str] | bool:
    """Return the format of a symbol.

    Returns:
        A name of `FORMATS`; ``["ibkr", "trade_station"]`` where it may be either; False for what
        is no option symbol. What ``polygon`` and ``tradier`` write alike is ``polygon``.
    """
    candidates: list[str] = [name for name in FORMATS if FORMATS[name].read(option_symbol)]
    if " " in option_symbol and candidates and "." not in option_symbol:
        return ["ibkr", "trade_station"]
    return candidates[0] if candidates else False
