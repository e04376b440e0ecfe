# make run: predict, train and judge a real leaderboard.  make test: everything that CI checks.
# make long: the tests' witnesses on thousands of games, for half an hour.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
NUMERICAL := tests/core tests/theory tests/metrics tests/play/test_published_play.py
.PHONY: run test without-kernels installs long fuzz format clean

run: $(READY)
	$(BIN)/benchgame quickstart

test: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto
	$(MAKE) without-kernels
	$(MAKE) installs

# The numerical tests once more, as on a processor that has none of NumPy's own kernels.
without-kernels: $(READY)
	NPY_DISABLE_CPU_FEATURES="$$($(BIN)/python tests/tools/without_kernels.py)" \
		$(BIN)/python -m pytest -n auto $(NUMERICAL)

# Wheel and source distribution in environments that were empty.
installs: $(READY)
	$(BIN)/python -m pytest -n auto -m installs

long: $(READY)
	$(BIN)/python -m pytest -n auto -m long

# More of the fuzz than the tests run; make fuzz INPUTS=50000 SEED=3.
INPUTS ?= 5000
SEED ?= 1
fuzz: $(READY)
	$(BIN)/python -m tests.tools.fuzz --inputs $(INPUTS) --seed $(SEED)

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build dist *.egg-info

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[train,plot,test]'
	touch $@
