//! Every finding of the doctor, produced on purpose, and gone after its hint was executed.
//!
//! Each case runs in a transaction that is rolled back, because roles belong to the whole server.

use crate::{crash, doctor_shape, doctor_state, doctor_vacuum};
use awgp_tests::catalog::findings;
use awgp_tests::{Database, Login, assert_sqlstate};
use std::collections::BTreeSet;
use std::path::PathBuf;

pub struct Case {
    code: &'static str,
    severity: &'static str,
    /// What brings the finding about.
    damage: &'static str,
    /// The object that the finding names; a month where it ends with an underscore.
    object: &'static str,
}

pub const fn case(
    code: &'static str,
    severity: &'static str,
    damage: &'static str,
    object: &'static str,
) -> Case {
    Case { code, severity, damage, object }
}

/// Drops the partition of the current month, and grants on it, under the name it has today.
const DROP_THIS_MONTH: &str = "DO $$ BEGIN EXECUTE format('DROP TABLE awgp.%I',
    to_char(now() AT TIME ZONE 'UTC', '\"audit_logs_\"YYYY_MM')); END $$";
const DROP_NEXT_MONTH: &str = "DO $$ BEGIN EXECUTE format('DROP TABLE awgp.%I',
    to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', '\"audit_logs_\"YYYY_MM')); END $$";
const GRANT_THIS_MONTH: &str = "DO $$ BEGIN EXECUTE format('GRANT SELECT ON awgp.%I TO awgp_app',
    to_char(now() AT TIME ZONE 'UTC', '\"audit_logs_\"YYYY_MM')); END $$";

/// Something about next month's partition, whose name stands for %I.
macro_rules! next_month {
    ($statement:literal) => {
        concat!(
            "DO $$ BEGIN EXECUTE replace('",
            $statement,
            "', '%I', to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month',
                              '\"audit_logs_\"YYYY_MM')); END $$"
        )
    };
}

