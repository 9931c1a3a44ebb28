# make lists its targets. The two a newcomer needs: make run, make test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
ERP ?= books
GO ?= go
# No C compiler is needed, and all targets share what is compiled.
export CGO_ENABLED := 0

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build everything and open a shop with people, invoices and an ERP to break (ERP=tryton for a real one)
	@exec bin/comptoir demo --erp $(ERP) --data var --listen $(or $(LISTEN),127.0.0.1:8080)

build: ## build bin/comptoir with its assets
	@echo "building (assets, then the program: one to two minutes the first time)…"
	@$(MAKE) --no-print-directory assets & assets=$$!; \
	$(GO) build -o bin/comptoir ./cmd/comptoir 2>/dev/null; wait $$assets && $(GO) build -o bin/comptoir ./cmd/comptoir

assets: web/dist/manifest.json ## bundle style, script and fonts from npm into web/dist

web/dist/manifest.json: package-lock.json web/build.mjs $(shell find web -name '*.css' -o -name '*.js' 2>/dev/null | grep -v /dist/)
	@[ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-fund --no-audit --loglevel=error
	@node web/build.mjs

generate: ## write the Go code of the templ pages again
	$(GO) tool templ generate -path web

check: build ## the quick part of the tests: no network, under three minutes
	@scripts/check

test: ## every rule once, on both databases, the real ERP and the browser; installs what it lacks
	@scripts/test

prove: ## the full product of the acceptance lines; under 75 minutes
	@scripts/test prove

N ?= 1000
SEED ?= 0
soak: ## live N histories of money from SEED on, under a hostile processor and ERP
	@CGO_ENABLED=0 COMPTOIR_HISTORIES=$(N) COMPTOIR_SEED=$(SEED) $(GO) run ./comptoirtest/with $(GO) test ./comptoirtest/ -run 'TestEveryHistoryEndsInBooksThatTie/sqlite' -timeout 24h

bench: build ## measure, print, and write bench/results.json
	@scripts/bench

.PHONY: help run build assets generate check test prove soak bench
