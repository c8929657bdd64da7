//! Tests that need a server of their own: one that they may kill, or one with a standby.
//!
//! Such a test runs itself once more, alone, inside of `scripts/scratch-server`.

use crate::server;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// A guard against waiting for ever: far above what a busy machine needs.
const A_LONG_TIME: Duration = Duration::from_mins(5);

const INSIDE: &str = "AWGP_TEST_OWN_SERVER";

/// True where this process is the one inside: the test does its work. Elsewhere runs `test` of this binary
/// inside of a server with these options, and fails where it fails.
pub fn is_inside(test: &str, options: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/scratch-server");
    let binary = std::env::current_exe().expect("a test knows its binary");
    let output = Command::new(script)
        .args(["--pg", &major()])
        .args(options)
        .arg("--")
        .arg(binary)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("scripts/scratch-server runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // Indented, so that nobody takes its count for their own.
    said.lines().for_each(|line| println!("    {line}"));
    assert!(output.status.success() && said.contains("1 passed"), "{test} fails on a server of its own");
    false
}

/// The major version of the server that the other tests run on.
fn major() -> String {
    let pg_config = std::env::var_os("AWGP_PG_CONFIG").unwrap_or_else(|| "pg_config".into());
    let output = Command::new(pg_config).arg("--version").output().expect("pg_config runs");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let digits = version.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit);
    digits.collect()
}

/// Kills every process of the server at once, and returns when it answers again.
pub async fn crash() {
    let before = started_at().await.expect("the server answers");
    let pid = std::env::var("AWGP_SCRATCH_PID").expect("scripts/scratch-server says its process");
    let sent = Command::new("sh").args(["-c", &format!("kill -USR1 {pid}")]).status();
    assert!(sent.expect("sh runs").success(), "the signal is sent");
    let deadline = Instant::now() + A_LONG_TIME;
    while started_at().await.is_none_or(|at| at == before) {
        assert!(Instant::now() < deadline, "the server does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// When the server was started; none while it does not answer.
async fn started_at() -> Option<String> {
    let mut config = server();
    let (client, connection) = config.dbname("postgres").connect(NoTls).await.ok()?;
    tokio::spawn(connection);
    let row = client.query_one("SELECT pg_postmaster_start_time()::text", &[]).await.ok()?;
    Some(row.get(0))
}

/// What the server has logged so far.
pub fn log() -> String {
    let path = std::env::var("AWGP_SCRATCH_LOG").expect("scripts/scratch-server says where its log is");
    String::from_utf8_lossy(&std::fs::read(path).expect("a log")).into_owned()
}

/// Waits for the condition; fails where it does not come about in a long
/// time, with the end of the server's log.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + A_LONG_TIME;
    while !condition().await {
        if Instant::now() > deadline {
            let log = log();
            let lines: Vec<&str> = log.lines().collect();
            panic!(
                "not within {A_LONG_TIME:?}: {what}\n{}",
                lines[lines.len().saturating_sub(40)..].join("\n")
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The process that all others of the server are children of.
pub async fn postmaster() -> u32 {
    let client = crate::connect_to("postgres", crate::Login::Superuser).await;
    let sql = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
    let pid: String = client.query_one(sql, &[]).await.expect("a superuser reads files").get(0);
    pid.parse().expect("a process id")
}

/// Sends the server a signal to end, and waits until it has.
pub async fn shut_down(signal: &str) {
    let pid = postmaster().await;
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status();
    assert!(sent.expect("sh runs").success(), "the signal is sent");
    until(&format!("{signal} ends the server"), async || has_ended(pid)).await;
}

/// Whether a process is gone, or waits for its parent alone.
fn has_ended(pid: u32) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    status.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}
