"""Builds the one extension, fastpoly._core; everything static is in pyproject.toml.

Switches, all environment variables, off unless set to 1:

    FASTPOLY_DEBUG     assertions, bounds checks, simdjson's development checks
    FASTPOLY_SANITIZE  the same with AddressSanitizer and UndefinedBehaviorSanitizer
    FASTPOLY_COVERAGE  the same with gcov counters; together with SANITIZE, both
    FASTPOLY_WERROR    compiler warnings are errors
    FASTPOLY_ANNOTATE  an HTML page per Cython file in build/cython/<mode>
    FASTPOLY_SIMDJSON_DIR  a folder with another simdjson.h and simdjson.cpp
    FASTPOLY_ZSTD_DIR      a folder with another zstd.h, zstd_errors.h and zstd.c
"""

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = Path("src/_core")
SIMDJSON = CORE / "decode/simdjson_unit.cpp"


def switch(name: str) -> bool:
    return os.environ.get(f"FASTPOLY_{name}", "") == "1"


if sysconfig.get_config_var("Py_GIL_DISABLED"):
    raise SystemExit("setup.py: fastpoly does not run on free-threaded builds of Python")

SANITIZE, COVERAGE = switch("SANITIZE"), switch("COVERAGE")
DEBUG = switch("DEBUG") or SANITIZE or COVERAGE
# Cython does not notice that its directives changed: each way of building has a folder of its own.
MODE = "coverage" if COVERAGE else "sanitize" if SANITIZE else "debug" if DEBUG else "release"


def package_dir(name: str) -> str:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"setup.py: {name} is not installed; it is in [build-system] requires")
    return next(iter(spec.submodule_search_locations))


def picows_version() -> str:
    scope: dict[str, str] = {}
    exec((Path(package_dir("picows")) / "version.py").read_text(), scope)
    return scope["__version__"]


ZSTD = os.environ.get("FASTPOLY_ZSTD_DIR") or str(CORE / "vendor/zstd")
INCLUDE = [os.environ.get("FASTPOLY_SIMDJSON_DIR") or package_dir("simdjson"), ZSTD, str(CORE)]
COMMON = ["-std=c++17", "-fvisibility=hidden", "-fPIC", "-pthread"]
COMMON += ["-O1", "-g", "-UNDEBUG"] if DEBUG else ["-O3", "-g0"]
LINK = ["-pthread"]
# C, and hidden: another zstd in the process must neither be taken for this one nor take it.
ZSTD_FLAGS = ["-fvisibility=hidden", "-fPIC", "-pthread", "-O1" if DEBUG else "-O3", "-g0"]
ZSTD_FLAGS += [f"-D{api}_VISIBLE=" for api in ("ZSTDLIB", "ZSTDERRORLIB", "ZDICTLIB")]
if SANITIZE:
    COMMON += ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    COMMON += ["-fno-omit-frame-pointer"]
    ZSTD_FLAGS += ["-fsanitize=address"]
    LINK += ["-fsanitize=address,undefined"]
if COVERAGE:
    # Atomic: a recording's thread counts at the same time as the others.
    COMMON += ["--coverage", "-fprofile-update=atomic"]
    LINK += ["--coverage"]
WARNINGS = ["-Wall", "-Wextra"]
# Not for users, whose compiler may be newer than any that this was tried with.
WARNINGS += ["-Werror"] if switch("WERROR") else []
# What Cython itself generates is not ours to mend.
CYTHON_NOISE = [
    "-Wno-unused-function",
    "-Wno-unused-parameter",
    "-Wno-missing-field-initializers",
    "-Wno-cast-function-type",
    "-Wno-deprecated-declarations",
]

DIRECTIVES = {
    "language_level": 3,
    "embedsignature": True,
    "embedsignature.format": "python",
    "cdivision": True,
    "wraparound": False,
    "boundscheck": DEBUG,
    "initializedcheck": DEBUG,
    "nonecheck": DEBUG,
}


class BuildExt(build_ext):
    """Builds the libraries first: build_ext alone would leave them out and fail to link."""

    def run(self) -> None:
        self.run_command("build_clib")
        super().run()


subprocess.run([sys.executable, str(CORE / "generate.py")], check=True)
Options.warning_errors = True

extension = Extension(
    "fastpoly._core",
    [
        str(CORE / "_core.pyx"),
        *sorted(str(path) for path in CORE.rglob("*.cpp") if path != SIMDJSON),
    ],
    include_dirs=INCLUDE,
    define_macros=[("FASTPOLY_PICOWS_VERSION", f'"{picows_version()}"')],
    extra_compile_args=COMMON + WARNINGS + CYTHON_NOISE,
    extra_link_args=LINK,
    depends=[str(path) for pattern in ("*.hpp", "*.pxi") for path in CORE.rglob(pattern)],
    language="c++",
)

setup(
    cmdclass={"build_ext": BuildExt},
    # Libraries of their own, so that a change to our code does not compile these again.
    libraries=[
        (
            "fastpoly_simdjson",
            {
                "sources": [str(SIMDJSON)],
                "include_dirs": INCLUDE,
                "cflags": COMMON,
            },
        ),
        ("fastpoly_zstd", {"sources": [f"{ZSTD}/zstd.c"], "cflags": ZSTD_FLAGS}),
    ],
    ext_modules=cythonize(
        [extension],
        build_dir=f"build/cython/{MODE}",
        include_path=["src", str(CORE)],
        compiler_directives=DIRECTIVES,
        annotate=switch("ANNOTATE"),
    ),
)