const CASES: &[Case] = &[
    case("migration_due", "error", "DELETE FROM awgp.schema_migrations", "schema awgp"),
    case(
        "migration_due",
        "error",
        "UPDATE awgp.schema_migrations SET checksum = 'old' WHERE kind = 'script'",
        "schema awgp",
    ),
    case("rls_disabled", "error", "ALTER TABLE awgp.users DISABLE ROW LEVEL SECURITY", "awgp.users"),
    case(
        "rls_disabled",
        "error",
        "ALTER TABLE awgp.audit_logs_default DISABLE ROW LEVEL SECURITY",
        "awgp.audit_logs_default",
    ),
    case("rls_disabled", "error", "CREATE TABLE awgp.extra (id uuid)", "awgp.extra"),
    case(
        "private_key",
        "error",
        "ALTER ROLE awgp_app SET app.signing_key = 'PRIVATE+KEY+a+00000000+x'",
        "setting of ROLE awgp_app",
    ),
    case(
        "private_key",
        "error",
        "CREATE FUNCTION awgp.key() RETURNS text LANGUAGE sql AS $$SELECT 'PRIVATE+KEY+a+00000000+x'$$",
        "function awgp.key()",
    ),
    case("rls_not_forced", "error", "ALTER TABLE awgp.users NO FORCE ROW LEVEL SECURITY", "awgp.users"),
    case(
        "rls_not_forced",
        "error",
        "ALTER TABLE awgp.audit_logs_default NO FORCE ROW LEVEL SECURITY",
        "awgp.audit_logs_default",
    ),
    case(
        "policy_missing",
        "error",
        "DROP POLICY tenant_isolation_assistants ON awgp.assistants;
         DROP POLICY holding_company_access ON awgp.assistants",
        "awgp.assistants",
    ),
    case(
        "partition_grant",
        "error",
        "GRANT SELECT, UPDATE ON awgp.audit_logs_default TO awgp_auditor",
        "awgp.audit_logs_default",
    ),
    case(
        "partition_grant",
        "error",
        "GRANT SELECT ON awgp.audit_logs_default TO PUBLIC",
        "awgp.audit_logs_default",
    ),
    case(
        "partition_grant",
        "error",
        "GRANT SELECT (tenant_id) ON awgp.audit_logs_default TO awgp_app",
        "awgp.audit_logs_default",
    ),
    case("partition_grant", "error", GRANT_THIS_MONTH, "awgp.audit_logs_"),
    case("public_grant", "error", "GRANT USAGE ON SCHEMA awgp TO PUBLIC", "SCHEMA awgp"),
    case("public_grant", "error", "GRANT SELECT ON awgp.users TO PUBLIC", "TABLE awgp.users"),
    case("public_grant", "error", "GRANT SELECT (email) ON awgp.users TO PUBLIC", "TABLE awgp.users"),
    case(
        "public_grant",
        "error",
        "GRANT USAGE ON SEQUENCE awgp.audit_logs_id_seq TO PUBLIC",
        "SEQUENCE awgp.audit_logs_id_seq",
    ),
    case(
        "public_grant",
        "error",
        "GRANT EXECUTE ON FUNCTION awgp.find_tenant(text) TO PUBLIC",
        "FUNCTION awgp.find_tenant(text)",
    ),
    case(
        "public_grant",
        "error",
        "CREATE FUNCTION awgp.extra() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "FUNCTION awgp.extra()",
    ),
    case("owner", "error", "ALTER TABLE awgp.users OWNER TO awgp_test_nobody", "awgp.users"),
    case(
        "owner",
        "error",
        "GRANT CREATE ON SCHEMA awgp TO awgp_test_nobody;
         ALTER FUNCTION awgp.find_tenant(text) OWNER TO awgp_test_nobody",
        "awgp.find_tenant(text)",
    ),
    case(
        "owner",
        "error",
        "CREATE SEQUENCE awgp.numbers; ALTER SEQUENCE awgp.numbers OWNER TO awgp_test_nobody",
        "awgp.numbers",
    ),
    case(
        "owner",
        "error",
        "CREATE VIEW awgp.extra AS SELECT 1 AS one; ALTER VIEW awgp.extra OWNER TO awgp_test_nobody",
        "awgp.extra",
    ),
    case(
        "trigger_disabled",
        "error",
        "ALTER TABLE awgp.users DISABLE TRIGGER guard_row",
        "trigger guard_row on awgp.users",
    ),
    case(
        "trigger_disabled",
        "error",
        "ALTER TABLE awgp.users ENABLE REPLICA TRIGGER capture",
        "trigger capture on awgp.users",
    ),
    case(
        "trigger_disabled",
        "error",
        "ALTER TABLE awgp.audit_logs ENABLE TRIGGER guard_audit",
        "trigger guard_audit on awgp.audit_logs",
    ),
    case(
        "trigger_disabled",
        "error",
        "ALTER TABLE awgp.audit_logs_default DISABLE TRIGGER ALL",
        "trigger guard_truncate on awgp.audit_logs_default",
    ),
    case("role_missing", "error", "ALTER ROLE awgp_auditor RENAME TO awgp_test_renamed", "awgp_auditor"),
    case(
        "trigger_disabled",
        "error",
        "ALTER TABLE awgp.work_items DISABLE TRIGGER ALL",
        "foreign keys of awgp.work_items",
    ),
    case("trigger_gone", "error", "DROP TRIGGER guard_row ON awgp.users", "awgp.users"),
    case(
        "guard_missing",
        "error",
        "CREATE TABLE awgp.notes (tenant_id uuid); GRANT INSERT ON awgp.notes TO awgp_app",
        "awgp.notes",
    ),
    case("policy_gone", "error", "DROP POLICY tenant_isolation_users ON awgp.users", "awgp.users"),
    case(
        "policy_foreign",
        "error",
        "CREATE POLICY hole ON awgp.users USING (awgp.current_tenant() IS NULL)",
        "awgp.users",
    ),
    case(
        "policy_open",
        "error",
        "ALTER POLICY tenant_isolation_users ON awgp.users USING (true)",
        "awgp.users",
    ),
    case(
        "policy_open",
        "error",
        "ALTER POLICY auditors_select ON awgp.audit_logs TO awgp_auditor, awgp_app",
        "awgp.audit_logs",
    ),
    case(
        "role_bypasses_rls",
        "error",
        "CREATE ROLE awgp_test_boss SUPERUSER IN ROLE awgp_app",
        "role awgp_test_boss",
    ),
    case(
        "role_bypasses_rls",
        "error",
        "CREATE ROLE awgp_test_team IN ROLE awgp_app; CREATE ROLE awgp_test_boss BYPASSRLS IN ROLE awgp_test_team",
        "role awgp_test_boss",
    ),
    case("role_bypasses_rls", "error", "ALTER ROLE awgp_app BYPASSRLS", "role awgp_app"),
    case(
        "role_bypasses_rls",
        "error",
        "CREATE ROLE awgp_test_boss BYPASSRLS; GRANT SELECT ON awgp.users TO awgp_test_boss",
        "role awgp_test_boss",
    ),
    case(
        "role_bypasses_rls",
        "error",
        "CREATE ROLE awgp_test_team; CREATE ROLE awgp_test_boss BYPASSRLS IN ROLE awgp_test_team;
         GRANT SELECT (email) ON awgp.users TO awgp_test_team",
        "role awgp_test_boss",
    ),
    case(
        "role_owns",
        "error",
        "CREATE ROLE awgp_test_boss IN ROLE awgp_app; ALTER TABLE awgp.users OWNER TO awgp_test_boss",
        "awgp.users",
    ),
    case("role_owns", "error", "ALTER FUNCTION awgp.doctor() OWNER TO awgp_maintainer", "awgp.doctor()"),
    case("role_owns", "error", "ALTER SCHEMA awgp OWNER TO awgp_admin", "awgp"),
    case("schema_create", "error", "GRANT CREATE ON SCHEMA awgp TO awgp_app", "schema awgp"),
    case(
        "definer_search_path",
        "error",
        "ALTER FUNCTION awgp.find_tenant(text) RESET ALL",
        "awgp.find_tenant(text)",
    ),
    case(
        "definer_search_path",
        "error",
        "ALTER FUNCTION awgp.find_tenant(text) SET search_path = public, pg_temp",
        "awgp.find_tenant(text)",
    ),
    case(
        "definer_search_path",
        "error",
        "ALTER FUNCTION awgp.find_tenant(text) SET search_path = pg_temp, pg_catalog",
        "awgp.find_tenant(text)",
    ),
    case(
        "definer_search_path",
        "error",
        "ALTER FUNCTION awgp.find_tenant(text) SET search_path = pg_catalog",
        "awgp.find_tenant(text)",
    ),
    case("view_definer", "error", "CREATE VIEW awgp.everybody AS SELECT * FROM awgp.users", "awgp.everybody"),
    case(
        "view_definer",
        "error",
        "CREATE MATERIALIZED VIEW awgp.everybody AS SELECT * FROM awgp.users",
        "awgp.everybody",
    ),
    case(
        "view_definer",
        "error",
        "CREATE SCHEMA shop; CREATE VIEW shop.everybody AS SELECT * FROM awgp.users;
         GRANT SELECT ON shop.everybody TO awgp_app",
        "shop.everybody",
    ),
    case(
        "view_definer",
        "error",
        "CREATE SCHEMA shop; CREATE VIEW shop.inner_one WITH (security_invoker = true) AS SELECT * FROM awgp.users;
         CREATE VIEW shop.everybody AS SELECT email FROM shop.inner_one; GRANT SELECT (email) ON shop.everybody TO PUBLIC",
        "shop.everybody",
    ),
    case(
        "view_definer",
        "error",
        "CREATE SCHEMA shop; CREATE MATERIALIZED VIEW shop.everybody AS SELECT * FROM awgp.users;
         GRANT SELECT ON shop.everybody TO awgp_app, PUBLIC",
        "shop.everybody",
    ),
    case("partition_missing", "warning", DROP_THIS_MONTH, "awgp.audit_logs_"),
    case("partition_missing", "warning", DROP_NEXT_MONTH, "awgp.audit_logs_"),
    case(
        "partition_missing",
        "warning",
        next_month!("ALTER TABLE awgp.audit_logs DETACH PARTITION awgp.%I"),
        "awgp.audit_logs_",
    ),
    case(
        "partition_missing",
        "warning",
        next_month!("DROP TABLE awgp.%I; CREATE VIEW awgp.%I AS SELECT 1 AS one"),
        "awgp.audit_logs_",
    ),
    case(
        "partition_missing",
        "warning",
        next_month!("DROP TABLE awgp.%I; CREATE SEQUENCE awgp.%I"),
        "awgp.audit_logs_",
    ),
    case(
        "partition_missing",
        "warning",
        next_month!("DROP TABLE awgp.%I; CREATE TABLE awgp.%I (id uuid)"),
        "awgp.audit_logs_",
    ),
    case("owner", "error", "ALTER TABLE awgp.audit_logs OWNER TO awgp_test_nobody", "awgp.audit_logs"),
    case("owner", "error", "ALTER TABLE awgp.maintenance_steps OWNER TO awgp_test_nobody", "awgp.maintenance_steps"),
    case("owner", "error", "ALTER SCHEMA awgp OWNER TO awgp_test_nobody", "awgp"),
    case("grant_gone", "error", "DROP OWNED BY awgp_maintainer", "role awgp_maintainer"),
    case("grant_gone", "error", "DROP OWNED BY awgp_auditor", "role awgp_auditor"),
    case("grant_gone", "error", "REVOKE SELECT ON awgp.users FROM awgp_app", "role awgp_app"),
    case("grant_gone", "error", "REVOKE SELECT (slug) ON awgp.tenants FROM awgp_auditor", "role awgp_auditor"),
    case("grant_gone", "error", "REVOKE USAGE ON SCHEMA awgp FROM awgp_admin", "role awgp_admin"),
    case(
        "grant_gone",
        "error",
        "REVOKE EXECUTE ON FUNCTION awgp.set_context(uuid, uuid, uuid) FROM awgp_app",
        "role awgp_app",
    ),
    case(
        "grant_gone",
        "error",
        "ALTER POLICY keepers_select ON awgp.installation TO awgp_auditor",
        "role awgp_admin",
    ),
    case(
        "rule_foreign",
        "error",
        "CREATE RULE deaf AS ON DELETE TO awgp.users DO INSTEAD NOTHING",
        "awgp.users",
    ),
    case(
        "rule_foreign",
        "error",
        "CREATE RULE deaf AS ON INSERT TO awgp.budget_status DO INSTEAD NOTHING",
        "awgp.budget_status",
    ),
    case(
        "replication_refused",
        "error",
        "SET LOCAL allow_system_table_mods = on;
         CREATE SUBSCRIPTION other CONNECTION 'dbname=other' PUBLICATION other
             WITH (connect = false, slot_name = NONE, enabled = false);
         UPDATE pg_subscription SET subenabled = true WHERE subname = 'other';
         INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
             SELECT oid, 'awgp.users'::regclass, 'i' FROM pg_subscription WHERE subname = 'other'",
        "subscription other",
    ),
    case(
        "seal_overdue",
        "warning",
        "SELECT * FROM awgp.ensure_partitions(0, '2001-01-05')",
        "awgp.audit_logs_2001_01",
    ),
    case(
        "maintenance_failing",
        "warning",
        "INSERT INTO awgp.maintenance_steps VALUES ('seal_partitions', now(), NULL, '{}')",
        "maintenance step seal_partitions",
    ),
    case(
        "maintenance_overdue",
        "warning",
        "INSERT INTO awgp.maintenance_steps VALUES ('x', now() - interval '3 days', now() - interval '3 days', '{}')",
        "awgp.maintenance_steps",
    ),
    case(
        "copy_not_fed",
        "warning",
        "CREATE SUBSCRIPTION fed CONNECTION 'dbname=other' PUBLICATION awgp_trail WITH (connect = false);
         UPDATE awgp.installation SET is_copy = true, subscription = 'fed'",
        "subscription fed",
    ),
    case(
        "session_context",
        "warning",
        "ALTER ROLE awgp_app SET awgp.session_context = allowed",
        "awgp.session_context of ROLE awgp_app",
    ),
    case(
        "token_logged",
        "warning",
        "SET LOCAL awgp.context_mode = signed; ALTER ROLE awgp_app SET pgaudit.log_parameter = on",
        "pgaudit.log_parameter of ROLE awgp_app",
    ),
    case(
        "notices_dead",
        "warning",
        "INSERT INTO awgp.outbox (kind, target, entity_type, code, status, settled_at, last_error)
         VALUES ('doctor_error', 'ops', 'doctor', 'owner', 'dead', now(), 'timeout')",
        "target ops",
    ),
    case("retention_short", "warning", "SET awgp.audit_retention = 30", "awgp.audit_retention"),
];

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(doctor_shape::CASES).chain(doctor_state::CASES)
}

