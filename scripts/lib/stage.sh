# Builds what is installed, in the layout that packaging/install.sh and packaging/debian take. Sourced after
# toolchain.sh.
#
#   lib/awgp.so, extension/, POSTGRESQL       the extension, and the major version that it is for
#   command/bin, command/share                the command line, its man pages and completions

# stage_extension MAJOR debug|release PG_CONFIG FOLDER
stage_extension() (
    built=$(mktemp -d "$AWGP_TARGET/stage.XXXXXX")
    trap 'rm -rf "$built"' EXIT
    if [ "$2" = release ]; then release_flags; fi
    cd "$AWGP_ROOT/awgp_ext"
    # In release by default.
    debug=--debug
    [ "$2" = debug ] || debug=
    cargo pgrx package $debug --no-default-features --features "pg$1" --pg-config "$3" --out-dir "$built"
    mkdir -p "$4/lib" "$4/extension"
    find "$built" -name 'awgp.so' -exec mv {} "$4/lib" \;
    find "$built" \( -name 'awgp.control' -o -name 'awgp--*.sql' \) -exec mv {} "$4/extension" \;
    echo "$1" >"$4/POSTGRESQL"
)

# stage_command_line debug|release FOLDER
stage_command_line() (
    release=
    if [ "$1" = release ]; then
        release=--release
        release_flags
    fi
    cd "$AWGP_ROOT"
    cargo build --quiet $release -p awgp_cli --bins
    install -D -m 755 "$AWGP_TARGET/$1/awgp" "$2/command/bin/awgp"
    "$AWGP_TARGET/$1/awgp-pages" "$2/command"
)
