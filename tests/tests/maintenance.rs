//! `run_maintenance()`: each step by itself, never two at once; and a net under months that were missed.

use awgp_core::audit::row::AuditRow;
use awgp_tests::catalog::findings;
use awgp_tests::everything::{count, forge_audit_row};
use awgp_tests::past::{Past, ensure, is_due, month_ago, neglect};
use awgp_tests::writer::Writer;
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, fixture, trail};
use serde_json::{Value, json};
use tokio_postgres::Client;

/// Runs maintenance at a moment given as SQL.
async fn run(client: &Client, at: &str) -> Value {
    let sql = format!("SELECT awgp.run_maintenance({at})");
    client.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

/// What a step did.
fn step<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let steps = answer["steps"].as_array().expect("steps");
    steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("{name}: {answer}"))
}

/// The rows, without those that maintenance itself has left since.
fn without_later(rows: Vec<AuditRow>, before: &[AuditRow]) -> Vec<AuditRow> {
    let last = before.iter().map(|row| row.id).max().expect("rows");
    rows.into_iter().filter(|row| row.id <= last).collect()
}

#[tokio::test]
async fn each_step_says_what_it_did_and_the_steps_are_kept_for_the_doctor() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let answer = run(&maintainer, "'2031-05-05 12:00:00+02'").await;
    assert_eq!(answer["already_running"], false);
    assert_eq!(answer["at"], "2031-05-05T10:00:00.000000Z");
    let made = &step(&answer, "ensure_partitions")["did"];
    let months = ["audit_logs_2031_05", "audit_logs_2031_06", "audit_logs_2031_07", "audit_logs_2031_08"];
    assert_eq!(*made, json!(months));
    let rows = maintainer.query("SELECT * FROM awgp.maintenance_steps()", &[]).await.expect("steps");
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let told: Vec<&str> =
        answer["steps"].as_array().expect("steps").iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(names, told);
    let sql = "SELECT step FROM awgp.maintenance_steps WHERE last_success_at IS NOT NULL ORDER BY step";
    let mut kept: Vec<String> =
        maintainer.query(sql, &[]).await.expect("it is kept").iter().map(|row| row.get(0)).collect();
    kept.sort_by_key(|name| names.iter().position(|known| known == name));
    assert_eq!(kept, names, "every step succeeded: {answer}");
}

#[tokio::test]
async fn a_step_that_fails_does_not_stop_the_others() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "REVOKE EXECUTE ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) FROM awgp_maintainer",
        )
        .await
        .expect("a superuser may");
    let maintainer = database.connect(Login::Maintainer).await;
    let answer = run(&maintainer, "NULL").await;
    let failed = step(&answer, "ensure_partitions");
    assert_eq!((&failed["ok"], &failed["error"]["sqlstate"]), (&json!(false), &json!("42501")));
    assert_eq!(step(&answer, "seal_partitions")["ok"], true);
    let sql = "SELECT last_success_at IS NULL, last_outcome ->> 'ok' FROM awgp.maintenance_steps
               WHERE step = 'ensure_partitions'";
    let row = maintainer.query_one(sql, &[]).await.expect("a failure is kept too");
    assert_eq!((row.get::<_, bool>(0), row.get::<_, String>(1)), (true, "false".to_owned()));
}

#[tokio::test]
async fn only_the_steps_that_are_named_run_and_an_unknown_one_is_refused() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let only = "SELECT awgp.run_maintenance(steps => ARRAY['seal_partitions'])";
    let answer: Value = maintainer.query_one(only, &[]).await.expect("one step").get(0);
    assert_eq!(answer["steps"].as_array().map(Vec::len), Some(1), "{answer}");
    let unknown = "SELECT awgp.run_maintenance(steps => ARRAY['seal_partitions', 'coffee'])";
    assert_refused(maintainer.query(unknown, &[]).await, "22023", "unknown_maintenance_step");
}

#[tokio::test]
async fn two_at_once_are_one_and_the_second_says_so() {
    let database = Database::new().await;
    let mut first = database.connect(Login::Maintainer).await;
    let second = database.connect(Login::Maintainer).await;
    let transaction = first.transaction().await.expect("a transaction begins");
    transaction.query("SELECT awgp.run_maintenance()", &[]).await.expect("it runs");
    let answer = run(&second, "'2031-05-05'").await;
    assert_eq!((&answer["already_running"], &answer["steps"]), (&json!(true), &json!([])));
    transaction.commit().await.expect("it commits");
    assert_eq!(run(&second, "NULL").await["already_running"], false);

    // Over several transactions, as the command line holds it.
    let hold = async |client: &Client, function: &str| -> bool {
        client.query_one(&format!("SELECT awgp.{function}()"), &[]).await.expect("a lock").get(0)
    };
    assert!(hold(&first, "begin_maintenance").await);
    assert!(!hold(&second, "begin_maintenance").await);
    assert_eq!(run(&first, "NULL").await["already_running"], false, "its holder may");
    assert_eq!(run(&second, "NULL").await["already_running"], true);
    assert!(hold(&first, "end_maintenance").await);
    assert_eq!(run(&second, "NULL").await["already_running"], false);
}

