//! Capture: every change of a governed table is one event, with what was before, what is after, and who did it.

use awgp_core::audit::row::AuditRow;
use awgp_tests::fixture::{self, Group, within, within_as};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// How a row of each governed table is made and changed: `$T`, `$A`, `$W`, `$U`, `$V` stand for tenant,
/// assistant, work item and two users.
const GOVERNED: [(&str, &str, &str); 12] = [
    ("tenants", "(name, slug, type) VALUES ('New', 'new-tenant', 'holding')", "name = 'Renamed'"),
    ("users", "(tenant_id, email, role) VALUES ('$T', 'new@example.org', 'viewer')", "first_name = 'Ada'"),
    (
        "assistants",
        "(tenant_id, name, slug, type, capabilities) VALUES ('$T', 'New', 'new', 'custom', '{a,b}')",
        "description = 'says é and 語'",
    ),
    (
        "assistant_templates",
        "(name, slug, type) VALUES ('New', 'new-template', 'custom')",
        "description = 'other'",
    ),
    (
        "work_items",
        "(tenant_id, assistant_id, title, estimated_cost) VALUES ('$T', '$A', 'New', 1.10)",
        "title = 'Other'",
    ),
    (
        "approvals",
        "(tenant_id, work_item_id, title, risk_level, requested_by, expires_at)
        VALUES ('$T', '$W', 'New', 2, '$U', now() + interval '1 hour')",
        "description = 'other'",
    ),
    (
        "approval_delegations",
        "(tenant_id, delegator_id, delegate_id, starts_at, ends_at)
        VALUES ('$T', '$U', '$V', now(), now() + interval '1 day')",
        "reason = 'other'",
    ),
    ("communication_policies", "(tenant_id, name) VALUES ('$T', 'New')", "name = 'Other'"),
    (
        "provider_credit_pools",
        "(tenant_id, provider, monthly_budget, current_balance) VALUES ('$T', 'openai', 10, 10)",
        "monthly_budget = 20.000001",
    ),
    (
        "cost_transactions",
        "(tenant_id, assistant_id, provider, model, input_tokens, output_tokens, cost_amount)
        VALUES ('$T', '$A', 'openai', 'm', 1, 2, 0.004)",
        "metadata = '{\"n\": 1.10}'",
    ),
    (
        "conversation_logs",
        "(tenant_id, assistant_id, channel, messages) VALUES ('$T', '$A', 'slack', '[]')",
        "messages = '[{\"text\": \"hi\"}]'",
    ),
    (
        "hallucination_flags",
        "(tenant_id, assistant_id, detection_method) VALUES ('$T', '$A', 'pattern')",
        "notes = 'other'",
    ),
];

fn filled(text: &str, group: &Group) -> String {
    let north = &group.north;
    let places = [
        ("$T", north.id),
        ("$A", north.assistant),
        ("$W", north.work_item),
        ("$U", north.user("admin")),
        ("$V", north.user("manager")),
    ];
    places.iter().fold(text.to_owned(), |text, (place, id)| text.replace(place, &id.to_string()))
}

/// The row as `to_jsonb()` makes it, but for timestamptz, which is in UTC with six decimals.
async fn image(client: &Client, table: &str, id: Uuid) -> Value {
    let sql = "SELECT coalesce(string_agg(format(
                   '%L, to_char(%2$I AT TIME ZONE ''UTC'', ''YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'')',
                   attname, attname), ', '), '')
               FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND atttypid = 'timestamptz'::regtype";
    let times: String = client.query_one(sql, &[&table]).await.expect("the catalog is readable").get(0);
    let sql = format!("SELECT to_jsonb(t) || jsonb_build_object({times}) FROM {table} AS t WHERE id = $1");
    client.query_one(&sql, &[&id]).await.expect("the row is there").get(0)
}

fn json_of(state: Option<&String>) -> Option<Value> {
    state.map(|text| serde_json::from_str(text).expect("states are JSON"))
}

fn summary(rows: &[AuditRow]) -> Vec<(&str, Option<Value>, Option<Value>)> {
    let states = |row: &AuditRow| (json_of(row.before_state.as_ref()), json_of(row.after_state.as_ref()));
    rows.iter().map(|row| (row.action.as_str(), states(row).0, states(row).1)).collect()
}

