# Triptych's commands. A bare machine needs nothing but GNU make (3.81 or later) and a Python of
# 3.11 to 3.13 that can make virtual environments: every target does its own set-up.
#
#   make VENV=.venv-3.13 PYTHON=python3.13 test     another environment, another Python
#   make LOCKED=no setup                            the newest allowed packages, not the pinned ones
#   make test ARGS="-k budget -x"                   arguments for pytest
#   make run TASK="…"                               your own request

.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV = .venv
PYTHON =
LOCKED = yes
ARGS =
QUICK = tests/test_decide.py tests/graph tests/prompts tests/workspace tests/testing

BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/.ready-$(LOCKED)
INSPECT = build/inspect
INSPECT_VERSION = 0.3.285
INSPECT_READY := $(INSPECT)/.ready-$(INSPECT_VERSION)
PIP := $(PY) -m pip --disable-pip-version-check --quiet

# Whatever is set outside, the targets below are local and alike: no hosted model, no traces sent
# away, no prompts or packages of another project.
unexport NVIDIA_API_KEY NVIDIA_BASE_URL TRIPTYCH_PROMPTS
unexport LANGSMITH_TRACING LANGSMITH_TRACING_V2 LANGCHAIN_TRACING LANGCHAIN_TRACING_V2
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME

define DEFAULT_TASK
Write a Python function to_roman(number) that turns a whole number from 1 to 3999 into a Roman numeral.

>>> to_roman(4)
'IV'
>>> to_roman(1994)
'MCMXCIV'
endef
TASK = $(DEFAULT_TASK)

# The request goes to the shell by way of the environment and as it was typed, so that quotes, `$`
# and new lines in it survive: $(value …) is what make has not expanded.
unexport TASK
ifeq ($(origin TASK),file)
export REQUEST := $(DEFAULT_TASK)
else
export REQUEST := $(value TASK)
endif

.PHONY: help setup run test test-quick test-vllm test-inspect lint format wheel constraints notebooks bench-humaneval bench-overhead bench-models bench-lab standard-table fault-table clean

help: ## Show this list
	@echo "Triptych: make TARGET. Each target does its own set-up in $(VENV)."
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## Build .venv with all that work on the project needs
	@echo "Ready in $(VENV):" && $(PY) --version && $(BIN)/triptych --version

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about 160 packages, 1.1 GB on disk, a few minutes; once."
	@$(PY) -c '' 2>/dev/null || { python=$$(sh tools/find_python.sh $(PYTHON)) && \
	    echo "Making the virtual environment with $$python" && \
	    if test -f $(VENV)/pyvenv.cfg; then rm -r $(VENV); fi && "$$python" -m venv $(VENV); }
	@rm -f $(VENV)/.ready-*
ifeq ($(LOCKED),no)
	@echo "Installing the newest packages that pyproject.toml allows"
	@$(PIP) install --upgrade pip
	@$(PIP) install --upgrade -e '.[sqlite,draw,lab,frames,cluster,optimise]' --group dev
else
	@echo "Installing the packages that constraints.txt pins, each checked by its hash"
	@$(PIP) install --require-hashes --only-binary :all: -r constraints.txt || { \
	    echo "The pinned packages could not be installed. No wheel for this platform, or an" >&2; \
	    echo "index with files of its own? Then take unpinned ones: make LOCKED=no setup" >&2; exit 1; }
	@$(PIP) install --no-deps --no-build-isolation -e .
endif
	@touch $@

run: $(READY) ## Run one real request on the embedded model; your own: make run TASK="…"
	@echo "Bringing the embedded model (491 MB on the first run, from the cache later)"
	@$(BIN)/triptych models pull local
	@echo "Running one request end to end, on this machine alone:"
	@printf '\n%s\n\n' "$$REQUEST"
	@$(BIN)/triptych run --model local --plan always --review advise -- "$$REQUEST" || { \
	    code=$$?; echo "triptych run ended with exit code $$code: $(BIN)/triptych run --help" >&2; \
	    test $$code = 1; }

test: $(READY) ## Run all tests, those on the real embedded model included; ARGS="…" goes to pytest
	@echo "Bringing the embedded model (491 MB on the first run, from the cache later)"
	@$(BIN)/triptych models pull local
	@echo "Running the tests"
	@$(PY) -m pytest $(ARGS)

