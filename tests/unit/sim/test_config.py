"""The simulator's settings: checked, and carried through JSON."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from fastpoly.sim import SimulatorConfig
from fastpoly.sim.__main__ import _parser
from fastpoly.sim.faults import FAULTS


def test_json_there_and_back() -> None:
    config = SimulatorConfig(
        seed=7, rate=0.5, keys=("a", "b"), refused=("NOI.*",), faults=("drop:at=3",), acks="mixed"
    )
    assert SimulatorConfig.from_json(config.to_json()) == config
    assert SimulatorConfig.from_json("{}") == SimulatorConfig()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"acks": "never"}, "acks must be one of"),
        ({"evict": "both"}, "evict must be one of"),
        ({"slow_consumer": "wait", "rate": -1}, "rate must not be negative"),
        ({"rate": 0}, "needs slow_consumer='wait'"),
        ({"trade_share": 1.5}, "trade_share"),
        ({"events_per_frame": 0}, "events_per_frame must be at least 1"),
        ({"symbols": 0}, "symbols must be at least 1"),
        ({"certfile": "x"}, "belong together"),
        ({"faults": ("bang",)}, "no fault 'bang'"),
        ({"speed": 3}, "no setting speed"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SimulatorConfig.from_mapping(settings)


@pytest.mark.parametrize("text", ["", "[]", "1", "{"])
def test_text_that_is_no_object(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expecting|Expected"):
        SimulatorConfig.from_json(text)


def test_keys_are_not_shown() -> None:
    assert "s3cret" not in repr(SimulatorConfig(keys=("s3cret",), keys_without_plan=("s3cret",)))


def test_every_setting_is_documented_and_an_option() -> None:
    documentation = inspect.getdoc(SimulatorConfig) or ""
    options = _parser().format_help()
    for spec in fields(SimulatorConfig):
        assert f"\n    {spec.name}: " in documentation, spec.name
        singular = {"keys": "key", "keys_without_plan": "key-without-plan", "faults": "fault"}
        assert f"--{singular.get(spec.name, spec.name).replace('_', '-')}" in options


def test_options_become_settings() -> None:
    options = vars(
        _parser().parse_args(
            ["--rate", "5", "--fault", "drop", "--fault", "fin:at=2", "--acks", "mixed"]
        )
    )
    del options["control"]
    config = SimulatorConfig.from_mapping(options)
    assert config == replace(SimulatorConfig(), rate=5.0, faults=("drop", "fin:at=2"), acks="mixed")


def test_the_documentation_knows_every_fault_and_its_settings() -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for kind in FAULTS.values():
        row = f"| `{kind.name}` | {kind.doc} |"
        assert row in page
        line = page[page.index(row) :].split("\n", 1)[0]
        assert all(f"`{name}" in line for name in kind.settings)
