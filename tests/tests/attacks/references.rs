//! Every reference of the catalog, pointed into another tenant.

use super::oracles::words;
use super::stage::Stage;
use awgp_tests::fixture::within;
use awgp_tests::refused;
use awgp_tests::rows::{Table, copy_of, insert_copy, tables};
use serde_json::Value;
use tokio_postgres::{Error, Row, Transaction};
use uuid::Uuid;

/// A column of a tenant table that refers to a row of a tenant, or to a tenant other than its own.
struct Reference {
    table: String,
    column: String,
    target: String,
}

async fn references(stage: &Stage) -> Vec<Reference> {
    let sql = "
        SELECT conrelid::regclass::text, it.attname::text, confrelid::regclass::text
        FROM pg_constraint
        JOIN pg_attribute AS id ON id.attrelid = confrelid AND id.attname = 'id'
        JOIN pg_attribute AS it ON it.attrelid = conrelid
                               AND it.attnum = conkey[array_position(confkey, id.attnum)]
        WHERE contype = 'f' AND connamespace = 'awgp'::regnamespace AND it.attname <> 'tenant_id'
          AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'tenant_id')
          AND (confrelid = 'awgp.tenants'::regclass
               OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'tenant_id'))
        ORDER BY 1, 2";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let name = |text: String| text.trim_start_matches("awgp.").to_owned();
    rows.iter()
        .map(|row| Reference { table: name(row.get(0)), column: row.get(1), target: name(row.get(2)) })
        .collect()
}

async fn id_in(stage: &Stage, table: &str, tenant: Uuid) -> Uuid {
    if table == "tenants" {
        return tenant;
    }
    let sql = format!("SELECT id FROM awgp.{table} WHERE tenant_id = $1 LIMIT 1");
    stage.superuser.query_one(&sql, &[&tenant]).await.expect("every tenant has a row").get(0)
}

/// What comes of an id that is not the tenant's own, by INSERT and by UPDATE of the column
/// alone, where it is not a foreign key that refuses it both times (23503). A column that is
/// missing here, or need not be here, fails the test.
const OTHERWISE: &[(&str, &[&str], &str, &str)] = &[
    // Written by AWGP's functions alone: an application has no grant, or the trigger refuses it.
    (
        "approval_decisions",
        &["approval_id", "approver_id", "delegation_id", "on_behalf_of"],
        "42501",
        "42501",
    ),
    ("budget_alerts", &["period_id", "transaction_id"], "42501", "42501"),
    ("budget_periods", &["assistant_id", "pool_id"], "42501", "42501"),
    ("stops", &["assistant_id"], "42501", "42501"),
    ("conversation_search", &["conversation_log_id"], "42501", "42501"),
    (
        "governed_actions",
        &["approval_id", "assistant_id", "cost_transaction_id", "reservation_id", "work_item_id"],
        "42501",
        "42501",
    ),
    ("message_sends", &["window_id"], "42501", "42501"),
    // Entries of the ledger: written once.
    (
        "cost_transactions",
        &["assistant_id", "holding_id", "pool_id", "reservation_id", "reverses_id", "work_item_id"],
        "23503",
        "42501",
    ),
    ("credit_reservations", &["assistant_id", "holding_id", "pool_id", "work_item_id"], "23503", "42501"),
    // What was asked, given or said does not change, whatever it is to change to.
    ("approvals", &["requested_by", "work_item_id"], "23503", "55000"),
    ("approval_delegations", &["delegate_id", "delegator_id"], "23503", "55000"),
    ("conversation_logs", &["assistant_id", "work_item_id"], "23503", "55000"),
    ("hallucination_flags", &["assistant_id", "conversation_log_id", "work_item_id"], "23503", "55000"),
    // Who did it is the machine's to say.
    ("approvals", &["approved_by"], "kept", "kept"),
    ("conversation_logs", &["erased_by"], "kept", "kept"),
    ("hallucination_flags", &["reviewed_by"], "kept", "kept"),
];

/// Tables whose trigger asks that the work item is the assistant's; it would answer
/// before the key of the assistant can.
const OF_ONE_ASSISTANT: [&str; 2] = ["conversation_logs", "hallucination_flags"];

/// A copy of B's row whose column names `id`, and nothing else that has to fit it.
async fn pointed(stage: &Stage, table: &Table, column: &str, id: Uuid) -> Value {
    let mut row = copy_of(&stage.superuser, table, stage.group.other.id, 1).await;
    if column == "assistant_id" && OF_ONE_ASSISTANT.contains(&table.name.as_str()) {
        row["work_item_id"] = Value::Null;
    }
    row[column] = id.to_string().into();
    row
}

/// Tries to write `row` as B, by INSERT, and the column alone, by UPDATE. Each is refused, or leaves nothing
/// of what the caller gave; with what it tells beside the code.
async fn attempts(stage: &Stage, table: &Table, row: &Value, column: &str) -> [(String, String); 2] {
    let mut app = stage.database.app().await;
    let transaction = within(&mut app, stage.group.other.id).await;
    let inserted = transaction.query(&insert_copy(table), &[row]).await;
    let inserted = outcome(&transaction, table, column, row, inserted).await;
    drop(transaction);
    let transaction = within(&mut app, stage.group.other.id).await;
    let sql = format!(
        "UPDATE awgp.{0} SET {column} = (jsonb_populate_record(NULL::awgp.{0}, $1)).{column} RETURNING true",
        table.name
    );
    let updated = transaction.query(&sql, &[row]).await;
    [inserted, outcome(&transaction, table, column, row, updated).await]
}

