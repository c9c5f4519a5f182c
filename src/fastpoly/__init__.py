"""Streams Polygon.io / Massive.com market data: the public names, and nothing else."""

from __future__ import annotations

from fastpoly._core import Batch, Decoder, decode
from fastpoly._version import __version__

__all__ = ["Batch", "Decoder", "__version__", "decode"]
