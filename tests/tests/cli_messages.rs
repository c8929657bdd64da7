//! `awgp message`, `policy` and `template`, by the real binary.

use awgp_tests::cli::{json, table};
use awgp_tests::fixture::{Group, group, within};
use awgp_tests::{Database, Login};
use serde_json::json as value;

async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    transaction
        .execute("SELECT awgp.create_assistant('HR', 'hr', 'shared_hr')", &[])
        .await
        .expect("an assistant");
    transaction
        .execute("UPDATE awgp.assistants SET status = 'active' WHERE slug = 'hr'", &[])
        .await
        .expect("active");
    transaction.commit().await.expect("commits");
    (database, group)
}

const MESSAGE: [&str; 10] =
    ["--tenant", "north", "--from", "helper", "--to", "hr", "--channel", "internal", "--content", "Hello"];

fn command(words: &[&'static str]) -> Vec<&'static str> {
    words.iter().chain(&MESSAGE).copied().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_made_tried_and_asked_and_the_exit_code_tells_the_answer() {
    let (database, _) = scene().await;
    let check = command(&["message", "check"]);
    let denied = json(&database, Login::App, &check).expect(3).json();
    assert_eq!((&denied["allowed"], &denied["reason"]), (&value!(false), &value!("no_policy")));
    let create = [
        "policy",
        "create",
        "Talk",
        "--tenant",
        "north",
        "--to-type",
        "shared_hr",
        "--channel",
        "internal",
        "--content-rules",
        "{\"max_length\": 5}",
        "--rate-limit-per-hour",
        "1",
        "--rate-limit-scope",
        "sender",
    ];
    let made = json(&database, Login::App, &create).expect(0).json();
    assert_eq!((&made["rate_limit_per_hour"], &made["rate_limit_scope"]), (&value!(1), &value!("sender")));
    assert_eq!(
        (&made["from_assistant_types"], &made["to_assistant_types"]),
        (&value!(null), &value!(["shared_hr"]))
    );
    for _ in 0..2 {
        let tried = json(&database, Login::App, &command(&["policy", "test"])).expect(0).json();
        assert_eq!(tried["policy_id"], made["id"], "trying counts nothing");
    }
    json(&database, Login::App, &check).expect(0);
    let full = json(&database, Login::App, &check).expect(5).json();
    assert_eq!((&full["reason"], &full["rule"]), (&value!("rate_limited"), &value!("rate_limit_per_hour")));
    let later = [command(&["policy", "test"]), vec!["--at", "2999-01-01"]].concat();
    json(&database, Login::App, &later).expect(0);
    let listed = json(&database, Login::App, &["policy", "list", "--tenant", "north"]).expect(0).json();
    assert_eq!(
        (listed[0]["name"].as_str(), listed[0]["tenant_slug"].as_str()),
        (Some("Talk"), Some("north"))
    );
    let shown = table(&database, Login::App, &check);
    assert!(shown.expect(5).stdout.contains("rate_limited"));
    // A denial is committed.
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'message.denied'";
    let rows: i64 = database.superuser().await.query_one(sql, &[]).await.expect("the trail").get(0);
    assert_eq!(rows, 3);
    let bad = json(
        &database,
        Login::App,
        &["policy", "create", "Bad", "--tenant", "north", "--content-rules", "{\"x\": 1}"],
    )
    .expect(6)
    .error();
    assert_eq!(bad["reason"], value!("invalid_policy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_listed_shown_applied_and_compared() {
    let (database, _) = scene().await;
    let listed = json(&database, Login::App, &["template", "list", "--tenant", "north"]).expect(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(11));
    let one = json(&database, Login::App, &["template", "list", "--tenant", "north", "--type", "shared_it"])
        .expect(0)
        .json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
    let shown =
        json(&database, Login::App, &["template", "show", "shared-it", "--tenant", "north"]).expect(0).json();
    assert_eq!(shown["is_system"], value!(true));
    json(&database, Login::App, &["template", "show", "none", "--tenant", "north"]).expect(8);
    let apply = [
        "template",
        "apply",
        "shared-it",
        "Ida",
        "--slug",
        "ida",
        "--overrides",
        "{\"risk_tier\": 0}",
        "--tenant",
        "north",
    ];
    let made = json(&database, Login::App, &apply).expect(0).json();
    assert_eq!(
        (&made["type"], &made["risk_tier"], &made["template_version"]),
        (&value!("shared_it"), &value!(0), &value!(1))
    );
    let diff = ["template", "diff", "ida", "--tenant", "north"];
    assert!(table(&database, Login::App, &diff).expect(0).stdout.contains("nothing would change"));
    let sql =
        "UPDATE awgp.assistant_templates SET risk_tier = 3, description = 'New' WHERE slug = 'shared-it'";
    database.superuser().await.execute(sql, &[]).await.expect("a superuser may");
    let told = json(&database, Login::App, &diff).expect(0).json();
    assert_eq!(told["newest_version"], value!(2));
    let paths: Vec<_> =
        told["changes"].as_array().expect("an array").iter().map(|change| &change["path"]).collect();
    assert_eq!(paths, ["description"], "the overridden tier stays out of it");
    let bad = [
        "template",
        "apply",
        "shared-it",
        "X",
        "--slug",
        "x",
        "--overrides",
        "{\"tier\": 1}",
        "--tenant",
        "north",
    ];
    let error = json(&database, Login::App, &bad).expect(6).error();
    assert_eq!(error["reason"], value!("invalid_template"));
}
