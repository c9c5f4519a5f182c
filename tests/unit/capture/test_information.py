from __future__ import annotations

from collections import Counter
from pathlib import Path

from fastpoly import decode
from fastpoly.capture import CaptureWriter, MarkKind, info
from tests.unit.capture.material import START_NS, chunks, frames

RECORDED = frames(100)


def test_it_tells_what_is_in_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    with CaptureWriter(path, market="stocks", chunk_bytes=8192) as writer:
        writer.mark(MarkKind.CONNECTED, START_NS)
        for stamp, text in RECORDED:
            writer.add_frame(text, stamp)
        writer.mark(MarkKind.GAP, RECORDED[-1][0], cause="reconnect")
    told = info(path)
    events = [event for _, text in RECORDED for event in decode(text).dicts()]
    assert told.events == Counter(event["ev"] for event in events)
    assert told.symbols == {"stocks": len({event["sym"] for event in events if "sym" in event})}
    assert told.markets == ("stocks",)
    assert told.frames == len(RECORDED)
    assert (told.first_ns, told.last_ns) == (RECORDED[0][0], RECORDED[-1][0])
    assert told.seconds == (told.last_ns - told.first_ns) / 1e9
    assert told.frame_bytes == sum(len(text) for _, text in RECORDED)
    assert told.marks == {MarkKind.CONNECTED: 1, MarkKind.GAP: 1}
    assert [gap.detail for gap in told.gaps] == [{"cause": "reconnect"}]
    assert told.damage == ()
    assert told.nbytes == path.stat().st_size
    assert told.ratio == told.frame_bytes / told.nbytes > 2
    (file,) = told.files
    assert file.profile == "fastpoly"
    assert file.chunks == len(list(chunks(path)))
    assert file.complete


def test_an_empty_recording_has_nothing_in_it(tmp_path: Path) -> None:
    path = tmp_path / "day.mcap"
    CaptureWriter(path, market="stocks").close()
    told = info(path)
    assert (told.frames, told.first_ns, told.events, told.gaps) == (0, 0, {}, ())
    assert told.files[0].complete
