PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.from-lock

# The tests start some hundred processes of ours: they are compiled once, not anew in each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test pytest soak lint lock

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: $(STAMP)  ## the virtual environment .venv, from the lock file

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: setup  ## a simulated school through the whole pipe, with its page
	$(BIN)/campus demo

test: setup  ## every law and every border, small, while types and style are checked
	$(MAKE) --no-print-directory --jobs 2 pytest lint

# Many tests wait for a process most of their time: four run at a time, also on two cores.
pytest: setup
	$(BIN)/pytest --numprocesses 4 --dist worksteal

soak: setup  ## the same tests at full size
	CAMPUS_TEST_SIZE=full $(BIN)/pytest --timeout 7200

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock:  ## resolve requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --generate-hashes \
	    --no-emit-index-url --no-annotate --no-header --output-file requirements.lock
