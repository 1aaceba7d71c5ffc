# Everything is done from here; `make` alone lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# The modules beside the server's: the Go SDK, and programs that use it.
GO_MODULES := gen/sdk/go internal/sdk/golang/example internal/sdk/golang/tests
# What make generate sdk makes.
GENERATED := gen internal/fault/codes.gen.go internal/spec/openapi.gen.yaml
# The server is one static binary. sqlc, too, needs no C compiler this way.
export CGO_ENABLED ?= 0

## help: list the targets
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | column -t -s ':'

## run: build and run the server, with a PostgreSQL of its own unless DATABASE_URL names one
.PHONY: run
run: build
	@exec .build/agentexchange serve

## build: build the server into .build/
.PHONY: build
build:
	@go build -trimpath -o .build/agentexchange ./cmd/agentexchange

# go test in gotestsum, which prints each package as it ends, what failed, and a summary; progress adds where it is.
RUN_TESTS = env AGENTEXCHANGE_TEST_COMMAND="$(CURDIR)/.build/agentexchange" .build/withpostgres .build/gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg \
  --jsonfile .build/tests.json --ignore-non-json-output-lines --raw-command -- .build/progress go test -json -vet=off

## test: run every test, against a real PostgreSQL that is found or fetched; screenshots go to .build/_artifacts
.PHONY: test
test: testtools
	@advice=$$(.build/withtools -check 2>&1) || { echo "make test: $$advice. make check does without." >&2; exit 1; }
	@if [ -n "$$(command -v "$$(go env CC)")" ]; then \
	  export CGO_ENABLED=1; race=-race; \
	elif [ "$${CI:-}" = true ]; then \
	  echo 'make test: no C compiler, and CI must run with -race. Install gcc.' >&2; exit 1; \
	else \
	  echo 'make test: no C compiler, so the race detector is off. Install gcc to have it.' >&2; race=; \
	fi; \
	rm -rf .build/_artifacts; \
	exec $(RUN_TESTS) $$race -count=1 -timeout=20m -artifacts -outputdir="$(CURDIR)/.build" $(TESTFLAGS) ./...

## check: run the fast tests, which need neither Python nor Node.js, without the race detector
.PHONY: check
check: testtools
	@fast=$$(go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | \
	  grep -v -e /internal/testkit/toolchain -e /internal/sdk/ | cut -d ' ' -f 1); \
	exec $(RUN_TESTS) -trimpath -timeout=5m $(TESTFLAGS) $$fast

# What runs the tests, and the server that they run. One set of flags compiles what these share once.
.PHONY: testtools
testtools: build
	@go build -trimpath -o .build/ ./internal/testkit/withpostgres ./internal/testkit/withtools ./internal/testkit/progress
	@GOBIN="$(CURDIR)/.build" go install gotest.tools/gotestsum@v1.13.0

