# Spindrift. `make` alone lists what there is to do.

SPINDRIFT := target/release/spindrift
HOST := scripts/with-rust
GUEST := scripts/with-guest-toolchain

# For `up`: where to listen, further arguments of `spindrift up`, and whether events
# go through a Kafka that runs beside it.
LISTEN ?=
ARGS ?=
KAFKA ?=

# What is compared is optimized alike, other than in tests: see Cargo.toml.
BENCH := $(HOST) cargo build $(if $(CI),--locked) --release -p spindrift-bench \
	--config profile.release.package.domain.opt-level=3 \
	--config profile.release.package.jiff.opt-level=3 \
	--config profile.release.package.spindrift-bench.opt-level=3

# For `test-faults`: how often.
ROUNDS ?= 20

.DEFAULT_GOAL := help
.PHONY: help up test setup build functions test-unit test-faults test-cluster lint fmt deny check-infra bench bench-events doctor clean

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup build ## Build and serve the application on http://127.0.0.1:3000 (LISTEN=host:port, KAFKA=1, ARGS=...)
	@$(if $(KAFKA),scripts/setup kafka && scripts/with-kafka) $(GUEST) $(SPINDRIFT) up --build $(if $(LISTEN),--listen $(LISTEN)) $(ARGS)

test: setup-test ## Install what is missing, build everything, check it and run every test
	@scripts/test

setup: ## Find or install what building and running need
	@scripts/setup run

build: setup ## Build the spindrift program
	@$(HOST) cargo build $(if $(CI),--locked) --release -p spindrift-cli

functions: build ## Build the functions and compile them ahead of time
	@$(GUEST) $(SPINDRIFT) build

test-unit: setup ## Run the tests of the functions' own rules: seconds, no database (ARGS=-p ...)
	@scripts/test $(or $(ARGS),-p domain -p kit -p hello)

test-faults: setup-test ## Run the fault suite in its long sizes (ROUNDS=20, FAULTS_EVENTS=36000)
	@ROUNDS=$(ROUNDS) scripts/test-faults

test-cluster: setup-test ## Run the end-to-end suite on the Knative that KUBECONFIG names (see scripts/test-cluster)
	@scripts/test-cluster

lint: setup-test ## Check formatting, clippy and the scripts
	@$(HOST) scripts/lint

fmt: setup-test ## Format the code
	@$(HOST) cargo fmt --all

deny: ## Check licences, advisories and sources of dependencies (needs cargo-deny)
	@cargo deny check

check-infra: ## Check infra/ and the workflows with their own tools (Terraform, promtool, actionlint, ...)
	@scripts/check-infra

bench: setup-bench build ## Compare with wasmtime serve and with native servers
	@$(GUEST) $(SPINDRIFT) build --quiet
	@$(GUEST) $(SPINDRIFT) build --quiet --from examples/hello
	@$(BENCH)
	@target/release/bench $(ARGS)

bench-events: setup-bench build ## Measure events, from a change to its effect, and reminders
	@$(GUEST) $(SPINDRIFT) build --quiet
	@$(BENCH)
	@target/release/bench --only events $(ARGS)
	@target/release/bench --only reminders $(ARGS)

doctor: build ## Say what is wrong with this machine, and how to mend it
	@$(GUEST) $(SPINDRIFT) doctor

clean: ## Remove everything built; the database in .spindrift stays
	rm -rf target

.PHONY: setup-test setup-bench
setup-test:
	@scripts/setup test
setup-bench:
	@scripts/setup bench
