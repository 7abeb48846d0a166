# make demo     a made-up class, released, handed in, graded        make test    the project's tests
# make install  .venv with pinned, hashed files, system packages    make check   format, lint, types, tests
# make lock     pins and hashes anew from pyproject.toml            make audit   known vulnerabilities of what is pinned
# make bench    the short tables of README.md, 12 minutes           make help    this
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install demo test attacks lint check format release bench lock audit clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile | head -4

install: $(VENV)/installed

$(VENV)/installed: requirements.lock requirements-torch-cpu.lock pyproject.toml scripts/system_packages scripts/install_locked
	@scripts/system_packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"expected Python 3.11 or newer, received {sys.version.split()[0]}; run make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (some minutes the first time)"
	@scripts/install_locked $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import matplotlib.font_manager' # lists the fonts once, in place of every warm process
	@touch $@

demo: install
	$(BIN)/autograder demo

test: install
	@scripts/system_packages chromium postgresql
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

attacks: install # the hand-ins that the tests leave out, three minutes: docs/security.md
	$(BIN)/python -m tests.attacks.graded bubblewrap --rest

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

release: install
	$(BIN)/autograder release

# The short tables of README.md, in less than 15 minutes on two cores that do nothing else.
bench: install
	$(BIN)/python -m benchmarks.grading
	$(BIN)/python -m benchmarks.physics
	$(BIN)/python -m benchmarks.training --only reference reference-mujoco sb3-tuned --seeds 0

# The long ones, one by one: README.md says which there are, and how long they take.
SEEDS_short := 20
SEEDS_1m := 10
SEEDS_3m := 10
SEEDS_5m := 10

bench-%: install
	$(BIN)/python -m benchmarks.$(subst -,_,$*) $(OPTIONS)

bench-returns-%: install
	$(BIN)/python -m benchmarks.returns $* --seeds $(SEEDS_$*) $(OPTIONS)

bench-ablations-%: install
	$(BIN)/python -m benchmarks.ablations $* $(OPTIONS)

bench-calibration-%: install
	$(BIN)/autograder calibrate $* --variants tests.course.$*_variants --out build/calibration-$*.json $(OPTIONS)

lock:
	scripts/lock

audit: # asks a data base on the network, so it is no part of the tests
	@$(PYTHON) scripts/audit.py

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache
