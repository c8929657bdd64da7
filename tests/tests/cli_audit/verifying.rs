//! Verifying, from the server and from a file.

use super::{file, ids, named, some_row, verify, work};
use awgp_tests::cli::{awgp, json, table};
use awgp_tests::fixture::{self, scene, within_as};
use awgp_tests::tampering::{present_partition, tamper};
use awgp_tests::trail::verify_in_python;
use awgp_tests::{Database, Login};
use serde_json::Value;
use uuid::Uuid;

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
            let database = Database::named(database.name.clone());
            let done = tokio::task::spawn_blocking(move || verify(&database, &["--jobs", "2"], 0)).await;
            assert_eq!(done.expect("verified"), [Value::Null; 0]);
        }
    };
    tokio::join!(writers, verifier);
    holder.commit().await.expect("committed");
    let outcome = json(&database, Login::Auditor, &["audit", "verify"]).expect(0);
    let (findings, whole) = outcome.verified();
    assert_eq!(findings, [Value::Null; 0]);
    assert!(whole["verified_rows"].as_i64() > Some(1200) && whole["lanes"].as_i64() > Some(5), "{whole}");
    for jobs in ["2", "3", "7"] {
        let outcome = json(&database, Login::Auditor, &["audit", "verify", "--jobs", jobs]).expect(0);
        let (findings, summary) = outcome.verified();
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
        awgp(&["audit", "verify", "--file", &name, "--output", "json"], &[]).expect(0).verified();
    assert_eq!((findings.len(), &summary["verified_rows"]), (0, &whole["verified_rows"]));
    let (code, said) = verify_in_python(&name);
    assert_eq!((code, said.as_str()), (0, "0 found"), "{said}");
    // What goes to stdout is the same.
    let stdout = table(&database, Login::Auditor, &["audit", "export"]).expect(0).stdout;
    let text = std::fs::read_to_string(&export).expect("the file");
    assert_eq!(stdout, text);
    // One character of one row: both find the place.
    let edited = text.replacen("\"action\":\"update\"", "\"action\":\"insert\"", 1);
    assert_ne!(edited, text);
    std::fs::write(&export, &edited).expect("written");
    let (findings, _) =
        awgp(&["audit", "verify", "--file", &name, "--output", "json"], &[]).expect(12).verified();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let (code, said) = verify_in_python(&name);
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

#[tokio::test]
async fn a_part_of_the_log_is_exported_with_where_it_begins() {
    let (database, group) = scene().await;
    work(&database, &group.north, 5).await;
    let log =
        json(&database, Login::App, &["audit", "log", "--tenant", "north", "--limit", "3"]).expect(0).json();
    let since = log[2]["timestamp"].as_str().expect("a time");
    let export = file(&database, "part");
    let name = export.display().to_string();
    let partition = present_partition(&database).await;
    for filter in [&["--since", since][..], &["--partition", &partition], &["--until", since]] {
        let arguments = [&["audit", "export", "--tenant", "north", "--out", &name], filter].concat();
        table(&database, Login::Auditor, &arguments).expect(0);
        let (findings, summary) =
            awgp(&["audit", "verify", "--file", &name, "--output", "json"], &[]).expect(0).verified();
        assert_eq!(findings, [Value::Null; 0]);
        assert!(summary["verified_rows"].as_i64() >= Some(3), "{summary}");
        assert_eq!(verify_in_python(&name).0, 0);
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
        json(&database, Login::App, &arguments).expect(code).verified()
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
            assert_eq!(finding["tenant_slug"], "north", "{deed}");
            if at_row {
                assert_eq!(finding["audit_id"], id, "{deed}: {finding}");
                assert!(
                    finding["action"].is_string() && finding["actor_type"].is_string(),
                    "{deed}: {finding}"
                );
            } else if kind == "missing_row" {
                assert_eq!(finding["chain_seq"], 5, "{deed}: {finding}");
            }
        }
        let text = table(&database, Login::Auditor, &["audit", "verify"]).expect(12).stdout;
        assert!(text.contains(kind) && text.contains("north"), "{text}");
        assert!(!at_row || text.contains(" by "), "the event in words: {text}");
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
        let partition = present_partition(&database).await;
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
    let partition = present_partition(&database).await;
    assert_eq!(verify(&database, &["--partition", &partition], 0), [Value::Null; 0]);
    let id = some_row(&database, group.north.id).await;
    tamper(&database, &format!("UPDATE {{partition}} SET action = 'x' WHERE id = {id}")).await;
    let findings = verify(&database, &["--partition", &partition], 12);
    assert_eq!(named(&findings), [("changed_row", Some(id))]);
    assert_eq!(findings[0]["partition_name"], partition);
}
