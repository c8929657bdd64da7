//! `awgp pool` and `awgp cost`: exact for programs, drawn for people.

use awgp_tests::cli::{Outcome, awgp, json, table};
use awgp_tests::fixture::{self, Group};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::process::Command;

fn app(database: &Database, arguments: &[&str]) -> Outcome {
    json(database, Login::App, &[arguments, &["--tenant", "north"]].concat())
}

/// A pool of 10 for openai in two subsidiaries, a price, and some costs of
/// north's: by model, day and work item.
async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    for tenant in ["north", "south"] {
        let create = ["pool", "create", "openai", "--budget", "10", "--tenant", tenant];
        json(&database, Login::App, &create).expect(0);
    }
    let price = [
        "price",
        "set",
        "openai",
        "gpt-x",
        "--input-price",
        "1e-6",
        "--output-price",
        "2e-6",
        "--cached-price",
        "5e-7",
    ];
    json(&database, Login::Admin, &price).expect(0);
    let item = group.north.work_item.to_string();
    for more in [
        &["--model", "gpt-x", "--input-tokens", "1000000", "--output-tokens", "500000"][..],
        &["--model", "gpt-x", "--input-tokens", "1", "--output-tokens", "0", "--work-item", &item],
        &["--model", "gpt-y", "--amount", "0.5", "--work-item", &item],
    ] {
        let record = ["cost", "record", "--assistant", "helper", "--provider", "openai"];
        app(&database, &[&record, more].concat()).expect(0);
    }
    (database, group)
}

#[tokio::test]
async fn a_cost_is_computed_from_its_tokens_and_names_its_price() {
    let (database, _) = scene().await;
    let record = [
        "cost",
        "record",
        "--assistant",
        "helper",
        "--provider",
        "openai",
        "--model",
        "gpt-x",
        "--input-tokens",
        "1000",
        "--cached-tokens",
        "400",
        "--output-tokens",
        "10",
        "--metadata",
        r#"{"call": 1.50}"#,
        "--idempotency-key",
        "k",
    ];
    let first = app(&database, &record).expect(0);
    assert!(first.stdout.contains("\"cost_amount\": 0.000820,"), "{}", first.stdout);
    assert!(first.stdout.contains("1.50"), "{}", first.stdout);
    let row = first.json();
    let price = json(&database, Login::Admin, &["price", "show", "openai", "gpt-x"]).expect(0).json();
    assert_eq!(row["metadata"]["price"]["id"], price[0]["id"]);
    assert_eq!(row["metadata"]["cached_tokens"], 400);
    // The same key again is the same entry.
    assert_eq!(app(&database, &record).expect(0).json()["id"], row["id"]);
    let unknown = ["cost", "record", "--assistant", "helper", "--provider", "openai", "--model", "gpt-z"];
    assert_eq!(app(&database, &unknown).expect(8).error()["reason"], "unknown_price");
    let given = [&unknown[..], &["--amount", "0.000001"]].concat();
    assert!(app(&database, &given).expect(0).stdout.contains("\"cost_amount\": 0.000001,"));
    let dear = [&unknown[..], &["--amount", "100"]].concat();
    assert_eq!(app(&database, &dear).expect(5).error()["sqlstate"], "53400");
}

