# `make help` lists the targets. Every path is relative: make cannot hold a space in an absolute one.
PYTHON ?= python3
PORT ?= $(or $(GRANTS_PORT),8000)
WHAT ?=

VENV := .venv
PY := $(VENV)/bin/python
CATALOGUES := $(wildcard grants/translations/*/LC_MESSAGES/*.po)
PIP := $(PY) -m pip install --quiet --quiet --no-input --disable-pip-version-check
COMPILE := $(PY) -m uv pip compile pyproject.toml --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet
BABEL := $(PY) -m babel.messages.frontend

.DEFAULT_GOAL := help
.PHONY: help demo test check bench lock translations

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed $(VENV)/.words ## everything, with demo data, at http://localhost:8000 (PORT=8001 for another port)
	@exec env GRANTS_PORT="$(PORT)" $(PY) -m grants up --demo --with-parent

test: $(VENV)/.developed $(VENV)/.words ## make check and every test, in a real browser where a person would use one
	@exec $(PY) -m tests.run

check: $(VENV)/.developed $(VENV)/.words ## style, types, import law, templates, translations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy --no-error-summary
	@mkdir -p build
	@$(PY) -c "from importlinter.cli import lint_imports_command as run; run()" > build/imports.txt || { cat build/imports.txt; exit 1; }
	@$(PY) -m djlint templates --lint --quiet
	@$(PY) -m tests.translations

bench: $(VENV)/.developed $(VENV)/.words ## measure; WHAT=pages measures one thing
	@exec $(PY) -m tests.bench $(WHAT)

lock: $(VENV)/.developed ## newest versions allowed by pyproject.toml, with their hashes
	@$(PIP) uv
	@$(COMPILE) --upgrade -o config/requirements.txt
	@$(COMPILE) --upgrade --extra dev -c config/requirements.txt -o config/requirements-dev.txt

translations: $(VENV)/.developed ## gather the words, update the catalogues, compile them
	@$(BABEL) --quiet extract -F pyproject.toml --ignore-dirs ".*" -k _l -k N_ -k N_n:1,2 -k js_plural:1,2 --no-location --sort-output --no-wrap -o grants/translations/messages.pot .
	@$(BABEL) --quiet update -i grants/translations/messages.pot -d grants/translations --no-fuzzy-matching --ignore-obsolete --no-wrap
	@$(BABEL) --quiet compile -d grants/translations --statistics

# What is installed, and for which lists: a second start finds these stamps and goes on at once.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed, and %s is %s: make PYTHON=python3.12 ..." % (sys.executable, sys.version.split()[0]))' || { command -v $(PYTHON) > /dev/null || echo "Python 3.11 or later is needed, and there is no $(PYTHON)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment: install its venv module (Debian: apt install python3-venv)."; exit 1; }
	@touch $@

$(VENV)/.installed: config/requirements.txt pyproject.toml | $(VENV)/.python
	@echo "Installing what the product needs (once, a minute or so) ..."
	@$(PIP) --require-hashes -r config/requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.developed: config/requirements-dev.txt pyproject.toml | $(VENV)/.python
	@echo "Installing what the tests need (once, a minute or so) ..."
	@$(PIP) --require-hashes -r config/requirements-dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

$(VENV)/.words: $(CATALOGUES) | $(VENV)/.python
	@if [ -n "$(CATALOGUES)" ]; then $(BABEL) --quiet compile -d grants/translations; fi
	@touch $@
