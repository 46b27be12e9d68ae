# `make demo` and `make test` need nothing but this checkout, make, bash and Python 3.11 to 3.13; see `make help`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo bench funnel results docs tour test test-slow test-newest lint audit check golden fmt

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
UNFINISHED := $(VENV)/installing
ARGS ?=
ENOUGH := $(if $(ARGS),,--least-malformed=500)

PROBE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	"$$p" -c '$(PROBE)' >/dev/null 2>&1 && echo "$$p" && break; done)

help:  ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(STAMP)  ## Make .venv and install the package with everything its tests need

# An install that was killed half-way is begun again from nothing; a change of setup.py installs on top.
$(STAMP): setup.py
	@python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 with venv on the PATH; install one or run: make setup PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	if [ -e $(UNFINISHED) ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "setup: 1/2 making $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv --clear $(VENV); \
	fi
	@touch $(UNFINISHED)
	@echo "setup: 2/2 installing; a first time takes one to five minutes and 3 GB"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e '.[test]' | sed -unE \
		-e 's/^ *(Downloading|Using cached) ([A-Za-z0-9_]+-[0-9.]+)-.*(\([0-9]{2,}\.[0-9] MB\)).*/  \1 \2 \3/p' \
		-e 's/^Installing collected packages.*/  Unpacking/p'
	@rm -f $(UNFINISHED)
	@touch $@
	@echo "setup: done"

demo: setup  ## From real receipts to ranked products: every stage on Complete Journey; run again, it resumes
	@$(BIN)/python -m mtmd_tf.jobs.demo $(ARGS)

bench: setup  ## Measure speed beside what people would use instead: one table; ARGS=--only=training narrows it
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[bench]'
	@$(BIN)/python -m mtmd_tf.jobs.bench $(ARGS)

funnel: setup  ## Make every table of docs/funnel.md; run again, it resumes; ARGS=--dry_run says what is missing
	@$(BIN)/python -m mtmd_tf.jobs.funnel --flagfile=docs/funnel/page.flags $(ARGS)

results: setup  ## Build docs/results.md, its tables and their HTML again from the JSON in docs/results
	@$(BIN)/python -m mtmd_tf.jobs.results --folder=docs/results

docs: setup  ## Build the documentation with the API reference into build/site; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "docs: build/site/index.html"

tour: setup  ## Run the notebook docs/tour.ipynb and keep its new outputs
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[docs]'
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter execute --inplace docs/tour.ipynb

test: setup  ## Run the tests; ARGS=tests/mtmd_tf/test_seeds.py narrows them
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ENOUGH) $(ARGS)

test-slow: setup  ## Run the tests that take minutes: whole walks and the many malformed inputs
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m slow $(ENOUGH) $(ARGS)

test-newest: setup  ## Run the tests with the newest TensorFlow and tf_keras, in build/newest; ARGS narrows them
	@$(BIN)/python -m tests.newest $(ARGS)

lint: setup  ## Format, style, types and the arrows between modules; changes nothing
	@$(BIN)/ruff format --check --output-format concise . || { echo "Run: make fmt" >&2; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy mtmd_tf tfrecords_tools $(filter-out setup.py,$(wildcard *.py))
	@$(BIN)/lint-imports

audit: setup  ## Known weaknesses of the packages installed; skipped, with a word, where it cannot ask
	@$(BIN)/python -m tests.audit

check: lint audit test  ## The gate: lint, audit and test

golden: setup  ## Rewrite the stored outputs of the golden tests; look at the difference before you commit it
	@MTMD_TF_WRITE_GOLDENS=1 $(BIN)/python -m pytest -k golden $(ARGS)

fmt: setup  ## Format the code and fix what can be fixed safely
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
