"""What holds for the project as a whole: names, versions, generated files, the tree's text."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import fastpoly

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "fastpoly"
NOT_OURS = {"build", "dist", "__pycache__", "node_modules"}
TEXT = {
    ".py", ".pyi", ".pyx", ".pxi", ".pxd", ".hpp", ".cpp", ".md", ".toml", ".in", ".txt", ".tsv",
    ".json", ".yml", ".cfg", "",
}  # fmt: skip


@cache
def tree() -> tuple[Path, ...]:
    """Every text file that git tracks or would; in an unpacked sdist, every one that lies there."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        paths = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        paths = [
            path
            for path in ROOT.rglob("*")
            if not NOT_OURS.intersection(path.relative_to(ROOT).parts)
            and not any(part.startswith(".") for part in path.relative_to(ROOT).parts[:-1])
        ]
    return tuple(path for path in paths if path.is_file() and path.suffix in TEXT)


def python_files(*folders: str) -> list[Path]:
    return [
        path
        for path in tree()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders
    ]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules() -> list[str]:
    """The dotted name of every module in the package."""
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


# ------------------------------------------------------------------------------- public names


def documented_names() -> set[str]:
    """The top-level names that docs/index.md lists."""
    page = (ROOT / "docs" / "index.md").read_text()
    return set(re.findall(r"`fastpoly\.([A-Z]\w*|decode|field|replay|shard_of)`", page))


def test_every_public_name_is_documented_and_every_documented_name_is_public() -> None:
    public = set(fastpoly.__all__) - {"__version__"}
    assert public == documented_names()


def test_all_is_what_the_package_has() -> None:
    assert len(set(fastpoly.__all__)) == len(fastpoly.__all__)
    for name in fastpoly.__all__:
        assert getattr(fastpoly, name) is not None
    with pytest.raises(AttributeError):
        fastpoly.no_such_name  # noqa: B018


@pytest.mark.parametrize("module", ["errors", "enums"])
def test_top_level_has_every_error_and_enum(module: str) -> None:
    source = importlib.import_module(f"fastpoly.{module}")
    missing = set(source.__all__) - set(fastpoly.__all__)
    assert not missing


