# The commands of Homeward. Works with make 3.81 and later; needs sh and Python 3.11 or newer.
# Another Python:  make PYTHON=/path/to/python3.12 run

PYTHON = python3
PY = .venv/bin/python

help:
	@echo 'make run           set up what is missing, start Homeward, print the address of the console'
	@echo 'make test          set up and run every check and test (under five minutes)'
	@echo 'make setup         only set up: .venv and the packages'
	@echo 'make lint          only ruff, mypy and the import rules'
	@echo 'make test-servers  set up servers and test against them (once some minutes)'
	@echo 'make test-browser  tests of the console in a real browser'
	@echo 'make soak          the long tests: kills and faults by the thousand'
	@echo 'make bench         measurements'

# One line for each step; its output only if it fails.
define step
@printf '%-22s' '$(1)'; if said=`$(2) 2>&1`; then echo ok; else echo FAILED; printf '%s\n' "$$said"; exit 1; fi
endef

# Runs a Python, after saying so clearly if there is none.
define with_python
@command -v $(PYTHON) >/dev/null 2>&1 || { echo 'Homeward needs Python 3.11 or newer, and there is no $(PYTHON).'; exit 1; }
@$(PYTHON) setup_env.py
endef

setup:
	$(with_python)

setup-dev:
	$(with_python) --dev

run: setup
	@exec $(PY) run_bot.py run

lint: setup-dev
	$(call step,ruff check,$(PY) -m ruff check .)
	$(call step,ruff format,$(PY) -m ruff format --check .)
	$(call step,mypy,$(PY) -m mypy)
	$(call step,import rules,$(PY) -c 'from importlinter.cli import lint_imports_command as run; run()')

test: lint
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not soak and not servers' --ignore=tests/servers --ignore=tests/browser

setup-servers: setup-dev
	@$(PY) tests/servers/setup_servers.py

test-servers: setup-servers
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'servers and not soak' --ignore=tests/servers tests
	@$(PY) -m pytest tests/servers

test-browser: setup-dev
	@if ls tests/browser/test_*.py >/dev/null 2>&1; then $(PY) -m pytest tests/browser; \
	else echo 'There are no browser tests yet.'; fi

soak: setup-dev
	@$(PY) -m pytest -m soak tests

bench: setup-dev
	@set -e; for file in benchmarks/*.py; do \
	  if [ -e "$$file" ]; then echo "$$file"; $(PY) "$$file"; else echo 'There are no benchmarks yet.'; fi; done

.PHONY: help setup setup-dev setup-servers run lint test test-servers test-browser soak bench
