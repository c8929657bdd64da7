//! A server that maintains databases by itself, and what is seen of it.

use awgp_tests::own_server::{is_inside, log, until};
use awgp_tests::{Database, Login, connect_to};
use tokio_postgres::Client;

/// True inside of a server that loads the library when it starts, and whose worker rests
/// for a second. It maintains nothing yet.
pub fn is_preloaded(test: &str, more: &[&str]) -> bool {
    // debug1: what was said before is still seen here.
    let settings =
        ["shared_preload_libraries=awgp", "awgp.maintenance_interval=1", "log_min_messages=debug1"];
    let mut options: Vec<&str> = settings.iter().flat_map(|setting| ["--conf", setting]).collect();
    options.extend(more);
    is_inside(&format!("background_worker::{test}"), &options)
}

/// The superuser, in the database postgres.
pub async fn postgres() -> Client {
    connect_to("postgres", Login::Superuser).await
}

/// Changes a setting of the server's configuration.
pub async fn configure(name: &str, value: &str) {
    let postgres = postgres().await;
    let set = format!("ALTER SYSTEM SET {name} = '{value}'");
    postgres.execute(&set, &[]).await.expect("a superuser may");
    postgres.execute("SELECT pg_reload_conf()", &[]).await.expect("a superuser may");
}

/// Lets the server maintain these databases.
pub async fn maintain(databases: &[&Database]) {
    let names: Vec<&str> = databases.iter().map(|database| database.name.as_str()).collect();
    configure("awgp.maintenance_databases", &names.join(", ")).await;
}

/// The moment, as text.
pub async fn now(client: &Client) -> String {
    client.query_one("SELECT clock_timestamp()::text", &[]).await.expect("a clock").get(0)
}

/// Whether every step has run since.
pub async fn has_run_since(client: &Client, moment: &str) -> bool {
    let sql = format!(
        "SELECT count(*) = (SELECT count(*) FROM awgp.maintenance_steps()) AND min(last_run_at) > '{moment}'
         FROM awgp.maintenance_steps"
    );
    client.query_one(&sql, &[]).await.expect("a superuser reads all").get(0)
}

/// Waits for one run from its first step to its last.
pub async fn wait_for_run(database: &Database) {
    let client = database.superuser().await;
    let moment = now(&client).await;
    let what = format!("{} is maintained", database.name);
    until(&what, async || has_run_since(&client, &moment).await).await;
}

/// How often a database was maintained: the moment of the last step of the last run.
pub async fn last_run(database: &Database) -> Option<String> {
    let sql = "SELECT max(last_run_at)::text FROM awgp.maintenance_steps";
    database.superuser().await.query_one(sql, &[]).await.expect("a superuser reads all").get(0)
}

/// How many lines of the log have all of these words.
pub fn said(words: &[&str]) -> usize {
    log().lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

/// Waits until the log has one more line than `before` with all of these words.
pub async fn wait_for_word(words: &[&str], before: usize) {
    until(&format!("the log says {words:?}"), async || said(words) > before).await;
}

/// What the log calls a database.
pub fn of(database: &Database) -> String {
    format!("maintenance of database \"{}\"", database.name)
}

/// Keeps the worker of a database in the midst of a run: a step waits for a transaction that no session has.
pub async fn hold_up(database: &Database) {
    let client = database.superuser().await;
    let sql = "BEGIN; LOCK TABLE awgp.approvals IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'held up'";
    client.batch_execute(sql).await.expect("a superuser may");
    wait_until_held_up(database).await;
}

/// Waits until the worker of a database waits for a lock.
pub async fn wait_until_held_up(database: &Database) {
    let postgres = postgres().await;
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'
                                  AND backend_type = 'awgp maintenance worker' AND query LIKE 'awgp maintenance: %')";
    until("the worker waits for a lock", async || {
        postgres.query_one(sql, &[&database.name]).await.expect("an answer").get(0)
    })
    .await;
}

/// Lets it go on.
pub async fn let_go(database: &Database) {
    database.superuser().await.batch_execute("ROLLBACK PREPARED 'held up'").await.expect("it was prepared");
}
