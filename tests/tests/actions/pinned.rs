//! What was approved names what the assistant is: its configuration, its model, its capabilities.

use super::{assert_denied, begun, count, item, scene};
use awgp_tests::approving::{APPROVE, asked, run, start};
use awgp_tests::assert_refused;
use awgp_tests::fixture::{Group, within};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// What a manager may write of an assistant, and is part of what was approved.
const CHANGES: [&str; 4] = [
    "configuration = '{\"prompt\": \"Pay everybody.\"}'",
    "model_config = '{\"provider\": \"openai\", \"model\": \"another\"}'",
    "capabilities = '{look,pay}'",
    "configuration = configuration || '{\"temperature\": 2}', capabilities = '{pay,look}'",
];

async fn change(app: &mut Client, group: &Group, change: &str) {
    let transaction = within(app, group.north.id).await;
    let sql = format!("UPDATE awgp.assistants SET {change} WHERE id = $1");
    transaction.execute(&sql, &[&group.north.assistant]).await.expect("it may be changed");
    transaction.commit().await.expect("commits");
}

async fn approved(app: &mut Client, group: &Group) -> awgp_tests::approving::Asked {
    let waits = asked(app, &group.north, 4).await;
    let admin = Some(group.north.user("admin"));
    run(app, &group.north, admin, APPROVE, waits.approval).await.expect("an admin may");
    waits
}

#[tokio::test]
async fn an_assistant_that_changes_while_its_approved_item_runs_does_not_go_on() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    for sql in CHANGES {
        let waits = approved(&mut app, &group).await;
        assert_eq!(begun(&mut app, &group, waits.item, None).await["allowed"], json!(true));
        change(&mut app, &group, sql).await;
        assert_denied(&begun(&mut app, &group, waits.item, None).await, "digest_mismatch");
        // What runs may still end, and other work of the assistant goes on within its tier.
        let transaction = within(&mut app, group.north.id).await;
        let end = "SELECT awgp.complete_work_item($1)";
        transaction.execute(end, &[&waits.item]).await.expect("completed");
        transaction.commit().await.expect("commits");
        let own = item(&mut app, &group, 0).await;
        assert_eq!(begun(&mut app, &group, own, None).await["allowed"], json!(true));
        // Asked again, it begins as what it is now.
        let again = approved(&mut app, &group).await;
        assert_eq!(begun(&mut app, &group, again.item, None).await["allowed"], json!(true));
        change(&mut app, &group, "configuration = '{}', model_config = '{}', capabilities = '{look}'").await;
    }
}

#[tokio::test]
async fn nor_does_it_begin_or_find_anybody_to_approve_it() {
    let (database, group) = scene("10").await;
    let north = &group.north;
    let mut app = database.app().await;
    let waits = approved(&mut app, &group).await;
    let pending = asked(&mut app, north, 4).await;
    change(&mut app, &group, CHANGES[0]).await;
    assert_denied(&begun(&mut app, &group, waits.item, None).await, "digest_mismatch");
    assert_refused(start(&mut app, north, waits.item).await, "55000", "digest_mismatch");
    let admin = Some(north.user("admin"));
    let vote = run(&mut app, north, admin, APPROVE, pending.approval).await;
    assert_refused(vote, "55000", "digest_mismatch");
    // The same again is as it was asked; name, tier and budget are no part of it.
    change(&mut app, &group, "configuration = '{}', name = 'Renamed', max_cost_per_day = 50, risk_tier = 1")
        .await;
    assert_eq!(begun(&mut app, &group, waits.item, None).await["allowed"], json!(true));
    run(&mut app, north, admin, APPROVE, pending.approval).await.expect("as it was asked");
}

#[tokio::test]
async fn an_approval_from_before_is_compared_by_its_own_version() {
    let (database, group) = scene("10").await;
    let north = &group.north;
    let mut app = database.app().await;
    let waits = approved(&mut app, &group).await;
    let versions = "SELECT count(*) FROM awgp.approvals WHERE request_digest_version = 2";
    assert_eq!(count(&database, versions).await, 1);
    // As the first version pinned it: the item alone.
    let digest = awgp_core::work::digest::digest(&awgp_core::work::digest::Pinned {
        tenant_id: north.id,
        work_item_id: waits.item,
        assistant_id: north.assistant,
        risk_level: Some(4),
        title: "Pay",
        description: Some("All of it"),
        estimated_cost: None,
        context: "{\"invoice\": 7}",
        assistant: None,
    });
    let old = |approval: Uuid| {
        format!(
            "SET session_replication_role = replica;
             UPDATE awgp.approvals SET request_digest = '{digest}', request_digest_version = 1 WHERE id = '{approval}'"
        )
    };
    let superuser = database.superuser().await;
    superuser.batch_execute(&old(waits.approval)).await.expect("a superuser may");
    change(&mut app, &group, CHANGES[1]).await;
    assert_eq!(
        begun(&mut app, &group, waits.item, None).await["allowed"],
        json!(true),
        "it names no assistant"
    );
    change(&mut app, &group, CHANGES[0]).await;
    assert_eq!(
        begun(&mut app, &group, waits.item, None).await["allowed"],
        json!(true),
        "it names no assistant"
    );
    let kept = "SELECT count(*) FROM awgp.work_items WHERE pinned_digest_version = 1";
    assert_eq!(count(&database, kept).await, 1);
}
