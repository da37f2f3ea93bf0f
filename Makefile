# `make help` lists the targets. README.md and the README.md of each folder describe them.
SHELL := /bin/bash
GO ?= go
TESTFLAGS ?=
CASES ?= ../shared/cases

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
CONFIG_INSPECT := github.com/hashicorp/terraform-config-inspect@v0.0.0-20260904064934-75d64de68c31

.DEFAULT_GOAL := help
.PHONY: help run connect import demo-export function test test-terraform test-soak test-browser test-buildpack test-googlesql test-cases bench screenshots scale
.PHONY: build vet lint docs clean deploy plan open trigger logs doctor destroy forget smoke operations

help: ## Show this list.
	@awk -F ': *[^#]*## ' '/^[a-z -]+:.*## / { printf "  %-15s %s\n", $$1, $$2 } /^##@ / { print "\n" substr($$0, 5) }' $(firstword $(MAKEFILE_LIST))

##@ Run locally

# A built binary, and not `go run`: Ctrl-C and SIGTERM have to reach the server.
build: ## Build bin/local.
	@$(GO) build -o bin/local ./functions/local

run: build ## Serve the page at http://127.0.0.1:8080. PORT, DATA_DIR
	@exec bin/local

connect: build ## Connect a Spotify account, locally or in a project. LISTENER, PROJECT
	@$(if $(PROJECT),terraform/commands/connect.sh,exec env -u GOOGLE_CLOUD_PROJECT bin/local connect $${LISTENER:+"$$LISTENER"})

import: build ## Import Spotify's privacy export. FILE=my_spotify_data.zip, LISTENER, PROJECT
	$(if $(FILE),,$(error say which: make import FILE=my_spotify_data.zip))
	@$(if $(PROJECT),terraform/commands/import.sh,exec env -u GOOGLE_CLOUD_PROJECT bin/local import "$$FILE")

demo-export: build ## Write such an export of the demo's listener, to import it. FILE=demo.zip
	$(if $(FILE),,$(error say where: make demo-export FILE=demo.zip))
	@exec bin/local demo-export "$$FILE"

function: build ## Serve one function alone, as it is deployed. NAME=ingest
	$(if $(NAME),,$(error say which: make function NAME=ingest))
	@exec bin/local function $(NAME)

##@ Test

# Three packages at a time on any number of cores, because many tests wait.
test: vet ## Run all tests with the race detector. TESTFLAGS
	$(GO) test -race -p 3 $(TESTFLAGS) ./...
	@terraform/commands/test.sh validate

lint: vet ## Run gofmt, go vet, staticcheck, actionlint, shellcheck, go mod verify and govulncheck, and check the tables of docs.
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(ACTIONLINT)
	$(GO) run $(CONFIG_INSPECT) --json terraform | $(GO) run ./terraform/tables -check terraform/README.md
	@if command -v shellcheck >/dev/null; then echo shellcheck; shellcheck -x .ci/run terraform/commands/*.sh; \
	else echo "SKIPPED: shellcheck is not installed (Debian: apt-get install shellcheck)"; fi
	$(GO) mod verify
	@if $(GO) run $(GOVULNCHECK) -version 2>/dev/null | grep -q '^DB updated'; then $(GO) run $(GOVULNCHECK) ./...; \
	else echo "SKIPPED: govulncheck, because its database (https://vuln.go.dev) cannot be reached"; fi

test-terraform: ## Check the Terraform configuration and test its promises.
	@terraform/commands/test.sh

test-soak: ## Run the long tests at full length: a quarter of an hour.
	$(GO) test -race -count=1 -p 1 -timeout 20m $(TESTFLAGS) ./functions/ingest ./test/imports ./test/machine ./test/property -soak

test-browser: ## Test every page in headless Chromium (Debian: apt-get install chromium npm).
	$(GO) test -count=1 -timeout 20m $(TESTFLAGS) ./test/browser -browser

test-buildpack: ## Build every function as Google's buildpack does, and test what is built.
	$(GO) test -count=1 -v $(TESTFLAGS) ./test/buildpack -built

# The analyser takes minutes and 7 GB of memory to compile. It is a module of its own, compiled one package at a time.
test-googlesql: ## Analyse every recorded statement with GoogleSQL.
	@set -e; export RECORD_STATEMENTS=$$(mktemp -d); trap 'rm -rf "$$RECORD_STATEMENTS"' EXIT; \
	packages=$$($(GO) list ./shared/... ./functions/... | grep -v /functions/local); $(GO) test -count=1 $$packages; \
	cd test/googlesql; $(GO) test -p 1 -count=1 -v ./...

test-cases: build ## Run the built command against recorded cases of trouble. CASES=FOLDER
	python3 $(CASES)/run.py bin/local

vet: ## Check gofmt and run go vet.
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...

##@ Measure

bench: ## Measure speed and billed bytes. Nothing else should run meanwhile.
	@$(GO) run ./test/bench

scale: ## Simulate a day of many listeners, and check that nothing is lost. LISTENERS=1000, HOURS
	@exec $(GO) run ./test/scale

screenshots: ## Take the pictures of the README (Debian: apt-get install chromium fonts-liberation).
	$(GO) run ./test/screenshots

##@ Google Cloud: every target needs PROJECT=...

# PROJECT and the other arguments reach the scripts and bin/operations through the environment, so no shell interprets
# them. Each checks its arguments first.
deploy: ## Deploy or upgrade. REGION, LISTENERS, SETTINGS, STATE_BUCKET, ADOPT
plan: ## Show what a deploy would change, and change nothing. LISTENERS, SETTINGS, DRIFT
open: ## Open the private page on this machine. LISTENER, PORT
trigger: ## Ingest now. LISTENER
doctor: ## Show the state of the deployment and the next step.
logs: ## Show the functions' log lines. SINCE, LISTENER
smoke: ## Run the functions end to end on the project, apart from any deployment. REGION
forget: ## Delete the data of one listener. LISTENER, CONFIRM
destroy: ## Remove the deployment. ALL=yes removes the plays too. CONFIRM
deploy plan open destroy smoke:
	@terraform/commands/$@.sh

trigger logs doctor forget: operations
	@exec bin/operations $@

operations:
	@$(GO) build -o bin/operations ./terraform/operations

##@ Other

docs: ## Write the tables of settings and outputs in terraform/README.md.
	$(GO) run $(CONFIG_INSPECT) --json terraform | $(GO) run ./terraform/tables terraform/README.md

clean: ## Remove bin.
	rm -rf bin
