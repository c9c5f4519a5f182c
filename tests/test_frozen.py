"""A program that is frozen by PyInstaller, without an option, a hook or an installed package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

import fastpoly
from fastpoly.sim import SimulatorProcess
from tests.waiting import PATIENCE_S

PROGRAM = """
import sys
from fastpoly import Stream, decode

assert len(decode('[{"ev":"T","sym":"AAPL","p":1.5}]')) == 1
url, authority = sys.argv[1:]
for ingest in ("loop", "thread"):
    for on_aiofastnet in (True, False):
        stream = Stream("stocks", "T.*", url=url, ssl=authority, ingest=ingest,
                        use_aiofastnet=on_aiofastnet)
        @stream.on("T")
        def on_trades(batch):
            print(ingest, on_aiofastnet, batch[0].event_type)
            stream.abort()
        stream.run()
import fastpoly.sim
print(fastpoly.sim.Simulator.__name__, fastpoly.capture.__name__)
"""

LEFT_OUT = ("pandas", "polars", "duckdb", "numpy", "pyarrow", "massive", "setuptools", "Cython")
"""What is installed here and is not needed: reading through it would take minutes."""


@pytest.mark.slow
def test_a_frozen_program_streams(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    source = Path(fastpoly.__file__).parent.parent
    frozen = subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--onedir", "--log-level", "ERROR"]
        + ["--paths", str(source)]
        + [word for name in LEFT_OUT for word in ("--exclude-module", name)]
        + [str(program)],
        cwd=tmp_path,
        env=os.environ | {"PYINSTALLER_CONFIG_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert frozen.returncode == 0, frozen.stderr
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, trusted = (tmp_path / name for name in ("chain.pem", "key.pem", "authority.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(chain))
    certificate.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(trusted))
    with SimulatorProcess(rate=5000, certfile=str(chain), keyfile=str(key)) as simulator:
        ran = subprocess.run(
            [tmp_path / "dist" / "program" / "program", simulator.url("stocks"), trusted],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    lines = ran.stdout.splitlines()
    assert {tuple(line.split()) for line in lines[:-1]} == {
        (ingest, on_aiofastnet, "T")
        for ingest in ("loop", "thread")
        for on_aiofastnet in ("True", "False")
    }
    assert lines[-1] == "Simulator fastpoly.capture"
