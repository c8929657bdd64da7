//! 32 clients at mixed isolation levels, with savepoints, rollbacks and flushes, for as many minutes as
//! asked; then every chain is walked. `scripts/chain-stress` runs it.

use awgp_tests::Database;
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::{Writer, recorded_titles, targets};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const CLIENTS: u64 = 32;
const TENANTS: usize = 4;

#[tokio::main]
async fn main() {
    let minutes: f64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("usage: MINUTES");
    let database = Database::new().await;
    let targets = targets(&database, TENANTS).await;
    let deadline = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let mut running = Vec::new();
    for number in 0..CLIENTS {
        let client = database.app().await;
        let writer = Writer { number, targets: targets.clone(), tenants_per_transaction: 2 };
        running.push(tokio::spawn(async move { writer.run_until(&client, deadline).await }));
    }
    let mut committed = BTreeSet::new();
    let mut failed: BTreeMap<String, u64> = BTreeMap::new();
    for writer in running {
        let outcome = writer.await.expect("a writer ends");
        committed.extend(outcome.committed);
        outcome.failed.into_iter().for_each(|code| *failed.entry(code).or_default() += 1);
    }
    let rows = trail::rows(&database).await;
    let lanes = assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(recorded_titles(&rows), committed, "every acknowledged change is recorded, and no other");
    assert_eq!(trail::verify(&database).await, []);
    println!("{CLIENTS} clients, {minutes} minutes, {TENANTS} tenants");
    println!("{} work items committed, {} rows chained, no fork, no gap", committed.len(), rows.len());
    println!("lanes a tenant: {:?}; failed, by SQLSTATE: {failed:?}", lanes.values().collect::<Vec<_>>());
    assert!(failed.keys().all(|code| code == "40001"), "only what a client retries may fail");
}
