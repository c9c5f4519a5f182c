# Everything runs in a virtual environment in the tree, .venv, which the first command makes.
# Needed beforehand: Python 3.11 or newer with venv and its headers, and a C++17 compiler.
#
#   make PYTHON=python3.13 demo      another interpreter; VENV=.venv-3.13 keeps it beside the first
#   make test ARGS="-k columns"      pytest's own arguments; demo, bench and fuzz take ARGS too
#   make test JOBS=4                 so many tests at a time, see below

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
ARGS ?=
# Tests run in so many processes: most of those over sockets wait most of the time. 0: in this one.
JOBS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
# Tests start hundreds of programs; where it is set, each of them would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

CORE := setup.py src/fastpoly/schema.py $(shell find src/_core -type f -not -name '*.pyc')
SANITIZED := build/sanitize/lib
COVERED := build/coverage
FUZZ := build/fuzz
HAND_WRITTEN := $(shell find src/_core tests/fuzz -name '*.[ch]pp' -not -name '*.gen.*')
# Not simdjson, and not the parsers, which are generated but for the choice among them.
TIDIED := $(filter-out %/simdjson_unit.cpp %/parsers_avx2.cpp %/parsers_avx512.cpp %/parsers_portable.cpp,$(filter src/_core/%.cpp,$(HAND_WRITTEN)))

.DELETE_ON_ERROR:
.PHONY: help demo test test-slow coverage build lint types sanitize interpreters soak bench fuzz fuzz-kernel wheel clean distclean

help:
	@echo 'make demo      a simulated market streams past for ten seconds; no key, no network'
	@echo 'make test      the tests, in minutes'
	@echo 'make test-slow what the former leaves out, and properties with many more examples'
	@echo 'make coverage  make test, counting the lines of Python that it runs; fails below the floors'
	@echo 'make build     compile the extension in place'
	@echo 'make lint      style, formatting, generated files up to date'
	@echo 'make types     mypy --strict, and the stubs against the compiled module'
	@echo 'make sanitize  unit tests and a short soak under sanitizers, counting the lines of the core that they run'
	@echo 'make interpreters  build and unit tests on each Python from 3.11 on that is found here'
	@echo 'make soak      faults, changes and slow handlers for ten minutes each way; 100 million events; brokers killed'
	@echo 'make bench     measure against other clients and parsers (ARGS=--gate: fail where too slow)'
	@echo 'make fuzz      the decoder against json on made-up frames, for a minute (ARGS="--seconds 600")'
	@echo 'make fuzz-kernel  its two parsers against each other, guided by coverage; needs clang++'
	@echo 'make wheel     sdist and wheel into dist/'
	@echo 'make clean     remove what was built (distclean: the environment too)'

demo: build
	$(PY) -m fastpoly demo $(ARGS)