#[tokio::test]
async fn every_finding_names_its_object_and_goes_away_when_its_hint_is_executed() {
    let database = Database::new().await;
    let mut superuser = database.superuser().await;
    for Case { code, severity, damage, object } in
        CASES.iter().chain(doctor_shape::CASES).chain(doctor_state::CASES)
    {
        let transaction = superuser.transaction().await.expect("a transaction begins");
        let client = transaction.client();
        client.batch_execute(damage).await.unwrap_or_else(|error| panic!("{damage}: {error:?}"));
        let found = findings(client).await;
        let named = |name: &str| match object.strip_suffix('_') {
            Some(month) => name.starts_with(month),
            None => name == *object,
        };
        let finding = found.iter().find(|(found, _, name, _)| found == code && named(name));
        let Some((_, found_severity, _, hint)) = finding else {
            panic!("{code} of {object} after {damage}, but: {found:#?}")
        };
        assert_eq!(found_severity, severity, "{code}");
        client.batch_execute(hint).await.unwrap_or_else(|error| panic!("{code}: {hint}: {error:?}"));
        let left = findings(client).await;
        let still = left.iter().find(|(found, _, name, _)| found == code && named(name));
        assert!(still.is_none(), "{code} of {object} is still there after {hint}");
        transaction.rollback().await.expect("the damage is undone");
    }
    let left = findings(&superuser).await;
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn every_check_has_a_case() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sql/doctor");
    let files = std::fs::read_dir(&folder).expect("sql/doctor is there");
    let checks: BTreeSet<String> = files
        .map(|file| file.expect("a file").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .chain(["migration_due".to_owned()])
        .collect();
    let cases = all().map(|case| case.code);
    let cases: BTreeSet<String> = cases
        .chain(doctor_vacuum::CODES.iter().copied())
        .chain([crash::months::CODE])
        .map(str::to_owned)
        .collect();
    assert_eq!(checks, cases, "a check in sql/doctor needs a case here");
}

#[tokio::test]
async fn a_sound_installation_has_no_finding_for_anyone_who_may_ask() {
    let database = Database::new().await;
    for login in [Login::Auditor, Login::Maintainer, Login::Admin, Login::Superuser] {
        let found = findings(&database.connect(login).await).await;
        assert!(found.is_empty(), "{login:?}: {found:?}");
    }
}

#[tokio::test]
async fn those_who_may_ask_find_what_the_superuser_finds() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "ALTER TABLE awgp.users DISABLE ROW LEVEL SECURITY;
             GRANT SELECT ON awgp.work_items TO PUBLIC;
             DELETE FROM awgp.schema_migrations WHERE name = 'policies/users'",
        )
        .await
        .expect("a superuser may");
    let expected = findings(&superuser).await;
    assert_eq!(expected.len(), 3, "{expected:?}");
    for login in [Login::Auditor, Login::Maintainer, Login::Admin] {
        assert_eq!(findings(&database.connect(login).await).await, expected, "{login:?}");
    }
}

#[tokio::test]
async fn applications_may_not_ask_the_doctor() {
    let database = Database::new().await;
    for login in [Login::App, Login::Nobody] {
        let client = database.connect(login).await;
        assert_sqlstate(client.query("SELECT * FROM awgp.doctor()", &[]).await, "42501");
    }
}
