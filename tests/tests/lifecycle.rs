//! Installing, installing again, dropping and coming back.

use awgp_tests::catalog::{assert_same, comments, findings, snapshot};
use awgp_tests::{Database, assert_refused, assert_sqlstate, fixture, refused};
use tokio_postgres::Client;

const STRUCTURE: &str =
    "SELECT name, checksum, extension_version, xmin::text FROM awgp.schema_migrations ORDER BY name";

/// The history with the transactions that wrote it, so that a rewritten row shows.
async fn history(superuser: &Client) -> Vec<(String, String, String, String)> {
    let rows = superuser.query(STRUCTURE, &[]).await.expect("the history is readable");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

async fn text(client: &Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

async fn assert_no_finding(client: &Client) {
    let findings = findings(client).await;
    assert!(findings.is_empty(), "{findings:#?}");
}

#[tokio::test]
async fn after_create_extension_the_doctor_finds_nothing() {
    let database = Database::empty().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("CREATE EXTENSION awgp").await.expect("the extension installs");
    assert_no_finding(&superuser).await;
    let sql = "SELECT awgp.version() = extversion FROM pg_extension WHERE extname = 'awgp'";
    assert!(superuser.query_one(sql, &[]).await.expect("a version").get::<_, bool>(0));
}

#[tokio::test]
async fn the_extension_has_functions_as_members_and_no_table() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT DISTINCT classid::regclass::text FROM pg_depend
               WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
                 AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'awgp')";
    let rows = superuser.query(sql, &[]).await.expect("pg_depend is readable");
    let mut kinds: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    kinds.sort();
    // Functions, and the type of number arguments with its casts.
    assert_eq!(kinds, ["pg_cast", "pg_proc", "pg_type"]);
}

/// What a member is granted while the extension is created belongs to it: a dump leaves it out.
#[tokio::test]
async fn the_privileges_of_members_are_the_extensions_own() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT objid::regprocedure::text FROM pg_depend JOIN pg_proc ON pg_proc.oid = objid
               WHERE refclassid = 'pg_extension'::regclass AND classid = 'pg_proc'::regclass AND deptype = 'e'
                 AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'awgp')
                 AND NOT EXISTS (SELECT FROM pg_init_privs WHERE objoid = objid AND classoid = classid AND initprivs = proacl)";
    let rows = superuser.query(sql, &[]).await.expect("pg_init_privs is readable");
    let others: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[tokio::test]
async fn installing_twice_changes_nothing() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let before = (snapshot(&superuser).await, comments(&superuser).await, history(&superuser).await);
    let ids = "SELECT string_agg(oid::text, ',' ORDER BY oid) FROM (
                   SELECT oid FROM pg_policy UNION ALL SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_trigger) AS made";
    let ids_before = text(&superuser, ids).await;
    assert_eq!(text(&superuser, "SELECT awgp.install()").await, "nothing to do");
    assert_eq!(text(&superuser, "SELECT awgp.migrate()").await, "nothing to do");
    let after = (snapshot(&superuser).await, comments(&superuser).await, history(&superuser).await);
    assert_eq!(before, after);
    assert_eq!(ids_before, text(&superuser, ids).await, "no object was made anew");
}

#[tokio::test]
async fn installing_by_force_makes_the_same_catalog() {
    let database = Database::new().await;
    let fresh = Database::new().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("SELECT awgp.install(force => true)").await.expect("force installs");
    assert_same(&fresh.superuser().await, &superuser).await;
    assert_no_finding(&superuser).await;
}

#[tokio::test]
async fn installing_by_force_repairs_what_somebody_dropped() {
    let database = Database::new().await;
    let fresh = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "DROP POLICY tenant_isolation_users ON awgp.users;
             DROP TRIGGER guard_row ON awgp.work_items;
             REVOKE ALL ON awgp.approvals FROM awgp_app;
             DROP FUNCTION awgp.create_user(text, text, text, text, text);
             REVOKE EXECUTE ON FUNCTION awgp.set_context(uuid, uuid, uuid) FROM awgp_app;
             GRANT EXECUTE ON FUNCTION awgp.migrate() TO PUBLIC;
             DROP TRIGGER guard_truncate ON awgp.audit_logs_default;
             ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
             ALTER TABLE awgp.audit_logs_default DISABLE ROW LEVEL SECURITY;
             GRANT SELECT ON awgp.audit_logs_default TO awgp_auditor",
        )
        .await
        .expect("a superuser may");
    superuser.batch_execute("SELECT awgp.install(force => true)").await.expect("force installs");
    assert_same(&fresh.superuser().await, &superuser).await;
}

#[tokio::test]
async fn dropping_the_extension_is_refused_without_cascade() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let dropped = superuser.batch_execute("DROP EXTENSION awgp").await;
    assert_sqlstate(dropped, "2BP01");
    assert_no_finding(&superuser).await;
}

