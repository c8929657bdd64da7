//! `awgp metrics`: the numbers of `awgp.metrics()` as OpenMetrics text, once or served over HTTP.
//!
//! - [`exposition`]: rows as OpenMetrics
//! - [`members`]: the numbers of a fleet as one
//! - [`reading`]: reading them from the server
//! - [`serve`]: the page /metrics, with one reader at a time and an answer that is kept

mod exposition;
mod members;
mod reading;
mod serve;

use crate::invocation::{self, Invocation};
use crate::opt::{Metrics, Output};
use crate::{render, written};
use awgp_client::{Exit, Failure, Row, Session, Trouble};
use std::time::{Duration, SystemTime};

pub use members::of_member;
pub use serve::{Source, run as serve};

/// The numbers of one database, on a session that is open already.
pub async fn numbers(session: &mut Session, pools: i64, timeout: Duration) -> Result<Vec<Row>, Trouble> {
    reading::numbers(session, pools, true, timeout).await
}

/// Numbers as OpenMetrics text.
pub fn text_of(rows: Vec<Row>, at: SystemTime, took: Duration) -> Result<String, Failure> {
    exposition::text(&reading::Reading { rows, at, took })
}

/// Runs the command.
pub async fn run(options: &Metrics, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let target = invocation.target()?;
    if let Some(address) = options.listen {
        return serve(options, address, vec![Source { member: None, target }]).await;
    }
    let reading = reading::read(&target, options.pools, true, Duration::from_secs(options.timeout)).await?;
    let text = match invocation.output {
        Output::Json => render::pretty(&reading.rows),
        Output::Table => exposition::text(&reading)?,
    };
    match &options.out {
        None => invocation::print(&text, Exit::Success),
        Some(path) => written::whole(path, &text).map(|()| Exit::Success),
    }
}
