"""Keeps results: what was measured, on which machine, with which versions; JSON in, JSON out."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import environments

FOLDER: Final = environments.ROOT / "bench" / "results"


def summary(samples: Sequence[float]) -> dict[str, float]:
    """Best and median. Best is what is compared: other work on the machine only ever adds."""
    return {"best": min(samples), "median": statistics.median(samples), "samples": len(samples)}


def save(
    question: str, settings: dict[str, Any], cells: list[dict[str, Any]], folder: Path
) -> Path:
    """Writes one question's results; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{question}.json"
    content = {
        "question": question,
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "settings": settings,
        "cells": cells,
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def load(question: str, folder: Path) -> dict[str, Any] | None:
    """One question's results, or None where there are none."""
    path = folder / f"{question}.json"
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def machine() -> dict[str, str]:
    """What the figures depend on and a reader should know."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": f"{model} ({platform.machine()})",
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "compiler": platform.python_compiler(),
    }


def versions() -> dict[str, dict[str, str]]:
    """Environment -> package -> version, of everything that is measured or carries it."""
    named = (
        "aiofastnet aiohttp fastpoly massive msgspec numpy orjson picows polygon pyarrow "
        "pysimdjson uvloop websockets"
    )
    script = (
        "import importlib.metadata as m, json, sys\n"
        "found = {}\n"
        "for name in sys.argv[1:]:\n"
        "    try: found[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "print(json.dumps(found))"
    )
    return {
        environment: json.loads(
            subprocess.run(
                [environments.python(environment), "-c", script, *named.split()],
                check=True,
                capture_output=True,
                text=True,
                env=environments.variables(),
            ).stdout
        )
        for environment in (environments.HERE, *environments.REQUIREMENTS)
    }
