"""Events as lines of JSON, equal to what the server sent."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path

import pytest

from fastpoly import decode
from fastpoly._core import batch_of
from fastpoly.errors import SinkError
from fastpoly.notices import Gap
from fastpoly.sinks import JsonLinesSink, Sink
from fastpoly.sinks.files import json_lines
from tests.unit.sinks.material import batches


def test_each_line_is_its_event_with_gaps_between(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "all.jsonl")
    assert isinstance(sink, Sink)
    sink.open("stocks")
    made = batches(events=500)
    gap = batch_of("stocks", [Gap(market="stocks", at_ns=1, cause="x", since_ns=0, until_ns=1)])
    made.insert(3, gap)
    for batch in made:
        sink.write(batch)
    sink.close()
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_bytes().splitlines()]
    assert lines == [event for batch in made for event in batch.dicts()]


def test_what_is_flushed_is_in_the_file(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "all.jsonl")
    sink.open("stocks")
    sink.write(decode('[{"ev":"T","sym":"A"}]'))
    sink.flush()
    assert (tmp_path / "all.jsonl").read_text() == '{"ev":"T","sym":"A"}\n'
    sink.close()


@pytest.mark.parametrize("packer", ["isal", "zlib"])
def test_it_is_compressed_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packer: str
) -> None:
    monkeypatch.setattr(json_lines, "PACKERS", {packer: json_lines.PACKERS[packer]})
    path = tmp_path / "all.jsonl.gz"
    sink = JsonLinesSink(path)
    sink.open("stocks")
    sink.write(decode('[{"ev":"T","sym":"A"}]'))
    sink.flush()
    # What is flushed can be read, though the file has no end yet.
    unpacked = zlib.decompressobj(31).decompress(path.read_bytes())
    assert unpacked == b'{"ev":"T","sym":"A"}\n'
    made = batches(events=2000)
    for batch in made:
        sink.write(batch)
    sink.close()
    with gzip.open(path, "rb") as file:
        first, *lines = map(json.loads, file)
    assert first == {"ev": "T", "sym": "A"}
    assert lines == [event for batch in made for event in batch.dicts()]
    with pytest.raises(SinkError, match="cannot be made"):
        JsonLinesSink(path).open("stocks")


def test_the_faster_packer_is_taken_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert list(json_lines.PACKERS) == ["isal", "zlib"]
    monkeypatch.setitem(sys.modules, "isal", None)
    assert list(json_lines._packers()) == ["zlib"]


def test_values_that_only_the_slow_way_can_write(tmp_path: Path) -> None:
    odd = [{"ev": "T", "s": 10**30}, {"ev": "T", "i": "\ud800"}]
    sink = JsonLinesSink(tmp_path / "all.jsonl")
    sink.open("stocks")
    sink.write(decode(json.dumps(odd)))
    sink.close()
    lines = (tmp_path / "all.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == odd


def test_a_file_that_exists_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text("old")
    with pytest.raises(SinkError, match="cannot be made"):
        JsonLinesSink(tmp_path / "all.jsonl").open("stocks")
    assert (tmp_path / "all.jsonl").read_text() == "old"
