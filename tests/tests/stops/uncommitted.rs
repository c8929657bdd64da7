//! A transaction that has begun something and not committed does not commit after a stop.

use super::{WAYS, assert_holds, begin, isolated, resume, scene, stop};
use awgp_tests::fixture::within;
use awgp_tests::hearing::{heard, talkative};
use awgp_tests::{assert_refused, assert_sqlstate};
use serde_json::{Value, json};

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

#[tokio::test]
async fn what_was_begun_before_the_stop_does_not_commit_after_it_at_any_isolation_level() {
    let (database, group) = scene().await;
    let (admin, superuser) = (database.admin().await, database.superuser().await);
    let mut app = database.app().await;
    for level in LEVELS {
        for (name, sql) in WAYS {
            let transaction = isolated(&mut app, &group, level).await;
            begin(&transaction, sql, group.north.assistant, group.north.work_item).await.expect(name);
            let stopped = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
            assert_refused(transaction.commit().await, "55000", "stopped");
            assert_holds(&database, &stopped).await;
            resume(&superuser, &stopped).await.expect("resumed");
        }
    }
}

#[tokio::test]
async fn what_a_rolled_back_savepoint_has_begun_does_not_count() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let inner = transaction.savepoint("within").await.expect("a savepoint");
    begin(&inner, WAYS[2].1, group.north.assistant, group.north.work_item).await.expect("started");
    inner.rollback().await.expect("rolled back");
    let stopped = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    transaction.commit().await.expect("nothing was begun");
    assert_holds(&database, &stopped).await;
}

#[tokio::test]
async fn what_a_released_savepoint_has_begun_counts() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let inner = transaction.savepoint("within").await.expect("a savepoint");
    begin(&inner, WAYS[2].1, group.north.assistant, group.north.work_item).await.expect("started");
    inner.commit().await.expect("released");
    stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    assert_refused(transaction.commit().await, "55000", "stopped");
}

#[tokio::test]
async fn what_a_stop_not_yet_committed_covers_is_told_to_try_again() {
    let (database, group) = scene().await;
    let mut admin = database.admin().await;
    let mut app = database.app().await;
    let stopping = admin.transaction().await.expect("begins");
    stop(&stopping, "holding", Some(group.holding.id)).await.expect("stopped");
    let transaction = within(&mut app, group.north.id).await;
    begin(&transaction, WAYS[0].1, group.north.assistant, group.north.work_item).await.expect("an answer");
    assert_refused(transaction.commit().await, "40001", "stop_under_way");
    stopping.rollback().await.expect("it was no stop");
    let transaction = within(&mut app, group.north.id).await;
    begin(&transaction, WAYS[0].1, group.north.assistant, group.north.work_item).await.expect("an answer");
    transaction.commit().await.expect("it begins");
}

#[tokio::test]
async fn a_stop_waits_for_what_is_prepared_and_nothing_else_is_prepared_after_it() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let mut app = database.app().await;
    let name = database.name.clone();
    let prepare = async |app: &mut tokio_postgres::Client, number: i32| {
        app.batch_execute("BEGIN").await.expect("begins");
        let sql = "SELECT awgp.set_context($1::uuid)";
        app.execute(sql, &[&group.north.id]).await.expect("a context");
        begin(app, WAYS[0].1, group.north.assistant, group.north.work_item).await.expect("an answer");
        app.batch_execute(&format!("PREPARE TRANSACTION '{name}_{number}'")).await
    };
    prepare(&mut app, 1).await.expect("prepared");
    let (listening, mut told) = talkative(&database).await;
    listening.batch_execute("SET lock_timeout = '20ms'").await.expect("a limit");
    let context = "SELECT awgp.set_context($1)";
    listening.batch_execute("BEGIN").await.expect("begins");
    listening.execute(context, &[&group.north.id]).await.expect("a context");
    assert_sqlstate(stop(&listening, "tenant", Some(group.north.id)).await, "55P03");
    let warning = heard(&mut told);
    let detail: Value = serde_json::from_str(warning.detail().expect("a DETAIL")).expect("JSON");
    assert_eq!((warning.severity(), &detail["prepared"]), ("WARNING", &json!([format!("{name}_1")])));
    drop(listening);
    app.batch_execute(&format!("COMMIT PREPARED '{name}_1'")).await.expect("committed");
    let stopped = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    assert_eq!(stopped["running"]["actions"]["count"], 1);
    assert_holds(&database, &stopped).await;
    resume(&database.superuser().await, &stopped).await.expect("resumed");
    // One that began before the stop is not prepared after it.
    let transaction = within(&mut app, group.north.id).await;
    begin(&transaction, WAYS[0].1, group.north.assistant, group.north.work_item).await.expect("an answer");
    let again = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    let prepared = transaction.batch_execute(&format!("PREPARE TRANSACTION '{name}_2'")).await;
    assert_refused(prepared, "55000", "stopped");
    drop(transaction);
    assert_holds(&database, &again).await;
}
