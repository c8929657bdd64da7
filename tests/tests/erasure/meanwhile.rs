//! Others write while somebody is erased: an erasure finds all that was committed before it ends.

use super::{assert_whole, declare, erase, person, tables_with_the_secret};
use awgp_tests::Database;
use awgp_tests::fixture::{group, within};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_whoever_writes_the_persons_values() {
    let database = std::sync::Arc::new(Database::new().await);
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT awgp.log_event('asked', 'letter', $1, after => '{\"text\": \"zyzzyva7741\"}', erasable => '{text}')";
    transaction.execute(sql, &[&user]).await.expect("an event");
    let erasing = {
        let (database, north) = (std::sync::Arc::clone(&database), north.clone());
        tokio::spawn(async move { erase(&database, &north, user, false).await })
    };
    // It waits for as long as the writer does not end, however long that is.
    let superuser = database.superuser().await;
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
                                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    while !superuser.query_one(waits, &[]).await.expect("locks").get::<_, bool>(0) {
        assert!(!erasing.is_finished(), "the erasure did not wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    transaction.commit().await.expect("committed");
    let lines = erasing.await.expect("the erasure ends");
    assert!(lines.iter().any(|line| line.what == "letter.text" && line.erased == 1), "{lines:#?}");
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_whole(&database).await;
}