#[tokio::test]
async fn after_dropping_with_cascade_rows_stay_and_nobody_reads_them() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    superuser.batch_execute("DROP EXTENSION awgp CASCADE").await.expect("a superuser may");
    let rows: i64 =
        superuser.query_one("SELECT count(*) FROM awgp.users", &[]).await.expect("rows stay").get(0);
    assert_eq!(rows, 25);

    let mut app = database.app().await;
    let transaction = app.transaction().await.expect("a transaction begins");
    let sql = "SELECT set_config('app.current_tenant', $1, true)";
    transaction.execute(sql, &[&group.north.id.to_string()]).await.expect("a setting can be set");
    for table in ["tenants", "users", "assistants", "work_items", "audit_logs"] {
        let sql = format!("SELECT count(*) FROM awgp.{table}");
        let seen: i64 = transaction.query_one(&sql, &[]).await.expect("reading is allowed").get(0);
        assert_eq!(seen, 0, "{table}");
    }
    let written = transaction.execute("UPDATE awgp.users SET first_name = 'x'", &[]).await;
    assert_eq!(written.expect("no row is seen"), 0);
}

#[tokio::test]
async fn creating_the_extension_again_repairs_everything() {
    let database = Database::new().await;
    let fresh = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    superuser.batch_execute("DROP EXTENSION awgp CASCADE").await.expect("a superuser may");
    superuser.batch_execute("CREATE EXTENSION awgp").await.expect("the extension comes back");
    assert_same(&fresh.superuser().await, &superuser).await;
    assert_no_finding(&superuser).await;

    let mut app = database.app().await;
    let transaction = fixture::within(&mut app, group.north.id).await;
    let seen: i64 =
        transaction.query_one("SELECT count(*) FROM awgp.users", &[]).await.expect("reading works").get(0);
    assert_eq!(seen, 5);
}

/// A session remembers where AWGP's tables and indexes are, and not where they were.
#[tokio::test]
async fn a_table_that_took_another_ones_name_is_the_one_that_a_session_reads() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let price = |price: &str| {
        format!(
            "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, valid_from, source)
             VALUES ('openai', 'gpt-4', {price}, 0, '2020-01-01', 'a test')"
        )
    };
    let cost = "SELECT awgp.estimate_cost('openai', 'gpt-4', 100)::text";
    superuser.batch_execute(&price("0.01")).await.expect("a price");
    assert_eq!(text(&superuser, cost).await, "1.000000");
    superuser
        .batch_execute(
            "ALTER TABLE awgp.model_prices RENAME TO former_prices;
             ALTER INDEX awgp.model_prices_model_key RENAME TO former_prices_model_key;
             CREATE TABLE awgp.model_prices (LIKE awgp.former_prices INCLUDING DEFAULTS);
             CREATE INDEX model_prices_model_key ON awgp.model_prices (model, provider)",
        )
        .await
        .expect("a superuser may");
    superuser.batch_execute(&price("0.02")).await.expect("a price");
    assert_eq!(text(&superuser, cost).await, "2.000000");
}

#[tokio::test]
async fn a_schema_of_a_hostile_owner_is_refused() {
    let database = Database::empty().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("CREATE SCHEMA awgp AUTHORIZATION awgp_test_nobody").await.expect("set up");
    assert_refused(superuser.batch_execute("CREATE EXTENSION awgp").await, "55000", "foreign_objects");
    assert_nothing_installed(&superuser).await;
}

#[tokio::test]
async fn objects_planted_by_an_ordinary_role_are_refused() {
    for planted in [
        "CREATE TABLE awgp.users (id uuid)",
        "CREATE VIEW awgp.harmless AS SELECT 1 AS one",
        "CREATE SEQUENCE awgp.numbers",
        "CREATE FUNCTION awgp.current_tenant(integer) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "CREATE TYPE awgp.mood AS ENUM ('good')",
        "CREATE FUNCTION awgp.capture() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE DOMAIN awgp.text AS pg_catalog.text",
        "CREATE FUNCTION awgp.same(uuid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE OPERATOR awgp.= (LEFTARG = uuid, RIGHTARG = text, FUNCTION = awgp.same)",
    ] {
        let database = planted_database(planted).await;
        let superuser = database.superuser().await;
        let created = refused(superuser.batch_execute("CREATE EXTENSION awgp").await);
        let told = (created.code.as_str(), created.reason.as_deref());
        assert_eq!(told, ("55000", Some("foreign_objects")), "{planted}: {created:?}");
        assert!(created.detail.contains("awgp"), "DETAIL names the object: {created:?}");
        assert_nothing_installed(&superuser).await;
    }
}

/// PostgreSQL itself refuses this one, before any code of ours runs.
#[tokio::test]
async fn a_planted_function_with_the_signature_of_ours_is_refused() {
    let planted = "CREATE FUNCTION awgp.current_tenant() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'";
    let database = planted_database(planted).await;
    let superuser = database.superuser().await;
    assert_sqlstate(superuser.batch_execute("CREATE EXTENSION awgp").await, "42723");
    assert_nothing_installed(&superuser).await;
}

