//! Two installations, and a family in the first.

use crate::checkpoints::stage::Auditor;
use awgp_tests::cli::{Outcome, awgp};
use awgp_tests::fixture::{self, Group};
use awgp_tests::{Database, Login};
use serde_json::Value;

/// Where the family is, and where it goes.
pub struct Stage {
    pub source: Database,
    pub target: Database,
    pub group: Group,
    pub auditor: Auditor,
}

/// Two installations with nobody in them.
pub async fn two() -> (Database, Database) {
    let source = Database::new().await;
    let target = Database::new().await;
    // Test databases are copies of one; this one becomes an installation of its own.
    target.superuser().await.execute("SELECT awgp.adopt('another')", &[]).await.expect("it is adopted");
    (source, target)
}

/// Two installations; the first has the group of the fixture, with a signed trail.
pub async fn stage() -> Stage {
    let (source, target) = two().await;
    Stage::between(source, target).await
}

impl Stage {
    /// The same of these two.
    pub async fn between(source: Database, target: Database) -> Self {
        let group = fixture::group(&source).await;
        // Somebody else lives in the target.
        let mut admin = target.admin().await;
        let mut app = target.app().await;
        fixture::tenant(&mut admin, &mut app, "resident", "holding", None).await;
        let auditor = Auditor::new(&source);
        auditor.sign(&source, &["--tenant", "holding"]);
        Self { source, target, group, auditor }
    }

    /// Moves the holding and all below it, with further options.
    pub fn fleet_move(&self, options: &[&str]) -> Outcome {
        between(&self.source, &self.target, options)
    }

    /// The state of the newest record in a database.
    pub async fn state(&self, database: &Database) -> Option<String> {
        let sql = "SELECT state FROM awgp.tenant_moves ORDER BY began_at DESC LIMIT 1";
        let row = database.superuser().await.query_opt(sql, &[]).await.expect("the records");
        row.map(|row| row.get(0))
    }
}

/// Moves the holding from one database to another.
pub fn between(source: &Database, target: &Database, options: &[&str]) -> Outcome {
    family_between("holding", source, target, options)
}

/// Moves a family from one database to another.
pub fn family_between(family: &str, source: &Database, target: &Database, options: &[&str]) -> Outcome {
    let (from, to) = (source.url(Login::Admin), target.url(Login::Admin));
    let arguments = ["fleet", "move", family, "--from", &from, "--to", &to, "--output", "json"];
    let sure: &[&str] = &["--yes"];
    awgp(&[&arguments, sure, options].concat(), &[])
}

/// What a statement returns as one text.
pub async fn text(database: &Database, sql: &str) -> Option<String> {
    let superuser = database.superuser().await;
    superuser.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

/// What a command has said, as JSON.
pub fn said(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"))
}
