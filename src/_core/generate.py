"""Writes every file that derives from the schema; with --check, fails where one is out of date.

A folder that is absent (an sdist has no docs) is passed over.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from codegen import ROOT, columns, docs, events, render, rows, watch

MODULES = (rows, events, columns, watch, render, docs)


def main(arguments: list[str]) -> int:
    """Runs the generator; returns the exit code."""
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    stale = []
    for module in MODULES:
        for path, text in module.outputs().items():
            if not path.parent.is_dir():
                continue
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'out of date' if check else 'wrote'}: {path}", file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