test-quick: $(READY) ## Import everything and run the tests that need no model (for another Python)
	@echo "Importing every module"
	@$(PY) tools/import_all.py
	@echo "Running the quick tests"
	@$(PY) -m pytest $(QUICK) $(ARGS)

test-vllm: $(READY) ## The scenarios on a real vLLM, on the CPU (minutes; the first time it brings 0.8–3 GB)
	@echo "Bringing the embedded model (491 MB on the first run, from the cache later)"
	@$(BIN)/triptych models pull local
	@$(PY) tools/real_vllm/run.py $(ARGS)

test-inspect: $(INSPECT_READY) ## The lab's logs in inspect_ai itself and its viewer (at first 0.8 GB more on disk)
	@$(INSPECT)/bin/python tools/inspect_check.py $(ARGS)

# samples_df needs pandas and pyarrow; playwright, as pinned, looks at the viewer.
$(INSPECT_READY): | $(READY)
	@echo "Installing inspect-ai $(INSPECT_VERSION) in $(INSPECT), an environment of its own"
	@rm -rf $(INSPECT) && $(PY) -m venv $(INSPECT)
	@$(INSPECT)/bin/python -m pip --disable-pip-version-check --quiet install --only-binary :all: \
	    'inspect-ai==$(INSPECT_VERSION)' pandas pyarrow \
	    "$$(sed -n 's/^\(playwright==[^ ]*\).*/\1/p' constraints.txt)"
	@touch $@

lint: $(READY) ## Check style, types, import rules, the prompt lock, and the tree for secrets
	@echo "ruff: style";           $(BIN)/ruff check .
	@echo "ruff: format";          $(BIN)/ruff format --check .
	@echo "mypy: types";           $(BIN)/mypy && $(BIN)/mypy --strict tools
	@echo "import-linter: who may import whom"; $(BIN)/lint-imports --no-logo
	@echo "prompts: templates and their lock";  $(BIN)/triptych prompts lint
	@echo "secrets";               $(PY) tools/secret_scan.py

format: $(READY) ## Put the code into the house's format
	@$(BIN)/ruff check --fix-only . && $(BIN)/ruff format .

wheel: $(READY) ## Build the wheel and the source archive into dist/
	@$(BIN)/hatchling build

constraints: ## Pin all packages anew, with hashes, in constraints.txt
	@test -x build/uv/bin/uv || { python=$$(sh tools/find_python.sh $(PYTHON)) && \
	    "$$python" -m venv build/uv && build/uv/bin/python -m pip install --quiet 'uv>=0.9,<1'; }
	@build/uv/bin/uv pip compile pyproject.toml --quiet --all-extras --group dev --universal \
	    --python-version 3.11 --generate-hashes --no-config --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links --upgrade --output-file build/constraints.txt
	@{ echo "# All packages for work on Triptych, for Python 3.11 to 3.13 on every platform."; \
	   echo "# Written by: make constraints. Used by: make setup (see CONTRIBUTING.md)."; \
	   cat build/constraints.txt; } > constraints.txt
	@echo "constraints.txt: $$(grep -c '==' constraints.txt) packages"

notebooks: $(READY) ## Execute the notebooks in place, on the embedded model
	@$(BIN)/triptych models pull local
	@$(PY) tools/run_notebooks.py notebooks/*.ipynb

bench-humaneval: $(READY) ## HumanEval, single shot against the default strategy (hours on two cores)
	@$(BIN)/triptych models pull local
	@$(BIN)/triptych lab run benchmarks/humaneval/experiment.yaml --out benchmarks/humaneval --yes

bench-overhead: $(READY) ## What the graph costs over a plain loop; writes benchmarks/overhead/
	@$(PY) benchmarks/overhead/run.py

bench-models: $(READY) ## What a call costs, beside other clients (5 minutes); writes benchmarks/models/
	@$(PY) benchmarks/models/run.py $(ARGS)

bench-lab: $(READY) ## What the lab costs beside a plain loop, and after kill -9; writes benchmarks/lab/
	@$(BIN)/triptych models pull local
	@$(PY) benchmarks/lab/run.py $(ARGS)

standard-table: $(READY) ## LangChain's standard suites, test by test; ARGS=--local for the embedded model, too
	@$(PY) tools/standard_table.py $(ARGS)

fault-table: $(READY) ## What comes of every fault in every way of calling; writes docs/faults.md
	@$(PY) tools/fault_table.py

clean: ## Remove what these targets made here (the models stay: triptych models rm)
	rm -rf $(VENV) .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
