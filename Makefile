# make run, make test, ... : what each does stands in README.md.
SHELL := /bin/bash
GO ?= go
TESTFLAGS ?=

.PHONY: run connect function test test-terraform test-soak test-browser test-googlesql test-cases bench screenshots build vet clean
.PHONY: deploy open trigger logs doctor destroy forget smoke

# A binary of its own, so that Ctrl-C and SIGTERM reach the server and not `go run`.
build:
	@$(GO) build -o bin/local ./functions/local

run: build
	@exec bin/local

# In a project where one is given, else on this machine.
connect: build
	@$(if $(PROJECT),terraform/commands/connect.sh,exec env -u GOOGLE_CLOUD_PROJECT bin/local connect $${LISTENER:+"$$LISTENER"})

function: build
	$(if $(NAME),,$(error say which: make function NAME=ingest))
	@exec bin/local function $(NAME)

# Three packages at a time, whatever the cores: many wait for others most of their time.
test: vet
	$(GO) test -race -p 3 $(TESTFLAGS) ./...
	@terraform/commands/test.sh validate

# The Terraform configuration and its promises; says so where Terraform is not there to test it.
test-terraform:
	@terraform/commands/test.sh

# The long tests at full length: a thousand ingests, forty power cuts, twenty random histories.
test-soak:
	$(GO) test -race -count=1 -p 1 -timeout 20m $(TESTFLAGS) ./test/machine ./test/property -soak

# The page in a real browser, on a desk and on a phone: it shows ten tracks, and nothing is wider than the screen.
test-browser:
	$(GO) run ./test/screenshots -out "$$(mktemp -d)"

# Every statement, as tests send it, analysed by GoogleSQL. Compiling that takes minutes and 7 GB, so it is a
# module of its own, and one package of it is compiled at a time.
test-googlesql:
	@set -e; export RECORD_STATEMENTS=$$(mktemp -d); trap 'rm -rf "$$RECORD_STATEMENTS"' EXIT; \
	packages=$$($(GO) list ./shared/... ./functions/... | grep -v /functions/local); $(GO) test -count=1 $$packages; \
	cd test/googlesql; $(GO) test -p 1 -count=1 -v ./...

# Cases of trouble that people met, kept beside the checkout: each runs the built command against a Spotify of its own.
CASES ?= ../shared/cases
test-cases: build
	python3 $(CASES)/run.py bin/local

# How fast it is, and what it would cost: one table at the end. Nothing else should run meanwhile.
bench:
	@$(GO) run ./test/bench

# The README's pictures of the page, in headless Chromium (Debian: apt-get install chromium fonts-liberation).
screenshots:
	$(GO) run ./test/screenshots

# On Google Cloud. PROJECT=... and the other arguments reach the commands through the environment, unread by
# the shell; each looks at them before it does anything.
deploy open trigger logs doctor destroy forget smoke:
	@terraform/commands/$@.sh

vet:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...

clean:
	rm -rf bin
