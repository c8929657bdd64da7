//! Tests that need a server of their own: one that they may kill, or one with a standby.
//!
//! Such a test runs itself once more, alone, inside of `scripts/scratch-server`.

use crate::server;
use std::io::{Read, Seek, SeekFrom};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// A guard against waiting for ever: far above what a busy machine needs.
const A_LONG_TIME: Duration = Duration::from_mins(5);

const INSIDE: &str = "AWGP_TEST_OWN_SERVER";

/// True where this process is the one inside: the test does its work. Elsewhere runs `test` of this binary
/// inside of a server with these options, and fails where it fails.
pub fn is_inside(test: &str, options: &[&str]) -> bool {
    if is_here() {
        return true;
    }
    let binary = std::env::current_exe().expect("a test knows its binary");
    let output = script()
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

/// `scripts/scratch-server`.
pub fn script() -> Command {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/scratch-server"))
}

/// True in the process inside, whose server goes when its test ends.
pub(crate) fn is_here() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// The major version of the server that the other tests run on.
pub fn major() -> String {
    let pg_config = std::env::var_os("AWGP_PG_CONFIG").unwrap_or_else(|| "pg_config".into());
    let output = Command::new(pg_config).arg("--version").output().expect("pg_config runs");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let digits = version.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit);
    digits.collect()
}

static INSTEAD: Mutex<Option<String>> = Mutex::new(None);

/// From now on this process, which runs one test, connects to another server, such as a standby that was
/// promoted.
pub fn move_to(url: String) {
    assert!(is_here(), "other tests have another server");
    *INSTEAD.lock().expect("nobody has panicked") = Some(url);
}

/// The server that this process has moved to.
pub fn instead() -> Option<String> {
    INSTEAD.lock().expect("nobody has panicked").clone()
}

/// What `scripts/scratch-server` writes to the log when the server answers after a crash.
const STARTED_AGAIN: &str = "scratch-server: started again";

/// Kills every process of the server at once, and returns when it answers again. It may have ended before.
pub async fn crash() {
    let pid = std::env::var("AWGP_SCRATCH_PID").expect("scripts/scratch-server says its process");
    crash_of(pid.parse().expect("a process id"), &log_path()).await;
    answers().await;
}

/// Has this process of `scripts/scratch-server`, whose server logs there, kill its server and start it again.
pub(crate) async fn crash_of(pid: u32, log: &str) {
    let before = std::fs::metadata(log).expect("a log").len();
    kill("USR1", pid);
    let deadline = Instant::now() + A_LONG_TIME;
    while !from_byte(log, before).contains(STARTED_AGAIN) {
        assert!(Instant::now() < deadline, "the server does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The same, and then the server's clock is that far from this machine's. For a server with `--clock`.
pub async fn crash_into(seconds: i64) {
    let file = std::env::var("AWGP_SCRATCH_CLOCK").expect("scripts/scratch-server --clock names the file");
    std::fs::write(file, format!("{seconds:+}")).expect("the clock is set");
    crash().await;
}

/// Waits until the server takes connections.
pub async fn answers() {
    assert!(answers_within(A_LONG_TIME).await, "the server does not answer");
}

/// The same; false where it has not within this time.
pub async fn answers_within(limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while !is_up().await {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

async fn is_up() -> bool {
    let mut config = server();
    let Ok((client, connection)) = config.dbname("postgres").connect(NoTls).await else { return false };
    tokio::spawn(connection);
    client.query_one("SELECT 1", &[]).await.is_ok()
}

/// Sends a signal to a process, which may be gone already.
pub fn kill(signal: &str, pid: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {pid} 2>/dev/null || true")]).status();
    assert!(sent.expect("sh runs").success(), "the signal is sent");
}

/// What the server has logged so far.
pub fn log() -> String {
    String::from_utf8_lossy(&log_bytes()).into_owned()
}

fn log_path() -> String {
    std::env::var("AWGP_SCRATCH_LOG").expect("scripts/scratch-server says where its log is")
}

fn log_bytes() -> Vec<u8> {
    std::fs::read(log_path()).expect("a log")
}

/// What is in the log from this byte on.
fn from_byte(log: &str, place: u64) -> String {
    let mut file = std::fs::File::open(log).expect("a log");
    let mut said = Vec::new();
    file.seek(SeekFrom::Start(place)).expect("a place in the log");
    file.read_to_end(&mut said).expect("the log is read");
    String::from_utf8_lossy(&said).into_owned()
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
    kill(signal, pid);
    until(&format!("{signal} ends the server"), async || has_ended(pid)).await;
}

/// Whether a process is gone, or waits for its parent alone.
pub fn has_ended(pid: u32) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    status.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}
