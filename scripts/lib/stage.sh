# Builds what is installed, in the layout that packaging/install.sh and packaging/debian take. Sourced after
# toolchain.sh.
#
#   lib/awgp.so, extension/, POSTGRESQL       the extension, and the major version that it is for
#   command/bin, command/share, command/lib   the programs of the command line, their man pages and
#                                             completions, packaging/monitoring, packaging/*.service
#   awgp-VERSION.tgz                          clients/typescript, as npm takes it

# Each program of the command line, and its crate. The pages of one are written by a program NAME-pages of
# the same crate.
PROGRAMS=(
    awgp=awgp_cli
    awgp-console=awgp_console
    awgp-mcp=awgp_mcp
)

# stage_extension MAJOR debug|release PG_CONFIG FOLDER [CARGO-OPTION...]
# A development build is one of workspace_of, with the options given.
stage_extension() (
    built=$(mktemp -d "$AWGP_TARGET/stage.XXXXXX")
    trap 'rm -rf "$built"' EXIT
    if [ "$2" = release ]; then release_flags; fi
    cd "$AWGP_ROOT/awgp_ext"
    # In release by default. What the tests call inside a server is in the development build alone.
    debug='' features=pg$1
    if [ "$2" = debug ]; then
        debug=--debug features="pg$1 server_tests"
        export PGRX_BUILD_FLAGS="--workspace --bins ${*:5}"
    fi
    cargo pgrx package $debug --no-default-features --features "$features" --pg-config "$3" --out-dir "$built"
    mkdir -p "$4/lib" "$4/extension"
    find "$built" -name 'awgp.so' -exec mv {} "$4/lib" \;
    find "$built" \( -name 'awgp.control' -o -name 'awgp--*.sql' \) -exec mv {} "$4/extension" \;
    echo "$1" >"$4/POSTGRESQL"
)

# stage_command_line debug|release FOLDER
stage_command_line() (
    cd "$AWGP_ROOT"
    command=$2/command
    if [ "$1" = release ]; then
        release_flags
        # shellcheck disable=SC2046 # options
        cargo build --quiet --release $(printf -- '-p %s ' "${PROGRAMS[@]#*=}") --bins
    else
        # shellcheck disable=SC2046 # options
        cargo build --quiet $(workspace_of 15) --bins
    fi
    for program in "${PROGRAMS[@]%%=*}"; do
        install -D -m 755 "$AWGP_TARGET/$1/$program" "$command/bin/$program"
        "$AWGP_TARGET/$1/$program-pages" "$command"
    done
    install -D -m 644 -t "$command/lib/systemd/system" packaging/*.service
    install -D -m 644 packaging/sysusers.conf "$command/lib/sysusers.d/awgp.conf"
    install -D -m 644 -t "$command/share/awgp/monitoring" packaging/monitoring/*
)

# typescript_in FOLDER: a copy of clients/typescript that finds its libraries.
typescript_in() {
    [ -d "$AWGP_TYPESCRIPT" ] || die "the libraries of clients/typescript are not here" "run scripts/setup"
    mkdir -p "$1"
    cp -r "$AWGP_ROOT"/clients/typescript/{src,tests,README.md} "$AWGP_ROOT"/clients/typescript/{package,tsconfig,tsconfig.build}.json "$1"
    ln -s "$AWGP_TYPESCRIPT/node_modules" "$1/node_modules"
}

# stage_typescript VERSION FOLDER: the package for npm. Its date is SOURCE_DATE_EPOCH.
stage_typescript() (
    built=$(mktemp -d "$AWGP_TARGET/typescript.XXXXXX")
    trap 'rm -rf "$built"' EXIT
    typescript_in "$built"
    cd "$built"
    mkdir package
    node_modules/.bin/tsc --project tsconfig.build.json --outDir package/dist
    # What it is developed with is no part of it.
    VERSION=$1 node --eval '
        const { devDependencies, ...manifest } = JSON.parse(fs.readFileSync("package.json", "utf8"));
        const text = JSON.stringify({ ...manifest, version: process.env.VERSION }, null, 2);
        fs.writeFileSync("package/package.json", text + "\n");'
    cp README.md "$AWGP_ROOT/LICENSE" package
    chmod -R u=rwX,go=rX package
    mkdir -p "$2"
    tar --create --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" package |
        gzip -n >"$2/awgp-$1.tgz"
)

# stage_python VERSION FOLDER: the wheel and the source of clients/python, dated SOURCE_DATE_EPOCH. From a
# copy, which gets the version of the workspace.
stage_python() (
    copy=$(mktemp -d "$AWGP_TARGET/python.XXXXXX")
    trap 'rm -rf "$copy"' EXIT
    cp -r "$AWGP_ROOT"/clients/python/{README.md,pyproject.toml,src} "$AWGP_ROOT/LICENSE" "$copy"
    find "$copy" -name __pycache__ -prune -exec rm -r {} +
    # Others may look at it, whatever the checkout's modes are.
    chmod -R u=rwX,go=rX "$copy"
    sed -i "s/^version = .*/version = \"$1\"/" "$copy/pyproject.toml"
    mkdir -p "$2"
    folder=$(realpath "$2")
    cd "$copy"
    PYTHONPATH=$FLIT_CORE_HOME python3 -B - "$folder" <<'EOS'
import sys
from flit_core import buildapi

for build in (buildapi.build_wheel, buildapi.build_sdist):
    build(sys.argv[1])
EOS
)
