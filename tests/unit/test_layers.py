"""The order of the package's folders: imports go one way, for types as well, and in no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

LAYERS: tuple[tuple[str, ...], ...] = (
    (
        "schema",
        "errors",
        "enums",
        "notices",
        "events",
        "columns",
        "_core",
        "_frozen",
        "_interpreter",
        "_version",
        "shards",
        "unix_sockets",
        "quiet_handshake",
    ),
    ("protocol", "health", "filters", "flat_files"),
    ("net", "serving", "capture", "broker", "shared"),
    ("sources",),
    ("engine",),
    ("consumers",),
    ("sinks", "rest"),
    ("reconnect",),
    ("market",),
    (
        "stream",
        "polygon",
        "massive",
        "replay_server",
        "hub",
        "metrics",
    ),
    ("",),  # fastpoly/__init__.py, the public names
    ("sim",),
    ("pytest_plugin",),
    ("cli",),
    ("__main__",),
)
"""Folders and modules of the package, from the ground up. What shares a line may not import each
other, but for the ground and the facades, whose modules are in an order of their own."""

WITH_AN_ORDER_OF_THEIR_OWN = {0, 1, 2, 9}

PURE = {"protocol": {"asyncio", "logging", "socket", "picows", "uvloop", "threading", "selectors"}}
"""Folders, and what nothing in them may import."""

IMPORTS_AT_LOAD = {"fastpoly._core": ("fastpoly.errors", "fastpoly.columns")}
"""What compiled modules import, which their stubs do not show."""


RE_EXPORTED = {("fastpoly._core", "fastpoly.events")}
"""Not an import: the stub of the compiled module takes the event classes from the stub of the one
that re-exports them."""


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> dict[str, ast.Module]:
    """Every module below a folder, by its dotted name; of a module with a stub, both."""
    found: dict[str, ast.Module] = {}
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.pyi")]):
        name = module_name(path, root)
        body = ast.parse(path.read_text(encoding="utf-8")).body
        found[name] = ast.Module([*(found[name].body if name in found else []), *body], [])
    return found


def imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a module imports anywhere in it, under ``TYPE_CHECKING`` too: names, and from where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ()
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, tuple(alias.name for alias in node.names)


def arrows(root: Path) -> set[tuple[str, str]]:
    """Pairs of a module and another of the same package that it imports."""
    trees = sources(root)
    found = set()
    for module, tree in trees.items():
        for name, members in imported(tree):
            below = [f"{name}.{member}" for member in members if f"{name}.{member}" in trees]
            # A name that is not a module comes out of the package's own __init__.
            wanted = below if members and len(below) == len(members) else [*below, name]
            found.update((module, one) for one in wanted if one in trees and one != module)
        found.update((module, one) for one in IMPORTS_AT_LOAD.get(module, ()) if one in trees)
    return found - RE_EXPORTED


def place(module: str, layers: tuple[tuple[str, ...], ...]) -> int:
    """The number of the layer that a module is in."""
    folder = [*module.split("."), ""][1]
    for number, names in enumerate(layers):
        if folder in names:
            return number
    raise AssertionError(f"{module} is on no layer: give its folder a place in the table")


def upward(found: set[tuple[str, str]]) -> list[str]:
    """Arrows against the order."""
    wrong = []
    for importer, other in sorted(found):
        here, there = place(importer, LAYERS), place(other, LAYERS)
        same_folder = importer.split(".")[1:2] == other.split(".")[1:2]
        beside = here == there and not same_folder and here not in WITH_AN_ORDER_OF_THEIR_OWN
        if there > here or beside:
            wrong.append(f"{importer} imports {other}")
    return wrong


def circle(found: set[tuple[str, str]]) -> list[str]:
    """A circle of imports, or nothing."""
    graph: dict[str, list[str]] = {}
    for importer, other in sorted(found):
        graph.setdefault(importer, []).append(other)
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(graph.get(start, ())))]
        path.append(start)
        while stack:
            _, others = stack[-1]
            other = next(others, None)
            if other is None:
                done.add(path.pop())
                stack.pop()
            elif other in path:
                return [*path[path.index(other) :], other]
            elif other not in done:
                path.append(other)
                stack.append((other, iter(graph.get(other, ()))))
    return []


def impure(root: Path) -> list[str]:
    """Modules of pure folders that import what does not belong there."""
    return [
        f"{module} imports {name}"
        for module, tree in sources(root).items()
        for name, _ in imported(tree)
        if name.partition(".")[0] in PURE.get([*module.split("."), ""][1], ())
    ]


def test_imports_go_one_way() -> None:
    assert upward(arrows(SOURCE)) == []


def test_there_is_no_circle() -> None:
    assert circle(arrows(SOURCE)) == []


def test_pure_folders_are_pure() -> None:
    assert impure(SOURCE) == []


# ----------------------------------------------------------- what it would notice, on made-up code


def write(root: Path, **modules: str) -> Path:
    for name, text in modules.items():
        path = root / "fastpoly" / (name.replace("__in__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (path.parent / "__init__.py").touch()
    return root


@pytest.mark.parametrize(
    "line",
    [
        "from fastpoly.engine import supervisor",
        "import fastpoly.engine.supervisor",
        "from fastpoly.engine.supervisor import Engine",
        "if TYPE_CHECKING:\n    from fastpoly.engine.supervisor import Engine",
        "def later():\n    from fastpoly.engine.supervisor import Engine",
    ],
)
def test_an_arrow_against_the_order_is_noticed(tmp_path: Path, line: str) -> None:
    root = write(tmp_path, net__in__session=line, engine__in__supervisor="class Engine: ...")
    assert upward(arrows(root)) == ["fastpoly.net.session imports fastpoly.engine.supervisor"]


def test_a_neighbour_is_noticed_and_one_of_the_same_folder_is_not(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        hub__in__router="from fastpoly.sim.pump import Pump\nfrom fastpoly.hub.rows import rows",
        hub__in__rows="rows = ()",
        sim__in__pump="class Pump: ...",
    )
    assert upward(arrows(root)) == ["fastpoly.hub.router imports fastpoly.sim.pump"]


def test_a_circle_for_types_is_noticed(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        net__in__one="if TYPE_CHECKING:\n    from fastpoly.net.two import Two",
        net__in__two="from fastpoly.net.three import Three",
        net__in__three="from fastpoly.net import one",
    )
    names = ["one", "two", "three"]
    found = [name.rpartition(".")[2] for name in circle(arrows(root))]
    assert sorted(set(found)) == sorted(names)
    assert found[0] == found[-1]
    assert (
        circle(
            arrows(write(tmp_path / "b", net__in__one="", net__in__two="import fastpoly.net.one"))
        )
        == []
    )


def test_a_loop_in_a_pure_folder_is_noticed(tmp_path: Path) -> None:
    root = write(
        tmp_path, protocol__in__gaps="import asyncio.events", net__in__dial="import asyncio"
    )
    assert impure(root) == ["fastpoly.protocol.gaps imports asyncio.events"]


def test_a_folder_without_a_place_is_noticed(tmp_path: Path) -> None:
    root = write(tmp_path, new__in__thing="import fastpoly.errors", errors="")
    with pytest.raises(AssertionError, match="is on no layer"):
        upward(arrows(root))
