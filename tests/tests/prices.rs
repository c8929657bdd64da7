//! Prices of models: history, sizes, exactness, and who may enter them.

use awgp_tests::fixture::{self, within};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use serde_json::{Value, json};
use tokio_postgres::Client;

/// A price of `openai`'s model `gpt-x`.
fn price(from: i32, input: &str, output: &str, cached: Option<&str>) -> Value {
    json!({"provider": "openai", "model": "gpt-x", "from_input_tokens": from,
           "input_price": input, "output_price": output, "cached_price": cached})
}

/// How many rows an import adds.
async fn import(admin: &Client, prices: &Value, valid_from: Option<&str>) -> i64 {
    let sql = "SELECT count(*) FROM awgp.import_prices($1, 'a test', $2::text::timestamptz)";
    admin.query_one(sql, &[prices, &valid_from]).await.expect("prices are added").get(0)
}

const ESTIMATE: &str =
    "SELECT awgp.estimate_cost('openai', 'gpt-x', $1, $2, $3, $4::text::timestamptz)::text";

async fn estimate(app: &Client, tokens: [i64; 3], at: Option<&str>) -> String {
    let row = app.query_one(ESTIMATE, &[&tokens[0], &tokens[1], &tokens[2], &at]).await.expect("a cost");
    row.get(0)
}

#[tokio::test]
async fn a_cost_is_exact_to_six_decimals_half_up() {
    let database = Database::new().await;
    let (admin, app) = (database.admin().await, database.app().await);
    import(&admin, &json!([price(0, "1.5e-07", "0.0000006", Some("7.5e-8"))]), None).await;
    for (tokens, cost) in [
        ([1_000_000, 0, 0], "0.150000"),
        ([1_000_000, 1_000_000, 400_000], "0.720000"),
        ([3, 0, 0], "0.000000"),
        ([4, 0, 0], "0.000001"),
        ([10, 0, 0], "0.000002"),
        ([0, 0, 0], "0.000000"),
        ([i32::MAX.into(), i32::MAX.into(), 0], "1610.612735"),
    ] {
        assert_eq!(estimate(&app, tokens, None).await, cost, "{tokens:?}");
    }
}

#[tokio::test]
async fn anybody_recomputes_a_cost_in_sql() {
    let database = Database::new().await;
    let (admin, app) = (database.admin().await, database.app().await);
    import(
        &admin,
        &json!([price(0, "1.0000000000000001e-07", "9.499999999999999e-07", Some("3.3e-8"))]),
        None,
    )
    .await;
    let sql = "
        SELECT i, o, c, awgp.estimate_cost('openai', 'gpt-x', i, o, c)::text,
               round((i - c) * 1.0000000000000001e-07 + o * 9.499999999999999e-07 + c * 3.3e-8, 6)::text
        FROM (SELECT (random() * 10 ^ (random() * 9))::int AS i, (random() * 10 ^ (random() * 9))::int AS o
              FROM generate_series(1, 2000)) AS sent,
             LATERAL (SELECT (random() * i)::int AS c) AS cached";
    let rows = app.query(sql, &[]).await.expect("costs");
    assert_eq!(rows.len(), 2000);
    for row in rows {
        let tokens: [i32; 3] = [row.get(0), row.get(1), row.get(2)];
        let (cost, numeric): (String, String) = (row.get(3), row.get(4));
        assert_eq!(cost, numeric, "{tokens:?}");
    }
}

#[tokio::test]
async fn the_price_of_its_moment_counts() {
    let database = Database::new().await;
    let (admin, app) = (database.admin().await, database.app().await);
    for (moment, input) in [("2026-03-01", "2e-6"), ("2026-01-01", "1e-6"), ("2026-02-01", "4e-6")] {
        let moment = format!("{moment}T00:00:00Z");
        assert_eq!(import(&admin, &json!([price(0, input, "0", None)]), Some(&moment)).await, 1);
    }
    for (at, cost) in [
        ("2026-01-01T00:00:00Z", "1.000000"),
        ("2026-01-31T23:59:59.999999Z", "1.000000"),
        ("2026-02-01T00:00:00Z", "4.000000"),
        ("2026-03-01T00:00:00Z", "2.000000"),
        ("2099-01-01T00:00:00Z", "2.000000"),
    ] {
        assert_eq!(estimate(&app, [1_000_000, 0, 0], Some(at)).await, cost, "{at}");
    }
    let before = Some("2025-12-31T23:59:59.999999Z");
    let answer = app.query_one(ESTIMATE, &[&1_i64, &0_i64, &0_i64, &before]).await;
    assert_refused(answer, "P0002", "unknown_price");
}

#[tokio::test]
async fn a_larger_call_has_its_price_for_all_of_its_tokens() {
    let database = Database::new().await;
    let (admin, app) = (database.admin().await, database.app().await);
    let tiers = json!([
        price(200_001, "2e-6", "2e-6", None),
        price(0, "1e-6", "1e-6", None),
        price(1_000_001, "3e-6", "3e-6", None)
    ]);
    assert_eq!(import(&admin, &tiers, Some("2026-01-01T00:00:00Z")).await, 3);
    for (input, cost) in
        [(0, "0.100000"), (200_000, "0.300000"), (200_001, "0.600002"), (2_000_000, "6.300000")]
    {
        assert_eq!(estimate(&app, [input, 100_000, 0], None).await, cost, "{input}");
    }
    // A newer list without sizes takes the place of all three.
    assert_eq!(import(&admin, &json!([price(0, "5e-6", "5e-6", None)]), None).await, 1);
    assert_eq!(estimate(&app, [2_000_000, 0, 0], None).await, "10.000000");
}

