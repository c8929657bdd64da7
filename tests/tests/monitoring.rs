//! `awgp.metrics()` and `awgp metrics`: numbers of every tenant for a login that sees no row.

use awgp_tests::cli::{Follower, awgp, json, table};
use awgp_tests::command::Folder;
use awgp_tests::everything::everywhere;
use awgp_tests::fixture::scene;
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, connect_to};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use tokio_postgres::Client;

/// The value of every number with this name, by its labels as JSON.
pub async fn numbers(monitor: &Client, name: &str) -> BTreeMap<String, f64> {
    let sql = "SELECT labels::text, value::float8 FROM awgp.metrics() WHERE name = $1";
    let rows = monitor.query(sql, &[&name]).await.expect("a monitor may");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The number that has no labels.
async fn number(monitor: &Client, name: &str) -> f64 {
    numbers(monitor, name).await["{}"]
}

#[tokio::test]
async fn a_monitor_reads_no_table_and_no_view_and_calls_only_what_gives_numbers() {
    let database = Database::new().await;
    everywhere(&database).await;
    let (superuser, monitor) = (database.superuser().await, database.connect(Login::Monitor).await);
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')";
    let relations = superuser.query(sql, &[]).await.expect("the catalog is readable");
    assert!(relations.len() > 50, "{}", relations.len());
    for relation in &relations {
        let sql = format!("SELECT count(*) FROM awgp.{}", relation.get::<_, String>(0));
        assert_sqlstate(monitor.query(&sql, &[]).await, "42501");
    }
    let columns = "SELECT count(*) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
                   WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
                     AND has_column_privilege(current_user, pg_class.oid, attnum, 'SELECT, INSERT, UPDATE, REFERENCES')";
    assert_eq!(monitor.query_one(columns, &[]).await.expect("a count").get::<_, i64>(0), 0);
    let functions = "SELECT array_agg(proname::text ORDER BY proname) FROM pg_proc
                     WHERE pronamespace = 'awgp'::regnamespace AND has_function_privilege(current_user, oid, 'EXECUTE')";
    let callable: Vec<String> = monitor.query_one(functions, &[]).await.expect("functions").get(0);
    assert_eq!(callable, ["metrics", "version"]);
    let sql = "SELECT count(*) FROM awgp.metrics() WHERE value IS NULL OR name !~ '^awgp_[a-z_]+$'";
    assert_eq!(monitor.query_one(sql, &[]).await.expect("numbers").get::<_, i64>(0), 0);
}

#[tokio::test]
async fn nobody_but_a_monitor_gets_the_numbers_of_all_tenants() {
    let database = Database::new().await;
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        let asked = client.query("SELECT * FROM awgp.metrics()", &[]).await;
        if login == Login::Monitor {
            assert!(!asked.expect("a monitor may").is_empty());
        } else {
            assert_sqlstate(asked, "42501");
        }
    }
}

