"""The benchmark's own parts: its data, its server's bytes, its verdicts and its charts."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

import fastpoly
from bench import charts, frames, pages, report, results, server, targets
from bench.clients.meter import Job


def test_the_same_seed_gives_the_same_events() -> None:
    assert frames.events(50) == frames.events(50)
    assert frames.events(50) != frames.events(50, seed=1)


def test_events_have_the_shape_that_the_service_sends() -> None:
    decoded = [json.loads(event) for event in frames.events(4_000)]
    trades = [event for event in decoded if event["ev"] == "T"]
    quotes = [event for event in decoded if event["ev"] == "Q"]
    assert 0.45 < len(trades) / len(decoded) < 0.55
    assert len(trades) + len(quotes) == len(decoded)
    assert len({event["sym"] for event in decoded}) > 500
    assert len({(event["sym"], event["x"], event["i"]) for event in trades}) == len(trades)
    assert all("pt" in event for event in decoded)
    assert all("ds" in event for event in trades)
    assert all(("trfi" in event) == (event["x"] == frames.OFF_EXCHANGE) for event in trades)
    assert all(event.get("c") != [] for event in trades)
    times = [event["t"] for event in decoded]
    assert times == sorted(times)
    orders = {kind: frames.key_order(kind) for kind in ("T", "Q")}
    for event in decoded:
        order = orders[event["ev"]]
        assert list(event) == [key for key in order if key in event]


def test_no_event_of_the_data_is_malformed() -> None:
    batch = fastpoly.decode(b"[" + b",".join(frames.events(1_000)) + b"]")
    assert not any(event.malformed for event in batch)


def test_frames_hold_all_events_in_order() -> None:
    rendered = frames.events(25)
    framed = frames.frames(rendered, 10)
    assert len(framed) == 2
    assert [event for frame in framed for event in json.loads(frame)] == [
        json.loads(event) for event in rendered[:20]
    ]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_payloads_are_framed_as_the_protocol_says(size: int) -> None:
    frame = server.framed(b"x" * size)
    assert frame[0] == server.TEXT
    header = 2 if size < 126 else 4 if size < 65_536 else 10
    assert len(frame) == header + size
    announced = frame[1] if size < 126 else int.from_bytes(frame[2:header], "big")
    assert announced == size


def test_a_stamp_replaces_the_first_sequence_number_and_nothing_else() -> None:
    payload = frames.frames(frames.events(3), 3)[0]
    frame, at = server.with_room_for_a_stamp(payload)
    stamp = 1_781_706_600_123_456_789
    frame[at : at + server.STAMP_DIGITS] = str(stamp).encode()
    stamped = json.loads(bytes(frame[frame.index(b"[{") :]))
    expected = json.loads(payload)
    expected[0]["q"] = stamp
    assert stamped == expected
    assert len(frame) == len(server.framed(json.dumps(expected, separators=(",", ":")).encode()))


def test_plans_and_jobs_survive_the_command_line() -> None:
    plan = server.Plan("events", 10, 100, "rate", 5_000)
    assert server.Plan.load(plan.dump()) == plan
    job = Job("wss://127.0.0.1:5/stocks", "ca.pem", [1, 2], "result", True, {"handler": "events"})
    assert Job.load(job.dump()) == job
    assert job.secure
    assert job.address == "127.0.0.1:5"


def decode_results(ours: float, theirs: float) -> dict[str, Any]:
    def cell(contender: str, best: float) -> dict[str, Any]:
        return {
            "task": "events",
            "contender": contender,
            "per_frame": 10,
            "ns_per_event": results.summary([best, best * 2]),
        }

    return {"decode": {"cells": [cell("fastpoly_", ours), cell("msgspec_", theirs)]}}


@pytest.mark.parametrize(("theirs", "word"), [(600.0, "aim"), (400.0, "met"), (200.0, "missed")])
def test_a_floor_ratio_is_judged(theirs: float, word: str) -> None:
    verdicts = targets.judge(decode_results(100.0, theirs))
    (judged,) = (verdict for verdict in verdicts if verdict.ratio is not None)
    assert judged.ratio == pytest.approx(theirs / 100.0)
    assert (judged.per_frame, judged.word) == (10, word)
    assert {verdict.word for verdict in verdicts if verdict is not judged} == {"not measured"}


@pytest.mark.parametrize(
    ("name", "ours", "word"),
    [
        ("untouched", 180.0, "aim"),
        ("untouched", 250.0, "missed"),
        ("columns", 120.0, "aim"),
        ("columns", 180.0, "not reached"),
    ],
)
def test_a_ceiling_ratio_is_judged(name: str, ours: float, word: str) -> None:
    cells = [
        {
            "pace": "frames",
            "tls": False,
            "per_frame": 100,
            "contender": contender,
            "cpu_ns_per_event": results.summary([best]),
        }
        for contender, best in ((name, ours), ("floor", 100.0))
    ]
    verdicts = targets.judge({"socket": {"cells": cells}})
    (judged,) = (verdict for verdict in verdicts if verdict.ratio is not None)
    assert judged.ratio == pytest.approx(ours / 100.0)
    assert judged.word == word


def test_a_ratio_without_bounds_is_only_measured() -> None:
    target = targets.Target(
        "events",
        "a rival",
        targets.Side("decode", "fastpoly_", "events"),
        targets.Side("decode", "msgspec_", "events"),
        {10: (None, None)},
    )
    (judged,) = targets.judge(decode_results(100.0, 450.0), [target])
    assert (judged.word, judged.shortfall) == ("measured", 0.0)
    (row,) = report.ratios("title", [judged]).rows
    assert row[3:] == ("4.50x", "-", "-", "measured")


def test_the_summary_has_a_row_a_target_with_what_was_measured() -> None:
    table = report.summary("title", targets.judge(decode_results(100.0, 450.0)))
    assert table.header[2:] == ("1 a frame", "10 a frame", "100 a frame")
    (row,) = table.rows
    assert row[2:] == ("", "4.5x", "")


def test_tables_line_up() -> None:
    table = report.Table("title", ("what", "cost"), (("a", "1 ns"), ("longer", "100 ns")))
    lines = table.as_text().splitlines()
    assert lines[2].endswith("cost")
    assert len({len(line) for line in lines[2:3] + lines[4:6]}) == 1
    assert table.as_markdown().splitlines()[2:4] == ["| what | cost |", "| --- | ---: |"]


@pytest.mark.parametrize(
    ("value", "spelled"), [(950.0, "950"), (12_000.0, "12k"), (3_140_000.0, "3.14 M")]
)
def test_counts_are_spelled_short(value: float, spelled: str) -> None:
    assert report.count(value) == spelled


def test_charts_are_well_formed_and_have_every_label() -> None:
    drawn = charts.bars(
        "Cost & more",
        [("group", [charts.Bar("one", 10.0, True), charts.Bar("two", 40.0, False)])],
        str,
    )
    root = ElementTree.fromstring(drawn)  # noqa: S314  our own text
    assert {"Cost & more", "group", "one", "two", "10.0", "40.0"} <= set(root.itertext())
    widths = [float(bar.get("width", "0")) for bar in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01)


@pytest.mark.parametrize("log_y", [False, True])
def test_lines_rise_where_the_values_do(log_y: bool) -> None:
    line = charts.Line("a", [(1, 10), (10, 100), (100, 1_000)])
    drawn = charts.lines("Growth", [line], x_label="x", spelled_x=str, spelled_y=str, log_y=log_y)
    root = ElementTree.fromstring(drawn)  # noqa: S314  our own text
    (path,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    places = [tuple(map(float, point.split(","))) for point in path.get("points", "").split()]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)


def test_questions_that_were_asked_on_other_days_say_so() -> None:
    def kept(day: str) -> dict[str, Any]:
        machine = {name: name for name in ("processor", "processors", "system", "python")}
        return {
            "when": f"{day}T01:02:03+00:00",
            "machine": {**machine, "compiler": "compiler"},
            "versions": {"rivals": {"orjson": "3"}},
        }

    first, second = pages.conditions(
        {"decode": kept("2026-01-01"), "hub": kept("2026-01-02"), "socket": kept("2026-01-01")}
    )
    assert first.startswith("Measured on 2026-01-01 (decode, socket): processor, ")
    assert first.endswith("Packages by environment: rivals: orjson 3.")
    assert second.startswith("Measured on 2026-01-02 (hub): ")
