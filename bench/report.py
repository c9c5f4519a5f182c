"""Turns results into tables: the same ones for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.coalescing import CONTENDERS as COALESCING_CONTENDERS
from bench.decode import CONTENDERS
from bench.export import EXPORTERS, TITLES
from bench.footprint import IMPORTS
from bench.latency import QUANTILES
from bench.runs import CLIENTS
from bench.shared_memory import WAYS
from bench.targets import CATCHING_UP, OVER_TLS, Results, Target, Verdict, judge

Cells = Sequence[dict[str, Any]]
TASK_TITLES = {
    "batch": "decode, nothing more",
    "events": "every event an object",
    "read": "four fields of every event read",
    "dicts": "dicts",
    "numpy": "NumPy columns",
    "arrow": "Arrow record batches",
}
MIB = 1 << 20


@dataclass(frozen=True)
class Table:
    """A title, a header and rows of text; every column but the first is aligned to the right."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_text(self) -> str:
        """For a terminal."""
        grid = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if index == 0 else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in grid
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join((self.title, rule, lines[0], rule, *lines[1:], rule))

    def as_markdown(self) -> str:
        """For a page."""
        rule = ["---", *("---:" for _ in self.header[1:])]
        lines = [f"| {' | '.join(row)} |" for row in (self.header, rule, *self.rows)]
        return "\n".join((f"**{self.title}**", "", *lines))


def ns(value: float | None) -> str:
    """A time per event: ns, or µs where it is long."""
    if value is None:
        return "-"
    return f"{value:.0f} ns" if value < 1_000 else f"{value / 1_000:.1f} µs"


def us(value: float) -> str:
    """A lag given in µs: µs, ms or s."""
    if value < 1_000:
        return f"{value:.0f} µs"
    return f"{value / 1_000:.1f} ms" if value < 1_000_000 else f"{value / 1e6:.1f} s"


def count(value: float) -> str:
    """A number of things, short: 1,200 or 250k or 3.1 M."""
    if value >= 1_000_000:
        return f"{value / 1e6:.3g} M"
    return f"{value / 1e3:.3g}k" if value >= 10_000 else f"{value:,.0f}"


def tables(results: Results) -> list[Table]:
    """Every table that the results allow, the ratios first."""
    made = [
        ratios("Ratios that fastpoly is held to", judge(results)),
        ratios("The same over wss://, as the service is reached", judge(results, OVER_TLS)),
        ratios("The same while a backlog is caught up with", judge(results, CATCHING_UP)),
    ]
    for question, make in (
        ("decode", decode_tables),
        ("socket", socket_tables),
        ("latency", latency_tables),
        ("coalescing", coalescing_tables),
        ("scale", scale_tables),
        ("capture", capture_tables),
        ("export", export_tables),
        ("hub", hub_tables),
        ("publish", publish_tables),
        ("shared", shared_tables),
    ):
        if question in results:
            made += make(results[question]["cells"])
    return made


def _bound(target: Target, ratio: float) -> str:
    return f"{'at most' if target.ceiling else 'at least'} {ratio:g}x"


def ratios(title: str, verdicts: Iterable[Verdict]) -> Table:
    """What fastpoly is held to, and where it stands."""
    rows = [
        (
            verdict.target.what,
            verdict.target.against,
            str(verdict.per_frame),
            "-" if verdict.ratio is None else f"{verdict.ratio:.2f}x",
            "-" if verdict.required is None else _bound(verdict.target, verdict.required),
            "-" if verdict.aim is None else f"{verdict.aim:g}x",
            verdict.word,
        )
        for verdict in verdicts
    ]
    header = ("what", "against", "events a frame", "ratio", "held to", "aim", "")
    return Table(title, header, rows)


def summary(title: str, verdicts: Sequence[Verdict]) -> Table:
    """The ratios alone, a row a target."""
    sizes = sorted({verdict.per_frame for verdict in verdicts})
    ratios_of: dict[tuple[str, str], dict[int, str]] = {}
    for verdict in verdicts:
        if verdict.ratio is not None:
            spelled = f"{verdict.ratio:.1f}x" + (" its cost" if verdict.target.ceiling else "")
            row = ratios_of.setdefault((verdict.target.what, verdict.target.against), {})
            row[verdict.per_frame] = spelled
    rows = [
        (what, against, *(row.get(size, "") for size in sizes))
        for (what, against), row in ratios_of.items()
    ]
    header = ("what", "beside", *(f"{size} a frame" for size in sizes))
    return Table(title, header, rows)


