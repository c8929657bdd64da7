//! The clients of a life, side by side.

use super::faults::until_acknowledged;
use super::memory::Memory;
use super::plan::Life;
use super::stage::Stage;
use super::writer::Writer;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Clients that write.
pub struct Load {
    memory: Arc<Memory>,
    running: Vec<JoinHandle<()>>,
}

impl Load {
    /// They begin. What they do follows from the seed.
    pub fn begin(stage: &Arc<Stage>, life: &Life, seed: u64) -> Self {
        let memory = Arc::new(Memory::default());
        let run = |number| {
            tokio::spawn(Writer::new(number, seed, life, Arc::clone(stage), Arc::clone(&memory)).run())
        };
        let running = (0..life.writers).map(run).collect();
        Self { memory, running }
    }

    /// Somebody else ends with them.
    pub fn join(&mut self, other: JoinHandle<()>) {
        self.running.push(other);
    }

    /// What they remember.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Whether all have ended.
    pub fn is_over(&self) -> bool {
        self.running.iter().all(JoinHandle::is_finished)
    }

    /// Waits until so many more transactions were acknowledged. False where that does not come about.
    pub async fn more(&self, transactions: u64) -> bool {
        until_acknowledged(&self.memory, self.memory.acknowledged() + transactions, || self.is_over()).await
    }

    /// They end what they do; returns what they remember.
    ///
    /// # Panics
    /// Where one of them has panicked.
    pub async fn end(self) -> Arc<Memory> {
        self.memory.stop();
        for client in self.running {
            client.await.expect("a client ends");
        }
        self.memory
    }

    /// They are given up: somebody waits for ever.
    pub fn abort(&self) {
        self.memory.stop();
        self.running.iter().for_each(JoinHandle::abort);
    }
}
