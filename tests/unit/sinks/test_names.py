"""Sinks by name, those of other packages too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fastpoly.errors import UsageError
from fastpoly.sinks import (
    ArrowSink,
    CsvSink,
    JsonLinesSink,
    KafkaSink,
    ParquetSink,
    RedisSink,
    find_sink,
)
from fastpoly.sinks.names import OWN

OF_A_FOLDER = {
    "parquet": ParquetSink,
    "arrow": ArrowSink,
    "csv": CsvSink,
    "jsonl": JsonLinesSink,
}
OF_A_SERVER = {"redis": RedisSink, "kafka": KafkaSink}


@pytest.mark.parametrize(
    ("kinds", "target"), [(OF_A_FOLDER, "some/where"), (OF_A_SERVER, "redis://somewhere:6379")]
)
def test_own_sinks_have_names(kinds: dict[str, type], target: str) -> None:
    for name, kind in kinds.items():
        sink = find_sink(f"{name}:{target}")
        assert type(sink) is kind
        assert target in repr(sink)


def test_every_own_sink_is_tried() -> None:
    assert OF_A_FOLDER.keys() | OF_A_SERVER.keys() == OWN.keys()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Put a package beside the others, as pip would."""
    (folder / "someones_sink.py").write_text(code)
    about = folder / "someones_sink-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: someones-sink\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[fastpoly.sinks]\nsomeones = someones_sink:Kept\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "someones_sink", raising=False)


def test_one_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
class Kept:
    rows = 0
    every = 1.0
    def __init__(self, target): self.target = target
    def open(self, market): ...
    def write(self, batch): ...
    def flush(self): ...
    def close(self): ...
"""
    install(tmp_path, monkeypatch, code)
    sink = find_sink("someones:here:there")
    assert sink.target == "here:there"  # type: ignore[attr-defined]


def test_what_is_no_sink_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "def Kept(target): return 1\n")
    with pytest.raises(UsageError, match="not a sink"):
        find_sink("someones:x")


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(UsageError, match="no sink 'x'") as caught:
        find_sink("x:y")
    assert "parquet" in str(caught.value)
