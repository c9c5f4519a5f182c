"""The options of ``fastpoly sim``, which come from the simulator's settings."""

from __future__ import annotations

import dataclasses

import click
import pytest

from fastpoly.cli import main
from fastpoly.cli.sim import setting_options, simulator_config
from fastpoly.cli.terminal import ExitCode
from fastpoly.errors import UsageError
from fastpoly.sim import SimulatorConfig
from fastpoly.sim.faults import FAULTS

SETTINGS = [spec.name for spec in dataclasses.fields(SimulatorConfig)]


def parse(*arguments: str) -> SimulatorConfig:
    command = click.Command("sim", params=setting_options())
    with command.make_context("sim", list(arguments)) as context:
        return simulator_config(**context.params)


def test_without_options_the_settings_are_the_defaults() -> None:
    assert parse() == SimulatorConfig()


@pytest.mark.parametrize("option", setting_options(), ids=lambda option: option.name)
def test_every_setting_has_a_documented_option(option: click.Option) -> None:
    assert option.name in SETTINGS
    assert option.help
    assert option.help.endswith(".")


def test_there_is_an_option_for_every_setting() -> None:
    assert [option.name for option in setting_options()] == SETTINGS


def test_options_of_each_type() -> None:
    config = parse(
        "--rate=12.5", "--symbols=7", "--acks=mixed", "--duplicates", "--key=a", "--key=b"
    )
    assert config.rate == 12.5
    assert config.symbols == 7
    assert config.acks == "mixed"
    assert config.duplicates is True
    assert config.keys == ("a", "b")


def test_some_options_with_another_default() -> None:
    options = setting_options("rate", "port", port=8765)
    assert {option.name: option.default for option in options} == {"rate": 10_000.0, "port": 8765}


def test_help_explains_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--help"]) == ExitCode.OK
    shown = capsys.readouterr().out
    for kind in FAULTS.values():
        assert f"  {kind.name} " in shown
        assert kind.doc in shown


def test_a_bad_value_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="rate must not be negative"):
        parse("--rate=-1")


def test_a_bad_value_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--trade-share", "2"]) == ExitCode.USAGE
    assert "trade_share" in capsys.readouterr().err
