//! `awgp approval`, `awgp delegation` and the verbs of `awgp work` and `awgp assistant`, as the application.

use awgp_tests::approving::policy;
use awgp_tests::cli::{Follower, Outcome, awgp, json, table};
use awgp_tests::fixture::{Tenant, group, within};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// A command as a user of the tenant, for programs.
fn run(database: &Database, tenant: &Tenant, user: &str, arguments: &[&str]) -> Outcome {
    let email = format!("{user}@{}.example", tenant.slug);
    json(database, Login::App, &[arguments, &["--tenant", &tenant.slug, "--user", &email]].concat())
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_else(|| panic!("{name}: {row}"))
}

/// An item of this risk, made by the operator; and the approval they asked for.
fn asked(database: &Database, tenant: &Tenant, risk: &str) -> (String, String) {
    let make = ["work", "create", "Pay", "--assistant", "helper", "--risk-level", risk];
    let item = run(database, tenant, "operator", &make).expect(0).json();
    let item = text(&item, "id").to_owned();
    let approval = run(database, tenant, "operator", &["approval", "request", &item]).expect(0).json();
    (item, text(&approval, "id").to_owned())
}

#[tokio::test]
async fn work_is_asked_for_decided_started_and_completed() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (item, approval) = asked(&database, &north, "4");
    let early = run(&database, &north, "operator", &["work", "start", &item]).expect(4).error();
    assert_eq!(early["reason"], "approval_pending");
    let own =
        run(&database, &north, "operator", &["approval", "approve", &approval, "--yes"]).expect(3).error();
    assert_eq!(own["reason"], "self_approval");
    let inbox = run(&database, &north, "admin", &["approval", "inbox"]).expect(0).json();
    let row = &inbox.as_array().expect("a list")[0];
    assert_eq!((text(row, "id"), &row["risk"]), (&*approval, &json!(4)));
    assert_eq!((text(row, "requested_by"), text(row, "will_run")), ("operator@north.example", "Pay"));
    assert_eq!((text(row, "votes"), text(row, "assistant")), ("0 of 1", "helper"));
    assert!(text(row, "left").starts_with("23:59") || text(row, "left").starts_with("1 day"), "{row}");
    let empty = run(&database, &north, "manager", &["approval", "inbox"]).expect(0).json();
    assert_eq!(empty, json!([]));
    let why = run(&database, &north, "manager", &["approval", "explain", &approval]).expect(0).json();
    assert_eq!((&why["may_decide"], text(&why, "reason")), (&json!(false), "approver_role"));
    let why = ["approval", "explain", &approval, "--for", "admin@north.example"];
    assert_eq!(run(&database, &north, "manager", &why).expect(0).json()["may_decide"], true);
    let approve = ["approval", "approve", &approval, "--yes", "--comment", "go"];
    assert_eq!(run(&database, &north, "admin", &approve).expect(0).json()["status"], "approved");
    let shown = run(&database, &north, "admin", &["approval", "show", &approval]).expect(0).json();
    assert_eq!(shown["decisions"][0]["by"], "admin@north.example");
    assert_eq!(shown["decisions"][0]["comment"], "go");
    assert_eq!(
        run(&database, &north, "operator", &["work", "start", &item]).expect(0).json()["status"],
        "in_progress"
    );
    let complete = ["work", "complete", &item, "--result", r#"{"paid": true}"#, "--actual-cost", "0.004"];
    let done = run(&database, &north, "operator", &complete).expect(0).json();
    assert_eq!((text(&done, "status"), &done["result"]["paid"]), ("completed", &json!(true)));
    run(&database, &north, "operator", &["work", "fail", &item]).expect(4);
}

#[tokio::test]
async fn a_request_is_rejected_escalated_and_withdrawn() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (item, approval) = asked(&database, &north, "3");
    let step = ["approval", "escalate", &approval, "--reason", "urgent"];
    assert_eq!(run(&database, &north, "operator", &step).expect(0).json()["escalated_to"], "admin");
    let named = ["approval", "escalate", &approval, "--approver", "super_admin@north.example"];
    let named = run(&database, &north, "operator", &named).expect(0).json();
    assert_eq!(named["approver_ids"], json!([north.user("super_admin").to_string()]));
    let no = ["approval", "reject", &approval, "--reason", "too dear"];
    assert_eq!(run(&database, &north, "super_admin", &no).expect(0).json()["rejected_reason"], "too dear");
    let again = ["approval", "request", &item, "--expires-in", "2 hours", "--title", "Once more"];
    let again = run(&database, &north, "operator", &again).expect(0).json();
    assert_eq!(text(&again, "title"), "Once more");
    let cancelled =
        run(&database, &north, "operator", &["work", "cancel", &item, "--reason", "enough", "--yes"])
            .expect(0);
    assert_eq!(cancelled.json()["closed_reason"], "enough");
    let late = ["approval", "approve", text(&again, "id"), "--yes"];
    assert_eq!(run(&database, &north, "admin", &late).expect(4).error()["reason"], "approval_closed");
    run(&database, &north, "admin", &["approval", "show", "00000000-0000-0000-0000-000000000007"]).expect(8);
}

