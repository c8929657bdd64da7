//! Judges a database after its server was killed: what was acknowledged is there, what is there is recorded,
//! nothing is half done, and every check of AWGP's own is content.

mod history;
pub mod rules;

use super::keeper::Keeper;
use super::memory::{Attempt, End, Fact, Memory, TRAIL, gid};
use crate::catalog;
use crate::trail::{self, findings};
use crate::{Database, Login};
use awgp_core::audit::row::AuditRow;
use history::History;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Client;
use uuid::Uuid;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken: the name of a query, or of a check here.
    pub rule: String,
    /// What breaks it.
    pub detail: String,
}

impl Finding {
    /// A rule, and what breaks it.
    pub fn new(rule: &str, detail: impl Into<String>) -> Self {
        Self { rule: rule.to_owned(), detail: detail.into() }
    }
}

/// How many findings of a rule are kept.
const ENOUGH: usize = 5;

/// Everything that is wrong, given what the clients of this life remember. Resolves what is prepared.
pub async fn judge(database: &Database, memory: &Memory, keeper: Option<&Keeper>) -> Vec<Finding> {
    let superuser = database.superuser().await;
    let mut found = Vec::new();
    let attempts = resolve(&superuser, database, memory, &mut found).await;
    turn_month(database, &superuser).await;
    vacuum(&superuser).await;
    let told = memory.unexpected();
    found.extend(told.iter().take(ENOUGH).map(|told| Finding::new("an error without a reason", told)));
    let rows = trail::rows(database).await;
    let install = trail::install_id(database).await;
    let broken = findings(install, &without_past(&rows, &superuser).await);
    let broken = broken.iter().take(ENOUGH);
    found.extend(broken.map(|finding| Finding::new("the chain holds", format!("{finding:?}"))));
    let history = History::of(&rows);
    found.extend(history.compare(&superuser).await);
    found.extend(compare(&attempts, &history, &superuser).await);
    found.extend(broken_rules(&superuser).await);
    found.extend(own_checks(database, &superuser).await);
    if let Some(keeper) = keeper {
        found.extend(kept(&superuser, keeper).await);
    }
    found
}

/// Makes the present month where rows wait for it, and seals those that are over: then nothing of it is due.
/// Runs again what failed when it ran last: a client may have been in its way.
async fn turn_month(database: &Database, superuser: &Client) {
    let maintainer = database.connect(Login::Maintainer).await;
    let waits = "SELECT EXISTS (SELECT FROM awgp.audit_logs_default)";
    let mut steps = vec!["ensure_partitions", "seal_partitions"];
    if superuser.query_one(waits, &[]).await.expect("an answer").get(0) {
        steps.insert(0, "drain_default_partition");
    }
    let failed = "SELECT step FROM awgp.maintenance_steps WHERE last_success_at IS DISTINCT FROM last_run_at";
    let failed = superuser.query(failed, &[]).await.expect("a superuser reads all");
    let failed: Vec<String> = failed.iter().map(|row| row.get(0)).collect();
    steps.extend(failed.iter().map(String::as_str).filter(|step| !steps.contains(step)).collect::<Vec<_>>());
    for step in steps {
        let sql = "SELECT awgp.run_maintenance(steps => ARRAY[$1])";
        maintainer.query(sql, &[&step]).await.expect("maintenance runs");
    }
}

/// Vacuums as autovacuum does, which on servers of tests comes once an hour. What clients took back, and what
/// was moved to its month, is dead rows, and how many is left to chance. Those that stay are a finding.
async fn vacuum(superuser: &Client) {
    let dirty = "SELECT format('VACUUM %I.%I', schemaname, relname) FROM pg_stat_all_tables
                 WHERE schemaname = 'awgp' AND n_dead_tup > 1000";
    for row in superuser.query(dirty, &[]).await.expect("a superuser sees them") {
        superuser.batch_execute(row.get(0)).await.expect("a table is vacuumed");
    }
}

