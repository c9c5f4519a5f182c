"""Descriptors 0 to 2 of a process that was started without."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
from fastpoly.net.standard_streams import occupy_standard_descriptors
before = os.open(os.devnull, os.O_RDWR)
os.close(before)
occupy_standard_descriptors()
after = os.open(os.devnull, os.O_RDWR)
kinds = [os.path.samestat(os.fstat(number), os.fstat(after)) for number in range(3)]
inherited = [os.get_inheritable(number) for number in range(3)]
with open(sys.argv[1], "w") as file:
    print(after > 2, kinds, inherited, file=file)
"""


@pytest.mark.sampled
@pytest.mark.parametrize("closed", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)], ids=str)
def test_they_are_the_null_device(closed: tuple[int, ...], tmp_path: object) -> None:
    result = f"{tmp_path}/result"
    script = " ".join(['exec "$PYTHON" -c "$SCRIPT"', result, *(f"{n}>&-" for n in closed)])
    process = subprocess.run(
        ["sh", "-c", script],
        env=os.environ | {"PYTHON": sys.executable, "SCRIPT": SCRIPT},
        stdin=subprocess.PIPE,
        capture_output=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    with open(result) as file:
        said = file.read()
    kinds = [number in closed for number in range(3)]
    assert said == f"True {kinds} {[True] * 3}\n"
