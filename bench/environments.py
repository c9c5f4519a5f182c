"""Makes and names the interpreters: one for fastpoly, one for each set of rivals that fit together.

Rivals are installed at pinned versions into ``bench/.env``, once, and again when a requirements
file changes. fastpoly runs on the interpreter that runs the benchmark.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Collection
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src"
"""Where this tree's fastpoly is imported from."""

HOME: Final = ROOT / "bench" / ".env"
BUILT: Final = HOME / "built"
"""Where the compiled floor listener lies."""

FLOOR_SOURCE: Final = ROOT / "bench" / "clients" / "bench_floor.pyx"
REQUIREMENTS: Final = {
    "rivals": ROOT / "bench" / "requirements.txt",
    "community": ROOT / "bench" / "requirements-community.txt",
}
HERE: Final = "fastpoly"
"""The name of the environment that runs the benchmark."""


def python(environment: str) -> str:
    """The interpreter of an environment."""
    if environment == HERE:
        return sys.executable
    return str(HOME / environment / "bin" / "python")


def variables(source: Path = SOURCE, **more: str) -> dict[str, str]:
    """Environment of every measured process: the same import path, nothing of the user's.

    Args:
        source: Folder that fastpoly is imported from.
        more: Further variables.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    paths = (ROOT, source, BUILT)
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "0",
        "PYTHONHASHSEED": "0",
        # Its threads wait busily for a while after numpy is imported, on the client's account.
        "OPENBLAS_NUM_THREADS": "1",
        **more,
    }


def ready(names: Collection[str] = tuple(REQUIREMENTS)) -> None:
    """Installs what is not installed yet; says so on stderr, since it takes a minute.

    Args:
        names: The environments that are needed. The compiled floor comes with that of the rivals.
    """
    for name, requirements in REQUIREMENTS.items():
        if name in names and not _made(HOME / name, requirements):
            _install(name, requirements)
            _stamp(HOME / name, requirements)
    if "rivals" in names and not _made(BUILT, FLOOR_SOURCE):
        _build_floor()
        _stamp(BUILT, FLOOR_SOURCE)


def _digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes() + sys.version.encode()).hexdigest()


def _made(folder: Path, source: Path) -> bool:
    """Whether the folder was made from this very source by this interpreter; if not, clears it."""
    stamp = folder / "made-from"
    if stamp.exists() and stamp.read_text() == _digest(source):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _stamp(folder: Path, source: Path) -> None:
    (folder / "made-from").write_text(_digest(source))


def _install(name: str, requirements: Path) -> None:
    print(f"bench: installing {requirements.name} into bench/.env/{name}", file=sys.stderr)
    venv.create(HOME / name, with_pip=True)
    command = [python(name), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "-r", str(requirements)], check=True)


def _build_floor() -> None:
    print("bench: compiling the floor listener", file=sys.stderr)
    BUILT.mkdir(parents=True)
    source = Path(shutil.copy(FLOOR_SOURCE, BUILT))
    command = [python("rivals"), "-m", "Cython.Build.Cythonize", "--quiet", "--inplace"]
    subprocess.run([*command, source.name], check=True, cwd=BUILT, env=variables())
