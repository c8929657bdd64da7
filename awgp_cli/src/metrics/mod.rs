//! `awgp metrics`: the numbers of `awgp.metrics()` as OpenMetrics text, once or served over HTTP.
//!
//! - [`exposition`]: rows as OpenMetrics
//! - [`serve`]: the page /metrics, with one reader at a time and an answer that is kept

mod exposition;
mod serve;

use crate::invocation::{self, Invocation};
use crate::opt::{Metrics, Output};
use crate::{render, written};
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Target, Trouble};
use std::time::{Duration, Instant, SystemTime};

/// The numbers of one moment.
struct Reading {
    rows: Vec<Row>,
    /// When they were read.
    at: SystemTime,
    /// How long it took.
    took: Duration,
}

/// Runs the command.
pub async fn run(options: &Metrics, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let target = invocation.target()?;
    if let Some(address) = options.listen {
        return serve::run(options, address, target).await;
    }
    let reading = read(&target, options.pools, true, Duration::from_secs(options.timeout)).await?;
    let text = match invocation.output {
        Output::Json => render::pretty(&reading.rows),
        Output::Table => exposition::text(&reading)?,
    };
    match &options.out {
        None => invocation::print(&text, Exit::Success),
        Some(path) => written::whole(path, &text).map(|()| Exit::Success),
    }
}

/// Reads the numbers on a connection of its own. The server ends the query after the same time.
async fn read(target: &Target, pools: i64, findings: bool, timeout: Duration) -> Result<Reading, Failure> {
    let begun = Instant::now();
    let at = SystemTime::now();
    let reading = Session::within(target, async |session| numbers(session, pools, findings, timeout).await);
    let rows = tokio::time::timeout(timeout, reading).await.map_err(|_| {
        Failure::new(Exit::Retry, format!("the numbers were not read within {} s", timeout.as_secs()))
            .hint("look for what the server waits for, or give --timeout more seconds")
    })??;
    Ok(Reading { rows, at, took: begun.elapsed() })
}

async fn numbers(
    session: &mut Session,
    pools: i64,
    findings: bool,
    timeout: Duration,
) -> Result<Vec<Row>, Trouble> {
    let work = session.begin(Context::default()).await?;
    // Short queries that the planner takes for long ones: compiling them would take longer than running them.
    let limits = format!(
        "SET TRANSACTION READ ONLY; SET LOCAL jit = off; SET LOCAL statement_timeout = {}",
        timeout.as_millis()
    );
    work.batch(&limits).await?;
    let call =
        Call::new("metrics").arg("pools", "bigint", Some(pools)).arg("findings", "boolean", Some(findings));
    let rows = work.call(&call).await?;
    work.commit().await?;
    Ok(rows)
}
