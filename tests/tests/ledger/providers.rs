//! Whom a pool can pay: every provider that somebody has declared, by function and by plain statement.

use super::{Scene, text};
use awgp_tests::assert_refused;

#[tokio::test]
async fn known_providers_have_pools_and_others_once_settings_or_the_price_list_name_them() {
    let scene = Scene::set("10", "100").await;
    for provider in
        ["anthropic", "openrouter", "local", "azure", "bedrock", "vertex_ai", "gemini", "mistral", "groq"]
    {
        let sql = format!("SELECT awgp.create_credit_pool('{provider}', 5)");
        scene.app.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{provider}: {error:?}"));
    }
    let insert = |provider: &str| {
        format!(
            "INSERT INTO awgp.provider_credit_pools (provider, monthly_budget, current_balance) VALUES ('{provider}', 5, 5)"
        )
    };
    for provider in ["acme", "Azure", "openai ", "", " "] {
        assert_refused(scene.app.execute(&insert(provider), &[]).await, "23514", "unknown_provider");
        let sql = format!("SELECT awgp.create_credit_pool('{provider}', 5)");
        assert_refused(scene.app.execute(&sql, &[]).await, "23514", "unknown_provider");
    }
    let admin = scene.database.admin().await;
    for bad in [r#""acme""#, r#"["acme", 7]"#, r#"[""]"#, r#"[" acme"]"#] {
        let sql = format!("UPDATE awgp.tenants SET settings = '{{\"providers\": {bad}}}'");
        assert_refused(admin.execute(&sql, &[]).await, "22023", "invalid_setting");
    }
    let named = r#"UPDATE awgp.tenants SET settings = '{"providers": ["acme"], "application": 1e999}'"#;
    admin.execute(named, &[]).await.expect("named");
    scene.app.execute(&insert("acme"), &[]).await.expect("the settings name it");
    assert_refused(scene.app.execute(&insert("novita"), &[]).await, "23514", "unknown_provider");
    let price = "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, source)
                 VALUES ('novita', 'm', 1e-6, 1e-6, 'test')";
    admin.execute(price, &[]).await.expect("a price");
    scene.app.execute(&insert("novita"), &[]).await.expect("the price list names it");
    // A pool stays when its provider is named no more, and keeps its provider.
    admin.execute("UPDATE awgp.tenants SET settings = '{}'", &[]).await.expect("named no more");
    scene.app.batch_execute("SELECT awgp.set_credit_pool('acme', 7)").await.expect("it stays");
    let moved = "UPDATE awgp.provider_credit_pools SET provider = 'other' WHERE provider = 'acme'";
    assert_refused(scene.app.execute(moved, &[]).await, "42501", "ledger_kept");
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_denial_for_want_of_a_pool_has_a_hint_that_can_be_followed() {
    let scene = Scene::set("10", "100").await;
    let app = &scene.app;
    app.batch_execute("UPDATE awgp.assistants SET capabilities = '{look}'").await.expect("it may look");
    let made = format!(
        "SELECT id::text FROM awgp.create_work_item('{}', 'To look', risk_level => 0)",
        scene.tenant.assistant
    );
    let item = text(app, &made).await;
    let begin = |provider: &str| format!("SELECT awgp.begin_action('{item}', 'look', '{provider}', 0.5)");
    let denied = |provider: &'static str| {
        let sql = format!(
            "SELECT concat_ws(' ', answer ->> 'reason', answer ->> 'hint') FROM ({}) AS a (answer)",
            begin(provider)
        );
        async move { text(app, &sql).await }
    };
    assert!(denied("azure").await.starts_with("no_credit_pool SELECT awgp.create_credit_pool("));
    assert!(denied("acme").await.starts_with("no_credit_pool Name acme in the tenant's settings.providers"));
    let reserve = format!("SELECT awgp.reserve_credit('{}', 'acme', 1)", scene.tenant.assistant);
    assert_refused(app.query_one(&reserve, &[]).await, "P0002", "no_credit_pool");
    let admin = scene.database.admin().await;
    admin
        .execute(r#"UPDATE awgp.tenants SET settings = '{"providers": ["acme"]}'"#, &[])
        .await
        .expect("named");
    for provider in ["azure", "acme"] {
        let pool = format!("SELECT awgp.create_credit_pool('{provider}', 5)");
        app.batch_execute(&pool).await.expect("as the hint says");
        let sql = format!("SELECT ({}) ->> 'allowed'", begin(provider));
        assert_eq!(text(app, &sql).await, "true", "{provider}");
    }
    scene.assert_sound().await;
}
