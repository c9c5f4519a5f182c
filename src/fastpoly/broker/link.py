"""One connection to a broker: dialled, watched, and ended; no reconnecting in here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastpoly.errors import (
    AuthError,
    CertificateError,
    ConnectError,
    FastpolyError,
    HostNotFoundError,
    UsageError,
)

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

    from fastpoly.broker.address import BrokerAddress

__all__ = ["REQUEST_S", "Link", "LinkOwner", "dial", "end_task", "request_failed"]

logger = logging.getLogger("fastpoly.broker")

REQUEST_S: Final = 2.0
"""How long a broker has to answer a request."""

PING_S: Final = 5.0
"""How often a broker is asked whether it is there; after two questions in vain it is not."""

ATTEMPTS: Final = 3
"""Of connecting to a server, one right after the other."""

CONNECT_S: Final = 5.0
"""How long one server has for its part in connecting."""


CANCEL_AGAIN_S: Final = 0.1
"""After how long a task is cancelled again that has not ended."""


class LinkOwner(Protocol):
    """Whose connection it is."""

    def on_link_down(self) -> object:
        """Take note that it has ended, whoever ended it."""


class Link:
    """A connection that is up, or was.

    Attributes:
        client: The client, of nats-py.
        jetstream: What it can ask of JetStream.
    """

    def __init__(self, client: Client, address: BrokerAddress) -> None:
        self.client = client
        self.jetstream: JetStreamContext = client.jetstream(timeout=REQUEST_S)
        self._address = address

    @property
    def is_up(self) -> bool:
        """Whether it is."""
        return self.client.is_connected

    @property
    def version(self) -> tuple[int, int]:
        """The server's version, its first two numbers."""
        version = self.client.connected_server_version
        return version.major, version.minor

    async def close(self) -> None:
        """End it; what waits to be sent is given up where it cannot be sent soon."""
        await _discard(self.client)


async def dial(
    address: BrokerAddress, owner: LinkOwner, context: ssl.SSLContext | None = None
) -> Link:
    """Return a connection to the first server of a cluster that takes one.

    Raises:
        FastpolyError: None does: what the last said.
    """
    try:
        from fastpoly.broker.client import BrokerClient
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "nats":
            raise
        raise UsageError(
            "A broker needs nats-py, which is not installed.",
            hint="Install the extra: pip install 'fastpoly[nats]'.",
        ) from None

    async def on_closed() -> None:
        owner.on_link_down()

    said: list[Exception] = []

    async def on_error(error: Exception) -> None:
        said.append(error)
        logger.debug("%s: %r", address.where, error)

    options: dict[str, Any] = {
        "allow_reconnect": False,
        # So often an address is tried again all the same, and it is no use to wait in between.
        "max_reconnect_attempts": ATTEMPTS - 1,
        "reconnect_time_wait": 0.01,
        "connect_timeout": CONNECT_S,
        "ping_interval": PING_S,
        "error_cb": on_error,
        "closed_cb": on_closed,
        "name": "fastpoly",
        "skip_subject_validation": True,
    }
    if address.is_secure:
        options["tls"] = context or ssl.create_default_context()
    for name in ("user", "password", "token"):
        if getattr(address, name) is not None:
            options[name] = getattr(address, name)
    failure: FastpolyError | None = None
    for server in address.servers:
        client = BrokerClient()
        said.clear()
        try:
            async with asyncio.timeout(CONNECT_S):
                await client.connect(server, **options)
        except BaseException as error:
            await _discard(client)
            if not isinstance(error, Exception):
                raise
            # In the end it says only that there is no server left. A server that refuses may close
            # so fast that the reset overtakes what it said: one attempt of several may know it.
            failures = [_failure(one, server, address) for one in said or [error]]
            failure = next((one for one in failures if isinstance(one, AuthError)), failures[-1])
            if isinstance(failure, AuthError):
                break
            continue
        return Link(client, address)
    if failure is None:
        raise AssertionError("an address has a server")
    raise failure


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel a task that may be writing to a broker, and wait until it has ended.

    While nats-py writes it lets a cancellation pass by, so that once is not enough.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_S)


async def _discard(client: Client) -> None:
    """End what may be half a connection."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(REQUEST_S):
            await client.close()


def _failure(error: Exception, server: str, address: BrokerAddress) -> FastpolyError:
    """Return the error of ours for what connecting came to."""
    text = address.hide(str(error)) or type(error).__name__
    failure: FastpolyError
    if "authorization" in text.lower() or "authentication" in text.lower():
        failure = AuthError(
            f"{server} refused the credentials.", message=text, hint="See the user and password."
        )
    elif isinstance(error, ssl.SSLCertVerificationError):
        failure = CertificateError(
            f"The certificate of {server} does not verify: {text}.",
            hint="Name the authority by SSL_CERT_FILE, or pass ssl=.",
        )
    elif isinstance(error, socket.gaierror):
        failure = HostNotFoundError(
            f"There is no host of {server}.", hint="See whether its name is right."
        )
    else:
        failure = ConnectError(
            f"Could not connect to {server}: {text}.", hint="See whether a NATS server runs there."
        )
    failure.__cause__ = error
    return failure


def request_failed(what: str, error: Exception) -> FastpolyError:
    """Return the error of ours for a request that a broker refused or did not answer.

    Args:
        what: What it should have done, as in "Could not ...".
        error: What nats-py raised.
    """
    description = getattr(error, "description", None) or str(error) or type(error).__name__
    failure = FastpolyError(
        f"Could not {what}: {description}.",
        hint="See the broker's log; JetStream must be enabled and have room.",
    )
    failure.__cause__ = error
    return failure