## generate: make everything that is derived from openapi.yaml and the SQL
.PHONY: generate
generate:
	@cp openapi.yaml internal/spec/openapi.gen.yaml
	@go run ./internal/fault/generate
	@go tool oapi-codegen -config internal/httpapi/oapi-codegen.yaml openapi.yaml
	@rm -f gen/db/*.gen.go
	@go tool sqlc generate

## sdk: make the SDKs of openapi.yaml
.PHONY: sdk
sdk: sdk-go sdk-python sdk-typescript

.PHONY: sdk-go
sdk-go:
	@go run ./internal/sdk/golang/generate

.PHONY: sdk-python
sdk-python: withtools
	@.build/withtools internal/sdk/python/requirements.txt python -B internal/sdk/python/generate.py openapi.yaml gen/sdk/python

.PHONY: sdk-typescript
sdk-typescript: withtools
	@rm -rf gen/sdk/typescript
	@mkdir -p gen/sdk/typescript
	@cp -R internal/sdk/typescript/package/. LICENSE gen/sdk/typescript/
	@.build/withtools internal/sdk/typescript/package-lock.json swagger-typescript-api generate --silent \
	  --path openapi.yaml --output gen/sdk/typescript/src --custom-config internal/sdk/typescript/generator.config.mjs
	@.build/withtools internal/sdk/typescript/package-lock.json tsc --project gen/sdk/typescript

.PHONY: withtools
withtools:
	@go build -o .build/withtools ./internal/testkit/withtools

# One architecture of each system: what does not compile elsewhere is a matter of the system. CROSS='linux/arm64 ...' takes others.
CROSS ?= windows/amd64 darwin/arm64
## cross: fail if the command does not compile for Windows and macOS, where its mcp is started by desktop programs
.PHONY: cross
cross:
	@for target in $(CROSS); do \
	  CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go build -trimpath -o /dev/null ./cmd/agentexchange || \
	    { echo "make cross: cmd/agentexchange does not compile for $$target." >&2; exit 1; }; \
	done

## verify: fail if anything generated is stale, go.mod is not tidy, or the command does not compile for other systems
.PHONY: verify
verify:
	@before=$$(mktemp -d); trap 'rm -rf "$$before"' EXIT; \
	cp -R $(GENERATED) "$$before"; \
	$(MAKE) --no-print-directory generate sdk; \
	for each in $(GENERATED); do \
	  diff -r -x __pycache__ "$$before/$${each##*/}" "$$each" >&2 || \
	    { echo "make verify: $$each was stale; commit what make generate sdk has just made." >&2; exit 1; }; \
	done
	@for module in . $(GO_MODULES); do \
	  (cd "$$module" && go mod tidy -diff) || { echo "make verify: run go mod tidy in $$module." >&2; exit 1; }; \
	done
	@$(MAKE) --no-print-directory cross

## release-spec: make openapi.yaml the released one, which later versions must not break
.PHONY: release-spec
release-spec:
	@kept=internal/contract/testdata; \
	version() { sed -n '/^info:/,/^[a-z]/s/^  version: *//p' "$$1"; }; \
	[ -z "$$(git status --porcelain)" ] || { echo 'make release-spec: commit what has changed first.' >&2; exit 1; }; \
	[ "$$(version openapi.yaml)" != "$$(version "$$kept/released.yaml")" ] || \
	  { echo "make release-spec: $$(version openapi.yaml) is released already; raise info.version in openapi.yaml." >&2; exit 1; }; \
	sum=$$(sha256sum < openapi.yaml); \
	{ echo "# $$(version openapi.yaml), as make release-spec wrote it; sha256 of what follows: $${sum%% *}"; cat openapi.yaml; } > "$$kept/released.yaml"; \
	echo '[]' > "$$kept/allowed-changes.json"; \
	echo "Released $$(version openapi.yaml); commit $$kept."

## sdk-check: generate Java, Rust and C# clients of openapi.yaml, and compile the Java one (JDK 17 and Maven)
.PHONY: sdk-check
sdk-check:
	@go run ./internal/contract/generators

## lint: look for mistakes that tests do not find
.PHONY: lint
lint:
	@for module in . $(GO_MODULES); do \
	  (cd "$$module" && go run $(GOLANGCI_LINT) run --allow-parallel-runners ./...); \
	done

## bench: measure, as ratios within one run, in ten minutes; OUT names a file for the Markdown, BENCHFLAGS may be -quick
.PHONY: bench
bench: build
	@go build -o .build/withpostgres ./internal/testkit/withpostgres
	@go build -o .build/bench ./internal/bench
	@exec .build/withpostgres -durable .build/bench $(BENCHFLAGS)

## bench-growth: measure the calls with 1,000 and with 1,000,000 agents that have 10,000,000 orders
.PHONY: bench-growth
bench-growth:
	@$(MAKE) --no-print-directory bench BENCHFLAGS="-only growth $(BENCHFLAGS)"

## fuzz: look for inputs that break the parsers, FUZZTIME each
.PHONY: fuzz
fuzz:
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' internal | xargs -n1 dirname | sort -u); do \
	  for name in $$(grep -rhoE '^func Fuzz[A-Za-z]+' "$$target" | sed 's/^func //'); do \
	    go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $${FUZZTIME:-30s} -fuzzminimizetime 10x "./$$target"; \
	  done; \
	done
