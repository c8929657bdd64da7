//! Who may dump and restore, what a dump of a part is worth, and what brings back what a restore leaves out.

use awgp_tests::catalog::findings;
use awgp_tests::command::{Folder, program, run};
use awgp_tests::fixture::{self, within};
use awgp_tests::trail::verify;
use awgp_tests::{Database, Login, PASSWORD};
use std::process::{Output, Stdio};
use tokio_postgres::Client;

/// Runs a client program as another login; it may fail.
fn run_as(login: &str, name: &str, database: &Database, arguments: &[&str]) -> Output {
    let mut url = tokio_postgres_url(database);
    url = url.replacen("//", &format!("//{login}:{PASSWORD}@"), 1);
    let mut command = program(name);
    command.arg("--dbname").arg(url).args(arguments).stdin(Stdio::null());
    command.output().expect("the program runs")
}

/// The database's URL without a login.
fn tokio_postgres_url(database: &Database) -> String {
    let url = database.url(Login::Superuser);
    let (_, place) = url.split_once('@').expect("a login");
    format!("postgresql://{place}")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A login of this test's own server-wide name.
async fn login(database: &Database, name: &str, attributes: &str) -> String {
    let name = format!("{name}_{}", database.name);
    let sql = format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' {attributes}");
    database.superuser().await.batch_execute(&sql).await.expect("a login can be made");
    name
}

async fn drop_login(database: &Database, name: &str) {
    let sql = format!("DROP OWNED BY {name}; DROP ROLE {name}");
    database.superuser().await.batch_execute(&sql).await.expect("it is dropped");
}

#[tokio::test]
async fn a_login_past_row_security_that_reads_all_data_dumps_everything_and_no_other_login_does() {
    let (database, _) = fixture::scene().await;
    let folder = Folder::new(&database);
    let file = folder.file("whole.dump");
    let keeper = login(&database, "backup", "BYPASSRLS IN ROLE pg_read_all_data").await;
    let owner = login(&database, "owner", "").await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", database.name))
        .await
        .expect("owner");
    for refused in [owner.as_str(), "awgp_test_app", "awgp_test_admin", "awgp_test_auditor"] {
        let output = run_as(refused, "pg_dump", &database, &["--format=custom", "--file", &file]);
        assert!(!output.status.success(), "{refused}: {}", said(&output));
    }
    let output = run_as(&keeper, "pg_dump", &database, &["--format=custom", "--file", &file]);
    assert!(output.status.success(), "{}", said(&output));
    // It is no hole to the doctor: it has no grant of AWGP's.
    assert_eq!(findings(&superuser).await, []);
    // Only a superuser restores, because only a superuser creates the extension.
    let restored = Database::empty().await;
    let here = restored.superuser().await;
    here.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", restored.name)).await.expect("owner");
    let options = ["--exit-on-error", "--single-transaction", "--no-owner", &file];
    let output = run_as(&owner, "pg_restore", &restored, &options);
    assert!(!output.status.success() && said(&output).contains("extension \"awgp\""), "{}", said(&output));
    let rows = "SELECT count(*) FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'awgp')";
    assert_eq!(here.query_one(rows, &[]).await.expect("a count").get::<_, i64>(0), 0, "nothing half done");
    run("pg_restore", &restored, &["--exit-on-error", &file]);
    assert_eq!(findings(&here).await, []);
    assert_eq!(verify(&restored).await, []);
    drop(here);
    for (database, client) in [(&database, superuser), (&restored, restored.superuser().await)] {
        client
            .batch_execute(&format!("ALTER DATABASE {} OWNER TO postgres", database.name))
            .await
            .expect("given back");
    }
    drop_login(&database, &owner).await;
    drop_login(&database, &keeper).await;
}

#[tokio::test]
async fn a_dump_of_the_schema_alone_needs_the_extension_beside_it() {
    let (database, _) = fixture::scene().await;
    let folder = Folder::new(&database);
    let (alone, both) = (folder.file("schema.dump"), folder.file("both.dump"));
    run("pg_dump", &database, &["--format=custom", "--schema=awgp", "--file", &alone]);
    run("pg_dump", &database, &["--format=custom", "--schema=awgp", "--extension=awgp", "--file", &both]);
    // Without the extension its functions are missing: nothing is restored.
    let empty = Database::empty().await;
    let output = program("pg_restore")
        .args(["--exit-on-error", "--single-transaction", "--dbname", &empty.url(Login::Superuser), &alone])
        .output()
        .expect("pg_restore runs");
    assert!(!output.status.success());
    let there = "SELECT to_regclass('awgp.tenants') IS NULL";
    assert!(empty.superuser().await.query_one(there, &[]).await.expect("an answer").get::<_, bool>(0));
    // With its logic first, it is whole. One error is expected: the schema is there.
    let superuser = empty.superuser().await;
    superuser.batch_execute("SET row_security = off; CREATE EXTENSION awgp").await.expect("the logic alone");
    let output = program("pg_restore").args(["--dbname", &empty.url(Login::Superuser), &alone]).output();
    let told = said(&output.expect("pg_restore runs"));
    assert_eq!(told.matches("pg_restore: error").count(), 1, "{told}");
    assert!(told.contains("schema \"awgp\" already exists"), "{told}");
    let restored = Database::empty().await;
    run("pg_restore", &restored, &["--exit-on-error", &both]);
    for database in [&empty, &restored] {
        assert_eq!(findings(&database.superuser().await).await, []);
        assert_eq!(verify(database).await, []);
    }
}

#[tokio::test]
async fn data_alone_is_refused_where_the_triggers_stand_and_nothing_is_half_done() {
    let (database, _) = fixture::scene().await;
    let folder = Folder::new(&database);
    let (schema, data) = (folder.file("schema.dump"), folder.file("data.dump"));
    run("pg_dump", &database, &["--format=custom", "--schema-only", "--file", &schema]);
    run("pg_dump", &database, &["--format=custom", "--data-only", "--file", &data]);
    let restored = Database::empty().await;
    run("pg_restore", &restored, &["--exit-on-error", &schema]);
    let url = restored.url(Login::Superuser);
    let output = program("pg_restore").args(["--single-transaction", "--dbname", &url, &data]).output();
    assert!(!output.expect("pg_restore runs").status.success(), "the guards refuse the rows");
    let sql = "SELECT (SELECT count(*) FROM awgp.tenants) + (SELECT count(*) FROM awgp.audit_logs)";
    let superuser = restored.superuser().await;
    assert_eq!(superuser.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0), 0);
    run("pg_restore", &restored, &["--single-transaction", "--exit-on-error", "--disable-triggers", &data]);
    apply_hints(&superuser, &["trigger_disabled"]).await;
    assert_eq!(verify(&restored).await, []);
}

