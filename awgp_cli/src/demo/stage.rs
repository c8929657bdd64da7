//! What the chapters share: the sessions, the scenario, and the ids of the rows created from it.

use super::attempt::Attempt;
use super::narrator::Narrator;
use super::scenario::{Scenario, Tenant};
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// The sessions.
pub struct Sessions {
    /// A member of awgp_admin.
    pub admin: Session,
    /// A member of awgp_app.
    pub app: Session,
    /// A member of awgp_auditor.
    pub auditor: Session,
    /// The given login, usually a superuser.
    pub dba: Session,
}

/// The demo in progress.
pub struct Stage<'a> {
    /// The sessions.
    pub sessions: Sessions,
    /// The scenario.
    pub scenario: Scenario,
    /// The tenants created, in the order of the scenario; the holding is the first.
    pub made: Vec<Made>,
    /// The name of this run.
    pub run: &'a str,
    /// The output.
    pub narrator: &'a mut Narrator,
}

/// A tenant in the database.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its slug, with the run's name.
    pub slug: String,
    /// Its id.
    pub id: String,
    /// Ids of its users by e-mail.
    pub users: BTreeMap<String, String>,
    /// Ids of its assistants by slug.
    pub assistants: BTreeMap<String, String>,
    /// Ids of its work items, in order.
    pub work_items: Vec<String>,
}

impl Made {
    /// The context of this tenant, without a user.
    pub fn context(&self) -> Context<'_> {
        Context { tenant: Some(&self.slug), user: None }
    }

    /// Its id as a parameter of the column's own type, which a proxy can read.
    pub fn key(&self) -> Result<Uuid, Trouble> {
        let unread = |_| Failure::new(Exit::Unexpected, "a tenant has an id that is no uuid");
        Ok(Uuid::try_parse(&self.id).map_err(unread)?)
    }

    /// The id of its first assistant.
    pub fn any_assistant(&self) -> &str {
        self.assistants.values().next().map_or("", String::as_str)
    }

    /// The id of its first work item.
    pub fn any_work_item(&self) -> &str {
        self.work_items.first().map_or("", String::as_str)
    }
}

/// The tables that the counts compare.
pub const COUNTED: [&str; 3] = ["users", "assistants", "work_items"];

/// How many rows of each counted table a tenant of the scenario has.
pub fn counts_of(tenant: &Tenant) -> [i64; 3] {
    [tenant.users.len(), tenant.assistants.len(), tenant.work_items.len()]
        .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

impl<'a> Stage<'a> {
    /// A stage without any tenants yet.
    pub fn new(sessions: Sessions, scenario: Scenario, run: &'a str, narrator: &'a mut Narrator) -> Self {
        Self { sessions, scenario, made: Vec::new(), run, narrator }
    }

    /// How many rows of each counted table the application sees in a context.
    pub async fn seen(&mut self, context: Context<'_>) -> Result<[i64; 3], Trouble> {
        let work = self.sessions.app.begin(context).await?;
        count_all(&work).await
    }

    /// Tries a statement as the application, in a context, and rolls back.
    pub async fn attempt(
        &mut self,
        context: Context<'_>,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Attempt, Trouble> {
        let work = self.sessions.app.begin(context).await?;
        attempt_in(&work, sql, parameters).await
    }
}

/// Tries a statement in a transaction. If it is refused, the transaction can only be rolled back.
pub async fn attempt_in(
    work: &Work<'_>,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Attempt, Trouble> {
    match work.run(sql, parameters).await {
        Ok(rows) => Ok(Attempt::Done { rows }),
        Err(Trouble::Sql(error)) => match error.as_db_error() {
            Some(said) => Ok(Attempt::Refused {
                sqlstate: said.code().code().to_owned(),
                reason: said.detail().and_then(reason_of),
            }),
            None => Err(error.into()),
        },
        Err(trouble) => Err(trouble),
    }
}

/// How many rows of each counted table this transaction sees.
pub async fn count_all(work: &Work<'_>) -> Result<[i64; 3], Trouble> {
    let mut counts = [0; 3];
    for (count, table) in counts.iter_mut().zip(COUNTED) {
        *count = work.number(&format!("SELECT count(*) FROM awgp.{table}"), &[]).await?;
    }
    Ok(counts)
}

fn reason_of(detail: &str) -> Option<String> {
    let facts: Value = serde_json::from_str(detail).ok()?;
    facts.get("reason")?.as_str().map(str::to_owned)
}
