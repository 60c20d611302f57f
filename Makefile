# `make` lists what there is to do. The recipes are short: the work is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help run build dev test lint fmt bench clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build the release and serve it (the first time includes the tools)
	@exec target/release/byline serve

build: ## Install the build tools that are missing, then build the release
	@scripts/install-tools build
	@scripts/with-tools cargo leptos build --release --split --precompress

dev: ## Serve a debug build, and build it again whenever a file changes
	@scripts/install-tools build
	@scripts/with-tools cargo leptos watch --split

test: ## Everything a change has to pass, browsers and PostgreSQL included
	@scripts/test

lint: ## Formatting and clippy only, for the server and for the browser
	@scripts/lint

fmt: ## Format the Rust code
	@cargo fmt

bench: build ## Measure the release build
	@scripts/bench/run

clean: ## Delete what was built (the installed tools stay in their cache)
	@cargo clean
	@rm -rf end2end/node_modules end2end/test-results end2end/playwright-report scripts/wasm-opt/node_modules
