//! `awgp init`, `doctor` and `version`: before, after, and when something is wrong.

use awgp_tests::cli::{awgp, json, table};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};

fn errors(findings: &Value) -> Vec<&Value> {
    findings.as_array().expect("a list").iter().filter(|row| row["severity"] == "error").collect()
}

#[tokio::test]
async fn init_creates_the_extension_and_doctor_finds_it_sound() {
    let database = Database::empty().await;
    let before = table(&database, Login::Superuser, &["doctor"]).expect(11);
    assert!(before.hint().contains("awgp init"), "{before:#?}");
    let first = json(&database, Login::Superuser, &["init"]).expect(0).json();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(first, json!({"database": database.name, "version": version, "created": true}));
    let second = json(&database, Login::Superuser, &["init"]).expect(0).json();
    assert_eq!(second["created"], false);
    let findings = json(&database, Login::Superuser, &["doctor"]).expect(0).json();
    assert_eq!(errors(&findings), Vec::<&Value>::new());
}

#[tokio::test]
async fn doctor_ends_with_12_when_it_finds_an_error() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "ALTER TABLE awgp.work_items DISABLE ROW LEVEL SECURITY";
    superuser.batch_execute(sql).await.expect("the superuser may");
    let findings = json(&database, Login::Admin, &["doctor"]).expect(12).json();
    let objects: Vec<_> = errors(&findings).iter().filter_map(|row| row["object"].as_str()).collect();
    assert!(objects.iter().any(|object| object.contains("work_items")), "{findings}");
    assert!(table(&database, Login::Admin, &["doctor"]).expect(12).stdout.contains("work_items"));
}

#[tokio::test]
async fn doctor_ends_with_how_many_findings_of_each_severity_there_are() {
    let database = Database::new().await;
    let counts = || table(&database, Login::Admin, &["doctor"]).stdout.lines().last().map(str::to_owned);
    assert_eq!(counts().as_deref(), Some("errors: 0, warnings: 0, infos: 3"));
    let sql = "ALTER TABLE awgp.work_items DISABLE ROW LEVEL SECURITY";
    database.superuser().await.batch_execute(sql).await.expect("the superuser may");
    assert_eq!(counts().as_deref(), Some("errors: 1, warnings: 0, infos: 3"));
}

#[tokio::test]
async fn version_is_told_with_and_without_a_server() {
    let database = Database::new().await;
    let version = env!("CARGO_PKG_VERSION");
    let both = json(&database, Login::App, &["version"]).expect(0).json();
    assert_eq!(both, json!({"client": version, "extension": version, "note": null}));
    let url = "postgres://u:p@127.0.0.1:1/d";
    let alone = awgp(&["version", "--output", "json", "--database-url", url], &[]).expect(0).json();
    assert_eq!((&alone["client"], &alone["extension"]), (&json!(version), &json!(null)));
    assert!(alone["note"].is_string());
}

#[tokio::test]
async fn a_login_that_may_not_create_extensions_is_not_allowed() {
    let database = Database::empty().await;
    assert!(!table(&database, Login::App, &["init"]).expect(3).hint().is_empty());
}

/// The files cannot be taken away from a server that other tests use. So the server itself says what it says
/// of an extension whose files are absent, and an event trigger says the same of ours.
#[tokio::test]
async fn absent_files_of_the_extension_are_told_with_what_to_install() {
    let database = Database::empty().await;
    let superuser = database.superuser().await;
    let error = superuser.batch_execute("CREATE EXTENSION awgp_absent").await.expect_err("no such files");
    let said = error.as_db_error().expect("an error of the server");
    let (code, message) = (said.code().code().to_owned(), said.message().replace("awgp_absent", "awgp"));
    let sql = format!(
        "CREATE FUNCTION absent() RETURNS event_trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = '{message}'; END $$;
         CREATE EVENT TRIGGER absent ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION')
             EXECUTE FUNCTION absent()"
    );
    superuser.batch_execute(&sql).await.expect("an event trigger");
    for command in ["init", "demo"] {
        let outcome = table(&database, Login::Superuser, &[command]).expect(11);
        assert!(outcome.hint().contains("install"), "{outcome:#?}");
        assert_eq!(json(&database, Login::Superuser, &[command]).expect(11).error()["sqlstate"], code);
    }
}

#[tokio::test]
async fn an_extension_that_lacks_a_function_does_not_fit_this_client() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "ALTER FUNCTION awgp.doctor() RENAME TO doctor_of_old;
               ALTER FUNCTION awgp.version() RENAME TO version_of_old";
    superuser.batch_execute(sql).await.expect("renamed");
    let outcome = table(&database, Login::Admin, &["doctor"]).expect(11);
    assert!(outcome.hint().contains("ALTER EXTENSION"), "{outcome:#?}");
    let told = json(&database, Login::App, &["version"]).expect(0).json();
    assert!(told["extension"].is_null() && told["note"].is_string(), "{told}");
}
