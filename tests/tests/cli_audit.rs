//! `awgp audit`: the trail listed, followed, compared, exported and verified by the real binary.

use awgp_tests::cli::{Follower, Outcome, awgp, json, table};
use awgp_tests::fixture::{self, Group, within_as};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Changes of one work item, each in a transaction of its own.
async fn work(database: &Database, tenant: &fixture::Tenant, changes: u32) {
    let mut app = database.app().await;
    for number in 0..changes {
        let transaction = within_as(&mut app, tenant.id, Some(tenant.user("operator"))).await;
        let sql = "UPDATE awgp.work_items SET description = $1 WHERE id = $2";
        let text = format!("version {number} of {}", "ż".repeat(40));
        transaction.execute(sql, &[&text, &tenant.work_item]).await.expect("a change");
        transaction.commit().await.expect("committed");
    }
}

/// The next notification; none within half a minute is a failure.
async fn next(heard: &mut tokio::sync::mpsc::UnboundedReceiver<String>) -> String {
    let limit = std::time::Duration::from_secs(30);
    tokio::time::timeout(limit, heard.recv()).await.expect("in time").expect("a notification")
}

/// Changes that are all different, each in a transaction that holds its lane for a moment.
async fn busy(database: &Database, tenant: &fixture::Tenant, changes: u32) {
    let mut app = database.app().await;
    for _ in 0..changes {
        let transaction = within_as(&mut app, tenant.id, None).await;
        let sql = "UPDATE awgp.assistants SET name = gen_random_uuid()::text WHERE id = $1";
        transaction.execute(sql, &[&tenant.assistant]).await.expect("a change");
        transaction.execute("SELECT awgp.flush_audit()", &[]).await.expect("written");
        transaction.commit().await.expect("committed");
    }
}

async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    (database, group)
}

/// The findings of a verification, and the line that sums up.
fn verified(outcome: &Outcome) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect();
    let summary = lines.pop().expect("a line that sums up");
    (lines, summary)
}

fn verify(database: &Database, arguments: &[&str], code: i32) -> Vec<Value> {
    let outcome = json(database, Login::Auditor, &[&["audit", "verify"], arguments].concat()).expect(code);
    let (findings, summary) = verified(&outcome);
    assert_eq!(summary["findings"], findings.len(), "{outcome:#?}");
    findings
}

/// Kind and row of each finding.
fn named(findings: &[Value]) -> Vec<(&str, Option<i64>)> {
    findings.iter().map(|f| (f["kind"].as_str().expect("a kind"), f["audit_id"].as_i64())).collect()
}

