# Everything a developer or an operator types. Each target sets up what it needs, also on a machine that is new.

PORT ?= 8000
JOBS ?= 2
TESTS ?=
UPGRADE ?=

BIN := .venv/bin
FLASK := $(BIN)/flask --app app
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make freeze" $(UPGRADE)

# Links are made from the base URL: another port is another address, unless one is configured.
SELFSERVICE_BASE_URL ?= http://127.0.0.1:$(PORT)

.DEFAULT_GOAL := help
.PHONY: help run test prove lint format types bench freeze clean .runtime .dev

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: export SELFSERVICE_BASE_URL := $(SELFSERVICE_BASE_URL)
run: .runtime ## Serve on http://127.0.0.1:8000, worker inside, with demo data on the first run (PORT=8001 for another port)
	@$(FLASK) db upgrade && $(FLASK) demo --once && exec $(FLASK) serve --port $(PORT)

test: .dev ## Run the tests, on SQLite, on PostgreSQL and in a browser (TESTS=tests/test_config.py for one file)
	@$(BIN)/python -m tests.harness.machine
	@$(BIN)/python -m tests.harness.chromium >/dev/null
	@$(BIN)/python -m pytest -n $(JOBS) $(TESTS)

prove: lint types test ## Run everything that a change has to pass, as CI does, and the tests that take minutes
	@$(BIN)/python -m pytest -n $(JOBS) -m long

lint: .dev ## Check Python with ruff and templates with djlint
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/djlint --lint --quiet templates selfservice examples

format: .dev ## Mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

types: .dev ## Check the types with mypy --strict
	@$(BIN)/mypy --no-error-summary

bench: .dev ## Measure page views, sending and pushes, and look at every type with Lighthouse (needs Node.js 20)
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.lighthouse

freeze: .dev ## Compile the .in files to hashed pins (UPGRADE=--upgrade for the newest versions)
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt

clean: ## Remove what tests and tools made; the database and the keys in instance/ stay
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/artefacts
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

.runtime:
	@sh tools/setup.sh runtime

.dev:
	@sh tools/setup.sh dev
