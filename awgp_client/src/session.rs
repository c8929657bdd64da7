//! A connection: transactions, and explanations of errors.

use crate::connect::{Notices, Target};
use crate::context::Context;
use crate::explain;
use crate::failure::{Failure, Trouble};
use crate::token::Token;
use crate::work::Work;
use tokio::sync::mpsc::Receiver;
use tokio_postgres::Client;

/// A connection.
pub struct Session {
    client: Client,
    token: Option<Token>,
    notices: Notices,
}

impl Session {
    /// Connects.
    pub async fn open(target: &Target) -> Result<Self, Failure> {
        Ok(Self::open_to_listen(target).await?.0)
    }

    /// Connects to a server that sends notifications: LISTEN on [`Session::client`], and the receiver wakes
    /// up. It ends with the connection.
    pub async fn open_to_listen(target: &Target) -> Result<(Self, Receiver<()>), Failure> {
        let (client, notified) = target.connect().await.map_err(|error| explain::connecting(&error))?;
        let session = Self { client, token: target.token().cloned(), notices: target.notices().clone() };
        Ok((session, notified))
    }

    /// Runs a command on its own connection. Its error is explained after the transaction has ended.
    pub async fn within<T>(
        target: &Target,
        command: impl AsyncFnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        let mut session = Self::open(target).await?;
        let outcome = command(&mut session).await;
        match outcome {
            Ok(done) => Ok(done),
            Err(trouble) => Err(session.explain(trouble).await),
        }
    }

    /// Begins a transaction and sets its context.
    pub async fn begin(&mut self, context: Context<'_>) -> Result<Work<'_>, Trouble> {
        let work = Work { transaction: self.client.transaction().await? };
        match &self.token {
            Some(token) => work.authenticate(token, context).await?,
            None => work.enter(context).await?,
        }
        Ok(work)
    }

    /// The same where a tenant must be in context, by --tenant or by the login's own settings.
    pub async fn begin_in_tenant(&mut self, context: Context<'_>) -> Result<Work<'_>, Trouble> {
        let work = self.begin(context).await?;
        work.require_tenant().await?;
        Ok(work)
    }

    /// Explains a command's error. Call it after the transaction has ended: it reads the catalog.
    pub async fn explain(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Told(failure) => failure,
            Trouble::Sql(error) => explain::explain(&self.client, &error).await,
        }
    }

    /// The server's notices since the last call.
    pub fn take_notices(&self) -> Vec<Notice> {
        let kept = self.notices.take();
        kept.iter()
            .map(|said| Notice { message: said.message().to_owned(), hint: said.hint().map(str::to_owned) })
            .collect()
    }

    /// The connection, for statements outside transactions.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// A notice of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its text. Show it through [`crate::shown`].
    pub message: String,
    /// Its hint.
    pub hint: Option<String>,
}
