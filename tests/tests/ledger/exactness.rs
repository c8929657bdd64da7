//! Costs below a millionth add up, and what costs nothing always fits.

use super::{Scene, app_of, text};
use awgp_tests::{Login, assert_refused};
use tokio_postgres::Client;

/// What a token of `openai`'s model `tiny` costs.
async fn price(scene: &Scene, input: &str) {
    let sql = format!(
        "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, valid_from, source)
         VALUES ('openai', 'tiny', {input}, 0, '2001-01-01', 'test')"
    );
    scene.database.admin().await.execute(&sql, &[]).await.expect("a price");
}

/// So many calls of 20 tokens.
async fn calls(app: &Client, scene: &Scene, count: i32) {
    let sql = format!(
        "SELECT count(*)::text FROM generate_series(1, {count}) AS n,
                LATERAL (SELECT (awgp.record_cost('{}', 'openai', 'tiny', 20 + 0 * n)).id) AS made",
        scene.tenant.assistant
    );
    assert_eq!(text(app, &sql).await, count.to_string());
}

const SUMS: &str = "SELECT concat_ws(' ', (SELECT current_balance FROM awgp.provider_credit_pools),
    (SELECT string_agg(DISTINCT spent::text, ',') FROM awgp.budget_periods),
    (SELECT sum(cost_amount) FROM awgp.cost_transactions), (SELECT sum(cost_amount) FROM awgp.cost_by))";

#[tokio::test]
async fn a_thousand_costs_of_less_than_half_a_millionth_add_up_to_six_decimals_everywhere() {
    let scene = Scene::set("10", "100").await;
    price(&scene, "2e-8").await;
    calls(&scene.app, &scene, 1000).await;
    assert_eq!(scene.text(SUMS).await, "9.999600 0.000400 0.000400 0.000400");
    scene.assert_sound().await;
    let exact = "SELECT sum(cost_amount + cost_remainder)::text FROM awgp.cost_transactions";
    assert_eq!(scene.text(exact).await.trim_end_matches('0'), "0.0004");
}

#[tokio::test]
async fn the_rows_of_one_insert_and_amounts_that_are_given_add_up_alike() {
    let scene = Scene::set("10", "100").await;
    price(&scene, "2e-8").await;
    let insert = format!(
        "INSERT INTO awgp.cost_transactions (assistant_id, provider, model, input_tokens, output_tokens)
         SELECT '{}', 'openai', 'tiny', 20, 0 FROM generate_series(1, 500)",
        scene.tenant.assistant
    );
    scene.app.execute(&insert, &[]).await.expect("all fit");
    assert_eq!(scene.text(SUMS).await, "9.999800 0.000200 0.000200 0.000200");
    for _ in 0..10 {
        scene.record("0.0000004").await.expect("it fits");
    }
    assert_eq!(scene.text(SUMS).await, "9.999796 0.000204 0.000204 0.000204");
    for _ in 0..10 {
        let held = scene.reserve("0.0000004", "").await.expect("less than a millionth is one");
        scene.settle(held, "0.0000004").await.expect("it settles");
    }
    assert_eq!(scene.text(SUMS).await, "9.999792 0.000208 0.000208 0.000208");
    scene.assert_sound().await;
}

