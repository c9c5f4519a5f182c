"""How much CPU does an event cost from the socket to the handler, and how many a second get there?

Two paces. ``frames``: the server writes frame by frame, so a read brings one or a few; the usual
case. ``stream``: it writes large blocks, so a read brings all that the buffer holds; a backlog.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import results
from bench.frames import frames
from bench.runs import CLIENTS, Client, Server, between, run
from bench.server import Plan

ENDLESS: Final = 10**9
"""More events than any client waits for: the client leaves when it has seen enough."""

FRAME_NS: Final = 4_000
"""About what a frame costs whichever end is the slower; says how many frames make a run."""


@dataclass(frozen=True)
class Scheme:
    """One way of sending."""

    pace: str
    tls: bool
    per_frame: int


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: Runs of each client for each scheme.
        run_s: About how long a run lasts, s.
        schemes: Ways of sending.
    """

    rounds: int
    run_s: float
    schemes: tuple[Scheme, ...]


FULL: Final = Effort(
    4,
    0.4,
    (
        *(Scheme("frames", False, size) for size in (1, 10, 100)),
        *(Scheme("stream", False, size) for size in (1, 10, 100)),
        *(Scheme("frames", True, size) for size in (1, 10, 100)),
    ),
)
QUICK: Final = Effort(1, 0.1, (Scheme("frames", False, 10), Scheme("frames", True, 100)))


class Group(NamedTuple):
    """Clients that take turns at one way of sending."""

    scheme: Scheme
    names: tuple[str, ...]


def plan(effort: Effort, names: Collection[str]) -> list[Group]:
    """Every way of sending, with those clients that are named."""
    chosen = tuple(name for name in CLIENTS if name in names)
    return [Group(scheme, chosen) for scheme in effort.schemes]


def plan_of(scheme: Scheme, events_file: Path, certificate: Path | None) -> Plan:
    """What a server is told to send, until the client has seen enough."""
    return Plan(
        str(events_file),
        scheme.per_frame,
        ENDLESS,
        scheme.pace,
        certificate=str(certificate) if scheme.tls else None,
    )


def marks(client: Client, scheme: Scheme, run_s: float) -> list[int]:
    """Where to measure from and to: a tenth is warming up."""
    cost_ns = client.event_ns + FRAME_NS / scheme.per_frame
    total = max(int(run_s * 1e9 / cost_ns), 50 * scheme.per_frame, 2_000)
    return [total // 10, total]


def measure(
    events_file: Path,
    certificates: tuple[Path, Path],
    effort: Effort,
    groups: Sequence[Group],
    clients: Mapping[str, Client] = CLIENTS,
) -> list[dict[str, Any]]:
    """Runs the groups round after round; returns one cell for each client of each.

    Args:
        events_file: Rendered events, one a line.
        certificates: Of the server, and of the authority to trust.
        effort: How long; its schemes are not looked at.
        groups: What to measure.
        clients: Who the names stand for.
    """
    rendered = events_file.read_bytes().splitlines()
    server_certificate, authority = certificates
    noted: dict[tuple[Scheme, str], list[dict[str, float]]] = {}
    with ExitStack() as stack:
        servers = {
            scheme: stack.enter_context(Server(plan_of(scheme, events_file, server_certificate)))
            for scheme in dict.fromkeys(group.scheme for group in groups)
        }
        for turn in range(effort.rounds):
            for scheme, names in groups:
                server = servers[scheme]
                payloads = frames(rendered, scheme.per_frame)
                size = sum(map(len, payloads)) / (len(payloads) * scheme.per_frame)
                start = turn % max(1, len(names))
                for name in names[start:] + names[:start]:
                    client = clients[name]
                    one = run(
                        client,
                        server.url,
                        marks(client, scheme, effort.run_s),
                        events_file.parent,
                        authority=authority if scheme.tls else None,
                        bytes_per_event=size,
                    )
                    noted.setdefault((scheme, name), []).append(between(one))
    return [
        {
            **asdict(scheme),
            "contender": name,
            **{
                figure: results.summary([one[figure] for one in ones])
                for figure in ("cpu_ns_per_event", "thread_ns_per_event")
            },
            "events_per_s": max(one["events_per_s"] for one in ones),
        }
        for (scheme, name), ones in noted.items()
    ]