/// A session that restores makes the extension and no structure; PostgreSQL itself refuses what is not a
/// member of it.
#[tokio::test]
async fn a_planted_trigger_function_is_refused_by_a_session_that_restores() {
    let planted =
        "CREATE FUNCTION awgp.capture() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
    let database = planted_database(planted).await;
    let superuser = database.superuser().await;
    superuser.batch_execute("SET row_security = off").await.expect("set up");
    assert_sqlstate(superuser.batch_execute("CREATE EXTENSION awgp").await, "55000");
    assert_nothing_installed(&superuser).await;
}

async fn planted_database(planted: &str) -> Database {
    let database = Database::empty().await;
    let superuser = database.superuser().await;
    let sql = format!(
        "CREATE SCHEMA awgp; GRANT ALL ON SCHEMA awgp TO awgp_test_nobody;
         SET ROLE awgp_test_nobody; {planted}; RESET ROLE"
    );
    superuser.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{planted}: {error:?}"));
    database
}

async fn assert_nothing_installed(superuser: &Client) {
    let sql =
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relname = 'tenants'";
    let tables: i64 = superuser.query_one(sql, &[]).await.expect("pg_class is readable").get(0);
    assert_eq!(tables, 0);
    let sql = "SELECT count(*) FROM pg_extension WHERE extname = 'awgp'";
    let extensions: i64 = superuser.query_one(sql, &[]).await.expect("pg_extension is readable").get(0);
    assert_eq!(extensions, 0);
}

#[tokio::test]
async fn a_structure_newer_than_the_logic_is_left_alone() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "INSERT INTO awgp.schema_migrations (name, kind, checksum, extension_version)
             VALUES ('migrations/9999_future', 'migration', 'x', '99.0.0')",
        )
        .await
        .expect("set up");
    for call in ["install()", "install(true)", "migrate()"] {
        let called = superuser.batch_execute(&format!("SELECT awgp.{call}")).await;
        assert_refused(called, "55000", "structure_too_new");
    }
}

/// Damages the history, then asserts that the doctor says so and that its hint repairs everything.
async fn assert_migration_repairs(damage: &str) {
    let database = Database::new().await;
    let fresh = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let sound = history(&fresh.superuser().await).await;
    superuser.batch_execute(damage).await.expect("a superuser may");
    let found = findings(&superuser).await;
    let due = found.iter().find(|(code, ..)| code == "migration_due");
    let Some((_, severity, _, hint)) = due else { panic!("migration_due after {damage}: {found:?}") };
    assert_eq!((severity.as_str(), hint.as_str()), ("error", "SELECT awgp.migrate();"));
    superuser.batch_execute(hint).await.unwrap_or_else(|error| panic!("{damage}: {error:?}"));
    assert_no_finding(&superuser).await;
    assert_same(&fresh.superuser().await, &superuser).await;
    let names = |history: Vec<(String, String, String, String)>| -> Vec<(String, String)> {
        history.into_iter().map(|(name, checksum, ..)| (name, checksum)).collect()
    };
    assert_eq!(names(sound), names(history(&superuser).await));
    let sql = "SELECT count(*) FROM awgp.users WHERE tenant_id = $1";
    let users: i64 = superuser.query_one(sql, &[&group.north.id]).await.expect("rows stay").get(0);
    assert_eq!(users, 5);
}

#[tokio::test]
async fn migrate_repairs_a_history_that_was_removed() {
    assert_migration_repairs("DELETE FROM awgp.schema_migrations").await;
}

#[tokio::test]
async fn migrate_repairs_a_history_that_lacks_a_script() {
    assert_migration_repairs("DELETE FROM awgp.schema_migrations WHERE name = 'policies/users'").await;
}

/// As after an update that brings a script with another text.
#[tokio::test]
async fn migrate_applies_a_script_whose_checksum_is_outdated() {
    assert_migration_repairs(
        "UPDATE awgp.schema_migrations SET checksum = 'old' WHERE name = 'policies/users';
         DROP POLICY tenant_isolation_users ON awgp.users;
         CREATE POLICY tenant_isolation_users ON awgp.users FOR SELECT USING (true)",
    )
    .await;
}

/// A dump without data knows no history, and may come from a version with other scripts.
#[tokio::test]
async fn migrate_applies_every_script_where_the_history_was_removed() {
    assert_migration_repairs(
        "DELETE FROM awgp.schema_migrations;
         DROP POLICY tenant_isolation_users ON awgp.users;
         CREATE POLICY tenant_isolation_users ON awgp.users FOR SELECT USING (true)",
    )
    .await;
}

#[tokio::test]
async fn ordinary_roles_may_not_change_the_structure() {
    let database = Database::new().await;
    for login in awgp_tests::Login::ORDINARY {
        let client = database.connect(login).await;
        for call in ["install()", "install(true)", "migrate()"] {
            assert_sqlstate(client.batch_execute(&format!("SELECT awgp.{call}")).await, "42501");
        }
    }
}
