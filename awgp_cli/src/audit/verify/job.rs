//! One job: a connection and a thread that read a share of the rows in the leader's snapshot.

use super::plan::{Plan, Share};
use super::scan::{Evidence, Scan, Sorted};
use super::seal::Seals;
use crate::audit::{rows, scope};
use awgp_client::{Context, Exit, Failure, Session, Target, Trouble, Work};
use awgp_core::audit::heap_order::Again;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// For the session, before its transaction.
pub const SESSION: &str = "
    SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on;
    SET search_path = pg_catalog, pg_temp; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = 0;
    SET jit = off; SET row_security = on";

/// For statements that read rows: from the heap, in its order, from its beginning.
pub const FROM_THE_HEAP: &str = "
    SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off;
    SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL synchronize_seqscans = off;
    SET LOCAL work_mem = '64MB'";

/// How many rows are read between two checks of the others.
const ROWS_BETWEEN_LOOKS: u64 = 1024;

/// The state that the jobs and their leader share.
#[derive(Debug, Default)]
pub struct Shared {
    /// Rows read so far.
    pub rows: AtomicU64,
    /// Set when the others must stop.
    pub stop: AtomicBool,
}

/// What a job needs.
pub struct Job {
    /// The server.
    pub target: Target,
    /// --tenant.
    pub tenant: Option<String>,
    /// --user.
    pub user: Option<String>,
    /// The leader's snapshot.
    pub snapshot: String,
    /// The share of the rows.
    pub share: Share,
}

impl Job {
    /// Runs to the end, on this thread.
    pub fn run(self, plan: &Plan, seals: Seals, shared: &Shared) -> Result<Evidence, Trouble> {
        let unable = |error| Failure::new(Exit::Unexpected, format!("a job cannot be started: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unable)?;
        runtime.block_on(async {
            let done = Session::within(&self.target, async |session| {
                session.client().batch_execute(SESSION).await?;
                let work = session.begin(Context::default()).await?;
                // The name comes from the server; the statement has no parameters.
                work.batch(&format!("SET TRANSACTION SNAPSHOT '{}'", self.snapshot)).await?;
                let context = Context { tenant: self.tenant.as_deref(), user: self.user.as_deref() };
                scope::enter(&work, context).await?;
                work.batch(FROM_THE_HEAP).await?;
                read(&work, plan, self.share, seals, shared).await
            });
            // The future of a connection is large.
            Ok(Box::pin(done).await?)
        })
    }
}

/// Reads and verifies a share of the rows.
pub async fn read(
    work: &Work<'_>,
    plan: &Plan,
    share: Share,
    seals: Seals,
    shared: &Shared,
) -> Result<Evidence, Trouble> {
    let mut evidence = Evidence { seals, ..Evidence::default() };
    let mut scan = Scan::new(plan);
    rows::each(work, &plan.in_heap_order(share), |tuple| {
        evidence.rows += 1;
        evidence.may_have_erasable = evidence.may_have_erasable || tuple.row.may_have_erasable();
        evidence.seals.take(tuple);
        scan.take(tuple);
        count(evidence.rows, shared)
    })
    .await?;
    shared.rows.fetch_add(evidence.rows % ROWS_BETWEEN_LOOKS, Ordering::Relaxed);
    let sql = match scan.finish(&mut evidence) {
        Again::Lanes(lanes) if lanes.is_empty() => return Ok(evidence),
        Again::Lanes(lanes) => plan.sorted(share, Some(&lanes)),
        Again::All => plan.sorted(share, None),
    };
    let mut sorted = Sorted::new(plan);
    rows::each(work, &sql, |tuple| {
        sorted.take(tuple, &mut evidence);
        stopped(shared)
    })
    .await?;
    sorted.finish(&mut evidence);
    Ok(evidence)
}

fn count(rows: u64, shared: &Shared) -> Result<(), Failure> {
    if rows.is_multiple_of(ROWS_BETWEEN_LOOKS) {
        shared.rows.fetch_add(ROWS_BETWEEN_LOOKS, Ordering::Relaxed);
        return stopped(shared);
    }
    Ok(())
}

fn stopped(shared: &Shared) -> Result<(), Failure> {
    if shared.stop.load(Ordering::Relaxed) {
        return Err(Failure::new(Exit::Interrupted, "interrupted"));
    }
    Ok(())
}