#[tokio::test]
async fn a_delegation_is_made_listed_used_and_taken_back() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let give = [
        "delegation",
        "create",
        "manager@north.example",
        "--until",
        "2099-01-01",
        "--risk",
        "4",
        "--reason",
        "away",
    ];
    let made = run(&database, &north, "admin", &give).expect(0).json();
    assert_eq!(made["risk_levels"], json!([4]));
    let (_, approval) = asked(&database, &north, "4");
    let inbox = run(&database, &north, "manager", &["approval", "inbox"]).expect(0).json();
    assert_eq!(text(&inbox[0], "on_behalf_of"), "admin@north.example");
    let people = table(
        &database,
        Login::App,
        &["approval", "inbox", "--tenant", "north", "--user", "manager@north.example"],
    );
    assert!(people.expect(0).stdout.contains("admin@north.example"));
    let listed = run(&database, &north, "admin", &["delegation", "list", "--in-force"]).expect(0).json();
    assert_eq!(
        (text(&listed[0], "delegate"), text(&listed[0], "state")),
        ("manager@north.example", "in_force")
    );
    let id = text(&made, "id");
    assert_eq!(
        run(&database, &north, "admin", &["delegation", "revoke", id]).expect(0).json()["is_active"],
        false
    );
    assert_eq!(
        run(&database, &north, "admin", &["delegation", "list", "--in-force"]).expect(0).json(),
        json!([])
    );
    run(&database, &north, "manager", &["approval", "approve", &approval, "--yes"]).expect(3);
    let beyond = ["delegation", "create", "operator@north.example", "--until", "2099-01-01", "--risk", "5"];
    assert_eq!(run(&database, &north, "manager", &beyond).expect(3).error()["reason"], "beyond_authority");
}

#[tokio::test]
async fn a_suspended_assistant_shows_its_open_work() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    asked(&database, &north, "4");
    let suspend = ["assistant", "suspend", "helper", "--reason", "odd answers"];
    let row = run(&database, &north, "manager", &suspend).expect(0).json();
    assert_eq!((text(&row, "status"), text(&row, "status_reason")), ("suspended", "odd answers"));
    let open = row["open_work"].as_array().expect("a list");
    assert_eq!((open.len(), text(&open[0], "status")), (2, "awaiting_approval"));
    let people = ["assistant", "show", "helper", "--tenant", "north"];
    let shown = table(&database, Login::App, &people).expect(0).stdout;
    assert!(shown.contains("open work") && shown.contains("awaiting_approval"), "{shown}");
    let low = ["work", "create", "Read", "--assistant", "helper", "--risk-level", "0"];
    let item = run(&database, &north, "operator", &low).expect(0).json();
    let start = ["work", "start", text(&item, "id")];
    assert_eq!(run(&database, &north, "operator", &start).expect(4).error()["reason"], "assistant_suspended");
    let resume = ["assistant", "resume", "helper"];
    assert_eq!(run(&database, &north, "manager", &resume).expect(0).json()["status"], "active");
    run(&database, &north, "operator", &start).expect(0);
}

