//! Connections to the database that many requests share.

use awgp_client::{Exit, Failure, Session, Target};
use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use std::time::Duration;

/// So many connections to one server at most; they are opened as they are needed.
pub struct Connections(Pool<Opening>);

impl Connections {
    /// Opens none yet. Whoever needs one waits so long until one is free; None: as long as it takes.
    pub fn new(target: Target, most: usize, wait: Option<Duration>) -> Result<Self, Failure> {
        let pool = Pool::builder(Opening(target))
            .max_size(most)
            .wait_timeout(wait)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Failure::new(Exit::Unexpected, format!("the pool of connections: {error}")))?;
        Ok(Self(pool))
    }

    /// The server.
    pub fn target(&self) -> &Target {
        &self.0.manager().0
    }

    /// A connection that is free. It is given back when it is dropped.
    pub async fn get(&self) -> Result<Object<Opening>, Failure> {
        // Boxed: opening a connection is large, and seldom.
        Box::pin(self.0.get()).await.map_err(|error| match error {
            PoolError::Backend(failure) => failure,
            error => Failure::new(Exit::NoConnection, format!("no connection is free: {error}"))
                .hint("try again in a moment"),
        })
    }
}

/// Opens connections.
pub struct Opening(Target);

impl Manager for Opening {
    type Type = Session;
    type Error = Failure;

    async fn create(&self) -> Result<Session, Failure> {
        Session::open(&self.0).await
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Failure> {
        if session.client().is_closed() {
            return Err(RecycleError::message("the server has closed this connection"));
        }
        Ok(())
    }
}
