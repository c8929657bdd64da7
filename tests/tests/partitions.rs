//! The months of the audit trail.
//!
//! Nothing here depends on today's date, except that an installation has the month it is in and three more.

use awgp_tests::catalog::{findings, snapshot};
use awgp_tests::everything::{count, forge_audit_row};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, fixture, trail};
use tokio_postgres::Client;

/// Names of the monthly partitions with their bounds in UTC, in order.
async fn partitions(superuser: &Client) -> Vec<(String, String, String)> {
    superuser.batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'").await.expect("settings");
    let sql = r"SELECT relname::text, bound[1], bound[2]
        FROM pg_class, regexp_match(pg_get_expr(relpartbound, oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)') AS bound
        WHERE relnamespace = 'awgp'::regnamespace AND relispartition AND relkind = 'r'
          AND relname <> 'audit_logs_default' ORDER BY relname";
    let rows = superuser.query(sql, &[]).await.expect("pg_class is readable");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// Calls ensure_partitions with the moment given as SQL.
async fn ensure(client: &Client, months_ahead: i64, at: &str) -> Vec<String> {
    let sql = format!("SELECT * FROM awgp.ensure_partitions($1, {at})");
    let rows = client.query(&sql, &[&months_ahead]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

fn month(name: &str, from: &str, to: &str) -> (String, String, String) {
    (name.to_owned(), format!("{from} 00:00:00+00"), format!("{to} 00:00:00+00"))
}

#[tokio::test]
async fn an_installation_has_this_month_and_the_next_three() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    // Counted from the moment of installation, so that a month that turns meanwhile changes nothing.
    let sql = r#"SELECT to_char(month, '"audit_logs_"YYYY_MM') FROM awgp.installation,
        generate_series(date_trunc('month', installed_at AT TIME ZONE 'UTC'),
                        date_trunc('month', installed_at AT TIME ZONE 'UTC') + interval '3 months',
                        interval '1 month') AS month"#;
    let rows = superuser.query(sql, &[]).await.expect("a series");
    let expected: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let names: Vec<String> = partitions(&superuser).await.into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn bounds_are_utc_months_whatever_the_time_zone_of_the_session() {
    for zone in ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"] {
        let database = Database::new().await;
        let maintainer = database.connect(Login::Maintainer).await;
        let settings = format!("SET TimeZone = '{zone}'; SET DateStyle = 'German'");
        maintainer.batch_execute(&settings).await.expect("settings can be set");
        // In Auckland and Kathmandu it is February by then, in UTC it is still January.
        let made = ensure(&maintainer, 2, "'2031-01-31 23:30:00+00'").await;
        assert_eq!(made, ["audit_logs_2031_01", "audit_logs_2031_02", "audit_logs_2031_03"], "{zone}");
        let superuser = database.superuser().await;
        let all = partitions(&superuser).await;
        let of_2031: Vec<_> = all.into_iter().filter(|(name, ..)| name.contains("2031")).collect();
        assert_eq!(
            of_2031,
            [
                month("audit_logs_2031_01", "2031-01-01", "2031-02-01"),
                month("audit_logs_2031_02", "2031-02-01", "2031-03-01"),
                month("audit_logs_2031_03", "2031-03-01", "2031-04-01"),
            ],
            "{zone}"
        );
    }
}

#[tokio::test]
async fn the_month_of_a_moment_is_its_month_in_utc() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    maintainer.batch_execute("SET TimeZone = 'America/Los_Angeles'").await.expect("settings can be set");
    assert_eq!(ensure(&maintainer, 0, "'2032-02-29 23:59:59.999999+00'").await, ["audit_logs_2032_02"]);
    assert_eq!(ensure(&maintainer, 0, "'2032-03-01 00:00:00+00'").await, ["audit_logs_2032_03"]);
    assert_eq!(
        ensure(&maintainer, 1, "'2032-12-31 23:59:59-05'").await,
        ["audit_logs_2033_01", "audit_logs_2033_02"]
    );
}

#[tokio::test]
async fn ensuring_again_makes_nothing() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    assert_eq!(ensure(&maintainer, 1, "'2031-05-05+00'").await.len(), 2);
    assert!(ensure(&maintainer, 1, "'2031-05-05+00'").await.is_empty());
    assert_eq!(ensure(&maintainer, 2, "'2031-05-05+00'").await, ["audit_logs_2031_07"]);
}

#[tokio::test]
async fn without_a_moment_it_is_now() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let rows = maintainer.query("SELECT * FROM awgp.ensure_partitions()", &[]).await.expect("it runs");
    // At most the month that has turned since the template was made.
    assert!(rows.len() <= 1, "{rows:?}");
    let rows = maintainer.query("SELECT * FROM awgp.ensure_partitions(0, NULL)", &[]).await.expect("it runs");
    assert!(rows.is_empty(), "{rows:?}");
}

