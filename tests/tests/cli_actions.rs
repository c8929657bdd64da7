//! `awgp action`, by the real binary: the answer is printed in every case,
//! and the exit code tells which it was.

use awgp_tests::cli::{Outcome, json, table};
use awgp_tests::fixture::{Group, group, within};
use awgp_tests::{Database, Login};
use serde_json::{Value, json as value};

/// A command as a user of north, for programs.
fn run(database: &Database, user: &str, arguments: &[&str]) -> Outcome {
    let email = format!("{user}@north.example");
    json(database, Login::App, &[arguments, &["--tenant", "north", "--user", &email]].concat())
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("{name}: {row}")).to_owned()
}

/// North's assistant may look, and there are 10 to spend.
async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.assistants SET capabilities = '{look}', max_cost_per_day = 100";
    transaction.execute(sql, &[]).await.expect("capabilities can be set");
    transaction.execute("SELECT awgp.create_credit_pool('openai', 10)", &[]).await.expect("a pool");
    transaction.commit().await.expect("commits");
    (database, group)
}

/// An item of this risk, made by the operator.
fn item(database: &Database, risk: &str) -> String {
    let make = ["work", "create", "Look", "--assistant", "helper", "--risk-level", risk];
    text(&run(database, "operator", &make).expect(0).json(), "id")
}

fn begin(database: &Database, item: &str, more: &[&str]) -> Outcome {
    run(database, "operator", &[&["action", "begin", item, "look"], more].concat())
}

