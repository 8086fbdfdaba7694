# The verbs of a contributor. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8000
INSTANCE := $(or $(PPVCMS_INSTANCE),instance)
# A site that was made, or is about to be made by hand.
HAS_SITE = $(PPVCMS_DATABASE)$(wildcard $(INSTANCE)/ppvcms.sqlite3 $(INSTANCE)/ppvcms.toml)
# More for pytest, for example ARGS="tests/ledger -k hold".
ARGS ?=
HISTORIES ?= 100000

BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --no-input --disable-pip-version-check \
       --constraint requirements.lock
RECIPE := setup.cfg pyproject.toml requirements.lock tools/make_venv.sh

.PHONY: help setup run reset-demo test histories lint types format figures bench lock

help: ## list these verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: .venv/.run-stamp .venv/.test-stamp ## install all that running and testing need, into .venv

.venv/.run-stamp: $(RECIPE)
	@tools/make_venv.sh
	@echo "Installing ppvcms into .venv; the first time takes a minute."
	@$(PIP) --editable .
	@touch $@

.venv/.test-stamp: .venv/.run-stamp
	@echo "Installing the test tools into .venv."
	@$(PIP) --editable '.[test]'
	@touch $@

run: .venv/.run-stamp ## serve a site on PORT (8000), with demo content if there is none yet
	@[ -n "$(HAS_SITE)" ] || $(BIN)/ppvcms init --demo
	@exec $(BIN)/ppvcms run --port $(PORT)

reset-demo: .venv/.run-stamp ## throw the demo site away and make it again
	@$(BIN)/python tools/remove_demo.py
	@$(BIN)/ppvcms init --demo

test: .venv/.test-stamp ## lint, types and all tests; ARGS goes to pytest
	@tools/ensure_chromium.sh
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder $(ARGS)

histories: .venv/.test-stamp ## compare the meter with its model over HISTORIES (100000) random lives
	@$(BIN)/python -m tests.metering.histories $(HISTORIES)

lint: .venv/.test-stamp ## check style and form
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/.test-stamp ## check types
	@$(BIN)/mypy

format: .venv/.test-stamp ## mend what can be mended by itself
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

figures: .venv/.run-stamp ## count files, functions, docstrings and tests
	@$(BIN)/python tools/figures.py

bench: .venv/.test-stamp ## run every benchmark
	@for script in benchmarks/[a-z]*.py; do \
		if [ -e "$$script" ]; then echo "== $$script"; $(BIN)/python "$$script"; fi; \
	done

lock: ## renew requirements.lock with the newest versions that setup.cfg admits
	@tools/lock.sh
