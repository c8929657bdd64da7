//! The numbers of one moment.

use awgp_client::{Call, Context, Exit, Failure, Row, Session, Target, Trouble};
use std::time::{Duration, Instant, SystemTime};

/// The numbers of one moment.
pub struct Reading {
    pub rows: Vec<Row>,
    /// When they were read.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
}

/// How much longer than the server the client waits: for a server that does not answer at all. So a query
/// has ended before the next one begins.
const GRACE: Duration = Duration::from_secs(2);

/// Reads the numbers on a connection of its own. The server ends a query that takes too long.
pub async fn read(
    target: &Target,
    pools: i64,
    findings: bool,
    timeout: Duration,
) -> Result<Reading, Failure> {
    let begun = Instant::now();
    let at = SystemTime::now();
    let reading = Session::within(target, async |session| numbers(session, pools, findings, timeout).await);
    let rows = tokio::time::timeout(timeout + GRACE, reading).await.map_err(|_| {
        Failure::new(Exit::Retry, format!("the numbers were not read within {} s", timeout.as_secs()))
            .hint("look for what the server waits for, or give --timeout more seconds")
    })??;
    Ok(Reading { rows, at, took: begun.elapsed() })
}

pub async fn numbers(
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
