"""Folders of files: where rows go, when a file is whole, and what a disk that refuses costs."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from fastpoly import decode, schema
from fastpoly._core import concat
from fastpoly.errors import SinkError, UsageError
from fastpoly.sinks import ArrowSink, CsvSink, DatasetSink, ParquetSink, Sink
from fastpoly.sinks.files.dataset import MAX_OPEN
from fastpoly.sinks.files.tables import ParquetTable, TableFormat
from tests.unit.sinks.material import DAY_MS, batches, cells, files, rows

DAY = "date=2026-06-17"
DAY_LONG_MS = 86_400_000


def trades(*times_ms: int) -> Any:
    return decode(json.dumps([{"ev": "T", "sym": "A", "t": at, "q": at} for at in times_ms]))


def failing(after: int, code: int = errno.ENOSPC) -> TableFormat:
    """Parquet on a disk that is full after so many rows, of all files together."""
    left = [after]

    class Table(ParquetTable):
        def write(self, rows: pa.RecordBatch) -> None:
            if left[0] < rows.num_rows:
                raise OSError(code, os.strerror(code))
            left[0] -= rows.num_rows
            super().write(rows)

    return TableFormat("failing", ".parquet", Table)


def sink_of(folder: Path, form: TableFormat, **options: Any) -> DatasetSink:
    options = {"rows": 10, "every": 1.0, "part_rows": 1000, "part_s": 1000.0, **options}
    sink = DatasetSink(folder, form, **options)
    sink.open("stocks")
    return sink


def test_rows_are_their_events_for_everyone_who_reads_them(tmp_path: Path) -> None:
    sink = ParquetSink(tmp_path / "ticks")
    assert isinstance(sink, Sink)
    sink.open("stocks")
    made = batches()
    for batch in made:
        sink.write(batch)
    sink.close()
    assert all(name.endswith(".parquet") for name in files(tmp_path))
    whole = concat(made)
    for channel in ("T", "Q", "LULD", "NOI", "FMV", "LV"):
        if not whole.count(channel):
            continue
        spec = schema.MARKETS["stocks"].channel(channel)
        assert spec is not None
        names = [field.name for field in spec.event.fields]
        path = tmp_path / "ticks" / f"type={channel}"
        expected = cells(whole, channel)
        table = pa.dataset.dataset(path, partitioning="hive").to_table()
        assert rows(table, names) == expected
        assert set(table.column("date").to_pylist()) == {"2026-06-17"}
        frame = polars.read_parquet(path / "**/*.parquet", hive_partitioning=True)
        assert rows(frame.select(names).to_arrow(), names) == expected
        relation = duckdb.connect().from_parquet(f"{path}/*/*.parquet").select(*names)
        assert rows(relation.to_arrow_table().cast(plain(table, names))) == expected
        loaded = pandas.read_parquet(path)
        assert loaded["date"].astype(str).unique().tolist() == ["2026-06-17"]
        back = pa.Table.from_pandas(loaded[names], schema=plain(table, names), preserve_index=False)
        assert rows(back) == expected


def plain(table: pa.Table, names: list[str]) -> pa.Schema:
    """The types of columns for those who have no dictionaries."""
    fields = [table.schema.field(name) for name in names]
    return pa.schema(
        (one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type)
        for one in fields
    )


@pytest.mark.parametrize(
    ("kind", "suffix"), [(ParquetSink, "parquet"), (ArrowSink, "arrow"), (CsvSink, "csv")]
)
def test_each_channel_and_day_has_a_folder(tmp_path: Path, kind: Any, suffix: str) -> None:
    sink = kind(tmp_path)
    sink.open("stocks")
    sink.write(trades(DAY_MS, DAY_MS + DAY_LONG_MS, DAY_MS))
    sink.write(decode(f'[{{"ev":"Q","sym":"A","t":{DAY_MS}}},{{"ev":"LULD","T":"A"}}]'))
    sink.write(decode('[{"ev":"status"},{"ev":"new"}]'))
    sink.close()
    assert files(tmp_path) == [
        f"type=LULD/date=__HIVE_DEFAULT_PARTITION__/part-000000.{suffix}",
        f"type=Q/{DAY}/part-000000.{suffix}",
        f"type=T/{DAY}/part-000000.{suffix}",
        f"type=T/date=2026-06-18/part-000000.{suffix}",
    ]


def test_a_file_has_its_name_once_it_has_its_rows_and_the_next_begins(tmp_path: Path) -> None:
    sink = ParquetSink(tmp_path, part_rows=3)
    sink.open("stocks")
    sink.write(trades(DAY_MS, DAY_MS))
    assert files(tmp_path) == [f"type=T/{DAY}/.part-000000.parquet.tmp"]
    sink.write(trades(DAY_MS))
    sink.write(trades(DAY_MS))
    assert files(tmp_path) == [
        f"type=T/{DAY}/.part-000001.parquet.tmp",
        f"type=T/{DAY}/part-000000.parquet",
    ]
    # Those who read the folder meanwhile pass over what is not whole.
    assert pq.read_table(tmp_path).num_rows == 3
    sink.close()
    assert pq.read_table(tmp_path).num_rows == 4


def test_a_file_has_its_name_once_it_is_old_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    sink = ParquetSink(tmp_path, part_s=60)
    sink.open("stocks")
    sink.write(trades(DAY_MS))
    now[0] += 59
    sink.flush()
    assert files(tmp_path) == [f"type=T/{DAY}/.part-000000.parquet.tmp"]
    now[0] += 1
    sink.flush()
    sink.flush()
    assert files(tmp_path) == [f"type=T/{DAY}/part-000000.parquet"]


def test_a_folder_that_has_files_keeps_them(tmp_path: Path) -> None:
    for number in range(3):
        sink = ParquetSink(tmp_path)
        sink.open("stocks")
        sink.write(trades(*[DAY_MS] * (number + 1)))
        sink.close()
    assert [pq.read_table(tmp_path / name).num_rows for name in files(tmp_path)] == [1, 2, 3]


def test_times_of_many_days_do_not_open_files_without_end(tmp_path: Path) -> None:
    sink = ParquetSink(tmp_path)
    sink.open("stocks")
    sink.write(trades(*(DAY_MS + i * DAY_LONG_MS for i in range(MAX_OPEN + 10))))
    unfinished = [name for name in files(tmp_path) if name.endswith(".tmp")]
    assert len(unfinished) == MAX_OPEN
    sink.close()
    assert len(files(tmp_path)) == MAX_OPEN + 10
    assert pq.read_table(tmp_path).num_rows == MAX_OPEN + 10


def test_a_full_disk_costs_what_is_in_the_file_and_says_so(tmp_path: Path) -> None:
    sink = sink_of(tmp_path, failing(after=5))
    sink.write(trades(DAY_MS, DAY_MS, DAY_MS))
    sink.write(trades(DAY_MS, DAY_MS))
    with pytest.raises(SinkError, match="No space left") as caught:
        sink.write(trades(DAY_MS))
    assert caught.value.lost_by_channel == {"T": 6}
    assert files(tmp_path) == []
    with pytest.raises(SinkError) as caught:
        sink.write(trades(DAY_MS, DAY_MS))
    assert caught.value.lost_by_channel == {"T": 2}
    sink.close()
    assert files(tmp_path) == []


def test_what_is_whole_stays_and_one_day_does_not_cost_another(tmp_path: Path) -> None:
    sink = sink_of(tmp_path, failing(after=3), part_rows=2)
    sink.write(trades(DAY_MS, DAY_MS))
    with pytest.raises(SinkError) as caught:
        sink.write(trades(DAY_MS, DAY_MS, DAY_MS + DAY_LONG_MS))
    assert caught.value.lost_by_channel == {"T": 2}
    sink.close()
    assert [pq.read_table(tmp_path / name).num_rows for name in files(tmp_path)] == [2, 1]


def test_a_folder_that_vanishes_costs_what_was_in_it_and_is_made_again(tmp_path: Path) -> None:
    sink = ParquetSink(tmp_path / "ticks")
    sink.open("stocks")
    sink.write(trades(DAY_MS))
    for name in files(tmp_path):
        (tmp_path / name).unlink()
    with pytest.raises(SinkError) as caught:
        sink.close()
    assert caught.value.lost_by_channel == {"T": 1}
    sink.write(trades(DAY_MS, DAY_MS))
    sink.close()
    assert pq.read_table(tmp_path / "ticks").num_rows == 2


def test_a_folder_that_cannot_be_made_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="Writing failed"):
        ParquetSink(tmp_path / "file" / "ticks").open("stocks")


def test_numbers_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for option in ("rows", "every", "part_rows", "part_s"):
        with pytest.raises(UsageError, match=f"{option}=0"):
            ParquetSink(tmp_path, **{option: 0})  # type: ignore[arg-type]


def test_a_limit_of_the_system_is_survived(tmp_path: Path) -> None:
    """A real refusal: files may not grow beyond 64 KiB, which pyarrow meets in its own code."""
    script = textwrap.dedent("""
        import resource, sys
        from fastpoly.errors import SinkError
        from fastpoly.sinks import ParquetSink
        from tests.unit.sinks.material import batches
        from fastpoly._core import concat

        made = concat(batches(events=40_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
        sink = ParquetSink(sys.argv[1])
        sink.open("stocks")
        lost = 0
        for work in (lambda: sink.write(made.select("Q")), sink.close):
            try:
                work()
            except SinkError as error:
                lost += error.lost_by_channel["Q"]
        assert lost == made.count("Q"), (lost, made.count("Q"))
        small = made.select("Q")[:100]
        sink.write(small)
        sink.close()
    """)
    root = Path(__file__).parents[4]
    subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert pq.read_table(tmp_path).num_rows == 100
