//! Who listens hears the ids of what was asked, decided, escalated and expired, and nothing else.

use awgp_tests::approving::{ESCALATE, approve, asked, let_it_expire, run};
use awgp_tests::fixture::{group, within_as};
use awgp_tests::{Database, Login};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

async fn heard(receive: &mut UnboundedReceiver<String>) -> String {
    tokio::time::timeout(Duration::from_mins(5), receive.recv()).await.expect("in time").expect("a payload")
}

#[tokio::test]
async fn each_move_is_told_by_its_id_alone() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    // Whoever listens has no rights at all: what they hear must tell them nothing.
    let (_client, mut receive) = database.listener(Login::Nobody, "awgp_approvals").await;
    let first = asked(&mut app, &north, 4).await;
    assert_eq!(heard(&mut receive).await, first.approval.to_string());
    run(&mut app, &north, Some(north.user("operator")), ESCALATE, first.approval).await.expect("a step");
    assert_eq!(heard(&mut receive).await, first.approval.to_string());
    approve(&mut app, &north, north.user("super_admin"), first.approval).await.expect("he may");
    assert_eq!(heard(&mut receive).await, first.approval.to_string());
    let second = asked(&mut app, &north, 4).await;
    assert_eq!(heard(&mut receive).await, second.approval.to_string());
    let_it_expire(&database, second.approval).await;
    let maintainer = database.connect(Login::Maintainer).await;
    maintainer.execute("SELECT awgp.expire_approvals()", &[]).await.expect("it runs");
    assert_eq!(heard(&mut receive).await, second.approval.to_string());
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told_and_a_setting_switches_it_off() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (_client, mut receive) = database.listener(Login::Nobody, "awgp_approvals").await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let item = awgp_tests::approving::item(&transaction, &north, 4).await;
    transaction.batch_execute("SAVEPOINT s").await.expect("a savepoint");
    awgp_tests::approving::request(&transaction, item).await.expect("it is asked");
    transaction.batch_execute("ROLLBACK TO s").await.expect("rolled back");
    transaction.commit().await.expect("committed");
    let superuser = database.superuser().await;
    let off = format!("ALTER DATABASE {} SET awgp.approvals_notify = off", database.name);
    superuser.batch_execute(&off).await.expect("switched off");
    asked(&mut database.app().await, &north, 4).await;
    let on = format!("ALTER DATABASE {} SET awgp.approvals_notify = on", database.name);
    superuser.batch_execute(&on).await.expect("switched on");
    let told = asked(&mut database.app().await, &north, 4).await;
    assert_eq!(heard(&mut receive).await, told.approval.to_string(), "the first that is heard");
}

#[tokio::test]
async fn a_prepared_transaction_decides_and_does_not_notify() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let name = format!("p{}", Uuid::from_u128(asked.approval.as_u128()).simple());
    app.batch_execute("BEGIN").await.expect("a transaction begins");
    let set = "SELECT awgp.set_context($1::uuid, $2::uuid)";
    app.execute(set, &[&north.id, &north.user("admin")]).await.expect("the context is set");
    app.query_one("SELECT awgp.approve($1)", &[&asked.approval]).await.expect("he may");
    app.batch_execute(&format!("PREPARE TRANSACTION '{name}'")).await.expect("prepared");
    app.batch_execute(&format!("COMMIT PREPARED '{name}'")).await.expect("committed");
    let row = awgp_tests::approving::row(&mut app, &north, asked.approval).await;
    assert_eq!(row["status"], "approved");
}
