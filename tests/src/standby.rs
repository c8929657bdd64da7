//! The standby that `scripts/scratch-server --standby` starts beside the server.

use crate::own_server::until;
use crate::{Database, Login};
use tokio_postgres::{Client, Config, NoTls};

/// The standby's URL, for a database and a login of the primary.
pub fn url(database: &Database, login: Login) -> String {
    let standby: Config = std::env::var("AWGP_STANDBY_URL").expect("a standby").parse().expect("a URL");
    let port = |config: &Config| config.get_ports().first().copied().expect("a port");
    let here = format!(":{}/", port(&crate::server()));
    let there = format!(":{}/", port(&standby));
    let url = database.url(login);
    assert!(url.contains(&here), "the URL names the port");
    url.replacen(&here, &there, 1)
}

/// A connection to the standby.
pub async fn connect(database: &Database, login: Login) -> Client {
    let config: Config = url(database, login).parse().expect("a URL");
    let (client, connection) = config.connect(NoTls).await.expect("the standby answers");
    tokio::spawn(connection);
    client
}

/// Waits until the standby has replayed all that the primary has written.
pub async fn catch_up(database: &Database) {
    // What is not flushed is not sent: a commit that waits for that takes with it what others have left.
    let primary = database.superuser().await;
    for sql in ["SET synchronous_commit = on", "SELECT pg_logical_emit_message(true, 'awgp', '')"] {
        primary.batch_execute(sql).await.expect("any session may");
    }
    let sql = "SELECT pg_current_wal_flush_lsn()::text";
    let written: String = primary.query_one(sql, &[]).await.expect("a place").get(0);
    let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    let mut config: Config = std::env::var("AWGP_STANDBY_URL").expect("a standby").parse().expect("a URL");
    let (standby, connection) = config.dbname("postgres").connect(NoTls).await.expect("the standby answers");
    tokio::spawn(connection);
    let caught_up = async || standby.query_one(&replayed, &[]).await.expect("a place").get(0);
    until("the standby catches up", caught_up).await;
}
