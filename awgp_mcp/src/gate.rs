//! The way into the database: each call is one transaction in the context of the assistant, run again after a
//! conflict with another one.

use crate::opt::Door;
use awgp_client::{Context, Exit, Failure, Session, Token, Trouble, Work, in_turn};
use awgp_program::Connections;
use std::env;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio_postgres::error::SqlState;

/// How often a transaction is tried.
const TRIES: usize = 6;
/// How many connections are open at most.
const CONNECTIONS: usize = 8;

const ASSISTANT: &str = "
    SELECT awgp.set_context(awgp.current_tenant(), awgp.current_user_id(), id)::text,
        pg_catalog.to_json(capabilities)::text
    FROM awgp.assistant_list WHERE tenant_id = awgp.current_tenant() AND (slug = $1::text OR id::text = $1::text)";

/// Who stands in context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// The assistant, beside the user of its program: for what an assistant does.
    Assistant,
    /// The user alone: a human is asked for approval by somebody.
    User,
}

/// Transactions for one assistant.
pub struct Gate {
    connections: Connections,
    door: Door,
    assistant: String,
    /// What the assistant may do, as the last transaction has read it.
    capabilities: watch::Sender<Vec<String>>,
}

impl Gate {
    /// Of the arguments. No connection is opened yet.
    pub fn new(door: &Door, application_name: &str) -> Result<Self, Failure> {
        let target = door.effective()?.target(&|name| env::var(name).ok())?;
        for warning in target.warnings() {
            eprintln!("warning: {warning}");
        }
        let Some(assistant) = door.assistant.clone() else {
            return Err(Failure::new(Exit::Usage, "no assistant is given")
                .hint("add --assistant SLUG_OR_ID; `awgp assistant list` shows those of the tenant"));
        };
        // The token is read for each transaction.
        let target = target.with_token(None).with_application_name(application_name);
        let connections = Connections::new(target, CONNECTIONS, None)?;
        Ok(Self { connections, door: door.clone(), assistant, capabilities: watch::Sender::default() })
    }

    /// One transaction, which commits where `doing` succeeds. It is run again after a conflict with another
    /// one, so `doing` does nothing outside of it.
    pub async fn transact<T>(
        &self,
        who: As,
        mut doing: impl AsyncFnMut(&Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        let mut tries = 1;
        loop {
            let mut session = self.connections.get().await?;
            match self.once(&mut session, None, who, &mut doing).await {
                Ok(done) => return Ok(done),
                Err(trouble) if tries < TRIES && is_worth_another_try(&trouble) => tries += 1,
                Err(trouble) => return Err(session.explain(trouble).await),
            }
        }
    }

    /// The same for the user of this token, if there is one, instead of the arguments' user. Its future can
    /// move between threads, as a server's has to: that of an `AsyncFnMut` cannot.
    pub async fn transact_for<T>(
        &self,
        token: Option<&Token>,
        who: As,
        doing: impl AsyncFnOnce(&Work<'_>) -> Result<T, Trouble> + Clone,
    ) -> Result<T, Failure> {
        let mut tries = 1;
        loop {
            let mut session = self.connections.get().await?;
            match self.once(&mut session, token, who, doing.clone()).await {
                Ok(done) => return Ok(done),
                Err(trouble) if tries < TRIES && is_worth_another_try(&trouble) => tries += 1,
                Err(trouble) => return Err(session.explain(trouble).await),
            }
        }
    }

    async fn once<T>(
        &self,
        session: &mut Session,
        token: Option<&Token>,
        who: As,
        doing: impl AsyncFnOnce(&Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let effective = self.door.effective()?;
        let context = Context::given(effective.tenant(), effective.user());
        let token = token.or(effective.token());
        let work = session.begin_without(false).await?;
        // They go to the server together: where the first fails, none of the others does anything.
        let entered = in_turn(work.enter_for(token, context), self.enter_as(&work, who));
        let (_, done) = in_turn(entered, doing(&work)).await?;
        work.commit().await?;
        Ok(done)
    }

    /// Puts the assistant into context, where it is the one who acts.
    async fn enter_as(&self, work: &Work<'_>, who: As) -> Result<(), Trouble> {
        if who == As::User {
            return Ok(());
        }
        let rows = work.rows(ASSISTANT, &[&self.assistant]).await?;
        let Some(row) = rows.first() else {
            let text = format!("the tenant has no assistant {}", self.assistant);
            return Err(Failure::new(Exit::NotFound, text).hint("`awgp assistant list` shows them").into());
        };
        let read = row.get::<_, Option<&str>>(1).and_then(|text| serde_json::from_str(text).ok());
        let read: Vec<String> = read.unwrap_or_default();
        self.capabilities.send_if_modified(|known| {
            let is_new = *known != read;
            *known = read;
            is_new
        });
        Ok(())
    }

    /// What the assistant may do. It is read anew whenever something is done for the assistant, and whoever
    /// holds this hears when it is something else.
    pub fn capabilities(&self) -> watch::Receiver<Vec<String>> {
        self.capabilities.subscribe()
    }

    /// A connection of its own that hears notifications, past the pool.
    pub async fn listen(&self) -> Result<(Session, Receiver<()>), Failure> {
        Box::pin(Session::open_to_listen(self.connections.target())).await
    }
}

/// Whether the same transaction may succeed at another try: after a conflict, or on another connection where
/// this one has ended or is told that it ends. It may have committed then. What it does is safe to be done
/// again: an action has a key, and the same report counts once. docs/mcp_serve.md names what is not.
fn is_worth_another_try(trouble: &Trouble) -> bool {
    let Trouble::Sql(error) = trouble else { return false };
    error.is_closed()
        || error.code().is_some_and(|code| {
            [
                &SqlState::T_R_SERIALIZATION_FAILURE,
                &SqlState::T_R_DEADLOCK_DETECTED,
                &SqlState::ADMIN_SHUTDOWN,
                &SqlState::IDLE_SESSION_TIMEOUT,
            ]
            .contains(&code)
        })
}
