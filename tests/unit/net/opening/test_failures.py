from __future__ import annotations

import pytest

from fastpoly import errors
from fastpoly.net.opening.failures import http_error, retry_after_s
from fastpoly.net.opening.upgrade import Answer

URL = "wss://example.com/stocks?apiKey=sesame"
NOW_S = 1_792_000_000.0  # 2026-10-14 17:46:40


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
        ("1.5", None),
        ("Wed, 14 Oct 2026 17:47:40 GMT", 60.0),
        ("Wed, 14 Oct 2026 17:47:40", 60.0),
        ("Wed, 14 Oct 2026 19:47:40 +0200", 60.0),
        ("Wed, 14 Oct 2020 17:47:40 GMT", 0.0),
        ("Wed, 99 Oct 2026 17:47:40 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOW_S) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, errors.HttpStatusError),
        (301, errors.RedirectError),
        (308, errors.RedirectError),
        (400, errors.HttpStatusError),
        (401, errors.AccessDeniedError),
        (403, errors.AccessDeniedError),
        (404, errors.HttpStatusError),
        (407, errors.AccessDeniedError),
        (429, errors.TooManyRequestsError),
        (500, errors.HttpStatusError),
        (502, errors.HttpStatusError),
        (503, errors.ServiceUnavailableError),
        (999, errors.HttpStatusError),
    ],
)
def test_every_status_is_an_error_that_says_what_to_do(
    status: int, kind: type[errors.HttpStatusError]
) -> None:
    error = http_error(Answer((1, 1), status, {"retry-after": ["7"]}), URL)
    assert type(error) is kind
    assert isinstance(error, errors.NotWebSocketError)
    assert (error.http_status, error.retry_after_s) == (status, 7.0)
    assert f"HTTP {status}" in str(error)
    assert error.hint
    assert "sesame" not in str(error)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("wss://elsewhere.example/stocks", "wss://elsewhere.example/stocks"),
        ("/crypto", "wss://example.com/crypto"),
        ("https://user:sesame@elsewhere.example/x?apiKey=sesame", "https://elsewhere.example/x"),
        ("wss://[::1", ""),
        ("wss://a\x1b[31m/x", ""),
        ("", ""),
    ],
)
def test_where_a_redirect_points(location: str, shown: str) -> None:
    error = http_error(Answer((1, 1), 302, {"location": [location]}), URL)
    assert isinstance(error, errors.RedirectError)
    assert error.location == shown
    assert (shown or "nowhere") in error.detail
    assert "sesame" not in f"{error} {vars(error)}"
