"""Day files as recordings: every event of every row, at its time, against `csv` and `json`."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastpoly import decode
from fastpoly._core import Batch
from fastpoly.capture import CaptureReader, CaptureWriter, Mark, MarkKind, info, read_channel
from fastpoly.errors import CaptureError, UsageError
from fastpoly.flat_files.kinds import DAY_FILES
from tests.budgets import examples
from tests.day_files import (
    HEADERS,
    START_NS,
    WIRE,
    Row,
    day_file,
    events_of,
    expected,
    market_of,
    read,
    rows,
    text_of,
    write,
)

KINDS = pytest.mark.parametrize("kind", list(HEADERS))
TRADES = "stocks trades"
TRADE_HEADER = HEADERS[TRADES].split(",")


@pytest.fixture
def trades(tmp_path: Path) -> Path:
    return day_file(tmp_path, TRADES, rows(TRADES))


@KINDS
def test_every_row_is_an_event_at_its_time(tmp_path: Path, kind: str) -> None:
    table = rows(kind, tickers=7, each=30)
    path = day_file(tmp_path, kind, table)
    found = read(path, market=market_of(kind))
    assert found == expected(kind, text_of(HEADERS[kind].split(","), table))
    assert [at for at, _ in found] == sorted(at for at, _ in found)


@KINDS
def test_rows_are_what_the_wire_decoder_makes_of_the_same_events(tmp_path: Path, kind: str) -> None:
    path = day_file(tmp_path, kind, rows(kind))
    with CaptureReader(path, market=market_of(kind), keep_frames=True) as reader:
        batches = [found for found in reader if isinstance(found, Batch)]
    for batch in batches:
        frame = json.dumps(batch.dicts())
        again = decode(frame, market=batch.market)
        (channel,) = batch.channels
        assert batch.to_arrow(channel).equals(again.to_arrow(channel))
        assert list(batch) == list(again)
        assert [json.loads(text) for text in batch.raw()] == [[one] for one in batch.dicts()]


# --------------------------------------------------------------------------- however it is written

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)
WHOLE = st.one_of(st.just(0), st.integers(0, 999), st.integers(0, 10**18)).map(str)
PLACES = st.tuples(st.integers(0, 10**7), st.integers(0, 10**9), st.integers(1, 9))
DECIMALS = st.one_of(
    WHOLE, PLACES.map(lambda parts: f"{parts[0]}.{parts[1] % 10 ** parts[2]:0{parts[2]}d}")
)
TIMES = st.integers(START_NS, START_NS + 10**9).map(str)
CODES = st.lists(st.integers(-5, 40_000), max_size=9).map(lambda codes: ",".join(map(str, codes)))


def _values(name: str) -> st.SearchStrategy[str]:
    if name in ("sip_timestamp", "timestamp", "window_start"):
        return TIMES
    if name.endswith("timestamp"):
        return st.one_of(TIMES, st.sampled_from(("", "0")))
    if name in ("conditions", "indicators"):
        return CODES
    if name == "id":
        return NAMES
    if name in ("session_end_date", "news"):
        return NAMES
    if name.endswith(("size", "volume", "price", "value", "open", "close", "high", "low")):
        return st.one_of(DECIMALS, st.just(""))
    return st.one_of(WHOLE, st.just(""))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str]:
    """A type, and the text of a file of it."""
    kind = draw(st.sampled_from(list(HEADERS)))
    header = draw(st.permutations([*HEADERS[kind].split(","), "news"]))
    clock = WIRE[kind][1]
    of_row = st.fixed_dictionaries(
        {name: TIMES if name == clock else _values(name) for name in header}
    )
    table: list[Row] = []
    for number in range(draw(st.integers(1, 4))):
        table += [{**row, "ticker": f"T{number}-A"} for row in draw(st.lists(of_row, max_size=8))]
    end = draw(st.sampled_from(("\n", "\r\n")))
    quoting = draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)))
    return kind, text_of(header, table, end=end, quoting=quoting)


@pytest.mark.budget
@examples(600)
@given(files(), st.sampled_from((1 << 20, 500, 1)), st.booleans())
def test_any_file_is_what_csv_and_json_make_of_it(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[str, str], memory: int, packed: bool
) -> None:
    kind, text = file
    folder = tmp_path_factory.mktemp("any")
    path = write(folder / ("day.csv.gz" if packed else "day.csv"), text)
    found = read(path, market=market_of(kind), memory_bytes=memory, temporary=folder)
    assert found == expected(kind, text)
    assert os.listdir(folder) == [path.name]


@pytest.mark.budget
@examples(300)
@given(st.binary(max_size=400), st.sampled_from(DAY_FILES))
def test_no_text_at_all_ends_in_anything_but_events_and_bad_lines(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, file: Any
) -> None:
    path = tmp_path_factory.mktemp("no") / "day.csv"
    path.write_bytes(f"{HEADERS[file.name]}\n".encode() + text)
    with CaptureReader(path, market=file.market) as reader:
        for found in reader:
            assert isinstance(found, Batch) or found.kind is MarkKind.BAD_FRAME


@KINDS
def test_lines_cut_anywhere_are_read_as_one(tmp_path: Path, kind: str) -> None:
    """Members of gzip end where they like, and so does what is unpacked at a time."""
    table = rows(kind, tickers=3)
    text = text_of(HEADERS[kind].split(","), table, end="\r\n").encode()
    cuts = sorted(random.Random(kind).sample(range(len(text)), 40))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    path = tmp_path / "day.csv.gz"
    path.write_bytes(b"".join(map(gzip.compress, parts)))
    assert read(path, market=market_of(kind)) == expected(kind, text.decode())


def test_the_last_line_needs_no_end_and_empty_lines_are_nothing(tmp_path: Path) -> None:
    text = text_of(TRADE_HEADER, rows(TRADES))
    gaps = text.replace("\n", "\n\n").rstrip("\n")
    assert read(write(tmp_path / "day.csv", gaps)) == expected(TRADES, text)


def test_a_file_of_no_rows_has_no_events(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv.gz"):
        assert read(write(tmp_path / name, HEADERS[TRADES])) == []


# ------------------------------------------------------------------------------- what is wanted


def test_symbols_are_picked_as_events_have_them(tmp_path: Path) -> None:
    for kind, chosen in ((TRADES, {"AAB", "AAD"}), ("forex quotes", {"AAB/USD"})):
        table = rows(kind, tickers=6)
        found = read(day_file(tmp_path, kind, table), symbols=chosen)
        every = expected(kind, text_of(HEADERS[kind].split(","), table))
        key = "sym" if kind == TRADES else "p"
        assert found == [one for one in every if one[1][key] in chosen]
        assert found


def test_a_ticker_that_begins_like_another_is_another(tmp_path: Path) -> None:
    (row,) = rows(TRADES, tickers=1, each=1)
    names = ["A", "AA", "A", "AAA", "AA", "B"]
    text = text_of(TRADE_HEADER, [{**row, "ticker": name} for name in names])
    path = write(tmp_path / "day.csv", text)
    for name in set(names):
        assert [one["sym"] for _, one in read(path, symbols=[name])] == [name] * names.count(name)


def test_a_part_of_the_time(trades: Path) -> None:
    every = read(trades)
    start, end = every[20][0], every[60][0]
    assert read(trades, start_ns=start, end_ns=end) == [
        one for one in every if start <= one[0] < end
    ]


def test_several_files_are_merged_by_time(tmp_path: Path) -> None:
    kinds = (TRADES, "stocks quotes", "stocks minute aggs")
    tables = {kind: rows(kind) for kind in kinds}
    paths = [day_file(tmp_path, kind, table) for kind, table in tables.items()]
    every = [
        one
        for kind, table in tables.items()
        for one in expected(kind, text_of(HEADERS[kind].split(","), table))
    ]
    assert read(*paths, market="stocks") == sorted(every, key=lambda one: one[0])


def test_times_in_ms_with_fractions_are_exact_too(tmp_path: Path) -> None:
    (row,) = rows("futures trades", tickers=1, each=1)
    text = text_of(list(row), [{**row, "timestamp": "1754843586948.6707"}])
    ((at, event),) = read(write(tmp_path / "day.csv", text))
    assert (at, event["t"]) == (1754843586948670700, 1754843586948)


# --------------------------------------------------------------------------------------- sorting


@pytest.mark.parametrize("memory", [1, 700, 5000, 1 << 20])
def test_what_memory_does_not_hold_waits_in_a_file_that_nothing_is_left_of(
    tmp_path: Path, memory: int
) -> None:
    table = rows(TRADES, tickers=40, each=50)
    path = day_file(tmp_path, TRADES, table)
    folder = tmp_path / "temporary"
    folder.mkdir()
    with CaptureReader(path, memory_bytes=memory, temporary=folder) as reader:
        reader.prepare()
        assert (reader._native._rows.temporary_bytes > 0) is (memory < 1 << 20)  # type: ignore[attr-defined]
        assert os.listdir(folder) == []
        found = events_of(reader)
    assert found == expected(TRADES, text_of(TRADE_HEADER, table))


def test_events_of_one_time_stay_as_the_file_has_them(tmp_path: Path) -> None:
    (row,) = rows(TRADES, tickers=1, each=1)
    table = [{**row, "ticker": f"T{n // 10}", "sequence_number": str(n)} for n in range(200)]
    path = day_file(tmp_path, TRADES, table)
    for memory in (1, 3000, 1 << 20):
        found = read(path, memory_bytes=memory)
        assert [event["q"] for _, event in found] == list(range(200))


def test_a_temporary_file_that_cannot_be_written_is_an_error_that_says_so(
    tmp_path: Path, trades: Path
) -> None:
    gone = tmp_path / "gone"
    with (
        CaptureReader(trades, memory_bytes=1, temporary=gone) as reader,
        pytest.raises(CaptureError, match=r"temporary file in .*gone cannot be written") as caught,
    ):
        reader.prepare()
    assert "TMPDIR" in str(caught.value)
    assert caught.value.path == str(gone)


def test_batches_are_those_of_one_moment_or_large(tmp_path: Path) -> None:
    (row,) = rows(TRADES, tickers=1, each=1)
    table = [
        {**row, "sip_timestamp": str(START_NS + n // 3), "ticker": f"T{n % 3}"} for n in range(3000)
    ]
    path = day_file(tmp_path, TRADES, table)
    with CaptureReader(path, max_spread_ns=0) as reader:
        assert [len(batch) for batch in reader] == [3] * 1000  # type: ignore[arg-type]
    with CaptureReader(path) as reader:
        sizes = [batch.nbytes for batch in reader if isinstance(batch, Batch)]
    assert all(64 << 10 <= size < 65 << 10 for size in sizes[:-1])


# ---------------------------------------------------------------------------------------- damage

GOOD = (
    "A,12,0,4,1,1779427811494482943,1.5,1,1779436803799308985,4,1,0,0",
    "B,12,0,4,1,1779427811494482943,2.5,1,1779436803799308986,4,1,0,0",
)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A,12,0", "fewer values"),
        (GOOD[0] + ",1", "more values"),
        (GOOD[0].replace("A,12", 'A,"12'), "quote"),
        (GOOD[0].replace("A,12", 'A,1"2'), "quote"),
        (GOOD[0].replace("A,12", 'A,"12"x'), "quote"),
        (GOOD[0].replace("1.5", "1.5.5"), "not a number"),
        (GOOD[0].replace("1.5", "nan"), "not a number"),
        (GOOD[0].replace("1.5", "007"), "not a number"),
        (GOOD[0].replace("A,12", "A,12;3"), "not a number"),
        (GOOD[0].replace(",4,1,0,0", ",x,1,0,0"), "not a number"),
        (GOOD[0].replace("1779427811494482943", "yesterday"), "not a time"),
        (GOOD[0].replace("1779436803799308985", ""), "no time"),
        (GOOD[0].replace("1779436803799308985", "0"), "no time"),
        (GOOD[0].replace("1779436803799308985", "99999999999999999999"), "no time"),
        (GOOD[0].replace("A,12", ",12"), "no ticker"),
        ("x" * 3_000_000, "longer than a line"),
    ],
)
def test_a_bad_line_is_told_and_costs_nothing_else(tmp_path: Path, line: str, reason: str) -> None:
    text = "\n".join([HEADERS[TRADES], GOOD[0], line, GOOD[1], ""])
    found = []
    with CaptureReader(write(tmp_path / "day.csv", text)) as reader:
        found = list(reader)
        assert reader.bad_frames == 1
    mark, *batches = found
    assert isinstance(mark, Mark)
    assert (mark.kind, mark.at_ns) == (MarkKind.BAD_FRAME, 1779436803799308985)
    assert mark.detail["reason"].startswith("line 3: ")
    assert reason in mark.detail["reason"]
    assert mark.detail["frame"] == line.encode()[: len(mark.detail["frame"])]
    assert [event["sym"] for _, event in events_of(batches)] == ["A", "B"]


def test_text_that_is_no_utf_8_is_a_frame_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    lines = [HEADERS[TRADES], GOOD[0].replace(",1,", ",\xff,", 1), GOOD[1]]
    path.write_bytes("\n".join(lines).encode("latin-1"))
    with CaptureReader(path) as reader:
        mark, batch = reader
    assert isinstance(mark, Mark)
    assert mark.kind is MarkKind.BAD_FRAME
    assert [event["sym"] for _, event in events_of([batch])] == ["B"]


def test_of_many_bad_lines_the_first_are_told_and_all_are_counted(tmp_path: Path) -> None:
    text = "\n".join([HEADERS[TRADES], *["A,1"] * 2500, *GOOD])
    with CaptureReader(write(tmp_path / "day.csv", text)) as reader:
        found = list(reader)
    bad = [one for one in found if isinstance(one, Mark) and one.kind is MarkKind.BAD_FRAME]
    (gap,) = [one for one in found if isinstance(one, Mark) and one.kind is MarkKind.GAP]
    assert len(bad) == 1000
    assert gap.detail["reason"] == "1500 further lines cannot be read"
    assert len(events_of(found)) == 2  # type: ignore[arg-type]


def test_a_file_that_was_cut_off_is_a_gap_and_gives_what_is_there(tmp_path: Path) -> None:
    table = rows(TRADES, tickers=100, each=50)
    path = day_file(tmp_path, TRADES, table)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with CaptureReader(path) as reader:
        found = list(reader)
        (damage,) = reader.damage
        (account,) = reader.files()
    assert (damage.offset, damage.reason) == (len(data) // 2, "it ends in the middle")
    assert not account.complete
    assert isinstance(found[0], Batch)
    assert isinstance(found[1], Mark)
    assert (found[1].kind, found[1].detail["cause"]) == (MarkKind.GAP, "damaged")
    events = events_of(found)  # type: ignore[arg-type]
    whole = len(events)
    assert 0.4 * len(table) < whole < 0.6 * len(table)
    assert events == expected(TRADES, text_of(TRADE_HEADER, table[:whole]))


def test_damage_within_costs_what_lies_behind_it(tmp_path: Path) -> None:
    table = rows(TRADES, tickers=100, each=50)
    path = day_file(tmp_path, TRADES, table)
    data = bytearray(path.read_bytes())
    data[-8:-4] = b"\0\0\0\0"
    path.write_bytes(data)
    with CaptureReader(path) as reader:
        events = events_of(reader)
        assert len(reader.damage) == 1
    # Only the checksum is wrong: whether the last line was whole cannot be known.
    assert events == expected(TRADES, text_of(TRADE_HEADER, table))


# ------------------------------------------------------------------- wherever recordings are read


def test_what_it_is_and_what_is_in_it(trades: Path) -> None:
    found = info(trades)
    assert found.events == {"T": 100}
    assert found.markets == ("stocks",)
    assert found.symbols == {"stocks": 5}
    (file,) = found.files
    assert (file.profile, file.metadata) == ("stocks trades", {"market": "stocks"})
    assert file.packed_bytes == file.nbytes == trades.stat().st_size
    assert file.complete


def test_one_channel_as_one_batch(trades: Path) -> None:
    batch = read_channel(trades, channel="T", symbols=["AAC"])
    assert len(batch) == 20
    assert set(batch.symbol_counts()) == {"AAC"}


def test_a_copy_is_a_recording_of_the_same(tmp_path: Path, trades: Path) -> None:
    with (
        CaptureReader(trades, memory_bytes=2000) as reader,
        CaptureWriter(tmp_path / "day.mcap", market="stocks", wait=True) as writer,
    ):
        assert reader.copy_to(writer) == (100, 0)
    assert read(tmp_path / "day.mcap") == read(trades)


def test_day_files_and_recordings_are_not_read_together(tmp_path: Path, trades: Path) -> None:
    with pytest.raises(UsageError, match="some of recordings"):
        CaptureReader(trades, tmp_path / "day.mcap")


def test_closed_while_it_is_read_it_ends(trades: Path) -> None:
    reader = CaptureReader(trades)
    reader.close()
    assert reader.is_ready
    reader.prepare()
    assert reader.read() is None
