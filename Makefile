# make        set up, run the demo study, build the site and the paper
# make test   set up and run every test
# make lab    open JupyterLab with the project's kernel
PYTHON ?= python3
STUDY ?= demo
WORKERS ?= 2
TEST_WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPENDIUM := $(BIN)/compendium
# Byte-compiled once at set-up: without it every start imports three times slower.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all setup run site test lint lab lock clean notebooks

all: run site

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "needs Python 3.11 or newer; set PYTHON=python3.11, for example")'
	@echo "Setting up $(VENV): about 200 packages, one to three minutes the first time ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -m pip check
	@touch $@

run: $(READY)
	@$(COMPENDIUM) run $(STUDY) -n $(WORKERS)

site: $(READY)
	@$(COMPENDIUM) site $(STUDY)

lab: $(READY)
	@$(COMPENDIUM) lab

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q src tests benchmarks
	@$(BIN)/mypy

test: $(READY) lint
	@bash tests/prepare.sh
	@$(BIN)/python -m pytest -q -n $(TEST_WORKERS) --dist loadfile

# The executed demo notebooks that are committed; run after changing a notebook or an analysis.
notebooks: $(READY)
	@$(COMPENDIUM) run demo -n $(WORKERS) --update-notebooks

# Needs uv; writes hashes only, no addresses.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --all-extras --no-header --no-annotate -q -o requirements.lock pyproject.toml

clean:
	rm -rf results _site .quarto
