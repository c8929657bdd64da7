//! Library, extension and structure of different versions: the doctor names each, and nothing is taken back.

use awgp_tests::{Database, Login, assert_refused};
use tokio_postgres::Client;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Code, object and hint of each error that an administrator is told.
async fn errors(database: &Database) -> Vec<[String; 3]> {
    let admin = database.connect(Login::Admin).await;
    let sql =
        "SELECT code, object, hint FROM awgp.doctor() WHERE severity = 'error' AND code <> 'server_minor'";
    let rows = admin.query(sql, &[]).await.expect("the doctor answers");
    rows.iter().map(|row| [0, 1, 2].map(|column| row.get(column))).collect()
}

async fn damaged(sql: &str) -> (Database, Client) {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    assert_eq!(errors(&database).await, Vec::<[String; 3]>::new());
    superuser.batch_execute(sql).await.expect("a superuser may");
    (database, superuser)
}

#[tokio::test]
async fn an_extension_older_than_the_library_is_found_with_the_statement_that_updates_it() {
    let (database, superuser) =
        damaged("UPDATE pg_extension SET extversion = '0.0.9' WHERE extname = 'awgp'").await;
    let found = errors(&database).await;
    assert_eq!(
        found,
        [["version_differs", "extension awgp", "ALTER EXTENSION awgp UPDATE;"].map(str::to_owned)]
    );
    let sql = format!("UPDATE pg_extension SET extversion = '{VERSION}' WHERE extname = 'awgp'");
    superuser.batch_execute(&sql).await.expect("put right");
    assert_eq!(errors(&database).await, Vec::<[String; 3]>::new());
}

#[tokio::test]
async fn an_extension_newer_than_the_library_is_found_with_the_version_to_install() {
    let (database, superuser) =
        damaged("UPDATE pg_extension SET extversion = '0.10.0' WHERE extname = 'awgp'").await;
    let [[code, object, hint]] = &errors(&database).await[..] else { panic!("one finding") };
    assert_eq!((code.as_str(), object.as_str()), ("version_differs", "extension awgp"));
    assert!(hint.contains("0.10.0"), "{hint}");
    // It would take the structure that it knows for the newest.
    for call in ["install()", "install(true)", "migrate()"] {
        let called = superuser.batch_execute(&format!("SELECT awgp.{call}")).await;
        assert_refused(called, "55000", "library_too_old");
    }
}

/// A newer version may bring a migration, or only another text of a script.
#[tokio::test]
async fn a_structure_of_a_newer_version_is_found_and_is_not_taken_back() {
    for newer in [
        "INSERT INTO awgp.schema_migrations (name, kind, checksum, extension_version)
         VALUES ('migrations/9999_future', 'migration', 'x', '0.10.0')",
        "UPDATE awgp.schema_migrations SET checksum = 'x', extension_version = '0.10.0' WHERE name = 'policies/users'",
    ] {
        let (database, superuser) = damaged(newer).await;
        let [[code, object, hint]] = &errors(&database).await[..] else { panic!("one finding: {newer}") };
        assert_eq!((code.as_str(), object.as_str()), ("structure_newer", "schema awgp"));
        assert!(hint.contains("0.10.0"), "{hint}");
        for call in ["install()", "install(true)", "migrate()"] {
            let called = superuser.batch_execute(&format!("SELECT awgp.{call}")).await;
            assert_refused(called, "55000", "structure_too_new");
        }
        // As when the packages of this version are put in place of the newer ones.
        superuser.batch_execute("DROP EXTENSION awgp CASCADE").await.expect("a superuser may");
        let created = superuser.batch_execute("CREATE EXTENSION awgp").await;
        assert_refused(created, "55000", "structure_too_new");
    }
}

#[tokio::test]
async fn the_server_has_no_way_to_an_older_version() {
    let database = Database::new().await;
    let updated = database.superuser().await.batch_execute("ALTER EXTENSION awgp UPDATE TO '0.0.9'").await;
    let code = updated.expect_err("there is none").code().map(|code| code.code().to_owned());
    assert_eq!(code.as_deref(), Some("22023"));
}
