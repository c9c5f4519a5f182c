"""Writes what people read: the tables of docs/performance.md, the charts, the README's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bench.charts import Bar, Line, bars, lines
from bench.decode import CONTENDERS
from bench.environments import HERE, ROOT
from bench.export import EXPORTERS, TITLES
from bench.report import MIB, TASK_TITLES, count, ns, summary, tables, us
from bench.runs import CLIENTS
from bench.targets import CATCHING_UP, Results, judge

PAGE: Final = ROOT / "docs" / "performance.md"
CHARTS: Final = ROOT / "docs" / "charts"
BEGIN: Final = "<!-- From here on written by `python -m bench report`. -->"
README: Final = ROOT / "README.md"
README_BEGIN: Final = "<!-- Written by `python -m bench report`: -->"
README_END: Final = "<!-- Until here. -->"
README_CHARTS: Final = ("decode", "socket")
PER_FRAME: Final = 100


def write(results: Results) -> list[Path]:
    """Writes the charts that the results allow and the page's tables; returns the files."""
    CHARTS.mkdir(parents=True, exist_ok=True)
    written = []
    for name, make in CHART_MAKERS.items():
        drawn = make(results)
        if drawn is not None:
            written.append(_chart(name))
            written[-1].write_text(drawn)
    kept = PAGE.read_text().partition(BEGIN)[0]
    PAGE.write_text(f"{kept}{BEGIN}\n\n{generated(results)}")
    before, _, rest = README.read_text().partition(README_BEGIN)
    after = rest.partition(README_END)[2]
    README.write_text(f"{before}{README_BEGIN}\n\n{headlines(results)}\n{README_END}{after}")
    return [*written, PAGE, README]


def generated(results: Results) -> str:
    """The part of the page that comes from the results."""
    load = ", ".join(
        f"{name} {kept['settings']['load_average']:.1f}" for name, kept in results.items()
    )
    charts = [f"![{name}](charts/{name}.svg)" for name in CHART_MAKERS if _chart(name).exists()]
    parts = [
        "## Results",
        *conditions(results),
        f"Load average of the machine as each question ended: {load}. On two processors the "
        "benchmark itself makes about 2; above that, others were at work, and the lags most of all "
        "are theirs.",
        *charts,
        *(table.as_markdown() for table in tables(results)),
    ]
    return "\n\n".join(parts) + "\n"