#[tokio::test]
async fn only_maintainers_run_it() {
    let database = Database::new().await;
    for login in [Login::App, Login::Auditor, Login::Admin, Login::Nobody] {
        let client = database.connect(login).await;
        for call in
            ["run_maintenance()", "begin_maintenance()", "drain_default_partition()", "seal_due_partitions()"]
        {
            assert_sqlstate(client.query(&format!("SELECT awgp.{call}"), &[]).await, "42501");
        }
    }
}

/// Nobody ran maintenance for three months, and the server's zone is not UTC.
#[tokio::test]
async fn after_three_months_without_maintenance_every_row_moves_to_its_month_unchanged() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut past = Past::begin(&database, 3, 2).await;
    neglect(&superuser).await;
    for months in [3, 2, 1] {
        past.load(&superuser, month_ago(months), 20).await;
    }
    past.found_tenants(&superuser).await;
    let waiting = count(&superuser, "audit_logs_default", None).await;
    assert_eq!(waiting, count(&superuser, "audit_logs", None).await, "nothing has a partition");
    let before = trail::rows(&database).await;

    let maintainer = database.connect(Login::Maintainer).await;
    maintainer.batch_execute("SET TimeZone = 'Pacific/Auckland'").await.expect("any session may");
    let answer = run(&maintainer, "NULL").await;
    let moved = step(&answer, "drain_default_partition")["did"]["moved"].as_array().expect("moved");
    let expected: Vec<Value> = [(3, 120), (2, 120), (1, 120), (0, waiting - 360)]
        .iter()
        .map(|(months, rows)| json!({"partition_name": month_ago(*months).partition_name(), "rows": rows}))
        .collect();
    assert_eq!(*moved, expected, "{answer}");
    let left = &step(&answer, "seal_partitions")["did"]["left_to_the_next_run"];
    let due = [3, 2, 1]
        .into_iter()
        .filter(|months| is_due(*months))
        .map(|months| month_ago(months).partition_name());
    let due = json!(due.collect::<Vec<_>>());
    assert_eq!(*left, due, "writers do not wait for seals: {answer}");
    let answer = run(&maintainer, "NULL").await;
    let sealed = &step(&answer, "seal_partitions")["did"]["sealed"];
    assert_eq!(*sealed, due);

    assert_eq!(count(&superuser, "audit_logs_default", None).await, 0);
    for (months, rows) in [(3, 120), (2, 120), (1, 120)] {
        assert_eq!(count(&superuser, &month_ago(months).partition_name(), None).await, rows);
    }
    let after = without_later(trail::rows(&database).await, &before);
    assert!(before == after, "rows and chain are unchanged");
    assert_eq!(trail::verify(&database).await, []);
    assert_eq!(findings(&superuser).await, [], "the doctor is content");
    let again = run(&maintainer, "NULL").await;
    assert_eq!(
        step(&again, "drain_default_partition")["did"],
        json!({"made": [], "moved": [], "failed": []})
    );
}

/// Under load: nobody loses a row, forks a lane or dies of a deadlock while rows move.
#[tokio::test]
async fn writers_go_on_while_the_default_partition_is_drained() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut past = Past::begin(&database, 4, 2).await;
    neglect(&superuser).await;
    past.load(&superuser, month_ago(1), 500).await;
    past.found_tenants(&superuser).await;
    let mut running = Vec::new();
    for number in 0..8 {
        let client = database.app().await;
        let writer = Writer { number, targets: past.targets(), tenants_per_transaction: 3 };
        running.push(tokio::spawn(async move { writer.run(&client, 60).await }));
    }
    let maintainer = database.connect(Login::Maintainer).await;
    let mut answers = Vec::new();
    while answers.is_empty() || running.iter().any(|writer| !writer.is_finished()) {
        answers.push(run(&maintainer, "NULL").await);
    }
    let mut committed = 0;
    for writer in running {
        let outcome = writer.await.expect("a writer ends");
        let victims = outcome.failed.iter().filter(|code| !code.starts_with("40001")).count();
        assert_eq!(victims, 0, "{:?}", outcome.failed);
        committed += outcome.committed.len();
    }
    assert!(committed > 200, "{committed}");
    assert_eq!(step(&answers[0], "drain_default_partition")["ok"], true, "{}", answers[0]);
    assert_eq!(count(&superuser, "audit_logs_default", None).await, 0);
    trail::assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
    assert_eq!(trail::verify(&database).await, []);
}

