"""Where a broker is: what a URL may say, and that a secret in it is never repeated."""

from __future__ import annotations

import pytest

from fastpoly.broker.address import read_address
from fastpoly.errors import UsageError


def test_a_url_names_one_server_or_several() -> None:
    address = read_address("nats://one,two:4333,[::1]:5000?stream=day&prefix=a.b")
    assert address.servers == ("nats://one:4222", "nats://two:4333", "nats://[::1]:5000")
    assert not address.is_secure
    assert address.stream_name("stocks") == "day"
    assert address.prefix == "a.b"
    plain = read_address("tls://host")
    assert plain.is_secure
    assert (plain.stream_name("stocks"), plain.prefix) == ("fastpoly-stocks", "fp")


def test_credentials_are_taken_and_not_shown() -> None:
    address = read_address("nats://me:p%40ss@host:4222")
    assert (address.user, address.password, address.token) == ("me", "p@ss", None)
    assert read_address("nats://t0ken@host").token == "t0ken"
    assert "p@ss" not in repr(address)
    assert "p@ss" not in address.where
    assert address.hide("no p@ss here") == "no (hidden) here"


@pytest.mark.parametrize(
    "url",
    [
        "nats://",
        "nats://host:0x",
        "nats://s3cret@host/path",
        "ws://host",
        "nats://host?nothing=1",
        "nats://host?stream=a.b",
        "nats://host?prefix=a..b",
        "nats://s3cret@host,",
        "nats://host:99999",
    ],
)
def test_what_is_none_of_a_broker_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_address(url)
    assert "s3cret" not in str(caught.value)
