//! What the structure has and the database lacks: the doctor finds it, and its hints make it again.

use crate::doctor::{Case, case};
use awgp_tests::Database;
use awgp_tests::catalog::findings;
use tokio_postgres::Client;

/// Something about this month's partition, whose name stands for %I.
macro_rules! this_month {
    ($statement:literal) => {
        concat!(
            "DO $$ BEGIN EXECUTE replace('",
            $statement,
            "', '%I', to_char(now() AT TIME ZONE 'UTC', '\"audit_logs_\"YYYY_MM')); END $$"
        )
    };
}

pub const CASES: &[Case] = &[
    case("table_gone", "error", "DROP TABLE awgp.message_windows CASCADE", "awgp.message_windows"),
    case("column_gone", "error", "ALTER TABLE awgp.users DROP COLUMN first_name CASCADE", "awgp.users"),
    case("column_gone", "error", "ALTER TABLE awgp.users ALTER COLUMN email DROP NOT NULL", "awgp.users"),
    case("column_gone", "error", "ALTER TABLE awgp.users ALTER COLUMN created_at DROP DEFAULT", "awgp.users"),
    case("key_gone", "error", this_month!("DROP INDEX awgp.%I_chain_key"), "awgp.audit_logs_"),
    case("key_gone", "error", "DROP INDEX awgp.audit_logs_default_chain_key", "awgp.audit_logs_default"),
    case("key_gone", "error", "ALTER TABLE awgp.users DROP CONSTRAINT users_pkey CASCADE", "awgp.users"),
    case(
        "key_gone",
        "error",
        "ALTER TABLE awgp.work_items DROP CONSTRAINT work_items_status_check",
        "awgp.work_items",
    ),
    case(
        "key_gone",
        "error",
        "ALTER TABLE awgp.users DROP CONSTRAINT users_tenant_id_fkey;
         ALTER TABLE awgp.users ADD CONSTRAINT users_tenant_id_fkey
             FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT NOT VALID",
        "awgp.users",
    ),
    case(
        "key_gone",
        "error",
        "SET LOCAL allow_system_table_mods = on;
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'awgp.idx_approvals_one_open'::regclass",
        "awgp.approvals",
    ),
    case(
        "key_gone",
        "error",
        "DROP INDEX awgp.idx_approvals_one_open; CREATE INDEX idx_approvals_one_open ON awgp.approvals (tenant_id)",
        "awgp.approvals",
    ),
    case("index_gone", "warning", "DROP INDEX awgp.idx_approvals_open", "awgp.approvals"),
    case("index_gone", "warning", "DROP INDEX awgp.idx_audit_logs_entity", "awgp.audit_logs"),
    case(
        "index_gone",
        "warning",
        "SET LOCAL allow_system_table_mods = on;
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'awgp.idx_approvals_open'::regclass",
        "awgp.approvals",
    ),
    case(
        "index_gone",
        "warning",
        "SET LOCAL allow_system_table_mods = on;
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'awgp.idx_audit_logs_entity'::regclass",
        "awgp.audit_logs",
    ),
    case(
        "index_gone",
        "warning",
        "SET LOCAL allow_system_table_mods = on; CREATE INDEX half_made ON awgp.users (last_name);
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'awgp.half_made'::regclass",
        "awgp.users",
    ),
    case("object_gone", "error", "DROP VIEW awgp.approval_queue", "awgp.approval_queue"),
    case("object_gone", "error", "DROP FUNCTION awgp.approve CASCADE", "awgp.approve"),
    case(
        "maintenance_overdue",
        "warning",
        "UPDATE awgp.installation SET installed_at = now() - interval '3 days'",
        "awgp.maintenance_steps",
    ),
    case("autovacuum_off", "warning", "ALTER TABLE awgp.users SET (autovacuum_enabled = off)", "awgp.users"),
];

/// Every constraint and index of AWGP's tables, each with its definition. Those of partitions are their
/// parent's, but for the keys of lanes.
async fn shape(client: &Client) -> Vec<String> {
    let sql = "SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(pg_constraint.oid)) || conname
               FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
               WHERE pg_constraint.connamespace = 'awgp'::regnamespace AND NOT relispartition AND contype <> 'n'
               UNION ALL
               SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
               WHERE relnamespace = 'awgp'::regnamespace AND NOT relispartition
               UNION ALL
               SELECT format('%s.%s', attrelid::regclass, attname) || attnotnull
                      || COALESCE(pg_get_expr(adbin, adrelid), '')
               FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
               LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                 AND attnum > 0 AND NOT attisdropped
               ORDER BY 1";
    client.query(sql, &[]).await.expect("the catalog is readable").iter().map(|row| row.get(0)).collect()
}

/// Drops every constraint, index, default and NOT NULL that AWGP's tables have, but for partitions' own.
const DROP_ALL: &str = "DO $$ DECLARE gone text; BEGIN
    FOR gone IN SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
                FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
                WHERE connamespace = 'awgp'::regnamespace AND NOT relispartition AND contype IN ('f', 'c', 'u', 'p', 'x')
                ORDER BY contype <> 'f', conname LOOP
        EXECUTE gone;
    END LOOP;
    FOR gone IN SELECT format('DROP INDEX %s', indexrelid::regclass)
                FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE relnamespace = 'awgp'::regnamespace AND NOT relispartition LOOP
        EXECUTE gone;
    END LOOP;
    FOR gone IN SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', attrelid::regclass, attname)
                FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                  AND attnum > 0 AND attnotnull LOOP
        EXECUTE gone;
    END LOOP;
    FOR gone IN SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', attrelid::regclass, attname)
                FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                  AND atthasdef AND NOT attisdropped AND atttypid NOT IN ('bigint'::regtype, 'integer'::regtype) LOOP
        EXECUTE gone;
    END LOOP;
END $$";

#[tokio::test]
async fn every_key_index_and_default_that_is_gone_is_found_and_made_again_as_it_was() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let before = shape(&superuser).await;
    assert!(before.len() > 800, "{}", before.len());
    superuser.batch_execute(DROP_ALL).await.expect("a superuser may");
    let found = findings(&superuser).await;
    let of = |code: &str| found.iter().filter(|finding| finding.0 == code).count();
    assert!(of("key_gone") > 290 && of("index_gone") > 60 && of("column_gone") > 290, "{}", found.len());
    for (code, _, object, hint) in &found {
        superuser
            .batch_execute(hint)
            .await
            .unwrap_or_else(|error| panic!("{code} of {object}: {hint}: {error:?}"));
    }
    let left = findings(&superuser).await;
    assert!(left.is_empty(), "{left:#?}");
    let after = shape(&superuser).await;
    let other: Vec<&String> = before.iter().filter(|part| !after.contains(part)).collect();
    assert!(other.is_empty(), "{other:#?}");
    assert_eq!(before.len(), after.len());
}

#[tokio::test]
async fn an_index_of_an_application_on_a_table_of_awgp_is_no_finding() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute("CREATE INDEX own ON awgp.users (last_name); ALTER TABLE awgp.users ADD COLUMN own text DEFAULT 'x' NOT NULL")
        .await
        .expect("a superuser may");
    let found = findings(&superuser).await;
    assert!(found.is_empty(), "{found:?}");
}
