//! A read-only standby: rows are read and verified there as on the primary, and nothing is written.

use awgp_tests::cli::awgp;
use awgp_tests::fixture::within;
use awgp_tests::own_server::is_inside;
use awgp_tests::standby::{catch_up, connect, url};
use awgp_tests::tokens::{token_of, trusting_database};
use awgp_tests::trail::{self, rows_where};
use awgp_tests::writer::Writer;
use awgp_tests::{Database, Login, assert_sqlstate};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_read_and_verified_and_not_written() {
    const NAME: &str = "standby::a_standby_is_read_and_verified_and_not_written";
    if !is_inside(NAME, &["--standby", "--conf", "hot_standby_feedback=on"]) {
        return;
    }
    let (database, group) = trusting_database().await;
    let targets = vec![(group.north.id, group.north.assistant), (group.other.id, group.other.assistant)];
    let mut running = Vec::new();
    for number in 0..8 {
        let client = database.app().await;
        let writer = Writer { number, targets: targets.clone(), tenants_per_transaction: 2 };
        running.push(tokio::spawn(async move { writer.run(&client, 20).await }));
    }
    for writer in running {
        writer.await.expect("a writer ends");
    }
    catch_up(&database).await;
    let auditor = connect(&database, Login::Auditor).await;
    assert!(rows_where(&auditor, "true").await == trail::rows(&database).await, "the same rows");
    assert_eq!(trail::verify_with(&auditor).await, []);
    for jobs in ["1", "2"] {
        let arguments = ["audit", "verify", "--jobs", jobs];
        awgp(&arguments, &[("DATABASE_URL", &url(&database, Login::Auditor))]).expect(0);
    }
    let maintainer = connect(&database, Login::Maintainer).await;
    assert_sqlstate(maintainer.query_one("SELECT awgp.run_maintenance()", &[]).await, "25006");
    let run = |output| {
        let url = url(&database, Login::Maintainer);
        awgp(&["maintenance", "run", "--output", output], &[("DATABASE_URL", &url)]).expect(0)
    };
    assert_eq!(run("json").json(), serde_json::json!({"standby": true, "steps": []}));
    assert!(run("table").stdout.contains("standby"));
    let found = awgp_tests::catalog::findings(&maintainer).await;
    assert_eq!(found, awgp_tests::catalog::findings(&database.superuser().await).await, "the same findings");
    reads_and_refuses(&database, &group).await;
    // What is done to the rows on the primary shows on the standby.
    let superuser = database.superuser().await;
    let row = &trail::rows(&database).await[3];
    let sql = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         UPDATE awgp.audit_logs SET action = 'nothing' WHERE id = {};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        row.id
    );
    superuser.batch_execute(&sql).await.expect("a superuser may");
    catch_up(&database).await;
    let found = trail::verify_with(&auditor).await;
    let named: Vec<_> = found.iter().map(|finding| (finding.kind.as_str(), finding.audit_id)).collect();
    assert_eq!(named, [("changed_row", Some(row.id))]);
    awgp(&["audit", "verify"], &[("DATABASE_URL", &url(&database, Login::Auditor))]).expect(12);
}

/// An application is in its tenant's context there, by id and by token, and writes nothing.
async fn reads_and_refuses(database: &Database, group: &awgp_tests::fixture::Group) {
    let mut app = connect(database, Login::App).await;
    let users = "SELECT count(*) FROM awgp.users";
    let count = |row: tokio_postgres::Row| row.get::<_, i64>(0);
    assert_eq!(count(app.query_one(users, &[]).await.expect("no rows, no error")), 0);
    let find = "SELECT awgp.find_tenant('north')";
    let found: uuid::Uuid = app.query_one(find, &[]).await.expect("a tenant is found by its slug").get(0);
    assert_eq!(found, group.north.id);
    let transaction = within(&mut app, group.north.id).await;
    let find = "SELECT awgp.find_user('viewer@north.example')";
    let found: uuid::Uuid = transaction.query_one(find, &[]).await.expect("a user is found").get(0);
    assert_eq!(found, group.north.user("viewer"));
    assert_eq!(count(transaction.query_one(users, &[]).await.expect("rows")), 5);
    let write = "UPDATE awgp.users SET first_name = 'x'";
    assert_sqlstate(transaction.execute(write, &[]).await, "25006");
    transaction.rollback().await.expect("it ends");
    let transaction = app.transaction().await.expect("a transaction");
    let token = token_of(group.south.user("viewer"));
    transaction.execute("SELECT awgp.authenticate($1)", &[&token]).await.expect("a token is verified");
    assert_eq!(count(transaction.query_one(users, &[]).await.expect("rows")), 5);
    let event = "SELECT awgp.log_event('seen', 'users'); SELECT awgp.flush_audit()";
    assert_sqlstate(transaction.batch_execute(event).await, "25006");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_says_so_until_somebody_keeps_its_identity() {
    const NAME: &str = "standby::a_promoted_standby_says_so_until_somebody_keeps_its_identity";
    if !is_inside(NAME, &["--standby"]) {
        return;
    }
    let (database, group) = trusting_database().await;
    database.superuser().await.execute("SELECT awgp.keep_identity()", &[]).await.expect("the original");
    catch_up(&database).await;
    let standby = connect(&database, Login::Superuser).await;
    let place = "SELECT code FROM awgp.doctor() WHERE code IN ('restored_copy', 'timeline_changed')";
    assert!(
        standby.query(place, &[]).await.expect("the doctor answers").is_empty(),
        "a standby writes nothing"
    );
    standby.query_one("SELECT pg_promote()", &[]).await.expect("a superuser may");
    let found: String = standby.query_one(place, &[]).await.expect("a finding").get(0);
    assert_eq!(found, "timeline_changed");
    let had_moved: bool = standby.query_one("SELECT awgp.keep_identity()", &[]).await.expect("kept").get(0);
    assert!(had_moved && standby.query(place, &[]).await.expect("the doctor answers").is_empty());
    // It writes now, and the same job as before runs.
    let mut app = connect(&database, Login::App).await;
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute("SELECT awgp.log_event('seen', 'users')", &[]).await.expect("it writes");
    transaction.commit().await.expect("it commits");
    let maintainer = url(&database, Login::Maintainer);
    let run = awgp(&["maintenance", "run", "--output", "json"], &[("DATABASE_URL", &maintainer)]).expect(0);
    assert!(run.json()["steps"].as_array().is_some_and(|steps| !steps.is_empty()));
    assert_eq!(trail::verify_with(&connect(&database, Login::Auditor).await).await, []);
}
