//! A connection: transactions, and explanations of errors.

use crate::connect::attempt::Opened;
use crate::connect::{Notices, Target};
use crate::context::Context;
use crate::explain;
use crate::failure::{Failure, Trouble};
use crate::patience::Patience;
use crate::token::Token;
use crate::work::Work;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, IsolationLevel};

/// How long [`Session::close`] waits for a server that is busy or does not answer.
const CLOSING: Duration = Duration::from_secs(2);

/// A connection. A program that ends closes it first, see [`Session::close`].
pub struct Session {
    client: Client,
    driver: JoinHandle<()>,
    token: Option<Token>,
    notices: Notices,
    patience: Patience,
}

impl Session {
    /// Connects.
    pub async fn open(target: &Target) -> Result<Self, Failure> {
        Ok(Self::open_to_listen(target).await?.0)
    }

    /// Connects to a server that sends notifications: LISTEN on [`Session::client`], and the receiver wakes
    /// up. It ends with the connection.
    pub async fn open_to_listen(target: &Target) -> Result<(Self, Receiver<()>), Failure> {
        let connecting = Box::pin(target.connect());
        let opened = match target.limits() {
            Some((login, _)) => {
                tokio::time::timeout(login, connecting).await.map_err(|_| late(target, login))?
            }
            None => connecting.await,
        };
        let Opened { client, notified, driver } = opened.map_err(|error| explain::connecting(&error))?;
        let session = Self {
            client,
            driver,
            token: target.token().cloned(),
            notices: target.notices().clone(),
            patience: Patience(target.limits().map(|(_, answer)| answer)),
        };
        Ok((session, notified))
    }

    /// Runs a command on its own connection, and closes it. Its error is explained after the transaction has
    /// ended.
    pub async fn within<T>(
        target: &Target,
        command: impl AsyncFnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        let mut session = Self::open(target).await?;
        let outcome = command(&mut session).await;
        session.ended(outcome).await
    }

    /// The outcome of a command, with its error explained; closes the connection.
    pub async fn ended<T>(self, outcome: Result<T, Trouble>) -> Result<T, Failure> {
        let outcome = match outcome {
            Ok(done) => Ok(done),
            Err(trouble) => Err(self.explain(trouble).await),
        };
        self.close().await;
        outcome
    }

    /// Takes leave of the server. A transaction that was not committed is rolled back. Without this a program
    /// that ends leaves before the server is told, which writes of a lost connection into its log.
    pub async fn close(self) {
        let Self { client, driver, .. } = self;
        drop(client);
        let _ = tokio::time::timeout(CLOSING, driver).await;
    }

    /// Begins a transaction and sets its context.
    pub async fn begin(&mut self, context: Context<'_>) -> Result<Work<'_>, Trouble> {
        let patience = self.patience;
        let work = Work { transaction: patience.awaited(self.client.transaction()).await?, patience };
        match &self.token {
            Some(token) => work.authenticate(token, context).await?,
            None => work.enter(context).await?,
        }
        Ok(work)
    }

    /// Begins a transaction for somebody else than the login: with this token in context or, without one,
    /// with this tenant and user, which the server takes in trusted mode only. All that it reads is of one
    /// moment. A transaction that only reads cannot write, whatever it calls.
    pub async fn begin_for(
        &mut self,
        token: Option<&Token>,
        context: Context<'_>,
        only_reads: bool,
    ) -> Result<Work<'_>, Trouble> {
        let work = self.begin_without(only_reads).await?;
        work.enter_for(token, context).await?;
        Ok(work)
    }

    /// The same without a context, which [`Work::enter_for`] sets.
    pub async fn begin_without(&mut self, only_reads: bool) -> Result<Work<'_>, Trouble> {
        let begun = self.client.build_transaction().read_only(only_reads);
        let isolation =
            if only_reads { IsolationLevel::RepeatableRead } else { IsolationLevel::ReadCommitted };
        let patience = self.patience;
        let transaction = patience.awaited(begun.isolation_level(isolation).start()).await?;
        Ok(Work { transaction, patience })
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
            Trouble::Sql(error) => self.explained(&error).await,
            Trouble::SqlAnd(error, next) => {
                let failure = self.explained(&error).await;
                match failure.noted("hint").map(|rule| format!("{rule} {next}")) {
                    Some(hint) => failure.hint_instead(hint),
                    None => failure.hint(next),
                }
            }
        }
    }

    /// An error that the server has raised. Where it does not answer any more, its catalog says nothing.
    async fn explained(&self, error: &tokio_postgres::Error) -> Failure {
        let asked = async { Ok(explain::explain(&self.client, error).await) };
        match self.patience.awaited(asked).await {
            Ok(failure) | Err(Trouble::Told(failure)) => failure,
            Err(_) => Failure::new(crate::Exit::Unexpected, "the error cannot be explained"),
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

fn late(target: &Target, limit: Duration) -> Failure {
    let message = format!("the server at {} has let nobody in within {} s", target.places(), limit.as_secs());
    Failure::new(crate::Exit::NoConnection, message)
        .hint("look whether the server is up, or give it longer: connect_timeout_seconds")
}

/// A notice of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its text. Show it through [`crate::shown`].
    pub message: String,
    /// Its hint.
    pub hint: Option<String>,
}