#[tokio::test]
async fn costs_are_added_up_by_what_is_asked_for() {
    let (database, group) = scene().await;
    let report = |by: &str| app(&database, &["cost", "report", "--by", by]).expect(0);
    let by_assistant = report("assistant");
    assert!(by_assistant.stdout.contains("\"cost_amount\": 2.500001,"), "{}", by_assistant.stdout);
    let rows = by_assistant.json();
    assert_eq!((&rows[0]["assistant_slug"], &rows[0]["entries"]), (&json!("helper"), &json!(3)));
    assert_eq!((&rows[0]["input_tokens"], &rows[0]["percent"]), (&json!(1_000_001), &json!(100.0)));
    let models = report("model").json();
    let costs: Vec<_> =
        models.as_array().expect("rows").iter().map(|row| (&row["model"], &row["cost_amount"])).collect();
    assert_eq!(costs, [(&json!("gpt-x"), &json!(2.000_001)), (&json!("gpt-y"), &json!(0.5))]);
    let items = report("work-item").json();
    let titles: Vec<_> = items.as_array().expect("rows").iter().map(|row| &row["work_item_title"]).collect();
    assert_eq!(titles, [&Value::Null, &json!("First task")]);
    assert_eq!(items[1]["work_item_id"], group.north.work_item.to_string());
    let days = report("day").json();
    // A day may have ended meanwhile.
    let days = days.as_array().expect("rows");
    assert_eq!(days.iter().filter_map(|day| day["entries"].as_i64()).sum::<i64>(), 3);
    assert!((1..=2).contains(&days.len()), "{days:?}");
    assert_eq!(report("tenant").json()[0]["tenant_slug"], "north");
    let before = app(&database, &["cost", "report", "--until", "2001-01-01"]).expect(0).json();
    assert_eq!(before, json!([]));
    app(&database, &["cost", "report", "--since", "no day"]).expect(6);
}

