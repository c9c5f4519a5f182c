"""Recordings: the raw frames of a market with the times they were received, in MCAP files."""

from __future__ import annotations

from fastpoly.capture.information import CaptureInfo, info
from fastpoly.capture.marks import Mark, MarkKind
from fastpoly.capture.reader import CaptureReader, Damage, FileAccount
from fastpoly.capture.repairing import RepairAccount, repair
from fastpoly.capture.row_groups import read_channel
from fastpoly.capture.writer import CaptureStats, CaptureWriter

__all__ = [
    "CaptureInfo",
    "CaptureReader",
    "CaptureStats",
    "CaptureWriter",
    "Damage",
    "FileAccount",
    "Mark",
    "MarkKind",
    "RepairAccount",
    "info",
    "read_channel",
    "repair",
]