#[tokio::test]
async fn every_governed_table_records_insert_update_and_delete_with_the_rows_themselves() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let client = database.superuser().await;
    let governed = "SELECT relname::text FROM pg_class
                    WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                      AND relname NOT LIKE 'audit\\_%' AND relname NOT LIKE 'schema\\_%'
                      AND (relname IN ('tenants', 'assistant_templates') OR EXISTS (
                          SELECT FROM pg_attribute
                          WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped))";
    let tables: Vec<String> =
        client.query(governed, &[]).await.expect("readable").iter().map(|row| row.get(0)).collect();
    for table in &tables {
        assert!(GOVERNED.iter().any(|(known, ..)| known == table), "{table} is governed and not tested");
    }
    assert_eq!(tables.len(), GOVERNED.len());
    for (table, values, change) in GOVERNED {
        let name = format!("awgp.{table}");
        client.batch_execute("BEGIN").await.expect("begins");
        let context = "SELECT awgp.set_context($1)";
        client.execute(context, &[&group.north.id]).await.expect("the context is set");
        let insert = format!("INSERT INTO {name} {} RETURNING id", filled(values, &group));
        let id: Uuid =
            client.query_one(&insert, &[]).await.unwrap_or_else(|e| panic!("{insert}: {e:?}")).get(0);
        let first = image(&client, &name, id).await;
        let update = format!("UPDATE {name} SET {change} WHERE id = $1");
        client.execute(&update, &[&id]).await.unwrap_or_else(|e| panic!("{update}: {e:?}"));
        let second = image(&client, &name, id).await;
        let delete = format!("DELETE FROM {name} WHERE id = $1");
        client.execute(&delete, &[&id]).await.unwrap_or_else(|e| panic!("{delete}: {e:?}"));
        client.batch_execute("COMMIT").await.expect("commits");
        let rows = trail::history(&database, id).await;
        let expected = [
            ("insert", None, Some(first.clone())),
            ("update", Some(first), Some(second.clone())),
            ("delete", Some(second), None),
        ];
        assert_eq!(summary(&rows), expected, "{table}");
        let tenant = match table {
            "tenants" => id,
            "assistant_templates" => trail::install_id(&database).await,
            _ => group.north.id,
        };
        assert!(rows.iter().all(|row| row.entity_type == table && row.tenant_id == tenant), "{rows:#?}");
    }
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn the_actor_is_who_is_in_context_and_the_role_is_who_logged_in() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let north = &group.north;
    let user = north.user("manager");
    let mut app = database.app().await;
    let cases = [
        (None, None, ("system", None, json!({"role": "awgp_test_app"}))),
        (Some(user), None, ("user", Some(user), json!({"role": "awgp_test_app"}))),
        (None, Some(north.assistant), ("assistant", Some(north.assistant), json!({"role": "awgp_test_app"}))),
        (
            Some(user),
            Some(north.assistant),
            ("assistant", Some(north.assistant), json!({"role": "awgp_test_app", "on_behalf_of": user})),
        ),
    ];
    for (user, assistant, (kind, actor, metadata)) in cases {
        let transaction = app.transaction().await.expect("begins");
        let context = "SELECT awgp.set_context($1, $2, $3)";
        transaction.execute(context, &[&north.id, &user, &assistant]).await.expect("the context is set");
        let sql = "SELECT id FROM awgp.create_work_item($1, 'Who?')";
        let id = fixture::one(&transaction, sql, &[&north.assistant]).await;
        transaction.commit().await.expect("commits");
        let rows = trail::history(&database, id).await;
        assert_eq!((rows[0].actor_type.as_str(), rows[0].actor_id), (kind, actor));
        assert_eq!(json_of(rows[0].metadata.as_ref()), Some(metadata));
    }
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_no_event() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let north = &group.north;
    let mut app = database.app().await;
    let before = trail::history(&database, north.work_item).await.len();
    for change in ["title = title", "updated_at = now()", "context = context || '{}', updated_at = now()"] {
        let transaction = within(&mut app, north.id).await;
        let sql = format!("UPDATE awgp.work_items SET {change} WHERE id = $1");
        assert_eq!(transaction.execute(&sql, &[&north.work_item]).await.expect("is updated"), 1);
        transaction.commit().await.expect("commits");
    }
    assert_eq!(trail::history(&database, north.work_item).await.len(), before);
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.work_items SET title = 'Other' WHERE id = $1";
    transaction.execute(sql, &[&north.work_item]).await.expect("is updated");
    transaction.commit().await.expect("commits");
    assert_eq!(trail::history(&database, north.work_item).await.len(), before + 1);
}

