//! References into another tenant, and what an error may tell of it.

use crate::stage::Stage;
use awgp_tests::fixture::within;
use awgp_tests::rows::{Table, copy_of, insert_copy, tables};
use awgp_tests::{Refused, assert_refused, refused};
use serde_json::Value;
use std::cell::Cell;
use uuid::Uuid;

/// A column of a tenant table that refers to another row of the tenant.
struct Reference {
    table: String,
    column: String,
    target: String,
}

async fn references(stage: &Stage) -> Vec<Reference> {
    let sql = "
        SELECT conrelid::regclass::text, attname::text, confrelid::regclass::text
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[2]
        WHERE contype = 'f' AND connamespace = 'awgp'::regnamespace AND cardinality(conkey) = 2
        ORDER BY 1, 2";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let name = |text: String| text.trim_start_matches("awgp.").to_owned();
    rows.iter()
        .map(|row| Reference { table: name(row.get(0)), column: row.get(1), target: name(row.get(2)) })
        .collect()
}

async fn id_in(stage: &Stage, table: &str, tenant: Uuid) -> Uuid {
    let sql = format!("SELECT id FROM awgp.{table} WHERE tenant_id = $1 LIMIT 1");
    stage.superuser.query_one(&sql, &[&tenant]).await.expect("every tenant has a row").get(0)
}

/// An error without the ids that the attacker himself has given.
fn words(refused: &Refused, ids: &[Uuid]) -> String {
    ids.iter().fold(
        format!("{} {:?} {} {}", refused.code, refused.reason, refused.message, refused.detail),
        |text, id| text.replace(&id.to_string(), "?"),
    )
}

/// Tables that an application never writes itself.
const WRITTEN_BY_THE_LEDGER: [&str; 6] = [
    "budget_periods",
    "budget_alerts",
    "approval_decisions",
    "governed_actions",
    "message_windows",
    "conversation_search",
];

/// Tables whose row must fit its work item first: 23514, whatever a foreign id names.
const OF_ONE_ASSISTANT: [&str; 2] = ["conversation_logs", "hallucination_flags"];

/// Tables whose references nobody changes.
const KEPT_BY_THE_LEDGER: [&str; 5] =
    ["cost_transactions", "credit_reservations", "budget_periods", "budget_alerts", "approval_decisions"];

/// Tables whose rows do not change once they are made: 55000, whatever they are to change to.
const FIXED: [&str; 2] = ["approvals", "approval_delegations"];

/// Columns that AWGP keeps: what a caller gives for them does not count (tests/approvals/forging.rs).
const KEPT: [(&str, &str); 1] = [("approvals", "approved_by")];

/// Tries to write `row` as B, by INSERT, and the column alone, by UPDATE.
async fn attempts(stage: &Stage, table: &Table, row: &Value, column: &str) -> Vec<Refused> {
    let b = stage.group.other.id;
    let mut app = stage.database.app().await;
    let mut attempts = Vec::new();
    let transaction = within(&mut app, b).await;
    let inserted = transaction.query(&insert_copy(table), &[row]).await;
    attempts.push(judged(&transaction, table, column, row, inserted).await);
    drop(transaction);
    let transaction = within(&mut app, b).await;
    let sql = format!(
        "UPDATE awgp.{0} SET {column} = (jsonb_populate_record(NULL::awgp.{0}, $1)).{column}",
        table.name
    );
    let updated = transaction.query(&sql, &[row]).await;
    attempts.push(judged(&transaction, table, column, row, updated).await);
    attempts
}