#[tokio::test]
async fn only_what_differs_is_added_and_nothing_is_lost() {
    let database = Database::new().await;
    let admin = database.admin().await;
    let list = json!([price(0, "1e-6", "2e-6", None), price(200_001, "2e-6", "4e-6", None)]);
    assert_eq!(import(&admin, &list, Some("2026-01-01T00:00:00Z")).await, 2);
    assert_eq!(import(&admin, &list, Some("2026-01-01T00:00:00Z")).await, 0);
    assert_eq!(import(&admin, &list, None).await, 0);
    // Other digits of the same number are no other price; other text of the same tiers neither.
    let same = json!([price(200_001, "0.00000200", "4.0e-6", None), price(0, "0.000001", "2e-6", None)]);
    assert_eq!(import(&admin, &same, None).await, 0);
    // One tier differs: the model's whole price is entered anew.
    let dearer = json!([price(0, "1e-6", "2e-6", None), price(200_001, "3e-6", "4e-6", None)]);
    assert_eq!(import(&admin, &dearer, Some("2026-02-01T00:00:00Z")).await, 2);
    // A price of nothing for tokens from the cache is not the same as none.
    let free = json!([price(0, "1e-6", "2e-6", Some("0")), price(200_001, "3e-6", "4e-6", None)]);
    assert_eq!(import(&admin, &free, Some("2026-03-01T00:00:00Z")).await, 2);
    // Before its time the first list is still in force.
    assert_eq!(import(&admin, &list, Some("2026-01-15T00:00:00Z")).await, 0);
    // A list without the model leaves it.
    assert_eq!(import(&admin, &json!([]), None).await, 0);
    let rows: i64 =
        admin.query_one("SELECT count(*) FROM awgp.model_prices", &[]).await.expect("a count").get(0);
    assert_eq!(rows, 6);
}

#[tokio::test]
async fn an_unknown_model_and_impossible_tokens_are_refused() {
    let database = Database::new().await;
    let (admin, app) = (database.admin().await, database.app().await);
    import(&admin, &json!([price(0, "1e-6", "2e-6", None)]), None).await;
    for (provider, model) in
        [("openai", "gpt-y"), ("anthropic", "gpt-x"), ("openai", "GPT-X"), ("openai", "")]
    {
        let answer = app.query_one("SELECT awgp.estimate_cost($1, $2, 1)", &[&provider, &model]).await;
        assert_refused(answer, "P0002", "unknown_price");
    }
    assert_refused(
        app.query_one("SELECT awgp.estimate_cost(NULL, NULL, 1)", &[]).await,
        "P0002",
        "unknown_price",
    );
    let now: Option<&str> = None;
    for tokens in [[-1_i64, 0, 0], [0, -1, 0], [0, 0, -1], [5, 0, 6]] {
        let answer = app.query_one(ESTIMATE, &[&tokens[0], &tokens[1], &tokens[2], &now]).await;
        assert_refused(answer, "22023", "out_of_range");
    }
}

#[tokio::test]
async fn a_price_that_is_none_is_refused_by_a_named_constraint() {
    let database = Database::new().await;
    let admin = database.admin().await;
    let sql = "SELECT count(*) FROM awgp.import_prices($1, 'a test')";
    for (prices, code) in [
        (price(0, "-1e-9", "0", None), "23514"),
        (price(0, "NaN", "0", None), "23514"),
        (price(0, "1000", "0", None), "22003"),
        (price(0, "0", "0", Some("-1")), "23514"),
        (price(-1, "0", "0", None), "23514"),
        (json!({"provider": "openai", "input_price": 1, "output_price": 1}), "23502"),
        (json!({"provider": " ", "model": "m", "input_price": 1, "output_price": 1}), "23514"),
        (json!({"provider": "openai", "model": "m", "output_price": 1}), "23502"),
    ] {
        let answer = admin.query_one(sql, &[&json!([prices])]).await;
        assert_sqlstate(answer, code);
    }
    let twice = json!([price(0, "1", "1", None), price(0, "2", "2", None)]);
    assert_sqlstate(admin.query_one(sql, &[&twice]).await, "23505");
}

#[tokio::test]
async fn prices_are_read_with_a_tenant_in_context_and_entered_by_administrators_for_good() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let admin = database.admin().await;
    let list = json!([price(0, "1e-6", "2e-6", None)]);
    import(&admin, &list, None).await;
    let mut app = database.app().await;
    let count = "SELECT count(*) FROM awgp.model_prices";
    assert_eq!(app.query_one(count, &[]).await.expect("a count").get::<_, i64>(0), 0);
    let transaction = within(&mut app, group.south.id).await;
    assert_eq!(transaction.query_one(count, &[]).await.expect("a count").get::<_, i64>(0), 1);
    let sql = "SELECT awgp.import_prices($1, 'mine')";
    assert_sqlstate(transaction.query(sql, &[&list]).await, "42501");
    drop(transaction);
    for sql in ["UPDATE awgp.model_prices SET input_price = 0", "DELETE FROM awgp.model_prices"] {
        assert_sqlstate(admin.execute(sql, &[]).await, "42501");
    }
}

#[tokio::test]
async fn every_price_entered_is_on_the_record() {
    let database = Database::new().await;
    let admin = database.admin().await;
    import(&admin, &json!([price(0, "1.5e-07", "2e-6", None)]), None).await;
    let sql = "SELECT after_state ->> 'input_price', action FROM awgp.audit_logs WHERE entity_type = 'model_prices'";
    let row = database.superuser().await.query_one(sql, &[]).await.expect("one event");
    assert_eq!(
        (row.get::<_, String>(0), row.get::<_, String>(1)),
        ("0.000000150000000000000000".to_owned(), "insert".to_owned())
    );
}
