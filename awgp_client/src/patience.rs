//! How long a client waits for the answer to a statement.
//!
//! The server's `statement_timeout` ends a statement that takes too long. A server that is frozen, or that
//! the network has lost, ends nothing: the client has a limit of its own, a little above.

use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use std::time::Duration;

/// The limit; None: as long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience(pub(crate) Option<Duration>);

impl Patience {
    /// The answer, where it comes in time.
    pub(crate) async fn awaited<T>(
        self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Trouble> {
        // On the heap: whoever awaits many statements would carry the room of each.
        let answer = Box::pin(answer);
        let Some(limit) = self.0 else { return Ok(answer.await?) };
        match tokio::time::timeout(limit, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Failure::new(
                Exit::NoConnection,
                format!("the server has not answered a statement within {} s", limit.as_secs()),
            )
            .hint("look whether the server is up, or give it longer: statement_timeout_seconds")
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_no_connection_and_without_a_limit_it_is_awaited() {
        let never = std::future::pending::<Result<i32, tokio_postgres::Error>>();
        let failed = Patience(Some(Duration::from_millis(20))).awaited(never).await;
        assert!(matches!(failed, Err(Trouble::Told(failure)) if failure.exit == Exit::NoConnection));
        let late = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(1)
        };
        assert!(matches!(Patience(None).awaited(late).await, Ok(1)));
    }
}
