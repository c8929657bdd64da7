//! A client that writes as applications do at their worst: any isolation level, savepoints rolled back and
//! released, flushes in between, commits and rollbacks, one tenant or several.

use crate::trail::Dice;
use crate::{Database, fixture};
use awgp_core::audit::row::AuditRow;
use std::collections::BTreeSet;
use std::time::Instant;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// A tenant to write for, and the assistant its work items are for.
pub type Target = (Uuid, Uuid);

/// What a writer does.
#[derive(Clone)]
pub struct Writer {
    /// Unique among the writers of a test; seeds the dice and names the rows.
    pub number: u64,
    /// Each transaction writes for some of these, in any order.
    pub targets: Vec<Target>,
    /// At most this many tenants in one transaction.
    pub tenants_per_transaction: u64,
}

/// What came of a writer's transactions.
#[derive(Default)]
pub struct Outcome {
    /// Titles of the work items whose commit was acknowledged.
    pub committed: Vec<String>,
    /// SQLSTATEs of what failed; empty for a connection that was lost.
    pub failed: Vec<String>,
}

const LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

impl Writer {
    /// Runs this many transactions, or until the connection is lost.
    pub async fn run(&self, client: &Client, transactions: u64) -> Outcome {
        self.write(client, |done| done < transactions).await
    }

    /// Runs transactions until the deadline, or until the connection is lost.
    pub async fn run_until(&self, client: &Client, deadline: Instant) -> Outcome {
        self.write(client, |_| Instant::now() < deadline).await
    }

    /// Runs transactions as long as this is true of how many are done, or until the connection is lost.
    pub async fn run_while(&self, client: &Client, go_on: impl Fn(u64) -> bool) -> Outcome {
        self.write(client, go_on).await
    }

    async fn write(&self, client: &Client, go_on: impl Fn(u64) -> bool) -> Outcome {
        let mut dice = Dice::new(self.number);
        let mut outcome = Outcome::default();
        let mut done = 0;
        while go_on(done) && !client.is_closed() {
            let name = format!("{}.{done}", self.number);
            match self.transaction(client, &name, &mut dice).await {
                Ok(titles) => outcome.committed.extend(titles),
                Err(error) => {
                    outcome.failed.push(error.code().map(|code| code.code().to_owned()).unwrap_or_default());
                    // Where the connection is lost this fails too, and the loop ends.
                    let _ = client.batch_execute("ROLLBACK").await;
                }
            }
            done += 1;
        }
        outcome
    }

    /// One transaction: the titles of the work items that its commit made.
    async fn transaction(&self, client: &Client, name: &str, dice: &mut Dice) -> Result<Vec<String>, Error> {
        let level = LEVELS[usize::try_from(dice.roll(3)).unwrap_or(0)];
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).await?;
        let mut titles = Vec::new();
        for visit in 0..=dice.roll(self.tenants_per_transaction) {
            let target = usize::try_from(dice.roll(self.targets.len() as u64)).unwrap_or(0);
            let (tenant, assistant) = self.targets[target];
            client.execute("SELECT awgp.set_context($1)", &[&tenant]).await?;
            for step in 0..=dice.roll(4) {
                let title = format!("{name}.{visit}.{step}");
                titles.extend(write_one(client, assistant, title, dice).await?);
            }
            if dice.roll(4) == 0 {
                client.execute("SELECT awgp.flush_audit()", &[]).await?;
            }
        }
        if dice.roll(8) == 0 {
            client.batch_execute("ROLLBACK").await?;
            return Ok(Vec::new());
        }
        client.batch_execute("COMMIT").await?;
        Ok(titles)
    }
}

/// Inserts a work item, one time in three inside of a savepoint that is released or rolled back.
async fn write_one(
    client: &Client,
    assistant: Uuid,
    title: String,
    dice: &mut Dice,
) -> Result<Option<String>, Error> {
    let insert = "SELECT awgp.create_work_item($1, $2)";
    if dice.roll(3) > 0 {
        client.execute(insert, &[&assistant, &title]).await?;
        return Ok(Some(title));
    }
    client.batch_execute("SAVEPOINT step").await?;
    client.execute(insert, &[&assistant, &title]).await?;
    if dice.roll(2) == 0 {
        client.execute("SELECT awgp.flush_audit()", &[]).await?;
    }
    if dice.roll(2) == 0 {
        client.batch_execute("ROLLBACK TO SAVEPOINT step").await?;
        return Ok(None);
    }
    client.batch_execute("RELEASE SAVEPOINT step").await?;
    Ok(Some(title))
}

/// Makes tenants with an assistant each.
pub async fn targets(database: &Database, count: usize) -> Vec<Target> {
    let (mut admin, mut app) = (database.admin().await, database.app().await);
    let mut targets = Vec::new();
    for number in 0..count {
        let slug = format!("tenant-{number}");
        let tenant = fixture::tenant(&mut admin, &mut app, &slug, "holding", None).await;
        targets.push((tenant.id, tenant.assistant));
    }
    targets
}

/// The titles of the writers' work items of which the trail has an insert, each once.
pub fn recorded_titles(rows: &[AuditRow]) -> BTreeSet<String> {
    let inserts = rows.iter().filter(|row| row.entity_type == "work_items" && row.action == "insert");
    let titles: Vec<String> = inserts.map(title).filter(|title| title != "First task").collect();
    let distinct: BTreeSet<String> = titles.iter().cloned().collect();
    assert_eq!(distinct.len(), titles.len(), "a change is recorded once");
    distinct
}

/// The title of the work item that an insert is about.
pub fn title(row: &AuditRow) -> String {
    let after: serde_json::Value =
        serde_json::from_str(row.after_state.as_deref().expect("an insert has an after")).expect("JSON");
    after["title"].as_str().expect("a work item has a title").to_owned()
}