# MEASURED_BY: what Python runs pytest under, as `make coverage` has it.
test: build $(VENV)/.tools
	$(PY) $(MEASURED_BY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

# What `make test` leaves out, and what it tries only a share of; see tests/budgets.py.
test-slow: build $(VENV)/.tools
	FASTPOLY_THOROUGH=1 $(PY) -m pytest -n $(JOBS) --dist worksteal -m 'slow or budget or sampled' $(ARGS)

# `make test` under coverage.py, which counts in every process that tests start as well.
coverage: build $(VENV)/.tools
	rm -rf $(COVERED)
	mkdir -p $(COVERED)
	$(MAKE) test MEASURED_BY='-m coverage run'
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage json --quiet -o $(COVERED)/python.json
	$(PY) -m tests.coverage_report --python $(COVERED)/python.json

build: $(VENV)/.core

lint: $(VENV)/.tools
	$(PY) src/_core/generate.py --check
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -c 'import clang_format; clang_format.clang_format()' --dry-run -Werror $(HAND_WRITTEN)
	@mkdir -p build/tidy
	@$(PY) -c 'import os, simdjson, sysconfig; print("-xc++", "-std=c++17", "-I" + os.path.abspath("src/_core"), "-isystem", os.path.dirname(simdjson.__file__), "-isystem", os.path.abspath("src/_core/vendor/zstd"), "-isystem", sysconfig.get_path("include"), sep="\n")' > build/tidy/compile_flags.txt
	printf '%s\n' $(TIDIED) | xargs -P$$(getconf _NPROCESSORS_ONLN) -n4 $(PY) -c 'import clang_tidy; clang_tidy.clang_tidy()' --quiet --warnings-as-errors='*' -p build/tidy

types: build $(VENV)/.tools
	$(PY) -m mypy
	$(PY) -m mypy.stubtest fastpoly._core fastpoly.events --mypy-config-file pyproject.toml --allowlist tests/typing/stubtest.txt

# A build of its own beside the usual one, which also counts for gcov what is run; with ARGS, which
# may choose some tests only, the counts are left alone. The runtime libraries are preloaded because
# the interpreter itself is not instrumented; libstdc++ with them, or exceptions cannot be intercepted.
# One test forks for each module, which takes minutes there and says nothing about compiled code.
sanitize: $(VENV)/.tools $(VENV)/.core-sanitized
	find build/sanitize -name '*.gcda' -delete
	LD_PRELOAD="$$($(CXX) -print-file-name=libasan.so) $$($(CXX) -print-file-name=libubsan.so) $$($(CXX) -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	PYTHONMALLOC=malloc PYTHONPATH=$(SANITIZED) \
	$(PY) -m pytest -n auto --dist worksteal -m '' tests/unit tests/net/test_stream_soak.py \
		--deselect tests/unit/test_project.py::test_every_module_imports_alone -p no:cacheprovider $(ARGS)
	$(if $(ARGS),,$(PY) -m tests.coverage_report --core build/sanitize)

INTERPRETERS := 3.11 3.12 3.13 3.14

# Each in an environment of its own; what is neither in pyenv nor on the path is named and left out.
# What is on the path may be a shim of pyenv, which is there and does not run: hence the trial.
interpreters:
	@for version in $(INTERPRETERS); do \
		python=''; \
		for candidate in $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version.*/bin/python$$version python$$version; do \
			if "$$candidate" -c '' 2>/dev/null; then python=$$candidate; break; fi; \
		done; \
		if [ -z "$$python" ]; then echo "Python $$version: not found, not tried"; continue; fi; \
		echo "Python $$version: $$python"; \
		$(MAKE) --no-print-directory VENV=.venv-$$version PYTHON=$$python ARGS='tests/unit -q $(ARGS)' test || exit 1; \
	done

bench: build $(VENV)/.tools
	$(PY) -m bench $(ARGS)

soak: build $(VENV)/.tools
	FASTPOLY_SOAK_S=$${FASTPOLY_SOAK_S:-600} $(PY) -m pytest -m '' tests/net/test_stream_soak.py -s --show-capture=no $(ARGS)
	$(PY) -m tests.soak.memory
	$(PY) -m tests.soak.publishing

fuzz: build $(VENV)/.tools
	$(PY) -m tests.fuzz.differential $(ARGS)

# ARGS are libFuzzer's; FASTPOLY_CPU=portable or avx2 tries the code for other processors.
fuzz-kernel: $(FUZZ)/kernel
	$(PY) -m tests.fuzz.seeds $(FUZZ)
	$(FUZZ)/kernel -dict=$(FUZZ)/words -max_len=4096 -max_total_time=60 -artifact_prefix=$(FUZZ)/ $(ARGS) $(FUZZ)/corpus

# What there is of the core without Python.
KERNEL := $(wildcard $(patsubst %,src/_core/%/*.cpp,base rows decode decode/canonical))

$(FUZZ)/kernel: tests/fuzz/kernel.cpp $(VENV)/.core $(VENV)/.tools
	@command -v clang++ >/dev/null || { echo 'the fuzzer needs clang++ and its sanitizer runtime (on Debian: clang and libclang-rt-14-dev)' >&2; exit 1; }
	@mkdir -p $(FUZZ)
	clang++ -std=c++17 -O1 -g -Wall -Wextra -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -Isrc/_core \
		-I"$$($(PY) -c 'import simdjson, os; print(os.path.dirname(simdjson.__file__))')" $< $(KERNEL) -o $@

# The wheel is built from the sdist, in an environment of pip's own: what is missing there shows.
wheel: build
	rm -rf dist
	$(PY) setup.py --quiet sdist --dist-dir dist
	$(PIP) wheel --no-deps --wheel-dir dist dist/fastpoly-*.tar.gz

clean:
	rm -rf build dist src/*.egg-info src/fastpoly/*.so $(VENV)/.core $(VENV)/.core-sanitized
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find src tests bench examples -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) bench/.env

# What compiling and the demo need. Versions are said once, in pyproject.toml.
$(VENV)/.run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fastpoly needs Python 3.11 or newer; name one, as in: make PYTHON=python3.13 demo")'
	@command -v $(CXX) >/dev/null || { echo 'fastpoly needs a C++17 compiler ($(CXX) was not found); name one, as in: make CXX=clang++ demo' >&2; exit 1; }
	@test -x $(PY) || { echo 'Making the virtual environment $(VENV)'; $(PYTHON) -m venv $(VENV); }
	@$(PY) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb")); print(*p["build-system"]["requires"], *p["project"]["dependencies"], *p["project"]["optional-dependencies"]["cli"], sep="\n")' > $(VENV)/run.txt
	$(PIP) install -r $(VENV)/run.txt
	@touch $@

# What tests and checks need besides. Older versions of pip do not know dependency groups.
$(VENV)/.tools: $(VENV)/.run pyproject.toml
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --group test --group lint
	@touch $@

# In place, with the metadata beside it and a path file, is what `pip install -e .` would leave,
# but it compiles only what changed.
$(VENV)/.core: $(VENV)/.run $(CORE)
	$(PY) setup.py --quiet build_ext --inplace egg_info
	@$(PY) -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "fastpoly.pth").write_text(str(pathlib.Path("src").resolve()))'
	@touch $@

$(VENV)/.core-sanitized: $(VENV)/.run $(CORE) $(shell find src/fastpoly -name '*.py')
	@mkdir -p build/sanitize
	FASTPOLY_SANITIZE=1 FASTPOLY_COVERAGE=1 FASTPOLY_WERROR=0 $(PY) setup.py --quiet egg_info --egg-base build/sanitize build --build-base build/sanitize --build-lib $(SANITIZED)
	@touch $@
