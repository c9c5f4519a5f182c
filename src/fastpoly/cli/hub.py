"""``fastpoly hub``: one connection to the service for all programs of this machine."""

from __future__ import annotations

import contextlib
import json
import ssl
from pathlib import Path
from typing import Any, Final

import click

from fastpoly.cli.listening import no_listening
from fastpoly.cli.metrics_page import metrics_option, with_metrics
from fastpoly.cli.tail import key_for
from fastpoly.cli.terminal import ExitCode, OutputClosed, exit_code, report, run, say, write_out
from fastpoly.errors import FastpolyError, UsageError
from fastpoly.hub import Hub, HubStats
from fastpoly.hub.hub import LOOPBACK, MAX_READER_BYTES, MAX_READERS, MAX_SUBSCRIPTIONS
from fastpoly.hub.slow_readers import SLOW_READER_POLICIES
from fastpoly.net.endpoints import make_url
from fastpoly.protocol.markets import market_of
from fastpoly.serving.socket_file import OWNER_ONLY

__all__ = ["command"]

PORT: Final = 9000
"""Where it listens if nothing else is said."""


def figures(stats: HubStats) -> dict[str, Any]:
    """Return the figures of a hub as they are written at its end."""
    line = stats.upstream.line
    return {
        "market": stats.upstream.market,
        "state": stats.upstream.state,
        "error": stats.upstream.error,
        "connections": line.connections,
        "received": {
            "events": line.events_received,
            "frames": line.frames_received,
            "bytes": line.bytes_received,
            "bad_frames": line.bad_frames,
        },
        "readers": stats.accepted,
        "bytes_sent": stats.bytes_sent,
        "lost": dict(stats.lost_by_channel),
        "disconnected_as_slow": stats.evicted,
        "recordings": [
            {"path": one.path, "events": one.events, "dropped_events": one.dropped_events}
            for one in stats.upstream.recordings
        ],
    }


def _context(certfile: str | None, keyfile: str | None) -> ssl.SSLContext | None:
    if certfile is None and keyfile is None:
        return None
    if certfile is None:
        raise UsageError("There is a key and no certificate.", hint="Pass --certfile as well.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"The certificate cannot be used: {error.strerror or error}.",
            hint="Pass PEM files as --certfile and --keyfile.",
        ) from error
    return context


def _token(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"The token cannot be read from {path}: {getattr(error, 'strerror', error)}.",
            hint="Pass a file with one line, the token.",
        ) from error


def _mode(_context: click.Context, _option: click.Parameter, text: str) -> int:
    try:
        return int(text, 8)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not an octal number such as 600 or 660.") from None


async def _serve(hub: Hub, host: str, port: int | None, as_line: bool) -> int:
    try:
        await hub.start()
    except OSError as error:
        raise no_listening(error, host, port or 0) from error
    try:
        # At once, and whether or not anybody reads on: it is a server, not a filter.
        with contextlib.suppress(OutputClosed):
            for url in hub.urls:
                write_out(url)
        say("Listening. Press Ctrl-C to stop.")
        await hub.wait_closed()
    finally:
        await hub.stop()
        if as_line:
            with contextlib.suppress(OutputClosed):
                write_out(json.dumps(figures(hub.stats())))
    return ExitCode.OK


@click.command()
@click.argument("market")
@click.argument("params", metavar="[PARAM]...", nargs=-1)
@click.option("--url", help="A full ws://, wss:// or ws+unix:// URL to connect to.")
@click.option("--feed", help="A feed of the vendor, such as delayed.")
@click.option("--host", default=LOOPBACK, show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=int,
    help=f"0 for any free one. By default {PORT}, or none where there is --unix.",
)
@click.option("--unix", metavar="PATH", help="A Unix socket to listen on.")
@click.option(
    "--unix-mode",
    callback=_mode,
    metavar="MODE",
    default=f"{OWNER_ONLY:o}",
    show_default=True,
    help="Who may read from it: the mode of its file.",
)
@click.option(
    "--policy",
    type=click.Choice(list(SLOW_READER_POLICIES)),
    default="skip",
    show_default=True,
    help="What happens to a reader that is too slow.",
)
@click.option(
    "--record",
    "path",
    metavar="FILE",
    help="Record all that is received, also for readers that come late: ?start=all in their URL, "
    "or Unix time in ns.",
)
@click.option("--shm", "name", metavar="NAME", help="Share it through memory too, as shm://NAME.")
@click.option("--last", is_flag=True, help="Begin a subscription with the last values.")
@click.option("--max-readers", type=click.IntRange(min=1), default=MAX_READERS, show_default=True)
@click.option(
    "--max-subscriptions",
    type=click.IntRange(min=1),
    default=MAX_SUBSCRIPTIONS,
    show_default=True,
    help="Of one reader.",
)
@click.option(
    "--max-reader-bytes",
    type=click.IntRange(min=1),
    default=MAX_READER_BYTES,
    show_default=True,
    help="That may wait for one reader.",
)
@click.option("--token-file", metavar="FILE", help="A file with what readers pass as their key.")
@click.option("--certfile", metavar="FILE", help="For wss://: a certificate chain, PEM.")
@click.option("--keyfile", metavar="FILE", help="Its private key, PEM.")
@click.option("--allow-remote", is_flag=True, help="Let other machines in: needs a token and TLS.")
@metrics_option
@click.option("--json", "as_line", is_flag=True, help="At the end, write figures as JSON.")
def command(
    market: str,
    params: tuple[str, ...],
    url: str | None,
    feed: str | None,
    host: str,
    port: int | None,
    unix: str | None,
    unix_mode: int,
    policy: str,
    path: str | None,
    name: str | None,
    last: bool,
    max_readers: int,
    max_subscriptions: int,
    max_reader_bytes: int,
    token_file: str | None,
    certfile: str | None,
    keyfile: str | None,
    allow_remote: bool,
    metrics_port: int | None,
    as_line: bool,
) -> int:
    """Serve one connection to the service to any number of programs on this machine.

    Prints its URL; for a port and a Unix socket, two lines. Any client of the service reads it by
    that URL, with any key. The hub connects when the first of them subscribes; to PARAM, if any are
    given, at once. Ctrl-C and SIGTERM stop it when what it has received is written.
    """
    if port is None and unix is None:
        port = PORT
    try:
        market_of(market)
        target = make_url(market, feed=feed, url=url)
        hub = Hub(
            market,
            *params,
            url=target,
            api_key=key_for(target),
            host=host,
            port=port,
            unix=unix,
            unix_mode=unix_mode,
            token=_token(token_file),
            context=_context(certfile, keyfile),
            allow_remote=allow_remote,
            policy=policy,
            max_reader_bytes=max_reader_bytes,
            max_readers=max_readers,
            max_subscriptions=max_subscriptions,
            last=last,
        )
        if path is not None:
            hub.record(path)
        if name is not None:
            hub.share(name)
    except FastpolyError as error:
        report(error)
        return ExitCode.USAGE if isinstance(error, UsageError) else exit_code(error)
    return run(with_metrics(hub.upstream, metrics_port, _serve(hub, host, port, as_line)))