async fn outcome(
    transaction: &Transaction<'_>,
    table: &Table,
    column: &str,
    row: &Value,
    answer: Result<Vec<Row>, Error>,
) -> (String, String) {
    let Ok(written) = answer else {
        let refused = refused(answer);
        return (refused.code.clone(), words(&refused, &[]));
    };
    assert!(!written.is_empty(), "{}.{column}: no row was tried", table.name);
    let sql = format!("SELECT count(*) FROM awgp.{} WHERE {column}::text = $1", table.name);
    let given = row[column].as_str().expect("an id");
    let taken: i64 = transaction.query_one(&sql, &[&given]).await.expect("it is read").get(0);
    assert_eq!(taken, 0, "{}.{column} names what the caller gave", table.name);
    ("kept".to_owned(), String::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reference_of_the_catalog_reaches_another_tenant_and_errors_do_not_tell_foreign_from_nonexistent()
{
    let stage = Stage::set().await;
    let (a, b) = (stage.group.north.id, stage.group.other.id);
    let tables = tables(&stage.superuser).await;
    let references = references(&stage).await;
    let mut otherwise = Vec::new();
    for Reference { table: name, column, target } in &references {
        let table = tables.iter().find(|table| table.name == *name).expect("a table of the schema");
        let (foreign, nonexistent) = (id_in(&stage, target, a).await, Uuid::from_u128(77));
        let mut told = Vec::new();
        for id in [foreign, nonexistent] {
            let row = pointed(&stage, table, column, id).await;
            let own: Uuid = row["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
            let without =
                |text: String| [id, own, b].iter().fold(text, |text, id| text.replace(&id.to_string(), "?"));
            told.push(attempts(&stage, table, &row, column).await.map(|(code, text)| (code, without(text))));
        }
        assert_eq!(told[0], told[1], "{name}.{column} tells a foreign id from one that does not exist");
        let [(inserted, _), (updated, _)] = &told[0];
        if (inserted.as_str(), updated.as_str()) != ("23503", "23503") {
            otherwise.push(format!("{name}.{column} {inserted} {updated}"));
        }
    }
    let mut expected: Vec<String> = OTHERWISE
        .iter()
        .flat_map(|(table, columns, inserted, updated)| {
            columns.iter().map(move |column| format!("{table}.{column} {inserted} {updated}"))
        })
        .collect();
    otherwise.sort();
    expected.sort();
    assert_eq!(otherwise, expected);
    assert!(references.len() >= expected.len() + 3, "the schema's references: {}", references.len());
}

/// Columns of uuid that no key holds to a row that is there.
const NO_REFERENCE: &[&str] = &[
    // The trail outlives what it names, the tenant included; and the installation's own chain has no tenant.
    "audit_adopted_lanes.install_id",
    "audit_adopted_lanes.previous_id",
    "audit_adopted_lanes.tenant_id",
    "audit_chain_anchors.tenant_id",
    "audit_checkpoints.tenant_id",
    "audit_erasable_values.tenant_id",
    "audit_logs.actor_id",
    "audit_logs.entity_id",
    "audit_logs.tenant_id",
    "audit_tree_tiles.tenant_id",
    // A counter, which goes with its policy or when its hour is over (messages::policies, messages::limits):
    // with a key it would keep the assistants of the last hour's messages from being deleted.
    "message_windows.from_assistant_id",
    "message_windows.policy_id",
    "message_windows.to_assistant_id",
    // A row of one of several tables; a notice outlives what it names.
    "outbox.entity_id",
    // A user of the tenant or of the holding above it; a stop outlives whoever made or lifted it.
    "stops.resumed_by",
    "stops.stopped_by",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_names_a_row_is_a_reference() {
    let stage = Stage::set().await;
    // A key of one column will do where what it names belongs to no tenant; else it holds the tenant too.
    let sql = "
        SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND atttypid IN ('uuid'::regtype, 'uuid[]'::regtype) AND attname <> 'id' AND NOT attisdropped
          AND EXISTS (SELECT FROM pg_attribute AS own WHERE own.attrelid = pg_class.oid AND own.attname = 'tenant_id')
          AND NOT EXISTS (
              SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'f' AND attnum = ANY (conkey)
                AND (cardinality(conkey) >= 2 OR NOT EXISTS (
                        SELECT FROM pg_attribute AS far WHERE far.attrelid = confrelid AND far.attname = 'tenant_id')))
          AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = attrelid AND tgfoid = 'awgp.guard_user_array'::regproc
                          AND position(convert_to(attname::text, 'UTF8') IN tgargs) > 0)
        ORDER BY 1";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let bare: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(bare, NO_REFERENCE, "columns that name rows and are not checked");
}
