//! The rehearsal of docs/approvals.md: breaking glass, step by step, in a tenant that was made for it.

use awgp_tests::cli::{Outcome, json, table};
use awgp_tests::{Database, Login};

/// A command with ids in place of the page's words, in the name of a user of the tenant.
fn by(database: &Database, user: &str, arguments: &[&str]) -> Outcome {
    let email = format!("{user}@drill.example");
    json(database, Login::App, &[arguments, &["--tenant", "drill", "--user", &email]].concat())
}

fn id(made: &Outcome) -> String {
    made.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {made:?}")).to_owned()
}

/// The drill: a tenant, Ada who asks, and Bob who breaks glass.
fn drill(database: &Database) -> String {
    json(database, Login::Admin, &["tenant", "create", "Drill", "--slug", "drill"]).expect(0);
    let made =
        |arguments: &[&str]| json(database, Login::Admin, &[arguments, &["--tenant", "drill"]].concat());
    made(&["user", "create", "ada@drill.example", "--role", "super_admin"]).expect(0);
    let bob = by(database, "ada", &["user", "create", "bob@drill.example", "--role", "manager"]).expect(0);
    by(database, "ada", &["assistant", "create", "Helper", "--slug", "helper", "--type", "custom"]).expect(0);
    by(database, "ada", &["assistant", "resume", "helper"]).expect(0);
    id(&bob)
}

#[tokio::test]
async fn breaking_glass_is_rehearsed_as_the_page_says() {
    let database = Database::new().await;
    let bob = drill(&database);
    let allow = [
        "tenant",
        "settings",
        "set",
        "approval_policy.break_glass",
        &format!("[\"{bob}\"]"),
        "--tenant",
        "drill",
    ];
    json(&database, Login::Admin, &allow).expect(0);
    let work = ["work", "create", "Open the valve", "--assistant", "helper", "--risk-level", "5"];
    let work = id(&by(&database, "ada", &work).expect(0));
    let approval = id(&by(&database, "ada", &["approval", "request", &work]).expect(0));
    let break_glass = ["approval", "break-glass", &approval, "--reason", "rehearsal", "--yes"];
    // Without the owner's grant nobody may.
    by(&database, "bob", &break_glass).expect(3);
    let grant =
        "GRANT EXECUTE ON FUNCTION awgp.break_glass(uuid, text), awgp.force_approval(uuid, text) TO awgp_app";
    database.superuser().await.batch_execute(grant).await.expect("the owner grants");
    by(&database, "ada", &break_glass).expect(3);
    assert_eq!(by(&database, "bob", &break_glass).expect(0).json()["status"], "approved");
    let who = ["--tenant", "drill", "--user", "ada@drill.example"];
    let inbox = table(&database, Login::App, &[&["approval", "inbox"][..], &who].concat()).expect(0).stdout;
    assert!(inbox.contains("glass was broken") && inbox.contains("bob@drill.example"), "{inbox}");
    let shown =
        table(&database, Login::App, &[&["approval", "show", &approval][..], &who].concat()).expect(0);
    assert!(shown.stdout.contains("bob@drill.example approved alone"), "{shown:?}");
    let events = by(&database, "ada", &["audit", "log", "--action", "break_glass"]).expect(0).json();
    assert_eq!(events[0]["after_state"]["reason"], "rehearsal", "{events}");
    let doctor = json(&database, Login::Maintainer, &["doctor"]);
    assert!(doctor.stdout.contains("glass_broken"), "{doctor:?}");
    by(&database, "ada", &["work", "cancel", &work, "--reason", "rehearsal", "--yes"]).expect(0);
    let forbid = ["tenant", "settings", "unset", "approval_policy.break_glass", "--tenant", "drill"];
    json(&database, Login::Admin, &forbid).expect(0);
}
