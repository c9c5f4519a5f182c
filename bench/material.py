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
        few_events: The first of them: as many as decoders are timed with, over and over.
        certificate: The server's key and certificate chain, PEM.
        authority: The authority that signed it, PEM.
    """

    events: Path
    few_events: Path
    certificate: Path
    authority: Path

    @property
    def certificates(self) -> tuple[Path, Path]:
        """The server's, and the authority's."""
        return self.certificate, self.authority


def make(folder: Path, count: int, few: int) -> Material:
    """Makes `count` events, `few` for the decoders, and a certificate for this machine."""
    names = ("events", "few-events", "server.pem", "authority.pem")
    material = Material(*(folder / name for name in names))
    made = events(count)
    material.events.write_bytes(b"\n".join(made))
    material.few_events.write_bytes(b"\n".join(made[:few]))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(material.authority))
    server = authority.issue_cert("127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(str(material.certificate))
    return material
