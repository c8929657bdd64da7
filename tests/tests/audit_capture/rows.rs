//! One row of an application's own table: values that jsonb cannot hold, and keys that are no uuid.

use super::{json_of, tracked};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::{Database, Login, assert_sqlstate};
use serde_json::{Value, json};
use uuid::Uuid;

/// A column and a value in it that `to_jsonb()` refuses, and what the trail has of it.
fn unreadable() -> Vec<(&'static str, String, Value)> {
    let text = |text: &str| json!({"awgp": "text", "type": "json", "text": text});
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let long = format!("[{}]", "9".repeat(140_000));
    vec![
        ("json", r#"{"a": "\u0000"}"#.to_owned(), text(r#"{"a": "\u0000"}"#)),
        ("json", r#"["\ud800", "\udc00x"]"#.to_owned(), text(r#"["\ud800", "\udc00x"]"#)),
        ("json", "[1e400000]".to_owned(), text("[1e400000]")),
        ("json", long.clone(), text(&long)),
        (
            "json",
            r#"{"password": "hush", "p\u0061ssword\ud800": {"x": "hush"}, "n": "\u0000"}"#.to_owned(),
            text(r#"{"password": "[masked]", "p\u0061ssword\ud800": "[masked]", "n": "\u0000"}"#),
        ),
        (
            "shop.papers",
            r#"{"a": "\u0000", "token": "hush"}"#.to_owned(),
            text(r#"{"a": "\u0000", "token": "[masked]"}"#),
        ),
        (
            "json[]",
            r#"{{"[1]","{\"secret\": \"hush\"}"},{"\"\\u0000\"",NULL}}"#.to_owned(),
            json!([[[1], {"secret": "[masked]"}], [text(r#""\u0000""#), null]]),
        ),
        (
            "shop.parcel",
            r#"(7,"{""token"": ""hush"", ""z"": ""\\u0000""}",hush)"#.to_owned(),
            json!({"weight": 7, "label": text(r#"{"token": "[masked]", "z": "\u0000"}"#), "password": "[masked]"}),
        ),
        (
            "shop.parcel[]",
            r#"{"(1,\"\"\"\\\\ud800\"\"\",)"}"#.to_owned(),
            json!([{"weight": 1, "label": text(r#""\ud800""#), "password": null}]),
        ),
        ("shop.stubborn", "red".to_owned(), json!({"awgp": "text", "type": "shop.stubborn", "text": "red"})),
        ("json", deep.clone(), serde_json::from_str(&deep).unwrap_or(Value::Null)),
    ]
}

#[tokio::test]
async fn what_jsonb_cannot_hold_is_written_and_recorded_as_text() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC;
             CREATE DOMAIN shop.papers AS json; CREATE TYPE shop.parcel AS (weight integer, label json, password text);
             CREATE TYPE shop.stubborn;
             CREATE FUNCTION shop.stubborn_in(cstring) RETURNS shop.stubborn LANGUAGE internal IMMUTABLE STRICT AS 'textin';
             CREATE FUNCTION shop.stubborn_out(shop.stubborn) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
             CREATE TYPE shop.stubborn (INPUT = shop.stubborn_in, OUTPUT = shop.stubborn_out, LIKE = text);
             CREATE FUNCTION shop.refuse(shop.stubborn) RETURNS json LANGUAGE plpgsql
                 AS $$ BEGIN RAISE SQLSTATE '0A000'; END $$;
             CREATE CAST (shop.stubborn AS json) WITH FUNCTION shop.refuse(shop.stubborn)",
        )
        .await
        .expect("types of an application's own");
    for (number, (kind, value, expected)) in unreadable().into_iter().enumerate() {
        let tenant = Uuid::from_u128(100 + number as u128);
        let table = format!("shop.things_{number}");
        let sql = format!(
            "CREATE TABLE {table} (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, n integer, doc {kind});
             SELECT awgp.track_table('{table}');"
        );
        superuser.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let insert = format!("INSERT INTO {table} VALUES ('{tenant}', '{tenant}', 1, $1::text::{kind})");
        superuser
            .execute(&insert, &[&value])
            .await
            .unwrap_or_else(|error| panic!("{kind} {number}: {error:?}"));
        let change = format!("UPDATE {table} SET n = 2; DELETE FROM {table}");
        superuser.batch_execute(&change).await.unwrap_or_else(|error| panic!("{kind} {number}: {error:?}"));
        let rows = trail::history(&database, tenant).await;
        let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["insert", "update", "delete"]);
        for state in
            [&rows[0].after_state, &rows[1].before_state, &rows[1].after_state, &rows[2].before_state]
        {
            let state = state.as_ref().expect("a state");
            assert!(!state.contains("hush"), "{kind}: {state}");
            if expected != Value::Null {
                assert_eq!(json_of(Some(state)).expect("JSON")["doc"], expected, "{kind} {number}");
            }
        }
    }
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
    assert_eq!(trail::verify(&database).await, []);
}

#[tokio::test]
async fn a_value_that_an_image_has_no_room_for_is_recorded_by_its_digest() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let (owner, _) = tracked(&database, "small text, big text", "").await;
    let insert = format!(
        "INSERT INTO shop.things (id, tenant_id, small, big) VALUES ('{tenant}', '{tenant}', 'x', repeat('y', 70000000));
         UPDATE shop.things SET small = 'z'"
    );
    owner.batch_execute(&insert).await.expect("the write succeeds");
    let digest: String = owner
        .query_one(
            "SELECT encode(sha256(convert_to(to_json(big)::text, 'UTF8')), 'hex') FROM shop.things",
            &[],
        )
        .await
        .expect("a digest")
        .get(0);
    let rows = trail::history(&database, tenant).await;
    let state = json_of(rows[1].after_state.as_ref()).expect("an after");
    assert_eq!(state["small"], "z");
    // Of the text as JSON writes it, in quotes.
    assert_eq!(state["big"], json!({"left_out": {"bytes": 70_000_002, "sha256": digest}}));
}

#[tokio::test]
async fn one_rows_history_is_found_by_its_key_whatever_the_key_is() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let tenant = Uuid::from_u128(7);
    let id = Uuid::from_u128(9).to_string();
    let cases: [(&str, &str, &[&str]); 7] = [
        ("n bigint PRIMARY KEY", "42", &["42"]),
        ("n text PRIMARY KEY", "'Gü, 語'", &["Gü, 語"]),
        ("n uuid PRIMARY KEY", "'00000000-0000-0000-0000-000000000009'", &[&id]),
        ("n numeric(10,2), m text, PRIMARY KEY (m, n)", "1.10, 'de'", &["de", "1.10"]),
        ("n timestamptz PRIMARY KEY", "'2026-01-02 03:04:05+00'", &["2026-01-02 03:04:05+00"]),
        ("n integer, id uuid, PRIMARY KEY (n, id)", "1, '00000000-0000-0000-0000-000000000009'", &[&id]),
        (
            "n integer, tenant_key uuid, PRIMARY KEY (tenant_key, n)",
            "7, '00000000-0000-0000-0000-000000000009'",
            &[&id, "7"],
        ),
    ];
    superuser.batch_execute("CREATE SCHEMA shop").await.expect("a schema");
    let auditor = database.connect(Login::Auditor).await;
    for (number, (key, values, asked)) in cases.into_iter().enumerate() {
        let table = format!("shop.things_{number}");
        let sql = format!(
            "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German';
             CREATE TABLE {table} (v text, tenant_id uuid NOT NULL, {key}); SELECT awgp.track_table('{table}');
             INSERT INTO {table} VALUES ('a', '{tenant}', {values}); UPDATE {table} SET v = 'b';
             ALTER TABLE {table} RENAME TO renamed_{number}; DELETE FROM shop.renamed_{number}"
        );
        superuser.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let name = format!("shop.renamed_{number}");
        let history = "SELECT action, metadata FROM awgp.row_history($1, VARIADIC $2)";
        let rows = auditor.query(history, &[&name, &asked]).await.expect("an auditor reads");
        let actions: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(actions, ["insert", "update", "delete"], "{key}");
        if asked != [id.as_str()] {
            assert_eq!(rows[0].get::<_, Value>(1)["key"], json!(asked), "{key}");
        }
    }
    assert_eq!(trail::verify(&database).await, []);
}

#[tokio::test]
async fn a_key_that_must_not_be_shown_leaves_no_digest() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "CREATE SCHEMA shop;
         CREATE TABLE shop.things (pin text PRIMARY KEY, tenant_id uuid NOT NULL);
         SELECT awgp.track_table('shop.things', mask => '{pin}');
         INSERT INTO shop.things VALUES ('1234', gen_random_uuid())";
    superuser.batch_execute(sql).await.expect("a row is written");
    let auditor = database.connect(Login::Auditor).await;
    let rows = trail::rows_where(&auditor, "entity_type = 'shop.things'").await;
    assert_eq!(
        (rows[0].entity_id, json_of(rows[0].metadata.as_ref()).expect("metadata")["key"].clone()),
        (None, Value::Null)
    );
}

#[tokio::test]
async fn capture_records_under_the_tables_own_name_and_after_the_fact_alone() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let superuser = database.superuser().await;
    let sql = format!(
        "CREATE SCHEMA shop AUTHORIZATION awgp_test_app;
         INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{tenant}', 'T', 't', 'holding')"
    );
    superuser.batch_execute(&sql).await.expect("the scene is set");
    let app = database.app().await;
    let forged = format!(
        "CREATE TABLE shop.things (id uuid, tenant_id uuid);
         CREATE TRIGGER forged AFTER INSERT ON shop.things FOR EACH ROW EXECUTE FUNCTION awgp.capture('approvals');
         BEGIN; SELECT awgp.set_context('{tenant}'); INSERT INTO shop.things VALUES ('{tenant}', '{tenant}'); COMMIT"
    );
    app.batch_execute(&forged).await.expect("an owner may make the trigger");
    let auditor = database.connect(Login::Auditor).await;
    assert!(trail::rows_where(&auditor, "entity_type = 'approvals'").await.is_empty());
    assert_eq!(trail::rows_where(&auditor, "entity_type = 'shop.things'").await.len(), 1);
    for moment in
        ["BEFORE INSERT ON shop.things FOR EACH ROW", "AFTER INSERT ON shop.things FOR EACH STATEMENT"]
    {
        let sql =
            format!("CREATE OR REPLACE TRIGGER other {moment} EXECUTE FUNCTION awgp.capture('approvals')");
        app.batch_execute(&sql).await.expect("an owner may make the trigger");
        let insert = format!(
            "BEGIN; SELECT awgp.set_context('{tenant}'); INSERT INTO shop.things VALUES ('{tenant}', '{tenant}')"
        );
        assert_sqlstate(app.batch_execute(&insert).await, "39P01");
        app.batch_execute("ROLLBACK").await.expect("rolls back");
        app.batch_execute("DROP TRIGGER other ON shop.things").await.expect("an owner may");
    }
}
