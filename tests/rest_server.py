"""A REST server of made-up pages on loopback: it fails, stalls, cuts and repeats as it is told."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

KEY = "k3y-of-nobody"

TICKS = re.compile(r"/v3/(?:trades|quotes)/[^/]+")
BARS = re.compile(r"(/v2/aggs/ticker/[^/]+/range/1/\w+)/(\d+)/(\d+)")
FUTURES = re.compile(r"/futures/v1/(?:trades|quotes|aggs)/[^/]+")


@dataclass
class Asked:
    """One request: its path, its query, its header fields."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class RestServer:
    """Serves rows by the paths that have them; a row is chosen by the clock named for its path.

    Attributes:
        rows: Path -> rows, in order. Of bars, the path ends before the times.
        clock: The time by which trades and quotes are chosen.
        page_rows: Rows of a page at most.
        overlap: Rows with which a page repeats the one before.
        faults: What becomes of each request in turn: None for an answer, a status, ``slow``,
            ``cut`` in the middle, ``garbage`` or ``circle``.
        retry_after: What a 429 says.
        asked: The requests.
    """

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    clock: str = "participant_timestamp"
    page_rows: int = 50_000
    overlap: int = 0
    faults: Iterator[Any] = field(default_factory=lambda: iter(()))
    retry_after: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where it is."""
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        target = urllib.parse.urlsplit(first.split(" ")[1])
        headers = {n.lower(): v.strip() for n, v in (line.split(":", 1) for line in lines)}
        asked = Asked(
            urllib.parse.unquote(target.path), dict(urllib.parse.parse_qsl(target.query)), headers
        )
        self.asked.append(asked)
        fault = next(self.faults, None)
        if fault == "slow":
            await asyncio.sleep(3600)
        if headers.get("authorization") != f"Bearer {KEY}":
            fault = 401
        status = fault if isinstance(fault, int) else 200
        kind, body = "application/json", b'{"status":"ERROR","error":"made up"}'
        if status == 200:
            kind, body = self._page(asked, fault == "circle")
        elif headers.get("authorization"):
            # A server may repeat what it was sent.
            body = json.dumps({"error": f"not for {headers['authorization']}"}).encode()
        if fault == "garbage":
            body = b"<html>"
        fields = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        if status == 429 and self.retry_after:
            fields += f"retry-after: {self.retry_after}\r\n"
        writer.write(f"{fields}connection: close\r\n\r\n".encode())
        writer.write(body[: len(body) // 2] if fault == "cut" else body)
        await writer.drain()

    def _page(self, asked: Asked, circle: bool) -> tuple[str, bytes]:
        query = asked.query
        wanted = self._wanted(asked)
        first = int(query.get("cursor", 0))
        size = min(self.page_rows, int(query["limit"]))
        rows = wanted[max(0, first - self.overlap) : first + size]
        if query.get("sort") == "timestamp":
            assert query["order"] == "asc"
        if asked.headers.get("accept") == "text/csv":
            text = io.StringIO()
            names = list(dict.fromkeys(name for row in rows for name in row))
            lines = csv.writer(text, lineterminator="\n")
            lines.writerow(names)
            for row in rows:
                cells = (row.get(name, "") for name in names)
                lines.writerow(",".join(map(str, c)) if isinstance(c, list) else c for c in cells)
            return "text/csv", text.getvalue().encode()
        page: dict[str, Any] = {"status": "OK", "request_id": "1", "results": rows}
        if first + size < len(wanted):
            following = urllib.parse.urlencode(
                {**query, "cursor": first if circle else first + size}
            )
            # As the vendor's: of its own name, which is not where it was asked.
            page["next_url"] = (
                f"https://api.example.com{urllib.parse.quote(asked.path)}?{following}"
            )
        return "application/json", json.dumps(page).encode()

    def _wanted(self, asked: Asked) -> list[dict[str, Any]]:
        query = asked.query
        if match := BARS.fullmatch(asked.path):
            assert query["adjusted"] == "false"
            begin, end = int(match[2]), int(match[3])
            return [row for row in self.rows.get(match[1], []) if begin <= row["t"] <= end]
        assert TICKS.fullmatch(asked.path) or FUTURES.fullmatch(asked.path), asked.path
        name = "window_start" if "window_start.gte" in query else "timestamp"
        begin, end = int(query[f"{name}.gte"]), int(query[f"{name}.lte"])
        rows = self.rows.get(asked.path, [])
        return [row for row in rows if begin <= _time(row, self.clock) <= end]


def _time(row: dict[str, Any], clock: str) -> int:
    for name in (clock, "sip_timestamp", "timestamp", "window_start"):
        if name in row:
            return int(row[name])
    raise AssertionError(f"{row} has no time")
