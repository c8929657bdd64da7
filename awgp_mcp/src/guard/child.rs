//! The server as a program that this one starts. Its standard error is the guard's own.

use super::ends::{End, Incoming, Sent, Transport, end};
use super::lines::Lines;
use super::stdio::{CHUNK, heard, one_line};
use awgp_client::{Exit, Failure};
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::timeout;

/// How long a server has to end, once its standard input has ended; and again, once it was asked to.
const ENDING: Duration = Duration::from_secs(2);

/// A program that was started.
pub struct Server {
    child: Child,
}

/// Starts it.
pub fn start(command: &[OsString], max_message: usize) -> Result<(End, Server), Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::new(Exit::Usage, "no server is given").hint("give a command after --"));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server {} cannot be run: {error}", program.display()))
            .hint("check the command after --")
    })?;
    let (end, Transport { incoming, outgoing }) = end();
    if let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) {
        spawn_local(read(stdout, incoming, max_message));
        spawn_local(write(stdin, outgoing));
    }
    Ok((end, Server { child }))
}

async fn read(mut stdout: ChildStdout, incoming: mpsc::Sender<Incoming>, max_message: usize) {
    let mut lines = Lines::new(max_message);
    let mut chunk = vec![0; CHUNK];
    while let Ok(count @ 1..) = stdout.read(&mut chunk).await {
        for line in lines.push(&chunk[..count]) {
            if incoming.send(heard(line, max_message)).await.is_err() {
                return;
            }
        }
    }
    if let Some(line) = lines.end() {
        // The core may have ended.
        let _ = incoming.send(heard(line, max_message)).await;
    }
}

/// The input of the server ends with the core.
async fn write(mut stdin: ChildStdin, mut outgoing: mpsc::Receiver<super::ends::Outgoing>) {
    while let Some(message) = outgoing.recv().await {
        let line = one_line(message.text);
        let mut rest = line.as_bytes();
        let is_written = loop {
            match stdin.write(rest).await {
                Ok(0) | Err(_) => break false,
                Ok(count) if count == rest.len() => break true,
                Ok(count) => rest = &rest[count..],
            }
        };
        let is_untouched = !is_written && rest.len() == line.len();
        if let Some(sent) = message.sent {
            // Whoever asked may have gone.
            let _ = sent.send(if is_untouched { Sent::Not } else { Sent::Perhaps });
        }
        if !is_written {
            break;
        }
    }
    outgoing.close();
    while let Some(message) = outgoing.recv().await {
        if let Some(sent) = message.sent {
            // Whoever asked may have gone.
            let _ = sent.send(Sent::Not);
        }
    }
}

impl Server {
    /// Ends it, after its standard input has ended: it may end by itself, then it is asked to, then it is
    /// killed.
    pub async fn end(mut self) {
        if timeout(ENDING, self.child.wait()).await.is_ok() {
            return;
        }
        if let Some(id) = self.child.id() {
            // The standard library cannot send another signal than SIGKILL.
            let _ = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            if timeout(ENDING, self.child.wait()).await.is_ok() {
                return;
            }
        }
        eprintln!("awgp mcp guard: the server does not end, and is killed");
        let _ = self.child.kill().await;
    }

    /// How it ended, in words, if it has.
    pub fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}
