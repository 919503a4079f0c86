# Everything a newcomer needs. Every target but bench builds the whole workspace in one profile, so that one cold build serves all.
CARGO ?= cargo
TAMARU = $${CARGO_TARGET_DIR:-target}/debug/tamaru

.PHONY: run test check load flood faults bench check-data deps

# A served API with a demo tenant; Ctrl-C stops everything.
run: deps
	$(CARGO) build --workspace
	@exec $(TAMARU) dev $(ARGS)

# What the gate runs.
test: deps
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) build --workspace
	$(CARGO) test --workspace

# The quick look while writing.
check:
	$(CARGO) check --workspace --all-targets

# Load on the real server, then the ledger's check. ARGS="--clients 64 --seconds 60"
load: deps
	$(CARGO) build --release --workspace
	$${CARGO_TARGET_DIR:-target}/release/loadtest all $(ARGS)

# What one tenant that sends fifty times its share costs the others.
flood: deps
	$(CARGO) build --release --workspace
	$${CARGO_TARGET_DIR:-target}/release/loadtest flood $(ARGS)

# A receiver of webhooks is down while 100,000 events wait: callers notice nothing, and everything arrives afterwards.
faults: deps
	$(CARGO) build --release --workspace
	$${CARGO_TARGET_DIR:-target}/release/loadtest faults $(ARGS)

# How many receipts a second one core evaluates, then the same rules and receipts beside zen-engine.
bench:
	$(CARGO) bench -p domain --bench evaluate
	$(CARGO) run --release --manifest-path loadtest/zen/Cargo.toml --target-dir $${CARGO_TARGET_DIR:-target}/zen

# Real receipts, each compared with a reference; TAMARU_DATA_DIR names the folder that has both.
check-data: deps
	$(CARGO) build --release --workspace
	$${CARGO_TARGET_DIR:-target}/release/loadtest check-data $(ARGS)

# PostgreSQL and Redis, unless they are there or given by DATABASE_URL and REDIS_URL.
deps:
	@.ci/deps
