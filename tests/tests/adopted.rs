//! A restored copy says that it is one, and is kept as the original or adopted as another installation: then
//! its trail verifies on both sides of the point, and nobody takes it for the original's.

use crate::checkpoints::stage::{Auditor, errors, events, restored, scene};
use awgp_tests::cli::{awgp, json, table};
use awgp_tests::fixture::within;
use awgp_tests::trail::{self, verify, verify_in_python};
use awgp_tests::{Database, Login, assert_refused};
use serde_json::{Value, json};
use uuid::Uuid;

/// Codes and severities of the doctor's findings about the place.
async fn place_findings(database: &Database) -> Vec<(String, String)> {
    let sql = "SELECT code, severity FROM awgp.doctor() WHERE code IN ('restored_copy', 'timeline_changed')";
    let maintainer = database.connect(Login::Maintainer).await;
    let rows = maintainer.query(sql, &[]).await.expect("the doctor answers");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// What `awgp installation show` says.
fn state(database: &Database) -> Value {
    json(database, Login::Maintainer, &["installation", "show"]).expect(0).json()
}

/// Adopts, as the owner, and returns the new install id.
fn adopt(database: &Database) -> Uuid {
    let arguments = ["installation", "adopt", "--reason", "a rehearsal", "--yes"];
    let made = json(database, Login::Superuser, &arguments).expect(0).json();
    made["install_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

/// A database that knows where it is at home, with a trail, and a restored copy of it.
async fn original_and_copy() -> (Database, Database, Uuid, Auditor) {
    let (original, group, auditor) = scene().await;
    table(&original, Login::Superuser, &["installation", "keep"]).expect(0);
    events(&original, group.north.id, 3).await;
    auditor.sign(&original, &["--tenant", "north"]);
    events(&original, group.north.id, 2).await;
    let copy = restored(&original, &auditor).await;
    (original, copy, group.north.id, auditor)
}

#[tokio::test]
async fn a_restored_copy_says_so_until_somebody_keeps_its_identity() {
    let (original, copy, _, _) = original_and_copy().await;
    assert_eq!(place_findings(&original).await, []);
    assert_eq!(state(&original)["restored"], json!(false));
    assert_eq!(place_findings(&copy).await, [("restored_copy".to_owned(), "error".to_owned())]);
    let told = state(&copy);
    assert_eq!(told["restored"], json!(true));
    assert_eq!(told["install_id"], state(&original)["install_id"]);
    assert_ne!(told["database_oid"], told["remembered_database_oid"]);

    let kept = json(&copy, Login::Superuser, &["installation", "keep"]).expect(0).json();
    assert_eq!(kept["had_moved"], json!(true));
    assert_eq!(place_findings(&copy).await, []);
    assert_eq!(state(&copy)["restored"], json!(false));
    let again = json(&copy, Login::Superuser, &["installation", "keep"]).expect(0).json();
    assert_eq!(again["had_moved"], json!(false));
    let auditor = copy.connect(Login::Auditor).await;
    let recorded = trail::rows_where(&auditor, "action = 'keep_identity'").await;
    assert_eq!(recorded.len(), 1, "the trail has the decision once");
    assert_eq!(verify(&copy).await, []);
}

#[tokio::test]
async fn a_database_that_is_copied_on_the_same_server_says_so_too() {
    let (original, _, _) = scene().await;
    table(&original, Login::Superuser, &["installation", "keep"]).expect(0);
    let copy = Database::copied(&original).await;
    assert_eq!(place_findings(&copy).await, [("restored_copy".to_owned(), "error".to_owned())]);
    let superuser = copy.superuser().await;
    superuser.execute("SELECT awgp.install(force => true)", &[]).await.expect("it repairs");
    assert_eq!(place_findings(&copy).await.len(), 1, "repairing decides nothing");
}

#[tokio::test]
async fn only_the_owner_keeps_or_adopts_and_adopting_needs_a_reason_and_a_yes() {
    let (database, _, _) = scene().await;
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        for call in ["awgp.keep_identity()", "awgp.adopt('mine')", "awgp.become_copy(gen_random_uuid(), 's')"]
        {
            let sql = format!("SELECT {call}");
            awgp_tests::assert_sqlstate(client.execute(&sql, &[]).await, "42501");
        }
    }
    let superuser = database.superuser().await;
    let without = superuser.execute("SELECT awgp.adopt('  ')", &[]).await;
    assert_refused(without, "22023", "reason_required");
    let arguments = ["installation", "adopt", "--reason", "a rehearsal"];
    let asked = table(&database, Login::Superuser, &arguments).expect(2);
    assert!(asked.hint().contains("--yes"), "{asked:?}");
    assert!(asked.hint().contains(&database.name), "it says which database would be adopted: {asked:?}");
    let full = superuser.execute("SELECT awgp.become_copy(gen_random_uuid(), 's')", &[]).await;
    assert_refused(full, "55000", "installation_in_use");
}

#[tokio::test]
async fn an_adopted_copy_verifies_before_and_after_the_point_on_the_server_and_in_the_client() {
    let (original, copy, north, _auditor) = original_and_copy().await;
    let before = trail::install_id(&copy).await;
    let after = adopt(&copy);
    assert_ne!(before, after);
    assert_eq!(trail::install_id(&copy).await, after);
    assert_eq!(place_findings(&copy).await, []);
    events(&copy, north, 4).await;
    // A second lane, which begins after the point.
    let mut app = copy.app().await;
    let holder = within(&mut app, north).await;
    holder.execute("SELECT awgp.log_event('held', 'test'), awgp.flush_audit()", &[]).await.expect("lane 0");
    events(&copy, north, 2).await;
    holder.commit().await.expect("it commits");

    assert_eq!(verify(&copy).await, []);
    let outcome = json(&copy, Login::Auditor, &["audit", "verify", "--jobs", "2"]).expect(0);
    assert_eq!(outcome.verified().0, [Value::Null; 0]);
    json(&copy, Login::Auditor, &["audit", "verify", "--install-id", &after.to_string()]).expect(0);
    let partition: String = {
        let sql = "SELECT max(tableoid::regclass::text) FROM awgp.audit_logs";
        let name: String = copy.superuser().await.query_one(sql, &[]).await.expect("a name").get(0);
        name.trim_start_matches("awgp.").to_owned()
    };
    json(&copy, Login::Auditor, &["audit", "verify", "--partition", &partition]).expect(0);
    let app = copy.app().await;
    let sql = format!("SELECT set_config('app.current_tenant', '{north}', false)");
    app.execute(&sql, &[]).await.expect("the tenant's own");
    assert_eq!(trail::verify_with(&app).await, [], "a tenant verifies its own");
    // The original goes on as if nothing had been.
    events(&original, north, 4).await;
    assert_eq!(verify(&original).await, []);
}

#[tokio::test]
async fn an_adopted_copy_is_not_taken_for_the_original_nor_its_notes() {
    let (original, copy, north, auditor) = original_and_copy().await;
    let before = trail::install_id(&original).await;
    adopt(&copy);
    events(&copy, north, 3).await;
    events(&original, north, 3).await;
    // Who expects the original, finds another installation.
    let expected = ["audit", "verify", "--install-id", &before.to_string()];
    let (found, _) = json(&copy, Login::Auditor, &expected).expect(12).verified();
    assert_eq!(errors(&found), [("bad_genesis".to_owned(), String::new())]);
    // Notes from before the copy was made hold in both.
    auditor.assert_holds(&original, &auditor.notes(), 1);
    auditor.assert_holds(&copy, &auditor.notes(), 1);
    // The original's later notes do not hold in the copy.
    auditor.sign(&original, &["--tenant", "north"]);
    auditor.assert_holds(&original, &auditor.notes(), 1);
    let (found, _) = auditor.verify(&copy, &auditor.notes(), 12);
    assert_eq!(errors(&found), [("split_view".to_owned(), north.to_string())]);
    // The copy signs into a folder of its own, which does not hold in the original.
    let refused = auditor.try_sign(&copy, &["--tenant", "north"], &auditor.notes());
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
    let own = auditor.file("notes-of-the-copy");
    auditor.try_sign(&copy, &["--tenant", "north"], &own).expect(0);
    auditor.assert_holds(&copy, &own, 1);
    let (found, _) = auditor.verify(&original, &own, 12);
    assert!(!errors(&found).is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_checkpoint_without_new_rows_is_the_copys_and_unsigned() {
    let (original, group, auditor) = scene().await;
    events(&original, group.north.id, 3).await;
    auditor.sign(&original, &["--tenant", "north"]);
    let copy = restored(&original, &auditor).await;
    let after = adopt(&copy);
    let own = auditor.file("notes-of-the-copy");
    auditor.try_sign(&copy, &["--tenant", "north"], &own).expect(0);
    let note = std::fs::read_dir(&own).expect("a folder").next().expect("a note").expect("a file").path();
    let note = std::fs::read_to_string(note).expect("UTF-8");
    assert!(note.starts_with(&format!("awgp-audit/{after}/")), "{note}");
    auditor.assert_holds(&copy, &own, 1);
    let sql = "SELECT count(*) FROM awgp.audit_checkpoints WHERE signed_at IS NOT NULL AND tenant_id = $1";
    let signed = copy.superuser().await.query_one(sql, &[&group.north.id]).await.expect("a count");
    assert_eq!(signed.get::<_, i64>(0), 1, "signed again, as the copy's");
}

#[tokio::test]
async fn the_exported_log_of_an_adopted_copy_verifies_without_awgp_and_names_its_install() {
    let (_, copy, north, auditor) = original_and_copy().await;
    let before = trail::install_id(&copy).await;
    let after = adopt(&copy);
    events(&copy, north, 3).await;
    let second = adopt(&copy);
    events(&copy, north, 1).await;
    let file = auditor.file("log.jsonl");
    json(&copy, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
    let (code, said) = verify_in_python(&file);
    assert_eq!(code, 0, "{said}");
    let verified = |more: &[&str]| {
        let arguments = [&["audit", "verify", "--file", &file, "--output", "json"], more].concat();
        awgp(&arguments, &[])
    };
    assert_eq!(verified(&[]).expect(0).verified().0, [Value::Null; 0]);
    verified(&["--install-id", &second.to_string()]).expect(0);
    for other in [before, after] {
        let (found, _) = verified(&["--install-id", &other.to_string()]).expect(12).verified();
        assert!(errors(&found).iter().any(|(kind, _)| kind == "bad_genesis"), "{found:?}");
    }
}

#[tokio::test]
async fn what_is_changed_around_the_point_is_found() {
    // Cut at its end before the point, cut after it, a row moved into the point's number, the point's record.
    for (damage, kind) in [
        (
            "DELETE FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_seq >= (SELECT last_seq FROM awgp.audit_adopted_lanes WHERE tenant_id = $1)",
            "cut_tail",
        ),
        (
            "DELETE FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_seq = (SELECT adopted_seq + 1 FROM awgp.audit_adopted_lanes WHERE tenant_id = $1)",
            "missing_row",
        ),
        (
            "UPDATE awgp.audit_logs SET action = 'other' WHERE tenant_id = $1 AND chain_seq = (SELECT last_seq FROM awgp.audit_adopted_lanes WHERE tenant_id = $1)",
            "changed_row",
        ),
        ("DELETE FROM awgp.audit_adopted_lanes WHERE tenant_id = $1", "missing_row"),
    ] {
        let (database, group, _) = scene().await;
        let north = group.north.id;
        adopt(&database);
        events(&database, north, 3).await;
        let superuser = database.superuser().await;
        let damage = damage.replace("$1", &format!("'{north}'"));
        let sql = format!(
            "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit; {damage};
             ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit"
        );
        superuser.batch_execute(&sql).await.expect("a superuser may");
        let server: Vec<String> = verify(&database).await.into_iter().map(|finding| finding.kind).collect();
        let (client, _) = json(&database, Login::Auditor, &["audit", "verify"]).expect(12).verified();
        let client: Vec<&str> = client.iter().filter_map(|finding| finding["kind"].as_str()).collect();
        assert!(server.iter().any(|found| found == kind), "{damage}: {server:?}");
        assert!(client.contains(&kind), "{damage}: {client:?}");
    }
}
