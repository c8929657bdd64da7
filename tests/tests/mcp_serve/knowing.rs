//! What the assistant may know: its rules, its money, and what a reason means.

use awgp_core::reason::Reason;
use awgp_tests::mcp_serve::Scene;
use serde_json::json;

#[tokio::test]
async fn the_rules_are_a_tool_and_a_resource_that_say_the_same() {
    let scene = Scene::new().await;
    let policies = "SELECT FROM awgp.create_policy('No links', allowed_channels => '{internal}',
                        content_rules => '{\"allow_links\": false}', rate_limit_per_hour => 3) AS a,
                    awgp.create_policy('Of others', from_assistant_types => '{company_finance}') AS b";
    scene.does("admin", policies, &[]).await;
    let settings = json!({"action_policy": {"approval_for": ["write"]}});
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    scene
        .database
        .admin()
        .await
        .execute(sql, &[&scene.north().id, &settings])
        .await
        .expect("an administrator may");
    let mut serving = scene.serve();
    let rules = serving.tells("get_my_rules", json!({}));
    assert_eq!(
        rules,
        json!({"name": "Helper", "slug": "helper", "tenant": "north", "type": "custom", "description": null,
            "status": "active", "status_reason": null, "risk_tier": 2, "capabilities": ["look", "write"],
            "approval_for": ["write"], "max_cost_per_day": "10.000000",
            "policies": [{"name": "No links", "to_assistant_types": null, "allowed_channels": ["internal"],
                "content_rules": {"allow_links": false}, "rate_limit_per_hour": 3}]})
    );
    let listed = serving.ask("resources/list", json!({}));
    let uri = listed["result"]["resources"][0]["uri"].clone();
    let read = serving.ask("resources/read", json!({"uri": uri}));
    let contents = &read["result"]["contents"][0];
    assert_eq!(contents["mimeType"], "application/json");
    let text = contents["text"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<serde_json::Value>(text).expect("JSON"), rules);
    assert!(serving.ask("resources/read", json!({"uri": "awgp://else"})).get("error").is_some());
}

#[tokio::test]
async fn what_is_left_is_told_of_the_day_the_month_and_each_pool() {
    let scene = Scene::new().await;
    let daily = "SELECT FROM awgp.update_assistant($1, max_cost_per_day => 10)";
    scene.does("manager", daily, &[&scene.north().assistant]).await;
    let sql = "UPDATE awgp.tenants SET quota_monthly_cost_limit = 50 WHERE id = $1";
    scene.database.admin().await.execute(sql, &[&scene.north().id]).await.expect("an administrator may");
    let item = scene.item(1).await;
    let mut serving = scene.serve();
    let untouched = serving.tells("remaining_money", json!({}));
    assert_eq!(
        untouched["day"],
        json!({"limit": "10.000000", "spent": "0.000000", "held": "0.000000", "left": "10.000000"})
    );
    let costly = json!({"work_item_id": item, "action": "look", "provider": "openai", "estimated_cost": "4"});
    let begun = serving.tells("begin_action", costly.clone());
    let finishing = json!({"action_id": begun["action_id"], "outcome": "succeeded", "model": "gpt-4", "cost_amount": "1.5"});
    serving.tells("finish_action", finishing);
    serving.tells("begin_action", costly);
    let money = serving.tells("remaining_money", json!({}));
    assert_eq!(
        money["day"],
        json!({"limit": "10.000000", "spent": "1.500000", "held": "4.000000", "left": "4.500000"})
    );
    assert_eq!(
        (&money["month"]["limit"], &money["month"]["left"]),
        (&json!("50.000000"), &json!("44.500000"))
    );
    let pool = &money["pools"][0];
    assert_eq!((&pool["provider"], &pool["left"]), (&json!("openai"), &json!("94.500000")));
    assert_eq!(money["pools"].as_array().expect("pools").len(), 1, "no other tenant's: {money}");
}

#[tokio::test]
async fn a_cost_is_estimated_by_the_price_in_force() {
    let scene = Scene::new().await;
    let price = "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, source)
                 VALUES ('openai', 'gpt-4', 0.00003, 0.00006, 'a test')";
    scene.database.admin().await.batch_execute(price).await.expect("an administrator may");
    let mut serving = scene.serve();
    let asked = json!({"provider": "openai", "model": "gpt-4", "input_tokens": 1200, "output_tokens": 300});
    assert_eq!(serving.tells("estimate_cost", asked), json!({"cost": "0.054000"}));
    let unknown = json!({"provider": "openai", "model": "no-such-model"});
    assert_eq!(serving.refuses("estimate_cost", unknown), "unknown_price");
}

#[tokio::test]
async fn every_reason_is_explained_and_nothing_else() {
    let scene = Scene::new().await;
    let mut serving = scene.serve();
    for reason in Reason::ALL {
        let told = serving.tells("explain_reason", json!({"reason": reason.name()}));
        assert_eq!(told["meaning"], reason.meaning());
        assert!(!told["next"].as_str().expect("words").contains("SELECT"), "{told}");
    }
    assert_eq!(serving.tells("explain_reason", json!({"reason": "no_policy"}))["kind"], "message");
    assert_eq!(serving.refuses("explain_reason", json!({"reason": "no_such_reason"})), "out_of_range");
}