#[tokio::test]
async fn open_approvals_of_every_tenant_are_counted_by_age_and_risk() {
    let database = Database::new().await;
    everywhere(&database).await;
    let monitor = database.connect(Login::Monitor).await;
    let open = numbers(&monitor, "awgp_approvals_open").await;
    // Each combination is there, so that an alert sees a 0.
    assert_eq!(open.len(), 6 * 5);
    assert!((open[r#"{"age": "under_1h", "risk": "5"}"#] - 5.0).abs() < 0.1, "{open:?}");
    assert!((open.values().sum::<f64>() - 5.0).abs() < 0.1, "{open:?}");
    let superuser = database.superuser().await;
    let older = "SET session_replication_role = replica;
                 UPDATE awgp.approvals SET created_at = now() - interval '2 days', expires_at = now() + interval '5 minutes',
                        risk_level = 2
                 WHERE id = (SELECT min(id::text)::uuid FROM awgp.approvals)";
    superuser.batch_execute(older).await.expect("a superuser may");
    let open = numbers(&monitor, "awgp_approvals_open").await;
    assert!((open[r#"{"age": "under_1h", "risk": "5"}"#] - 4.0).abs() < 0.1, "{open:?}");
    assert!((open[r#"{"age": "1d_to_3d", "risk": "2"}"#] - 1.0).abs() < 0.1, "{open:?}");
    assert!(number(&monitor, "awgp_approvals_oldest_age_seconds").await >= 172_800.0);
    assert!((number(&monitor, "awgp_approvals_expiring").await - 1.0).abs() < 0.1);
}

#[tokio::test]
async fn pools_beyond_the_named_ones_are_added_up() {
    let database = Database::new().await;
    everywhere(&database).await;
    let (superuser, monitor) = (database.superuser().await, database.connect(Login::Monitor).await);
    let sql = "SELECT sum(left_amount)::float8, sum(held)::float8 FROM awgp.budget_status
               WHERE tenant_id IN (SELECT id FROM awgp.tenants WHERE is_active)";
    let row = superuser.query_one(sql, &[]).await.expect("sums");
    let (left, held): (f64, f64) = (row.get(0), row.get(1));
    for (pools, names) in [
        (0_i64, vec!["(others)"]),
        (2, vec!["(others)", "holding", "north"]),
        (1000, vec!["holding", "north", "other", "south"]),
    ] {
        let sql = "SELECT labels ->> 'tenant', name, value::float8 FROM awgp.metrics($1)
                   WHERE name IN ('awgp_pool_left', 'awgp_pool_held') ORDER BY labels ->> 'tenant' COLLATE \"C\"";
        let rows = monitor.query(sql, &[&pools]).await.expect("numbers");
        let of = |name: &str| -> Vec<(String, f64)> {
            let rows = rows.iter().filter(|row| row.get::<_, String>(1) == name);
            rows.map(|row| (row.get(0), row.get(2))).collect()
        };
        let (all_left, all_held) = (of("awgp_pool_left"), of("awgp_pool_held"));
        assert_eq!(all_left.iter().map(|(tenant, _)| tenant.as_str()).collect::<Vec<_>>(), names, "{pools}");
        assert!((all_left.iter().map(|(_, value)| value).sum::<f64>() - left).abs() < 1e-6);
        assert!((all_held.iter().map(|(_, value)| value).sum::<f64>() - held).abs() < 1e-6);
    }
    let classes = numbers(&monitor, "awgp_pools").await;
    assert!((classes[r#"{"used": "50_to_75"}"#] - 4.0).abs() < 0.1, "{classes:?}");
    assert!((classes.values().sum::<f64>() - 4.0).abs() < 0.1, "{classes:?}");
}

#[tokio::test]
async fn a_number_of_pools_out_of_range_is_refused() {
    let database = Database::new().await;
    let monitor = database.connect(Login::Monitor).await;
    for call in ["metrics(-1)", "metrics(1001)", "metrics(NULL)", "metrics(5, NULL)"] {
        let asked = monitor.query(&format!("SELECT * FROM awgp.{call}"), &[]).await;
        assert_refused(asked, "22023", "out_of_range");
    }
}

#[tokio::test]
async fn an_event_after_the_last_checkpoint_is_a_lag_and_a_new_checkpoint_ends_it() {
    const LAG: &str = "awgp_audit_checkpoint_lag_seconds";
    let (database, group) = scene().await;
    let (auditor, monitor) = (database.connect(Login::Auditor).await, database.connect(Login::Monitor).await);
    let chains = numbers(&monitor, "awgp_audit_chains").await;
    assert!(chains[r#"{"checkpoint": "never"}"#] >= 5.0, "{chains:?}");
    assert!(number(&monitor, LAG).await > 0.0);
    let ids: Vec<uuid::Uuid> = group.all().iter().map(|tenant| tenant.id).collect();
    for id in &ids {
        auditor.execute("SELECT awgp.audit_checkpoint($1)", &[id]).await.expect("an auditor may");
    }
    assert!(number(&monitor, LAG).await.abs() < f64::EPSILON);
    assert!(number(&monitor, "awgp_audit_signature_lag_seconds").await > 0.0);
    let chains = numbers(&monitor, "awgp_audit_chains").await;
    assert!((chains[r#"{"checkpoint": "unsigned"}"#] - 5.0).abs() < 0.1, "{chains:?}");
    let sql = "UPDATE awgp.tenants SET name = 'Further' WHERE id = $1";
    database.admin().await.execute(sql, &[&group.south.id]).await.expect("an event");
    assert!(number(&monitor, LAG).await > 0.0);
    auditor.execute("SELECT awgp.audit_checkpoint($1)", &[&group.south.id]).await.expect("an auditor may");
    assert!(number(&monitor, LAG).await.abs() < f64::EPSILON);
}

#[tokio::test]
async fn months_that_are_made_ahead_or_not_sealed_are_counted() {
    let database = Database::new().await;
    let (maintainer, monitor) =
        (database.connect(Login::Maintainer).await, database.connect(Login::Monitor).await);
    maintainer.execute("SELECT awgp.ensure_partitions(7)", &[]).await.expect("a maintainer may");
    assert!((number(&monitor, "awgp_audit_partitions_ahead").await - 7.0).abs() < 0.1);
    assert!(number(&monitor, "awgp_audit_unsealed_months").await.abs() < 0.1);
    assert!(number(&monitor, "awgp_audit_seal_lag_seconds").await.abs() < f64::EPSILON);
    let past = "SELECT awgp.ensure_partitions(0, now() - interval '100 days')";
    maintainer.execute(past, &[]).await.expect("a maintainer may");
    assert!((number(&monitor, "awgp_audit_unsealed_months").await - 1.0).abs() < 0.1);
    // It ended two months ago at least.
    assert!(number(&monitor, "awgp_audit_seal_lag_seconds").await > 58.0 * 86_400.0);
    assert!(number(&monitor, "awgp_audit_default_partition_used").await.abs() < 0.1);
}

#[tokio::test]
async fn each_step_of_maintenance_says_when_it_ran_and_whether_it_failed() {
    let database = Database::new().await;
    let (maintainer, monitor) =
        (database.connect(Login::Maintainer).await, database.connect(Login::Monitor).await);
    let runs = numbers(&monitor, "awgp_maintenance_last_run_timestamp_seconds").await;
    assert!(runs.len() >= 10 && runs.values().all(|value| value.abs() < f64::EPSILON), "{runs:?}");
    maintainer.execute("SELECT awgp.run_maintenance()", &[]).await.expect("a maintainer may");
    let runs = numbers(&monitor, "awgp_maintenance_last_run_timestamp_seconds").await;
    let successes = numbers(&monitor, "awgp_maintenance_last_success_timestamp_seconds").await;
    assert!(runs.values().all(|value| *value > 1.0e9), "{runs:?}");
    assert_eq!(runs, successes);
    let failed = "UPDATE awgp.maintenance_steps SET last_success_at = NULL WHERE step = 'seal_partitions'";
    database.superuser().await.batch_execute(failed).await.expect("a superuser may");
    let failed = numbers(&monitor, "awgp_maintenance_step_failed").await;
    assert!((failed.values().sum::<f64>() - 1.0).abs() < 0.1, "{failed:?}");
    assert!((failed[r#"{"step": "seal_partitions"}"#] - 1.0).abs() < 0.1, "{failed:?}");
}

#[tokio::test]
async fn the_doctors_findings_are_counted_by_severity_without_summing_the_ledger() {
    let (database, group) = scene().await;
    let (superuser, monitor) = (database.superuser().await, database.connect(Login::Monitor).await);
    let broken = format!(
        "ALTER TABLE awgp.users DISABLE ROW LEVEL SECURITY;
         SET session_replication_role = replica;
         INSERT INTO awgp.budget_periods (tenant_id, scope, starts_at, ends_at, time_zone, limit_amount, spent)
         VALUES ('{}', 'tenant', now(), now() + interval '1 day', 'UTC', 10, 5)",
        group.north.id
    );
    superuser.batch_execute(&broken).await.expect("a superuser may");
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT severity, count(*) FILTER (WHERE code <> 'ledger_differs'), count(*) FROM awgp.doctor()
               GROUP BY severity";
    let rows = auditor.query(sql, &[]).await.expect("an auditor may");
    let counted = numbers(&monitor, "awgp_doctor_findings").await;
    let mut errors = (0, 0);
    for severity in ["error", "warning", "info"] {
        let row = rows.iter().find(|row| row.get::<_, String>(0) == severity);
        let wanted = row.map_or((0, 0), |row| (row.get::<_, i64>(1), row.get::<_, i64>(2)));
        if severity == "error" {
            errors = wanted;
        }
        let found = counted[&format!(r#"{{"severity": "{severity}"}}"#)];
        assert_eq!(format!("{found}"), wanted.0.to_string(), "{severity}");
    }
    assert_eq!(errors, (1, 2));
    let without = "SELECT count(*) FROM awgp.metrics(findings => false) WHERE name = 'awgp_doctor_findings'";
    assert_eq!(monitor.query_one(without, &[]).await.expect("a count").get::<_, i64>(0), 0);
}

/// The names of a text, each with the type that it declares. Fails where the text is not as OpenMetrics wants
/// it.
pub fn parsed(text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.last(), Some(&"# EOF"), "{text}");
    assert!(text.ends_with("# EOF\n"));
    let mut declared = BTreeMap::<String, Vec<&str>>::new();
    let mut sampled = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for line in &lines[..lines.len() - 1] {
        if let Some(declaration) = line.strip_prefix("# ") {
            let mut words = declaration.splitn(3, ' ');
            let (kind, name) = (words.next().expect("a kind"), words.next().expect("a name"));
            let rest = words.next().expect("the rest");
            assert!(!sampled.contains(name), "{name} is declared before its samples");
            match kind {
                "TYPE" => assert_eq!(rest, "gauge"),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}"))),
                "HELP" => assert!(rest.len() > 10),
                _ => panic!("{line}"),
            }
            declared.entry(name.to_owned()).or_default().push(kind);
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            value.parse::<f64>().expect("a number");
            assert!(seen.insert(series), "{series} is there once");
            sampled.insert(series.split('{').next().expect("a name").to_owned());
        }
    }
    for (name, kinds) in &declared {
        let unit: &[&str] = if name.ends_with("_seconds") { &["UNIT"] } else { &[] };
        assert_eq!(kinds, &[&["HELP", "TYPE"], unit].concat(), "{name}");
    }
    assert_eq!(declared.into_keys().collect::<BTreeSet<_>>(), sampled);
    sampled
}

#[tokio::test]
async fn the_command_prints_openmetrics_and_programs_get_rows() {
    let database = Database::new().await;
    everywhere(&database).await;
    let superuser = database.superuser().await;
    let quoted = "SET session_replication_role = replica;
                  UPDATE awgp.provider_credit_pools SET provider = E'say \"x\\\\y\"\\nz'
                  WHERE id = (SELECT min(id::text)::uuid FROM awgp.provider_credit_pools p
                              JOIN awgp.tenants t ON t.id = p.tenant_id AND t.is_active)";
    let quoted = quoted.replace("min(id::text)", "min(p.id::text)");
    superuser.batch_execute(&quoted).await.expect("a superuser may");
    let printed = table(&database, Login::Monitor, &["metrics"]).expect(0);
    let names = parsed(&printed.stdout);
    assert!(names.contains("awgp_approvals_open") && names.contains("awgp_metrics_read_timestamp_seconds"));
    assert!(printed.stdout.contains(r#"provider="say \"x\\y\"\nz""#), "{}", printed.stdout);
    let rows = json(&database, Login::Monitor, &["metrics"]).expect(0).json();
    assert!(rows.as_array().expect("an array").iter().all(|row| row["name"].is_string()));
    let refused = json(&database, Login::App, &["metrics"]).expect(3);
    assert_eq!(refused.error()["exit_code"], 3);
}

#[tokio::test]
async fn a_file_is_replaced_whole_or_stays_as_it_was() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    let file = folder.file("awgp.prom");
    std::fs::write(&file, "old").expect("a file");
    // A login that may not: the old numbers stay.
    table(&database, Login::Nobody, &["metrics", "--out", &file]).expect(3);
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "old");
    table(&database, Login::Monitor, &["metrics", "--out", &file]).expect(0);
    parsed(&std::fs::read_to_string(&file).expect("a file"));
    let parent = Path::new(&file).parent().expect("a folder");
    let left: Vec<_> = std::fs::read_dir(parent)
        .expect("readable")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["awgp.prom"], "nothing half written is left");
    table(&database, Login::Monitor, &["metrics", "--out", &folder.file("no/such/folder")]).expect(1);
}

/// Status and body of a page.
pub fn fetched(address: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    if status == 200 {
        assert!(
            head.to_lowercase().contains("content-type: application/openmetrics-text; version=1.0.0"),
            "{head}"
        );
    }
    (status, body.to_owned())
}

fn serving(database: &Database, more: &[&str]) -> (Follower, String) {
    serving_by(&[("DATABASE_URL", &database.url(Login::Monitor))], more)
}

/// A server of the command, with these variables, and its address.
pub fn serving_by(variables: &[(&str, &str)], more: &[&str]) -> (Follower, String) {
    let arguments = [&["metrics", "--listen", "127.0.0.1:0"], more].concat();
    let mut server = Follower::start_with(&arguments, variables);
    let line = server.line();
    let address =
        line.trim().strip_prefix("listening on http://").and_then(|url| url.strip_suffix("/metrics"));
    let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
    (server, address)
}

#[tokio::test]
async fn a_server_gives_an_answer_again_until_its_time_is_over() {
    let database = Database::new().await;
    let (_kept, kept) = serving(&database, &["--cache", "3600"]);
    let (_anew, anew) = serving(&database, &["--cache", "0"]);
    let first = (fetched(&kept), fetched(&anew));
    parsed(&first.0.1);
    parsed(&first.1.1);
    everywhere(&database).await;
    assert_eq!(fetched(&kept), first.0);
    let open = |body: &str| {
        body.lines()
            .find(|line| line.starts_with("awgp_approvals_open{age=\"under_1h\",risk=\"5\"}"))
            .map(str::to_owned)
    };
    assert_ne!(open(&fetched(&anew).1), open(&first.1.1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reading_at_a_time_and_one_that_takes_too_long_is_given_up() {
    let database = Database::new().await;
    let (_server, address) = serving(&database, &["--cache", "0", "--timeout", "2"]);
    // A machine that is busy may need more than the two seconds, now and then.
    let is_read = || (0..100).any(|_| fetched(&address).0 == 200);
    assert!(is_read());
    let superuser = database.superuser().await;
    superuser
        .batch_execute("BEGIN; LOCK TABLE awgp.approvals IN ACCESS EXCLUSIVE MODE")
        .await
        .expect("a lock");
    let askers: Vec<_> = (0..3)
        .map(|_| {
            let address = address.clone();
            tokio::task::spawn_blocking(move || fetched(&address))
        })
        .collect();
    let watcher = connect_to("postgres", Login::Superuser).await;
    let mut most = 0;
    while askers.iter().any(|asker| !asker.is_finished()) {
        // One that was given up may not have noticed yet that it is idle.
        most = most.max(readings(&watcher, &database, "wait_event_type = 'Lock'").await);
    }
    assert_eq!(most, 1);
    for asker in askers {
        let (status, body) = asker.await.expect("an answer");
        assert_eq!(status, 503, "{body}");
        assert_eq!(body.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{body}");
    }
    superuser.batch_execute("ROLLBACK").await.expect("the lock is gone");
    assert!(is_read());
}

/// How many read the numbers of a database at this moment, and are in this state.
async fn readings(watcher: &Client, database: &Database, state: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename = 'awgp_test_monitor'
         AND query LIKE '%awgp.metrics(%' AND {state}"
    );
    watcher.query_one(&sql, &[&database.name]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_whose_asker_leaves_goes_on_and_no_other_begins_beside_it() {
    let database = Database::new().await;
    let (_server, address) = serving(&database, &["--timeout", "60"]);
    let mut superuser = database.superuser().await;
    let holding = superuser.transaction().await.expect("a transaction begins");
    holding.batch_execute("LOCK TABLE awgp.approvals IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let watcher = connect_to("postgres", Login::Superuser).await;
    let mut leaves = TcpStream::connect(&address).expect("it listens");
    leaves.write_all(format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).expect("taken");
    database.until_somebody_waits().await;
    drop(leaves);
    let asker = tokio::task::spawn_blocking(move || fetched(&address));
    for _ in 0..100 {
        assert_eq!(readings(&watcher, &database, "state = 'active'").await, 1);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    holding.rollback().await.expect("let go");
    assert_eq!(asker.await.expect("an answer").0, 200);
}

#[test]
fn an_address_that_others_reach_is_refused() {
    for address in ["0.0.0.0:9187", "[::]:9187", "10.0.0.1:9187", "localhost"] {
        awgp(&["metrics", "--listen", address], &[]).expect(2);
    }
    awgp(&["metrics", "--listen", "127.0.0.1:0", "--out", "x"], &[]).expect(2);
    awgp(&["metrics", "--cache", "5"], &[]).expect(2);
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of metrics in a text: what begins with awgp_ and is no role.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_part(c))
        .filter(|word| word.starts_with("awgp_") && *word != "awgp_monitor")
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn dashboard_and_alerts_name_only_what_is_printed_and_the_page_names_all_of_it() {
    let database = Database::new().await;
    everywhere(&database).await;
    let printed = parsed(&table(&database, Login::Monitor, &["metrics"]).expect(0).stdout);
    let (dashboard, alerts) =
        (file("packaging/monitoring/grafana.json"), file("packaging/monitoring/alerts.yml"));
    let page = file("docs/operations/monitoring.md");
    serde_json::from_str::<Value>(&dashboard).expect("a dashboard is JSON");
    for (what, text) in [("the dashboard", &dashboard), ("the alerts", &alerts)] {
        let names = named(text);
        assert!(names.len() > 8, "{what}: {names:?}");
        let unknown: Vec<_> = names.difference(&printed).collect();
        assert!(unknown.is_empty(), "{what} names what is not printed: {unknown:?}");
    }
    let documented = named(&page);
    let missing: Vec<_> = printed.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/operations/monitoring.md does not explain {missing:?}");
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}

#[test]
fn every_alert_says_on_which_page_and_step_to_go_on() {
    let alerts = file("packaging/monitoring/alerts.yml");
    let count = |begin: &str| alerts.lines().filter(|line| line.trim_start().starts_with(begin)).count();
    let rules = count("- alert: ");
    assert!(rules >= 10, "{rules}");
    let steps: Vec<&str> =
        alerts.lines().filter_map(|line| line.trim_start().strip_prefix("page: ")).collect();
    assert_eq!((steps.len(), count("summary: "), count("severity: ")), (rules, rules, rules));
    // The page has all of them in a table, with the same severity and the same step.
    let page = file("docs/operations/monitoring.md");
    let of = |begin: &str| {
        alerts.lines().filter_map(|line| line.trim_start().strip_prefix(begin)).collect::<Vec<_>>()
    };
    for ((alert, severity), step) in of("- alert: ").iter().zip(of("severity: ")).zip(&steps) {
        let beginning = format!("| `{alert}` | {severity} | ");
        let row =
            page.lines().find(|line| line.starts_with(&beginning)).unwrap_or_else(|| panic!("{beginning}"));
        let link =
            step.trim_start_matches("docs/operations/monitoring.md").trim_start_matches("docs/operations/");
        assert!(row.contains(&format!("]({link})")), "{row}: {link}");
    }
    for step in steps {
        let (page, wanted) = step.split_once('#').unwrap_or_else(|| panic!("{step} names a heading"));
        let text = file(page);
        let headings = text
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| anchor(line.trim_start_matches('#')));
        assert!(headings.into_iter().any(|heading| heading == wanted), "{page} has no heading {wanted}");
    }
}
