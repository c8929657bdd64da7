//! What a row is stored as: every type, every session, every encoding.

use super::{json_of, tracked};
use awgp_tests::Database;
use awgp_tests::fixture::{self, within};
use awgp_tests::trail::{self, assert_intact};
use serde_json::json;
use uuid::Uuid;

/// A column of each kind and a value for it.
const KINDS: [(&str, &str); 24] = [
    ("smallint", "-32768"),
    ("bigint", "9223372036854775807"),
    ("real", "1.1"),
    ("double precision", "0.1::float8 + 0.2"),
    ("numeric", "123456789012345678901234567890.10"),
    ("numeric", "'NaN'"),
    ("interval", "'1 year -2 days 03:04:05.6'"),
    ("bytea", "'\\x00ff'"),
    ("date", "'2026-02-28'"),
    ("time", "'12:34:56.789'"),
    ("timestamp", "'2026-01-02 03:04:05'"),
    ("timestamptz", "'2026-01-02 03:04:05.000006+00'"),
    ("timestamptz", "'infinity'"),
    ("integer[]", "ARRAY[[1, NULL], [3, 4]]"),
    ("text[]", "'{}'"),
    ("timestamptz[]", "ARRAY['2026-01-02 03:04:05+00'::timestamptz]"),
    ("shop.mood", "'fine'"),
    ("shop.positive", "7"),
    ("shop.pair", "ROW(1, 'x')"),
    ("int4range", "'[1,5)'"),
    ("tstzrange", "'[2026-01-02 03:04:05+00,)'"),
    ("boolean", "NULL"),
    ("json", "'{\"b\": 1, \"a\": [1.10]}'"),
    ("varchar(20)", "'né 語 😀'"),
];

#[tokio::test]
async fn what_is_stored_does_not_depend_on_the_sessions_settings() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let owner = database.superuser().await;
    owner
        .batch_execute(
            "CREATE SCHEMA kinds; CREATE SCHEMA shop;
             CREATE TYPE shop.mood AS ENUM ('fine'); CREATE DOMAIN shop.positive AS integer CHECK (VALUE > 0);
             CREATE TYPE shop.pair AS (a integer, b text)",
        )
        .await
        .expect("types of an application's own");
    let columns: Vec<String> =
        KINDS.iter().enumerate().map(|(n, (kind, _))| format!("c{n} {kind}")).collect();
    let values: Vec<&str> = KINDS.iter().map(|(_, value)| *value).collect();
    let sql = format!(
        "CREATE TABLE shop.things (dropped text, id uuid, tenant_id uuid NOT NULL, {}, twice bigint GENERATED ALWAYS AS (c0 * 2) STORED);
         ALTER TABLE shop.things DROP COLUMN dropped; SELECT awgp.track_table('shop.things')",
        columns.join(", ")
    );
    owner.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let settings = [
        "SET TimeZone = 'UTC'",
        "SET TimeZone = 'America/St_Johns'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard';
         SET extra_float_digits = -15; SET bytea_output = 'escape'",
    ];
    for (number, setting) in settings.iter().enumerate() {
        owner.batch_execute(setting).await.expect("any session may");
        let id = Uuid::from_u128(100 + number as u128);
        let sql = format!("INSERT INTO shop.things VALUES ('{id}', '{tenant}', {})", values.join(", "));
        owner.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    let mut states = Vec::new();
    for number in 0..2_u128 {
        let id = Uuid::from_u128(100 + number);
        let rows = trail::history(&database, id).await;
        states.push(rows[0].after_state.clone().expect("an after").replace(&id.to_string(), "id"));
    }
    assert_eq!(states[0], states[1]);
    let state = json_of(Some(&states[0])).expect("JSON");
    assert_eq!(state["c11"], json!("2026-01-02T03:04:05.000006Z"));
    assert_eq!(state["twice"], json!(-65536));
    assert_eq!(state["c23"], json!("né 語 😀"));
    assert!(states[0].contains("123456789012345678901234567890.10"), "numeric keeps its digits");
    assert!(states[0].contains("0.30000000000000004"), "double precision keeps all it has");
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn a_megabyte_of_text_is_stored_whole_and_a_change_in_it_is_seen() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let (owner, _) = tracked(&database, "note text", "").await;
    let script = format!(
        "SET awgp.audit_event_max = '4MB';
         INSERT INTO shop.things (id, tenant_id, note)
         SELECT '{tenant}', '{tenant}', string_agg(md5(n::text), '') FROM generate_series(1, 32768) AS n;
         UPDATE shop.things SET note = note;
         UPDATE shop.things SET note = overlay(note PLACING '!' FROM 1000000)"
    );
    owner.batch_execute(&script).await.expect("a megabyte is written");
    let note: String = owner.query_one("SELECT note FROM shop.things", &[]).await.expect("is there").get(0);
    let rows = trail::history(&database, tenant).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(json_of(rows[1].after_state.as_ref()).expect("an after")["note"], json!(note));
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn a_latin1_database_hashes_utf8() {
    let database = trail::latin1_database().await;
    let (mut admin, mut app) = (database.admin().await, database.app().await);
    let tenant = fixture::tenant(&mut admin, &mut app, "caf", "holding", None).await;
    let transaction = within(&mut app, tenant.id).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Crème brûlée für 5 £')";
    let id = fixture::one(&transaction, sql, &[&tenant.assistant]).await;
    let sql =
        "SELECT awgp.log_event('dégusté', 'Gericht', $1, NULL, '{\"wie\": \"süß\"}', '{\"où\": \"ici\"}')";
    transaction.execute(sql, &[&id]).await.expect("an event is recorded");
    transaction.commit().await.expect("commits");
    let rows = trail::rows(&database).await;
    let install = trail::install_id(&database).await;
    assert_intact(install, &rows);
    assert!(
        rows.iter()
            .any(|row| row.action == "dégusté" && row.after_state.as_deref() == Some("{\"wie\": \"süß\"}"))
    );
    assert_eq!(trail::verify(&database).await, []);
}
