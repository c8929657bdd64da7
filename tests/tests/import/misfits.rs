//! What does not fit is listed by table, row, column and rule, and nothing is imported.

use super::{ROWS, import, number, run, with_seed};
use awgp_tests::{Database, assert_refused, refused, seed};
use std::collections::BTreeSet;

const MISFITS: &str = include_str!("misfits.sql");

/// Table, row, column, rule.
const EXPECTED: &[(&str, &str, &str, &str)] = &[
    ("tenants", "1b000000-0000-4000-8000-000000000001", "slug", "check_violation"),
    ("tenants", "1b000000-0000-4000-8000-000000000002", "parent_tenant_id", "parent_not_holding"),
    ("tenants", "1b000000-0000-4000-8000-000000000003", "settings", "invalid_setting"),
    ("tenants", "1b000000-0000-4000-8000-000000000004", "is_active", "null"),
    ("tenants", "1b000000-0000-4000-8000-000000000004", "quota_max_users", "quota_exceeded"),
    ("tenants", "1b000000-0000-4000-8000-000000000004", "quota_max_assistants", "quota_exceeded"),
    ("tenants", "1b000000-0000-4000-8000-000000000005", "parent_tenant_id", "tenant_cycle"),
    ("users", "20000000-0000-4000-8000-000000000002", "email", "duplicate"),
    ("users", "2b000000-0000-4000-8000-000000000001", "email", "duplicate"),
    ("users", "2b000000-0000-4000-8000-000000000002", "email", "check_violation"),
    ("assistants", "3b000000-0000-4000-8000-000000000001", "description", "too_large"),
    ("assistants", "3b000000-0000-4000-8000-000000000002", "created_by", "foreign_reference"),
    ("assistant_templates", "3c000000-0000-4000-8000-000000000001", "type", "check_violation"),
    ("work_items", "4b000000-0000-4000-8000-000000000001", "title", "check_violation"),
    ("work_items", "4b000000-0000-4000-8000-000000000002", "assistant_id", "foreign_reference"),
    ("work_items", "4b000000-0000-4000-8000-000000000002", "created_at", "out_of_range"),
    ("approvals", "50000000-0000-4000-8000-000000000001", "work_item_id", "duplicate"),
    ("approvals", "5b000000-0000-4000-8000-000000000001", "work_item_id", "duplicate"),
    ("approvals", "5b000000-0000-4000-8000-000000000002", "approver_ids", "unknown_reference"),
    ("approvals", "5b000000-0000-4000-8000-000000000003", "approved_at", "check_violation"),
    ("approval_delegations", "5c000000-0000-4000-8000-000000000001", "risk_levels", "check_violation"),
    ("approval_delegations", "5c000000-0000-4000-8000-000000000001", "ends_at", "check_violation"),
    ("communication_policies", "6b000000-0000-4000-8000-000000000001", "content_rules", "invalid_policy"),
    ("provider_credit_pools", "7b000000-0000-4000-8000-000000000001", "current_balance", "check_violation"),
    ("cost_transactions", "8b000000-0000-4000-8000-000000000001", "cost_amount", "check_violation"),
    ("cost_transactions", "8b000000-0000-4000-8000-000000000002", "created_at", "out_of_range"),
    ("conversation_logs", "9b000000-0000-4000-8000-000000000001", "assistant_id", "unknown_reference"),
    ("conversation_logs", "9b000000-0000-4000-8000-000000000002", "messages", "messages_invalid"),
    ("conversation_logs", "9b000000-0000-4000-8000-000000000003", "work_item_id", "other_assistant"),
    ("hallucination_flags", "ab000000-0000-4000-8000-000000000001", "reviewed_at", "check_violation"),
    ("audit_logs", "1001", "timestamp", "out_of_range"),
    ("audit_logs", "1001", "action", "out_of_range"),
    ("audit_logs", "1001", "id", "duplicate"),
];

#[tokio::test]
async fn what_does_not_fit_is_listed_row_by_row_with_its_rule() {
    let (_database, superuser) = with_seed(MISFITS).await;
    let before = seed::contents(&superuser, "awgp").await;
    let report = run(&superuser, "awgp.import_seed('app')").await.expect("it reports");
    let found: BTreeSet<(&str, &str, &str, &str)> = report
        .iter()
        .filter(|line| line.severity == "error")
        .map(|line| {
            let (row, column) = (line.row.as_deref(), line.column.as_deref());
            (line.table.as_str(), row.unwrap_or_default(), column.unwrap_or_default(), line.reason.as_str())
        })
        .collect();
    let expected: BTreeSet<_> = EXPECTED.iter().copied().collect();
    let (missing, more) = (expected.difference(&found), found.difference(&expected));
    let (missing, more): (Vec<_>, Vec<_>) = (missing.collect(), more.collect());
    assert!(missing.is_empty() && more.is_empty(), "not found: {missing:#?}\nfound too: {more:#?}");

    let refused = refused(run(&superuser, "awgp.import_seed('app', false)").await);
    assert_eq!(
        (refused.code.as_str(), refused.reason.as_deref()),
        ("23514", Some("seed_misfits")),
        "{refused:?}"
    );
    let facts: serde_json::Value = serde_json::from_str(&refused.detail).expect("JSON");
    assert_eq!(facts["table"], "tenants");
    assert_eq!(seed::contents(&superuser, "awgp").await, before);
}

