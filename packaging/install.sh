#!/bin/sh
# Installs AWGP from the folder it stands in, without apt: the extension into one PostgreSQL, the command line
# below a prefix, with units for systemd, of which it starts none. Each file is written beside the old one and
# takes its name, so servers that run keep the library they have.
#
# ./install.sh [--pg-config PATH] [--prefix FOLDER] [--destdir FOLDER] [--only extension|command]
# [--uninstall]
#
# --pg-config  of the PostgreSQL to install into; without it, it is looked for
# --prefix     where bin/, share/ and lib/ of the command line go (default /usr/local)
# --destdir    put before every path, to make an image or a package
# --only       the extension or the command line alone
# --uninstall  removes the files; databases keep their rows
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

from=$here pg_config=${PG_CONFIG:-} prefix=${PREFIX:-/usr/local} destdir=${DESTDIR:-} only= uninstall=
while [ $# -gt 0 ]; do
    case $1 in
    --uninstall) uninstall=yes ;;
    --pg-config | --prefix | --destdir | --only | --from)
        [ $# -gt 1 ] || die "$1 needs a value" "$0 --help"
        case $1 in
        --pg-config) pg_config=$2 ;;
        --prefix) prefix=$2 ;;
        --destdir) destdir=$2 ;;
        --only) only=$2 ;;
        # For the makers of AWGP: what was built, where it is not beside this script.
        --from) from=$2 ;;
        esac
        shift
        ;;
    -h | --help)
        sed -n 's/^# \{0,1\}//p' "$0" | sed -n '/^Installs/,/^--uninstall/p'
        exit 0
        ;;
    *) die "unknown option $1" "$0 --help" ;;
    esac
    shift
done
case $only in '' | extension | command) ;; *) die "--only $only" "extension or command" ;; esac

major_of() { "$1" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'; }

# Where PostgreSQL of a major version usually is: Debian's packages, the PGDG's for Red Hat, its sources, the
# PATH.
find_pg_config() {
    for candidate in "/usr/lib/postgresql/$1/bin/pg_config" "/usr/pgsql-$1/bin/pg_config" \
        /usr/local/pgsql/bin/pg_config "$(command -v pg_config || true)"; do
        [ -x "$candidate" ] && [ "$(major_of "$candidate")" = "$1" ] || continue
        echo "$candidate"
        return
    done
    # A server without pg_config, as Debian installs it: its own program knows no paths, so Debian's are
    # taken.
    [ -x "/usr/lib/postgresql/$1/bin/postgres" ] && echo debian
}

lib= share=
find_folders() {
    major=$(cat "$from/POSTGRESQL")
    [ -n "$pg_config" ] || pg_config=$(find_pg_config "$major") ||
        die "PostgreSQL $major is not here" "--pg-config PATH names its pg_config"
    if [ "$pg_config" = debian ]; then
        lib=/usr/lib/postgresql/$major/lib share=/usr/share/postgresql/$major
        return
    fi
    [ -x "$pg_config" ] || die "$pg_config is no program" "--pg-config PATH names the pg_config of PostgreSQL $major"
    [ "$(major_of "$pg_config")" = "$major" ] ||
        die "these files are for PostgreSQL $major, and $pg_config is of $("$pg_config" --version)" "take the files for that version"
    lib=$("$pg_config" --pkglibdir) share=$("$pg_config" --sharedir)
}

# put FILE PATH MODE: beside what is there, then in its place.
put() {
    mkdir -p "$destdir$(dirname "$2")" 2>/dev/null && [ -w "$destdir$(dirname "$2")" ] ||
        die "$destdir$(dirname "$2") cannot be written" "run this as root"
    install -m "$3" "$1" "$destdir$2.new"
    mv -f "$destdir$2.new" "$destdir$2"
}

install_extension() {
    replaced=
    [ ! -e "$destdir$lib/awgp.so" ] || replaced=yes
    put "$from/lib/awgp.so" "$lib/awgp.so" 755
    for file in "$from"/extension/*.sql; do put "$file" "$share/extension/${file##*/}" 644; done
    # Last: it makes the extension known.
    put "$from/extension/awgp.control" "$share/extension/awgp.control" 644
    echo "installed for PostgreSQL $major: $destdir$lib/awgp.so, $destdir$share/extension"
    if [ -n "$destdir" ]; then
        :
    elif [ -n "$replaced" ]; then
        tell_servers "$lib/awgp.so"
        echo "next, in each database that has it: ALTER EXTENSION awgp UPDATE;"
    else
        echo "next, in a database: CREATE EXTENSION awgp;"
    fi
}

# A unit names its program by its path.
put_unit() {
    unit=$(mktemp)
    sed "s|^ExecStart=/usr/bin/|ExecStart=$prefix/bin/|" "$from/command/$1" >"$unit"
    put "$unit" "$prefix/$1" 644
    rm "$unit"
}

files_of_command() { (cd "$from/command" && find . -type f) | sed 's|^\./||' | LC_ALL=C sort; }

install_command() {
    files_of_command | while read -r file; do
        case $file in
        bin/*) put "$from/command/$file" "$prefix/$file" 755 ;;
        lib/systemd/*) put_unit "$file" ;;
        *) put "$from/command/$file" "$prefix/$file" 644 ;;
        esac
    done
    echo "installed the command line: $destdir$prefix/bin/awgp"
    [ -n "$destdir" ] || tell_programs "$prefix/bin" restart
}

remove() {
    [ ! -e "$destdir$1" ] || rm "$destdir$1" || die "$destdir$1 cannot be removed" "run this as root"
}

uninstall_extension() {
    # First: nobody makes the extension any more.
    remove "$share/extension/awgp.control"
    for file in "$destdir$share"/extension/awgp--*.sql; do remove "${file#"$destdir"}"; done
    remove "$lib/awgp.so"
    echo "removed for PostgreSQL $major. Databases keep AWGP's rows, which nobody can use without the library."
    echo "In each database that has it: DROP EXTENSION awgp CASCADE; -- it leaves the tables and their rows"
    echo "Take awgp out of shared_preload_libraries before a server starts again."
}

uninstall_command() {
    files_of_command | while read -r file; do remove "$prefix/$file"; done
    echo "removed the command line: $destdir$prefix/bin/awgp"
    [ -n "$destdir" ] || tell_programs "$prefix/bin" stop
}

verb=${uninstall:+un}install
if [ "$only" != command ]; then
    find_folders
    "${verb}_extension"
fi
# What was built for a server alone has no command line.
if [ "$only" != extension ] && [ -d "$from/command" ]; then "${verb}_command"; fi
