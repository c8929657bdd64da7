//! The nouns of `awgp`: what is created is listed and shown, in the context that is asked for.

use awgp_tests::cli::{awgp, json, table};
use awgp_tests::{Database, Login, fixture};
use serde_json::{Value, json};

fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a str> {
    rows.as_array().expect("a list is an array").iter().map(|row| row[name].as_str().unwrap_or("")).collect()
}

/// The rows of a list, as the application reads them.
fn listed(database: &Database, arguments: &[&str]) -> Value {
    json(database, Login::App, arguments).expect(0).json()
}

/// Whether a row that is shown, with names beside ids, has everything of another.
fn has_all(shown: &Value, row: &Value) -> bool {
    row.as_object().expect("a row").iter().all(|(name, value)| shown[name] == *value)
}

#[tokio::test]
async fn a_tenant_is_created_under_its_holding_and_found_by_slug_and_id() {
    let database = Database::new().await;
    let as_admin = |arguments: &[&str]| json(&database, Login::Admin, arguments).expect(0).json();
    let holding = as_admin(&["tenant", "create", "Größe & Söhne", "--slug", "groesse", "--type", "holding"]);
    let sub = as_admin(&[
        "tenant",
        "create",
        "Sub",
        "--slug",
        "sub",
        "--parent",
        "groesse",
        "--settings",
        r#"{"application": {"a": 1}}"#,
    ]);
    assert_eq!(holding["name"], "Größe & Söhne");
    assert_eq!(sub["parent_tenant_id"], holding["id"]);
    assert_eq!((&sub["type"], &sub["settings"]), (&json!("subsidiary"), &json!({"application": {"a": 1}})));
    let id = sub["id"].as_str().expect("an id");
    for name in ["sub", id, &id.to_uppercase()] {
        assert!(has_all(&as_admin(&["tenant", "show", name]), &sub));
    }
    assert_eq!(column(&as_admin(&["tenant", "list"]), "slug"), ["groesse", "sub"]);
    assert_eq!(column(&as_admin(&["tenant", "list", "--type", "holding"]), "slug"), ["groesse"]);
    assert_eq!(column(&as_admin(&["tenant", "list", "--limit", "1"]), "slug"), ["groesse"]);
}

#[tokio::test]
async fn an_application_sees_the_tenants_of_its_context_only() {
    let database = Database::new().await;
    fixture::group(&database).await;
    assert_eq!(column(&listed(&database, &["tenant", "list"]), "slug"), [""; 0]);
    assert_eq!(column(&listed(&database, &["tenant", "list", "--tenant", "north"]), "slug"), ["north"]);
    let by_holding = listed(&database, &["tenant", "list", "--tenant", "holding"]);
    let slugs = column(&by_holding, "slug");
    assert!(["holding", "north", "south"].iter().all(|slug| slugs.contains(slug)), "{slugs:?}");
    assert!(!slugs.contains(&"other"), "{slugs:?}");
    json(&database, Login::App, &["tenant", "show", "south", "--tenant", "north"]).expect(8);
}

#[tokio::test]
async fn users_are_created_in_the_tenant_and_listed_by_role() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let arguments = [
        "user",
        "create",
        "łucja@north.example",
        "--role",
        "viewer",
        "--first-name",
        "Łucja",
        "--tenant",
        "north",
    ];
    let user = listed(&database, &arguments);
    assert_eq!(user["first_name"], "Łucja");
    assert_eq!(user["tenant_id"], group.north.id.to_string());
    let list = listed(&database, &["user", "list", "--role", "viewer", "--tenant", "north"]);
    assert_eq!(column(&list, "email"), ["viewer@north.example", "łucja@north.example"]);
    let list = listed(&database, &["user", "list", "--role", "viewer", "--tenant", "holding"]);
    assert_eq!(column(&list, "tenant_slug"), ["holding", "north", "north", "south"]);
}

