# Spindrift. `make` alone lists what there is to do.

# How the program is optimized: `release` is for working on it, `dist`, which takes twice
# as long to compile, is what is shipped and measured.
PROFILE ?= release
SPINDRIFT := target/$(PROFILE)/spindrift
HOST := scripts/with-rust
GUEST := scripts/with-guest-toolchain

# For `up`: where to listen, further arguments of `spindrift up`, and whether events
# go through a Kafka that runs beside it.
LISTEN ?=
ARGS ?=
KAFKA ?=

# For `test-faults`: how often.
ROUNDS ?= 20

.DEFAULT_GOAL := help
.PHONY: help up test setup build dist functions test-unit test-faults test-cluster test-templates lint fmt deny check-infra bench bench-events profile instructions doctor clean

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup build ## Build and serve the application on http://127.0.0.1:3000 (LISTEN=host:port, KAFKA=1, ARGS=...)
	@$(if $(KAFKA),scripts/setup kafka && scripts/with-kafka) $(GUEST) $(SPINDRIFT) up --build $(if $(LISTEN),--listen $(LISTEN)) $(ARGS)

test: setup-test ## Install what is missing, build everything, check it and run every test
	@scripts/test

setup: ## Find or install what building and running need
	@scripts/setup run

build: setup ## Build the spindrift program (PROFILE=dist: slower to build, faster to run)
	@$(HOST) cargo build $(if $(CI),--locked) --profile $(PROFILE) -p spindrift-cli

dist: setup-dist ## Build the program as it is shipped, optimized by a profile: two builds (target/dist/spindrift)
	@scripts/dist

functions: build ## Build the functions and compile them ahead of time
	@$(GUEST) $(SPINDRIFT) build

test-unit: setup ## Run the tests of the functions' own rules: seconds, no database (ARGS=-p ...)
	@scripts/test $(or $(ARGS),-p domain -p kit -p hello)

test-faults: setup-test ## Run the fault suite in its long sizes (ROUNDS=20, FAULTS_EVENTS=36000)
	@ROUNDS=$(ROUNDS) scripts/test-faults

test-cluster: setup-test ## Run the end-to-end suite on the Knative that KUBECONFIG names (see scripts/test-cluster)
	@scripts/test-cluster

test-templates: build ## Build what `spindrift new` begins with in Python and TypeScript, and call it
	@SPINDRIFT=$(SPINDRIFT) scripts/test-templates $(ARGS)

lint: setup-test ## Check formatting, clippy and the scripts
	@$(HOST) scripts/lint

fmt: setup-test ## Format the code
	@$(HOST) cargo fmt --all

deny: ## Check licences, advisories and sources of dependencies (needs cargo-deny)
	@cargo deny check

check-infra: ## Check infra/ and the workflows with their own tools (Terraform, promtool, actionlint, ...)
	@scripts/check-infra

bench: ## Compare with wasmtime serve, native servers and FastAPI (ARGS=--write, --help)
	@$(MAKE) --no-print-directory setup-bench dist
	@$(HOST) cargo build $(if $(CI),--locked) --profile dist -p spindrift-bench
	@for manifest in spin.toml examples/hello tests/guests/measured; do \
		$(GUEST) target/dist/spindrift build --quiet --from $$manifest || exit; done
	@target/dist/bench $(ARGS)

bench-events: ## Measure events, from a change to its effect, and reminders
	@$(MAKE) --no-print-directory bench ARGS='--only events --only reminders $(ARGS)'

profile: ## Draw a flame graph of GET /hello: target/bench/flame.svg
	@$(MAKE) --no-print-directory setup-profile dist
	@$(GUEST) target/dist/spindrift build --quiet --from examples/hello
	@scripts/profile $(ARGS)

instructions: setup-count build ## Count the instructions of a request, and compare (ARGS=--record)
	@scripts/instructions $(ARGS)

doctor: build ## Say what is wrong with this machine, and how to mend it
	@$(GUEST) $(SPINDRIFT) doctor

clean: ## Remove everything built; the database in .spindrift stays
	rm -rf target

.PHONY: setup-test setup-dist setup-bench setup-profile setup-count
setup-test:
	@scripts/setup test
setup-dist:
	@scripts/setup dist
setup-bench:
	@scripts/setup bench
setup-profile:
	@scripts/setup profile
setup-count:
	@scripts/setup count
