# Everything a developer does, by name; CI calls the same targets. `make help` lists them.
# ARGS is handed on: `make run ARGS="--port 9000"`, `make test ARGS="tests/unit -k cursor"`.

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages-installed
PROJECT := $(VENV)/.project-installed
PROFILER := $(VENV)/.profiler-installed
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

# One mongod runs for each test process, so a machine with many cores is not filled with them. Neighbours, which may
# share servers, are handed out together, but no more of them than would leave other processes without work in the end.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --maxschedchunk 50

# Runs the Postman collection in a test, where there is a Node.js.
NEWMAN := tests/integration/postman/node_modules/.package-lock.json

# Checks the workflows, and what API Gateway imports, in tests, where there is a Node.js.
DEPLOYMENT_CHECKS := tests/deploy/node/node_modules/.package-lock.json

# The browser app is built and tested where there is a Node.js that can (Vite's bounds: 20.19, or 22.12 and later).
WEB_PACKAGES := web/node_modules/.package-lock.json
WEB_BUILD := web/dist/index.html
WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts
NODE := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null && echo found)

# Where a machine says so (images of containers often do), each of the hundreds of processes that tests start would
# compile the whole service anew, which takes a quarter of its start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run gateway split gateway-test test test-web e2e test-pymongo test-split test-sharded sharded-cluster coverage promise lint \
	lint-web format types web client bench outbox-bench speed-web profile openapi \
	image image-test lock clean need-node
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(PROJECT) ## Make the virtual environment with the pinned packages

# start COMMAND: with the browser app, where there is a Node.js that can build it.
start = @$(if $(NODE),,echo "Without the browser app: it needs Node.js 20.19, or 22.12 and later" >&2;) \
	TASKFLEET_WEB_DIST="$${TASKFLEET_WEB_DIST-$(if $(NODE),$(CURDIR)/web/dist)}" exec $(BIN)/taskfleet $(1) $(ARGS)

run: $(PROJECT) $(if $(NODE),$(WEB_BUILD)) ## Start everything on this machine: MongoDB, the cache, the API and the browser app (Ctrl-C stops it)
	$(call start,local)

gateway: $(PROJECT) $(if $(NODE),$(WEB_BUILD)) ## Start everything behind a real Nginx: two API processes, https (Ctrl-C stops it; needs nginx)
	$(call start,gateway)

split: $(PROJECT) $(if $(NODE),$(WEB_BUILD)) ## The same with the three services auth, tasks and notifications in place of two processes alike
	$(call start,gateway --split)

image: ## Build the images taskfleet and taskfleet-gateway (with docker, podman or buildah; ENGINE names one)
	docker/build-images $(ARGS)

image-test: $(PROJECT) ## Build both images on a base made here, and run them (as root; needs buildah, debootstrap; about 10 minutes)
	IMAGE_TEST=yes $(BIN)/python -m pytest -v -o faulthandler_timeout=3600 tests/deploy/image $(ARGS)

# With ARGS, which choose some of the service's, those of the browser app are left out.
test: $(PROJECT) $(if $(NODE),$(NEWMAN) $(DEPLOYMENT_CHECKS) $(if $(ARGS),,test-web)) ## Run all tests (on real servers, started for them)
	$(PYTEST) $(ARGS)

test-web: $(WEB_PACKAGES) ## Run the tests of the browser app
	npm --prefix web test

e2e: $(PROJECT) $(WEB_BUILD) ## Drive a real browser through the app (SHAPE=split: before three services; CHROMIUM names one)
	SHAPE="$(or $(SHAPE),whole)" npm --prefix web run e2e -- $(ARGS)

test-pymongo: $(PROJECT) $(if $(NODE),$(NEWMAN)) ## Run the tests on PyMongo Async instead of Motor, without those of the deployment
	TASKFLEET_TEST_MONGO_DRIVER=pymongo $(PYTEST) --ignore=tests/deploy $(ARGS)

# Those that do no more than call the API; a few that look into the process are left out.
CALLING_THE_API := admin calendar common_tasks tasks tokens \
	$(addprefix notifications/,test_choosing.py test_reading_notices.py mail/test_unsubscribing.py push/test_subscribing.py)

test-split: $(PROJECT) ## Run the tests of the API against auth, tasks and notifications apart
	TASKFLEET_TEST_SHAPE=split $(PYTEST) $(or $(ARGS),$(addprefix tests/integration/,$(CALLING_THE_API)))

