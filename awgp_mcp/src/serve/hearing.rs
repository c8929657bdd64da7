//! Wakes who waits for an approval: one connection listens for all, from the first wait on.

use crate::opt::Door;
use awgp_client::{Failure, Session};
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// After a connection that failed or ended.
const AGAIN: Duration = Duration::from_secs(5);

/// Who listens.
pub struct Hearing {
    door: Door,
    heard: Arc<watch::Sender<u64>>,
    listens: AtomicBool,
}

impl Hearing {
    /// Nobody listens yet.
    pub fn new(door: &Door) -> Self {
        Self { door: door.clone(), heard: Arc::new(watch::Sender::new(0)), listens: AtomicBool::new(false) }
    }

    /// Changes whenever something happens to an approval. While no connection listens it does not, so whoever
    /// waits looks from time to time as well.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        if !self.listens.swap(true, Ordering::Relaxed) {
            let (door, heard) = (self.door.clone(), self.heard.clone());
            tokio::spawn(async move {
                loop {
                    // Its waiters look by themselves meanwhile.
                    let _ = listen(&door, &heard).await;
                    tokio::time::sleep(AGAIN).await;
                }
            });
        }
        self.heard.subscribe()
    }
}

/// Listens until the connection ends.
async fn listen(door: &Door, heard: &watch::Sender<u64>) -> Result<(), Failure> {
    let target = door.effective()?.target(&|name| env::var(name).ok())?;
    let target = target.with_token(None).with_application_name("awgp mcp serve: listening");
    let (session, mut notified) = Session::open_to_listen(&target).await?;
    if let Err(error) = session.client().batch_execute("LISTEN awgp_approvals").await {
        return Err(session.explain(error.into()).await);
    }
    while notified.recv().await.is_some() {
        heard.send_modify(|count| *count = count.wrapping_add(1));
    }
    Ok(())
}
