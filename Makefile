# Two commands do everything on a fresh Debian 12+ / Ubuntu 24.04+ machine: `make run` and `make test`.
VENV ?= .venv
PY := $(VENV)/bin/python
export VENV
# Tests run on one process more than there are cores, for each waits a fifth of its time for browsers, servers and children; on four at the
# most, and on no more than memory has room for: each has a PostgreSQL server and a browser of its own.
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
ROOM := $(shell awk '/^MemAvailable/ {print int($$2 / 2000000)}' /proc/meminfo 2>/dev/null || echo 4)
WORKERS ?= $(shell n=$$(($(CORES) + 1)); for most in 4 $(ROOM); do [ $$n -gt $$most ] && n=$$most; done; [ $(CORES) -lt 2 ] || [ $$n -lt 2 ] && echo 0 || echo $$n)
# Tests start the program in many processes: what Python made of its source is kept, whatever the machine is used to.
TESTS = env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --databases $(DATABASES)
# A test of the services runs on SQLite or on PostgreSQL, what works side by side on both; `DATABASES=both`: every one on both.
DATABASES ?= shared
export PYTHONWARNINGS ?= default

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test test-only sure format lint types imports clauses bench soak demo lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup:
	@tools/setup.sh run

setup-test:
	@tools/setup.sh test

run: setup ## set up what is missing, serve on http://127.0.0.1:8000 and run the background tasks
	@exec $(PY) -m app run

demo: setup ## draft the demonstration contract into out/demo
	@$(PY) -m app demo

test: setup-test ## set up what is missing and run every test
	@$(TESTS)

sure: setup-test ## format, lint, types, import floors, clause checks, tests
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m app clauses check
	@$(TESTS)

format: setup-test ## write the house format
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup-test ## measure speed and memory; writes docs/benchmarks.md
	@$(PY) -m bench

soak: DATABASES = both
soak: setup-test ## every service on both databases, then long fault runs; prints its seeds
	@$(TESTS) tests/services tests/store
	@$(PY) -m pytest -m soak -s

lock: export PYTHONWARNINGS = ignore
lock: setup-test ## compile the pinned requirements
	@$(VENV)/bin/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe requirements.in -o requirements.txt
	@$(VENV)/bin/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe requirements-dev.in -o requirements-dev.txt

clean: ## remove what set-up and runs made (never the data under var/)
	@rm -rf $(VENV) node_modules app/web/static/vendor out .mypy_cache .ruff_cache .pytest_cache .hypothesis
