from __future__ import annotations

import pytest

from fastpoly.cli.conditions import parse_condition
from fastpoly.errors import UsageError


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("size >= 1000", "(field('size') >= 1000)"),
        ("size>=1000", "(field('size') >= 1000)"),
        ("  s<1e3 ", "(field('s') < 1000.0)"),
        ("price != -0.5", "(field('price') != -0.5)"),
        ("T.price <= 5", "(field('price', 'T') <= 5)"),
        ("symbol = AAPL", "(field('symbol') == 'AAPL')"),
        ("symbol == BRK.B", "(field('symbol') == 'BRK.B')"),
        ('id == "71"', "(field('id') == '71')"),
        ("otc == true", "(field('otc') == True)"),
        ("conditions has 12", "field('conditions').has_any(12)"),
        ("not conditions has 12", "~field('conditions').has_any(12)"),
        ("not T.size > 5", "~(field('size', 'T') > 5)"),
    ],
)
def test_what_a_text_means(text: str, means: str) -> None:
    assert repr(parse_condition(text)) == means


@pytest.mark.parametrize("text", ["", "size", "size >", "> 5", "size => 5", "size ~ 5", "a b > 5"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a condition.*'size >= 1000'"):
        parse_condition(text)
