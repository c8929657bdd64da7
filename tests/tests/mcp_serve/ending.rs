//! How the program ends, and what it does with what is no call.

use awgp_tests::mcp_serve::{Scene, Serving};
use serde_json::json;
use std::process::Command;

fn signal(serving: &Serving, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &serving.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

#[tokio::test]
async fn a_client_that_goes_and_a_signal_end_it_cleanly() {
    let scene = Scene::new().await;
    let mut serving = scene.serve();
    serving.tells("list_work", json!({}));
    assert_eq!(serving.close(), 0);
    // Before hello as well.
    assert_eq!(Serving::silent(scene.command(&[])).close(), 0);
    for name in ["TERM", "INT"] {
        let serving = scene.serve();
        signal(&serving, name);
        assert_eq!(serving.ends(), (0, String::new()), "{name}");
    }
}

#[tokio::test]
async fn a_call_that_is_under_way_when_the_client_closes_is_answered_and_has_happened() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let params = json!({"name": "start_work", "arguments": {"work_item_id": item}});
    let call = serving.request("tools/call", params);
    assert_eq!(serving.close(), 0);
    assert_eq!(serving.answer(call)["result"]["isError"], false);
    let sql = "SELECT status FROM awgp.work_items WHERE id::text = $1";
    assert_eq!(scene.text(sql, &[&item]).await, "in_progress");
}

#[tokio::test]
async fn what_is_no_call_of_a_tool_is_answered_or_left_and_the_next_call_works() {
    let scene = Scene::new().await;
    let mut serving = scene.serve();
    serving.send_text("no JSON");
    serving.send_text(&format!("{{\"padding\": \"{}\"}}", "x".repeat(5 << 20)));
    let unknown = serving.ask("tools/call", json!({"name": "approve", "arguments": {}}));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let unknown = serving.ask("no/such/method", json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    assert_eq!(serving.ask("ping", json!({}))["result"], json!({}));
    assert_eq!(serving.tells("get_my_rules", json!({}))["slug"], "helper");
}

#[tokio::test]
async fn a_call_goes_on_after_the_server_has_closed_the_connections() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    serving.tells("list_work", json!({}));
    let close = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name LIKE 'awgp mcp serve%'";
    let closed = scene.database.superuser().await.query_one(close, &[]).await.expect("a superuser may");
    assert!(closed.get::<_, i64>(0) > 0);
    let begun = serving.tells("begin_action", json!({"work_item_id": item, "action": "look"}));
    assert_eq!(begun["status"], "begun");
    let sql = "SELECT count(*)::text FROM awgp.governed_actions";
    assert_eq!(scene.text(sql, &[]).await, "1");
}
