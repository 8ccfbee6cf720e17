# Everything happens in .venv, which is set up once and again only when pyproject.toml or constraints.txt have changed.
# Paths are relative and programs start as `python -m`, so that a path with a space in it does no harm.

PYTHON ?= python3
VENV := .venv/bin/python
PIP := $(VENV) -m pip --disable-pip-version-check

.PHONY: help demo test test-all lint format bench clean distclean

help:
	@echo 'make demo      train deep networks side by side on digits, and write demo-report/report.html'
	@echo 'make test      the linters, the type checker and the everyday tests'
	@echo 'make test-all  the same with the slow tests'
	@echo 'make lint      the linters and the type checker alone'
	@echo 'make format    put the source in form'
	@echo 'make bench     measure speed against other implementations'
	@echo 'make clean     remove what the tools left; make distclean: .venv too'
	@echo 'Another Python: make demo PYTHON=python3.12'

demo: .venv/.ready
	@$(VENV) -m layerwise compare --output demo-report
	@echo "The report is in $$(pwd)/demo-report/report.html"

test: lint
	$(VENV) -m pytest -q -n 2

test-all: lint
	$(VENV) -m pytest -q -n 2 -m ''

lint: .venv/.ready
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check
	$(VENV) -m mypy
	$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

format: .venv/.ready
	$(VENV) -m ruff check --fix
	$(VENV) -m ruff format

bench: .venv/.bench
	$(VENV) bench/population.py
	$(VENV) bench/initializers.py
	$(VENV) bench/rbm.py

clean:
	rm -rf demo-report build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv

# --- set-up ---

# The stamp holds the folder it was made in: a copied or moved checkout is installed again, from where it is now.
ifeq ($(shell test -x $(VENV) && test "$$(cat .venv/.ready 2>/dev/null)" = "$$(pwd)" && echo yes),)
.PHONY: .venv/.ready
endif

.venv/.ready: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or newer is needed, and "$(PYTHON)" is not one. Install it, or say where it is:' \
	       'make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '"$(PYTHON)" comes without the module venv. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Setting up .venv (once; torch is large, so the first time takes some minutes)'
	@$(PIP) --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(PIP) install --quiet --constraint constraints.txt hatchling
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@pwd > .venv/.ready

.venv/.bench: .venv/.ready
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev,bench]'
	@touch .venv/.bench
