# Everything that a person does with this checkout. Each target sets up all it needs by itself; it takes python3 and make.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Tests wait for processes and clocks: where there are as many as cores, a fifth of the time nobody works.
WORKERS = $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) * 3 // 2)")

.PHONY: setup demo test check coverage mutants session soak simulate mistakes crash webhooks bench bench-quick tutorial pictures rules api figures docs fuzz stops endure sbom pins clean

setup: $(READY)  ## create .venv, install the pinned requirements and the project, compile the kernels and the sources
	@$(BIN)/python -m compileall -q src

$(READY): requirements/run.txt requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/run.txt -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m octy.engine.warm
	touch $(READY)

demo: setup  ## six months of a shop's clickstream through the whole product
	$(BIN)/octy demo

test: setup  ## all tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: setup  ## lint, format, types, layers, insecure code, requirements with known vulnerabilities
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level high src
	$(BIN)/python .ci/audit.py

coverage: setup  ## which branches of model, engine and store the tests take: at least 95 in 100 (a core for some ten minutes)
	SOAK_HISTORIES=50 SOAK_SEED=0 $(BIN)/coverage run -m pytest -p tests.plain tests/unit tests/property tests/upgrade \
	  $(addprefix tests/integration/,store service webhooks http)
	$(BIN)/coverage report

mutants: setup  ## small changes of model and engine, and whether a test notices: at least 85 in 100 (hours, and goes on where it stopped; SAMPLE=400 for so many, SEED=n for others, PLACES="..." for some files, PART=rim for webhooks and keys, AGAIN=1 for those once more that survived)
	SOAK_HISTORIES=20 SOAK_SEED=0 $(BIN)/python -m tests.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(PART),--part $(PART)) $(if $(AGAIN),--again) $(PLACES)

soak: setup  ## engine against reference model, 20,000 histories (about half an hour on 2 cores; SOAK_HISTORIES=n for more or fewer)
	SOAK_HISTORIES=$${SOAK_HISTORIES:-20000} $(BIN)/pytest -n auto tests/property/test_engine_agrees.py

simulate: setup  ## a whole server under a simulated clock, disk and receiver, seed after seed (SECONDS=600 for more or less; SEED=n for one)
	$(BIN)/python -m tests.simulation

mistakes: setup  ## mistakes put into the product on purpose, and which check caught each: one of the simulation, or a test
	$(BIN)/python -m tests.mistakes

crash: setup  ## kill -9 200 times while clients send, what a crash or a power cut leaves after every step on the disk and in every migration, and each step failing (CRASH_EVERY=n for one in n of these); 1,200 files damaged, 20 backups under load, 100,000 windows that end meanwhile, 100,000 events sent again and again, 10,000 partial batches (hours; ONLY="tests/…" for some); CRASH_SEED=n for the same again
	CRASH=full $(BIN)/pytest -s $(or $(ONLY),tests/crash tests/upgrade $(addprefix tests/acceptance/,test_full_disk.py test_duplicates.py \
	  test_partial_batches.py test_timers_killed.py))

webhooks: setup  ## 100,000 signatures verified and 100,000 changed ones refused, 100 hostile receivers at once, 100 kills (minutes)
	WEBHOOKS=full $(BIN)/pytest -s tests/unit/webhooks/test_signing.py tests/integration/webhooks/test_hostile_receivers.py \
	  tests/acceptance/test_webhooks_killed.py

stops: setup  ## told to end 100 times while clients send 2,000 events a second: none of their requests fails (STOPS=n; minutes)
	STOPS=$${STOPS:-100} $(BIN)/pytest -s tests/acceptance/test_stopping.py

endure: setup  ## does a server's memory grow, or its answers slow down, while 1,000 events a second come in for MINUTES (360)? (SPEED=6 MINUTES=60: the same events, and six hours of the server's clock, in one)
	$(BIN)/python -m bench.endurance --minutes $${MINUTES:-360} --events-per-second $${RATE:-1000} --speed $${SPEED:-1}

fuzz: setup  ## each decoder with INPUTS (1,000,000) inputs, each operation of the OpenAPI document with CASES (100,000) in all (an hour or two on 2 cores; ONLY="yaml json" for some; SEED=n)
	INPUTS=$${INPUTS:-1000000} CASES=$${CASES:-100000} $(BIN)/python -m tests.fuzzing

bench: setup  ## every figure that is claimed, with its peers and the limits of the machine (tens of minutes on 2 cores, eight of them for a flood)
	$(BIN)/python -m bench

bench-quick: setup  ## the same in a minute: smaller, and so less true
	$(BIN)/python -m bench --quick

session: setup  ## record docs/cli-session.md anew, from real commands at a real sandbox
	$(BIN)/python -m tests.recorded.session

tutorial: setup  ## run docs/tutorial.md, and write down anew what its commands show
	$(BIN)/python -m tests.recorded.tutorial

pictures: setup  ## draw docs/pictures anew, from what the engine says
	$(BIN)/python -m tests.recorded.pictures

rules: setup  ## write docs/rules.md anew, from the examples that the tests run
	$(BIN)/python -m tests.recorded.rules

api: setup  ## write docs/api.md anew, from the OpenAPI document and real answers
	$(BIN)/python -m tests.recorded.api

figures: setup  ## write the tables of docs/performance.md anew, from bench/RESULTS.md
	$(BIN)/python -m tests.recorded.figures

docs: setup  ## the documentation as web pages, in site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

sbom: setup  ## what the server consists of, as CycloneDX, in sbom.json; needs no network
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements requirements/server.txt --pyproject pyproject.toml \
	  --output-reproducible --output-file sbom.json

PIN = $(BIN)/pip-compile --quiet --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links

pins:  ## recompute the pinned requirements from requirements/*.in; server.txt is run.txt with the digest of every file (minutes)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet pip-tools
	$(PIN) --output-file requirements/run.txt requirements/run.in
	$(PIN) --generate-hashes --output-file requirements/server.txt requirements/run.txt
	$(PIN) --output-file requirements/dev.txt requirements/dev.in

clean:  ## remove what the other targets made
	rm -rf .venv site sbom.json .mypy_cache .ruff_cache .hypothesis .coverage .mutants src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