#[tokio::test]
async fn reversing_costs_below_a_millionth_takes_back_exactly_what_they_were() {
    let scene = Scene::set("10", "100").await;
    price(&scene, "2e-8").await;
    calls(&scene.app, &scene, 10).await;
    let sql =
        "SELECT count((awgp.reverse_cost(id)).id)::text FROM awgp.cost_transactions WHERE cost_amount = 0";
    assert_eq!(scene.text(sql).await, "6", "of ten calls four have the millionths of all");
    scene.assert_sound().await;
    let spent = "SELECT string_agg(DISTINCT spent::text, ',') FROM awgp.budget_periods";
    assert_eq!(scene.text(spent).await, "0.000002", "four of ten are left, 1.6 millionths");
    let sql = "SELECT count((awgp.reverse_cost(id)).id)::text FROM awgp.cost_transactions AS entry
               WHERE cost_amount > 0 AND reverses_id IS NULL";
    assert_eq!(scene.text(sql).await, "4");
    assert_eq!(scene.text(spent).await, "0.000000");
    let left = "SELECT sum(abs(remainder))::text FROM awgp.budget_periods";
    assert_eq!(scene.text(left).await.trim_end_matches(['0', '.']), "");
    scene.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiny_costs_at_once_and_for_several_assistants_are_exact_in_every_limit() {
    let scene = Scene::set("10", "100").await;
    price(&scene, "2e-8").await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let app = app_of(&scene.database, scene.tenant.id).await;
        let sql = "WITH own AS (SELECT id FROM awgp.create_assistant('A', 'a' || pg_backend_pid(), 'custom',
                                                               max_cost_per_day => 1))
             SELECT id::text FROM own";
        let assistant = text(&app, sql).await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..50 {
                let sql = format!("SELECT awgp.record_cost('{assistant}', 'openai', 'tiny', 20)");
                app.execute(&sql, &[]).await.expect("it fits");
            }
        }));
    }
    for task in tasks {
        task.await.expect("a client ends");
    }
    let sql = "SELECT string_agg(DISTINCT scope || ' ' || spent, ', ' ORDER BY scope || ' ' || spent)
               FROM awgp.budget_periods";
    assert_eq!(scene.text(sql).await, "assistant 0.000020, pool 0.000160, tenant 0.000160");
    assert_eq!(scene.text("SELECT sum(cost_amount)::text FROM awgp.cost_transactions").await, "0.000160");
    let by = "SELECT string_agg(DISTINCT cost::text, ',') FROM
              (SELECT sum(cost_amount) AS cost FROM awgp.cost_by GROUP BY assistant_id) AS each";
    assert_eq!(scene.text(by).await, "0.000020");
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_key_repeats_a_tiny_cost_once_and_an_estimate_is_what_settles() {
    let scene = Scene::set("10", "100").await;
    price(&scene, "1.3e-7").await;
    let call = format!(
        "SELECT (awgp.record_cost('{}', 'openai', 'tiny', 7, idempotency_key => 'k')).id::text",
        scene.tenant.assistant
    );
    let first = scene.text(&call).await;
    assert_eq!(scene.text(&call).await, first);
    let other = call.replace("'tiny', 7", "'tiny', 8");
    assert_refused(scene.app.query_one(&other, &[]).await, "22023", "idempotency_conflict");
    // Reserved by the estimate, settled by the tokens: whatever is carried, that is no overrun.
    for _ in 0..5 {
        let reserve = format!(
            "SELECT id::text FROM awgp.reserve_credit('{}', 'openai', awgp.estimate_cost('openai', 'tiny', 7))",
            scene.tenant.assistant
        );
        let held = scene.text(&reserve).await;
        let settle = format!("SELECT overrun::text FROM awgp.settle_credit('{held}', 'tiny', 7)");
        assert_eq!(scene.text(&settle).await, "false");
    }
    scene.assert_sound().await;
}

#[tokio::test]
async fn what_costs_nothing_fits_after_an_overrun_and_is_none() {
    let scene = Scene::set("1", "1").await;
    let incurred = ", metadata => '{\"incurred\": true}'";
    super::record(&scene.app, scene.tenant.assistant, "5", incurred).await.expect("it is spent");
    assert_refused(scene.record("0.000001").await, "53400", "budget_exceeded");
    assert!(!scene.record("0").await.expect("it costs nothing").get::<_, bool>(2));
    let row = super::record(&scene.app, scene.tenant.assistant, "0", incurred).await.expect("nothing");
    assert!(!row.get::<_, bool>(2), "nothing is no overrun");
    // A local model, by its price.
    price(&scene, "0").await;
    calls(&scene.app, &scene, 2).await;
    // Limits of nothing.
    scene.app.batch_execute("UPDATE awgp.assistants SET max_cost_per_day = 0").await.expect("it can be set");
    scene.record("0").await.expect("it costs nothing");
    let auditor = scene.database.connect(Login::Auditor).await;
    let overruns = "SELECT count(*)::text FROM awgp.audit_logs WHERE entity_type = 'budget_alerts'
                    AND after_state ->> 'kind' = 'overrun'";
    assert_eq!(text(&auditor, overruns).await, "2", "the pool's and the assistant's, of the first");
    scene.assert_sound().await;
}