fn ids(rows: &Value) -> Vec<i64> {
    rows.as_array().expect("an array").iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

/// The superuser does this to the trail, with the guards off meanwhile.
async fn tamper(database: &Database, sql: &str) {
    let dba = database.superuser().await;
    let partition = current_partition(database).await;
    let statements = sql.replace("{partition}", &format!("awgp.{partition}"));
    dba.batch_execute(&format!(
        "BEGIN;
         ALTER TABLE awgp.{partition} DISABLE TRIGGER USER;
         {statements};
         ALTER TABLE awgp.{partition} ENABLE ALWAYS TRIGGER guard_audit;
         ALTER TABLE awgp.{partition} ENABLE ALWAYS TRIGGER guard_truncate;
         COMMIT"
    ))
    .await
    .expect("a superuser may");
}

async fn current_partition(database: &Database) -> String {
    let sql = "SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid ORDER BY a.id DESC LIMIT 1";
    database.superuser().await.query_one(sql, &[]).await.expect("a row").get::<_, String>(0)
}

/// Number, lane and place of an event of the tenant in the middle of its lane.
async fn some_row(database: &Database, tenant: Uuid) -> i64 {
    let sql = "SELECT id FROM awgp.audit_logs a WHERE tenant_id = $1 AND chain_lane = 0 AND chain_seq = 5";
    database.superuser().await.query_one(sql, &[&tenant]).await.expect("a row").get(0)
}

fn file(database: &Database, name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{}-{name}.jsonl", database.name))
}

#[tokio::test]
async fn the_log_is_listed_newest_first_and_by_each_filter() {
    let (database, group) = scene().await;
    work(&database, &group.north, 3).await;
    let operator = group.north.user("operator").to_string();
    let log = |arguments: &[&str]| {
        let all = [&["audit", "log", "--tenant", "north"], arguments].concat();
        json(&database, Login::App, &all).expect(0).json()
    };
    let all = log(&[]);
    let mut sorted = ids(&all);
    sorted.sort_by_key(|id| std::cmp::Reverse(*id));
    assert_eq!(ids(&all), sorted);
    assert!(all.as_array().expect("rows").iter().all(|row| row["tenant_id"] == group.north.id.to_string()));
    let mine = log(&["--actor", &operator]);
    assert_eq!(ids(&mine), ids(&all)[..3]);
    assert_eq!(log(&["--actor", "user"]), mine);
    assert_eq!(log(&["--action", "update", "--entity", "work_items"]), mine);
    assert_eq!(ids(&log(&["--entity-id", &group.north.work_item.to_string()])).len(), 4);
    let newest = mine[0]["timestamp"].as_str().expect("a time");
    assert_eq!(ids(&log(&["--since", newest])), ids(&mine)[..1]);
    assert_eq!(ids(&log(&["--until", newest])), ids(&all)[1..]);
    assert_eq!(ids(&log(&["--limit", "2"])), ids(&all)[..2]);
    // A holding reads its subsidiaries' trails too, an auditor every tenant's.
    let holding = json(&database, Login::App, &["audit", "log", "--tenant", "holding"]).expect(0).json();
    assert!(ids(&holding).contains(&ids(&mine)[0]));
    let every = json(&database, Login::Auditor, &["audit", "log", "--limit", "1000"]).expect(0).json();
    assert!(every.as_array().expect("rows").iter().any(|row| row["tenant_id"] == group.other.id.to_string()));
    let one = ["audit", "log", "--tenant", &group.inactive.id.to_string(), "--limit", "1000"];
    assert!(!ids(&json(&database, Login::Auditor, &one).expect(0).json()).is_empty());
}

#[tokio::test]
async fn a_filter_or_context_that_cannot_be_is_refused() {
    let (database, _) = scene().await;
    for (arguments, code) in [
        (&["audit", "log", "--tenant", "north", "--actor", "robot"][..], 7),
        (&["audit", "log", "--tenant", "north", "--since", "soon"], 6),
        (&["audit", "log"], 3),
        (&["audit", "show", "1", "--tenant", "nowhere"], 3),
        (&["audit", "show", "999999", "--tenant", "north"], 8),
        (&["audit", "history", "work_items", &Uuid::nil().to_string(), "--tenant", "north"], 8),
        (&["audit", "history", "work_items", "7"], 2),
        (&["audit", "verify", "--tenant", "north"], 3),
        (
            &[
                "audit",
                "verify",
                "--tenant",
                "north",
                "--partition",
                "audit_logs_1999_01",
                "--install-id",
                &Uuid::nil().to_string(),
            ],
            8,
        ),
        (&["audit", "verify", "--file", "/no/such/file"], 6),
        (&["audit", "export", "--tenant", "north"], 3),
    ] {
        let outcome = table(&database, Login::App, arguments).expect(code);
        assert!(code == 2 || !outcome.hint().is_empty(), "{outcome:#?}");
    }
}

#[tokio::test]
async fn one_event_is_shown_with_its_states() {
    let (database, group) = scene().await;
    work(&database, &group.north, 1).await;
    let last =
        json(&database, Login::App, &["audit", "tail", "-n", "1", "--tenant", "north"]).expect(0).json();
    let id = last["id"].to_string();
    let shown = json(&database, Login::App, &["audit", "show", &id, "--tenant", "north"]).expect(0).json();
    assert_eq!(shown, last);
    assert_eq!(shown["after_state"]["description"], format!("version 0 of {}", "ż".repeat(40)));
    json(&database, Login::App, &["audit", "show", &id, "--tenant", "south"]).expect(8);
}

#[tokio::test]
async fn a_history_shows_what_changed_from_each_version_to_the_next() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let item = group.north.work_item;
    for sql in [
        r#"UPDATE awgp.work_items SET context = '{"limits": {"daily": 1.10, "n": [1, 2]}}' WHERE id = $1"#,
        r#"UPDATE awgp.work_items SET context = '{"limits": {"daily": 1.25, "n": [1, 3]}}', priority = 1 WHERE id = $1"#,
    ] {
        let transaction = within_as(&mut app, group.north.id, Some(group.north.user("manager"))).await;
        transaction.execute(sql, &[&item]).await.expect("a change");
        transaction.commit().await.expect("committed");
    }
    let arguments = ["audit", "history", "work_items", &item.to_string(), "--tenant", "north"];
    let versions = json(&database, Login::App, &arguments).expect(0);
    assert!(versions.stdout.contains("1.10"), "decimals are kept: {versions:#?}");
    let versions = versions.json();
    let versions = versions.as_array().expect("versions");
    let actions: Vec<_> = versions.iter().map(|version| version["action"].as_str()).collect();
    assert_eq!(actions, [Some("insert"), Some("update"), Some("update")]);
    assert_eq!(versions[2]["actor_id"], group.north.user("manager").to_string());
    let fields = |version: &Value| {
        let changes = version["changes"].as_array().expect("changes").clone();
        let of = changes.into_iter().filter(|change| change["field"] != "updated_at");
        of.map(|change| (change["field"].clone(), change["before"].clone(), change["after"].clone()))
            .collect::<Vec<_>>()
    };
    let mut last = fields(&versions[2]);
    last.sort_by_key(|(field, ..)| field.to_string());
    assert_eq!(
        last,
        [
            (json!("context.limits.daily"), json!(1.1), json!(1.25)),
            (json!("context.limits.n[1]"), json!(2), json!(3)),
            (json!("priority"), json!(3), json!(1)),
        ]
    );
    assert!(fields(&versions[0]).iter().all(|(_, before, after)| before.is_null() && !after.is_null()));
    let text = table(&database, Login::App, &arguments).expect(0).stdout;
    assert!(text.contains("context.limits.daily") && text.contains("1.25"), "{text}");
}

