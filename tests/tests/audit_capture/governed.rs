//! Every governed table: what is recorded, and who did it.

use super::json_of;
use awgp_core::audit::row::AuditRow;
use awgp_tests::Database;
use awgp_tests::everything::everywhere;
use awgp_tests::fixture::{self, Group, within};
use awgp_tests::trail::{self, assert_intact};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// How a row of each governed table is made and changed: `$T`, `$A`, `$W`, `$U`, `$V` stand for tenant,
/// assistant, work item and two users.
const GOVERNED: [(&str, &str, &str); 11] = [
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
        "approver_ids = '{}'",
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
        "conversation_logs",
        "(tenant_id, assistant_id, channel, messages) VALUES ('$T', '$A', 'slack', '[]')",
        "messages = '[{\"role\": \"user\", \"content\": \"hi\"}]'",
    ),
    (
        "hallucination_flags",
        "(tenant_id, assistant_id, detection_method) VALUES ('$T', '$A', 'pattern')",
        "notes = 'other'",
    ),
];

/// What AWGP itself alone writes and the trail has all the same: the ledger, votes, actions, stops. No
/// statement of a client changes them, so they are not in [`GOVERNED`].
const WRITTEN_BY_AWGP: [&str; 7] = [
    "cost_transactions",
    "budget_periods",
    "credit_reservations",
    "budget_alerts",
    "approval_decisions",
    "governed_actions",
    "stops",
];

/// What the trail does not have, because it follows from what the trail has: the words of conversations; how
/// many messages were sent, each of which is an event; who is told of it.
const DERIVED: [&str; 4] = ["conversation_search", "message_sends", "message_windows", "outbox"];

/// Columns that the trail does not hold, because they may have to be erased; it holds their digest.
const CONTENT: &[(&str, &[&str])] = &[
    ("awgp.approvals", &["arguments", "requested_arguments"]),
    ("awgp.conversation_logs", &["messages", "external_id", "content_salt"]),
    ("awgp.governed_actions", &["result"]),
    ("awgp.hallucination_flags", &["flagged_content", "notes", "content_salt"]),
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
    let sql = format!(
        "SELECT (to_jsonb(t) || jsonb_build_object({times})) - $2::text[] FROM {table} AS t WHERE id = $1"
    );
    let content =
        CONTENT.iter().find(|(of, _)| *of == table).map(|(_, columns)| *columns).unwrap_or_default();
    client.query_one(&sql, &[&id, &content]).await.expect("the row is there").get(0)
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
                          WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped))
                      AND relname <> ALL ($1)";
    let tables: Vec<String> = client
        .query(governed, &[&[WRITTEN_BY_AWGP.as_slice(), DERIVED.as_slice()].concat()])
        .await
        .expect("readable")
        .iter()
        .map(|row| row.get(0))
        .collect();
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
async fn what_awgp_writes_itself_is_recorded_too_and_what_follows_from_it_is_not() {
    let database = Database::new().await;
    everywhere(&database).await;
    let client = database.superuser().await;
    for table in WRITTEN_BY_AWGP {
        let name = format!("awgp.{table}");
        let rows = client.query(&format!("SELECT id FROM {name}"), &[]).await.expect("readable");
        for id in rows.iter().map(|row| row.get(0)) {
            let recorded = trail::history(&database, id).await;
            assert_eq!(recorded.first().map(|row| row.action.as_str()), Some("insert"), "{table} {id}");
            assert!(recorded.iter().all(|row| row.entity_type == table), "{recorded:#?}");
            // Money moves in a period below SQL: what moved it, an entry or a
            // reservation, is what is recorded.
            let moves = table == "budget_periods";
            let last = recorded.last().and_then(|row| json_of(row.after_state.as_ref()));
            let is = image(&client, &name, id).await;
            assert!(
                last.as_ref() == Some(&is) || moves && last.is_some_and(|last| last["id"] == is["id"]),
                "{table}: {is}"
            );
        }
        assert!(!rows.is_empty(), "{table} has a row to look at");
    }
    // Nothing else is without the trigger but the trail itself, what tells how AWGP was installed and
    // maintained, and moves, each step of which is an event of its own.
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                 AND relname NOT LIKE 'audit\\_%'
                 AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgfoid = 'awgp.capture'::regproc
                                 AND tgtype = 29)
               ORDER BY 1";
    let rows = client.query(sql, &[]).await.expect("the catalog is readable");
    let without: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let untold = ["installation", "maintenance_steps", "schema_migrations", "tenant_moves"];
    let mut expected = [DERIVED.as_slice(), untold.as_slice()].concat();
    expected.sort_unstable();
    assert_eq!(without, expected);
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
