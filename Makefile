# make run, make test, ... : what each does stands in README.md.
SHELL := /bin/bash
GO ?= go
TESTFLAGS ?=

.PHONY: run connect function test test-soak test-browser bench screenshots build vet clean

# A binary of its own, so that Ctrl-C and SIGTERM reach the server and not `go run`.
build:
	@$(GO) build -o bin/local ./functions/local

run: build
	@exec bin/local

connect: build
	@exec bin/local connect $(LISTENER)

function: build
	$(if $(NAME),,$(error say which: make function NAME=ingest))
	@exec bin/local function $(NAME)

test: vet
	$(GO) test -race $(TESTFLAGS) ./...

# The long tests at full length: a thousand ingests, forty power cuts.
test-soak:
	$(GO) test -race -count=1 -timeout 20m $(TESTFLAGS) ./test/machine -soak

# The page in a real browser, on a desk and on a phone: it shows ten tracks, and nothing is wider than the screen.
test-browser:
	$(GO) run ./test/screenshots -out "$$(mktemp -d)"

# How fast it is, and what it would cost: one table at the end. Nothing else should run meanwhile.
bench:
	@$(GO) run ./test/bench

# The README's pictures of the page, in headless Chromium (Debian: apt-get install chromium fonts-liberation).
screenshots:
	$(GO) run ./test/screenshots

vet:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...

clean:
	rm -rf bin
