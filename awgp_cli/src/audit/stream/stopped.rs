//! Why sending has ended.

use crate::missed::Missed;
use awgp_client::{Failure, Trouble};

/// Why sending has ended.
#[derive(Debug)]
pub enum Stopped {
    /// The receiver was missed: it is tried again, unless no attempt can help.
    Missed(Missed),
    /// Everything else.
    Trouble(Trouble),
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Trouble(failure.into())
    }
}

impl From<tokio_postgres::Error> for Stopped {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<Missed> for Stopped {
    fn from(missed: Missed) -> Self {
        Self::Missed(missed)
    }
}
