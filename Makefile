# Everything a developer or an operator types. Each target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.PHONY: install demo test lint unit postgresql crash torture e2e bench clean

PY := .venv/bin/python
BUILT := src/narvaro/web/static/built
export NARVARO_TEST_HOME := $(CURDIR)/build/test-home
unexport PYTHONDONTWRITEBYTECODE  # dozens of processes start in the tests

install: .venv/.installed $(BUILT)/.built src/narvaro/locale/sv/LC_MESSAGES/django.mo

.venv/.installed: requirements.lock pyproject.toml
	scripts/prerequisites
	test -x $(PY) || "$$(scripts/prerequisites --python)" -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

node_modules/.installed: package.json package-lock.json
	scripts/prerequisites
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(BUILT)/.built: node_modules/.installed scripts/build-frontend.mjs $(wildcard src/narvaro/web/frontend/*)
	npm run --silent build
	touch $@

src/narvaro/locale/sv/LC_MESSAGES/django.mo: src/narvaro/locale/sv/LC_MESSAGES/django.po .venv/.installed
	$(PY) scripts/messages.py compile

# A made-up town, everything running, a night being played. Options: make demo ARGS="--speed 4"
demo: install
	exec .venv/bin/narvaro demo $(ARGS)

test: install
	scripts/services start
	$(MAKE) --no-print-directory lint unit postgresql crash e2e

lint: install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	NARVARO_HOME=$(NARVARO_TEST_HOME) $(PY) -m mypy
	.venv/bin/lint-imports --no-cache
	NARVARO_HOME=$(NARVARO_TEST_HOME) .venv/bin/django-admin makemigrations --check --dry-run --settings tests.settings --pythonpath .
	$(PY) scripts/messages.py check
	npm run --silent check
	npm test --silent

# The kernels are compiled first: the suite's minute counts from there. The tables are made from the
# models here, through the migrations (which are held against the models by lint) on PostgreSQL.
unit: install
	NARVARO_HOME=$(NARVARO_TEST_HOME) .venv/bin/narvaro warm
	$(PY) -m pytest -q -n 3 --no-migrations \
	  -m "not e2e and not crash and not slow" --durations=5

postgresql: install
	scripts/services run-on-postgresql $(PY) -m pytest -q -n 2 --only-database \
	  -m "not e2e and not crash and not slow"

crash: install
	$(PY) -m pytest -q -n 2 --no-migrations -m "slow or crash" --durations=5

# The long form of the tests of durability: kills, bad disks, power cuts, mutated frames, a crowd.
torture: install .venv/.torture
	$(PY) -m tests.intake.torture all

e2e: install
	scripts/services chromium-or-say-so
	$(PY) -m pytest -q -m e2e tests/e2e

# atheris, which fuzzes the decoder (tests/intake/fuzzed_frames.py), stands in a lock of its own. Where
# it has no wheel the other parts run all the same, and its own says that it was left out, and fails.
.venv/.torture: .venv/.installed requirements-torture.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-torture.lock || exit 0
	touch $@

# The peers that benchmarks measure beside stand in a lock of their own.
.venv/.bench: .venv/.installed requirements-bench.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	touch $@

# Risk, patrol, roads and choice need the data folder beside the checkout, and say so where it is missing.
bench: install .venv/.bench
	$(PY) -m benchmarks.intake --json
	$(PY) -m benchmarks.first_light --json
	$(PY) -m benchmarks.beside_import --json
	$(PY) -m benchmarks.risk --json
	$(PY) -m benchmarks.patrol --json
	$(PY) -m benchmarks.roads --json
	$(PY) -m benchmarks.choice --json
	$(PY) -m benchmarks.replay --json

clean:
	rm -rf build .venv node_modules $(BUILT) var
