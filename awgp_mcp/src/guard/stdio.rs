//! The client on standard input and output. Each has a thread of its own: a thread that waits for a line
//! must not keep the program from ending.

use super::ends::{End, Incoming, Sent, Transport, end};
use super::lines::{Line, Lines};
use std::io::{ErrorKind, Read, Write, stdin, stdout};
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// How many bytes are read at once.
pub const CHUNK: usize = 64 << 10;

/// Begins to read and write. The receiver hears when the last message has been written.
pub fn open(max_message: usize) -> (End, oneshot::Receiver<()>) {
    let (end, Transport { incoming, mut outgoing }) = end();
    thread::spawn(move || read(max_message, &incoming));
    let (done, written) = oneshot::channel();
    thread::spawn(move || {
        while let Some(message) = outgoing.blocking_recv() {
            let text = one_line(message.text);
            let mut stdout = stdout().lock();
            if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
                break;
            }
            if let Some(sent) = message.sent {
                // Whoever asked may have gone.
                let _ = sent.send(Sent::Perhaps);
            }
        }
        let _ = done.send(());
    });
    (end, written)
}

fn read(max_message: usize, incoming: &mpsc::Sender<Incoming>) {
    let mut lines = Lines::new(max_message);
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = match stdin().lock().read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for line in lines.push(&chunk[..count]) {
            if incoming.blocking_send(heard(line, max_message)).is_err() {
                return;
            }
        }
    }
    if let Some(line) = lines.end() {
        let _ = incoming.blocking_send(heard(line, max_message));
    }
}

/// A line as what comes in.
pub fn heard(line: Line, max_message: usize) -> Incoming {
    let lost = |id, why| Incoming::Lost { id, why, is_undelivered: false };
    match line {
        Line::Text(text) => Incoming::Text(text),
        Line::TooLong(id) => lost(id, format!("it is longer than {max_message} bytes (--max-message)")),
        Line::NotText => lost(None, "it is not UTF-8".to_owned()),
    }
}

/// A message as a line. A break within a text of JSON is always escaped, so a break is between two tokens.
pub fn one_line(text: String) -> String {
    let mut line = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text };
    line.push('\n');
    line
}
