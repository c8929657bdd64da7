//! A second server beside that of the tests: of another version, from a backup, or with another clock.

use crate::own_server::{crash_of, has_ended, kill, script, until};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A server of `scripts/scratch-server`. It ends when it is dropped, and when this process is gone.
pub struct AnotherServer {
    child: Child,
    url: String,
    log: PathBuf,
    pg_config: PathBuf,
}

/// Waits until the caller is gone.
const TELL: &str = r#"printf '%s\n' "$AWGP_SERVER_URL" "$AWGP_SCRATCH_LOG" "$AWGP_PG_CONFIG" && exec cat"#;

impl AnotherServer {
    /// Starts it with these options.
    pub fn start(options: &[&str]) -> Self {
        let mut command = script();
        command.args(options);
        Self::of(command)
    }

    /// Starts what this call of the script, with its options and without a command, describes.
    pub fn of(mut command: Command) -> Self {
        command.args(["--", "sh", "-c", TELL]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("scripts/scratch-server runs");
        let mut said = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = || {
            let mut line = String::new();
            said.read_line(&mut line).expect("UTF-8");
            line.trim_end().to_owned()
        };
        let (url, log, pg_config) = (line(), line(), line());
        if url.is_empty() {
            let mut rest = String::new();
            // What it says is on standard error already.
            let _ = said.read_to_string(&mut rest);
            panic!("{command:?} does not start a server: {rest}");
        }
        Self { child, url, log: log.into(), pg_config: pg_config.into() }
    }

    /// The superuser's URL.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The process of the script.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills every process of it at once, and returns when it answers again.
    pub async fn crash(&self) {
        crash_of(self.child.id(), &self.log.to_string_lossy()).await;
    }

    /// A client program of its version.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.pg_config.with_file_name(name))
    }

    /// The folder of its socket, which has its data in `data`.
    pub fn folder(&self) -> String {
        self.log.parent().expect("a folder").to_string_lossy().into_owned()
    }
}

/// The process that all others of the server in this folder are children of.
pub fn postmaster_of(folder: &str) -> u32 {
    let file = std::fs::read_to_string(format!("{folder}/data/postmaster.pid")).expect("a server runs there");
    file.lines().next().and_then(|pid| pid.parse().ok()).expect("a process id")
}

/// Ends the server that runs in this folder, as `pg_ctl stop --mode=fast` does: clients are thrown out.
pub async fn end_fast(folder: &str) {
    let pid = postmaster_of(folder);
    kill("INT", pid);
    until("the server ends", async || has_ended(pid)).await;
}

impl Drop for AnotherServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // A test that has failed says why already.
        let _ = self.child.wait();
    }
}
