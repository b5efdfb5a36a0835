# Every target installs what it needs by itself and asks nothing. `make` alone lists them.
SHELL := /bin/bash
VENV := .venv
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python -m
ROUNDS ?= small

.PHONY: help run test test-fast prove bench fuzz lint bundle clean

help:
	@echo "make run        a trial organisation on this computer, with a fictional sample report"
	@echo "make test       every test, with small counts (under 20 minutes)"
	@echo "make test-fast  the tests without a browser, crashes or load (under 2 minutes)"
	@echo "make prove      the same tests as 'make test' with the full counts"
	@echo "make bench      speed and memory, with ratios to a limit or a peer"
	@echo "make fuzz       hostile bytes into every parser, ten minutes each"
	@echo "make lint       ruff, mypy, import-linter"
	@echo "make bundle     build the reporters' pages again"

$(READY): uv.lock pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh run

run: $(READY)
	@$(RUN) aigaq.cli up

test: $(READY)
	@scripts/bootstrap.sh test
	@scripts/test.sh all

test-fast: $(READY)
	@scripts/bootstrap.sh test
	@scripts/test.sh fast

prove: $(READY)
	@scripts/bootstrap.sh test
	@AIGAQ_ROUNDS=full scripts/test.sh all

bench: $(READY)
	@scripts/bootstrap.sh test
	@$(RUN) bench

fuzz: $(READY)
	@scripts/bootstrap.sh test
	@$(RUN) tests.fuzz

lint: $(READY)
	@scripts/bootstrap.sh test
	@scripts/test.sh lint

bundle: $(READY)
	@scripts/bootstrap.sh test
	@scripts/build-bundle.sh

clean:
	rm -rf $(VENV) client/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
