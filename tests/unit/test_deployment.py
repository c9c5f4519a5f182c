"""What `deploy/` starts is what the command line takes."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import click
import pytest

from fastpoly.cli.commands import COMMANDS
from fastpoly.unix_sockets import split_unix_url

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
PAGE = (ROOT / "docs/deployment.md").read_text()
COMPOSE = (ROOT / "deploy/compose.yaml").read_text()


def commands(text: str, params: str) -> list[list[str]]:
    """What units start, as the arguments of the command line."""
    lines = re.findall(r"^ExecStart=\S+/fastpoly (.*)$", text, re.MULTILINE)
    return [
        shlex.split(line.replace("%i", "stocks").replace("$FASTPOLY_PARAMS", params))
        for line in lines
    ]


def of_units() -> list[list[str]]:
    found = []
    for unit in UNITS:
        text = unit.read_text()
        params = re.findall(r'^Environment="FASTPOLY_PARAMS=(.*)"$', text, re.MULTILINE)
        (one,) = commands(text, "".join(params))
        found.append(one)
    return found


def of_page() -> list[list[str]]:
    """What the drop-ins for a Unix socket start."""
    return commands(PAGE, "T.*")


def of_containers() -> list[list[str]]:
    found: list[list[str]] = [
        json.loads(line) for line in re.findall(r"^    command: (\[.*\])$", COMPOSE, re.MULTILINE)
    ]
    return [arguments for arguments in found if not arguments[0].startswith("-")]


@pytest.mark.parametrize("arguments", [*of_units(), *of_containers(), *of_page()])
def test_command_is_taken(arguments: list[str]) -> None:
    name, *rest = arguments
    command: click.Command = importlib.import_module(COMMANDS[name]).command
    context = command.make_context(name, rest)
    assert context.params["market"] == "stocks"
    assert context.params["metrics_port"]


def test_there_is_a_hub_a_recorder_and_a_publisher_of_each_kind() -> None:
    for all_arguments in (of_units(), of_containers()):
        assert sorted(arguments[0] for arguments in all_arguments) == ["hub", "publish", "record"]


def test_drop_ins_read_the_socket_that_the_hub_listens_on() -> None:
    hub, record = (dict(pairwise(arguments)) for arguments in of_page())
    assert "--port" not in hub
    assert split_unix_url(record["--url"])[0] == hub["--unix"]


def test_only_the_hub_has_the_key() -> None:
    have_key = [unit.name for unit in UNITS if "EnvironmentFile" in unit.read_text()]
    assert have_key == ["fastpoly-hub@.service"]
    assert COMPOSE.count("[FASTPOLY_API_KEY]") == 1


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_units_are_what_systemd_reads(tmp_path: Path) -> None:
    for unit in UNITS:
        # Only the program is not where the unit expects it.
        text = unit.read_text().replace("/opt/fastpoly/bin/fastpoly", "/bin/true")
        (tmp_path / unit.name.replace("@", "@stocks")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "fastpoly" in line]
    assert ours == []