/// Runs `awgp approval approve` on a terminal of its own and types an answer.
fn on_a_terminal(database: &Database, arguments: &str, answer: &str) -> (i32, String) {
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &format!("{binary} {arguments}"), "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("DATABASE_URL", database.url(Login::App))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script runs: it is part of every Debian");
    child.stdin.take().expect("a pipe").write_all(answer.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("it ends");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn approving_asks_on_a_terminal_and_wants_yes_elsewhere() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (_, approval) = asked(&database, &north, "4");
    let silent = run(&database, &north, "admin", &["approval", "approve", &approval]).expect(2).error();
    assert!(text(&silent, "hint").contains("--yes"), "{silent}");
    let arguments = format!("approval approve {approval} --tenant north --user admin@north.example");
    let (code, said) = on_a_terminal(&database, &arguments, "n\n");
    assert_eq!(code, 13, "{said}");
    assert!(said.contains("approve this? [y/N]") && said.contains("Pay"), "{said}");
    // What it is pinned to, who else may, and what happens then.
    let digest = run(&database, &north, "admin", &["approval", "show", &approval]).expect(0).json();
    assert!(said.contains(&text(&digest, "request_digest")[..16]), "{said}");
    assert!(said.contains("super_admin@north.example") && said.contains("last vote"), "{said}");
    let (code, said) = on_a_terminal(&database, &arguments, "y\n");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("It is approved: `awgp work start "), "{said}");
    let shown = run(&database, &north, "admin", &["approval", "show", &approval]).expect(0).json();
    assert_eq!(text(&shown, "status"), "approved");
}

#[tokio::test]
async fn what_will_run_is_shown_by_title_and_action_and_nothing_of_it_is_hidden() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.assistants SET capabilities = '{pay}' WHERE id = $1";
    transaction.execute(sql, &[&north.assistant]).await.expect("a capability");
    transaction.commit().await.expect("committed");
    let title = "Pay 10 \u{202e}000 01\u{202c}\u{200b}\u{2028}\u{e0041}\u{9b}";
    let context = r#"{"action": "pay", "note": "x\u202ey"}"#;
    let make = ["work", "create", title, "--assistant", "helper", "--risk-level", "4", "--context", context];
    let item = run(&database, &north, "operator", &[&make[..], &["--description", title]].concat());
    let item = item.expect(0).json();
    let request = ["approval", "request", text(&item, "id"), "--title", title];
    let approval = run(&database, &north, "operator", &request).expect(0).json();
    let approval = text(&approval, "id");

    let inbox = run(&database, &north, "admin", &["approval", "inbox"]).expect(0);
    let row = &inbox.json()[0];
    assert_eq!((text(row, "action"), text(row, "work_item_title")), ("pay", title));
    assert_eq!(text(row, "will_run"), format!("pay: {title}"));
    let shown = run(&database, &north, "admin", &["approval", "show", approval]).expect(0);
    assert_eq!(text(&shown.json(), "work_item_action"), "pay");

    let who = ["--tenant", "north", "--user", "admin@north.example"];
    let people =
        |arguments: &[&str]| table(&database, Login::App, &[arguments, &who].concat()).expect(0).stdout;
    let arguments = format!("approval approve {approval} {}", who.join(" "));
    let (_, asked) = on_a_terminal(&database, &arguments, "n\n");
    assert!(asked.contains("work_item_action") && asked.contains("\\u{202e}000 01"), "{asked}");
    for said in [
        people(&["approval", "inbox"]),
        people(&["approval", "show", approval]),
        asked,
        inbox.stdout,
        shown.stdout,
    ] {
        let hidden = ['\u{202e}', '\u{202c}', '\u{200b}', '\u{2028}', '\u{e0041}', '\u{9b}'];
        assert!(!said.contains(hidden), "{said:?}");
    }
}

#[tokio::test]
async fn an_inbox_says_where_glass_was_broken() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    policy(&database, &north, &json!({"break_glass": [north.user("manager")]})).await;
    let grant =
        "GRANT EXECUTE ON FUNCTION awgp.break_glass(uuid, text), awgp.force_approval(uuid, text) TO awgp_app";
    database.superuser().await.batch_execute(grant).await.expect("granted");
    let (_, approval) = asked(&database, &north, "5");
    let mut app = database.app().await;
    let force = "SELECT status FROM awgp.break_glass($1, 'fire')";
    let id = approval.parse().expect("a uuid");
    awgp_tests::approving::run(&mut app, &north, Some(north.user("manager")), force, id)
        .await
        .expect("they may");
    let arguments = ["approval", "inbox", "--tenant", "north", "--user", "admin@north.example"];
    let url = database.url(Login::App);
    let shown = awgp(&arguments, &[("DATABASE_URL", &url)]).expect(0).stdout;
    assert!(shown.contains("glass was broken") && shown.contains("manager@north.example"), "{shown}");
}

