//! Which databases are maintained, and that nothing of the server's own life waits for it.

use super::stage::{
    configure, has_run_since, is_preloaded, last_run, maintain, now, of, postgres, said, wait_for_run,
    wait_for_word, wait_until_held_up,
};
use awgp_tests::own_server::until;
use awgp_tests::{Database, assert_sqlstate, once_nobody_is_in, template};

/// Drops the partition of the month after the next, and waits until it is there again.
async fn a_missing_month_is_made(database: &Database) {
    let client = database.superuser().await;
    let sql = "SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months', '\"audit_logs_\"YYYY_MM')";
    let month: String = client.query_one(sql, &[]).await.expect("a name").get(0);
    client.batch_execute(&format!("DROP TABLE awgp.{month}")).await.expect("a superuser may");
    let exists = format!("SELECT to_regclass('awgp.{month}') IS NOT NULL");
    until("the month is made", async || client.query_one(&exists, &[]).await.expect("an answer").get(0))
        .await;
    // Whichever step comes first fills the gap.
    wait_for_word(&["LOG:", &of(database), &month], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_database_that_is_named_is_maintained_and_the_others_are_said_once() {
    if !is_preloaded("running::every_database_that_is_named_is_maintained_and_the_others_are_said_once", &[])
    {
        return;
    }
    let (plain, mut odd, bare) = (Database::new().await, Database::new().await, Database::empty().await);
    let postgres = postgres().await;
    let name = "Ödd, \"name\"";
    let rename = format!("ALTER DATABASE {} RENAME TO \"Ödd, \"\"name\"\"\"", odd.name);
    postgres.batch_execute(&rename).await.expect("a superuser may");
    name.clone_into(&mut odd.name);
    let closed = Database::named(template());
    let names = format!(
        "nowhere,{}, \"Ödd, \"\"name\"\"\" ,{},{},{}",
        bare.name, plain.name, closed.name, plain.name
    );
    configure("awgp.maintenance_databases", &names).await;
    for database in [&plain, &odd] {
        wait_for_run(database).await;
        a_missing_month_is_made(database).await;
    }
    let nowhere = Database::named("nowhere".to_owned());
    let others = [&closed, &nowhere, &bare];
    for other in others {
        wait_for_word(&["WARNING:", &of(other)], 0).await;
        // Its state was looked at again since, and was no news.
        wait_for_word(&["DEBUG:", &of(other)], 1).await;
        assert_eq!(said(&["WARNING:", &of(other)]), 1, "{}", other.name);
    }
    assert_eq!(said(&["FATAL:", "nowhere"]), 0, "nobody tries to connect to what is not there");
    // What comes to be is maintained without a word to the server.
    bare.superuser().await.batch_execute("CREATE EXTENSION awgp").await.expect("a superuser may");
    wait_for_run(&bare).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_configuration_are_followed() {
    if !is_preloaded("running::changes_of_the_configuration_are_followed", &[]) {
        return;
    }
    let (first, second) = (Database::new().await, Database::new().await);
    maintain(&[&first]).await;
    wait_for_run(&first).await;
    assert_eq!(last_run(&second).await, None);

    maintain(&[&second]).await;
    wait_for_run(&second).await;
    // A run that had begun before the change ends.
    let postgres = postgres().await;
    let working = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                  WHERE datname = $1 AND backend_type = 'awgp maintenance worker')";
    until("nobody maintains the first", async || {
        !postgres.query_one(working, &[&first.name]).await.expect("an answer").get::<_, bool>(0)
    })
    .await;
    let before = last_run(&first).await;
    wait_for_run(&second).await;
    wait_for_run(&second).await;
    assert_eq!(last_run(&first).await, before);

    // The first run of a database does not wait for the interval; the next does, until it is changed.
    let client = first.superuser().await;
    let moment = now(&client).await;
    configure("awgp.maintenance_interval", "1d").await;
    maintain(&[&first, &second]).await;
    until("the first run", async || has_run_since(&client, &moment).await).await;
    configure("awgp.maintenance_interval", "1").await;
    wait_for_run(&first).await;

    // What is no list of names is refused, and what was in force stays.
    let refused = postgres.execute("ALTER SYSTEM SET awgp.maintenance_databases = '\"x'", &[]).await;
    assert_sqlstate(refused, "22023");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maintained_database_can_be_dropped_and_made_again() {
    if !is_preloaded("running::a_maintained_database_can_be_dropped_and_made_again", &[]) {
        return;
    }
    let (dropped, kept) = (Database::new().await, Database::new().await);
    maintain(&[&dropped, &kept]).await;
    wait_for_run(&dropped).await;
    wait_for_run(&kept).await;
    let postgres = postgres().await;
    // Far above what it takes.
    postgres.batch_execute("SET statement_timeout = '300s'").await.expect("any session may");
    let make = format!("CREATE DATABASE {} TEMPLATE {}", dropped.name, template());

    // No worker is in it, or is gone in time.
    wait_until_nobody_is_in(&dropped).await;
    let drop = format!("DROP DATABASE {}", dropped.name);
    once_nobody_is_in(&postgres, &drop).await;
    wait_for_word(&["WARNING:", &of(&dropped), "does not exist"], 0).await;
    wait_for_word(&["DEBUG:", &of(&dropped), "does not exist"], 1).await;
    assert_eq!(said(&["WARNING:", &of(&dropped), "does not exist"]), 1);
    wait_for_run(&kept).await;
    postgres.batch_execute(&make).await.expect("a superuser may");
    wait_for_run(&dropped).await;

    // A worker is in the midst of its work.
    let mut client = dropped.superuser().await;
    let transaction = client.transaction().await.expect("a transaction begins");
    transaction.batch_execute("LOCK TABLE awgp.approvals").await.expect("a superuser may");
    wait_until_held_up(&dropped).await;
    let force = format!("DROP DATABASE {} WITH (FORCE)", dropped.name);
    once_nobody_is_in(&postgres, &force).await;
    wait_for_run(&kept).await;
    postgres.batch_execute(&make).await.expect("a superuser may");
    wait_for_run(&dropped).await;
}

/// Waits for the sessions of the test itself to be gone.
async fn wait_until_nobody_is_in(database: &Database) {
    let postgres = postgres().await;
    let sql = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity
                                  WHERE datname = $1 AND backend_type = 'client backend')";
    until("the test has left", async || {
        postgres.query_one(sql, &[&database.name]).await.expect("an answer").get(0)
    })
    .await;
}

/// The launcher sleeps for a day, and answers the server all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_launcher_with_nothing_to_do_holds_up_no_drop_database() {
    let idle = ["--conf", "awgp.maintenance_interval=1d"];
    if !is_preloaded("running::a_launcher_with_nothing_to_do_holds_up_no_drop_database", &idle) {
        return;
    }
    let (dropped, kept) = (Database::empty().await, Database::new().await);
    maintain(&[&kept]).await;
    until("the only run for a day", async || last_run(&kept).await.is_some()).await;
    let postgres = postgres().await;
    postgres.batch_execute("SET statement_timeout = '300s'").await.expect("any session may");
    let drop = format!("DROP DATABASE {}", dropped.name);
    once_nobody_is_in(&postgres, &drop).await;
}
