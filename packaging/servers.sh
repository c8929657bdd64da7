# Which servers, sessions and programs still run with a file that was replaced. Part of install.sh, and of
# what Debian's packages run when they are configured.

# tell_servers LIBRARY: says what to restart after the file LIBRARY was replaced.
tell_servers() {
    sessions=0 preloading=0
    for process in /proc/[0-9]*; do
        grep -qsF "$1 (deleted)" "$process/maps" || continue
        # A server and its sessions stand in its data directory, which names the server's process.
        data=$(readlink "$process/cwd") || continue
        server=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || continue
        if [ "${process#/proc/}" = "$server" ]; then
            preloading=$((preloading + 1))
            echo "restart the server that preloads awgp: $(restart_of "$data")"
        elif ! grep -qsF "$1 (deleted)" "/proc/$server/maps"; then
            sessions=$((sessions + 1))
        fi
    done
    [ "$preloading" -gt 0 ] || echo "nothing to restart: no server that runs preloads awgp"
    [ "$sessions" -eq 0 ] || echo "$sessions sessions keep the library that they have loaded until they end"
}

restart_of() {
    case $1 in
    /var/lib/postgresql/*/*)
        cluster=${1#/var/lib/postgresql/}
        echo "systemctl restart postgresql@${cluster%/*}-${cluster#*/}"
        ;;
    *) echo "pg_ctl restart --pgdata $1" ;;
    esac
}

# tell_programs FOLDER restart|stop: says what still runs a program of this folder that was replaced or
# removed.
tell_programs() {
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe") in "$1"/awgp*' (deleted)') ;; *) continue ;; esac
        unit=$(sed -n 's|.*/\([^/]*\.service\)$|\1|p' "$process/cgroup" 2>/dev/null | head -n 1)
        case $unit in
        awgp-*) echo "$2 what still runs: systemctl $2 $unit" ;;
        *) echo "$2 what still runs: process ${process#/proc/}, $(tr '\0' ' ' <"$process/cmdline")" ;;
        esac
    done
}