def conditions(results: Results) -> list[str]:
    """When and where the questions were answered: a paragraph for those that have it in common."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, kept in results.items():
        machine = kept["machine"]
        packages = "; ".join(
            f"{environment}: " + ", ".join(f"{name} {version}" for name, version in found.items())
            for environment, found in kept["versions"].items()
        )
        where = (
            f"{machine['processor']}, {machine['processors']} processors, {machine['system']}, "
            f"Python {machine['python']} ({machine['compiler']}). "
            f"Packages by environment: {packages}."
        )
        names.setdefault((kept["when"][:10], where), []).append(name)
    return [
        f"Measured on {day} ({', '.join(found)}): {where}" for (day, where), found in names.items()
    ]


def headlines(results: Results) -> str:
    """What the README shows of the results."""
    charts = [f"![{name}](docs/charts/{name}.svg)" for name in README_CHARTS]
    tables = (
        summary("How many times less CPU, a frame at a time", judge(results)),
        summary("The same while a backlog is caught up with", judge(results, CATCHING_UP)),
    )
    return "\n\n".join((*(table.as_markdown() for table in tables), *charts)) + "\n"


def _chart(name: str) -> Path:
    return CHARTS / f"{name}.svg"


def _cells(results: Results, question: str, **wanted: Any) -> list[dict[str, Any]]:
    return [
        cell
        for cell in results.get(question, {}).get("cells", ())
        if all(cell.get(key) == value for key, value in wanted.items())
    ]


def _is_ours(name: str) -> bool:
    environment = CLIENTS[name].environment if name in CLIENTS else CONTENDERS[name].environment
    return environment == "fastpoly"


def decode_chart(results: Results) -> str | None:
    groups = []
    for task in ("events", "read", "dicts", "numpy", "arrow"):
        cells = _cells(results, "decode", task=task, per_frame=PER_FRAME)
        members = [
            Bar(
                CONTENDERS[cell["contender"]].label,
                cell["ns_per_event"]["best"],
                _is_ours(cell["contender"]),
            )
            for cell in sorted(cells, key=lambda cell: cell["ns_per_event"]["best"])
        ]
        if members:
            groups.append((TASK_TITLES[task], members))
    if not groups:
        return None
    return bars(f"Decoding, CPU per event, {PER_FRAME} events a frame", groups, ns)


def socket_chart(results: Results) -> str | None:
    groups = []
    for per_frame in (1, 10, 100):
        cells = _cells(results, "socket", pace="frames", tls=False, per_frame=per_frame)
        members = [
            Bar(
                CLIENTS[cell["contender"]].label,
                cell["cpu_ns_per_event"]["best"],
                _is_ours(cell["contender"]),
            )
            for cell in sorted(cells, key=lambda cell: cell["cpu_ns_per_event"]["best"])
        ]
        if members:
            groups.append((f"{per_frame} events a frame", members))
    return bars("From the socket to the handler, CPU per event", groups, ns) if groups else None


def _times_of_export(cells: list[dict[str, Any]]) -> list[Bar]:
    return [
        Bar(
            EXPORTERS[cell["contender"]].label,
            cell["cpu_ns_per_event"]["best"],
            EXPORTERS[cell["contender"]].environment == HERE,
        )
        for cell in cells
    ]


def export_chart(results: Results) -> str | None:
    groups = [
        (title, members)
        for task, title in TITLES.items()
        if (members := _times_of_export(_cells(results, "export", task=task)))
    ]
    return bars("Getting recorded events out, CPU per event", groups, ns) if groups else None


def capture_chart(results: Results) -> str | None:
    cells = _cells(results, "capture", per_frame=PER_FRAME)
    if not cells:
        return None
    figures = (
        ("writing, all threads", "write_total_ns"),
        ("reading back to decoded events", "read_ns"),
    )
    groups = [
        (
            title,
            [
                Bar(cell["contender"], cell[figure], cell["contender"].startswith("fastpoly"))
                for cell in sorted(cells, key=lambda cell: cell[figure] or 0)
                if cell[figure] is not None
            ],
        )
        for title, figure in figures
    ]
    return bars(f"Recordings, CPU per event, {PER_FRAME} events a frame", groups, ns)


def latency_chart(results: Results) -> str | None:
    cells = _cells(results, "latency")
    if not cells:
        return None
    series = {
        name: Line(
            CLIENTS[name].label,
            [(cell["rate"], cell["us"]["p99"]) for cell in cells if cell["contender"] == name],
        )
        for name in dict.fromkeys(cell["contender"] for cell in cells)
    }
    return lines(
        "From the server's stamp to the handler, p99",
        list(series.values()),
        x_label="events a second",
        spelled_x=count,
        spelled_y=us,
        log_y=True,
    )


def _growth_chart(results: Results, kind: str, title: str, x_label: str) -> str | None:
    cells = _cells(results, "scale", kind=kind)
    if not cells:
        return None
    keys = dict.fromkeys((cell["contender"], cell["task"]) for cell in cells)
    series = [
        Line(
            f"{CONTENDERS[contender].label}, {'columns' if task == 'numpy' else task}",
            [
                (cell[kind], cell["ns_per_event"]["best"])
                for cell in cells
                if (cell["contender"], cell["task"]) == (contender, task)
            ],
        )
        for contender, task in keys
    ]
    return lines(
        title,
        series,
        x_label=x_label,
        spelled_x=count,
        spelled_y=ns,
        log_y=kind == "frame",
    )


def symbols_chart(results: Results) -> str | None:
    return _growth_chart(
        results, "symbols", f"CPU per event, {PER_FRAME} events a frame", "symbols in the data"
    )


def frames_chart(results: Results) -> str | None:
    return _growth_chart(results, "frame", "CPU per event", "events a frame")


def memory_chart(results: Results) -> str | None:
    cells = _cells(results, "scale", kind="long")
    if not cells:
        return None
    return lines(
        "Resident memory along one connection, every event made an object",
        [Line("fastpoly", [(cell["events"], cell["resident_bytes"] / MIB) for cell in cells])],
        x_label="events received",
        spelled_x=count,
        spelled_y=lambda value: f"{value:.0f} MiB",
        log_x=False,
    )


CHART_MAKERS: Final = {
    "decode": decode_chart,
    "socket": socket_chart,
    "latency": latency_chart,
    "symbols": symbols_chart,
    "frames": frames_chart,
    "memory": memory_chart,
    "capture": capture_chart,
    "export": export_chart,
}
"""Name of a chart's file -> what draws it, or gives None where there are no results for it."""
