# Yunjian. `make help` lists the targets.
SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/yunjian
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(CACHE)/bin/golangci-lint-$(GOLANGCI_VERSION)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
GOBUILD := CGO_ENABLED=0 go build -trimpath -ldflags='-s -w -X main.buildVersion=$(VERSION)'

.PHONY: all help run demo-report build deps test lint unit cross fuzz bench compare screenshots docs fmt vuln clean
all: lint unit ## lint and unit tests, before a push

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/\t/' | column -t -s $$'\t'

run: build deps ## collector, engine and agent on this host, judged and reported; Ctrl-C stops it
	deploy/demo/run.sh

demo-report: build deps ## all kinds of reports from this host's logs and a made-up fleet, or TRACES=FOLDER
	deploy/demo/report.sh

build: ## both binaries into ./bin
	$(GOBUILD) -o bin/ ./cmd/...

deps: ## libchdb, the embedded ClickHouse, into the user's cache folder
	deploy/fetch-libchdb.sh

test: deps lint unit cross fuzz ## everything that CI runs

lint: $(GOLANGCI) ## go vet and golangci-lint
	go vet ./...
	$(GOLANGCI) run ./...

unit: ## race tests of all packages, the real binaries and the real engine
	go test -race -timeout 20m ./...
	go test ./agent/spool # the faults under strace, which the race detector disturbs

cross: ## agent and collector for amd64, arm64 and loong64; the agent's tests on arm64 under qemu
	deploy/cross.sh

fuzz: ## every fuzz target for a few seconds
	deploy/fuzz-smoke.sh 3

bench: build deps ## figures beside their peers and limits, in one run
	go run ./internal/bench

compare: ## docs/comparison.md: ours beside Lynis and OpenSCAP on the same hosts (root, Debian 12)
	go run ./internal/compare

screenshots: ## PNGs of the published dashboards in var/screenshots (GRAFANA_URL, GRAFANA_TOKEN_FILE and chromium)
	go run ./internal/screenshots

docs: ## docs/metrics.md, docs/schema.md, docs/imports.md and deploy/clickhouse from the code
	go test ./collector -run MetricsDoc -update
	go test ./collector/store -run 'SchemaDoc|ClusterSQL|ServerSQL' -update
	go test ./collector/records -run ImportsDoc -update

fmt: $(GOLANGCI) ## format all Go files
	$(GOLANGCI) fmt ./...

vuln: ## known vulnerabilities (needs vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@latest ./...

clean: ## what build and run have made
	rm -rf bin var

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), once, about two minutes"
	mkdir -p $(CACHE)/bin
	GOBIN=$(CACHE)/bin/build go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(CACHE)/bin/build/golangci-lint $@
