//! `awgp user erase` and what was made of the trail before it: notes, proofs, exports and dumps.

use super::{SECRET, declare, person, tables_with_the_secret};
use crate::checkpoints::stage::{Auditor, python, scene};
use awgp_tests::cli::{awgp, json, table};
use awgp_tests::command::program;
use awgp_tests::fixture::within;
use awgp_tests::{Database, Login, trail};
use serde_json::Value;

const EMAIL: &str = "zyzzyva7741@north.example";

fn as_admin<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--tenant", "north", "--user", "admin@north.example"], arguments].concat()
}

#[tokio::test]
async fn notes_proofs_and_exports_of_before_still_verify_and_a_dump_has_nothing() {
    let (database, group, auditor) = scene().await;
    let columns = ["email", "first_name", "last_name", "keycloak_id"];
    let options = columns.into_iter().flat_map(|column| ["--column", column]);
    let line: Vec<&str> = ["audit", "erasable", "users"].into_iter().chain(options).collect();
    let declared = json(&database, Login::Admin, &line).expect(0).json();
    assert_eq!(declared["columns"].as_array().map(Vec::len), Some(4), "{declared}");
    let user = person(&database, &group.north).await;
    let signed = auditor.sign(&database, &["--tenant", "north"]);
    let note = signed.iter().find_map(|row| row["note"].as_str()).expect("a note").to_owned();
    let id = trail::history(&database, user).await[0].id.to_string();
    let proof = auditor.file("proof.json");
    let line = ["audit", "prove", &id, "--checkpoint", &note, "--out", &proof];
    json(&database, Login::Auditor, &line).expect(0);
    let before = export(&database, &auditor, "before.jsonl");
    let shown = json(&database, Login::App, &as_admin(&["audit", "show", &id])).expect(0).json();
    assert_eq!(shown["after_state"]["email"], EMAIL, "{shown}");

    let dry = ["user", "erase", EMAIL, "--reason", "request 17", "--dry-run", "--output", "csv"];
    let told = table(&database, Login::App, &as_admin(&dry)).expect(0).stdout;
    assert!(told.starts_with("place,what,found,erased,remains,why\nawgp.users,"), "{told}");
    let unsure = ["user", "erase", EMAIL, "--reason", "request 17"];
    table(&database, Login::App, &as_admin(&unsure)).expect(2);
    let sure = [unsure.as_slice(), &["--yes"]].concat();
    let refused = json(
        &database,
        Login::App,
        &[
            "--tenant",
            "north",
            "--user",
            "manager@north.example",
            "user",
            "erase",
            EMAIL,
            "--reason",
            "x",
            "--yes",
        ],
    );
    assert_eq!(refused.expect(3).error()["reason"], "role_not_sufficient");
    let lines = json(&database, Login::App, &as_admin(&sure)).expect(0).json();
    let users = lines.as_array().expect("lines").iter().find(|line| line["place"] == "awgp.users");
    assert_eq!(users.expect("a line")["erased"], 1, "{lines}");
    let superuser = database.superuser().await;
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());

    let shown = json(&database, Login::App, &as_admin(&["audit", "show", &id])).expect(0).json();
    assert!(shown["after_state"]["email"]["erased"]["event"].is_i64(), "{shown}");
    auditor.assert_holds(&database, &auditor.notes(), 1);
    awgp(&["audit", "check-proof", &proof, "--public-key", &auditor.public_key], &[]).expect(0);
    let (code, told) = python(&["proof", &proof, &auditor.public_key]);
    assert_eq!(code, 0, "{told}");
    for file in [before, export(&database, &auditor, "after.jsonl")] {
        awgp(
            &[
                "audit",
                "verify",
                "--file",
                &file,
                "--checkpoint",
                &auditor.notes(),
                "--public-key",
                &auditor.public_key,
            ],
            &[],
        )
        .expect(0);
        let (code, told) = trail::verify_in_python(&file);
        assert_eq!(code, 0, "{told}");
        let text = std::fs::read_to_string(&file).expect("the export");
        assert!(!text.to_lowercase().contains(SECRET), "an export has commitments only");
    }
    let dump =
        program("pg_dump").arg("--dbname").arg(database.url(Login::Superuser)).output().expect("a dump");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8_lossy(&dump.stdout).to_lowercase();
    assert!(dump.contains("audit_erasable_values") && !dump.contains(SECRET), "the dump has none of it");
}

fn export(database: &Database, auditor: &Auditor, name: &str) -> String {
    let file = auditor.file(name);
    json(database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
    file
}

#[tokio::test]
async fn the_command_line_finds_what_the_server_finds() {
    let (database, group, _) = scene().await;
    declare(&database).await;
    person(&database, &group.north).await;
    let (findings, _) = json(&database, Login::Auditor, &["audit", "verify"]).expect(0).verified();
    assert_eq!(findings, [Value::Null; 0]);
    super::tampered::behind_its_back(
        &database,
        "UPDATE awgp.audit_erasable_values SET value = '\"x@y\"' WHERE member = 'email';
         DELETE FROM awgp.audit_erasable_values WHERE member = 'last_name'",
    )
    .await;
    let (findings, _) = json(&database, Login::Auditor, &["audit", "verify"]).expect(12).verified();
    let mut kinds: Vec<&str> = findings.iter().filter_map(|finding| finding["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["erasable_value_differs", "erasable_value_missing"], "{findings:?}");
    // A tenant finds it in its own trail, another one does not.
    let mut app = database.app().await;
    for (tenant, found) in [(&group.north, 2), (&group.south, 0)] {
        let transaction = within(&mut app, tenant.id).await;
        let sql = "SELECT count(*) FROM awgp.verify_audit(tenant_id => $1)";
        let count: i64 = transaction.query_one(sql, &[&tenant.id]).await.expect("verified").get(0);
        assert_eq!(count, found, "{}", tenant.slug);
    }
}
