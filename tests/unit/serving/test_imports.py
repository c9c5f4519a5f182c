"""What the server's modules import: the ground and each other, never what is served or reads."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import fastpoly

PACKAGE = Path(fastpoly.__file__).parent
GROUND = {
    "schema",
    "errors",
    "enums",
    "notices",
    "events",
    "columns",
    "_core",
    "protocol",
    "quiet_handshake",
    "unix_sockets",
}


def imports(path: Path) -> set[str]:
    """The modules of the package that a module names, for types alone too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fastpoly"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = (PACKAGE.parent / (inner.replace(".", "/") + ".py")).exists()
                found.add(inner if is_module else str(node.module))
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.startswith("fastpoly"))
    return found


def modules(folder: str) -> dict[str, set[str]]:
    return {
        f"fastpoly.{folder}.{path.stem}": imports(path)
        for path in (PACKAGE / folder).glob("*.py")
        if path.stem != "__init__"
    }


def test_a_server_knows_nothing_of_what_it_serves() -> None:
    for module, named in modules("serving").items():
        folders = {name.split(".")[1] for name in named if "." in name}
        assert folders <= GROUND | {"serving"}, module


@pytest.mark.parametrize("folder", ["serving", "sim"])
def test_no_module_imports_itself_by_way_of_others(folder: str) -> None:
    graph = modules(folder)
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert len(order) >= len(graph) > 5
