# Parcours: `make run` to try it, `make test` to prove it. Everything is installed into .venv from the lock files.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
HOST ?= 127.0.0.1
CHROMIUM ?= $(shell command -v chromium || true)
export CHROMIUM

.PHONY: help run test test-long test-quick check bench lock messages clean preflight install install-dev compiled browser

help:
	@echo "make run        start Parcours with its demo on http://$(HOST):$(PORT) (PORT=, HOST=, TLS=1)"
	@echo "make test       install what the tests need and run them all"
	@echo "make test-long  more examples, more kills, more races"
	@echo "make check      format, lint, types, layers, templates, lock files, settings"
	@echo "make bench      run the benchmarks (BENCH_JSON=file for the figures)"
	@echo "make messages   collect texts to translate and bring the catalogues up to date"
	@echo "make lock       make the lock files again from pyproject.toml"

preflight:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Missing: Python 3.11 or newer (package python3)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Missing: python3-venv (apt install python3-venv)"; exit 1; }

$(VENV)/bin/python: | preflight
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock $(VENV)/bin/python
	@echo "Installing what Parcours needs…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/bin/python
	@echo "Installing what the tests need…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@ $(VENV)/.run

install: $(VENV)/.run
install-dev: $(VENV)/.dev

# Every process that starts would compile it all again where Python is told to keep no bytecode.
compiled:
	@$(BIN)/python -m compileall -qq app || true

run: install compiled
	@$(if $(DEMO),PARCOURS_DEMO="$(DEMO)") $(BIN)/python -m app.serve --host "$(HOST)" --port "$(PORT)" $(if $(TLS),--tls)

browser:
	@scripts/ensure-chromium

test: install-dev browser compiled
	@CHROMIUM="$$(scripts/ensure-chromium --path)" $(BIN)/python -m pytest -n auto --dist loadgroup

test-quick: install-dev compiled
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not browser and not slow"

test-long: install-dev browser compiled
	@CHROMIUM="$$(scripts/ensure-chromium --path)" TEST_LONG=1 $(BIN)/python -m pytest -n auto --dist loadgroup --timeout 3600

check: install-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python scripts/check_repository.py

bench: install-dev compiled
	@$(BIN)/python -m bench $(if $(BENCH_JSON),--json "$(BENCH_JSON)")

messages: install-dev
	@$(BIN)/python scripts/messages.py

lock: install-dev
	@$(BIN)/python scripts/lock.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
