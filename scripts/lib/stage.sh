# Builds what is installed, in the layout that packaging/install.sh and packaging/debian take. Sourced after
# toolchain.sh.
#
#   lib/awgp.so, extension/, POSTGRESQL       the extension, and the major version that it is for
#   command/bin, command/share                the command line, its man pages and completions

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
    if [ "$1" = release ]; then
        release_flags
        cargo build --quiet --release -p awgp_cli --bins
    else
        # shellcheck disable=SC2046 # options
        cargo build --quiet $(workspace_of 15) --bins
    fi
    install -D -m 755 "$AWGP_TARGET/$1/awgp" "$2/command/bin/awgp"
    "$AWGP_TARGET/$1/awgp-pages" "$2/command"
)
