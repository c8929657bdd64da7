//! Where tools get their work done: transactions in the assistant's context, and rows of their answers.

use super::hearing::Hearing;
use crate::gate::{As, Gate};
use crate::opt::Door;
use awgp_client::{Call, Exit, Failure, Row, Token, Trouble, Work};
use awgp_core::reason::Reason;
use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::ToSql;

const APPLICATION_NAME: &str = "awgp mcp serve";

/// So long a call waits for a lock, and a statement takes.
const BOUNDS: &str = "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '30s'";

/// Who is in context. Each condition on a view names the assistant in context: of others nothing is known.
const NAME: &str = "
    SELECT a.slug FROM awgp.assistant_list AS a
    WHERE a.tenant_id = awgp.current_tenant() AND a.id = awgp.current_assistant_id()";
const OWN_WORK: &str = "
    SELECT id FROM awgp.work_item_list
    WHERE tenant_id = awgp.current_tenant() AND assistant_id = awgp.current_assistant_id() AND id = $1::text::uuid";
const OWN_ACTION: &str = "
    SELECT id FROM awgp.action_list
    WHERE tenant_id = awgp.current_tenant() AND assistant_id = awgp.current_assistant_id() AND id = $1::text::uuid";

/// Parameters of a statement.
pub type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What all calls share.
pub struct Desk {
    gate: Gate,
    /// Wakes who waits for an approval.
    pub hearing: Hearing,
}

impl Desk {
    /// Of the arguments. No connection is opened yet.
    pub fn new(door: &Door) -> Result<Self, Failure> {
        Ok(Self { gate: Gate::new(door, APPLICATION_NAME)?, hearing: Hearing::new(door) })
    }

    /// The user of the arguments.
    pub fn own(&self) -> Caller<'_> {
        Caller { desk: self, token: None, request: None }
    }
}

/// Who calls a tool.
#[derive(Clone)]
pub struct Caller<'a> {
    /// Where they are.
    pub desk: &'a Desk,
    /// The token that the request has brought.
    pub token: Option<Token>,
    /// The request; None where the program asks for itself.
    pub request: Option<&'a RequestContext<RoleServer>>,
}

impl Caller<'_> {
    /// One transaction with the assistant in context.
    pub async fn transact<T>(
        &self,
        doing: impl AsyncFnOnce(&Work<'_>) -> Result<T, Trouble> + Clone,
    ) -> Result<T, Failure> {
        let bounded = async |work: &Work<'_>| {
            work.batch(BOUNDS).await?;
            doing.clone()(work).await
        };
        self.desk.gate.transact_for(self.token.as_ref(), As::Assistant, bounded).await
    }

    /// The slug of the assistant.
    pub async fn name(&self) -> Result<String, Failure> {
        self.transact(async |work| work.text(NAME, &[]).await).await
    }

    /// Tells a client that wants to know how far a call is.
    pub async fn progress(&self, done: f64, total: f64, message: &str) {
        let Some(request) = self.request else { return };
        let Some(token) = request.meta.get_progress_token() else { return };
        let progress =
            ProgressNotificationParam::new(token, done).with_total(total).with_message(message.to_owned());
        // A client that is gone is told nothing.
        let _ = request.peer.notify_progress(progress).await;
    }

    /// Ends when the client gives up the call.
    pub async fn given_up(&self) {
        match self.request {
            Some(request) => request.ct.cancelled().await,
            None => std::future::pending().await,
        }
    }
}

/// Refuses where the assistant in context has no such work item.
pub async fn require_work_item(work: &Work<'_>, id: &str) -> Result<(), Trouble> {
    require(work, OWN_WORK, id, Reason::UnknownWorkItem, "this assistant has no such work item").await
}

/// Refuses where the assistant in context has no such action.
pub async fn require_action(work: &Work<'_>, id: &str) -> Result<(), Trouble> {
    require(work, OWN_ACTION, id, Reason::UnknownAction, "this assistant has no such action").await
}

async fn require(
    work: &Work<'_>,
    sql: &str,
    id: &str,
    reason: Reason,
    message: &'static str,
) -> Result<(), Trouble> {
    if work.rows(sql, &[&id]).await?.is_empty() {
        Err(Failure::of_reason(reason, message).into())
    } else {
        Ok(())
    }
}

/// The rows of a query.
pub async fn all<T: DeserializeOwned>(
    work: &Work<'_>,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<T>, Trouble> {
    let rows = work.select(sql, parameters).await?;
    rows.iter().map(|row| Ok(read(row)?)).collect()
}

/// The one row of a query; None where there is none.
pub async fn one<T: DeserializeOwned>(
    work: &Work<'_>,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Option<T>, Trouble> {
    Ok(all(work, sql, parameters).await?.pop())
}

/// The answer of a function that returns JSON.
pub async fn answer<T: DeserializeOwned>(
    work: &Work<'_>,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<T, Trouble> {
    Ok(parse(&work.text(sql, parameters).await?)?)
}

/// The id of the row that a function returns.
pub async fn id_of(work: &Work<'_>, call: &Call) -> Result<String, Trouble> {
    #[derive(Deserialize)]
    struct Made {
        id: String,
    }
    let made: Made = read(&work.call_one(call).await?)?;
    Ok(made.id)
}

/// A row in its type.
pub fn read<T: DeserializeOwned>(row: &Row) -> Result<T, Failure> {
    parse(&serde_json::to_string(row).unwrap_or_default())
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })
}
