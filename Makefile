# make demo: samples to a model that answers. make test: all tests. Both set up .venv first, from nothing.
# make mutations: switches single lines off and looks whether a test fails (half an hour; tests/mutations).
# make check: style, types, imports, generated files, circles of files and sizes, tests that cannot fail. See AGENTS.md.
PYTHON ?= python3
BIN := .venv/bin
DEMO_ARGS ?=
TEST_ARGS ?=
MUTATIONS ?=

.PHONY: demo test mutations check docs schema web clean

# Threads of torch that wait for one another sleep: spinning starves whatever else runs on the same cores.
export OMP_WAIT_POLICY = passive

demo: .venv/ready
	$(BIN)/malmoi demo $(DEMO_ARGS)

test: .venv/ready-test
	$(BIN)/pytest -m "not slow" -n 2 $(TEST_ARGS)
	$(BIN)/pytest -m slow $(TEST_ARGS)

mutations: .venv/ready-test
	$(BIN)/python tests/mutations/run.py $(MUTATIONS)

check: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m malmoi.cli.reference --check docs/reference
	$(BIN)/malmoi sample build samples --check
	$(BIN)/python -m malmoi.studio.api_schema --check
	$(BIN)/python malmoi/studio/web/check_bundle.py
	$(BIN)/pytest tests/test_layout.py tests/studio/test_web_layout.py tests/test_assertions.py

docs: .venv/ready
	$(BIN)/python -m malmoi.cli.reference docs/reference

# The types of /api that the interface is checked with, after a change of a route or of what it answers.
schema: .venv/ready
	$(BIN)/python -m malmoi.studio.api_schema

# Only whoever changes the interface needs node; the built bundle lies in malmoi/studio/static.
web:
	cd malmoi/studio/web && npm ci --ignore-scripts && npm run build

.venv/ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e .
	touch $@

.venv/ready-test: .venv/ready
	$(BIN)/pip install --quiet -c constraints.txt -e ".[test]"
	touch $@

# Runs stay: a trained model is days of work, and no rule may remove it.
clean:
	rm -rf .venv
