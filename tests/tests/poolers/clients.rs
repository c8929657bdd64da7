//! A client of a pool: who it is, how it puts its tenant in context, and what it must see.

use awgp_tests::fixture::{Group, Tenant};
use awgp_tests::pooler::Pooler;
use awgp_tests::tokens::token_of;
use awgp_tests::{Database, Login};
use std::sync::Arc;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

/// How a client puts its tenant in context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `set_context()` in each transaction.
    Context,
    /// `set_config('app.current_tenant', …, true)` in each transaction.
    LocalSetting,
    /// `SET app.current_tenant`, once for the session.
    SessionSetting,
    /// `authenticate(token)` in each transaction.
    Token,
    /// `authenticate(token, for_session => true)`.
    SessionToken,
}

const CLIENTS: usize = 50;
const ROUNDS: usize = 12;

/// The connection and what the client may see.
struct Client {
    connection: tokio_postgres::Client,
    way: Way,
    tenant: Tenant,
    number: usize,
}

/// Runs fifty clients of three tenants at the same time, in all of these ways.
pub async fn run_side_by_side(pooler: &Pooler, database: &Database, group: &Group, ways: &[Way]) {
    let tenants = [&group.north, &group.south, &group.other];
    let barrier = Arc::new(tokio::sync::Barrier::new(CLIENTS));
    let running = (0..CLIENTS).map(|number| {
        let (way, tenant) = (ways[number % ways.len()], tenants[number / ways.len() % tenants.len()].clone());
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            let connection = pooler.connect(database, Login::App).await;
            let client = Client { connection, way, tenant, number };
            for round in 0..ROUNDS {
                client.round(round).await;
            }
        }
    });
    futures(running).await;
}

/// Waits for all of them at once.
async fn futures(running: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut running: Vec<_> = running.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        running.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// The tenants of all rows that a statement sees; None where a context of a session is refused.
const SEEN: &str = "SELECT tenant_id::text FROM awgp.users UNION SELECT tenant_id::text FROM awgp.work_items
                    UNION SELECT tenant_id::text FROM awgp.audit_logs";

impl Client {
    /// One transaction with a context and what follows it without one.
    async fn round(&self, round: usize) {
        let who = format!("client {}, {:?}, round {round}", self.number, self.way);
        let own = [self.tenant.id.to_string()];
        let kept = matches!(self.way, Way::SessionSetting | Way::SessionToken);
        // What was said for the session may not be heard where the next transaction runs.
        let seen = self.work(round).await.unwrap_or_default();
        assert!(seen == own || kept && seen.is_empty(), "{who}: it sees {seen:?}");
        // Without a context of its own.
        let after = self.seen().await.unwrap_or_default();
        assert!(after.is_empty() || kept && after == own, "{who}: without a context it sees {after:?}");
    }

    /// The rows that it sees in a transaction with its context; None where its way is refused.
    async fn work(&self, round: usize) -> Option<Vec<String>> {
        let id = self.tenant.id;
        let token = token_of(self.tenant.user("manager"));
        let (before, within) = match self.way {
            Way::Context => (String::new(), format!("SELECT awgp.set_context('{id}')")),
            Way::LocalSetting => {
                (String::new(), format!("SELECT set_config('app.current_tenant', '{id}', true)"))
            }
            Way::Token => (String::new(), format!("SELECT awgp.authenticate('{token}')")),
            Way::SessionSetting => (format!("SET app.current_tenant = '{id}'"), String::new()),
            Way::SessionToken => {
                (format!("SELECT awgp.authenticate('{token}', for_session => true)"), String::new())
            }
        };
        if !self.accepted(&before).await {
            return None;
        }
        self.connection.batch_execute("BEGIN").await.expect("a transaction begins");
        assert!(self.accepted(&within).await, "what is said in each transaction is never refused");
        let seen = self.seen().await;
        let insert = format!("SELECT awgp.create_work_item('{}', 'pooled')", self.tenant.assistant);
        if seen.as_ref().is_some_and(|seen| !seen.is_empty()) {
            self.connection.simple_query(&insert).await.expect("a row is written");
            if round % 4 == 3 {
                self.connection.simple_query("SELECT 1 / 0").await.expect_err("an error");
            }
        }
        let end = if round.is_multiple_of(2) { "COMMIT" } else { "ROLLBACK" };
        self.connection.batch_execute(end).await.expect("it ends");
        seen
    }

    /// False where the statement is refused because a context would outlive its transaction.
    async fn accepted(&self, statement: &str) -> bool {
        match self.connection.batch_execute(statement).await {
            Ok(()) => true,
            Err(error) => {
                self.is_refused(&error);
                false
            }
        }
    }

    /// The tenants whose rows it sees; None where a context of the session is refused.
    async fn seen(&self) -> Option<Vec<String>> {
        match self.connection.simple_query(SEEN).await {
            Ok(messages) => Some(
                messages
                    .iter()
                    .filter_map(|message| match message {
                        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                        _ => None,
                    })
                    .collect(),
            ),
            Err(error) => {
                self.is_refused(&error);
                None
            }
        }
    }

    /// Asserts that the error says that contexts end with their transaction.
    fn is_refused(&self, error: &tokio_postgres::Error) {
        let said = error.as_db_error().unwrap_or_else(|| panic!("client {}: {error:?}", self.number));
        let is_it = *said.code() == SqlState::INSUFFICIENT_PRIVILEGE
            && said.detail().is_some_and(|detail| detail.contains("\"session_context\""));
        assert!(is_it, "client {}: {said:?}", self.number);
    }
}
