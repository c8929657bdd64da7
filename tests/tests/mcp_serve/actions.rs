//! The call before the assistant acts, and the one after.

use awgp_tests::mcp_serve::{Scene, refusal};
use serde_json::json;

#[tokio::test]
async fn an_action_begins_with_its_arguments_and_finishes_with_its_cost() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let beginning = json!({"work_item_id": item, "action": "look", "arguments": {"b": 1, "a": "x"},
        "idempotency_key": "look-1", "provider": "openai", "estimated_cost": 0.05, "expires_in_seconds": 60});
    let begun = serving.tells("begin_action", beginning.clone());
    assert_eq!(begun["status"], "begun");
    let digest = "SELECT encode(sha256('{\"a\":\"x\",\"b\":1}'), 'hex')";
    assert_eq!(begun["arguments_digest"], json!(scene.text(digest, &[]).await));
    assert_eq!(serving.tells("begin_action", beginning.clone())["action_id"], begun["action_id"]);
    let other = json!({"work_item_id": item, "action": "look", "idempotency_key": "look-1"});
    assert_eq!(serving.refuses("begin_action", other), "idempotency_conflict");
    let finishing = json!({"action_id": begun["action_id"], "outcome": "succeeded", "model": "gpt-4",
        "input_tokens": 12, "output_tokens": 3, "cost_amount": "0.031", "result": {"seen": 7}});
    let finished = serving.tells("finish_action", finishing.clone());
    assert_eq!((&finished["cost_amount"], &finished["repeated"]), (&json!("0.031000"), &json!(false)));
    assert_eq!(serving.tells("finish_action", finishing)["repeated"], true);
    let otherwise = json!({"action_id": begun["action_id"], "outcome": "failed"});
    assert_eq!(serving.refuses("finish_action", otherwise), "illegal_transition");
    // The same key later: it is over, and the answer says not to act.
    let again = serving.tells("begin_action", beginning);
    assert_eq!(again["status"], "succeeded");
    assert!(again["next"].as_str().expect("words").starts_with("Do not act again"), "{again}");
    let whole = serving.tells("get_work", json!({"work_item_id": item}));
    let line = &whole["actions"][0];
    assert_eq!(
        (&line["action"], &line["status"], &line["result"]),
        (&json!("look"), &json!("succeeded"), &json!({"seen": 7}))
    );
    assert_eq!(whole["work_item"]["spent"], "0.031000");
}

#[tokio::test]
async fn without_a_key_two_calls_are_two_actions() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let beginning = json!({"work_item_id": item, "action": "look"});
    let first = serving.tells("begin_action", beginning.clone());
    let second = serving.tells("begin_action", beginning);
    assert_ne!(first["action_id"], second["action_id"]);
    for (action, outcome) in [(first, "abandoned"), (second, "unknown")] {
        let finished =
            serving.tells("finish_action", json!({"action_id": action["action_id"], "outcome": outcome}));
        assert_eq!(finished["status"], outcome);
    }
}

#[tokio::test]
async fn a_denied_action_is_an_error_that_says_what_helps_and_is_in_the_trail() {
    let scene = Scene::new().await;
    let (item, risky) = (scene.item(1).await, scene.item(4).await);
    let mut serving = scene.serve();
    let begin = |item: &str, action: &str| json!({"work_item_id": item, "action": action});
    assert_eq!(serving.refuses("begin_action", begin(&item, "pay")), "capability_missing");
    let denied = refusal(&serving.call("begin_action", begin(&risky, "look")));
    assert_eq!((&denied["reason"], &denied["facts"]["risk_level"]), (&json!("approval_required"), &json!(4)));
    assert!(denied["hint"].as_str().expect("a hint").contains("request_action_approval"), "{denied}");
    let mut costly = begin(&item, "look");
    costly["provider"] = json!("openai");
    costly["estimated_cost"] = json!("100.000001");
    assert_eq!(serving.refuses("begin_action", costly.clone()), "budget_exceeded");
    costly["provider"] = json!("nobody");
    assert_eq!(serving.refuses("begin_action", costly), "no_credit_pool");
    let denials = serving.tells("last_denials", json!({}));
    let reasons: Vec<_> =
        denials["items"].as_array().expect("items").iter().map(|line| &line["reason"]).collect();
    assert_eq!(reasons, ["no_credit_pool", "budget_exceeded", "approval_required", "capability_missing"]);
    let first = serving.tells("last_denials", json!({"limit": 1}));
    assert_eq!(first["items"][0], denials["items"][0]);
    let second = serving.tells("last_denials", json!({"limit": 1, "after": first["next"]}));
    assert_eq!(second["items"][0], denials["items"][1]);
    let of_risky = serving.tells("last_denials", json!({"work_item_id": risky}));
    assert_eq!(of_risky["items"], json!([denials["items"][2]]));
    assert_eq!(of_risky["items"][0]["facts"]["risk_tier"], 2);
}

#[tokio::test]
async fn arguments_that_do_not_fit_do_nothing_and_say_what_is_wrong() {
    let scene = Scene::new().await;
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let begin = |more: (&str, serde_json::Value)| {
        let mut arguments = json!({"work_item_id": item, "action": "look"});
        arguments[more.0] = more.1;
        arguments
    };
    for more in [
        ("work_item_id", json!("nonsense")),
        ("work_item_id", json!(7)),
        ("action", json!("")),
        ("unknown_argument", json!(1)),
        ("estimated_cost", json!("-1")),
        ("estimated_cost", json!("NaN")),
        ("estimated_cost", json!("0.05")), // without a provider
        ("expires_in_seconds", json!(0)),
        ("expires_in_seconds", json!(99_999_999)),
        ("idempotency_key", json!("x".repeat(201))),
        ("arguments", json!(12_345_678_901_234_567_890_u64)),
        ("arguments", json!("x".repeat(1 << 20))),
        ("arguments", json!("x".repeat(3 << 20))),
    ] {
        let told = more.0;
        assert_eq!(serving.refuses("begin_action", begin(more)), "out_of_range", "{told}");
    }
    assert_eq!(serving.refuses("begin_action", begin(("arguments", json!("\u{0}")))), "json_unsupported");
    assert_eq!(
        serving.refuses("finish_action", json!({"action_id": item, "outcome": "succeeded"})),
        "unknown_action"
    );
    assert_eq!(serving.tells("get_work", json!({"work_item_id": item}))["actions"], json!([]));
}
