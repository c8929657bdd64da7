//! A program beside a test that speaks JSON-RPC on its pipes, line by line.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a message may take. No test waits for it to pass.
const AT_MOST: Duration = Duration::from_mins(1);

/// A program that runs. It ends with the test.
pub struct Speaker {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
    hearing: Option<JoinHandle<()>>,
    next: u64,
    /// What came and was not waited for.
    pub aside: Vec<Value>,
}

impl Speaker {
    /// Starts it; of a guard, before this server.
    pub fn start(mut command: Command, server: Vec<String>) -> Self {
        if !server.is_empty() {
            command.arg("--").args(server);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (send, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let stderr = Arc::new(Mutex::new(String::new()));
        let (said, mut from) = (Arc::clone(&stderr), child.stderr.take().expect("a pipe"));
        let hearing = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut chunk) {
                said.lock().expect("a lock").push_str(&String::from_utf8_lossy(&chunk[..count]));
            }
        });
        let (stdin, hearing) = (child.stdin.take(), Some(hearing));
        Self { stdin, child, lines, stderr, hearing, next: 1, aside: Vec::new() }
    }

    /// Says hello as a client does.
    pub fn initialize(&mut self) -> Value {
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {"sampling": {}},
            "clientInfo": {"name": "test", "version": "1"}});
        let answer = self.ask("initialize", params);
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    /// Sends a line as it is.
    pub fn send_text(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it is open");
        // It may have ended.
        let _ = stdin.write_all(format!("{line}\n").as_bytes());
    }

    /// The next line as it is.
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(AT_MOST).unwrap_or_else(|error| panic!("{error}: {}", self.said()))
    }

    /// The next message.
    pub fn message(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next notification or request of this method; what comes before it is put aside.
    pub fn wait_for(&mut self, method: &str) -> Value {
        if let Some(at) = self.aside.iter().position(|message| message["method"] == method) {
            return self.aside.remove(at);
        }
        loop {
            let message = self.message();
            if message["method"] == method {
                return message;
            }
            self.aside.push(message);
        }
    }

    /// Sends a request; returns its id.
    #[expect(clippy::needless_pass_by_value, reason = "a call reads better with json!(…) in it")]
    pub fn request(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The answer to a request; what comes before it is put aside.
    pub fn answer(&mut self, id: u64) -> Value {
        let is_it = |message: &Value| message["id"] == id && message.get("method").is_none();
        if let Some(at) = self.aside.iter().position(is_it) {
            return self.aside.remove(at);
        }
        loop {
            let message = self.message();
            if is_it(&message) {
                return message;
            }
            self.aside.push(message);
        }
    }

    /// Sends a request and returns its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
    }

    /// Calls a tool: the result.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.call_with(tool, arguments, json!({}))
    }

    /// Calls a tool with this `_meta`: the result.
    #[expect(clippy::needless_pass_by_value, reason = "a call reads better with json!(…) in it")]
    pub fn call_with(&mut self, tool: &str, arguments: Value, meta: Value) -> Value {
        let mut answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments, "_meta": meta}));
        assert!(answer.get("result").is_some(), "{answer}");
        answer["result"].take()
    }

    /// What it has said on standard error.
    pub fn said(&self) -> String {
        self.stderr.lock().expect("a lock").clone()
    }

    /// What a program says that has to end by itself: the exit code, and standard error whole.
    pub fn ends(mut self) -> (i32, String) {
        (self.exit(), self.said())
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The client goes: the exit code.
    pub fn close(&mut self) -> i32 {
        self.stdin = None;
        self.exit()
    }

    /// Waits until it has ended by itself, and until all is heard that it has said: the exit code.
    pub fn exit(&mut self) -> i32 {
        let status = self.child.wait().expect("it ends");
        if let Some(hearing) = self.hearing.take() {
            hearing.join().expect("it hears");
        }
        status.code().unwrap_or(-1)
    }

    /// Sends a signal to it, such as TERM.
    pub fn signal(&self, name: &str) {
        kill(name, &self.id().to_string());
    }

    /// The same to it and all that it has started, where it leads a group of processes.
    pub fn signal_group(&self, name: &str) {
        kill(name, &format!("-{}", self.id()));
    }
}

fn kill(signal: &str, whom: &str) {
    let status = Command::new("kill").args([&format!("-{signal}"), "--", whom]).status();
    assert!(status.expect("kill runs").success());
}

impl Drop for Speaker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