/// A table of an application's own, tracked, and the name under which it is.
async fn tracked(database: &Database, columns: &str, options: &str) -> (Client, String) {
    let owner = database.superuser().await;
    let sql = format!(
        "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC;
         CREATE TABLE shop.things (
             id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, n integer UNIQUE, {columns});
         GRANT ALL ON shop.things TO PUBLIC"
    );
    owner.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let sql = format!("SELECT awgp.track_table('shop.things'{options})");
    let name = owner.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0);
    (owner, name)
}

async fn events(database: &Database, entity: &str) -> Vec<(String, Value, Value)> {
    let auditor = database.connect(Login::Auditor).await;
    let mut rows = trail::rows_where(&auditor, &format!("entity_type = '{entity}'")).await;
    rows.sort_by_key(|row| (row.tenant_id, row.id));
    let state =
        |state: Option<&String>, key: &str| json_of(state).map_or(Value::Null, |json| json[key].clone());
    rows.iter()
        .map(|row| {
            let (before, after) =
                (state(row.before_state.as_ref(), "n"), state(row.after_state.as_ref(), "n"));
            (row.action.clone(), before, after)
        })
        .collect()
}

#[tokio::test]
async fn every_way_to_write_is_captured_once() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let (owner, entity) = tracked(&database, "note text", "").await;
    let t = format!("'{tenant}'");
    let script = format!(
        "INSERT INTO shop.things (tenant_id, n) SELECT {t}, n FROM generate_series(1, 2) AS n;
         INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 2), ({t}, 3) ON CONFLICT (n) DO UPDATE SET n = 20;
         INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 20) ON CONFLICT DO NOTHING;
         MERGE INTO shop.things AS t USING (VALUES (1), (4)) AS s (n) ON t.n = s.n
             WHEN MATCHED THEN UPDATE SET n = 10 WHEN NOT MATCHED THEN INSERT (tenant_id, n) VALUES ({t}, 4);
         MERGE INTO shop.things AS t USING (VALUES (4)) AS s (n) ON t.n = s.n WHEN MATCHED THEN DELETE;
         COPY shop.things (tenant_id, n) FROM PROGRAM 'echo {tenant},5' (FORMAT csv);
         DO $$ BEGIN
             INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 6);
             BEGIN
                 INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 7);
                 INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 6);
             EXCEPTION WHEN unique_violation THEN
                 INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 8);
             END;
         END $$;
         WITH gone AS (DELETE FROM shop.things WHERE n = 8 RETURNING tenant_id)
             INSERT INTO shop.things (tenant_id, n) SELECT tenant_id, 9 FROM gone"
    );
    owner.batch_execute(&script).await.expect("the script runs");
    let undone = format!("BEGIN; INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 98); ROLLBACK");
    owner.batch_execute(&undone).await.expect("is rolled back");
    let none = Value::Null;
    let insert = |n: i32| ("insert".to_owned(), none.clone(), json!(n));
    let update = |old: i32, new: i32| ("update".to_owned(), json!(old), json!(new));
    let delete = |n: i32| ("delete".to_owned(), json!(n), none.clone());
    let mut expected = vec![
        insert(1),
        insert(2),
        update(2, 20),
        insert(3),
        update(1, 10),
        insert(4),
        delete(4),
        insert(5),
        insert(6),
        insert(8),
        delete(8),
        insert(9),
    ];
    let mut seen = events(&database, &entity).await;
    let key = |event: &(String, Value, Value)| format!("{event:?}");
    // Within one statement PostgreSQL fires row by row; which of MERGE's rows comes first is its own.
    expected.sort_by_key(key);
    seen.sort_by_key(key);
    assert_eq!(seen, expected);
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn triggers_that_cascade_and_constraints_that_are_deferred_are_captured_in_order() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let (owner, entity) =
        tracked(&database, "parent integer REFERENCES shop.things (n) ON DELETE CASCADE", "").await;
    let script = format!(
        "CREATE FUNCTION shop.follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.n < 100 THEN INSERT INTO shop.things (tenant_id, n) VALUES (NEW.tenant_id, NEW.n + 100); END IF;
             RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER follow AFTER INSERT ON shop.things DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION shop.follow();
         BEGIN; INSERT INTO shop.things (tenant_id, n) VALUES ('{tenant}', 1); COMMIT;
         BEGIN; INSERT INTO shop.things (tenant_id, n) VALUES ('{tenant}', 2);
             SET CONSTRAINTS ALL IMMEDIATE; UPDATE shop.things SET n = 3 WHERE n = 2; COMMIT;
         BEGIN; INSERT INTO shop.things (tenant_id, n, parent) VALUES ('{tenant}', 104, 1); COMMIT;
         DELETE FROM shop.things WHERE n = 1;"
    );
    owner.batch_execute(&script).await.expect("the script runs");
    let summary: Vec<String> = events(&database, &entity)
        .await
        .iter()
        .map(|(action, old, new)| format!("{action} {old} {new}"))
        .collect();
    let expected = [
        "insert null 1",
        "insert null 101",
        "insert null 2",
        "insert null 102",
        "update 2 3",
        "insert null 104",
    ];
    assert_eq!(summary[..6], expected);
    // The parent's own delete and the one that cascades from it, in either order.
    assert_eq!(
        summary[6..].iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
        ["delete 1 null", "delete 104 null"].into()
    );
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn a_row_that_moves_to_another_tenant_is_told_to_each_of_them_apart() {
    let database = Database::new().await;
    let (old, new) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let (owner, entity) = tracked(&database, "note text", "").await;
    let script = format!(
        "INSERT INTO shop.things (tenant_id, n) VALUES ('{old}', 1);
         UPDATE shop.things SET tenant_id = '{new}', n = 2"
    );
    owner.batch_execute(&script).await.expect("the row moves");
    let update = |before: Value, after: Value| ("update".to_owned(), before, after);
    let insert = ("insert".to_owned(), Value::Null, json!(1));
    let expected = [insert, update(json!(1), Value::Null), update(Value::Null, json!(2))];
    assert_eq!(events(&database, &entity).await, expected);
}

