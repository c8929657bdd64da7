//! Tokens as providers report them: read by one rule, and never a reason to lose money that is spent.

use super::{Scene, text};
use awgp_tests::assert_refused;

/// A scene with prices: a token sent 3, one from the cache 0.3, one received 15, in millionths.
async fn scene() -> Scene {
    let scene = Scene::set("10", "100").await;
    let sql = "INSERT INTO awgp.model_prices
                   (provider, model, input_price, output_price, cached_price, valid_from, source)
               SELECT provider, 'm', 3e-6, 15e-6, 0.3e-6, '2001-01-01', 'test'
               FROM unnest(ARRAY['openai', 'anthropic', 'bedrock']) AS provider";
    scene.database.admin().await.execute(sql, &[]).await.expect("prices");
    scene
}

fn call(scene: &Scene, provider: &str, input: i32, metadata: &str) -> String {
    format!(
        "SELECT cost_amount::text FROM awgp.record_cost('{}', '{provider}', 'm', {input}, 100, metadata => '{metadata}')",
        scene.tenant.assistant
    )
}

#[tokio::test]
async fn tokens_from_the_cache_are_counted_as_each_provider_reports_them() {
    let scene = scene().await;
    for (provider, input, metadata, cost) in [
        ("anthropic", 3, r#"{"cached_tokens": 12304}"#, "0.005200"),
        ("anthropic", 3, r#"{"cached_tokens": 12304, "incurred": true}"#, "0.005200"),
        ("anthropic", 100, r#"{"cached_tokens": 50}"#, "0.001815"),
        ("bedrock", 3, r#"{"cached_tokens": 12304}"#, "0.005200"),
        ("openai", 100, r#"{"cached_tokens": 50}"#, "0.001665"),
        ("openai", 3, r#"{"cached_tokens": 12304, "incurred": true}"#, "0.005200"),
    ] {
        assert_eq!(scene.text(&call(&scene, provider, input, metadata)).await, cost, "{provider} {metadata}");
    }
    let impossible = call(&scene, "openai", 3, r#"{"cached_tokens": 12304}"#);
    assert_refused(scene.app.query_one(&impossible, &[]).await, "22023", "out_of_range");
    let estimate = "SELECT awgp.estimate_cost('anthropic', 'm', 3, 100, 12304)::text";
    assert_eq!(scene.text(estimate).await, "0.005200");
    let told =
        "SELECT metadata -> 'price' ->> 'tokens' FROM awgp.cost_transactions ORDER BY created_at LIMIT 1";
    assert_eq!(scene.text(told).await, r#"{"input": 12307, "cached": 12304, "output": 100}"#);
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_count_is_read_however_it_is_written_or_refused_and_never_nothing_by_mistake() {
    let scene = scene().await;
    for count in ["100", "\"100\"", "100.0", "1e2", "\"100.0\""] {
        // A number that Rust's do not hold is nobody's business here.
        let metadata = format!(r#"{{"cached_tokens": {count}, "huge": 1e999}}"#);
        assert_eq!(scene.text(&call(&scene, "openai", 200, &metadata)).await, "0.001830", "{count}");
    }
    for count in ["true", "\"many\"", "1.5", "-1", "[100]", "3000000000", "1e999"] {
        let metadata = format!(r#"{{"cached_tokens": {count}}}"#);
        assert_refused(
            scene.app.query_one(&call(&scene, "openai", 200, &metadata), &[]).await,
            "22023",
            "out_of_range",
        );
    }
    let none = call(&scene, "openai", 200, r#"{"cached_tokens": null}"#);
    assert_eq!(scene.text(&none).await, "0.002100");
    let flag = call(&scene, "openai", 200, r#"{"incurred": "true"}"#);
    assert_refused(scene.app.query_one(&flag, &[]).await, "22023", "out_of_range");
}

#[tokio::test]
async fn money_that_is_spent_is_never_refused_for_its_counts_of_tokens() {
    let scene = scene().await;
    for (input, metadata, cost) in [
        (200, r#"{"cached_tokens": true, "incurred": true}"#, "0.002100"),
        (200, r#"{"cached_tokens": "many", "incurred": true}"#, "0.002100"),
        (200, r#"{"cached_tokens": -1, "incurred": true}"#, "0.002100"),
        (-5, r#"{"incurred": true, "huge": 1e999}"#, "0.001500"),
    ] {
        assert_eq!(scene.text(&call(&scene, "openai", input, metadata)).await, cost, "{metadata}");
    }
    let unread = "SELECT count(*)::text FROM awgp.cost_transactions
                  WHERE (metadata -> 'price' -> 'tokens' ->> 'cached_tokens_unread')::boolean";
    assert_eq!(scene.text(unread).await, "3", "the entry says so");
    let given = format!(
        "SELECT concat_ws(' ', cost_amount, input_tokens) FROM awgp.record_cost('{}', 'openai', 'm', -7, 1, 0.5,
                metadata => '{{\"incurred\": true}}')",
        scene.tenant.assistant
    );
    assert_eq!(text(&scene.app, &given).await, "0.500000 0");
    let held = scene.reserve("1", "").await.expect("it fits");
    let settle = format!(
        "SELECT cost_amount::text FROM awgp.settle_credit('{held}', 'm', 3, -1, metadata => '{{\"cached_tokens\": 12304}}')"
    );
    assert_eq!(scene.text(&settle).await, "0.003700", "what was reserved for is spent");
    scene.assert_sound().await;
}
