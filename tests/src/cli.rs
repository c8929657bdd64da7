//! Runs the real `awgp` binary, which `AWGP_BIN` names.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use crate::{Database, Login};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// How one run of `awgp` ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// The same, when the exit code is as expected.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use)] // The check itself may be all that is wanted.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// What `audit verify` prints as JSON Lines: its findings, and the line that sums up.
    #[track_caller]
    pub fn verified(&self) -> (Vec<Value>, Value) {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:#?}"));
        let mut lines: Vec<Value> = self.stdout.lines().map(read).collect();
        let summary = lines.pop().expect("a line that sums up");
        (lines, summary)
    }

    /// The error object of JSON mode, which is one line on standard error; standard output is empty.
    #[track_caller]
    pub fn error(&self) -> Value {
        assert_eq!(self.stdout, "", "{self:#?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The hint of a failure as people read it: one line for the error, at most one for each note.
    #[track_caller]
    pub fn hint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert!(lines.first().is_some_and(|line| line.starts_with("error: ")), "{self:#?}");
        let hints: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("hint: ")).collect();
        assert_eq!(hints.len(), 1, "{self:#?}");
        hints[0].to_owned()
    }
}

/// How long programs wait for a connection, in seconds: their own ten are few on a busy machine. What a test
/// says itself comes after it.
pub const PATIENT: &str = "120";

/// `awgp` with these arguments and, of the environment, these variables only.
fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
    let mut command = Command::new(binary);
    command.env_clear().args(arguments).env("PGCONNECT_TIMEOUT", PATIENT).envs(variables.iter().copied());
    command.stdin(Stdio::null());
    command
}

/// Runs `awgp` with these arguments and, of the environment, these variables only.
pub fn awgp(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let Output { status, stdout, stderr } = command(arguments, variables).output().expect("awgp runs");
    Outcome {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).expect("UTF-8"),
        stderr: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// A run of `awgp` that goes on, such as `tail --follow`. It ends with the test.
pub struct Follower {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Follower {
    /// Starts it, on this database.
    pub fn start(arguments: &[&str], url: &str) -> Self {
        Self::start_with(arguments, &[("DATABASE_URL", url)])
    }

    /// Starts it, with these variables alone.
    pub fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(arguments, variables).stdout(Stdio::piped()).spawn().expect("awgp runs");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, stdout }
    }

    /// The next line; waits for it.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).expect("UTF-8");
        assert!(read > 0, "awgp has ended: {:?}", self.child.try_wait());
        line
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `awgp` for people, on this database.
pub fn table(database: &Database, login: Login, arguments: &[&str]) -> Outcome {
    awgp(arguments, &[("DATABASE_URL", &database.url(login))])
}

/// Runs `awgp` for programs, on this database.
pub fn json(database: &Database, login: Login, arguments: &[&str]) -> Outcome {
    awgp(&[arguments, &["--output", "json"]].concat(), &[("DATABASE_URL", &database.url(login))])
}

/// Every byte as %XX, which is right in every part of a URL.
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

/// Runs `awgp` on a terminal of its own, 24 lines of 80 columns, where every question gets this answer. What
/// the terminal shows is on `stdout`.
pub fn at_terminal(answer: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/at_terminal.py");
    let mut python = Command::new("python3");
    python.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("TERM", "dumb");
    // Nobody presses a key.
    python.env("PAGER", "cat").env("PGCONNECT_TIMEOUT", PATIENT);
    python.arg(script).arg(answer).arg(binary).args(arguments).envs(variables.iter().copied());
    let Output { status, stdout, stderr } = python.output().expect("python3 runs");
    Outcome {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