/// Does what the doctor says until it says nothing; each finding has one of these codes.
async fn apply_hints(superuser: &Client, codes: &[&str]) {
    for _ in 0..5 {
        let found = findings(superuser).await;
        if found.is_empty() {
            return;
        }
        for (code, _, object, hint) in found {
            assert!(codes.contains(&code.as_str()), "{code}: {object}");
            superuser.batch_execute(&hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
        }
    }
    panic!("the doctor is not content: {:?}", findings(superuser).await);
}

/// Every privilege in the schema that somebody besides the owner has.
async fn privileges(superuser: &Client) -> Vec<String> {
    let sql = "
        SELECT what || ' ' || CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee)::text END
               || ' ' || acl.privilege_type
        FROM (
            SELECT 'schema awgp', nspacl, nspowner FROM pg_namespace WHERE nspname = 'awgp'
            UNION ALL
            SELECT 'relation ' || relname, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner)), relowner
            FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
            UNION ALL
            SELECT format('column %s.%s', relname, attname), attacl, relowner
            FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relnamespace = 'awgp'::regnamespace AND attacl IS NOT NULL
            UNION ALL
            SELECT 'function ' || pg_proc.oid::regprocedure, coalesce(proacl, acldefault('f', proowner)), proowner
            FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace AND prorettype <> 'trigger'::regtype
        ) AS object (what, privileges, owner), aclexplode(privileges) AS acl
        WHERE acl.grantee <> owner
        ORDER BY 1";
    let rows = superuser.query(sql, &[]).await.expect("the catalog is readable");
    rows.iter().map(|row| row.get(0)).collect()
}

/// An application works: it writes, and reads what it wrote.
async fn assert_alive(database: &Database, group: &fixture::Group) {
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let made =
        transaction.query_one("SELECT id FROM awgp.create_user('new@north.example', 'viewer')", &[]).await;
    let made = made.expect("it writes").get::<_, uuid::Uuid>(0);
    let sql = "SELECT count(*) FROM awgp.user_list WHERE id = $1";
    assert_eq!(transaction.query_one(sql, &[&made]).await.expect("it reads").get::<_, i64>(0), 1);
    transaction
        .query_one("SELECT id FROM awgp.create_work_item($1, 'Task')", &[&group.north.assistant])
        .await
        .expect("its assistant works");
    transaction.commit().await.expect("it commits");
}

#[tokio::test]
async fn after_a_restore_without_privileges_the_doctors_hints_bring_back_all_of_them() {
    let (database, group) = fixture::scene().await;
    let folder = Folder::new(&database);
    let file = folder.file("whole.dump");
    run("pg_dump", &database, &["--format=custom", "--file", &file]);
    let restored = Database::empty().await;
    run("pg_restore", &restored, &["--exit-on-error", "--no-privileges", &file]);
    let superuser = restored.superuser().await;
    apply_hints(&superuser, &["grant_gone", "public_grant"]).await;
    assert_eq!(privileges(&superuser).await, privileges(&database.superuser().await).await);
    assert_alive(&restored, &group).await;
}

#[tokio::test]
async fn every_privilege_that_is_taken_away_is_missed_by_the_doctor() {
    let (database, group) = fixture::scene().await;
    let superuser = database.superuser().await;
    let before = privileges(&superuser).await;
    assert!(before.len() > 300, "{}", before.len());
    superuser
        .batch_execute(
            "DO $$ DECLARE carrier text; BEGIN
                 FOREACH carrier IN ARRAY ARRAY['awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier'] LOOP
                     EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA awgp FROM %I', carrier);
                     EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA awgp FROM %I', carrier);
                     EXECUTE format('REVOKE ALL ON ALL ROUTINES IN SCHEMA awgp FROM %I', carrier);
                     EXECUTE format('REVOKE ALL ON SCHEMA awgp FROM %I', carrier);
                 END LOOP; END $$",
        )
        .await
        .expect("a superuser may");
    assert!(privileges(&superuser).await.is_empty());
    // The hints of this finding alone: they name each privilege.
    let found = findings(&superuser).await;
    assert_eq!(found.len(), 6, "{found:#?}");
    for (code, _, _, hint) in found {
        assert_eq!(code, "grant_gone");
        superuser.batch_execute(&hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
    }
    assert_eq!(findings(&superuser).await, []);
    assert_eq!(privileges(&superuser).await, before);
    assert_alive(&database, &group).await;
}