#[tokio::test]
async fn a_follower_sees_each_event_once_and_of_its_own_tenant_alone() {
    let (database, group) = scene().await;
    work(&database, &group.north, 2).await;
    let arguments = ["audit", "tail", "-n", "1", "--follow", "--tenant", "north", "--output", "json"];
    let mut follower = Follower::start(&arguments, &database.url(Login::App));
    let first: Value = serde_json::from_str(&follower.line()).expect("JSON");
    assert_eq!(first["after_state"]["description"], format!("version 1 of {}", "ż".repeat(40)));
    work(&database, &group.south, 1).await;
    work(&database, &group.north, 3).await;
    let mut last = first["id"].as_i64().expect("an id");
    for number in 0..3 {
        let event: Value = serde_json::from_str(&follower.line()).expect("JSON");
        assert_eq!(event["after_state"]["description"], format!("version {number} of {}", "ż".repeat(40)));
        assert_eq!(event["tenant_id"], group.north.id.to_string());
        assert!(event["id"].as_i64().expect("an id") > last);
        last = event["id"].as_i64().expect("an id");
    }
}

#[tokio::test]
async fn a_commit_notifies_with_a_number_only_where_the_setting_is_on() {
    let (database, group) = scene().await;
    let dba = database.superuser().await;
    let name = &database.name;
    dba.batch_execute(&format!("ALTER DATABASE {name} SET awgp.audit_notify = on"))
        .await
        .expect("a superuser may");
    let (listener, mut heard) = database.listener(Login::App, "awgp_audit").await;
    work(&database, &group.north, 1).await;
    let newest: i64 =
        dba.query_one("SELECT max(id) FROM awgp.audit_logs", &[]).await.expect("a number").get(0);
    let heard_first = next(&mut heard).await;
    assert_eq!(heard_first, newest.to_string());
    // A transaction that is rolled back, one that writes nothing, and one with the setting off say nothing; the
    // one after them is heard next.
    let mut app = database.app().await;
    let transaction = within_as(&mut app, group.north.id, None).await;
    let sql = "UPDATE awgp.work_items SET description = 'x' WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("a change");
    transaction.rollback().await.expect("rolled back");
    dba.batch_execute(&format!("ALTER DATABASE {name} RESET awgp.audit_notify"))
        .await
        .expect("a superuser may");
    work(&database, &group.south, 1).await;
    dba.batch_execute(&format!("ALTER DATABASE {name} SET awgp.audit_notify = on"))
        .await
        .expect("a superuser may");
    work(&database, &group.holding, 1).await;
    let newest: i64 =
        dba.query_one("SELECT max(id) FROM awgp.audit_logs", &[]).await.expect("a number").get(0);
    assert_eq!(next(&mut heard).await, newest.to_string());
    drop(listener);
}

