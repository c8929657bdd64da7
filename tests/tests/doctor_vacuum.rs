//! What the doctor says of tables that autovacuum does not keep up with. Its hints are run outside of
//! transactions, as VACUUM must be.

use awgp_tests::catalog::findings;
use awgp_tests::{Database, own_server};
use tokio_postgres::Client;

/// The findings whose hints cannot be run in a transaction.
pub const CODES: &[&str] = &["dead_rows", "freeze_overdue"];

/// Each statement of the hint on its own.
async fn run(client: &Client, hint: &str) {
    for statement in hint.split_inclusive(';').filter(|statement| !statement.trim().is_empty()) {
        client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

/// The object and the hint of each finding with this code.
async fn found(client: &Client, code: &str) -> Vec<(String, String)> {
    let found = findings(client).await.into_iter().filter(|finding| finding.0 == code);
    let finding = |(_, severity, object, hint): (String, String, String, String)| {
        assert_eq!(severity, "warning");
        (object, hint)
    };
    found.map(finding).collect()
}

#[tokio::test]
async fn a_table_with_more_dead_rows_than_autovacuum_leaves_is_found_until_it_is_vacuumed() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    assert_eq!(found(&superuser, "dead_rows").await, []);
    // Autovacuum must not come first.
    superuser
        .batch_execute("ALTER TABLE awgp.maintenance_steps SET (autovacuum_enabled = off)")
        .await
        .expect("a superuser may");
    let fill = "INSERT INTO awgp.maintenance_steps SELECT 'step ' || n, now(), now(), '{}' FROM generate_series(1, 12000) AS n";
    superuser.batch_execute(fill).await.expect("a superuser may");
    superuser.batch_execute("DELETE FROM awgp.maintenance_steps").await.expect("a superuser may");
    superuser.batch_execute("SELECT pg_stat_force_next_flush()").await.expect("the numbers are told");
    superuser.batch_execute("SELECT 1").await.expect("a statement");
    let other = database.superuser().await;
    let (object, hint) = found(&other, "dead_rows").await.pop().expect("it is found");
    assert_eq!(object, "awgp.maintenance_steps");
    let (off, on_again) = found(&other, "autovacuum_off").await.pop().expect("it is found");
    assert_eq!(off, "awgp.maintenance_steps");
    run(&other, &on_again).await;
    run(&other, &hint).await;
    other.batch_execute("SELECT pg_stat_force_next_flush()").await.expect("the numbers are told");
    let left = findings(&database.superuser().await).await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_table_that_nobody_has_frozen_for_long_is_found_until_it_is() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    assert_eq!(found(&superuser, "freeze_overdue").await, []);
    // As old as if six hundred million transactions had been since.
    superuser
        .batch_execute(
            "SET allow_system_table_mods = on;
             UPDATE pg_class SET relfrozenxid = ((pg_current_xact_id()::text::numeric - 600000000 + 4294967296) % 4294967296)::text::xid
             WHERE oid = 'awgp.users'::regclass",
        )
        .await
        .expect("a superuser may");
    let (object, hint) = found(&superuser, "freeze_overdue").await.pop().expect("it is found");
    assert_eq!(object, "awgp.users");
    run(&superuser, &hint).await;
    assert_eq!(found(&superuser, "freeze_overdue").await, []);
}

#[tokio::test]
async fn a_server_without_autovacuum_is_a_warning_that_its_statement_ends() {
    let name = "doctor_vacuum::a_server_without_autovacuum_is_a_warning_that_its_statement_ends";
    if !own_server::is_inside(name, &["--conf", "autovacuum=off"]) {
        return;
    }
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let (object, hint) = found(&superuser, "autovacuum_off").await.pop().expect("it is found");
    assert_eq!(object, "setting autovacuum");
    run(&superuser, &hint).await;
}