/// The refusal; or, where AWGP keeps the column itself, that what the caller gave did not count.
async fn judged(
    transaction: &tokio_postgres::Transaction<'_>,
    table: &Table,
    column: &str,
    row: &Value,
    outcome: Result<Vec<tokio_postgres::Row>, tokio_postgres::Error>,
) -> Refused {
    if outcome.is_err() {
        return refused(outcome);
    }
    let sql = format!("SELECT count(*) FROM awgp.{} WHERE {column}::text = $1", table.name);
    let given = row[column].as_str().unwrap_or_default();
    let taken: i64 = transaction.query_one(&sql, &[&given]).await.expect("it is read").get(0);
    assert_eq!(taken, 0, "{}.{column} names what the caller gave", table.name);
    let none = String::new;
    Refused { code: "kept".to_owned(), reason: None, detail: none(), hint: none(), message: none() }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reference_of_the_catalog_reaches_another_tenant_and_errors_do_not_tell_foreign_from_nonexistent()
{
    let stage = Stage::set().await;
    let (a, b) = (stage.group.north.id, stage.group.other.id);
    let tables = tables(&stage.superuser).await;
    let references = references(&stage).await;
    assert!(references.len() >= 15, "the schema's references are composite");
    for reference in &references {
        let Reference { table: name, column, target } = reference;
        if KEPT.contains(&(name.as_str(), column.as_str()))
            || name == "message_sends"
            || name.starts_with("audit_")
        {
            continue;
        }
        let table = tables.iter().find(|table| table.name == *name).expect("a table of the schema");
        let (foreign, nonexistent) = (id_in(&stage, target, a).await, Uuid::from_u128(77));
        let mut told = Vec::new();
        for id in [foreign, nonexistent] {
            let mut row = copy_of(&stage.superuser, table, b, 1).await;
            row[column] = id.to_string().into();
            let own: Uuid = row["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
            let attempts = attempts(&stage, table, &row, column).await;
            let expected = if WRITTEN_BY_THE_LEDGER.contains(&name.as_str()) { "42501" } else { "23503" };
            assert!(
                attempts[0].code == expected
                    || attempts[0].code == "kept"
                    || OF_ONE_ASSISTANT.contains(&name.as_str()) && attempts[0].code == "23514",
                "{name}.{column} by INSERT: {:?}",
                attempts[0]
            );
            // 42501: nobody updates the ledger.
            assert!(
                ["23503", "23514", "42501", "55000", "kept"].contains(&attempts[1].code.as_str()),
                "{name}.{column} by UPDATE: {:?}",
                attempts[1]
            );
            assert!(
                ["23503", "kept"].contains(&attempts[1].code.as_str())
                    || KEPT_BY_THE_LEDGER.contains(&name.as_str())
                    || FIXED.contains(&name.as_str())
                    || WRITTEN_BY_THE_LEDGER.contains(&name.as_str())
                    || OF_ONE_ASSISTANT.contains(&name.as_str()),
                "{name}.{column}: {:?}",
                attempts[1]
            );
            told.push(attempts.iter().map(|refused| words(refused, &[id, own, b])).collect::<Vec<_>>());
        }
        assert_eq!(told[0], told[1], "{name}.{column} tells a foreign id from one that does not exist");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_names_a_row_is_a_reference() {
    let stage = Stage::set().await;
    // What the trail names may be gone, what a counter of messages counted and the template that
    // an assistant was made from; a tenant's parent is checked by the tree's own trigger.
    let sql = "
        SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'awgp'::regnamespace AND relkind = 'r' AND NOT relispartition AND NOT starts_with(relname, 'audit_') AND relname <> 'message_windows' AND attname <> 'template_id'
          AND atttypid IN ('uuid'::regtype, 'uuid[]'::regtype) AND attname <> 'id' AND NOT attisdropped
          AND EXISTS (SELECT FROM pg_attribute AS own WHERE own.attrelid = pg_class.oid AND own.attname = 'tenant_id')
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'f' AND attnum = ANY (conkey)
                          AND (confrelid = 'awgp.tenants'::regclass OR cardinality(conkey) >= 2))
          AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = attrelid AND tgfoid = 'awgp.guard_user_array'::regproc
                          AND position(convert_to(attname::text, 'UTF8') IN tgargs) > 0)";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let bare: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(bare.is_empty(), "columns that name rows and are not checked: {bare:?}");
}

const ASK: &str =
    "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by, approver_ids, expires_at)
                   VALUES ($1, 't', 1, $2, $3, now() + interval '1 day') RETURNING id";

#[tokio::test(flavor = "multi_thread")]
async fn approvers_are_users_of_the_same_tenant_by_insert_and_by_update() {
    let stage = Stage::set().await;
    let b = &stage.group.other;
    let mut app = stage.database.app().await;
    let (own, foreign, nobody) = (b.user("admin"), stage.group.north.user("admin"), Uuid::from_u128(77));
    let lists: [Vec<Option<Uuid>>; 5] = [
        vec![Some(foreign)],
        vec![Some(nobody)],
        vec![Some(own), Some(foreign)],
        vec![None],
        vec![Some(own), None],
    ];
    let mut told = Vec::new();
    for list in &lists {
        let transaction = within(&mut app, b.id).await;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&b.work_item, &own, list];
        told.push(words(&refused(transaction.query(ASK, &parameters).await), &[]));
        drop(transaction);
        let transaction = within(&mut app, b.id).await;
        let update = "UPDATE awgp.approvals SET approver_ids = $1 WHERE status = 'pending'";
        assert_refused(transaction.execute(update, &[list]).await, "23503", "unknown_reference");
    }
    assert!(told.iter().all(|words| *words == told[0]), "one text for every list: {told:?}");
    for list in [vec![], vec![own], vec![own, own, b.user("viewer")]] {
        let transaction = within(&mut app, b.id).await;
        transaction.query(ASK, &[&b.work_item, &own, &list]).await.expect("own users may be listed");
        let update = "UPDATE awgp.approvals SET approver_ids = $1 WHERE status = 'pending'";
        transaction.execute(update, &[&list]).await.expect("own users may be listed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_approver_is_not_deleted_and_not_renumbered() {
    let stage = Stage::set().await;
    let b = &stage.group.other;
    let mut app = stage.database.app().await;
    let (listed, free) = (b.user("super_admin"), b.user("viewer"));
    let transaction = within(&mut app, b.id).await;
    transaction.query(ASK, &[&b.work_item, &b.user("admin"), &vec![listed]]).await.expect("a request");
    transaction.commit().await.expect("it is committed");
    for sql in
        ["DELETE FROM awgp.users WHERE id = $1", "UPDATE awgp.users SET id = gen_random_uuid() WHERE id = $1"]
    {
        let transaction = within(&mut app, b.id).await;
        assert_refused(transaction.execute(sql, &[&listed]).await, "23503", "still_referenced");
        drop(transaction);
        let transaction = within(&mut app, b.id).await;
        assert_eq!(transaction.execute(sql, &[&free]).await.expect("nothing names this one"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_deleted_meanwhile_is_not_listed() {
    let stage = Stage::set().await;
    let b = &stage.group.other;
    let (user, item, requester) = (b.user("viewer"), b.work_item, b.user("admin"));
    let (mut deleter, mut asker) = (stage.database.app().await, stage.database.app().await);
    let deletion = within(&mut deleter, b.id).await;
    deletion.execute("DELETE FROM awgp.users WHERE id = $1", &[&user]).await.expect("nothing names this one");
    // The request waits for the deletion, as a foreign key would, and sees it done.
    let request = within(&mut asker, b.id).await;
    let pid: i32 = request.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0);
    let list = vec![user];
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&item, &requester, &list];
    let answered = Cell::new(false);
    let (result, ()) = tokio::join!(
        async {
            let result = request.query(ASK, &parameters).await;
            answered.set(true);
            result
        },
        async {
            let waits = "SELECT cardinality(pg_blocking_pids($1)) > 0";
            let blocked = async || -> bool {
                stage.superuser.query_one(waits, &[&pid]).await.expect("the lock table").get(0)
            };
            while !answered.get() && !blocked().await {
                tokio::task::yield_now().await;
            }
            deletion.commit().await.expect("the deletion commits");
        }
    );
    assert_refused(result, "23503", "unknown_reference");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_unique_keys_tell_only_that_a_key_is_taken() {
    let stage = Stage::set().await;
    let (a, b) = (&stage.group.north, &stage.group.other);
    let mut app = stage.database.app().await;
    let inserts = [
        format!(
            "INSERT INTO awgp.users (email, role, keycloak_id) VALUES ('x@b.example', 'viewer', 'kc-{}')",
            a.user("admin")
        ),
        format!(
            "INSERT INTO awgp.users (id, email, role) VALUES ('{}', 'x@b.example', 'viewer')",
            a.user("admin")
        ),
        format!(
            "INSERT INTO awgp.work_items (id, assistant_id, title) VALUES ('{}', '{}', 't')",
            a.work_item, b.assistant
        ),
    ];
    for sql in inserts {
        let transaction = within(&mut app, b.id).await;
        let refused = refused(transaction.execute(&sql, &[]).await);
        assert_eq!((refused.code.as_str(), refused.detail.as_str()), ("23505", ""), "{sql}: {refused:?}");
        assert!(!format!("{refused:?}").contains(&a.id.to_string()), "{refused:?}");
    }
    // An e-mail address is unique in its tenant alone, and tells nothing.
    let transaction = within(&mut app, b.id).await;
    let sql = "INSERT INTO awgp.users (email, role) VALUES ('admin@north.example', 'viewer')";
    assert_eq!(transaction.execute(sql, &[]).await.expect("free in this tenant"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_inactive_and_foreign_are_one_answer() {
    let stage = Stage::set().await;
    let (a, b) = (&stage.group.north, &stage.group.other);
    let app = stage.database.app().await;
    let answer = async |sql: String| words(&refused(app.simple_query(&sql).await), &[]);
    let nobody = Uuid::from_u128(77);
    for (one, two) in [
        (
            format!("SELECT awgp.set_context('{nobody}')"),
            format!("SELECT awgp.set_context('{}')", stage.group.inactive.id),
        ),
        ("SELECT awgp.find_tenant('no-such')".to_owned(), "SELECT awgp.find_tenant('inactive')".to_owned()),
        (
            format!("SELECT awgp.set_context('{}', '{nobody}')", b.id),
            format!("SELECT awgp.set_context('{}', '{}')", b.id, a.user("admin")),
        ),
        (
            format!("SELECT awgp.set_context('{}', NULL, '{nobody}')", b.id),
            format!("SELECT awgp.set_context('{}', NULL, '{}')", b.id, a.assistant),
        ),
        (
            format!("SELECT awgp.set_context('{}'); SELECT awgp.find_user('{nobody}')", b.id),
            format!("SELECT awgp.set_context('{}'); SELECT awgp.find_user('admin@north.example')", b.id),
        ),
    ] {
        assert_eq!(answer(one.clone()).await, answer(two.clone()).await, "{one} and {two}");
    }
}
