# Everything a person does with Stayline. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
export HF_HUB_OFFLINE := 1
export OMP_NUM_THREADS := 1
# uv reads no pip configuration: wheels that lie on this disk (a CPU build of torch) are named to it here
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))

# These start every process of the product, or kill and stop some, and look at how long a customer waits
ALONE := tests/chaos tests/conversations tests/journey

# $(call once_more,TESTS,HOW): a machine that stalls fails a test that drives real servers; what fails again by itself is broken
once_more = $(BIN)/python -m pytest $(2) $(1) || { \
	test $$? -eq 1 || exit 1; \
	echo "• What failed, once more by itself"; \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(1); }

NLU_SET ?= ../shared/data/nlu/bitext_dev.csv

.PHONY: help setup run test lint bench tone-report nlu-report screenshots lock clean

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
	@echo "• Tests, two at a time"
	@$(call once_more,$(ALONE:%=--ignore=%),--numprocesses 2 --dist loadscope --no-loadscope-reorder)
	@echo "• Tests of many processes, one at a time"
	@$(call once_more,$(ALONE))

lint: .venv/.ready ## ruff, mypy, import contracts
	@echo "• Lint, types, import contracts"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > .import-contracts.log || (cat .import-contracts.log; exit 1)
	@rm -f .import-contracts.log

bench: setup ## how fast it is, beside the goals; PARTS="turn parse" for some of it
	@$(BIN)/python -m scripts.bench $(PARTS)

tone-report: setup ## how well tone is read, on texts it never saw
	@$(BIN)/python -m risk_model.tone.measure .stayline/encoder $(wildcard ../shared/data/musical_instruments*.json.gz)

nlu-report: setup ## how well the bot understands, into docs/nlu-report.md
	@PYTHONPATH=.:bot TF_CPP_MIN_LOG_LEVEL=3 OPENBLAS_NUM_THREADS=1 bot/.venv/bin/python scripts/nlu_report.py --public $(NLU_SET) \
		--encoder "$$($(BIN)/python -c 'from app.encoder import *; open_encoder(s := Settings(), print); print(s.encoder_folder)' | tail -1)"

screenshots: setup ## pictures of widget and console into docs/
	@$(BIN)/python scripts/screenshots.py

lock: .venv/.ready ## renew both requirements.lock files
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --extra evaluate --group dev $(FIND_LINKS) \
		--no-emit-find-links --no-emit-index-url pyproject.toml --output-file requirements.lock
	@sed -i 's/^\(torch==[0-9.]*\)+cpu$$/\1/' requirements.lock
	@cd bot && ../$(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version 3.10 \
		--no-emit-index-url pyproject.toml --output-file requirements.lock

clean: ## remove environments, caches and the demo's data
	rm -rf .venv bot/.venv .stayline .stayline-test .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
