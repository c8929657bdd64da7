//! Each check of the doctor stands alone, and what is lawful is no finding; verification goes on beside it.

use awgp_tests::catalog::findings;
use awgp_tests::{Database, Login, assert_refused, fixture, trail};

#[tokio::test]
async fn what_may_be_is_no_finding() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE SCHEMA shop; CREATE VIEW shop.own AS SELECT * FROM awgp.users;
             CREATE VIEW shop.invoking WITH (security_invoker = true) AS SELECT * FROM awgp.users;
             GRANT SELECT ON shop.invoking TO PUBLIC;
             CREATE MATERIALIZED VIEW shop.kept AS SELECT count(*) FROM awgp.users",
        )
        .await
        .expect("a superuser may");
    let found = findings(&superuser).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_table_of_another_owner_stops_neither_doctor_nor_verification() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    for table in
        ["audit_logs", "audit_retired_partitions", "approvals", "budget_periods", "maintenance_steps"]
    {
        let damage = format!("ALTER TABLE awgp.{table} OWNER TO awgp_test_nobody");
        superuser.batch_execute(&damage).await.expect("a superuser may");
        for login in [Login::Superuser, Login::Auditor] {
            let client = database.connect(login).await;
            let found = findings(&client).await;
            let named = |finding: &(String, String, String, String)| finding.2 == format!("awgp.{table}");
            assert!(found.iter().any(|finding| finding.0 == "owner" && named(finding)), "{table}: {found:?}");
            assert!(found.iter().all(|finding| finding.0 == "owner"), "{table}, {login:?}: {found:?}");
            assert_eq!(trail::verify_with(&client).await, [], "{table}, {login:?}");
        }
    }
    let mut app = database.app().await;
    let transaction = fixture::within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET title = 'Other' WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("it goes on");
    transaction.commit().await.expect("and is recorded");
}

#[tokio::test]
async fn a_check_that_cannot_be_made_is_a_finding_and_the_others_follow() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let damage = "ALTER TABLE awgp.maintenance_steps RENAME COLUMN last_run_at TO ran_at;
                  ALTER TABLE awgp.users DISABLE ROW LEVEL SECURITY";
    superuser.batch_execute(damage).await.expect("a superuser may");
    let found = findings(&superuser).await;
    let objects: Vec<&str> = found.iter().map(|(_, _, object, _)| object.as_str()).collect();
    // The column itself is missed too.
    let expected =
        ["awgp.maintenance_steps", "awgp.users", "check maintenance_overdue", "check maintenance_failing"];
    assert_eq!(objects, expected);
}

#[tokio::test]
async fn a_rule_that_swallows_writes_is_found_by_verification() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE RULE deaf AS ON DELETE TO awgp.users DO INSTEAD NOTHING;
             CREATE RULE deaf AS ON INSERT TO awgp.audit_logs DO INSTEAD NOTHING",
        )
        .await
        .expect("a superuser may");
    let found = trail::verify(&database).await;
    let told: Vec<(&str, Option<&str>)> =
        found.iter().map(|finding| (finding.kind.as_str(), finding.partition_name.as_deref())).collect();
    assert_eq!(told, [("trigger_disabled", Some("audit_logs")), ("trigger_disabled", Some("users"))]);
}

#[tokio::test]
async fn a_month_whose_name_is_taken_is_refused_and_a_retired_one_is_not() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let ensure = "SELECT * FROM awgp.ensure_partitions(1, '2031-05-05+00')";
    for taken in [
        "CREATE VIEW awgp.audit_logs_2031_06 AS SELECT 1 AS one",
        "SELECT awgp.ensure_partitions(1, '2031-05-05+00'); ALTER TABLE awgp.audit_logs DETACH PARTITION awgp.audit_logs_2031_06",
    ] {
        superuser.batch_execute(taken).await.expect("a superuser may");
        assert_refused(maintainer.query(ensure, &[]).await, "55000", "partition_name_taken");
        superuser.batch_execute("DROP VIEW awgp.audit_logs_2031_06").await.ok();
    }
    let retired =
        "INSERT INTO awgp.audit_retired_partitions (partition_name, retired_at, retired_by, retention_days)
                   VALUES ('audit_logs_2031_06', now(), 'x', 400)";
    superuser.batch_execute(retired).await.expect("a superuser may");
    assert!(maintainer.query(ensure, &[]).await.expect("it is retired").is_empty());
}
