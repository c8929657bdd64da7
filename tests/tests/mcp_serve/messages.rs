//! Messages under policy, and conversations for the record.

use awgp_tests::mcp_serve::{Scene, refusal};
use serde_json::json;

#[tokio::test]
async fn a_message_is_allowed_or_denied_by_policy_and_both_are_listed() {
    let scene = Scene::new().await;
    let (other, _) = scene.other().await;
    let mut serving = scene.serve();
    let message = |content: &str| json!({"to": "other", "channel": "internal", "content": content});
    assert_eq!(serving.refuses("authorize_message", message("Hello")), "no_policy");
    let policy = "SELECT FROM awgp.create_policy('Short', content_rules => '{\"max_length\": 10}', rate_limit_per_hour => 1)";
    scene.does("admin", policy, &[]).await;
    let allowed = serving.tells("authorize_message", message("Hello"));
    assert_eq!((&allowed["reason"], &allowed["to_assistant_id"]), (&json!("policy_allows"), &json!(other)));
    let long = refusal(&serving.call("authorize_message", message("Hello, how are you?")));
    assert_eq!((&long["reason"], &long["facts"]["rule"]), (&json!("too_long"), &json!("max_length")));
    let full = refusal(&serving.call("authorize_message", message("Again")));
    assert_eq!(full["reason"], "rate_limited");
    assert!(full["facts"]["retry_after_seconds"].as_i64().expect("a number") > 0, "{full}");
    let to_nobody = json!({"to": "nobody", "channel": "internal", "content": "Hello"});
    assert_eq!(serving.refuses("authorize_message", to_nobody), "unknown_assistant");
    let abroad = json!({"to": scene.group.other.assistant, "channel": "internal", "content": "Hello"});
    assert_eq!(serving.refuses("authorize_message", abroad), "unknown_receiver");
    let listed = serving.tells("list_messages", json!({"limit": 4}));
    let told: Vec<_> =
        listed["items"].as_array().expect("items").iter().map(|line| &line["reason"]).collect();
    assert_eq!(told, ["unknown_receiver", "rate_limited", "too_long", "policy_allows"]);
    let sent = &listed["items"][3];
    assert_eq!(
        (&sent["allowed"], &sent["to_assistant"], &sent["characters"]),
        (&json!(true), &json!("other"), &json!(5))
    );
    let rest = serving.tells("list_messages", json!({"limit": 4, "after": listed["next"]}));
    assert_eq!((&rest["items"][0]["reason"], &rest["next"]), (&json!("no_policy"), &json!(null)));
    assert!(!listed.to_string().contains("Hello"), "texts are not recorded");
}

#[tokio::test]
async fn turns_of_a_conversation_are_recorded_until_it_ends() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let turn = |role: &str| json!([{"role": role, "content": "Is it tidy?"}]);
    let logging = json!({"channel": "slack", "messages": turn("user"), "work_item_id": item, "external_id": "thread-5"});
    let logged = serving.tells("log_conversation", logging.clone());
    assert_eq!(serving.tells("log_conversation", logging), logged, "the same external id");
    let id = logged["conversation_id"].clone();
    let more =
        serving.tells("append_conversation", json!({"conversation_id": id, "messages": turn("assistant")}));
    assert_eq!((&more["message_count"], &more["ended_at"]), (&json!(2), &json!(null)));
    let ended =
        serving.tells("append_conversation", json!({"conversation_id": id, "messages": [], "end": true}));
    assert!(ended["ended_at"].is_string(), "{ended}");
    let late = json!({"conversation_id": id, "messages": turn("user")});
    assert_eq!(serving.refuses("append_conversation", late), "conversation_ended");
    let wrong = json!({"channel": "slack", "messages": [{"role": "nobody"}]});
    assert_eq!(serving.refuses("log_conversation", wrong), "messages_invalid");
}
