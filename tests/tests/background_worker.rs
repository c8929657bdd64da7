//! The background worker, on a server of its own that loads the library when it starts.

use awgp_tests::{Login, connect_to, server_major};
use std::process::Command;

/// What is asked of such a server: that maintenance runs by itself, never beside another, after a kill too, and says so.
const ASKED: &str = r#"
set -eu
ask() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
until_true() {
    for _ in $(seq 1 300); do [ "$(ask "$1")" = t ] && return; sleep 0.1; done
    echo "not within 30 s: $1" >&2; tail -50 "$AWGP_SCRATCH_LOG" >&2; exit 1
}
ask 'CREATE EXTENSION awgp' 2>/dev/null
until_true "SELECT count(*) >= 3 FROM awgp.maintenance_steps WHERE last_success_at IS NOT NULL"
grep -q "the extension awgp is not installed there" "$AWGP_SCRATCH_LOG"

# It does not run while somebody else does, and goes on afterwards.
psql -XAtq -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
SELECT awgp.begin_maintenance();
SELECT pg_sleep(1.5);
SELECT max(last_run_at) AS before FROM awgp.maintenance_steps \gset
SELECT pg_sleep(2.5);
SELECT 1 / CASE WHEN max(last_run_at) > :'before' THEN 0 ELSE 1 END FROM awgp.maintenance_steps;
SQL
grep -q "is running already, in another session" "$AWGP_SCRATCH_LOG"

# It does what is due, and says what it did.
ask "DO \$\$ BEGIN EXECUTE format('DROP TABLE awgp.%I', to_char(now() AT TIME ZONE 'UTC' + interval '2 months', '\"audit_logs_\"YYYY_MM')); END \$\$"
until_true "SELECT to_regclass(format('awgp.%I', to_char(now() AT TIME ZONE 'UTC' + interval '2 months', '\"audit_logs_\"YYYY_MM'))) IS NOT NULL"
grep -q "awgp: maintenance of postgres: .*audit_logs_" "$AWGP_SCRATCH_LOG"
[ "$(ask "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'awgp maintenance launcher'")" = t ]

# Its launcher is killed: the postmaster starts another.
launcher=$(ask "SELECT pid FROM pg_stat_activity WHERE backend_type = 'awgp maintenance launcher'")
ask "SELECT pg_terminate_backend($launcher)" >/dev/null
until_true "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'awgp maintenance launcher' AND pid <> $launcher)"
now=$(ask "SELECT clock_timestamp()")
until_true "SELECT max(last_run_at) > '$now' FROM awgp.maintenance_steps"
[ "$(ask "SELECT message LIKE 'awgp is loaded%' FROM awgp.doctor() WHERE code = 'preload'")" = t ]
echo "all of it holds"
"#;

#[tokio::test]
async fn a_preloaded_server_maintains_its_databases_by_itself() {
    let major = server_major(&connect_to("postgres", Login::Superuser).await).await.to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/scratch-server");
    let output = Command::new(script)
        .args(["--pg", &major, "--conf", "shared_preload_libraries=awgp"])
        .args([
            "--conf",
            "awgp.maintenance_databases=postgres, nowhere",
            "--conf",
            "awgp.maintenance_interval=1",
        ])
        .args(["--", "bash", "-c", ASKED])
        .output()
        .expect("a server can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim_end().ends_with("all of it holds"), "{said}\n{complained}");
}
