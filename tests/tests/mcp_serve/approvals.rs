//! Asking for approval, waiting for it, and going on under it. People decide.

use awgp_tests::mcp_serve::{Scene, Serving, refusal};
use serde_json::{Value, json};
use std::time::Duration;

fn begin(item: &str, arguments: &Value) -> Value {
    json!({"work_item_id": item, "action": "write", "arguments": arguments})
}

/// Waits for what was asked for, by a client that wants to hear of progress: the id of the call.
fn begin_to_wait(serving: &mut Serving, asked: &Value, seconds: u32) -> u64 {
    let arguments = json!({"approval_id": asked["approval"]["approval_id"], "seconds": seconds});
    let meta = json!({"progressToken": "w"});
    serving.request("tools/call", json!({"name": "wait_for_approval", "arguments": arguments, "_meta": meta}))
}

#[tokio::test]
async fn an_action_begins_with_the_arguments_that_people_have_approved_and_no_others() {
    let scene = Scene::new().await;
    let item = scene.item(4).await;
    let mut serving = scene.serve();
    let arguments = json!({"to": "ada@north.example"});
    let mut asking = begin(&item, &arguments);
    asking["title"] = json!("May I write to Ada?");
    let asked = serving.tells("request_action_approval", asking.clone());
    let approval = asked["approval"]["approval_id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&asked["approval"]["is_open"], &asked["approval"]["approves"]),
        (&json!(true), &json!("action"))
    );
    assert_eq!(asked["deciders"], 2, "an admin and a super_admin: {asked}");
    let again = refusal(&serving.call("request_action_approval", asking));
    assert_eq!(
        (&again["reason"], &again["facts"]["approval_id"]),
        (&json!("approval_pending"), &json!(approval))
    );
    assert_eq!(serving.refuses("begin_action", begin(&item, &arguments)), "approval_pending");
    scene.does("admin", "SELECT FROM awgp.approve($1::text::uuid, 'go on')", &[&approval]).await;
    let stands = serving.tells("get_approval", json!({"approval_id": approval}));
    assert_eq!(
        (&stands["status"], &stands["decisions"][0]["comment"]),
        (&json!("approved"), &json!("go on"))
    );
    let other = json!({"to": "eve@north.example"});
    assert_eq!(serving.refuses("begin_action", begin(&item, &other)), "arguments_mismatch");
    let begun = serving.tells("begin_action", begin(&item, &arguments));
    assert_eq!(begun["approval_id"], json!(approval));
    assert_eq!(serving.refuses("begin_action", begin(&item, &arguments)), "approval_used");
    let whole = serving.tells("get_work", json!({"work_item_id": item}));
    assert!(!whole["approvals"][0]["used_at"].is_null(), "{whole}");
}

#[tokio::test]
async fn who_decides_may_change_the_arguments_and_the_assistant_reads_theirs() {
    let scene = Scene::new().await;
    let item = scene.item(4).await;
    let mut serving = scene.serve();
    let (asked_for, theirs) = (json!({"amount": 500}), json!({"amount": 50}));
    let asked = serving.tells("request_action_approval", begin(&item, &asked_for));
    let approval = asked["approval"]["approval_id"].as_str().expect("an id").to_owned();
    let sql = "SELECT FROM awgp.approve($1::text::uuid, 'less', $2)";
    scene.does("admin", sql, &[&approval, &theirs]).await;
    let stands = serving.tells("wait_for_approval", json!({"approval_id": approval}));
    assert_eq!(stands["is_over"], true);
    let stands = &stands["approval"];
    assert_eq!((&stands["arguments"], &stands["requested_arguments"]), (&theirs, &asked_for));
    assert_eq!(serving.refuses("begin_action", begin(&item, &asked_for)), "arguments_mismatch");
    assert_eq!(serving.tells("begin_action", begin(&item, &theirs))["status"], "begun");
}

#[tokio::test]
async fn a_work_item_waits_for_people_and_a_wait_ends_with_their_decision() {
    let scene = Scene::new().await;
    let item = scene.item(4).await;
    let mut serving = scene.serve();
    assert_eq!(serving.refuses("start_work", json!({"work_item_id": item})), "approval_required");
    let asked =
        serving.tells("request_work_approval", json!({"work_item_id": item, "title": "May I tidy up?"}));
    let approval = asked["approval"]["approval_id"].as_str().expect("an id").to_owned();
    // Nobody decides: the wait ends by itself.
    let waited = serving.tells("wait_for_approval", json!({"approval_id": approval, "seconds": 0}));
    assert_eq!(waited["is_over"], false);
    // A client that wants to know is told how far the wait is, and then that it is over.
    let wait = begin_to_wait(&mut serving, &asked, 300);
    let progress = serving.wait_for("notifications/progress");
    assert_eq!(
        (&progress["params"]["progressToken"], &progress["params"]["total"]),
        (&json!("w"), &json!(300.0))
    );
    // Other calls go on meanwhile.
    assert_eq!(serving.tells("get_approval", json!({"approval_id": approval}))["is_open"], true);
    scene.does("admin", "SELECT FROM awgp.reject($1::text::uuid, 'not today')", &[&approval]).await;
    let over = serving.answer(wait);
    let over = &over["result"]["structuredContent"];
    assert_eq!((&over["is_over"], &over["approval"]["rejected_reason"]), (&json!(true), &json!("not today")));
    assert_eq!(serving.refuses("start_work", json!({"work_item_id": item})), "approval_rejected");
}

#[tokio::test]
async fn a_wait_whose_time_is_over_with_its_first_look_has_told_of_it() {
    let scene = Scene::new().await;
    let item = scene.item(4).await;
    let mut serving = scene.serve();
    let asked = serving.tells("request_work_approval", json!({"work_item_id": item}));
    let mut superuser = scene.database.superuser().await;
    let holding = superuser.transaction().await.expect("a transaction begins");
    holding.batch_execute("LOCK TABLE awgp.approvals IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let wait = begin_to_wait(&mut serving, &asked, 1);
    scene.database.until_somebody_waits().await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    holding.rollback().await.expect("let go");
    assert_eq!(serving.answer(wait)["result"]["structuredContent"]["is_over"], false);
    let progress = serving.wait_for("notifications/progress");
    assert_eq!((&progress["params"]["progress"], &progress["params"]["total"]), (&json!(1.0), &json!(1.0)));
}

#[tokio::test]
async fn a_wait_that_the_client_gives_up_ends_and_other_calls_are_answered() {
    let scene = Scene::new().await;
    let item = scene.item(4).await;
    let mut serving = scene.serve();
    let asked = serving.tells("request_work_approval", json!({"work_item_id": item}));
    let wait = begin_to_wait(&mut serving, &asked, 300);
    serving.wait_for("notifications/progress");
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": wait}});
    serving.send(&cancelled);
    assert_eq!(serving.tells("list_work", json!({}))["next"], Value::Null);
    assert!(serving.close() == 0);
}

#[tokio::test]
async fn nobody_can_wait_without_bounds_or_for_an_approval_of_others() {
    let scene = Scene::new().await;
    let (_, others) = scene.other().await;
    let sql = "SELECT (awgp.request_approval($1::text::uuid)).id::text";
    let approval = scene.text(sql, &[&others]).await;
    let mut serving = scene.serve();
    let which = json!({"approval_id": approval});
    assert_eq!(serving.refuses("get_approval", which.clone()), "unknown_approval");
    assert_eq!(serving.refuses("wait_for_approval", which), "unknown_approval");
    let long = json!({"approval_id": approval, "seconds": 301});
    assert_eq!(serving.refuses("wait_for_approval", long), "out_of_range");
}