#[tokio::test]
async fn a_sample_is_bounded_and_the_count_is_whole() {
    let many = "INSERT INTO conversation_logs (tenant_id, assistant_id, channel, messages)
                SELECT '10000000-0000-4000-8000-000000000002', gen_random_uuid(), 'slack', '[]' FROM generate_series(1, 50);";
    let (_database, superuser) = with_seed(many).await;
    let report = run(&superuser, "awgp.import_seed('app', true, 3)").await.expect("it reports");
    let orphans: Vec<i64> =
        report.iter().filter(|line| line.reason == "unknown_reference").map(|line| line.rows).collect();
    assert_eq!(orphans, [50, 50, 50]);
    let report = run(&superuser, "awgp.import_seed('app', true, 0)").await.expect("it reports");
    let orphans: Vec<_> = report.iter().filter(|line| line.reason == "unknown_reference").collect();
    assert_eq!((orphans.len(), orphans[0].rows, orphans[0].row.as_deref()), (1, 50, None));
}

#[tokio::test]
async fn what_awgp_has_already_is_listed() {
    let (database, superuser) = with_seed("").await;
    let admin = database.admin().await;
    admin.execute("SELECT awgp.create_tenant('Other', 'north')", &[]).await.expect("another tenant");
    superuser
        .batch_execute(
            "INSERT INTO awgp.tenants (id, name, slug, type)
             VALUES ('10000000-0000-4000-8000-000000000003', 'Same id', 'same-id', 'subsidiary')",
        )
        .await
        .expect("a tenant with an id of the application's");
    let report = run(&superuser, "awgp.import_seed('app')").await.expect("it reports");
    let taken: BTreeSet<(&str, &str)> = report
        .iter()
        .filter(|line| line.reason == "taken")
        .map(|line| (line.row.as_deref().unwrap_or_default(), line.column.as_deref().unwrap_or_default()))
        .collect();
    let expected =
        [("10000000-0000-4000-8000-000000000002", "slug"), ("10000000-0000-4000-8000-000000000003", "id")];
    assert_eq!(taken, BTreeSet::from(expected));
}

#[tokio::test]
async fn columns_that_cannot_be_read_are_listed() {
    let more = "ALTER TABLE users DROP COLUMN first_name;
                ALTER TABLE work_items ALTER COLUMN result TYPE text;
                ALTER TABLE hallucination_flags ALTER COLUMN work_item_id TYPE text;
                UPDATE hallucination_flags SET work_item_id = 'W-17' WHERE status = 'pending';";
    let (_database, superuser) = with_seed(more).await;
    let report = run(&superuser, "awgp.import_seed('app')").await.expect("it reports");
    let errors: BTreeSet<(&str, &str, &str)> = report
        .iter()
        .filter(|line| line.severity == "error")
        .map(|line| (line.table.as_str(), line.column.as_deref().unwrap_or_default(), line.reason.as_str()))
        .collect();
    let expected = [
        ("users", "first_name", "column_missing"),
        ("work_items", "result", "column_type"),
        ("hallucination_flags", "work_item_id", "unreadable"),
    ];
    assert_eq!(errors, BTreeSet::from(expected));
    assert_refused(run(&superuser, "awgp.import_seed('app', false)").await, "23514", "seed_misfits");
}

#[tokio::test]
async fn a_schema_of_views_corrects_what_does_not_fit() {
    let (_database, superuser) =
        with_seed("UPDATE users SET email = 'nowhere' WHERE first_name = 'Oz';").await;
    assert_refused(run(&superuser, "awgp.import_seed('app', false)").await, "23514", "seed_misfits");
    let tables = "SELECT string_agg(format('CREATE VIEW mended.%I AS TABLE app.%I;', relname, relname), '')
                  FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p')
                    AND NOT relispartition AND relname <> 'users'";
    let views: String = superuser.query_one(tables, &[]).await.expect("the tables").get(0);
    let users = "CREATE VIEW mended.users AS
                 SELECT id, tenant_id, keycloak_id, replace(email, 'nowhere', 'oz@north.example') AS email, first_name,
                        last_name, role, is_active, last_login_at, created_at, updated_at FROM app.users;";
    superuser.batch_execute(&format!("CREATE SCHEMA mended; {views} {users}")).await.expect("views");
    run(&superuser, "awgp.import_seed('mended', false)").await.expect("all fits");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.users").await, 5);
}

#[tokio::test]
async fn an_empty_application_is_imported_and_leaves_nothing_behind() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    seed::make(&superuser, "").await;
    let report = import(&superuser).await;
    assert!(report.iter().all(|line| line.rows == 0), "{report:#?}");
    assert!(!ROWS.is_empty());
}
