"""The comparison with the newest official package finds what it is for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import newest_official
from tests.newest_official import PATHS, differences

official = pytest.importorskip("massive")
SOURCES = [(Path(official.__file__).parent / path).read_text() for path in PATHS]


def test_the_installed_package_is_in_the_table() -> None:
    assert list(differences(*SOURCES)) == []


@pytest.mark.parametrize(
    ("which", "old", "new", "told"),
    [
        (0, 'd.get("otc", None)', 'd.get("o2", None)', "EquityAgg.otc is read from 'o2'"),
        (0, "class EquityAgg:", "class BondAgg:", "the model BondAgg is new"),
        (1, '"LULD": LimitUp', '"LULD2": LimitUp', "Stocks sends LimitUpLimitDown on LULD2"),
        (1, "Market.Crypto:", "Market.Bonds:", "the market Bonds is new"),
        (2, '"slow_consumer"', '"late_consumer"', "the status 'late_consumer' is new"),
        (2, "OK_STATUSES = ", "GOOD = ", "no statuses were found"),
    ],
)  # fmt: skip
def test_what_changes_is_found(which: int, old: str, new: str, told: str) -> None:
    assert old in SOURCES[which]
    texts = [*SOURCES]
    texts[which] = texts[which].replace(old, new, 1)
    if "halted" in new:
        texts[which] = texts[which].replace(
            'd.get("dav", None),', 'd.get("dav", None),\nd.get("hl"),', 1
        )
    assert any(told in line for line in differences(*texts))


def test_a_new_field_is_found() -> None:
    models, *rest = SOURCES
    more = models.replace("    otc: Opt", "    halted: Optional[bool] = None\n    otc: Opt", 1)
    more = more.replace('d.get("otc", None),', 'd.get("hl", None), d.get("otc", None),', 1)
    assert list(differences(more, *rest)) == [
        "EquityAgg.halted is read from 'hl', and here from None"
    ]


def test_another_layout_is_not_taken_for_agreement() -> None:
    assert list(differences("", "", "")) == [
        "no models were found: the package is laid out otherwise",
        "no channels were found: the package is laid out otherwise",
        "no statuses were found: the package is laid out otherwise",
    ]


@pytest.mark.parametrize("ends", ["with an error", "never"])
def test_without_a_registry_it_says_so(
    ends: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        if ends == "never":
            raise subprocess.TimeoutExpired(command, 1)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(newest_official.subprocess, "run", run)
    assert newest_official.main() == 0
    assert capsys.readouterr().out.startswith("skipped: ")
