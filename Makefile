PYTHON ?= python3
PORT ?= 8501
HEADLESS ?= 0
WORKERS ?= 2
ARGS ?=

# Streamlit does not start for a user without a home folder.
ifndef HOME
export HOME := $(shell mktemp -d)
endif

VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
UV_VERSION := 0.13.9

.PHONY: help install run serve test lint format lock zoo clean
# A step that fails half-way must not count as done.
.DELETE_ON_ERROR:

help:
	@echo "make install   fill .venv (PYTHON=python3.12 chooses the interpreter)"
	@echo "make run       open the app (PORT=8599 the port, HEADLESS=1 without a browser)"
	@echo "make serve     several servers behind one port (WORKERS=4 how many, PORT=8599 the port)"
	@echo "make test      run the tests (ARGS='-k noise' goes to pytest)"
	@echo "make lint      ruff, pyright, import-linter"
	@echo "make format    let ruff rewrite the code"
	@echo "make lock      recompile the pins after editing a .in file (UPGRADE=1 moves all to newest)"
	@echo "make zoo       train the shipped models again"
	@echo "make clean     remove .venv and all caches"

install: $(VENV)/.installed

run: $(VENV)/.installed
	$(PY) -m streamlit run server.py --server.port $(PORT) \
		$(if $(filter-out 0,$(HEADLESS)),--server.headless true)

serve: $(VENV)/.installed
	ICL_SERVERS='$(WORKERS)' $(PY) -m replicas --port '$(PORT)'

test: $(VENV)/.installed-dev
	$(PY) -m pytest $(ARGS)

lint: $(VENV)/.installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright
	$(VENV)/bin/lint-imports

format: $(VENV)/.installed-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

zoo: $(VENV)/.installed
	$(PY) -m icl_core zoo build

# The header is left out because uv writes its command line there, machine paths included.
UV_COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy requires-python --no-header --annotation-style line $(if $(UPGRADE),--upgrade)

# uv comes on its own and not from requirements-dev.txt, so that a broken lock can be recompiled.
lock: $(VENV)/pyvenv.cfg
	$(PIP_INSTALL) uv==$(UV_VERSION)
	$(UV_COMPILE) requirements.in --output-file requirements.txt
	$(UV_COMPILE) requirements-dev.in --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps make a repeated `make run` start at once: pip runs only after a change of pins.
$(VENV)/.installed: requirements.txt $(VENV)/pyvenv.cfg
	@echo "Installing into $(VENV): some minutes the first time."
	$(PIP_INSTALL) --requirement requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP_INSTALL) --requirement requirements-dev.txt
	@touch $@

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
		"'$(PYTHON)' is missing or older than Python 3.11: install a newer one" \
		"and name it, as in 'make $(or $(MAKECMDGOALS),install) PYTHON=python3.12'." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
