//! The assistant's work: listed a page at a time, shown whole, started and ended.

use awgp_tests::mcp_serve::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn own_work_is_listed_by_priority_a_page_at_a_time_and_others_is_not() {
    let scene = Scene::new().await;
    scene.other().await;
    let sql = "SELECT FROM generate_series(1, 5) AS n,
                           LATERAL awgp.create_work_item($1, 'Item ' || n, priority => n)";
    scene.does("operator", sql, &[&scene.north().assistant]).await;
    let mut serving = scene.serve();
    let (mut titles, mut after, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let page = serving.tells("list_work", json!({"limit": 2, "after": after}));
        let items = page["items"].as_array().expect("items");
        titles.extend(items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()));
        pages += 1;
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(titles, ["Item 1", "Item 2", "First task", "Item 3", "Item 4", "Item 5"]);
    assert_eq!(pages, 3);
    assert_eq!(serving.tells("list_work", json!({"status": "completed"}))["items"], json!([]));
    assert_eq!(serving.refuses("list_work", json!({"limit": 0})), "out_of_range");
    assert_eq!(serving.refuses("list_work", json!({"after": "no cursor"})), "out_of_range");
}

#[tokio::test]
async fn a_work_item_is_started_completed_and_shown_whole() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let which = json!({"work_item_id": item});
    let started = serving.tells("start_work", which.clone());
    assert_eq!((&started["status"], &started["work_item_id"]), (&json!("in_progress"), &json!(item)));
    assert_eq!(serving.refuses("start_work", which.clone()), "illegal_transition");
    let ending = json!({"work_item_id": item, "result": {"tidy": true}, "actual_cost": "0.40"});
    let ended = serving.tells("complete_work", ending.clone());
    assert_eq!((&ended["status"], &ended["actual_cost"]), (&json!("completed"), &json!("0.400000")));
    assert_eq!(serving.refuses("complete_work", ending), "illegal_transition");
    let whole = serving.tells("get_work", which);
    assert_eq!(whole["work_item"]["result"], json!({"tidy": true}));
    assert_eq!((&whole["approvals"], &whole["actions"]), (&json!([]), &json!([])));
    let trail = "SELECT actor_name || ' for ' || on_behalf_of_name FROM awgp.trail_list
                 WHERE entity_id::text = $1 AND status_after = 'completed'";
    assert_eq!(scene.text(trail, &[&item]).await, "helper for operator@north.example");
}

#[tokio::test]
async fn a_work_item_is_given_up_with_a_reason() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let failing = json!({"work_item_id": item, "reason": "the supplier is closed"});
    assert_eq!(serving.refuses("fail_work", failing.clone()), "illegal_transition", "it has not begun");
    serving.tells("start_work", json!({"work_item_id": item}));
    assert_eq!(serving.refuses("fail_work", json!({"work_item_id": item, "reason": "  "})), "out_of_range");
    let failed = serving.tells("fail_work", failing);
    assert_eq!(failed["closed_reason"], "the supplier is closed");
}