#[tokio::test]
async fn an_inbox_of_nobody_names_who_may_decide() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (_, approval) = asked(&database, &north, "4");
    let inbox = json(&database, Login::App, &["approval", "inbox", "--tenant", "north"]).expect(0).json();
    assert_eq!(text(&inbox[0], "id"), approval);
    assert_eq!(inbox[0]["may_decide"], json!(["admin@north.example", "super_admin@north.example"]));
    let people = table(&database, Login::App, &["approval", "inbox", "--tenant", "north"]).expect(0).stdout;
    assert!(people.contains("admin@north.example") && people.contains("--user"), "{people}");
    let other = json(&database, Login::App, &["approval", "inbox", "--tenant", "south"]).expect(0).json();
    assert_eq!(other, json!([]));
}

#[tokio::test]
async fn after_a_vote_it_is_said_what_is_so() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    policy(&database, &north, &json!({"quorum": {"5": 2}})).await;
    let decide = |approval: &str, user: &str, arguments: &[&str]| {
        let email = format!("{user}@north.example");
        let context = [approval, "--tenant", "north", "--user", &email];
        table(&database, Login::App, &[&["approval"], &arguments[..1], &context, &arguments[1..]].concat())
            .expect(0)
            .stdout
    };
    let (_, approval) = asked(&database, &north, "3");
    assert!(decide(&approval, "manager", &["reject", "--reason", "no"]).contains("It is rejected"));
    let (item, approval) = asked(&database, &north, "3");
    let said = decide(&approval, "manager", &["approve", "--yes"]);
    assert!(said.contains(&format!("`awgp work start {}`", &item[..8])), "{said}");
    run(&database, &north, "operator", &["work", "start", &item[..8]]).expect(0);
}

#[tokio::test]
async fn a_watch_shows_what_there_is_to_decide_when_it_comes() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (_, first) = asked(&database, &north, "4");
    let watch = ["approval", "watch", "--tenant", "north", "--user", "admin@north.example"];
    let mut watching = Follower::start(&watch, &database.url(Login::App));
    assert!(watching.line().contains(&first));
    let (_, second) = asked(&database, &north, "4");
    assert!(watching.line().contains(&second));
    let once = [&watch[..], &["--once"]].concat();
    assert!(table(&database, Login::App, &once).expect(0).stdout.contains(&second));
    json(&database, Login::App, &["approval", "watch", "--tenant", "north"]).expect(3);
}

#[tokio::test]
async fn people_read_in_words_what_is_asked_and_why_somebody_may_decide_it_or_not() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (_, approval) = asked(&database, &north, "4");
    let people = |role: &str, arguments: &[&str]| {
        let who = ["--tenant", "north", "--user", &format!("{role}@north.example")];
        table(&database, Login::App, &[arguments, &who].concat()).expect(0).stdout
    };
    let shown = people("admin", &["approval", "show", &approval]);
    for words in
        ["who may decide now     you, super_admin@north.example", "requested by", "pinned", &approval]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("null") && !shown.contains("request_digest"), "{shown}");
    let may = people("admin", &["approval", "explain", &approval]);
    assert!(may.starts_with("admin@north.example may decide this, in person.\n"), "{may}");
    assert!(
        may.contains("needs the role admin or a higher one") && may.contains("It has 0 of 1 votes"),
        "{may}"
    );
    let may_not = people("manager", &["approval", "explain", &approval]);
    assert!(may_not.starts_with("manager@north.example may not decide this: "), "{may_not}");
    assert!(
        may_not.contains("Now these may decide: admin@north.example, super_admin@north.example."),
        "{may_not}"
    );
    assert!(may_not.contains("hint: ") && !may_not.contains("awgp."), "{may_not}");
    people("admin", &["approval", "approve", &approval, "--yes", "--comment", "read it"]);
    let decided = people("viewer", &["approval", "show", &approval]);
    assert!(
        decided.contains("approve by admin@north.example, ") && decided.contains(": read it"),
        "{decided}"
    );
    assert!(!decided.contains("who may decide now"), "{decided}");
    assert!(people("admin", &["approval", "explain", &approval]).contains("It is approved."));
    // Whoever asks or escalates reads who may decide now.
    let create = ["work", "create", "Pay", "--assistant", "helper", "--risk-level", "3"];
    let item = run(&database, &north, "operator", &create).expect(0).json();
    let said = people("operator", &["approval", "request", text(&item, "id")]);
    assert!(said.contains("now these may decide: admin@north.example, manager@north.example"), "{said}");
    let waits =
        run(&database, &north, "admin", &["approval", "list", "--status", "pending"]).expect(0).json();
    let said = people("operator", &["approval", "escalate", text(&waits[0], "id"), "--reason", "urgent"]);
    assert!(said.contains("now these may decide: admin@north.example, super_admin@north.example."), "{said}");
}
