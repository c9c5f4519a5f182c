"""Keywords that the official client passes on to ``websockets``."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from fastpoly.errors import UsageError
from fastpoly.massive.keywords import (
    MEANT,
    REFUSED,
    WITHOUT_EFFECT,
    connection_options,
    find_ca_bundle,
)


def options(**keywords: Any) -> Any:
    return connection_options(keywords, close_timeout=1, ssl=None)


def test_each_is_the_option_that_it_means() -> None:
    made = options(ping_interval=None, ping_timeout=3, open_timeout=4, max_size=5, proxy=None)
    assert (made.ping_interval, made.ping_timeout, made.open_timeout) == (None, 3, 4)
    assert (made.max_message_bytes, made.proxy, made.close_timeout) == (5, None, 1)
    assert options(max_size=None).max_message_bytes is None


def test_those_that_size_buffers_are_taken() -> None:
    assert options(max_queue=1, write_limit=2, read_limit=3, compression=None) == options()


@pytest.mark.parametrize("name", [*REFUSED, "ping_intervall", "process_message"])
def test_others_are_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}= is not an option") as caught:
        options(**{name: 1})
    assert caught.value.hint == (REFUSED.get(name) or f"Choose among {', '.join(sorted(MEANT))}.")


def test_every_keyword_of_websockets_has_a_place() -> None:
    client = pytest.importorskip("websockets.asyncio.client")
    known = {*MEANT, *WITHOUT_EFFECT, *REFUSED, "close_timeout"}
    parameters = inspect.signature(client.connect.__init__).parameters
    own = {name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    assert own - known == set()


def test_certificate_authorities_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    assert find_ca_bundle(None) is None
    assert find_ca_bundle("mine.pem") == "mine.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert find_ca_bundle(None) == str(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent"))
    assert find_ca_bundle(None) == str(bundle)
    assert "SSL_CERT_FILE is not a file" in caplog.text
