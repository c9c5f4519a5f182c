"""What a recording can be converted to, by the name of the target."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from fastpoly import schema
from fastpoly.errors import UsageError
from fastpoly.sinks.files.dataset import PART_ROWS, DatasetSink
from fastpoly.sinks.files.json_lines import json_lines, open_lines
from fastpoly.sinks.files.part_file import PartFile
from fastpoly.sinks.files.table_file import TableFile
from fastpoly.sinks.files.tables import ARROW, CSV, PARQUET, TableFormat

if TYPE_CHECKING:
    from fastpoly._core import Batch

__all__ = ["Output", "Target", "find_target"]


class Output(Protocol):
    """Where the events of one channel, or of all, go. Used by one thread at a time."""

    def write(self, batch: Batch) -> None:
        """Write events."""

    def close(self) -> None:
        """Complete what was written."""

    def discard(self) -> None:
        """Take away what was written."""


class Target(Protocol):
    """What is written. It appears as a whole, in `commit`, or not at all."""

    @property
    def by_channel(self) -> bool:
        """Whether each channel has an output of its own."""

    def open(self, market: str, channel: str | None) -> Output:
        """Return where the events of a channel go; None for those of all."""

    def commit(self) -> None:
        """Give what was written its name, after all outputs were closed."""

    def discard(self) -> None:
        """Leave things as they were, after all outputs were discarded."""


def _refuse(path: Path) -> UsageError:
    return UsageError(f"{path} exists.", hint="Pass another name, or --force to replace it.")


class DatasetTarget:
    """A folder of Parquet files by channel and trading day; see `DatasetSink`.

    What is replaced are its ``type=`` folders, and nothing else that is in it.

    Args:
        path: The folder.
        overwrite: Whether to replace what is there.

    Raises:
        UsageError: There is such a dataset.
    """

    by_channel = True

    def __init__(self, path: Path, overwrite: bool) -> None:
        if not overwrite and next(path.glob("type=*"), None) is not None:
            raise _refuse(path)
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file.", hint="Name a folder, or add a suffix.")
        self._path = path
        self._staging = path / ".converting.tmp"
        self._is_new = not path.exists()
        path.mkdir(parents=True, exist_ok=True)
        try:
            self._staging.mkdir()
        except FileExistsError:
            raise UsageError(
                f"{self._staging} exists: another program is converting to this folder, or one "
                "was killed.",
                hint="Remove it if none is at work.",
            ) from None

    def open(self, market: str, channel: str | None) -> Output:
        """See `Target.open`."""
        sink = DatasetSink(
            self._staging, PARQUET, rows=1, every=1.0, part_rows=PART_ROWS, part_s=float("inf")
        )
        sink.open(market)
        return sink

    def commit(self) -> None:
        """See `Target.commit`."""
        for made in self._staging.iterdir():
            name = self._path / made.name
            if name.exists():
                shutil.rmtree(name)
            made.rename(name)
        self._staging.rmdir()

    def discard(self) -> None:
        """See `Target.discard`."""
        shutil.rmtree(self._staging, ignore_errors=True)
        if self._is_new:
            with contextlib.suppress(OSError):  # somebody has put something in
                self._path.rmdir()


class FilesTarget:
    """A file for each channel: ``day.csv`` is ``day.T.csv`` and so on, or itself for just one.

    Args:
        path: The name.
        form: The format.
        channels: The channels that are wanted; none for all.
        overwrite: Whether to replace files that exist.

    Raises:
        UsageError: There is such a file.
    """

    by_channel = True

    def __init__(
        self, path: Path, form: TableFormat, channels: tuple[str, ...], overwrite: bool
    ) -> None:
        self._path = path
        self._form = form
        self._is_single = len(channels) == 1
        self._overwrite = overwrite
        self._made: list[TableFile] = []
        if not overwrite:
            others = path.parent.glob(f"{path.stem}.*{path.suffix}")
            taken = path if self._is_single else next(others, path)
            if taken.exists():
                raise _refuse(taken)

    def open(self, market: str, channel: str | None) -> Output:
        """See `Target.open`."""
        spec = schema.MARKETS[market].channel(str(channel))
        if spec is None:
            raise KeyError(channel)
        path = self._path
        if not self._is_single:
            path = path.with_suffix(f".{spec.name}{path.suffix}")
        part = PartFile(path, overwrite=self._overwrite)
        file = TableFile(part, self._form, spec.event)
        self._made.append(file)
        return _TableOutput(file, spec.name)

    def commit(self) -> None:
        """See `Target.commit`."""
        for file in self._made:
            file.commit()

    def discard(self) -> None:
        """See `Target.discard`."""
        for file in self._made:
            file.discard()


class _TableOutput:
    """The events of one channel on their way to a file, which its target completes."""

    def __init__(self, file: TableFile, channel: str) -> None:
        self._file = file
        self._channel = channel

    def write(self, batch: Batch) -> None:
        self._file.write(batch.to_arrow(self._channel))

    def close(self) -> None:
        pass

    def discard(self) -> None:
        self._file.discard()


class LinesTarget:
    """One file of JSON lines: all events in order, as the server sent them.

    Args:
        path: The file; compressed where its name ends with ``.gz``.
        overwrite: Whether to replace it if it exists.

    Raises:
        UsageError: It exists.
    """

    by_channel = False

    def __init__(self, path: Path, overwrite: bool) -> None:
        if path.exists() and not overwrite:
            raise _refuse(path)
        self._part = PartFile(path, overwrite=overwrite)
        self._file = open_lines(self._part.temporary, "wb", compressed=path.suffix == ".gz")

    def open(self, market: str, channel: str | None) -> Output:
        """See `Target.open`."""
        return self

    def write(self, batch: Batch) -> None:
        """See `Output.write`."""
        self._file.write(b"\n".join(json_lines(batch)) + b"\n")

    def close(self) -> None:
        """See `Output.close`."""
        self._file.close()

    def commit(self) -> None:
        """See `Target.commit`."""
        self._file.close()
        self._part.commit()

    def discard(self) -> None:
        """See `Target.discard`."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.discard()


FORMATS: Final = {".parquet": PARQUET, ".arrow": ARROW, ".feather": ARROW, ".csv": CSV}
"""Suffix -> format, of targets that are a file for each channel."""

LINES: Final = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
"""Suffixes of targets that are one file of JSON lines."""


def find_target(
    name: str | os.PathLike[str], channels: tuple[str, ...], *, overwrite: bool = False
) -> Target:
    """Return what a name stands for: a folder is a dataset, a file what its suffix says.

    Args:
        name: The name.
        channels: The channels that are wanted; none for all.
        overwrite: Whether to replace what exists.

    Raises:
        UsageError: It exists, or its suffix says nothing.
        OSError: It cannot be made.
    """
    text, path = os.fspath(name), Path(name)
    if path.name.lower().endswith(LINES):
        return LinesTarget(path, overwrite)
    if path.suffix in FORMATS and not path.is_dir():
        return FilesTarget(path, FORMATS[path.suffix], channels, overwrite)
    if path.suffix and not path.is_dir() and not text.endswith(os.sep):
        known = ", ".join((*FORMATS, *LINES))
        raise UsageError(
            f"The suffix of {path.name!r} says no format.",
            hint=f"Use one of {known}, or a folder, such as {path.stem}/, for a Parquet dataset.",
        )
    return DatasetTarget(path, overwrite)
