//! The ledger: what may be spent, what was, and that no cent is lost or spent twice. Numbers are those of the
//! project's list of cases.

#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "a test's own helpers, which panic where it fails"
)]

mod alerts;
mod amounts;
mod concurrency;
mod exactness;
mod guards;
mod holdings;
mod periods;
mod providers;
mod raises;
mod settling;
mod usage;

use awgp_tests::Database;
use awgp_tests::fixture::{Tenant, tenant};
use tokio_postgres::{Client, Error, Row};
use uuid::Uuid;

/// A database with one tenant that has an assistant and a pool.
pub struct Scene {
    pub database: Database,
    pub tenant: Tenant,
    pub app: Client,
}

impl Scene {
    /// The pool's budget, and what the assistant may spend a day.
    pub async fn set(budget: &str, day: &str) -> Self {
        let database = Database::new().await;
        let tenant =
            tenant(&mut database.admin().await, &mut database.app().await, "t", "subsidiary", None).await;
        let app = app_of(&database, tenant.id).await;
        let sql = format!(
            "SELECT awgp.create_credit_pool('openai', {budget});
             UPDATE awgp.assistants SET max_cost_per_day = {day}"
        );
        app.batch_execute(&sql).await.expect("a pool can be made");
        Self { database, tenant, app }
    }

    /// Makes the ledger's clock stand still, for clients that connect from now on.
    pub async fn at(&mut self, moment: &str) {
        let superuser = self.database.superuser().await;
        let sql = format!("ALTER DATABASE {} SET awgp.accounting_time = '{moment}'", self.database.name);
        superuser.batch_execute(&sql).await.expect("a superuser sets the clock");
        self.app = app_of(&self.database, self.tenant.id).await;
    }

    pub async fn record(&self, amount: &str) -> Result<Row, Error> {
        record(&self.app, self.tenant.assistant, amount, "").await
    }

    pub async fn reserve(&self, amount: &str, more: &str) -> Result<Uuid, Error> {
        let sql = format!(
            "SELECT id FROM awgp.reserve_credit('{}', 'openai', {amount} {more})",
            self.tenant.assistant
        );
        self.app.query_one(&sql, &[]).await.map(|row| row.get(0))
    }

    pub async fn settle(&self, reservation: Uuid, amount: &str) -> Result<Row, Error> {
        let sql = format!(
            "SELECT id, cost_amount::text, overrun, accounted_at FROM awgp.settle_credit('{reservation}', 'm', 1, 1, {amount})"
        );
        self.app.query_one(&sql, &[]).await
    }

    pub async fn text(&self, sql: &str) -> String {
        text(&self.app, sql).await
    }

    /// Spent and held of a scope's newest period.
    pub async fn sums(&self, scope: &str) -> (String, String) {
        let sql = "SELECT spent::text, held::text FROM awgp.budget_periods WHERE scope = $1
                   ORDER BY ends_at DESC LIMIT 1";
        let row = self.app.query_one(sql, &[&scope]).await.expect("a period");
        (row.get(0), row.get(1))
    }

    /// Every balance is what the entries say.
    pub async fn assert_sound(&self) {
        assert_sound(&self.database).await;
    }
}

pub async fn app_of(database: &Database, tenant: Uuid) -> Client {
    let app = database.app().await;
    let sql = format!("SET app.current_tenant = '{tenant}'");
    app.batch_execute(&sql).await.expect("the context is set");
    app
}

pub async fn record(app: &Client, assistant: Uuid, amount: &str, more: &str) -> Result<Row, Error> {
    let sql = format!(
        "SELECT id, cost_amount::text, overrun, accounted_at
         FROM awgp.record_cost('{assistant}', 'openai', 'm', 1, 1, {amount} {more})"
    );
    app.query_one(&sql, &[]).await
}

pub async fn text(client: &Client, sql: &str) -> String {
    let row = client.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    row.get::<_, Option<String>>(0).unwrap_or_default()
}

pub async fn assert_sound(database: &Database) {
    let maintainer = database.connect(awgp_tests::Login::Maintainer).await;
    let rows = maintainer
        .query("SELECT kind, detail, expected::text, found::text FROM awgp.verify_ledger()", &[])
        .await
        .expect("the ledger verifies");
    let found: Vec<(String, String, Option<String>, Option<String>)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    assert!(found.is_empty(), "{found:#?}");
}