#[tokio::test]
async fn a_superuser_too_sees_only_what_the_tenant_sees() {
    let database = Database::new().await;
    fixture::group(&database).await;
    for noun in ["user", "assistant", "work"] {
        let arguments = [noun, "list", "--tenant", "other"];
        let by_app = listed(&database, &arguments);
        let by_superuser = json(&database, Login::Superuser, &arguments).expect(0).json();
        assert_eq!(by_app, by_superuser);
        assert!(column(&by_app, "tenant_slug").iter().all(|slug| *slug == "other"), "{by_app}");
        assert_ne!(by_app, json!([]));
    }
}

#[tokio::test]
async fn an_assistant_is_created_with_exact_money_and_the_tenants_own_comes_first() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let arguments = [
        "assistant",
        "create",
        "Ledger",
        "--slug",
        "ledger",
        "--type",
        "company_finance",
        "--risk-tier",
        "4",
        "--capability",
        "read",
        "--capability",
        "post, twice",
        "--max-cost-per-day",
        "0.000004",
        "--model-config",
        r#"{"provider": "local"}"#,
        "--tenant",
        "north",
    ];
    let outcome = json(&database, Login::App, &arguments).expect(0);
    assert!(outcome.stdout.contains("\"max_cost_per_day\": 0.000004"), "{}", outcome.stdout);
    let assistant = outcome.json();
    assert_eq!(assistant["capabilities"], json!(["read", "post, twice"]));
    assert_eq!(assistant["model_config"], json!({"provider": "local"}));
    let list = listed(&database, &["assistant", "list", "--type", "company_finance", "--tenant", "holding"]);
    assert_eq!(column(&list, "slug"), ["ledger"]);
    let list = listed(&database, &["assistant", "list", "--status", "active", "--tenant", "north"]);
    assert_eq!(column(&list, "slug"), ["helper"]);
    // Every tenant of the group has a `helper`.
    let shown = listed(&database, &["assistant", "show", "helper", "--tenant", "holding"]);
    assert_eq!(shown["tenant_id"], group.holding.id.to_string());
}

#[tokio::test]
async fn a_work_item_is_created_as_a_user_and_shown_by_id() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let arguments = [
        "work",
        "create",
        "Книга",
        "--assistant",
        "helper",
        "--risk-level",
        "3",
        "--priority",
        "1",
        "--estimated-cost",
        "0.123456",
        "--due-at",
        "2026-03-31T17:00:00Z",
        "--context",
        r#"{"pages": 12}"#,
        "--tenant",
        "north",
        "--user",
        "manager@north.example",
    ];
    let item = listed(&database, &arguments);
    assert_eq!(item["created_by"], group.north.user("manager").to_string());
    assert_eq!(item["due_at"], "2026-03-31T17:00:00+00:00");
    assert_eq!((&item["title"], &item["context"]), (&json!("Книга"), &json!({"pages": 12})));
    let id = item["id"].as_str().expect("an id");
    assert!(has_all(&listed(&database, &["work", "show", id, "--tenant", "north"]), &item));
    json(&database, Login::App, &["work", "show", id, "--tenant", "south"]).expect(8);
    let arguments = ["work", "list", "--assistant", "helper", "--status", "backlog", "--tenant", "north"];
    assert_eq!(column(&listed(&database, &arguments), "title"), ["Книга", "First task"]);
}

#[tokio::test]
async fn the_context_may_come_from_the_environment() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let url = database.url(Login::App);
    let variables =
        [("DATABASE_URL", url.as_str()), ("AWGP_TENANT", "south"), ("AWGP_USER", "admin@south.example")];
    let arguments = ["work", "create", "Task", "--assistant", "helper", "--output", "json"];
    let item = awgp(&arguments, &variables).expect(0).json();
    assert_eq!(item["created_by"], group.south.user("admin").to_string());
}

#[tokio::test]
async fn a_table_is_for_people() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let text = table(&database, Login::App, &["user", "list", "--tenant", "north"]).expect(0).stdout;
    let header: Vec<&str> = text.lines().next().expect("a header").split_whitespace().collect();
    assert_eq!(header[..2], ["email", "role"]);
    assert_eq!(text.lines().count(), 2 + fixture::ROLES.len());
    assert!(!text.contains('\u{1b}'));
    let text = table(&database, Login::App, &["tenant", "list"]).expect(0).stdout;
    assert!(text.starts_with("no rows"), "{text}");
}