/// The rows of tenants without a past in months that may be away. `verify_audit()` and the notes judge those
/// too.
async fn without_past(rows: &[AuditRow], superuser: &Client) -> Vec<AuditRow> {
    let sql = "SELECT id FROM awgp.tenants WHERE slug = 't-' || id";
    let past = superuser.query(sql, &[]).await.expect("the tenants of the past");
    let past: BTreeSet<Uuid> = past.iter().map(|row| row.get(0)).collect();
    rows.iter().filter(|row| !past.contains(&row.tenant_id)).cloned().collect()
}

/// Finishes the transactions that are prepared; returns every transaction with its end.
async fn resolve(
    superuser: &Client,
    database: &Database,
    memory: &Memory,
    found: &mut Vec<Finding>,
) -> Vec<Attempt> {
    let sql = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";
    let rows = superuser.query(sql, &[]).await.expect("a superuser sees them");
    let mut there: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let app = database.app().await;
    let mut attempts = memory.attempts();
    for (place, attempt) in attempts.iter_mut().enumerate() {
        let (gid, commits) = match &attempt.end {
            End::Prepared(gid) if !there.contains(gid) => {
                found.push(Finding::new("what was prepared is there", gid.as_str()));
                continue;
            }
            // Some are taken back.
            End::Prepared(gid) => (gid.clone(), !gid.ends_with('3')),
            End::Preparing(gid) if !there.contains(gid) => {
                attempt.end = End::Undone;
                continue;
            }
            End::Preparing(gid) => (gid.clone(), true),
            End::Resolving(gid, commits) => (gid.clone(), *commits),
            // Of a copy, which was taken before this was resolved.
            End::InDoubt if there.contains(&gid(&database.name, &attempt.name)) => {
                (gid(&database.name, &attempt.name), true)
            }
            End::Committed | End::Undone | End::InDoubt => continue,
        };
        if there.remove(&gid) {
            let verb = if commits { "COMMIT" } else { "ROLLBACK" };
            if let Err(error) = app.batch_execute(&format!("{verb} PREPARED '{gid}'")).await {
                found.push(Finding::new("what is prepared can be resolved", format!("{gid}: {error:?}")));
                continue;
            }
        }
        attempt.end = if commits { End::Committed } else { End::Undone };
        memory.ended(place, attempt.end.clone());
    }
    found.extend(there.iter().map(|gid| Finding::new("what is prepared was prepared by a client", gid)));
    attempts
}

/// What clients remember against what is there and what is recorded.
async fn compare(attempts: &[Attempt], history: &History, superuser: &Client) -> Vec<Finding> {
    let mut found = Vec::new();
    let present = present(attempts, superuser).await;
    let is_there =
        |fact: &Fact| history.has(fact) && (present.get(fact.table).is_none_or(|ids| ids.contains(&fact.id)));
    let mut may_be: BTreeSet<(&str, Uuid, &str, &str)> = BTreeSet::new();
    let key = |fact: &Fact| (fact.table, fact.id, fact.column);
    for attempt in attempts.iter().filter(|attempt| attempt.end != End::Undone) {
        may_be.extend(attempt.facts.iter().map(|fact| {
            let (table, id, column) = (fact.table, fact.id, fact.column);
            (table, id, column, fact.value.as_str())
        }));
    }
    let mut lost = 0;
    for attempt in attempts {
        let missing: Vec<&Fact> = attempt.facts.iter().filter(|fact| !is_there(fact)).collect();
        // The number of an event that was lost may be another one's: it shows nothing of the rest.
        let half =
            !missing.is_empty() && attempt.facts.iter().any(|fact| fact.table != TRAIL && is_there(fact));
        match attempt.end {
            End::Committed if !missing.is_empty() => {
                lost += 1;
                if lost <= ENOUGH {
                    let detail = format!("{}: {:?}", attempt.name, missing[0]);
                    found.push(Finding::new("what was acknowledged is there and recorded", detail));
                }
            }
            End::InDoubt if half => {
                let detail = format!("{}: without {:?}", attempt.name, missing[0]);
                found.push(Finding::new("what is in doubt is there whole or not at all", detail));
            }
            _ => {}
        }
        let undone: &[Fact] = if attempt.end == End::Undone { &attempt.facts } else { &[] };
        for fact in undone.iter().chain(&attempt.taken_back) {
            let (table, id, column) = key(fact);
            if history.has_by_hand(fact) && !may_be.contains(&(table, id, column, &fact.value)) {
                let detail = format!("{}: {fact:?}", attempt.name);
                found.push(Finding::new("what was undone is not there", detail));
            }
        }
    }
    if lost > ENOUGH {
        found.push(Finding::new("what was acknowledged is there and recorded", format!("{lost} are lost")));
    }
    found
}

