# Tailrace: every verb has a help line. `make demo` and `make test` need Python 3.11 and nothing else.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $(STAMP)

install: $(STAMP) ## make the environment in .venv

demo: $(STAMP) ## run the web logs pipeline for a moment and show what it made
	@$(BIN)/tailrace demo weblogs

test: $(STAMP) ## run all tests
	@$(BIN)/python -m pytest -n 2

check: $(STAMP) ## lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## format the code
	@$(BIN)/ruff check --fix -q .
	@$(BIN)/ruff format -q .

prove-all: $(STAMP) ## every fault point at every batch, with everything that can be lost (about an hour)
	@$(BIN)/python -m scripts.prove_all

bench: $(STAMP) ## measure; Spark takes part where a JDK is there
	@$(BIN)/python -m benchmarks

record-spark: $(STAMP) ## record Spark's answers anew (needs a JDK 17)
	@$(BIN)/python -m scripts.record_spark

clean: ## remove the environment and what tests left
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache scratch demo

.PHONY: help install demo test check format prove-all bench record-spark clean