def _sizes(cells: Cells) -> list[int]:
    return sorted({cell["per_frame"] for cell in cells})


def decode_tables(cells: Cells) -> list[Table]:
    sizes = _sizes(cells)
    found = {(cell["task"], cell["contender"], cell["per_frame"]): cell for cell in cells}
    rows = []
    for task, title in TASK_TITLES.items():
        for contender, decoder in CONTENDERS.items():
            if any((task, contender, size) in found for size in sizes):
                cost = [found.get((task, contender, size)) for size in sizes]
                spelled = [ns(cell["ns_per_event"]["best"] if cell else None) for cell in cost]
                rows.append((f"{title}: {decoder.label}", *spelled))
    header = ("task: library", *(f"{size} a frame" for size in sizes))
    return [Table("Decoding, CPU per event", header, rows)]


def socket_tables(cells: Cells) -> list[Table]:
    found = {
        ((cell["pace"], cell["tls"], cell["per_frame"]), cell["contender"]): cell for cell in cells
    }
    schemes = list(dict.fromkeys(scheme for scheme, _ in found))
    names = [name for name in CLIENTS if any((scheme, name) in found for scheme in schemes)]
    header = (
        "client",
        *(
            f"{'wss' if tls else 'ws'}, {'a frame' if pace == 'frames' else 'a block'} at a time, "
            f"{size} a frame"
            for pace, tls, size in schemes
        ),
    )

    def table(title: str, figure: Any) -> Table:
        rows = []
        for name in names:
            cost = (found.get((scheme, name)) for scheme in schemes)
            rows.append((CLIENTS[name].label, *("-" if c is None else figure(c) for c in cost)))
        return Table(title, header, rows)

    return [
        table(
            "Socket to handler, CPU of the client per event",
            lambda cell: ns(cell["cpu_ns_per_event"]["best"]),
        ),
        table(
            "Socket to handler, events a second",
            lambda cell: count(cell["events_per_s"]),
        ),
    ]


def latency_tables(cells: Cells) -> list[Table]:
    rows = [
        (
            CLIENTS[cell["contender"]].label,
            count(cell["rate"]),
            *(us(cell["us"][quantile]) for quantile in QUANTILES),
            "yes" if cell["keeps_up"] else "no, falls behind",
        )
        for cell in cells
    ]
    header = ("client", "events a second", *QUANTILES, "keeps up")
    return [Table("From the server's stamp to the handler", header, rows)]


def coalescing_tables(cells: Cells) -> list[Table]:
    rows = [
        (
            COALESCING_CONTENDERS[cell["contender"]].label,
            count(cell["rate"]),
            ns(cell["cpu_ns_per_event"]),
            f"{cell['cpu_ns_per_event'] * cell['rate'] / 1e7:.0f} %",
            *(us(cell["us"][quantile]) for quantile in QUANTILES),
        )
        for cell in cells
    ]
    header = ("client", "frames a second", "CPU per event", "of one core", *QUANTILES)
    return [Table("Single-event frames: what waiting saves, and what it costs", header, rows)]


def capture_tables(cells: Cells) -> list[Table]:
    rows = [
        (
            cell["contender"],
            str(cell["per_frame"]),
            ns(cell["write_caller_ns"]),
            ns(cell["write_total_ns"]),
            f"{cell['bytes']:.1f}",
            ns(cell["read_ns"]),
        )
        for cell in sorted(cells, key=lambda cell: (cell["per_frame"], cell["contender"]))
    ]
    header = (
        "recording",
        "events a frame",
        "caller's thread per event",
        "all threads per event",
        "bytes per event",
        "read back and decoded, per event",
    )
    return [Table("Recording frames, and reading them back", header, rows)]


def shared_tables(cells: Cells) -> list[Table]:
    alone = {cell["way"]: cell["sender_cores"] for cell in cells if not cell["readers"]}
    rows = [
        (
            WAYS[cell["way"]],
            str(cell["readers"]) + (" halves" if cell["shares"] > 1 else ""),
            f"{100 * cell['sender_cores']:.1f} %",
            f"{100 * (cell['sender_cores'] - alone[cell['way']]) / cell['readers']:.2f} %"
            if cell["readers"]
            else "-",
            f"{100 * cell['reader_cores']:.1f} %" if "lost" in cell else "-",
            count(cell["lost"]) if "lost" in cell else "-",
            *(us(cell["lag_us"][one]) if "lost" in cell else "-" for one in ("p50", "p99")),
        )
        for cell in cells
    ]
    header = (
        "readers in other processes",
        "how many",
        "sender's core",
        "of it for each reader",
        "busiest reader's core",
        "events lost",
        "p50",
        "p99",
    )
    title = f"Shared memory and sockets, {count(cells[0]['rate'])} events a second"
    return [Table(title, header, rows)]