@pytest.mark.slow
def test_every_module_imports_alone() -> None:
    """One fork of a clean interpreter per module: an import that only works after another shows."""
    # What others wrote is imported once, for all of them.
    script = """
import asyncio, json, os, ssl, sys, traceback, typing
import aiohttp, click, confluent_kafka, nats, orjson, picows, pytest, redis.asyncio, rich.live
import rich.table, uvloop
failed = {}
for name in json.loads(sys.argv[1]):
    reader, writer = os.pipe()
    if not (child := os.fork()):
        try:
            __import__(name)
        except BaseException:
            os.write(writer, traceback.format_exc().encode()[-4000:])
        os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if text:
        failed[name] = text
print(json.dumps(failed))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, json.dumps(modules())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {}, done.stdout
    assert done.stderr == ""


def test_importing_the_package_does_not_import_what_extras_carry() -> None:
    script = "import sys, fastpoly; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "pyarrow", "click", "rich", "pytest", "fastpoly.sim"}


# ------------------------------------------------------------------------------------ release


def changelog_releases() -> list[tuple[str, str]]:
    page = (ROOT / "CHANGELOG.md").read_text()
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\S+)$", page, re.MULTILINE)


def test_version_and_changelog_agree() -> None:
    releases = changelog_releases()
    assert releases[0][0] == fastpoly.__version__
    for _, date in releases[1:]:
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", date)
    assert re.fullmatch(r"unreleased|\d{4}-\d{2}-\d{2}", releases[0][1])


def test_version_file_holds_nothing_else() -> None:
    body = ast.parse((PACKAGE / "_version.py").read_text()).body
    assert [type(node) for node in body] == [ast.Expr, ast.Assign]


# ------------------------------------------------------------------------------------- drift


def run_check(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "src/_core/generate.py", "--check"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def generated_files() -> list[Path]:
    marker = "generated from"
    return [
        path
        for path in tree()
        if path.relative_to(ROOT).parts[0] in {"src", "docs"}
        and marker in path.read_text().partition("\n")[0].lower()
    ]


def test_generated_files_are_up_to_date() -> None:
    done = run_check(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_drift_is_noticed(tmp_path: Path) -> None:
    """Each generated file, changed by hand in a copy of the tree, fails the check by name."""
    for folder in ("src", "docs"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.so", "__pycache__")
        )
    files = generated_files()
    assert len(files) >= 3
    assert run_check(tmp_path).returncode == 0
    for path in files:
        with (tmp_path / path.relative_to(ROOT)).open("a") as file:
            file.write("\n")
    done = run_check(tmp_path)
    assert done.returncode == 1
    for path in files:
        assert path.name in done.stdout + done.stderr


# ------------------------------------------------------------------------- the tree's own text

FORBIDDEN = {
    "a path of somebody's machine": r"(?<![\w.$)}])/(?:root|work|home/\w+|Users/\w+)/\w",
    "the host of a package registry": r"(?:pypi|pythonhosted|npmjs|crates)\.(?:org|io|com)\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]",
    "something that looks like an API key": (
        r"(?i)(?:api_?key|apikey|token|secret|password)[\"']?\s*[:=]\s*[\"'][A-Za-z0-9_-]{24,}[\"']"
    ),
    "a placeholder": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{named(path)}: {match.group()!r}"
        for path in tree()
        if (match := pattern.search(path.read_text(errors="replace")))
    ]
    assert not found


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of somebody's machine", "see /ro" + "ot/data"),
        ("the host of a package registry", "https://py" + "pi.org/simple"),
        ("a private key", "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE"),
        ("something that looks like an API key", 'api_key = "' + "a1B2" * 8 + '"'),
        ("a placeholder", "# TO" + "DO: later"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)


@pytest.mark.parametrize("path", python_files("src", "bench", "examples"), ids=named)
def test_a_module_says_in_one_line_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, "no docstring"
    first = docstring.partition("\n")[0]
    assert first.endswith((".", "?"))
    assert len(first) <= 100


@pytest.mark.parametrize("path", python_files("src", "tests", "bench"), ids=named)
def test_a_module_has_postponed_annotations(path: Path) -> None:
    tree = ast.parse(path.read_text())
    annotated = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.AnnAssign)
    if any(isinstance(node, annotated) for node in ast.walk(tree)):
        imports = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
        assert "__future__" in imports


def test_no_module_is_named_for_everything() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "misc", "types", "constants"}
    # Programs import this one by the name that the official client has given it.
    there = "websocket/models/common.py"
    assert not [
        named(path) for path in tree() if path.stem in vague and not path.as_posix().endswith(there)
    ]


# ------------------------------------------------------------------------------ documentation


def pages() -> list[Path]:
    return [path for path in tree() if path.suffix == ".md"]


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    broken = [
        link
        for link in links
        if not link.startswith(("http://", "https://", "#"))
        and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert not broken


@pytest.mark.parametrize("page", pages(), ids=named)
def test_python_in_the_documentation_is_python(page: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        compile(block, named(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in pages():
        text = page.read_text()
        commands = re.findall(r"^\$ make ([a-z ]+)", text, re.MULTILINE)
        commands += re.findall(r"`make ([a-z ]+)`", text)
        used = {word for command in commands for word in command.split()}
        assert used <= targets, named(page)


def test_documented_commands_exist() -> None:
    from fastpoly.cli.commands import COMMANDS

    for page in pages():
        used = set(re.findall(r"^\$ fastpoly ([a-z]+)", page.read_text(), re.MULTILINE))
        assert used <= set(COMMANDS), named(page)
