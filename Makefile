# Everything a person does with Stayline. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
export HF_HUB_OFFLINE := 1
export OMP_NUM_THREADS := 1
# uv reads no pip configuration: wheels that lie on this disk (a CPU build of torch) are named to it here
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))

.PHONY: help setup run test lint bench screenshots lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: .venv/.ready bot/.venv/.ready ## both Python environments, as locked

.venv/.ready: requirements.lock pyproject.toml
	@echo "• Python environment of Stayline (.venv)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "$$(grep '^uv==' requirements.lock)"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python .venv $(FIND_LINKS) --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python .venv --no-deps --editable .
	@touch $@

bot/.venv/.ready: bot/requirements.lock | .venv/.ready
	@echo "• Python environment of the bot (bot/.venv, Python 3.10)"
	@cd bot && test -x .venv/bin/python || ../$(BIN)/uv venv --quiet --python 3.10 .venv
	@cd bot && ../$(BIN)/uv pip install --quiet --compile-bytecode --python .venv --requirement requirements.lock
	@touch $@

run: setup ## set-up, demo shop, and all processes until Ctrl-C
	@echo "• Demo shop"
	@$(BIN)/stayline demo
	@echo "• Processes"
	@exec $(BIN)/stayline run

test: setup lint ## lint, types, import contracts and every test
	@echo "• Browser for the widget and console tests"
	@scripts/find-chromium
	@echo "• Tests"
	@$(BIN)/python -m pytest

lint: .venv/.ready ## ruff, mypy, import contracts
	@echo "• Lint, types, import contracts"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > .import-contracts.log || (cat .import-contracts.log; exit 1)
	@rm -f .import-contracts.log

bench: setup ## how fast it is, beside the goals
	@$(BIN)/python scripts/bench.py

screenshots: setup ## pictures of widget and console into docs/
	@$(BIN)/python scripts/screenshots.py

lock: .venv/.ready ## renew both requirements.lock files
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --group dev $(FIND_LINKS) \
		--no-emit-find-links --no-emit-index-url pyproject.toml --output-file requirements.lock
	@sed -i 's/^\(torch==[0-9.]*\)+cpu$$/\1/' requirements.lock
	@cd bot && ../$(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version 3.10 \
		--no-emit-index-url pyproject.toml --output-file requirements.lock

clean: ## remove environments, caches and the demo's data
	rm -rf .venv bot/.venv .stayline .stayline-test .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
