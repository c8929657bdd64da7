//! Databases of tests that have ended are dropped, or a run would keep a thousand of them: in memory, where
//! `scripts/scratch-server` puts a server of tests if it can.

use crate::{Login, connected, own_server};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio_postgres::{Client, Config};

/// How long a database waits whose clients have not left yet.
const PAUSE: Duration = Duration::from_millis(100);

/// A database on the server of all tests that is dropped when the last of these is gone and its clients have
/// left.
pub struct Owned {
    server: Config,
    name: String,
}

impl Owned {
    /// Of this name, made just now. None on a server that ends with its test.
    pub fn of(server: Config, name: &str) -> Option<Arc<Self>> {
        let whole_server_goes = own_server::is_here();
        (!whole_server_goes).then(|| Arc::new(Self { server, name: name.to_owned() }))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        static CLEANER: LazyLock<Sender<(Config, String)>> = LazyLock::new(start);
        // Without the cleaner it stays, until the server goes.
        let _ = CLEANER.send((self.server.clone(), std::mem::take(&mut self.name)));
    }
}

fn start() -> Sender<(Config, String)> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        clean(&runtime, &receive);
    });
    send
}

/// Drops what it is given, in turn. One that cannot be dropped, because a test left a prepared transaction or
/// a slot in it, stays until the server goes.
fn clean(runtime: &tokio::runtime::Runtime, given: &Receiver<(Config, String)>) {
    let mut waiting = VecDeque::new();
    let mut postgres: Option<Client> = None;
    loop {
        match given.recv_timeout(if waiting.is_empty() { Duration::MAX } else { PAUSE }) {
            Ok(database) => waiting.push_back(database),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for _ in 0..waiting.len() {
            let Some((server, name)) = waiting.pop_front() else { break };
            if !runtime.block_on(is_dropped(&mut postgres, &server, &name)) {
                waiting.push_back((server, name));
            }
        }
    }
}

/// False where somebody is connected to it still.
async fn is_dropped(postgres: &mut Option<Client>, server: &Config, name: &str) -> bool {
    if postgres.as_ref().is_none_or(Client::is_closed) {
        *postgres = connected(server.clone(), "postgres", Login::Superuser).await.ok();
    }
    let Some(client) = postgres else { return false };
    let busy = "SELECT FROM pg_stat_activity WHERE datname = $1";
    match client.query_opt(&format!("{busy} LIMIT 1"), &[&name]).await {
        // DROP DATABASE waits five seconds for whoever is connected, and the others would wait with it.
        Ok(None) => {
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
            !client.is_closed()
        }
        _ => false,
    }
}