#[tokio::test]
async fn two_at_once_make_each_month_once() {
    let database = Database::new().await;
    let mut first = database.connect(Login::Maintainer).await;
    let second = database.connect(Login::Maintainer).await;
    let transaction = first.transaction().await.expect("a transaction begins");
    assert_eq!(ensure(transaction.client(), 1, "'2031-05-05+00'").await.len(), 2);

    let waiting = tokio::spawn(async move { ensure(&second, 2, "'2031-05-05+00'").await });
    database.until_somebody_waits().await;
    transaction.commit().await.expect("the first commits");
    assert_eq!(waiting.await.expect("the second ends"), ["audit_logs_2031_07"]);
    let superuser = database.superuser().await;
    let all = partitions(&superuser).await;
    assert_eq!(all.iter().filter(|(name, ..)| name.contains("2031")).count(), 3);
}

#[tokio::test]
async fn months_ahead_outside_of_0_to_120_are_refused() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    for months_ahead in [-1, 121, i64::MAX, i64::MIN] {
        let sql = "SELECT * FROM awgp.ensure_partitions($1)";
        assert_refused(maintainer.query(sql, &[&months_ahead]).await, "22023", "out_of_range");
    }
    assert_eq!(ensure(&maintainer, 120, "'2041-01-01+00'").await.len(), 121);
}

/// However often it is asked for far months, and whatever the rows of the default
/// partition say, partitions are bounded.
#[tokio::test]
async fn months_far_from_the_present_get_no_partition() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let maintainer = database.connect(Login::Maintainer).await;
    for at in [
        "infinity",
        "-infinity",
        "0044-03-15 BC",
        "0001-01-01",
        "1969-12-31 23:59:59+00",
        "2500-01-01",
        "9999-12-01",
        "20000-01-01",
    ] {
        let sql = format!("SELECT * FROM awgp.ensure_partitions(2, '{at}')");
        assert_refused(maintainer.query(&sql, &[]).await, "22023", "out_of_range");
    }
    for at in ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"] {
        let sql = format!("SELECT awgp.run_maintenance('{at}')");
        assert_refused(maintainer.query(&sql, &[]).await, "22023", "out_of_range");
    }
    let superuser = database.superuser().await;
    for moment in ["infinity", "-infinity", "0044-03-15 00:00:00+00 BC", "9000-01-01+00", "20000-01-01+00"] {
        forge_audit_row(&superuser, group.north.id, moment).await;
    }
    let before = partitions(&superuser).await;
    maintainer.query_one("SELECT awgp.drain_default_partition()", &[]).await.expect("it runs");
    assert_eq!(partitions(&superuser).await, before);
    assert_eq!(count(&superuser, "audit_logs_default", None).await, 5);
}

#[tokio::test]
async fn a_row_of_a_month_without_a_partition_lands_in_the_default_one() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    forge_audit_row(&superuser, group.north.id, "2001-01-31 23:59:59.999999+00").await;
    assert_eq!(count(&superuser, "audit_logs_default", None).await, 1);

    // Such a month is maintenance's to move: making its partition would fail, and is left alone.
    let maintainer = database.connect(Login::Maintainer).await;
    assert_eq!(ensure(&maintainer, 1, "'2001-01-05+00'").await, ["audit_logs_2001_02"]);
    assert_eq!(count(&superuser, "audit_logs_default", None).await, 1);
}

