# The same commands for everybody: a laptop, a CI job, a closed network.
PYTHON := .venv/bin/python
EXECUTOR ?= LocalExecutor
SETTINGS ?=
STACK ?= prod
UPGRADE ?= --upgrade
# Containers often set it, and then each `pulumi up` compiles its libraries anew: seconds of each.
export PYTHONDONTWRITEBYTECODE :=
# Most of the time of tests with an engine is the provider's waiting, so more than there are cores.
WORKERS ?= 3
SIDE_BY_SIDE := --dist loadscope --no-loadscope-reorder

.PHONY: setup engine lint unit test test-long mutants image bench up down docs lock database-ca

setup: .venv/.done  ## the Python environment, from requirements.lock

.venv/.done: requirements.lock
	python3 -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt  # with its hashes
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	.venv/bin/uv pip sync --quiet --python $(PYTHON) --require-hashes requirements.lock
	ln -sf ../../airflow-ecs .venv/bin/airflow-ecs
	touch $@

engine: setup  ## find the Pulumi engine, or build it
	$(PYTHON) -m embedded_aws.engine

lint: setup  ## ruff, formatting, pyright
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright --threads

unit: setup  ## tests that need no engine and no server
	$(PYTHON) -m pytest -n 2 $(SIDE_BY_SIDE) tests/unit tests/components tests/program tests/policy tests/operations tests/security tests/test_layout.py tests/test_vocabulary.py

test: lint  ## what each change must pass
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m embedded_aws.engine >/dev/null
	$(PYTHON) -m pytest -n $(WORKERS) $(SIDE_BY_SIDE) -m "not long"

test-long: setup  ## the rest: roles one by one and in containers, sign-in, teardown, a company's account, CI's commands
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m embedded_aws.engine >/dev/null
	$(PYTHON) -m pytest -n $(WORKERS) $(SIDE_BY_SIDE) -m long

mutants: setup  ## how much the rules and tests of rendered stacks hold: each input changed, and who finds it
	$(PYTHON) tests/security/write_mutants.py

image: setup  ## build, push and run the image with a Docker daemon; part of test-long
	$(PYTHON) -m local.preflight --tests
	$(PYTHON) -m pytest tests/containers

bench: setup  ## measure the image: layers, start, memory, a changed DAG (STACK=dev|prod)
	$(PYTHON) -m local.preflight --tests
	@$(PYTHON) -m tests.containers.figures --stack $(STACK)

up:  ## a cluster on this machine: make up [EXECUTOR=CeleryExecutor] [SETTINGS="KEY=VALUE ..."]
	python3 -m local up --executor $(EXECUTOR) $(addprefix --set ,$(SETTINGS))

down:  ## destroy it, and end every process
	python3 -m local down

docs: setup  ## what is generated: Pulumi.yaml, configuration, cost, policy, the README's figures and, from a cluster that runs, docs/screenshots
	$(PYTHON) -m operations.write_settings
	$(PYTHON) tests/program/rewrite_pages.py
	$(PYTHON) -m operations.policy_page
	@if test -f .local/env; then . .local/env && $(PYTHON) -m operations.screenshot --stack local; \
	else echo "docs/screenshots stays as it is: no cluster runs here (make up)"; fi

lock: setup  ## the newest versions that pyproject.toml and docker/*.in allow (UPGRADE= keeps what fits)
	.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
		tests/security/checkov.in -o tests/security/checkov.lock
	for name in requirements pipeline-requirements builder-requirements; do \
		.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
			docker/$$name.in -o docker/$$name.lock || exit 1; \
	done

database-ca: setup  ## the certificates of Amazon RDS, from AWS (FILES="..." from files that came another way)
	$(PYTHON) docker/ca/refresh.py $(FILES)