#[tokio::test]
async fn an_application_may_not_switch_notifications_on() {
    let (database, _) = scene().await;
    let refused =
        database.app().await.batch_execute("SELECT awgp.version(); SET awgp.audit_notify = on").await;
    awgp_tests::assert_sqlstate(refused, "42501");
}

#[tokio::test]
async fn a_prepared_transaction_commits_where_notifications_are_on() {
    let (database, group) = scene().await;
    let dba = database.superuser().await;
    let name = &database.name;
    dba.batch_execute(&format!("ALTER DATABASE {name} SET awgp.audit_notify = on"))
        .await
        .expect("a superuser may");
    let app = database.app().await;
    let work = format!(
        "BEGIN; SELECT awgp.set_context('{}'); UPDATE awgp.work_items SET priority = 1",
        group.north.id
    );
    app.batch_execute(&work).await.expect("a change");
    let prepared = app.batch_execute(&format!("PREPARE TRANSACTION '{name}'")).await;
    match prepared {
        Ok(()) => {
            app.batch_execute(&format!("COMMIT PREPARED '{name}'")).await.expect("committed");
            assert_eq!(verify(&database, &[], 0), [Value::Null; 0]);
        }
        // The server may be set up without prepared transactions; then there is nothing to prove.
        Err(error) => assert_eq!(error.code().map(|code| code.code()), Some("55000"), "{error}"),
    }
}

#[tokio::test]
async fn an_honest_log_of_many_lanes_verifies_everywhere() {
    let (database, group) = scene().await;
    // One holds the first lane of the tenant until the others have written: they take further ones.
    let mut app = database.app().await;
    let holder = within_as(&mut app, group.north.id, None).await;
    holder
        .execute("UPDATE awgp.users SET first_name = 'x' WHERE role = 'viewer'", &[])
        .await
        .expect("a change");
    holder.execute("SELECT awgp.flush_audit()", &[]).await.expect("the lane is held");
    let writers = async {
        tokio::join!(
            busy(&database, &group.north, 150),
            busy(&database, &group.north, 150),
            busy(&database, &group.north, 150),
            busy(&database, &group.north, 150),
            busy(&database, &group.south, 150),
            busy(&database, &group.south, 150),
            busy(&database, &group.other, 150),
            busy(&database, &group.holding, 150)
        )
    };
    let verifier = async {
        for _ in 0..3 {
            // While they write.
            let database = Database { name: database.name.clone() };
            let done = tokio::task::spawn_blocking(move || verify(&database, &["--jobs", "2"], 0)).await;
            assert_eq!(done.expect("verified"), [Value::Null; 0]);
        }
    };
    tokio::join!(writers, verifier);
    holder.commit().await.expect("committed");
    let outcome = json(&database, Login::Auditor, &["audit", "verify"]).expect(0);
    let (findings, whole) = verified(&outcome);
    assert_eq!(findings, [Value::Null; 0]);
    assert!(whole["verified_rows"].as_i64() > Some(1200) && whole["lanes"].as_i64() > Some(5), "{whole}");
    for jobs in ["2", "3", "7"] {
        let outcome = json(&database, Login::Auditor, &["audit", "verify", "--jobs", jobs]).expect(0);
        let (findings, summary) = verified(&outcome);
        assert_eq!(findings, [Value::Null; 0]);
        assert_eq!(
            (&summary["verified_rows"], &summary["lanes"]),
            (&whole["verified_rows"], &whole["lanes"])
        );
    }
    // The file, by this program and by the independent one.
    let export = file(&database, "whole");
    let name = export.display().to_string();
    table(&database, Login::Auditor, &["audit", "export", "--out", &name]).expect(0);
    let (findings, summary) =
        verified(&awgp(&["audit", "verify", "--file", &name, "--output", "json"], &[]).expect(0));
    assert_eq!((findings.len(), &summary["verified_rows"]), (0, &whole["verified_rows"]));
    let (code, said) = python(&name);
    assert_eq!((code, said.trim()), (0, "0 found"), "{said}");
    // What goes to stdout is the same.
    let stdout = table(&database, Login::Auditor, &["audit", "export"]).expect(0).stdout;
    let text = std::fs::read_to_string(&export).expect("the file");
    assert_eq!(stdout, text);
    // One character of one row: both find the place.
    let edited = text.replacen("\"action\":\"update\"", "\"action\":\"insert\"", 1);
    assert_ne!(edited, text);
    std::fs::write(&export, &edited).expect("written");
    let (findings, _) =
        verified(&awgp(&["audit", "verify", "--file", &name, "--output", "json"], &[]).expect(12));
    assert_eq!(findings.len(), 1, "{findings:?}");
    let (code, said) = python(&name);
    assert_eq!((code, said.lines().count()), (1, 2), "{said}");
    assert!(
        said.contains(&format!("lane {} at {}", findings[0]["chain_lane"], findings[0]["chain_seq"])),
        "{said}"
    );
    // Without its end the file says so.
    let cut = text.rsplit_once("{\"awgp\":\"end\"").expect("an end line").0;
    std::fs::write(&export, cut).expect("written");
    awgp(&["audit", "verify", "--file", &name], &[]).expect(6);
    std::fs::remove_file(&export).expect("removed");
}