/// Nobody wrote in a month, and it has no partition either.
#[tokio::test]
async fn an_empty_month_that_was_missed_gets_its_partition_and_the_chain_goes_on_across_it() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let mut past = Past::begin(&database, 1, 1).await;
    ensure(&maintainer, month_ago(5)).await;
    past.load(&superuser, month_ago(5), 7).await;
    past.load(&superuser, month_ago(3), 7).await;
    let answer = run(&maintainer, "NULL").await;
    let did = &step(&answer, "drain_default_partition")["did"];
    let name = |months| month_ago(months).partition_name();
    assert_eq!(did["made"], json!([name(4), name(2), name(1)]));
    assert_eq!(did["moved"], json!([{"partition_name": name(3), "rows": 7}]));
    let answer = run(&maintainer, "NULL").await;
    let sealed = &step(&answer, "seal_partitions")["did"]["sealed"];
    let due = [5, 4, 3, 2, 1].into_iter().filter(|months| is_due(*months)).map(name);
    assert_eq!(*sealed, json!(due.collect::<Vec<_>>()));
    assert_eq!(trail::verify(&database).await, []);
}

/// The last microsecond of a month is moved to that month, the next to the next.
#[tokio::test]
async fn the_last_microsecond_moves_to_the_month_that_ends() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let tenant = fixture::group(&database).await.north.id;
    forge_audit_row(&superuser, tenant, "2001-01-31 23:59:59.999999+00").await;
    forge_audit_row(&superuser, tenant, "2001-02-01 00:00:00+00").await;
    let maintainer = database.connect(Login::Maintainer).await;
    maintainer.batch_execute("SET TimeZone = 'America/Los_Angeles'").await.expect("any session may");
    maintainer.query("SELECT awgp.drain_default_partition()", &[]).await.expect("rows move");
    assert_eq!(count(&superuser, "audit_logs_2001_01", None).await, 1);
    assert_eq!(count(&superuser, "audit_logs_2001_02", None).await, 1);
    assert_eq!(count(&superuser, "audit_logs_default", None).await, 0);
}

/// Interrupted in the middle, all is as it was, and it can be run again.
#[tokio::test]
async fn a_drain_that_is_interrupted_leaves_everything_and_can_be_run_again() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut past = Past::begin(&database, 2, 1).await;
    neglect(&superuser).await;
    past.load(&superuser, month_ago(2), 50).await;
    let before = trail::rows(&database).await;
    let victim = database.connect(Login::Maintainer).await;
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0);
    victim.batch_execute("BEGIN; SELECT awgp.drain_default_partition()").await.expect("rows move");
    superuser.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.expect("it is killed");
    while !victim.is_closed() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(trail::rows(&database).await, before);
    let maintainer = database.connect(Login::Maintainer).await;
    let answer = run(&maintainer, "NULL").await;
    assert_eq!(step(&answer, "drain_default_partition")["did"]["moved"][0]["rows"], 100, "{answer}");
    assert_eq!(without_later(trail::rows(&database).await, &before), before);
    assert_eq!(trail::verify(&database).await, []);
}

/// Moving rows opens no door: what a superuser does beside it is refused as ever.
#[tokio::test]
async fn nobody_else_deletes_audit_rows_while_rows_may_move() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut past = Past::begin(&database, 1, 1).await;
    neglect(&superuser).await;
    past.load(&superuser, month_ago(2), 5).await;
    let delete = "DELETE FROM awgp.audit_logs_default";
    assert_refused(superuser.execute(delete, &[]).await, "42501", "audit_immutable");
    superuser.batch_execute("BEGIN; SELECT awgp.drain_default_partition()").await.expect("rows move");
    let delete = "DELETE FROM awgp.audit_logs";
    assert_refused(superuser.execute(delete, &[]).await, "42501", "audit_immutable");
    superuser.batch_execute("ROLLBACK").await.expect("it ends");
    assert_refused(superuser.execute(delete, &[]).await, "42501", "audit_immutable");
}