#[tokio::test]
async fn secrets_are_masked_by_name_at_any_depth_and_the_setting_says_which() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let columns = "api_key text, \"Password\" text, empty_secret text, pin text, left_out text, payload jsonb, list jsonb[]";
    let options = ", exclude => ARRAY['left_out'], mask => ARRAY['pin']";
    let (owner, entity) = tracked(&database, columns, options).await;
    let insert = format!(
        "INSERT INTO shop.things (id, tenant_id, n, api_key, \"Password\", pin, left_out, payload, list) VALUES
             ('{tenant}', '{tenant}', 1, 's1', 's2', 's3', 's4',
              '{{\"a\": [{{\"accessToken\": \"s5\", \"n\": 1.10}}], \"secret\": {{\"x\": 1}}, \"token\": null}}',
              ARRAY['{{\"client_secret\": \"s6\"}}'::jsonb])"
    );
    owner.batch_execute(&insert).await.expect("a row with secrets");
    // A change of what is left out is no change; a change of what is masked is one.
    let update = "UPDATE shop.things SET left_out = 's7'; UPDATE shop.things SET pin = 's8'";
    owner.batch_execute(update).await.expect("secrets change");
    let rows = trail::history(&database, tenant).await;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(rows[0].entity_type, entity);
    let masked = "[masked]";
    let expected = json!({
        "id": tenant, "tenant_id": tenant, "n": 1, "api_key": masked, "Password": masked, "empty_secret": null,
        "pin": masked, "list": [{"client_secret": masked}],
        "payload": {"a": [{"accessToken": masked, "n": 1.1}], "secret": masked, "token": null},
    });
    assert_eq!(json_of(rows[0].after_state.as_ref()), Some(expected));
    assert!(rows[0].after_state.as_ref().is_some_and(|state| state.contains("1.10")), "digits stay");
    let sql = "SET awgp.audit_mask = 'n, payload'; UPDATE shop.things SET n = 2; RESET awgp.audit_mask";
    owner.batch_execute(sql).await.expect("a superuser chooses");
    let rows = trail::history(&database, tenant).await;
    let after = json_of(rows[2].after_state.as_ref()).expect("an after");
    assert_eq!(
        (&after["n"], &after["payload"], &after["api_key"]),
        (&json!(masked), &json!(masked), &json!("s1"))
    );
    let app = database.app().await;
    // Before the library is loaded the server takes any name; the value must not survive the loading.
    app.batch_execute("SET awgp.audit_mask = ''").await.expect("nobody knows the name yet");
    let make =
        format!("INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{tenant}', 'T', 't', 'holding')");
    owner.batch_execute(&make).await.expect("the tenant of the row");
    let update = format!("BEGIN; SELECT awgp.set_context('{tenant}'); UPDATE shop.things SET n = 3; COMMIT");
    app.batch_execute(&update).await.expect("an application may");
    let rows = trail::history(&database, tenant).await;
    let row = rows.iter().rfind(|row| row.entity_type == entity).expect("the update");
    assert_eq!(json_of(row.after_state.as_ref()).expect("an after")["api_key"], json!(masked));
    assert_sqlstate(app.batch_execute("SET awgp.audit_mask = ''").await, "42501");
    assert_sqlstate(owner.batch_execute("SET awgp.audit_mask = '**'").await, "22023");
}

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
        "INSERT INTO shop.things (id, tenant_id, note)
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

