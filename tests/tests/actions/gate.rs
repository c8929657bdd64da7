//! What lets an action begin: the approval, what it was asked for, and who is in context.

use super::{assert_denied, begin, begun, count, finish, finished, scene};
use awgp_tests::approving::{APPROVE, asked, run};
use awgp_tests::assert_refused;
use awgp_tests::fixture::{self, within};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// Changes what an item says, as the application.
async fn change(app: &mut Client, tenant: Uuid, item: Uuid) -> Result<u64, tokio_postgres::Error> {
    let transaction = within(app, tenant).await;
    let sql = "UPDATE awgp.work_items SET title = title || ' and more' WHERE id = $1";
    let changed = transaction.execute(sql, &[&item]).await?;
    transaction.commit().await?;
    Ok(changed)
}

#[tokio::test]
async fn an_approved_item_is_begun_once_by_its_first_action_and_pinned_from_then_on() {
    let (database, group) = scene("10").await;
    let north = &group.north;
    let mut app = database.app().await;
    let waits = asked(&mut app, north, 4).await;
    assert_denied(&begun(&mut app, &group, waits.item, Some("1")).await, "approval_pending");
    run(&mut app, north, Some(north.user("admin")), APPROVE, waits.approval).await.expect("an admin may");
    let first = begun(&mut app, &group, waits.item, Some("1")).await;
    assert_eq!(first["allowed"], json!(true), "{first}");
    let used = "SELECT count(*) FROM awgp.approvals WHERE used_at IS NOT NULL";
    assert_eq!(count(&database, used).await, 1);
    // The second of the same item needs no other approval; what was approved does not change meanwhile.
    let second = begun(&mut app, &group, waits.item, Some("1")).await;
    assert_eq!(second["allowed"], json!(true), "{second}");
    assert_refused(change(&mut app, north.id, waits.item).await, "55000", "work_item_pinned");
    let digests = "SELECT count(*) FROM awgp.governed_actions AS a JOIN awgp.approvals AS p ON p.request_digest = a.request_digest";
    assert_eq!(count(&database, digests).await, 2, "each action says what was approved");
    // An item that has ended begins nothing.
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT awgp.complete_work_item($1)";
    transaction.execute(sql, &[&waits.item]).await.expect("completed");
    transaction.commit().await.expect("commits");
    assert_denied(&begun(&mut app, &group, waits.item, None).await, "illegal_transition");
}

#[tokio::test]
async fn what_was_changed_after_it_was_approved_does_not_begin() {
    let (database, group) = scene("10").await;
    let north = &group.north;
    let mut app = database.app().await;
    let waits = asked(&mut app, north, 4).await;
    run(&mut app, north, Some(north.user("admin")), APPROVE, waits.approval).await.expect("an admin may");
    change(&mut app, north.id, waits.item).await.expect("it has not begun");
    assert_denied(&begun(&mut app, &group, waits.item, None).await, "digest_mismatch");
    // Nor does the next action of an item that is in progress without the approval that its risk asks for.
    let own = super::item(&mut app, &group, 0).await;
    let first = begun(&mut app, &group, own, None).await;
    assert_eq!(first["allowed"], json!(true), "{first}");
    let superuser = database.superuser().await;
    let sql = format!(
        "SET session_replication_role = replica; UPDATE awgp.work_items SET risk_level = 5 WHERE id = '{own}'"
    );
    superuser.batch_execute(&sql).await.expect("a superuser may");
    assert_denied(&begun(&mut app, &group, own, None).await, "approval_required");
}

#[tokio::test]
async fn an_assistant_in_context_begins_and_finishes_its_own_work_alone() {
    let (database, group) = scene("10").await;
    let north = &group.north;
    let mut app = database.app().await;
    let item = super::item(&mut app, &group, 0).await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom', capabilities => '{look}')";
    let other = fixture::one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("commits");
    let context = "SELECT awgp.set_context($1, NULL, $2)";
    let transaction = app.transaction().await.expect("begins");
    transaction.execute(context, &[&north.id, &other]).await.expect("a context");
    assert_denied(&begin(&transaction, item, "look", None).await.expect("an answer"), "not_own_work");
    transaction.commit().await.expect("commits");
    let transaction = app.transaction().await.expect("begins");
    transaction.execute(context, &[&north.id, &north.assistant]).await.expect("a context");
    let own = begin(&transaction, item, "look", Some("1")).await.expect("an answer");
    assert_eq!(own["allowed"], json!(true), "{own}");
    transaction.commit().await.expect("commits");
    let transaction = app.transaction().await.expect("begins");
    transaction.execute(context, &[&north.id, &other]).await.expect("a context");
    assert_refused(finish(&transaction, &own, "succeeded", Some("1")).await, "42501", "not_own_work");
    transaction.rollback().await.expect("rolled back");
    let end = finished(&mut app, &group, &own, "succeeded", Some("1")).await.expect("the application may");
    assert_eq!(end["status"], json!("succeeded"));
}
