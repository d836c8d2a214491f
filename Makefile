# The same commands for everybody: a laptop, a CI job, a closed network.
PYTHON := .venv/bin/python
EXECUTOR ?= LocalExecutor
SETTINGS ?=
DRILLS ?=
STACK ?= prod
UPGRADE ?= --upgrade
# Containers often set it, and then each `pulumi up` compiles its libraries again, which takes seconds.
export PYTHONDONTWRITEBYTECODE :=
# Tests with an engine mostly wait for the provider, so there are more workers than cores. Of the long tests
# many run all of Airflow, and three of those at once ran into time-outs.
WORKERS ?= 3
LONG_WORKERS ?= 2
SIDE_BY_SIDE := --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup engine format lint unit test test-long drills drills-due survive shipped mutants image bench up stop down docs lock database-ca clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.done  ## install the Python environment from requirements.lock

.venv/.done: requirements.lock pyproject.toml
	python3 -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt  # with its hashes
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	.venv/bin/uv pip sync --quiet --python $(PYTHON) --require-hashes requirements.lock
	.venv/bin/uv pip install --quiet --offline --python $(PYTHON) --no-deps --no-build-isolation --editable .
	touch $@

engine: setup  ## find the Pulumi engine, or build it
	$(PYTHON) -m embedded_aws.engine

format: setup  ## format the code and apply ruff's safe fixes
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

lint: setup  ## run ruff, the format check and pyright
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright --threads

unit: setup  ## run the tests of the program, its policies, commands and pages, with mocks of Pulumi and AWS
	$(PYTHON) -m pytest -n 2 $(SIDE_BY_SIDE) tests/components tests/program tests/policy tests/cli tests/security tests/user $(wildcard tests/test_*.py)

test: lint  ## run the tests that every change must pass
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m embedded_aws.engine >/dev/null
	$(PYTHON) -m pytest -n $(WORKERS) $(SIDE_BY_SIDE) -m "not long and not drill"

test-long: setup  ## run the long tests: components one by one and in containers, sign-in, teardown, existing infrastructure, CI
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m embedded_aws.engine >/dev/null
	$(PYTHON) -m pytest -n $(LONG_WORKERS) $(SIDE_BY_SIDE) -m "long and not drill"

drills: setup  ## run what takes too long for CI and is due, and write reports (DRILLS="growth nat": these)
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m embedded_aws.engine >/dev/null
	$(PYTHON) -m tests.drills $(DRILLS)

drills-due: setup  ## list the drills whose report is missing, failed or older than what it covers
	@$(PYTHON) -m tests.drills --due

survive: setup  ## run the tests after each change that users make to their files, in copies (FULL=--full: make test, with all changes)
	$(PYTHON) -m tests.survival $(FULL)

shipped: setup  ## take the stack files, DAGs, plugins and packages that are here as those that ship
	$(PYTHON) -m tests.helpers.checkout

mutants: setup  ## measure the policy rules and program tests: change each rendered input, list which check finds it
	$(PYTHON) tests/security/write_mutants.py

image: setup  ## build, push and run the image with a Docker daemon; part of test-long
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m pytest tests/containers

bench: setup  ## measure the image: layers, start, memory, a changed DAG (STACK=dev|prod)
	$(PYTHON) -m local.preflight --tests
	@$(PYTHON) -m tests.containers.figures --stack $(STACK)

up: export AIRFLOW_ECS_SETTINGS = $(value SETTINGS)
up:  ## start or update a cluster on this machine [EXECUTOR=CeleryExecutor] [SETTINGS="KEY=VALUE ..."]
	@python3 -m local up --executor $(EXECUTOR)

stop:  ## end every process of that cluster; make up resumes it with all that it had
	@python3 -m local stop

down:  ## destroy that cluster and stop every process
	@python3 -m local down

docs: setup  ## generate Pulumi.yaml, the pages and figures in docs/ and README, and screenshots if a cluster is running
	$(PYTHON) -m cli.pages.settings_page
	$(PYTHON) tests/program/rewrite_pages.py
	$(PYTHON) tests/embedded_aws/rewrite_conformance.py
	$(PYTHON) -m cli.pages.policy_page
	$(PYTHON) -m cli.pages.monitoring_page
	@if test -f .local/env; then . .local/env && $(PYTHON) -m cli.pages.screenshot --stack local; \
	else echo "docs/screenshots is unchanged: no cluster is running (make up)"; fi

lock: setup  ## lock the newest versions that pyproject.toml and docker/*.in allow (UPGRADE= keeps what still fits)
	.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
		--extra embedded-aws --group dev pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
		tests/security/checkov.in -o tests/security/checkov.lock
	for name in requirements pipeline-requirements builder-requirements; do \
		.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
			docker/$$name.in -o docker/$$name.lock || exit 1; \
	done

database-ca: setup  ## download the certificates of Amazon RDS (FILES="..." uses files, or names compared fingerprints)
	$(PYTHON) docker/ca/refresh.py $(FILES)

clean:  ## delete caches and build output; keeps .venv and the local cluster
	rm -rf .pytest_cache .ruff_cache .hypothesis dist *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -not -path './.local/*' -prune -exec rm -rf {} +
