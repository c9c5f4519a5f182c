"""Builds an earlier commit beside this tree, once, for measuring one against the other.

It is kept under ``build/against``, by commit; ``make clean``, or deleting that folder, removes it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from bench import environments

KEPT: Final = environments.ROOT / "build" / "against"
STAMP: Final = "built-with"
"""File in a kept tree: the interpreter and the packages that its core was compiled with."""

BUILT_WITH: Final = ("Cython", "picows", "pysimdjson", "setuptools")


class TreeError(Exception):
    """A commit that cannot be measured against. The text says why, and what to do."""


def commit_of(revision: str) -> str:
    """Return the full name of a commit.

    Raises:
        TreeError: There is no such commit in this clone.
    """
    try:
        named = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError as error:
        raise TreeError(
            f"no commit {revision!r} in this clone (a shallow one needs `git fetch --unshallow`): "
            f"{error.stderr.decode().strip()}"
        ) from None
    return named.decode().strip()


def built(revision: str) -> Path:
    """Return the folder ``src`` of a commit with its core compiled in place; build it once.

    Raises:
        TreeError: There is no such commit, or it does not compile with the packages of today.
    """
    commit = commit_of(revision)
    tree = KEPT / commit[:12]
    stamp = _toolchain()
    if _stamp(tree) != stamp:
        print(f"bench: building {commit[:12]} in {tree}", file=sys.stderr)
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=KEPT) as folder:
            # Renamed once it is whole: a build that was interrupted is never taken for one.
            building = Path(folder, "tree")
            _unpack(commit, building)
            _compile(building)
            (building / STAMP).write_text(stamp)
            shutil.rmtree(tree, ignore_errors=True)
            building.rename(tree)
    source = tree / "src"
    check_source(source)
    return source


def check_source(source: Path) -> None:
    """Fail unless processes that are told to measure `source` import from there.

    Raises:
        TreeError: They import another fastpoly, or none.
    """
    done = subprocess.run(
        [sys.executable, "-c", "import fastpoly._core; print(fastpoly._core.__file__)"],
        cwd=environments.ROOT,
        env=environments.variables(source),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TreeError(f"fastpoly of {source} cannot be imported: {done.stderr.strip()}")
    if not Path(done.stdout.strip()).is_relative_to(source):
        raise TreeError(f"{done.stdout.strip()} is imported in place of fastpoly of {source}")


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments], cwd=environments.ROOT, capture_output=True, check=True
    ).stdout


def _toolchain() -> str:
    versions = (f"{name} {importlib.metadata.version(name)}" for name in BUILT_WITH)
    return hashlib.sha256("\n".join((sys.version, *versions)).encode()).hexdigest()


def _stamp(tree: Path) -> str | None:
    path = tree / STAMP
    return path.read_text() if path.exists() else None


def _unpack(commit: str, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")


def _compile(tree: Path) -> None:
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TreeError(f"{tree.name} does not compile here:\n{done.stdout[-4000:]}")
