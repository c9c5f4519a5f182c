"""Code generation from the schema table: one module per generated family of files."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
CORE = ROOT / "src" / "_core"
PACKAGE = ROOT / "src" / "fastpoly"


def load_schema() -> ModuleType:
    """The schema, loaded by path: the package may not be built yet."""
    name = "fastpoly_schema"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, PACKAGE / "schema.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


schema = load_schema()


def banner(comment: str, generator: str) -> str:
    """The first line of a generated file."""
    return f"{comment} Generated from src/fastpoly/schema.py by {generator}. Do not edit.\n"
