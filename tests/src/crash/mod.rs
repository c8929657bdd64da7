//! The crash harness: clients write as ordinary logins, side by side, and remember what was acknowledged; the
//! server is killed under them, or starved; and everything is compared.
//!
//! - `plan`: what happens in a round, all of it from a seed
//! - `stage`: the organisation that the clients work for
//! - `stories`: what clients do, step by step; `writer`: how their transactions begin and end
//! - `load`: the clients of a life, side by side
//! - `keeper`: who signs, exports, retires and brings back months meanwhile
//! - `memory`: what clients remember; `faults`: what goes wrong
//! - `judge`: what must hold afterwards
//!
//! The plan of a seed is always the same. How the clients interleave is not: a round that has failed may have
//! to be run some times until it fails again.

mod faults;
pub mod judge;
mod keeper;
mod load;
pub mod memory;
mod plan;
pub mod stage;
mod stories;
mod writer;

use crate::Login;
use crate::own_server::answers;
use crate::trail::{Dice, drop_database};
use judge::{Finding, judge};
use keeper::Keeper;
pub use load::Load;
use memory::{End, Memory};
pub use plan::{Fault, Life, Plan};
pub use stage::Stage;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A guard against clients that wait for ever.
const A_LONG_TIME: Duration = Duration::from_mins(3);

/// What came of rounds.
#[derive(Debug, Default)]
pub struct Report {
    /// Transactions that were acknowledged.
    pub acknowledged: u64,
    /// Those that were sent to be committed, and had no answer.
    pub in_doubt: u64,
    /// Those that were surely undone.
    pub undone: u64,
    /// How many lives each fault has ended.
    pub faults: BTreeMap<String, u64>,
    /// How often the server answered with each SQLSTATE; an empty one is a lost connection.
    pub errors: BTreeMap<String, u64>,
    /// What keepers have done.
    pub kept: BTreeMap<String, u64>,
    /// What must not be, with the seed of its round.
    pub findings: Vec<(u64, Finding)>,
}

impl Report {
    fn add(&mut self, life: &Life, memory: &Memory) {
        *self.faults.entry(life.fault.name()).or_default() += 1;
        for attempt in memory.attempts() {
            match attempt.end {
                End::Committed | End::Prepared(_) => self.acknowledged += 1,
                End::Undone => self.undone += 1,
                End::InDoubt | End::Preparing(_) | End::Resolving(..) => self.in_doubt += 1,
            }
        }
        for (code, count) in memory.errors() {
            *self.errors.entry(code).or_default() += count;
        }
    }

    fn lines(&self) -> String {
        let list = |counts: &BTreeMap<String, u64>| {
            let listed = counts.iter().map(|(name, count)| {
                format!("{} {count}", if name.is_empty() { "connection lost" } else { name })
            });
            listed.collect::<Vec<_>>().join(", ")
        };
        format!(
            "acknowledged {}, in doubt {}, undone {}\nlives ended by: {}\nanswered by errors: {}\nkept meanwhile: {}\n\
             findings: {}",
            self.acknowledged,
            self.in_doubt,
            self.undone,
            list(&self.faults),
            list(&self.errors),
            list(&self.kept),
            self.findings.len()
        )
    }
}

/// Runs these rounds and prints what came of each. `scale`: how many transactions, in per cent.
pub async fn run(seeds: std::ops::Range<u64>, scale: u64) -> Report {
    let mut report = Report::default();
    if !faults::has_disk() {
        println!("skipped: a full disk, since no disk can be mounted here; the server is killed instead");
    }
    for seed in seeds {
        let (began, before) = (Instant::now(), report.findings.len());
        round(&Plan::of(seed, scale), &mut report).await;
        println!(
            "round {seed}: {} s, acknowledged so far {}",
            began.elapsed().as_secs(),
            report.acknowledged
        );
        for (_, finding) in &report.findings[before..] {
            println!("  {}: {}", finding.rule, finding.detail);
        }
        if report.findings.len() > before {
            println!("  again: make crash ROUNDS=1 SEED={seed}");
        }
    }
    println!("{}", report.lines());
    report
}

/// The lives of one database.
async fn round(plan: &Plan, report: &mut Report) {
    let stage = Arc::new(Stage::new(plan.neglected).await);
    let keeper = Arc::new(Keeper::new(Arc::clone(&stage)));
    for (number, life) in plan.lives.iter().enumerate() {
        let mut life = life.clone();
        if life.fault == Fault::FullDisk && !faults::has_disk() {
            life.fault = Fault::Server;
        }
        let seed = plan.seed.wrapping_mul(2).wrapping_add(number as u64);
        let (memory, stuck) = live(&life, seed, &stage, &keeper).await;
        report.add(&life, &memory);
        let found = judge(&stage.database, &memory, Some(&keeper)).await;
        report.findings.extend(stuck.into_iter().chain(found).map(|finding| (plan.seed, finding)));
    }
    for (what, count) in keeper.done() {
        *report.kept.entry(what.to_owned()).or_default() += count;
    }
    drop(keeper);
    match Arc::try_unwrap(stage) {
        Ok(stage) => drop_database(stage.database).await,
        Err(_) => unreachable!("clients and keepers have ended"),
    }
}

/// One life: until the server answers again.
async fn live(
    life: &Life,
    seed: u64,
    stage: &Arc<Stage>,
    keeper: &Arc<Keeper>,
) -> (Arc<Memory>, Option<Finding>) {
    faults::begin(life).await;
    let mut load = Load::begin(stage, life, seed);
    let memory = Arc::clone(load.memory());
    if life.months {
        let dice = Dice::new(seed.wrapping_add(17));
        load.join(tokio::spawn(Arc::clone(keeper).run(Arc::clone(&memory), dice)));
    }
    let loaded = load.more(life.after).await;
    let mut dice = Dice::new(seed.wrapping_add(29));
    faults::strike(life.fault, stage, &memory, &mut dice, || load.is_over()).await;
    let deadline = Instant::now() + A_LONG_TIME;
    while !load.is_over() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let stuck = !load.is_over();
    if stuck {
        load.abort();
    } else {
        load.end().await;
    }
    answers().await;
    if !stuck {
        nobody_is_left(stage).await;
    }
    faults::end(life).await;
    let told = format!("{life:?}: {} acknowledged", memory.acknowledged());
    let found = match (loaded, stuck) {
        (_, true) => Some(Finding::new("clients end", told)),
        (false, _) => Some(Finding::new("clients work", told)),
        _ => None,
    };
    (memory, found)
}

/// Waits until the sessions of clients and keepers have ended. The server hears of it after they have gone,
/// and ends what they had open.
async fn nobody_is_left(stage: &Stage) {
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let deadline = Instant::now() + A_LONG_TIME;
    // A process with little memory may take the whole server with it when it ends: then once more.
    while Instant::now() < deadline {
        answers().await;
        let Ok(superuser) = stage.database.try_connect(Login::Superuser).await else { continue };
        while let Ok(row) = superuser.query_one(sessions, &[]).await {
            if row.get::<_, i64>(0) == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "sessions end with their clients");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    panic!("the server stays up when its clients have gone");
}