#[tokio::test]
async fn log_event_records_what_it_is_given_and_who_gave_it() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let user = group.north.user("operator");
    let mut app = database.app().await;
    let transaction = within_as(&mut app, group.north.id, Some(user)).await;
    let sql = "SELECT awgp.log_event('message.denied', 'message', $1, '{\"password\": \"p\", \"n\": 1.10}', '[1e400]',
                   '{\"role\": \"postgres\", \"on_behalf_of\": \"nobody\", \"token\": \"t\", \"channel\": \"slack\"}')";
    let id: i64 = transaction.query_one(sql, &[&user]).await.expect("an event is recorded").get(0);
    transaction.batch_execute("SAVEPOINT s").await.expect("a savepoint");
    let undone = "SELECT awgp.log_event('undone', 'message')";
    transaction.execute(undone, &[]).await.expect("an event is recorded");
    transaction.batch_execute("ROLLBACK TO s").await.expect("and undone");
    transaction.commit().await.expect("commits");
    let rows = trail::history(&database, user).await;
    let row = rows.last().expect("the event");
    assert_eq!((row.id, row.action.as_str(), row.entity_type.as_str()), (id, "message.denied", "message"));
    assert_eq!((row.actor_type.as_str(), row.actor_id, row.tenant_id), ("user", Some(user), group.north.id));
    assert_eq!(row.before_state.as_deref(), Some("{\"n\": 1.10, \"password\": \"[masked]\"}"));
    assert_eq!(
        row.after_state.as_ref().map(String::len),
        Some(403),
        "a one and four hundred zeros in brackets"
    );
    let metadata = json!({"role": "awgp_test_app", "token": "[masked]", "channel": "slack"});
    assert_eq!(json_of(row.metadata.as_ref()), Some(metadata));
    let rows = trail::rows(&database).await;
    assert!(rows.iter().all(|row| row.action != "undone"));
    assert_intact(trail::install_id(&database).await, &rows);
}

#[tokio::test]
async fn log_event_refuses_what_it_cannot_record() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let without = app.execute("SELECT awgp.log_event('a', 'b')", &[]).await;
    assert_refused(without, "42501", "no_tenant_context");
    for arguments in [
        "NULL, 'b'",
        "'a', NULL",
        "'', 'b'",
        "'a', ' '",
        "repeat('x', 201), 'b'",
        "'a', repeat('é', 101)",
        "'a', 'b', NULL, NULL, NULL, '[]'",
        "'a', 'b', NULL, NULL, NULL, '1'",
    ] {
        let transaction = within(&mut app, group.north.id).await;
        let result = transaction.execute(&format!("SELECT awgp.log_event({arguments})"), &[]).await;
        assert_refused(result, "22023", "out_of_range");
    }
    let transaction = within(&mut app, group.north.id).await;
    transaction.batch_execute("SET TRANSACTION READ ONLY").await.expect("any session may");
    assert_sqlstate(transaction.execute("SELECT awgp.log_event('a', 'b')", &[]).await, "25006");
}

#[tokio::test]
async fn flush_audit_lets_a_transaction_read_its_own_events() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Now')";
    let id = fixture::one(&transaction, sql, &[&group.north.assistant]).await;
    let count = "SELECT count(*) FROM awgp.audit_logs WHERE entity_id = $1";
    let seen = async || transaction.query_one(count, &[&id]).await.expect("counts").get::<_, i64>(0);
    assert_eq!(seen().await, 0);
    let flushed: i64 = transaction.query_one("SELECT awgp.flush_audit()", &[]).await.expect("flushes").get(0);
    assert_eq!((flushed, seen().await), (1, 1));
    let again: i64 = transaction.query_one("SELECT awgp.flush_audit()", &[]).await.expect("flushes").get(0);
    assert_eq!(again, 0);
    transaction.rollback().await.expect("rolls back");
    assert!(trail::history(&database, id).await.is_empty());
}
