# Everything a developer does, by name; CI calls the same targets. `make help` lists them.
# ARGS is handed on: `make run ARGS="--port 9000"`, `make test ARGS="tests/unit -k cursor"`.

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages-installed
PROJECT := $(VENV)/.project-installed
PROFILER := $(VENV)/.profiler-installed
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

# One mongod runs for each test process, so a machine with many cores is not filled with them. Tests that share servers
# which are dear to start (`xdist_group`) run in one of the processes.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help setup run test test-pymongo coverage promise lint format types bench profile openapi lock clean
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(PROJECT) ## Make the virtual environment with the pinned packages

run: $(PROJECT) ## Start everything on this machine: MongoDB, the cache and the API (Ctrl-C stops it)
	@exec $(BIN)/taskfleet local $(ARGS)

test: $(PROJECT) ## Run all tests (on real servers, started for them)
	$(PYTEST) $(ARGS)

test-pymongo: $(PROJECT) ## Run all tests on PyMongo Async instead of Motor
	TASKFLEET_TEST_MONGO_DRIVER=pymongo $(PYTEST) $(ARGS)

coverage: $(PROJECT) ## Run all tests and fail below 90 % branch coverage
	$(PYTEST) --cov --cov-report=term --cov-fail-under=90 $(ARGS)

promise: $(PROJECT) ## Look for stale reads under every fault, 100,000 a case (takes half an hour)
	$(BIN)/python -m tests.faults.promise $(ARGS)

lint: types ## Check style, types and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(PROJECT) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(PROJECT) ## Check the types
	$(BIN)/mypy

bench: $(PROJECT) ## Measure against a bare ASGI app and an Express service (needs wrk; 15 minutes)
	@$(BIN)/python -m bench $(ARGS)

profile: $(PROJECT) $(PROFILER) ## Draw a flame graph of one worker (ARGS="--scenario create")
	@$(BIN)/python -m bench.flame_graph $(ARGS)

openapi: $(PROJECT) ## Write the OpenAPI description to docs/openapi.json
	@$(BIN)/taskfleet openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

lock: ## Pin the packages anew (needs uv); ARGS=--upgrade takes the newest ones
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile $(LOCK_OPTIONS) $(ARGS) pyproject.toml -o requirements/production.lock
	uv pip compile $(LOCK_OPTIONS) $(ARGS) --extra local --extra dev -c requirements/production.lock \
		pyproject.toml -o requirements/development.lock
	uv pip compile $(LOCK_OPTIONS) $(ARGS) --group profile -o requirements/profile.lock

clean: ## Remove the virtual environment and all caches; the data in .data stay
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# PYTHON names an interpreter; otherwise the first one in the supported range is taken.
$(PACKAGES): requirements/development.lock
	@python=; for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
		if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; \
		then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Taskfleet needs Python 3.11 to 3.14 and found none; make PYTHON=/path/to/python3 names one" >&2; exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$python --version)"; \
	$$python -m venv --clear $(VENV)
# The lock is complete: resolving again would make pip look at newer releases, for which the lock has no hashes.
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r $<
	@touch $@

$(PROFILER): requirements/profile.lock $(PACKAGES)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r $<
	@touch $@

$(PROJECT): $(PACKAGES) pyproject.toml
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-build-isolation --no-deps --editable .
	@touch $@
