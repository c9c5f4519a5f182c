"""Makes what a run needs in a folder: the events, and certificates for ``wss://``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from bench.frames import events


@dataclass(frozen=True)
class Material:
    """Files that all processes of a run read.

    Attributes:
        events: Rendered events, one a line.
        certificate: The server's key and certificate chain, PEM.
        authority: The authority that signed it, PEM.
    """

    events: Path
    certificate: Path
    authority: Path


def make(folder: Path, count: int) -> Material:
    """Makes `count` events and a certificate for this machine."""
    material = Material(folder / "events", folder / "server.pem", folder / "authority.pem")
    material.events.write_bytes(b"\n".join(events(count)))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(material.authority))
    server = authority.issue_cert("127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(str(material.certificate))
    return material
