# Two commands for a newcomer: `make demo` and `make test`. Both do all the set-up that they need.
PYTHON ?= $(shell scripts/python.sh)
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.PHONY: help setup demo test check bench bench-peers coverage clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*##/ { printf "%-16s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

PAGE := examples/orders/page
CLIENTS := tests/clients
CONSOLE := headwater/console

setup: $(VENV)/.installed $(PAGE)/node_modules/.installed $(CLIENTS)/node_modules/.installed $(CONSOLE)/node_modules/.installed ## virtual environment and npm packages (idempotent)

$(VENV)/.installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -qq --editable . --group dev
	@touch $@

$(PAGE)/node_modules/.installed: $(PAGE)/package-lock.json
	@scripts/npm.sh $(PAGE) && (cd $(PAGE) && npm run --silent vendor)
	@touch $@

$(CLIENTS)/node_modules/.installed: $(CLIENTS)/package-lock.json
	@scripts/npm.sh $(CLIENTS)
	@mkdir -p $(@D) && touch $@

$(CONSOLE)/node_modules/.installed: $(CONSOLE)/package-lock.json
	@scripts/npm.sh $(CONSOLE)
	@touch $@

demo: setup ## the order application, live in the browser
	$(BIN)/headwater up examples/orders/template.yaml --stack orders --follow --open PageUrl

test: setup ## all tests
	@scripts/chromium.sh
	$(BIN)/pytest -n 2 --dist loadgroup

check: setup ## ruff, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(CONSOLE)/node_modules/.bin/tsc -p $(CONSOLE)/jsconfig.json

bench: setup ## each layer apart, and the whole
	$(BIN)/python -m bench

bench-peers: setup ## ratios to MiniStack, in one run
	@scripts/bench-peers.sh

coverage: setup ## docs/coverage.md anew, from the registry
	$(BIN)/python scripts/coverage.py

clean: ## what set-up and tests have made
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .headwater artifacts tests/clients/node_modules examples/orders/page/node_modules headwater/console/node_modules
