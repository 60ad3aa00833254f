# Everything a person or a pipeline does with this project. `make` alone lists it.
# Needs Python >= 3.11 and make; the rest comes from PyPI and npm, at the versions in the lock files.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
# Lambda's Python first, else the first one that is new enough.
PYTHON ?= $(shell for python in python3.13 python3.14 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
# Node from PyPI where the machine has none, or one older than 20.19.
NODE_GROUP := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null || echo --group node)
# The tools of .venv first; no pager, no colours that a log cannot show.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UV_PROJECT_ENVIRONMENT := .venv
# The provider's SDK is large: without its bytecode every command takes seconds longer to start.
unexport PYTHONDONTWRITEBYTECODE
export UV_NO_PROGRESS := 1
export npm_config_fund := false
export npm_config_audit := false
export npm_config_update_notifier := false

PYTHON_SOURCES := __main__.py config.py components lambdas migrations ops plan settings twin tests
WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json web/package-lock.json lambdas/openapi.json -type f 2>/dev/null | sed 's/ /\\ /g')
EMULATOR := twin/emulator/.venv/.installed
POSTGRES := twin/postgres/node_modules/.installed
JUDGES := tests/judges/node_modules/.installed
WEB_TOOLS := web/node_modules/.installed
SITE := web/dist/index.html
PACKAGING := $(wildcard lambdas/certificates/*.pem) components/parts/archive.py components/parts/bytecode.py components/parts/package.py

.PHONY: help install up down check lint types unit web-unit test prove mutation bench docs lock clean

help: ## List what there is
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'

install: .venv/.installed $(EMULATOR) $(POSTGRES) $(JUDGES) $(SITE) .build/.installed ## Install everything into this folder (nothing else is touched)

.venv/.installed: uv.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "goal-mandala needs Python 3.11 or newer, and found $$(python3 --version 2>&1 || echo none): install it, or name it with 'make PYTHON=/path/to/python3.13'" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "goal-mandala needs Python 3.11 or newer, and '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1)" >&2; exit 1; }
	@test -x .venv/bin/python || "$(PYTHON)" -m venv .venv || { echo "'$(PYTHON) -m venv' failed: on Debian and Ubuntu install the package python3-venv" >&2; exit 1; }
	@test -x .venv/bin/uv || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	uv sync --frozen --quiet --python .venv/bin/python $(NODE_GROUP)
	@touch $@

$(EMULATOR): twin/emulator/uv.lock twin/emulator/pyproject.toml .venv/.installed
	UV_PROJECT_ENVIRONMENT=.venv uv sync --frozen --quiet --compile-bytecode --project twin/emulator --python "$$(.venv/bin/python -c 'import os, sys; print(os.path.realpath(sys.executable))')"
	@touch $@

$(POSTGRES): twin/postgres/package-lock.json .venv/.installed
	npm ci --prefix twin/postgres --silent
	@touch $@

$(JUDGES): tests/judges/package-lock.json .venv/.installed
	npm ci --prefix tests/judges --silent
	@touch $@

$(WEB_TOOLS): web/package-lock.json .venv/.installed
	npm ci --prefix web --silent
	@touch $@

$(SITE): $(WEB_TOOLS) $(WEB_SOURCES)
	npm run build --prefix web --silent
	@touch $@

# The layer for the functions' platform and the one for this machine, and the program's packages and bytecode.
.build/.installed: lambdas/requirements.txt $(PACKAGING) .venv/.installed
	python -m components.parts.package python3.13 arm64 >/dev/null
	python -m components.parts.package "python$$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" host >/dev/null
	plan show local --json >/dev/null
	plan show prod --json >/dev/null
	@touch $@

up: install ## Run the whole system on this machine
	@twin up

down: ## Stop it and remove what it left
	@if test -x .venv/bin/twin; then twin down; else echo "nothing is installed, so nothing runs"; fi

check: install ## The fast part of the tests: lint, types, unit
	@$(MAKE) --no-print-directory --jobs 3 --output-sync lint types web-unit
	@$(MAKE) --no-print-directory unit

lint: .venv/.installed $(WEB_TOOLS)
	ruff check $(PYTHON_SOURCES)
	ruff format --check $(PYTHON_SOURCES)
	npm run check --prefix web --silent

types: .venv/.installed
	mypy

unit: install
	pytest -n 2 -m "not twin and not slow and not prove" -q

web-unit: $(WEB_TOOLS)
	npm test --prefix web --silent

test: install ## Everything: lint, types, unit, and the whole system on this machine
	ruff check $(PYTHON_SOURCES)
	ruff format --check $(PYTHON_SOURCES)
	npm run check --prefix web --silent
	npm test --prefix web --silent
	mypy
	pytest -n 2 -m "not twin and not prove" -q --cov --cov-report= --cov-fail-under=0
	pytest -n 3 --dist loadfile -m "twin and not prove" -q --cov --cov-append --cov-report=term --cov-report=xml

prove: install ## The long experiments in full
	pytest -m prove -q

mutation: install ## Put faults into the program, and list those that no test notices
	python -m tests.mutation --write

docs: .venv/.installed ## Write the pages that follow from the tests: docs/requirements.md and what belongs to it
	python -m tests.requirements

bench: install ## Measure, and write BENCHMARKS.md
	python -m tests.bench

lock: .venv/.installed ## Lock the dependencies anew, after a change in pyproject.toml
	uv lock
	uv export --quiet --only-group layer --frozen --no-emit-project --no-header --output-file lambdas/requirements.txt
	uv lock --project twin/emulator

clean: down ## Remove everything that was installed or built
	rm -rf .venv .build twin/emulator/.venv twin/postgres/node_modules tests/judges/node_modules web/node_modules web/dist
