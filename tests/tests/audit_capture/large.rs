//! Events that are larger than `awgp.audit_event_max`.

use super::{json_of, tracked};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::row::AuditRow;
use awgp_tests::fixture::{self, within};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use uuid::Uuid;

const MAX: usize = 1 << 20;

/// What stands in the place of a value with this text.
fn left_out(text: &str) -> Value {
    json!({"left_out": {"bytes": text.len(), "sha256": Digest::of(text.as_bytes()).to_string()}})
}

fn text_bytes(row: &AuditRow) -> usize {
    [&row.before_state, &row.after_state, &row.metadata].into_iter().flatten().map(String::len).sum()
}

/// The trail's rows of an entity type, in the order of their numbers; all of
/// them are within the bound, and it holds.
async fn bounded(database: &Database, entity: &str) -> Vec<AuditRow> {
    let auditor = database.connect(Login::Auditor).await;
    let mut rows = trail::rows_where(&auditor, &format!("entity_type = '{entity}'")).await;
    rows.sort_by_key(|row| row.id);
    assert!(rows.iter().all(|row| text_bytes(row) <= MAX), "an event is within its bound");
    assert_intact(trail::install_id(database).await, &trail::rows(database).await);
    assert_eq!(trail::verify(database).await, []);
    rows
}

#[tokio::test]
async fn log_event_keeps_length_digest_and_name_of_what_is_too_large() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    for arguments in [
        "NULL, to_jsonb(repeat(chr(1), 2000000))",
        "NULL, jsonb_build_object('n', 1.10, 'token', 't', 'body', repeat('y', 3000000))",
        "jsonb_build_object('a', repeat('a', 600000)), jsonb_build_object('b', repeat('b', 500000))",
        "(SELECT jsonb_object_agg(n, n) FROM generate_series(1, 100000) AS n), '{\"a\": 1}'",
        "NULL, NULL, jsonb_build_object('m', repeat('m', 600000), 'left_out', 1, 'origin', 'trigger')",
        "NULL, (SELECT jsonb_agg(('1e' || 131000 + n)::numeric) FROM generate_series(1, 9) AS n)",
    ] {
        let sql = format!("SELECT awgp.log_event('said', 'thing', NULL, {arguments})");
        transaction.execute(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    transaction.commit().await.expect("commits");
    let rows = bounded(&database, "thing").await;
    let (before, after) =
        (|n: usize| json_of(rows[n].before_state.as_ref()), |n: usize| json_of(rows[n].after_state.as_ref()));
    let names = |n: usize| json_of(rows[n].metadata.as_ref()).expect("metadata")["left_out"].clone();
    let escaped = format!("\"{}\"", "\\u0001".repeat(2_000_000));
    assert_eq!((after(0), names(0)), (Some(left_out(&escaped)), json!(["after_state"])));
    let body = left_out(&format!("\"{}\"", "y".repeat(3_000_000)));
    assert_eq!(after(1), Some(json!({"n": 1.10, "token": "[masked]", "body": body})));
    assert_eq!(names(1), json!(["after_state.body"]));
    assert!(rows[1].after_state.as_ref().is_some_and(|state| state.contains("1.10")), "decimals are kept");
    let a = left_out(&format!("\"{}\"", "a".repeat(600_000)));
    assert_eq!((before(2), names(2)), (Some(json!({"a": a})), json!(["before_state.a"])), "the largest goes");
    assert_eq!(after(2).expect("a state")["b"].as_str().map(str::len), Some(500_000), "the other stays");
    assert_eq!((names(3), after(3)), (json!(["before_state"]), Some(json!({"a": 1}))));
    let metadata = json_of(rows[4].metadata.as_ref()).expect("metadata");
    assert_eq!(metadata["m"], left_out(&format!("\"{}\"", "m".repeat(600_000))));
    assert_eq!((&metadata["left_out"], &metadata["origin"]), (&json!(["metadata.m"]), &json!("log_event")));
    assert_eq!(names(5), json!(["after_state"]));
    assert!(rows.iter().all(|row| row.action == "said" && row.tenant_id == group.north.id));
}

#[tokio::test]
async fn a_captured_row_of_any_size_is_one_event_within_the_bound() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let columns = "a text, j jsonb, b bytea, x xml, list integer[], many text[], holes integer[]";
    let (owner, name) = tracked(&database, columns, "").await;
    let script = format!(
        "INSERT INTO shop.things (tenant_id, n, a, j) VALUES
             ('{tenant}', 1, repeat(chr(1), 20000000), jsonb_build_object('password', 'p', 'x', repeat('y', 20000000)));
         INSERT INTO shop.things (tenant_id, n, b) VALUES ('{tenant}', 2, decode(repeat('00', 20000000), 'hex'));
         INSERT INTO shop.things (tenant_id, n, list, holes) VALUES
             ('{tenant}', 3, array_fill(1, ARRAY[5000000]), array_fill(NULL::integer, ARRAY[8000000]));
         INSERT INTO shop.things (tenant_id, n, a, j, b) VALUES
             ('{tenant}', 4, repeat('a', 700000), to_jsonb(repeat('j', 600000)), decode(repeat('00', 100), 'hex'));
         UPDATE shop.things SET a = a || '!' WHERE n = 4;
         DELETE FROM shop.things WHERE n = 1"
    );
    owner.batch_execute(&script).await.expect("an application writes what it likes");
    let rows = bounded(&database, &name).await;
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["insert", "insert", "insert", "insert", "update", "delete"]);
    let after = |n: usize| json_of(rows[n].after_state.as_ref()).expect("a state");
    let names = |n: usize| json_of(rows[n].metadata.as_ref()).expect("metadata")["left_out"].clone();
    assert_eq!(after(0)["a"], left_out(&format!("\"{}\"", "\\u0001".repeat(20_000_000))));
    let masked = format!("{{\"x\": \"{}\", \"password\": \"[masked]\"}}", "y".repeat(20_000_000));
    assert_eq!(after(0)["j"], left_out(&masked), "no digest of a secret");
    assert_eq!((&after(0)["n"], names(0)), (&json!(1), json!(["after_state.a", "after_state.j"])));
    assert_eq!(after(1)["b"]["left_out"]["sha256"], Digest::of(&vec![0; 20_000_000]).to_string());
    assert_eq!(names(2), json!(["after_state.list", "after_state.holes"]));
    assert_eq!((names(3), after(3)["j"].as_str().map(str::len)), (json!(["after_state.a"]), Some(600_000)));
    let changed = json_of(rows[4].before_state.as_ref()).expect("a state")["a"] != after(4)["a"];
    assert!(changed, "that it changed shows in the digests");
    assert_eq!(json_of(rows[5].before_state.as_ref()).expect("a state")["a"], after(0)["a"]);
}

#[tokio::test]
async fn the_bound_is_a_superusers_setting() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let sql = format!("ALTER DATABASE {} SET awgp.audit_event_max = '8kB'", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets it");
    let mut app = database.app().await;
    app.batch_execute("SELECT awgp.current_tenant()").await.expect("the library is loaded");
    awgp_tests::assert_sqlstate(app.batch_execute("SET awgp.audit_event_max = '64MB'").await, "42501");
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET description = repeat('d', 9000), priority = 2 WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("the row itself is within its bounds");
    transaction.commit().await.expect("commits");
    let rows = trail::history(&database, group.north.work_item).await;
    let state = json_of(rows.last().expect("an event").after_state.as_ref()).expect("a state");
    assert_eq!(state["description"], left_out(&format!("\"{}\"", "d".repeat(9000))));
    assert_eq!(state["priority"], 2);
}