/// Exit code and output of the verifier in Python.
fn python(file: &str) -> (i32, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/verify_audit.py");
    let output =
        std::process::Command::new("python3").args([script, "log", file]).output().expect("python3 runs");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn a_part_of_the_log_is_exported_with_where_it_begins() {
    let (database, group) = scene().await;
    work(&database, &group.north, 5).await;
    let log =
        json(&database, Login::App, &["audit", "log", "--tenant", "north", "--limit", "3"]).expect(0).json();
    let since = log[2]["timestamp"].as_str().expect("a time");
    let export = file(&database, "part");
    let name = export.display().to_string();
    let partition = current_partition(&database).await;
    for filter in [&["--since", since][..], &["--partition", &partition], &["--until", since]] {
        let arguments = [&["audit", "export", "--tenant", "north", "--out", &name], filter].concat();
        table(&database, Login::Auditor, &arguments).expect(0);
        let (findings, summary) =
            verified(&awgp(&["audit", "verify", "--file", &name, "--output", "json"], &[]).expect(0));
        assert_eq!(findings, [Value::Null; 0]);
        assert!(summary["verified_rows"].as_i64() >= Some(3), "{summary}");
        assert_eq!(python(&name).0, 0);
    }
    std::fs::remove_file(&export).expect("removed");
}

#[tokio::test]
async fn an_application_verifies_its_own_tenant_with_an_install_id_from_elsewhere() {
    let (database, group) = scene().await;
    work(&database, &group.north, 3).await;
    let sql = "SELECT id FROM awgp.installation";
    let install: Uuid = database.superuser().await.query_one(sql, &[]).await.expect("an id").get(0);
    let with = |id: Uuid, code| {
        let arguments = ["audit", "verify", "--tenant", "north", "--install-id", &id.to_string()];
        verified(&json(&database, Login::App, &arguments).expect(code))
    };
    let (findings, summary) = with(install, 0);
    assert_eq!(findings, [Value::Null; 0]);
    let log = json(&database, Login::App, &["audit", "log", "--tenant", "north"]).expect(0).json();
    assert_eq!(summary["verified_rows"], ids(&log).len());
    // Under another install's id its first row does not fit.
    assert!(!with(Uuid::from_u128(7), 12).0.is_empty());
}

#[tokio::test]
async fn each_tampering_is_named_with_its_row_and_nothing_else_is() {
    for (deed, sql, kind, at_row) in [
        ("edit", "UPDATE {partition} SET entity_type = 'edited' WHERE id = {id}", "changed_row", true),
        (
            "edit the hash",
            "UPDATE {partition} SET integrity_hash = repeat('a', 64) WHERE id = {id}",
            "changed_hash",
            true,
        ),
        ("delete", "DELETE FROM {partition} WHERE id = {id}", "missing_row", false),
        (
            "copy",
            "DO $$ DECLARE r awgp.audit_logs; BEGIN SELECT * INTO r FROM awgp.audit_logs WHERE id = {id};
             DROP INDEX {partition}_chain_key; r.id := 900000; INSERT INTO {partition} VALUES (r.*); END $$",
            "duplicate_row",
            false,
        ),
        (
            "move to another lane",
            "UPDATE {partition} SET chain_lane = 50, chain_seq = 1 WHERE id = {id}",
            "moved_row",
            true,
        ),
    ] {
        let (database, group) = scene().await;
        work(&database, &group.north, 6).await;
        let id = some_row(&database, group.north.id).await;
        assert_eq!(verify(&database, &[], 0), [Value::Null; 0]);
        tamper(&database, &sql.replace("{id}", &id.to_string())).await;
        for jobs in ["1", "3"] {
            let findings = verify(&database, &["--jobs", jobs], 12);
            let [finding] = findings.as_slice() else { panic!("{deed}: {findings:?}") };
            assert_eq!(finding["kind"], kind, "{deed}: {finding}");
            assert_eq!(finding["tenant_id"], group.north.id.to_string(), "{deed}");
            if at_row {
                assert_eq!(finding["audit_id"], id, "{deed}: {finding}");
            } else if kind == "missing_row" {
                assert_eq!(finding["chain_seq"], 5, "{deed}: {finding}");
            }
        }
        let text = table(&database, Login::Auditor, &["audit", "verify"]).expect(12).stdout;
        assert!(text.contains(kind), "{text}");
    }
}

#[tokio::test]
async fn rows_that_lie_in_another_order_are_no_finding() {
    let (database, group) = scene().await;
    work(&database, &group.north, 20).await;
    let sql = "CREATE TEMP TABLE kept AS SELECT * FROM {partition} ORDER BY id DESC;
               DELETE FROM {partition}; INSERT INTO {partition} SELECT * FROM kept";
    tamper(&database, sql).await;
    assert_eq!(verify(&database, &[], 0), [Value::Null; 0]);
}

#[tokio::test]
async fn what_keeps_the_trail_is_missed_when_it_is_off() {
    for (sql, kind) in [
        ("ALTER TABLE awgp.{partition} DISABLE TRIGGER guard_audit", "trigger_disabled"),
        ("DROP TRIGGER guard_truncate ON awgp.{partition}", "trigger_disabled"),
        ("ALTER TABLE awgp.users DISABLE TRIGGER capture", "trigger_disabled"),
        ("ALTER TABLE awgp.{partition} NO FORCE ROW LEVEL SECURITY", "policy_disabled"),
        ("DROP POLICY tenant_isolation_audit ON awgp.audit_logs", "policy_disabled"),
        ("ALTER TABLE awgp.audit_logs DETACH PARTITION awgp.{partition}", "missing_partition"),
    ] {
        let (database, _) = scene().await;
        let partition = current_partition(&database).await;
        let sql = sql.replace("{partition}", &partition);
        database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
        let findings = verify(&database, &[], 12);
        assert_eq!(named(&findings), [(kind, None)], "{sql}: {findings:?}");
    }
}

#[tokio::test]
async fn a_function_of_the_server_that_lies_is_not_asked() {
    let (database, group) = scene().await;
    let id = some_row(&database, group.north.id).await;
    tamper(&database, &format!("UPDATE {{partition}} SET action = 'x' WHERE id = {id}")).await;
    let sql = "
        DO $$ DECLARE f regprocedure; BEGIN
            FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace AND proname = 'verify_audit' LOOP
                EXECUTE format('ALTER EXTENSION awgp DROP FUNCTION %s', f);
                EXECUTE format('DROP FUNCTION %s', f);
            END LOOP;
        END $$;
        CREATE FUNCTION awgp.verify_audit(tenant_id uuid DEFAULT NULL, partition_name text DEFAULT NULL)
            RETURNS TABLE (severity text) LANGUAGE sql AS $$ SELECT 'fine' WHERE false $$";
    database.superuser().await.batch_execute(sql).await.expect("a superuser may");
    assert_eq!(named(&verify(&database, &[], 12)), [("changed_row", Some(id))]);
}

#[tokio::test]
async fn a_partition_verifies_by_itself() {
    let (database, group) = scene().await;
    work(&database, &group.north, 3).await;
    let partition = current_partition(&database).await;
    assert_eq!(verify(&database, &["--partition", &partition], 0), [Value::Null; 0]);
    let id = some_row(&database, group.north.id).await;
    tamper(&database, &format!("UPDATE {{partition}} SET action = 'x' WHERE id = {id}")).await;
    let findings = verify(&database, &["--partition", &partition], 12);
    assert_eq!(named(&findings), [("changed_row", Some(id))]);
    assert_eq!(findings[0]["partition_name"], partition);
}