#[tokio::test]
async fn a_holding_reads_budgets_and_spend_of_its_subsidiaries_and_they_not_each_others() {
    let (database, _) = scene().await;
    let slugs = |tenant: &str| -> Vec<String> {
        let rows = json(&database, Login::App, &["pool", "list", "--tenant", tenant]).expect(0).json();
        let rows = rows.as_array().expect("rows").clone();
        rows.iter().map(|row| row["tenant_slug"].as_str().expect("a slug").to_owned()).collect()
    };
    assert_eq!(slugs("holding"), ["north", "south"]);
    assert_eq!(slugs("north"), ["north"]);
    assert_eq!(slugs("other"), [""; 0]);
    let report = ["cost", "report", "--by", "tenant", "--tenant", "holding"];
    let spent = json(&database, Login::App, &report).expect(0);
    assert!(spent.stdout.contains("\"cost_amount\": 2.500001,"), "{}", spent.stdout);
    // A superuser's login sees no more than the tenant.
    let by_superuser =
        json(&database, Login::Superuser, &["pool", "list", "--tenant", "south"]).expect(0).json();
    assert_eq!(by_superuser.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_pool_is_made_listed_changed_and_has_a_history() {
    let (database, _) = scene().await;
    let pools = app(&database, &["pool", "list"]).expect(0);
    for exact in ["\"budget\": 10.000000,", "\"spent\": 2.500001,", "\"left_amount\": 7.499999,"] {
        assert!(pools.stdout.contains(exact), "{exact}: {}", pools.stdout);
    }
    let changed = app(&database, &["pool", "set", "openai", "--budget", "2", "--reset-day", "31"]).expect(0);
    assert!(changed.stdout.contains("\"monthly_budget\": 2.000000,"), "{}", changed.stdout);
    assert_eq!(changed.json()["reset_day_of_month"], 31);
    let pools = app(&database, &["pool", "list"]).expect(0);
    assert!(pools.stdout.contains("\"left_amount\": -0.500001,"), "{}", pools.stdout);
    let periods = app(&database, &["pool", "history", "openai"]).expect(0);
    assert!(periods.stdout.contains("\"spent\": 2.500001,"), "{}", periods.stdout);
    app(&database, &["pool", "set", "openai"]).expect(2);
    for unknown in [&["pool", "set", "anthropic", "--budget", "1"][..], &["pool", "history", "anthropic"]] {
        app(&database, unknown).expect(8);
    }
    app(&database, &["pool", "create", "openai", "--budget", "1"]).expect(7);
    app(&database, &["pool", "create", "acme", "--budget", "1"]).expect(7);
    app(&database, &["pool", "create", "local", "--budget", "much"]).expect(6);
    json(&database, Login::App, &["pool", "list"]).expect(3);
}

#[tokio::test]
async fn a_pool_is_raised_until_a_day_that_is_included() {
    let (database, _) = scene().await;
    let raise = ["pool", "top-up", "openai", "5", "--until", "2099-12-24", "--user"];
    let by = |role: &str| app(&database, &[&raise[..], &[&format!("{role}@north.example")]].concat());
    by("manager").expect(3);
    let raised = by("admin").expect(0).json();
    assert_eq!((&raised["monthly_budget"], &raised["raise_amount"]), (&json!(10.0), &json!(5.0)));
    assert_eq!(raised["raised_until"], "2099-12-25T00:00:00+00:00");
    assert_eq!(app(&database, &["pool", "list"]).expect(0).json()[0]["budget"], json!(15.0));
    let people =
        table(&database, Login::App, &["pool", "list", "--tenant", "north", "--utc"]).expect(0).stdout;
    assert!(people.contains("north openai: 5.000000 of the budget ends 2099-12-25 00:00"), "{people}");
    let other = ["pool", "top-up", "openai", "1", "--until", "2099-12-26", "--user", "admin@north.example"];
    assert_eq!(app(&database, &other).expect(4).error()["reason"], "raise_in_force");
    app(&database, &["pool", "top-up", "openai", "1", "--until", "yesterday"]).expect(6);
}

#[tokio::test]
async fn csv_has_a_header_and_exact_numbers() {
    let (database, _) = scene().await;
    let url = database.url(Login::App);
    let variables = [("DATABASE_URL", url.as_str()), ("AWGP_TENANT", "north"), ("HOME", "/nonexistent")];
    let csv =
        |arguments: &[&str]| awgp(&[arguments, &["--output", "csv"]].concat(), &variables).expect(0).stdout;
    let text = csv(&["cost", "report", "--by", "model"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "model,provider,entries,input_tokens,output_tokens,cost_amount,percent");
    assert_eq!(lines[1], "gpt-x,openai,2,1000001,500000,2.000001,80.0");
    assert!(
        csv(&["pool", "list"])
            .lines()
            .nth(1)
            .is_some_and(|line| line.starts_with("north,openai,10.000000,2.500001,"))
    );
    assert!(csv(&["pool", "history", "openai"]).starts_with("starts_at,ends_at,limit_amount,"));
    for (list, header) in [
        (&["tenant", "settings", "get"][..], "key,value,is_set,meaning"),
        (&["cost", "verify-ledger"], "severity,kind,tenant_id,object_id,expected,found,detail"),
        (&["config", "paths"], "has,path,exists"),
        (&["config", "profiles"], "profile,url,tenant,user,problem"),
    ] {
        assert_eq!(csv(list).lines().next(), Some(header), "{list:?}");
    }
    // What has nothing to count has no CSV, and says so.
    let refused = awgp(
        &["cost", "record", "--assistant", "a", "--provider", "p", "--model", "m", "--output", "csv"],
        &variables,
    );
    assert!(refused.expect(2).stdout.is_empty());
}

#[tokio::test]
async fn a_pipe_gets_bars_without_colour_and_a_terminal_gets_what_it_has_room_for() {
    let (database, _) = scene().await;
    let text = table(&database, Login::App, &["pool", "list", "--tenant", "north"]).expect(0).stdout;
    assert!(text.contains('█') && !text.contains('\u{1b}'), "{text}");
    let text = table(&database, Login::App, &["cost", "report", "--by", "model", "--tenant", "north"])
        .expect(0)
        .stdout;
    assert!(text.contains('█') && text.contains("2.000001") && !text.contains('\u{1b}'), "{text}");

    let (wide, narrow) = (on_terminal(&database, 200, &[]), on_terminal(&database, 60, &[]));
    assert!(wide.contains("\u{1b}[32m"), "{wide:?}");
    assert!(wide.lines().all(|line| line.chars().count() <= 210) && !narrow.contains('█'), "{narrow:?}");
    assert!(narrow.lines().all(|line| line.trim_end().chars().count() <= 60), "{narrow:?}");
    let plain = on_terminal(&database, 200, &[("NO_COLOR", "1")]);
    assert!(plain.contains('█') && !plain.contains("\u{1b}[32m"), "{plain:?}");
}

/// What `awgp pool list` prints on a terminal of so many columns.
fn on_terminal(database: &Database, columns: u16, variables: &[(&str, &str)]) -> String {
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
    let command = format!("stty cols {columns} rows 24; '{binary}' pool list --tenant north");
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("DATABASE_URL", database.url(Login::App))
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied())
        .output()
        .expect("script(1) runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").replace('\r', "")
}
