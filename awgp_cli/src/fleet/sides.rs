//! The two servers of a move: a transaction on one of them, and errors that say on which.

use awgp_client::{Context, Failure, Session, Target, Trouble, Work};

/// A server of a move.
pub struct Side {
    session: Session,
    /// `source` or `target`.
    name: &'static str,
    /// What it is called: host and port.
    pub place: String,
}

impl Side {
    /// Connects.
    pub async fn open(name: &'static str, target: &Target) -> Result<Self, Failure> {
        let session = Session::open(target).await?;
        Ok(Self { session, name, place: target.place() })
    }

    /// Runs statements in a transaction of their own.
    pub async fn within<T>(
        &mut self,
        run: impl AsyncFnOnce(&Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        let outcome = async {
            let work = self.session.begin(Context::default()).await?;
            let answer = run(&work).await?;
            work.commit().await?;
            Ok::<T, Trouble>(answer)
        }
        .await;
        match outcome {
            Ok(answer) => Ok(answer),
            Err(trouble) => Err(self.explain(trouble).await),
        }
    }

    /// The error, with the side.
    pub async fn explain(&self, trouble: Trouble) -> Failure {
        let mut failure = self.session.explain(trouble).await;
        failure.message = format!("{}: {}", self.name, failure.message);
        failure
    }

    /// Takes leave.
    pub async fn close(self) {
        self.session.close().await;
    }
}