/// The ids that each table has which a fact names.
async fn present(attempts: &[Attempt], superuser: &Client) -> BTreeMap<&'static str, BTreeSet<Uuid>> {
    let tables: BTreeSet<&'static str> =
        attempts.iter().flat_map(|attempt| &attempt.facts).map(|fact| fact.table).collect();
    let mut present = BTreeMap::new();
    for table in tables.into_iter().filter(|table| *table != TRAIL && *table != "probe") {
        let sql = format!("SELECT id FROM awgp.{table}");
        let rows = superuser.query(&sql, &[]).await.expect("a superuser reads all");
        present.insert(table, rows.iter().map(|row| row.get(0)).collect());
    }
    present
}

async fn broken_rules(superuser: &Client) -> Vec<Finding> {
    let mut found = Vec::new();
    for (rule, sql) in rules::RULES {
        let rows = superuser.query(*sql, &[]).await.unwrap_or_else(|error| panic!("{rule}: {error:?}"));
        found.extend(rows.iter().take(ENOUGH).map(|row| Finding::new(rule, row.get::<_, String>(0))));
    }
    found
}

/// `verify_audit()`, `verify_ledger()` and `doctor()`, each as whoever is to call it.
async fn own_checks(database: &Database, superuser: &Client) -> Vec<Finding> {
    let mut found = Vec::new();
    let verified = trail::verify(database).await;
    found.extend(verified.iter().take(ENOUGH).map(|told| Finding::new("verify_audit", format!("{told:?}"))));
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT kind || ' ' || object_id || ': ' || detail FROM awgp.verify_ledger()";
    let rows = auditor.query(sql, &[]).await.expect("the ledger is verified");
    found.extend(rows.iter().take(ENOUGH).map(|row| Finding::new("verify_ledger", row.get::<_, String>(0))));
    let told = catalog::findings(superuser).await;
    found.extend(told.iter().map(|told| Finding::new("doctor", format!("{told:?}"))));
    found
}

/// The months as the keepers remember them, and every note that was signed.
async fn kept(superuser: &Client, keeper: &Keeper) -> Vec<Finding> {
    let mut found = Vec::new();
    let sql = "SELECT partition_name, state FROM awgp.partition_status";
    let rows = superuser.query(sql, &[]).await.expect("the months are listed");
    let states: BTreeMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for (name, month) in keeper.months() {
        let state = states.get(&name).map_or("away", String::as_str);
        let expected = [Some(month.state), month.in_doubt];
        match expected.into_iter().flatten().find(|expected| *expected == state) {
            Some(state) => keeper.found(&name, state),
            None => {
                found.push(Finding::new("a month is as it was left", format!("{name}: {state}, {month:?}")));
            }
        }
    }
    if let Some(outcome) = keeper.verify_notes().filter(|outcome| outcome.code != 0) {
        found.push(Finding::new("every signed note holds", format!("{}{}", outcome.stdout, outcome.stderr)));
    }
    found
}
