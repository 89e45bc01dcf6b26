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
	@echo 'make screenshots   pictures of every page, into .browser/screenshots'
	@echo 'make words         read the sentences of the console into its catalogues (bot/console/locale)'
	@echo 'make fuzz          100,000 bad inputs for each parser of outside bytes (hours)'
	@echo 'make pins          pin every package with its digests, after a change of requirements*.in'
	@echo 'make audit         known holes of what is pinned (asks PyPI); make static: bandit'
	@echo 'make sbom          the list of parts, CycloneDX'
	@echo 'make soak          the long tests: kills and faults by the thousand, a day of traffic; into docs/reliability.md'
	@echo 'make bench         measurements'
	@echo 'make upgrade       bring the database to this version, saved first'

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

setup-browser: setup-dev
	@$(PY) tests/browser/setup_browser.py

test-browser: setup-browser
	@$(PY) -m pytest -n 2 --dist loadfile tests/browser

screenshots: setup-browser
	@$(PY) -m pytest tests/browser/test_walk.py --shots .browser/screenshots
	@echo 'The screenshots are in .browser/screenshots.'

words: setup-dev
	@$(PY) -m babel.messages.frontend -q extract -F babel.cfg -k noted -k _ --no-wrap --sort-output --add-location=file --project=Homeward --version=1 -o bot/console/locale/console.pot bot/console
	@$(PY) -m babel.messages.frontend -q update -D console -i bot/console/locale/console.pot -d bot/console/locale --no-wrap --no-fuzzy-matching --ignore-obsolete
	@$(PY) -m babel.messages.frontend -q extract -F told.cfg --no-wrap --sort-output --add-location=file --project=Homeward --version=1 -o bot/console/locale/told.pot .
	@$(PY) -m babel.messages.frontend -q update -D told -i bot/console/locale/told.pot -d bot/console/locale --no-wrap --no-fuzzy-matching --ignore-obsolete

fuzz: setup-dev
	@$(PY) -m tests.fuzz --keep $(FUZZ)

pins audit static: setup-dev
	@$(PY) deploy/supply.py $@

sbom: setup
	@$(PY) deploy/supply.py sbom

soak: setup-dev
	@HOMEWARD_RELIABILITY=$${HOMEWARD_RELIABILITY-docs/reliability.md} $(PY) -m pytest -m 'soak or servers' tests/chaos tests/soak
	@$(PY) -m pytest -m soak tests --ignore=tests/chaos --ignore=tests/soak

upgrade: setup
	@$(PY) run_bot.py upgrade

bench: setup-dev
	@set -e; for file in benchmarks/*.py; do \
	  if [ -e "$$file" ]; then echo "$$file"; $(PY) "$$file"; else echo 'There are no benchmarks yet.'; fi; done

.PHONY: help setup setup-dev setup-servers setup-browser run lint test test-servers test-browser screenshots words fuzz pins audit static sbom soak bench upgrade
