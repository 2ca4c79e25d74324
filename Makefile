# Set-up and checks. `make demo` and `make test` need Python 3.11+ and nothing else; both set themselves up in .venv on first use.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# Where `make demo` keeps what it makes, and what `make test` hands to pytest: make test TESTS="tests/rules -x"
DEMO ?=
TESTS ?=
BENCH ?=

# The lock decides what is installed, whatever pip has been told elsewhere. A mirror (PIP_INDEX_URL, PIP_CERT, PIP_NO_INDEX with
# PIP_FIND_LINKS) is only another place to take the same bytes from, so it stays.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP VIRTUAL_ENV
unexport PIP_BUILD_CONSTRAINT PIP_CONSTRAINT PIP_DRY_RUN PIP_EDITABLE PIP_IGNORE_INSTALLED PIP_NO_BINARY PIP_NO_DEPS PIP_ONLY_BINARY
unexport PIP_PLATFORM PIP_PRE PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_REQUIREMENT PIP_ROOT PIP_TARGET PIP_USER PIP_PYTHON
ifndef PIP_NO_INDEX
unexport PIP_FIND_LINKS
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

PIP := $(BIN)/python -m pip install --quiet
LOCKED := $(PIP) --require-hashes --only-binary :all: --no-compile --requirement
OURSELVES := $(PIP) --no-index --no-deps --no-build-isolation --editable .

.PHONY: help setup demo test check lint format types imports bench lock wheel clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.stamp-runtime ## replay the reference incident in small, from logs to alarm, and write the report
	@$(BIN)/nilometer demo $(DEMO)

test: check $(VENV)/.stamp-dev ## every check, then the test suite
	@$(BIN)/python -m pytest $(TESTS)

setup: $(VENV)/.stamp-dev ## .venv with everything that development needs

check: lint types imports ## lint, types and imports

lint: $(VENV)/.stamp-dev ## style, by ruff
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Some files are not formatted; make format does it." >&2; exit 1; }

format: $(VENV)/.stamp-dev ## rewrite the files in the one style
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

types: $(VENV)/.stamp-dev ## types, by mypy --strict
	@$(BIN)/mypy --no-error-summary

imports: $(VENV)/.stamp-dev ## who may import whom, by import-linter
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { printf '%s\n' "$$said"; exit 1; }

bench: $(VENV)/.stamp-dev ## figures, as ratios against plain DuckDB in the same run
	@$(BIN)/python -m bench $(BENCH)

wheel: $(VENV)/.stamp-dev ## the wheel, in dist/
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean: ## remove what make made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A stamp is newer than what it was made from, or its step runs again; a step that runs again changes nothing that fits.

$(VENV)/.stamp-venv:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "Nilometer needs Python 3.11 or newer; there is no '$(PYTHON)' here. Install it (Debian, Ubuntu: apt-get install python3 python3-venv)," >&2; \
	  echo "or name another: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Nilometer needs Python 3.11 or newer; '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1). Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip; ensurepip.version()' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments: its ensurepip is missing. Debian and Ubuntu keep it apart:" >&2; \
	  echo "  apt-get install python$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv" >&2; \
	  echo "then try again, or name a Python that has it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; half a minute to a minute) ..."
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.stamp-runtime: $(VENV)/.stamp-venv requirements.lock pyproject.toml
	@$(LOCKED) requirements.lock
	@$(OURSELVES)
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-runtime requirements-dev.lock
	@$(LOCKED) requirements-dev.lock --no-binary cpe --no-build-isolation
	@touch $@

# The lock: one version of each dependency for every platform and Python, with the hashes of all its files and no address in it.

UV := 0.13.9
COMPILE := $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
  --no-header --no-emit-index-url --no-emit-find-links --upgrade

lock: ## choose the newest versions anew and write both lock files
	@"$(PYTHON)" -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet uv==$(UV)
	@$(COMPILE) pyproject.toml --group build --output-file requirements.lock
	@$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@rm -rf $(VENV)-lock
