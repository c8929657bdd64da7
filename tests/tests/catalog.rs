//! The installed catalog is the one that was reviewed: `tests/golden/catalog.txt`.
//!
//! `UPDATE_GOLDEN=1` rewrites the file; its difference is then part of the review.

use awgp_tests::Database;
use awgp_tests::catalog::{assert_same_lines, comments, snapshot};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/catalog.txt")
}

#[tokio::test]
async fn a_fresh_installation_has_the_reviewed_catalog() {
    let database = Database::new().await;
    let lines = snapshot(&database.superuser().await).await;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden(), lines.join("\n") + "\n").expect("the golden file can be written");
    }
    let text = std::fs::read_to_string(golden()).expect("the golden file is there");
    let reviewed: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_same_lines(&reviewed, &lines);
    assert_eq!(reviewed, lines, "same lines, same order: write the file with UPDATE_GOLDEN=1");
}

#[tokio::test]
async fn every_object_has_a_comment() {
    let database = Database::new().await;
    let comments = comments(&database.superuser().await).await;
    assert!(comments.iter().any(|(object, _)| object.starts_with("column ")), "columns are looked at");
    let without: Vec<_> = comments.iter().filter(|(_, comment)| comment.is_empty()).collect();
    assert!(without.is_empty(), "without a comment: {without:#?}");
}

/// Views that show columns of a table under the same name, with that table.
const SHOWN: [(&str, &str); 16] = [
    ("approval_details", "approvals"),
    ("approval_queue", "approvals"),
    ("assistant_list", "assistants"),
    ("assistant_work", "assistants"),
    ("trail_list", "audit_logs"),
    ("broken_glass", "approvals"),
    ("budget_history", "budget_periods"),
    ("communication_policy_list", "communication_policies"),
    ("conversation_list", "conversation_logs"),
    ("delegation_list", "approval_delegations"),
    ("hallucination_flag_list", "hallucination_flags"),
    ("identity_provider_list", "identity_providers"),
    ("model_price_list", "model_prices"),
    ("user_list", "users"),
    ("work_item_details", "work_items"),
    ("work_item_list", "work_items"),
];

/// Columns of these views that have the name of a column of the table, and show something else.
const OWN: [(&str, &str); 10] = [
    ("approval_queue", "action"),
    ("approval_queue", "id"),
    ("approval_queue", "requested_by"),
    ("approval_queue", "status"),
    ("budget_history", "limit_amount"),
    ("budget_history", "pool_id"),
    ("budget_history", "tenant_id"),
    ("model_price_list", "cached_price"),
    ("model_price_list", "input_price"),
    ("model_price_list", "output_price"),
];

#[tokio::test]
async fn a_column_that_a_view_shows_has_the_comment_that_it_has_in_its_table() {
    let database = Database::new().await;
    let comments: BTreeMap<String, String> =
        comments(&database.superuser().await).await.into_iter().collect();
    let of = |relation: &str, kind: &str, column: &str| {
        comments.get(&format!("column {column} of {kind} awgp.{relation}"))
    };
    let mut compared = 0;
    let mut differing = Vec::new();
    for (view, table) in SHOWN {
        let suffix = format!(" of view awgp.{view}");
        for column in comments.keys().filter_map(|name| name.strip_prefix("column ")?.strip_suffix(&suffix)) {
            let Some(said) = of(table, "table", column) else { continue };
            compared += 1;
            let same = of(view, "view", column) == Some(said);
            if same == OWN.contains(&(view, column)) {
                differing.push(format!("{view}.{column}"));
            }
        }
    }
    assert!(compared > 100, "{compared}");
    assert!(
        differing.is_empty(),
        "copy the comment of the table, or list the column as its own: {differing:?}"
    );
}

#[tokio::test]
async fn no_object_is_made_outside_of_the_schema() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    // Below FirstNormalObjectId stands what initdb made.
    let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.oid >= 16384 AND n.nspname NOT IN ('awgp', 'pg_toast')
               UNION ALL
               SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE p.oid >= 16384 AND n.nspname <> 'awgp'
               UNION ALL
               SELECT t.typname::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
               WHERE t.oid >= 16384 AND n.nspname NOT IN ('awgp', 'pg_toast')
               UNION ALL SELECT evtname::text FROM pg_event_trigger
               UNION ALL SELECT nspname::text FROM pg_namespace WHERE oid >= 16384 AND nspname <> 'awgp'";
    let rows = superuser.query(sql, &[]).await.expect("the catalogs are readable");
    let outside: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[tokio::test]
async fn every_table_has_forced_row_level_security_and_a_policy() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p')
                 AND NOT (relrowsecurity AND relforcerowsecurity
                          AND (relispartition OR EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)))";
    let rows = superuser.query(sql, &[]).await.expect("pg_class is readable");
    let open: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(open.is_empty(), "{open:?}");
}

#[tokio::test]
async fn every_definer_function_pins_its_search_path_and_is_closed_to_public() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT oid::regprocedure::text FROM pg_proc
               WHERE pronamespace = 'awgp'::regnamespace AND prosecdef
                 AND (NOT COALESCE(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)
                      OR proacl IS NULL
                      OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))";
    let rows = superuser.query(sql, &[]).await.expect("pg_proc is readable");
    let open: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(open.is_empty(), "{open:?}");
}
