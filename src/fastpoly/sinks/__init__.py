"""Sinks: what writes a stream's events elsewhere, such as to Parquet files."""

from __future__ import annotations

from fastpoly.errors import SinkError
from fastpoly.sinks.converting import ConvertAccount, convert
from fastpoly.sinks.files.dataset import ArrowSink, CsvSink, DatasetSink, ParquetSink
from fastpoly.sinks.files.json_lines import JsonLinesSink
from fastpoly.sinks.kafka import KafkaSink
from fastpoly.sinks.names import find_sink
from fastpoly.sinks.redis import RedisSink
from fastpoly.sinks.sink import Sink
from fastpoly.sinks.sink_writer import SinkStats

__all__ = [
    "ArrowSink",
    "ConvertAccount",
    "CsvSink",
    "DatasetSink",
    "JsonLinesSink",
    "KafkaSink",
    "ParquetSink",
    "RedisSink",
    "Sink",
    "SinkError",
    "SinkStats",
    "convert",
    "find_sink",
]
