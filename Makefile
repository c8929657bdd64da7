# One entry for developers, and the same for CI. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: all help setup demo console fleet fleet-proxy bench-fleet test check test-core test-pg15 test-pg18 fuzz properties model bench crash package test-packages mcp-kill psql install clean private

# The server of demo, console, psql and install: 15 or 18.
PG ?= 15
# demo: 1 leaves the server up and prints its URL.
KEEP ?=
# crash and mcp-kill: how many rounds. crash: the seed of the first, and settings such as synchronous_commit=off.
ROUNDS ?= 20
SEED ?= 1
CONF ?=
# install: the pg_config of a PostgreSQL elsewhere, where the command line goes, and what is put before every path.
PG_CONFIG ?=
PREFIX ?= /usr/local
DESTDIR ?=

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
AWGP := $(CARGO_TARGET_DIR)/debug/awgp
SCRATCH := scripts/scratch-server --pg $(PG)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what AWGP is built and tested with (root or sudo; skips what is there)
	@scripts/setup

demo: private ## run the demo on a throw-away server (KEEP=1 leaves it up, PG=18 for PostgreSQL 18)
	@$(SCRATCH) $(if $(KEEP),--keep) -- $(AWGP) demo

console: private ## the console on the demo's organisation, with a provider to sign in at (PORT=8080, PG=18)
	@$(SCRATCH) -- scripts/console

fleet: private ## three members with the demo's families, through PgDog where it is (KEEP=1, PG=18)
	@scripts/fleet $(PG) $(if $(KEEP),--keep)

fleet-proxy: private ## what clients see through a real PgDog (PGDOG_BIN, or pgdog on PATH; PG=18)
	@scripts/fleet-proxy $(PG)

test: setup ## every check and every test, on PostgreSQL 15 and 18
	@scripts/run-tests check core pg15 pg18

check: setup ## rustfmt, clippy with warnings denied, and the convention scripts
	@scripts/run-tests check

test-core: ## tests of the pure rules and of the command line's parts; no server
	@scripts/run-tests core

test-pg15: setup ## tests inside and against PostgreSQL 15
	@scripts/run-tests pg15

test-pg18: setup ## tests inside and against PostgreSQL 18
	@scripts/run-tests pg18

fuzz: ## look for text that breaks a parser, a minute for each target (SECONDS=600, TARGET="note proof")
	@scripts/fuzz $(or $(SECONDS),60) $(TARGET)

properties: ## random texts and numbers against the properties of the pure rules (CASES=20000, SEED=7)
	@PROPTEST_CASES=$(or $(CASES),2000) PROPTEST_MAX_GLOBAL_REJECTS=1000000000 PROPTEST_RNG_SEED=$(SEED) scripts/run-tests core

model: setup ## random calls against the model of AWGP (CASES=2000, SEED=7, PG=18)
	@AWGP_MODEL_CASES=$(or $(CASES),200) AWGP_MODEL_SEED=$(or $(SEED),1) scripts/integration-test $(PG) model::

bench: setup ## measure, release build, on a throw-away server
	@scripts/install-extension $(PG) --release
	@bash -c ". scripts/lib/toolchain.sh && release_flags && cargo build --quiet --release -p awgp_cli -p awgp_mcp"
	@$(SCRATCH) --conf fsync=on --conf synchronous_commit=on --conf full_page_writes=on --conf shared_buffers=1GB \
		-- scripts/bench

bench-fleet: setup ## one, two and three members, through PgDog and directly, release build (PGDOG_BIN; PG=18)
	@scripts/install-extension $(PG) --release
	@bash -c ". scripts/lib/toolchain.sh && release_flags && cargo build --quiet --release -p awgp_cli"
	@bash -c '. scripts/lib/toolchain.sh && AWGP_BIN=$$AWGP_TARGET/release/awgp bench/fleet $(PG)'

crash: private ## kill a server under load, again and again, and compare (ROUNDS=200, SEED=1, PG=18, CONF=)
	@scripts/crash $(ROUNDS) $(SEED) $(PG) $(CONF)

package: ## make the files of a release in target/package: .deb, tarballs, source, SBOM, checksums
	@scripts/setup --package
	@scripts/package 15 18

test-packages: setup package ## install, update and remove the packages of `make package` on a copy of this machine
	@scripts/test-packages --release

mcp-kill: private ## kill `awgp mcp guard` at random moments, and check that nothing is lost (ROUNDS=200)
	@AWGP_KILL_ROUNDS=$(ROUNDS) scripts/integration-test $(PG) mcp::killed --nocapture

psql: private ## a psql shell on a throw-away server that has the extension
	@$(SCRATCH) -- sh -c 'psql -qc "CREATE EXTENSION awgp" && psql'

# PGXN's client asks for it, then for install.
all: ## build for release what `make install` installs (PG=15 or 18, PG_CONFIG)
	@PG=$(PG) PG_CONFIG=$(PG_CONFIG) scripts/install --build

install: ## build for release and install into this machine's PostgreSQL (PG=15 or 18, PG_CONFIG, PREFIX, DESTDIR)
	@PG=$(PG) PG_CONFIG=$(PG_CONFIG) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) scripts/install

# What runs here runs on a copy of PostgreSQL that is its own.
private: setup
	@scripts/install-extension $(PG)

clean: ## remove everything that was built
	cargo clean
