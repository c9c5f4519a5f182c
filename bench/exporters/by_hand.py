"""What a good programmer writes in an afternoon: gzipped lines, msgspec and pyarrow, or csv."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from bench.exporters import Job, Task
from bench.records import Quote, Trade, decode

ROWS = 65_536
NUMBERS = pa.list_(pa.int64())
MS = pa.timestamp("ms", "UTC")
TYPES = {
    "symbol": pa.dictionary(pa.int32(), pa.string()),
    "id": pa.string(),
    "price": pa.float64(),
    "bid_price": pa.float64(),
    "ask_price": pa.float64(),
    "conditions": NUMBERS,
    "indicators": NUMBERS,
    "timestamp": MS,
    "participant_timestamp": MS,
    "trf_timestamp": MS,
    "fractional_shares": pa.string(),
}
SCHEMAS = {
    kind: pa.schema([(name, TYPES.get(name, pa.int64())) for name in kind.__struct_fields__])
    for kind in (Trade, Quote)
}


def groups(job: Job) -> Iterator[tuple[type[msgspec.Struct], list[msgspec.Struct]]]:
    """The recorded events of each type, many at a time."""
    waiting: dict[type[msgspec.Struct], list[msgspec.Struct]] = {Trade: [], Quote: []}
    with gzip.open(job.lines) as lines:
        for line in lines:
            for event in decode(line[line.index(b" ") + 1 :]):
                kind = type(event)
                rows = waiting[kind]
                rows.append(event)
                if len(rows) == ROWS:
                    yield kind, rows
                    waiting[kind] = []
    yield from ((kind, rows) for kind, rows in waiting.items() if rows)


def parquet(job: Job) -> int:
    events = 0
    writers: dict[type[msgspec.Struct], pq.ParquetWriter] = {}
    for kind, rows in groups(job):
        schema = SCHEMAS[kind]
        arrays = [
            pa.array([getattr(row, field.name) for row in rows], field.type) for field in schema
        ]
        if kind not in writers:
            path = Path(job.target) / f"{kind.__name__}.parquet"
            writers[kind] = pq.ParquetWriter(
                path, schema, compression="zstd", compression_level=1, use_dictionary=["symbol"]
            )
        writers[kind].write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
        events += len(rows)
    for writer in writers.values():
        writer.close()
    return events


def csv_(job: Job) -> int:
    events = 0
    files = {}
    for kind, rows in groups(job):
        if kind not in files:
            files[kind] = (Path(job.target) / f"{kind.__name__}.csv").open("w", newline="")
            csv.writer(files[kind]).writerow(kind.__struct_fields__)
        csv.writer(files[kind]).writerows(map(msgspec.structs.astuple, rows))
        events += len(rows)
    for file in files.values():
        file.close()
    return events


TASKS: dict[str, Task] = {"parquet": parquet, "csv": csv_}
