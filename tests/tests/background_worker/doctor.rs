//! What the doctor says of it.

use super::stage::{is_preloaded, maintain, postgres, wait_for_run};
use awgp_tests::{Database, Login};

/// Severity and hint of the finding, as a maintainer gets them.
async fn preload(database: &Database) -> (String, String) {
    let client = database.connect(Login::Maintainer).await;
    let sql = "SELECT severity, hint FROM awgp.doctor() WHERE code = 'preload'";
    let row = client.query_one(sql, &[]).await.expect("it is always said");
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_to_type_until_the_worker_maintains_the_database() {
    const NAME: &str = "doctor::the_doctor_says_what_to_type_until_the_worker_maintains_the_database";
    if !is_preloaded(NAME, &[]) {
        return;
    }
    let (database, other) = (Database::new().await, Database::new().await);
    maintain(&[&other]).await;
    wait_for_run(&other).await;
    let (severity, hint) = preload(&database).await;
    assert_eq!(severity, "info");
    let postgres = postgres().await;
    let commands: Vec<&str> = hint.split_inclusive(';').collect();
    assert_eq!(commands.len(), 2, "{hint}");
    for command in commands {
        postgres.batch_execute(command).await.unwrap_or_else(|error| panic!("{command}: {error}"));
    }
    wait_for_run(&database).await;
    wait_for_run(&other).await;
    let (severity, hint) = preload(&database).await;
    assert_eq!((severity.as_str(), hint.as_str()), ("info", "SELECT * FROM awgp.maintenance_steps;"));
    assert_eq!(preload(&other).await.1, hint);
}