async fn count(database: &Database, sql: &str) -> i64 {
    database.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_action_exits_with_0_and_is_finished_once() {
    let (database, _) = scene().await;
    let item = item(&database, "0");
    let money = ["--provider", "openai", "--estimated-cost", "2.50", "--expires-in", "1 hour"];
    let begun = begin(&database, &item, &money).expect(0).json();
    assert_eq!((&begun["allowed"], &begun["reason"]), (&value!(true), &value!("allowed")));
    let action = text(&begun, "action_id");
    let hour = "SELECT count(*) FROM awgp.governed_actions WHERE expires_at = begun_at + interval '1 hour'";
    assert_eq!(count(&database, hour).await, 1);
    let finish = [
        "action",
        "finish",
        &action,
        "succeeded",
        "--model",
        "gpt-4",
        "--input-tokens",
        "100",
        "--output-tokens",
        "20",
        "--cost-amount",
        "2.000001",
        "--result",
        r#"{"seen": 7}"#,
    ];
    for repeated in [false, true] {
        let ended = run(&database, "operator", &finish).expect(0).json();
        assert_eq!((&ended["status"], &ended["repeated"]), (&value!("succeeded"), &value!(repeated)));
        assert_eq!((&ended["cost_amount"], &ended["overrun"]), (&value!("2.000001"), &value!(false)));
    }
    let spent = "SELECT count(*) FROM awgp.cost_transactions WHERE cost_amount = 2.000001";
    assert_eq!(count(&database, spent).await, 1);
    let other = run(&database, "operator", &["action", "finish", &action, "failed"]).expect(4).error();
    assert_eq!(other["reason"], value!("illegal_transition"));
    let shown = table(&database, Login::App, &["action", "begin", &item, "look", "--tenant", "north"]);
    assert!(shown.expect(0).stdout.contains("action_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_approval_exits_with_3_until_it_is_given() {
    let (database, _) = scene().await;
    let item = item(&database, "4");
    let denied = begin(&database, &item, &[]).expect(3).json();
    assert_eq!((&denied["allowed"], &denied["reason"]), (&value!(false), &value!("approval_required")));
    let hint = text(&denied, "hint");
    assert!(hint.contains("`awgp approval request") && !hint.contains("SELECT"), "what to do next: {denied}");
    let asked = run(&database, "operator", &["approval", "request", &item]).expect(0).json();
    assert_eq!(begin(&database, &item, &[]).expect(3).json()["reason"], value!("approval_pending"));
    let approve = ["approval", "approve", &text(&asked, "id"), "--yes"];
    run(&database, "admin", &approve).expect(0);
    assert_eq!(begin(&database, &item, &[]).expect(0).json()["allowed"], value!(true));
    // A denial is committed.
    let denials = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'action.denied'";
    assert_eq!(count(&database, denials).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_budget_does_not_allow_exits_with_5() {
    let (database, _) = scene().await;
    let item = item(&database, "0");
    let dear = ["--provider", "openai", "--estimated-cost", "10.000001"];
    let denied = begin(&database, &item, &dear).expect(5).json();
    assert!(!text(&denied, "hint").contains("incurred"), "nothing was spent yet: {denied}");
    assert_eq!((&denied["reason"], &denied["action_id"]), (&value!("budget_exceeded"), &value!(null)));
    let shown = table(
        &database,
        Login::App,
        &[&["action", "begin", &item, "look", "--tenant", "north"], &dear[..]].concat(),
    );
    assert!(shown.expect(5).stdout.contains("budget_exceeded"));
    // No pool is no limit that was reached, but still a denial.
    let none = begin(&database, &item, &["--provider", "nobody", "--estimated-cost", "1"]).expect(3).json();
    assert_eq!(none["reason"], value!("no_credit_pool"));
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.credit_reservations").await, 0);
    assert_eq!(
        begin(&database, &item, &["--provider", "openai", "--estimated-cost", "10"]).expect(0).code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_by_exit_code_and_reason() {
    let (database, _) = scene().await;
    let item = item(&database, "0");
    let named = begin(&database, "no-uuid", &[]).expect(6).error();
    for part in ["no-uuid", "work item", "awgp work list"] {
        assert!(named.to_string().contains(part), "{part}: {named}");
    }
    run(&database, "operator", &["action", "show", "nothing"]).expect(6);
    run(&database, "operator", &["work", "show", "zz"]).expect(6);
    let unknown = "00000000-0000-0000-0000-000000000007";
    assert_eq!(begin(&database, unknown, &[]).expect(8).error()["reason"], value!("unknown_work_item"));
    for (more, reason) in [
        (&["--estimated-cost", "1"][..], value!("out_of_range")),
        (&["--provider", "openai", "--estimated-cost=-1"], value!("out_of_range")),
        (&["--provider", "openai", "--estimated-cost", "much"], value!(null)),
        (&["--expires-in", "soon"], value!(null)),
    ] {
        assert_eq!(begin(&database, &item, more).expect(6).error()["reason"], reason, "{more:?}");
    }
    let viewer = run(&database, "viewer", &["action", "begin", &item, "look"]).expect(3).error();
    assert_eq!(viewer["reason"], value!("role_not_sufficient"), "an error is no answer");
    let begun = begin(&database, &item, &[]).expect(0).json();
    assert!(text(&begun, "hint").contains("`awgp action finish ID OUTCOME`"), "{begun}");
    let action = text(&begun, "action_id");
    let costly = ["action", "finish", &action, "succeeded", "--model", "gpt-4", "--cost-amount", "1"];
    let refused = run(&database, "operator", &costly).expect(6).error();
    assert!(
        refused["detail"].as_str().is_some_and(|facts| facts.contains(r#""argument":"provider""#)),
        "{refused}"
    );
    assert!(text(&refused, "hint").contains("`awgp cost record`"), "{refused}");
    for (arguments, code) in [
        (&["action", "finish", &action, "done"][..], 6),
        (&["action", "finish", &action, "succeeded", "--result", "{"], 6),
        (&["action", "finish", &action, "succeeded", "--cost-amount", "1"], 6),
        (&["action", "finish", unknown, "failed"], 8),
        (&["action", "finish", &action], 2),
    ] {
        run(&database, "operator", arguments).expect(code);
    }
    assert_eq!(
        count(&database, "SELECT count(*) FROM awgp.governed_actions WHERE status = 'begun'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assistant_that_acts_is_named_and_another_ones_work_is_denied() {
    let (database, _) = scene().await;
    let item = item(&database, "0");
    let other = ["assistant", "create", "Other", "--slug", "other", "--type", "custom"];
    run(&database, "admin", &other).expect(0);
    let denied = begin(&database, &item, &["--assistant", "other"]).expect(3).json();
    assert_eq!(denied["reason"], value!("not_own_work"));
    assert_eq!(begin(&database, &item, &["--assistant", "helper"]).expect(0).json()["allowed"], value!(true));
    assert!(begin(&database, &item, &["--assistant", "nobody"]).code != 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn denials_are_listed_with_their_reasons_to_those_who_see_the_work() {
    let (database, _) = scene().await;
    let (easy, risky) = (item(&database, "0"), item(&database, "4"));
    begin(&database, &risky, &[]).expect(3);
    run(&database, "operator", &["action", "begin", &easy, "fly"]).expect(3);
    begin(&database, &easy, &[]).expect(0);
    let listed = run(&database, "viewer", &["action", "list", "--denied"]).expect(0).json();
    let reasons: Vec<&Value> = listed.as_array().expect("a list").iter().map(|row| &row["reason"]).collect();
    assert_eq!(reasons, ["capability_missing", "approval_required"]);
    let of_one = ["action", "list", "--denied", "--work-item", &risky, "--assistant", "helper"];
    let listed = run(&database, "viewer", &of_one).expect(0).json();
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["action"]), (Some(1), &value!("look")));
    let page = run(&database, "viewer", &["action", "list", "--denied", "--limit", "1"]).expect(0);
    assert_eq!(page.json().as_array().map(Vec::len), Some(1));
    let csv = ["action", "list", "--denied", "--output", "csv", "--tenant", "north"];
    assert!(table(&database, Login::App, &csv).expect(0).stdout.starts_with("denied_at,action,reason,"));
    let south = ["action", "list", "--denied", "--tenant", "south", "--output", "json"];
    assert_eq!(table(&database, Login::App, &south).expect(0).json(), value!([]));
    run(&database, "viewer", &["action", "list", "--denied", "--status", "begun"]).expect(2);
}
