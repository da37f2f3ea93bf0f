# make run, make test, ... : what each does stands in README.md.
SHELL := /bin/bash
GO ?= go
TESTFLAGS ?=

.PHONY: run connect function test test-soak build vet clean

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

vet:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...

clean:
	rm -rf bin
