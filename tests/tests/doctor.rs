//! What the doctor finds: each thing broken on purpose, found under its code, and repaired by its own hint.
//!
//! Everything is broken inside a transaction that is rolled back: roles belong to the whole server, and other
//! tests must not meet them.

use awgp_core::server_release::open_holes;
use awgp_tests::Database;
use std::collections::BTreeSet;
use tokio_postgres::Client;

struct Case {
    code: &'static str,
    /// What is broken, as superuser.
    sql: &'static str,
    /// The object that the finding names.
    object: &'static str,
    /// Whether typing the hint mends it.
    mended_by_hint: bool,
}

const fn case(code: &'static str, object: &'static str, sql: &'static str) -> Case {
    Case { code, sql, object, mended_by_hint: true }
}

/// As `case`, where the hint is the beginning of the cure and not all of it.
const fn told(code: &'static str, object: &'static str, sql: &'static str) -> Case {
    Case { code, sql, object, mended_by_hint: false }
}

const CASES: &[Case] = &[
    case("migration_due", "schema awgp", "DELETE FROM awgp.schema_migrations WHERE name = 'policies/users'"),
    case("rls_disabled", "awgp.users", "ALTER TABLE awgp.users DISABLE ROW LEVEL SECURITY"),
    case("rls_disabled", "awgp.audit_logs_default", "ALTER TABLE awgp.audit_logs_default DISABLE ROW LEVEL SECURITY"),
    case("rls_not_forced", "awgp.users", "ALTER TABLE awgp.users NO FORCE ROW LEVEL SECURITY"),
    case("rls_not_forced", "awgp.audit_logs_default", "ALTER TABLE awgp.audit_logs_default NO FORCE ROW LEVEL SECURITY"),
    told("policy_missing", "awgp.notes", "CREATE TABLE awgp.notes (id uuid, tenant_id uuid)"),
    case("partition_grant", "awgp.audit_logs_default", "GRANT SELECT ON awgp.audit_logs_default TO awgp_app"),
    case("public_grant", "TABLE awgp.users", "GRANT SELECT ON awgp.users TO PUBLIC"),
    case("public_grant", "FUNCTION awgp.doctor()", "GRANT EXECUTE ON FUNCTION awgp.doctor() TO PUBLIC"),
    case("owner", "awgp.users", "CREATE ROLE awgp_test_boss; ALTER TABLE awgp.users OWNER TO awgp_test_boss"),
    case("role_missing", "awgp_auditor", "ALTER ROLE awgp_auditor RENAME TO awgp_test_gone"),
    case("role_bypasses_rls", "role awgp_test_boss", "CREATE ROLE awgp_test_boss SUPERUSER IN ROLE awgp_app"),
    case("role_bypasses_rls", "role awgp_test_boss",
         "CREATE ROLE awgp_test_team IN ROLE awgp_app; CREATE ROLE awgp_test_boss BYPASSRLS IN ROLE awgp_test_team"),
    case("role_bypasses_rls", "role awgp_app", "ALTER ROLE awgp_app BYPASSRLS"),
    case("role_owns", "awgp.users",
         "CREATE ROLE awgp_test_boss IN ROLE awgp_app; ALTER TABLE awgp.users OWNER TO awgp_test_boss"),
    case("role_owns", "awgp.doctor()", "ALTER FUNCTION awgp.doctor() OWNER TO awgp_maintainer"),
    case("role_owns", "awgp", "ALTER SCHEMA awgp OWNER TO awgp_admin"),
    case("schema_create", "schema awgp", "GRANT CREATE ON SCHEMA awgp TO awgp_app"),
    case("policy_gone", "awgp.users", "DROP POLICY tenant_isolation_users ON awgp.users"),
    case("policy_foreign", "awgp.users", "CREATE POLICY hole ON awgp.users USING (awgp.current_tenant() IS NULL)"),
    case("policy_open", "awgp.users", "ALTER POLICY tenant_isolation_users ON awgp.users USING (true)"),
    case("policy_open", "awgp.audit_logs", "ALTER POLICY auditors_select ON awgp.audit_logs TO awgp_auditor, awgp_app"),
    case("trigger_gone", "awgp.users", "DROP TRIGGER guard_row ON awgp.users"),
    case("trigger_disabled", "awgp.users", "ALTER TABLE awgp.users DISABLE TRIGGER guard_row"),
    case("trigger_disabled", "awgp.users", "ALTER TABLE awgp.users ENABLE REPLICA TRIGGER guard_statement"),
    case("trigger_disabled", "awgp.work_items", "ALTER TABLE awgp.work_items DISABLE TRIGGER ALL"),
    case("trigger_disabled", "awgp.audit_logs", "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_truncate"),
    case("guard_missing", "awgp.notes", "CREATE TABLE awgp.notes (tenant_id uuid); GRANT INSERT ON awgp.notes TO awgp_app"),
    case("definer_search_path", "awgp.find_tenant(text)", "ALTER FUNCTION awgp.find_tenant(text) RESET ALL"),
    case("definer_search_path", "awgp.find_tenant(text)", "ALTER FUNCTION awgp.find_tenant(text) SET search_path = public, pg_temp"),
    case("definer_search_path", "awgp.find_tenant(text)", "ALTER FUNCTION awgp.find_tenant(text) SET search_path = pg_temp, pg_catalog"),
    case("definer_search_path", "awgp.find_tenant(text)", "ALTER FUNCTION awgp.find_tenant(text) SET search_path = pg_catalog"),
    case("view_definer", "awgp.everybody", "CREATE VIEW awgp.everybody AS SELECT * FROM awgp.users"),
    case("view_definer", "awgp.everybody", "CREATE MATERIALIZED VIEW awgp.everybody AS SELECT * FROM awgp.users"),
    told("default_partition_rows", "awgp.audit_logs_default",
         "ALTER TABLE awgp.audit_logs_default DISABLE TRIGGER guard_audit;
          INSERT INTO awgp.audit_logs_default (\"timestamp\", tenant_id, actor_type, action, entity_type, integrity_hash, chain_lane, chain_seq)
          VALUES ('1999-01-01', gen_random_uuid(), 'system', 'x', 'x', repeat('0', 64), 0, 1)"),
];

/// Code, severity, object and hint of each finding, as an administrator gets them.
async fn findings(superuser: &Client) -> Vec<[String; 4]> {
    superuser.batch_execute("SET LOCAL ROLE awgp_admin").await.expect("a role");
    let sql = "SELECT code, severity, object, hint FROM awgp.doctor()";
    let rows = superuser.query(sql, &[]).await.expect("the doctor answers");
    superuser.batch_execute("RESET ROLE").await.expect("a role");
    rows.iter().map(|row| [0, 1, 2, 3].map(|column| row.get::<_, String>(column))).collect()
}

fn is(finding: &[String; 4], code: &str, object: &str) -> bool {
    finding[0] == code && finding[2] == object
}

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_is_found_under_its_code_and_mended_by_its_hint() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut wrong = Vec::new();
    for Case { code, sql, object, mended_by_hint } in CASES {
        superuser.batch_execute("BEGIN").await.expect("a transaction");
        assert!(
            !findings(&superuser).await.iter().any(|finding| is(finding, code, object)),
            "{code} before {sql}"
        );
        superuser.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let found = findings(&superuser).await;
        let of_this: Vec<_> = found.iter().filter(|finding| is(finding, code, object)).collect();
        if of_this.is_empty() {
            wrong.push(format!("{code} {object} is not found after: {sql}\n    {found:?}"));
        }
        if of_this.iter().any(|finding| finding[1] == "info" || finding[3].is_empty()) {
            wrong.push(format!("no defect, or no hint: {of_this:?}"));
        }
        if *mended_by_hint {
            for hint in of_this.iter().map(|finding| &finding[3]) {
                let typed = superuser.batch_execute(hint).await;
                typed.unwrap_or_else(|error| panic!("{code}: the hint {hint} fails: {error:?}"));
            }
            if findings(&superuser).await.iter().any(|finding| is(finding, code, object)) {
                wrong.push(format!("{code} {object} is still found after: {of_this:?}"));
            }
        }
        superuser.batch_execute("ROLLBACK").await.expect("all is as it was");
    }
    println!("{} defects, {} wrong", CASES.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_is_missing_next_month_is_a_warning_with_its_cure() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    // now() is one moment for the drop and for the doctor.
    superuser.batch_execute("BEGIN").await.expect("a transaction");
    let sql = "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 month', '\"audit_logs_\"YYYY_MM')";
    let next: String = superuser.query_one(sql, &[]).await.expect("a name").get(0);
    superuser.batch_execute(&format!("DROP TABLE awgp.{next}")).await.expect("a superuser may");
    let object = format!("awgp.{next}");
    let found = findings(&superuser).await;
    let finding =
        found.iter().find(|finding| is(finding, "partition_missing", &object)).expect("it is found");
    assert_eq!(finding[1], "warning");
    superuser.batch_execute(&finding[3]).await.expect("the hint runs");
    assert!(!findings(&superuser).await.iter().any(|finding| is(finding, "partition_missing", &object)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_installation_has_information_only_and_the_open_holes_of_its_server() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("BEGIN").await.expect("a transaction");
    let found = findings(&superuser).await;
    let sql = "SELECT current_setting('server_version_num')::integer";
    let version: i32 = superuser.query_one(sql, &[]).await.expect("a version").get(0);
    let holes = found.iter().filter(|finding| finding[0] == "server_minor").count();
    assert_eq!(holes, open_holes(version).count());
    let codes: BTreeSet<&str> = found
        .iter()
        .filter(|finding| finding[0] != "server_minor")
        .map(|finding| finding[0].as_str())
        .collect();
    assert_eq!(codes, ["context_mode", "preload"].into());
    assert!(found.iter().all(|finding| !finding[3].is_empty()), "each has a hint: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_context_mode_is_on() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut hints = BTreeSet::new();
    for mode in ["trusted", "signed"] {
        superuser
            .batch_execute(&format!("BEGIN; SET LOCAL awgp.context_mode = '{mode}'"))
            .await
            .expect("a mode");
        let found = findings(&superuser).await;
        let finding = found.iter().find(|finding| finding[0] == "context_mode").expect("it is always said");
        assert_eq!(finding[1], "info");
        hints.insert(finding[3].clone());
        superuser.batch_execute("ROLLBACK").await.expect("all is as it was");
    }
    assert_eq!(hints.len(), 2, "{hints:?}");
    assert!(hints.contains(&format!("ALTER DATABASE {} SET awgp.context_mode = signed;", database.name)));
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_after_the_database_ask_the_doctor_and_nobody_else() {
    let database = Database::new().await;
    let sql = "SELECT count(*) FROM awgp.doctor() WHERE severity = 'error' AND code <> 'server_minor'";
    for login in awgp_tests::Login::ORDINARY {
        let client = database.connect(login).await;
        let result = client.query_one(sql, &[]).await;
        match login {
            awgp_tests::Login::App | awgp_tests::Login::Nobody => {
                awgp_tests::assert_sqlstate(result, "42501")
            }
            _ => assert_eq!(result.expect("the doctor answers").get::<_, i64>(0), 0, "{login:?}"),
        }
    }
}