def export_tables(cells: Cells) -> list[Table]:
    rows = [
        (
            f"{TITLES[cell['task']]}: {EXPORTERS[cell['contender']].label}",
            ns(cell["cpu_ns_per_event"]["best"]),
            count(cell["events_per_s"]),
            f"{cell['bytes_per_event']:.1f}" if cell["bytes_per_event"] else "-",
            f"{cell['peak_bytes'] / MIB:.0f} MiB",
        )
        for cell in sorted(cells, key=lambda cell: list(TITLES).index(cell["task"]))
    ]
    header = (
        "what",
        "CPU per event, all threads",
        "events a second",
        "bytes per event",
        "peak memory",
    )
    return [Table("Getting recorded events out", header, rows)]


def hub_tables(cells: Cells) -> list[Table]:
    rows = [
        (
            cell["label"],
            count(cell["rate"]),
            ns(cell["cpu_ns_per_event"]["best"]),
            ns(cell["cpu_ns_per_event"]["best"] / cell["readers"]),
            f"{cell['served']} of {cell['reading']}",
            f"{cell['grown_bytes'] / MIB:.0f} MiB" if cell["grown_bytes"] is not None else "-",
        )
        for cell in cells
    ]
    header = (
        "relay",
        "events a second",
        "CPU per event",
        "per event and reader",
        "readers that got all",
        "memory that it took",
    )
    readers = cells[0]["readers"] if cells else 0
    return [Table(f"One connection handed on to {readers} readers", header, rows)]


def publish_tables(cells: Cells) -> list[Table]:
    rows = [
        (
            cell["label"],
            count(cell["rate"]),
            *(
                ns(cell[part] and cell[part]["best"])
                for part in (
                    "publisher_ns_per_event",
                    "broker_ns_per_event",
                    "reader_ns_per_event",
                )
            ),
            f"{cell['arrived']:,} of {cell['events']:,}",
        )
        for cell in cells
    ]
    header = (
        "publisher",
        "events a second",
        "its CPU per event",
        "the broker's",
        "a reader's, of half the shards",
        "events that arrived",
    )
    return [Table("Published to NATS JetStream", header, rows)]


def scale_tables(cells: Cells) -> list[Table]:
    made = []
    for kind, title in (("symbols", "symbols"), ("frame", "events a frame")):
        chosen = [cell for cell in cells if cell["kind"] == kind]
        sizes = sorted({cell[kind] for cell in chosen})
        found = {(cell["contender"], cell["task"], cell[kind]): cell for cell in chosen}
        rows = [
            (
                f"{CONTENDERS[contender].label}: {TASK_TITLES[task]}",
                *(ns(found[contender, task, size]["ns_per_event"]["best"]) for size in sizes),
            )
            for contender, task in dict.fromkeys((key[0], key[1]) for key in found)
        ]
        header = (title, *(f"{size:,}" for size in sizes))
        made.append(Table(f"Decoding, CPU per event, by {title}", header, rows))
    made.append(_memory([cell for cell in cells if cell["kind"] == "long"]))
    imports = [cell for cell in cells if cell["kind"] == "import"]
    rows = [
        (cell["contender"], f"{cell['ms']:.0f} ms", f"{cell['resident_bytes'] / MIB:.0f} MiB")
        for cell in sorted(imports, key=lambda cell: list(IMPORTS).index(cell["contender"]))
    ]
    made.append(Table("Importing", ("import", "time", "memory after it"), rows))
    idle = [cell for cell in cells if cell["kind"] == "idle"]
    rows = [
        (CLIENTS[cell["contender"]].label, f"{cell['resident_bytes'] / MIB:.0f} MiB")
        for cell in idle
    ]
    made.append(Table("Connected and waiting", ("client", "memory"), rows))
    return made


def _memory(cells: Iterable[dict[str, Any]]) -> Table:
    points = list(cells)
    shown = [points[len(points) * part // 5] for part in range(5)] + [points[-1]] if points else []
    rows = [
        (
            count(cell["events"]),
            f"{cell['resident_bytes'] / MIB:.1f} MiB",
            ns(cell["cpu_ns_per_event"]),
        )
        for cell in shown
    ]
    header = ("events so far", "memory", "CPU per event since the last point")
    return Table("One connection, every event an object", header, rows)
