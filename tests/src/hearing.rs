//! A connection that hears what the server tells it beside its answers.

use crate::{Database, Login};
use std::future::poll_fn;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Transaction};

/// A connection as an application, and what the server tells it beside its answers.
pub async fn talkative(database: &Database) -> (Client, UnboundedReceiver<DbError>) {
    let config: Config = database.url(Login::App).parse().expect("a URL");
    let (client, mut connection) = config.connect(NoTls).await.expect("the test server answers");
    let (send, receive) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(told) = message {
                // The test may have heard enough.
                let _ = send.send(told);
            }
        }
    });
    (client, receive)
}

/// Lets the server send its client what it logs, until the transaction ends.
pub async fn hear_the_log(transaction: &Transaction<'_>) {
    transaction.batch_execute("SET LOCAL client_min_messages = log").await.expect("a setting");
}

/// The next thing that the server told. It is here before the answer to the statement that it was told in.
pub fn heard(told: &mut UnboundedReceiver<DbError>) -> DbError {
    told.try_recv().expect("the server told something")
}
