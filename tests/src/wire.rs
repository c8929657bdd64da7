//! Stands between a program and the server, and keeps what the program sends.

use crate::{Database, Login, PASSWORD, server};
use std::io::{Read, Result, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was sent, a letter a message, as the protocol has them: Q is a statement as text; P, B, D, E and S
/// are the parts of one with parameters.
type Sent = Arc<Mutex<String>>;

/// A way to the server on which messages are kept.
pub struct Wire {
    port: u16,
    sent: Sent,
}

impl Wire {
    /// Lays it. It ends with the process.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("an address").port();
        let far = server().get_ports().first().copied().expect("a port");
        let sent = Sent::default();
        let kept = Arc::clone(&sent);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near?, TcpStream::connect(("127.0.0.1", far))?);
                let (mut back, mut answers) = (near.try_clone()?, far.try_clone()?);
                thread::spawn(move || copy(&mut answers, &mut back));
                let kept = Arc::clone(&kept);
                // It ends with an error, as reading beyond the end is one.
                thread::spawn(move || pass_on(near, far, &kept));
            }
            Result::Ok(())
        });
        Self { port, sent }
    }

    /// The URL of a database on it.
    pub fn url(&self, database: &Database, login: Login) -> String {
        let user = login.role().expect("an ordinary role");
        format!("postgres://{user}:{PASSWORD}@127.0.0.1:{}/{}?sslmode=disable", self.port, database.name)
    }

    /// What was sent since the last time.
    pub fn sent(&self) -> String {
        std::mem::take(&mut self.sent.lock().expect("a lock"))
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}

fn pass_on(mut near: TcpStream, mut far: TcpStream, kept: &Sent) -> Result<()> {
    // The first message has no letter.
    let mut letter = None;
    loop {
        let mut length = [0; 4];
        near.read_exact(&mut length)?;
        let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap_or_default() - 4];
        near.read_exact(&mut body)?;
        let mut message: Vec<u8> = letter.into_iter().collect();
        message.extend(length);
        message.extend(body);
        if let Some(letter) = letter {
            kept.lock().expect("a lock").push(char::from(letter));
        }
        far.write_all(&message)?;
        let mut next = [0];
        near.read_exact(&mut next)?;
        letter = Some(next[0]);
    }
}
