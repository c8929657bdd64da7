//! Between a holding and its subsidiary: both sides are asked, and neither reads the other's policies.

use super::{Message, assert_allowed, assert_denied, policy, scene, set_messaging};
use awgp_tests::fixture::within;
use serde_json::json;

#[tokio::test]
async fn both_sides_must_allow_in_both_directions() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    // Settings allow nothing across tenants.
    for tenant in [&group.holding, &group.north] {
        set_messaging(&database, tenant, json!({"allow_within_tenant": true})).await;
    }
    let down = Message::new(group.holding.assistant, group.north.assistant);
    let up = Message::new(group.north.assistant, group.holding.assistant);
    assert_denied(&down.send(&mut app, &group.holding).await, "no_policy");
    // A subsidiary does not see its holding's assistants: until they may be written to, they do not exist.
    assert_denied(&up.send(&mut app, &group.north).await, "unknown_receiver");
    policy(&mut app, &group.holding, "name", "'From above'").await;
    assert_denied(&down.send(&mut app, &group.holding).await, "other_side_denies");
    assert_denied(&up.send(&mut app, &group.north).await, "no_policy");
    policy(&mut app, &group.north, "name, allowed_channels", "'From below', '{internal}'").await;
    assert_allowed(&down.send(&mut app, &group.holding).await, "policy_allows");
    assert_allowed(&up.send(&mut app, &group.north).await, "policy_allows");
    assert_denied(&down.clone().on("slack").send(&mut app, &group.holding).await, "other_side_denies");
    assert_denied(&up.on("slack").send(&mut app, &group.north).await, "channel_not_in_policy");
}

#[tokio::test]
async fn siblings_strangers_and_inactive_tenants_stay_apart_whatever_their_policies() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    for tenant in group.all() {
        let sql = "INSERT INTO awgp.communication_policies (tenant_id, name) VALUES ($1, 'All')";
        superuser.execute(sql, &[&tenant.id]).await.expect("a policy can be written");
    }
    for (from, to) in [
        (&group.north, &group.south),
        (&group.north, &group.other),
        (&group.holding, &group.other),
        (&group.holding, &group.inactive),
        (&group.other, &group.north),
    ] {
        let answer = Message::new(from.assistant, to.assistant).send(&mut app, from).await;
        assert_denied(&answer, "unknown_receiver");
    }
}

#[tokio::test]
async fn the_other_sides_policies_decide_and_are_not_told() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    policy(&mut app, &group.north, "name", "'Ours'").await;
    let theirs = policy(
        &mut app,
        &group.holding,
        "name, content_rules, rate_limit_per_hour",
        "'Confidential name', '{\"forbidden_patterns\": [\"confidential word\"]}', 2",
    )
    .await;
    let message = Message::new(group.north.assistant, group.holding.assistant);
    let silent = |answer: &serde_json::Value| {
        let told = answer.to_string();
        assert!(!told.contains("onfidential") && !told.contains(&theirs.to_string()), "{told}");
    };
    let answer = message.clone().saying("a confidential word").send(&mut app, &group.north).await;
    assert_denied(&answer, "other_side_denies");
    assert_eq!(
        (&answer["side"], &answer["policy_id"], &answer["rule"]),
        (&json!("receiver"), &json!(null), &json!(null))
    );
    silent(&answer);
    for _ in 0..2 {
        let answer = message.send(&mut app, &group.north).await;
        assert_allowed(&answer, "policy_allows");
        silent(&answer);
    }
    let answer = message.send(&mut app, &group.north).await;
    assert_denied(&answer, "rate_limited");
    assert_eq!(answer["side"], json!("receiver"));
    let wait = answer["retry_after_seconds"].as_i64().expect("a wait");
    assert!((3000..=3600).contains(&wait), "{wait}");
    silent(&answer);
    // Each side's count is a row of its own, which its own tenant sees.
    let transaction = within(&mut app, group.north.id).await;
    let count = "SELECT count(*), sum(sent)::bigint FROM awgp.message_windows";
    let row = transaction.query_one(count, &[]).await.expect("the counts are read");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 2));
    transaction.rollback().await.expect("rolled back");
    let transaction = within(&mut app, group.holding.id).await;
    let row = transaction.query_one(count, &[]).await.expect("the counts are read");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 4));
}