# In one process: all tests share the cluster, and count what it commits.
test-sharded: $(PROJECT) ## Run the routing tests on the sharded cluster of TASKFLEET_TEST_SHARDED_URL
	@test -n "$$TASKFLEET_TEST_SHARDED_URL" || \
		{ echo "TASKFLEET_TEST_SHARDED_URL has to name a mongos; make sharded-cluster starts one" >&2; exit 1; }
	$(BIN)/python -m pytest tests/sharded $(ARGS)

sharded-cluster: ## Start two shards and a mongos for them (needs docker compose; MONGO_VERSION names a version)
	docker compose --file tests/sharded/compose.yml up --detach
	docker compose --file tests/sharded/compose.yml run --rm init

coverage: $(PROJECT) $(if $(NODE),$(NEWMAN) $(DEPLOYMENT_CHECKS)) ## Run all tests and fail below 90 % branch coverage
	$(PYTEST) --cov --cov-report=term --cov-fail-under=90 $(ARGS)

promise: $(PROJECT) ## Look for stale reads under every fault, 100,000 a case (takes half an hour)
	$(BIN)/python -m tests.faults.promise $(ARGS)

lint: types $(if $(NODE),lint-web) ## Check style, types and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-web: $(WEB_PACKAGES) ## Check the browser app, and that its client is that of the API
	npm --prefix web run check
	@generated=$$(mktemp -d) && trap 'rm -r "$$generated"' EXIT && cp -r web/src/api/generated "$$generated" && \
		npm --prefix web run --silent client >/dev/null && diff -r web/src/api/generated "$$generated/generated" || \
		{ echo "The client of the browser app was not that of docs/openapi.json; it is now" >&2; exit 1; }

web: $(WEB_BUILD) ## Build the browser app into web/dist

client: $(WEB_PACKAGES) ## Write the browser app's client anew, from docs/openapi.json
	npm --prefix web run client

format: $(PROJECT) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(PROJECT) ## Check the types
	$(BIN)/mypy

bench: $(PROJECT) ## Measure against a bare ASGI app and an Express service (needs wrk; 15 minutes)
	@$(BIN)/python -m bench $(ARGS)

gateway-test: $(PROJECT) ## Measure the gateway: rolling restarts, kills, slow clients, added time (needs nginx; 6 minutes)
	@$(BIN)/python -m bench.gateway $(ARGS)

outbox-bench: $(PROJECT) ## Measure how late reminders are told while a million wait (4 minutes)
	@$(BIN)/python -m bench.outbox $(ARGS)

speed-web: $(PROJECT) $(WEB_BUILD) ## Measure how quick the browser app is (ARGS="--runs 3 --write-readme")
	npm --prefix web run speed -- $(ARGS)

profile: $(PROJECT) $(PROFILER) ## Draw a flame graph of one worker (ARGS="--scenario create")
	@$(BIN)/python -m bench.flame_graph $(ARGS)

openapi: $(PROJECT) ## Write docs/openapi.json, the Postman collection and the browser app's client
	@$(BIN)/taskfleet openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
	@$(BIN)/taskfleet openapi --postman > docs/postman.new && mv docs/postman.new docs/postman_collection.json
	@$(if $(NODE),$(MAKE) --no-print-directory client)

lock: ## Pin the packages anew (needs uv); ARGS=--upgrade takes the newest ones
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile $(LOCK_OPTIONS) $(ARGS) pyproject.toml -o requirements/production.lock
	uv pip compile $(LOCK_OPTIONS) $(ARGS) --extra local --extra dev -c requirements/production.lock \
		pyproject.toml -o requirements/development.lock
	uv pip compile $(LOCK_OPTIONS) $(ARGS) --group profile -o requirements/profile.lock

clean: ## Remove the virtual environment and all caches; the data in .data stay
	rm -rf $(VENV) web/node_modules web/dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

need-node:
	@$(if $(NODE),,echo "The browser app needs Node.js 20.19, or 22.12 and later" >&2; exit 1)

$(WEB_PACKAGES): web/package-lock.json web/package.json | need-node
	npm --prefix web ci
	@touch $@

$(NEWMAN): tests/integration/postman/package-lock.json | need-node
	npm --prefix tests/integration/postman ci
	@touch $@

$(DEPLOYMENT_CHECKS): tests/deploy/node/package-lock.json | need-node
	npm --prefix tests/deploy/node ci
	@touch $@

$(WEB_BUILD): $(WEB_PACKAGES) $(WEB_SOURCES)
	npm --prefix web run build

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