#[tokio::test]
async fn the_last_microsecond_of_a_month_lies_in_its_partition_and_the_next_in_the_next() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    ensure(&maintainer, 1, "'2001-01-05+00'").await;
    forge_audit_row(&superuser, group.north.id, "2001-01-31 23:59:59.999999+00").await;
    forge_audit_row(&superuser, group.north.id, "2001-02-01 00:00:00+00").await;
    assert_eq!(count(&superuser, "audit_logs_2001_01", None).await, 1);
    assert_eq!(count(&superuser, "audit_logs_2001_02", None).await, 1);
    assert_eq!(count(&superuser, "audit_logs_default", None).await, 0);
}

#[tokio::test]
async fn a_new_partition_equals_its_siblings() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let before = snapshot(&superuser).await;
    assert!(before.iter().any(|line| line.starts_with("table audit_logs_YYYY_MM: ")), "months are told");
    let maintainer = database.connect(Login::Maintainer).await;
    assert_eq!(ensure(&maintainer, 1, "'2031-05-05+00'").await.len(), 2);
    // Equal partitions are one line, so a partition that differs would add one.
    assert_eq!(before, snapshot(&superuser).await);
    assert!(findings(&superuser).await.is_empty());
}

#[tokio::test]
async fn default_privileges_do_not_open_a_partition() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let before = snapshot(&superuser).await;
    superuser
        .batch_execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA awgp GRANT ALL ON TABLES TO awgp_app, PUBLIC;
             ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO awgp_auditor",
        )
        .await
        .expect("an operator may");
    let maintainer = database.connect(Login::Maintainer).await;
    assert_eq!(ensure(&maintainer, 0, "'2031-05-05+00'").await.len(), 1);
    assert_eq!(before, snapshot(&superuser).await);
    assert!(findings(&superuser).await.is_empty());
}

#[tokio::test]
async fn months_that_were_never_made_are_not_missed_and_one_that_was_is() {
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    ensure(&maintainer, 0, "'2031-05-15+00'").await;
    ensure(&maintainer, 1, "'2019-03-15+00'").await;
    assert_eq!(trail::verify(&database).await, []);
    let superuser = database.superuser().await;
    superuser.batch_execute("DROP TABLE awgp.audit_logs_2019_04").await.expect("its owner may");
    let found: Vec<_> =
        trail::verify(&database).await.into_iter().map(|found| (found.kind, found.partition_name)).collect();
    assert_eq!(found, [("missing_partition".to_owned(), Some("audit_logs_2019_04".to_owned()))]);
    ensure(&maintainer, 0, "'2019-04-15+00'").await;
    assert_eq!(trail::verify(&database).await, [], "it is there again");
}

#[tokio::test]
async fn only_maintainers_make_partitions_and_nobody_reads_them_directly() {
    let database = Database::new().await;
    for login in [Login::App, Login::Auditor, Login::Admin, Login::Nobody] {
        let client = database.connect(login).await;
        assert_sqlstate(client.query("SELECT * FROM awgp.ensure_partitions(0)", &[]).await, "42501");
    }
    let superuser = database.superuser().await;
    let (name, ..) = partitions(&superuser).await.remove(0);
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        for table in [name.as_str(), "audit_logs_default"] {
            for sql in [
                format!("SELECT count(*) FROM awgp.{table}"),
                format!("DELETE FROM awgp.{table}"),
                format!("UPDATE awgp.{table} SET action = 'x'"),
                format!("TRUNCATE awgp.{table}"),
                format!("INSERT INTO awgp.{table} DEFAULT VALUES"),
            ] {
                assert_sqlstate(client.execute(&sql, &[]).await, "42501");
            }
        }
    }
}
