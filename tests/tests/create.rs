//! The first functions: what they return and what they refuse.

use awgp_tests::fixture::{group, one, within, within_as};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error, Transaction};
use uuid::Uuid;

/// The whole row that a call returns, and the row that is stored under its id.
async fn made(client: &Client, table: &str, call: &str) -> Value {
    let sql = format!("SELECT to_jsonb(made) FROM awgp.{call} AS made");
    let made: Value =
        client.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{call}: {error:?}")).get(0);
    let sql = format!("SELECT to_jsonb(t) FROM awgp.{table} AS t WHERE id::text = $1");
    let id = made["id"].as_str().expect("a row has an id");
    let stored: Value = client.query_one(&sql, &[&id]).await.expect("the row is there").get(0);
    assert_eq!(made, stored, "the row is returned whole");
    made
}

/// Asserts that a row has these values, and says which column differs.
#[track_caller]
fn assert_has(row: &Value, expected: &Value) {
    for (column, value) in expected.as_object().expect("an object") {
        assert_eq!(&row[column], value, "{column}");
    }
}

/// Runs a call in a savepoint.
async fn attempt(transaction: &mut Transaction<'_>, call: &str) -> Result<u64, Error> {
    let savepoint = transaction.transaction().await.expect("a savepoint");
    let result = savepoint.execute(&format!("SELECT * FROM awgp.{call}"), &[]).await;
    savepoint.rollback().await.expect("back to the savepoint");
    result
}

/// Asserts a violation of this constraint, and that the constraint's comment says the rule.
async fn assert_violates(transaction: &mut Transaction<'_>, call: &str, code: &str, constraint: &str) {
    let error = attempt(transaction, call).await.expect_err(call);
    let db = error.as_db_error().expect("the server refuses");
    assert_eq!((db.code().code(), db.constraint()), (code, Some(constraint)), "{call}: {db:?}");
    let sql = "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint
               WHERE connamespace = 'awgp'::regnamespace AND conname = $1";
    let rule: Option<String> = transaction.query_one(sql, &[&constraint]).await.expect("it exists").get(0);
    assert!(rule.is_some_and(|rule| rule.ends_with('.')), "{constraint} says its rule in a sentence");
}

#[tokio::test]
async fn create_tenant_returns_the_row_with_the_seeds_defaults() {
    let database = Database::new().await;
    let admin = database.admin().await;
    let row = made(&admin, "tenants", "create_tenant('North Ltd', 'north')").await;
    assert_has(
        &row,
        &json!({"name": "North Ltd", "slug": "north", "type": "subsidiary", "parent_tenant_id": null,
                "settings": {}, "quota_max_assistants": 10, "quota_max_users": 50, "is_active": true}),
    );
    assert_eq!(row["created_at"], row["updated_at"]);
    let explicit_nulls = made(&admin, "tenants", "create_tenant('South', 'south', NULL, NULL, NULL)").await;
    assert_has(&explicit_nulls, &json!({"type": "subsidiary", "parent_tenant_id": null, "settings": {}}));
    let call = r#"create_tenant('Top', 'top', 'holding', settings => '{"time_zone": "Europe/Berlin"}')"#;
    let holding = made(&admin, "tenants", call).await;
    assert_has(&holding, &json!({"type": "holding", "settings": {"time_zone": "Europe/Berlin"}}));
    let id = holding["id"].as_str().expect("an id");
    let call = format!("create_tenant('Sub', 'sub', parent_tenant_id => '{id}')");
    assert_has(&made(&admin, "tenants", &call).await, &json!({"parent_tenant_id": id}));
}

#[tokio::test]
async fn create_tenant_refuses_what_breaks_a_rule() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut admin = database.admin().await;
    let mut transaction = admin.transaction().await.expect("a transaction begins");
    for (call, code, constraint) in [
        ("create_tenant('Again', 'north')", "23505", "tenants_slug_key"),
        ("create_tenant('X', 'x', 'company')", "23514", "tenants_type_check"),
        ("create_tenant('  ', 'x')", "23514", "tenants_name_check"),
        ("create_tenant('X', 'Upper Case')", "23514", "tenants_slug_check"),
        ("create_tenant('X', '')", "23514", "tenants_slug_check"),
        ("create_tenant('X', repeat('x', 64))", "23514", "tenants_slug_check"),
        ("create_tenant('X', 'x', settings => '[]')", "23514", "tenants_settings_check"),
        (
            "create_tenant('X', 'x', parent_tenant_id => '00000000-0000-0000-0000-000000000007')",
            "23503",
            "tenants_parent_tenant_id_fkey",
        ),
    ] {
        assert_violates(&mut transaction, call, code, constraint).await;
    }
    for call in ["create_tenant(NULL, 'x')", "create_tenant('X', NULL)"] {
        assert_sqlstate(attempt(&mut transaction, call).await, "23502");
    }
    let call = format!("create_tenant('X', 'x', parent_tenant_id => '{}')", group.north.id);
    assert_refused(attempt(&mut transaction, &call).await, "23514", "parent_not_holding");
}

#[tokio::test]
async fn create_user_returns_the_row_of_the_tenant_in_context() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let row = made(transaction.client(), "users", "create_user('a@north.example', 'viewer')").await;
    assert_has(
        &row,
        &json!({"tenant_id": group.north.id.to_string(), "email": "a@north.example", "role": "viewer",
                "first_name": null, "last_name": null, "keycloak_id": null, "is_active": true,
                "last_login_at": null}),
    );
    let call = "create_user('b@north.example', 'admin', 'Ada', 'Lovelace', 'kc-1')";
    let row = made(transaction.client(), "users", call).await;
    assert_has(&row, &json!({"first_name": "Ada", "last_name": "Lovelace", "keycloak_id": "kc-1"}));
}

#[tokio::test]
async fn create_user_refuses_what_breaks_a_rule() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let call = "create_user('k@north.example', 'viewer', keycloak_id => 'kc-1')";
    made(transaction.client(), "users", call).await;
    for (call, code, constraint) in [
        ("create_user('viewer@north.example', 'viewer')", "23505", "users_tenant_id_email_key"),
        ("create_user('x@y', 'viewer', keycloak_id => 'kc-1')", "23505", "users_keycloak_id_key"),
        ("create_user('x@y', 'viewer', keycloak_id => '')", "23514", "users_keycloak_id_check"),
        ("create_user('x@y', 'owner')", "23514", "users_role_check"),
        ("create_user('no-at-sign', 'viewer')", "23514", "users_email_check"),
        ("create_user('two words@y', 'viewer')", "23514", "users_email_check"),
        ("create_user('', 'viewer')", "23514", "users_email_check"),
        ("create_user(repeat('x', 251) || '@y.z', 'viewer')", "23514", "users_email_check"),
    ] {
        assert_violates(&mut transaction, call, code, constraint).await;
    }
    for call in ["create_user(NULL, 'viewer')", "create_user('x@y', NULL)"] {
        assert_sqlstate(attempt(&mut transaction, call).await, "23502");
    }
    // The address of a user of another tenant is free here, so nobody learns that it exists there.
    let free = attempt(&mut transaction, "create_user('viewer@south.example', 'viewer')").await;
    assert!(free.is_ok(), "{free:?}");
}

#[tokio::test]
async fn create_assistant_returns_the_row_with_the_seeds_defaults() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let creator = group.north.user("manager");
    let transaction = within_as(&mut app, group.north.id, Some(creator)).await;
    let defaults = json!({
        "tenant_id": group.north.id.to_string(), "type": "shared_finance", "status": "inactive",
        "risk_tier": 2, "capabilities": null, "configuration": {}, "version": 1,
        "model_config": {"provider": "openai", "model": "gpt-4"}, "created_by": creator.to_string(),
    });
    let client = transaction.client();
    let row = made(client, "assistants", "create_assistant('Books', 'books', 'shared_finance')").await;
    assert_has(&row, &defaults);
    assert_eq!(row["max_cost_per_day"].as_f64(), Some(10.0));
    let call = "create_assistant('B', 'b', 'shared_finance', NULL, NULL, NULL, NULL, NULL)";
    let row = made(client, "assistants", call).await;
    assert_has(&row, &defaults);
    assert_eq!(row["max_cost_per_day"].as_f64(), Some(10.0));
    let call = r#"create_assistant('C', 'c', 'custom', 5, ARRAY['mail', 'pay'], '{"a": 1}', '{"model": "m"}', 0.004)"#;
    let row = made(client, "assistants", call).await;
    assert_has(
        &row,
        &json!({"risk_tier": 5, "capabilities": ["mail", "pay"], "configuration": {"a": 1},
                "model_config": {"model": "m"}}),
    );
    // Six decimals: a micro-cost is not lost.
    assert_eq!(row["max_cost_per_day"].as_f64(), Some(0.004));
}

#[tokio::test]
async fn create_assistant_refuses_what_breaks_a_rule() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    for (call, code, constraint) in [
        ("create_assistant('X', 'helper', 'custom')", "23505", "assistants_tenant_id_slug_key"),
        ("create_assistant('X', 'x', 'robot')", "23514", "assistants_type_check"),
        ("create_assistant('', 'x', 'custom')", "23514", "assistants_name_check"),
        ("create_assistant('X', '-x', 'custom')", "23514", "assistants_slug_check"),
        ("create_assistant('X', 'x', 'custom', 6)", "23514", "assistants_risk_tier_check"),
        ("create_assistant('X', 'x', 'custom', -1)", "23514", "assistants_risk_tier_check"),
        (
            "create_assistant('X', 'x', 'custom', configuration => '1')",
            "23514",
            "assistants_configuration_check",
        ),
        (
            "create_assistant('X', 'x', 'custom', model_config => '[]')",
            "23514",
            "assistants_model_config_check",
        ),
        (
            "create_assistant('X', 'x', 'custom', max_cost_per_day => -0.01)",
            "23514",
            "assistants_max_cost_per_day_check",
        ),
    ] {
        assert_violates(&mut transaction, call, code, constraint).await;
    }
    let call = "create_assistant(NULL, 'x', 'custom')";
    assert_sqlstate(attempt(&mut transaction, call).await, "23502");
    let call = "create_assistant('X', 'x', 'custom', max_cost_per_day => 1e12)";
    assert_sqlstate(attempt(&mut transaction, call).await, "22003");
}

#[tokio::test]
async fn create_work_item_returns_the_row_with_the_seeds_defaults() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let creator = group.north.user("operator");
    let transaction = within_as(&mut app, group.north.id, Some(creator)).await;
    let assistant = group.north.assistant;
    let defaults = json!({
        "tenant_id": group.north.id.to_string(), "assistant_id": assistant.to_string(), "title": "Pay",
        "description": null, "status": "backlog", "priority": 3, "risk_level": null, "estimated_cost": null,
        "actual_cost": null, "context": {}, "result": null, "started_at": null, "completed_at": null,
        "due_at": null, "created_by": creator.to_string(),
    });
    let client = transaction.client();
    let row = made(client, "work_items", &format!("create_work_item('{assistant}', 'Pay')")).await;
    assert_has(&row, &defaults);
    let call = format!("create_work_item('{assistant}', 'Pay', NULL, NULL, NULL, NULL, NULL, NULL)");
    assert_has(&made(client, "work_items", &call).await, &defaults);
    let call = format!(
        "create_work_item('{assistant}', 'Pay', 'All of it', 5, 1, 0.000001, '{{\"invoice\": 7}}',
                          '2031-01-01 00:00:00+00')"
    );
    let row = made(client, "work_items", &call).await;
    let expected =
        json!({"description": "All of it", "risk_level": 5, "priority": 1, "context": {"invoice": 7}});
    assert_has(&row, &expected);
    assert_eq!(row["estimated_cost"].as_f64(), Some(0.000_001));
    assert!(row["due_at"].as_str().is_some_and(|due| due.starts_with("2031-01-01")), "{row}");
}

#[tokio::test]
async fn create_work_item_refuses_what_breaks_a_rule() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let assistant = group.north.assistant;
    for (arguments, code, constraint) in [
        (format!("'{assistant}', ' '"), "23514", "work_items_title_check"),
        (format!("'{assistant}', 'X', NULL, 6"), "23514", "work_items_risk_level_check"),
        (format!("'{assistant}', 'X', NULL, -1"), "23514", "work_items_risk_level_check"),
        (format!("'{assistant}', 'X', priority => 0"), "23514", "work_items_priority_check"),
        (format!("'{assistant}', 'X', priority => 6"), "23514", "work_items_priority_check"),
        (format!("'{assistant}', 'X', estimated_cost => -1"), "23514", "work_items_cost_check"),
        (format!("'{}', 'X'", Uuid::from_u128(7)), "23503", "work_items_assistant_id_fkey"),
        // Of another tenant: the same answer as for one that does not exist.
        (format!("'{}', 'X'", group.south.assistant), "23503", "work_items_assistant_id_fkey"),
    ] {
        let call = format!("create_work_item({arguments})");
        assert_violates(&mut transaction, &call, code, constraint).await;
    }
    for arguments in ["NULL, 'X'".to_owned(), format!("'{assistant}', NULL")] {
        let call = format!("create_work_item({arguments})");
        assert_sqlstate(attempt(&mut transaction, &call).await, "23502");
    }
}

#[tokio::test]
async fn the_answer_to_a_foreign_reference_tells_nothing_about_the_other_tenant() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let mut answers = Vec::new();
    for assistant in [Uuid::from_u128(7), group.south.assistant] {
        let call = format!("create_work_item('{assistant}', 'X')");
        let refused = refused(attempt(&mut transaction, &call).await);
        answers.push((refused.code, refused.detail.replace(&assistant.to_string(), "ID"), refused.hint));
    }
    assert_eq!(answers[0], answers[1]);
}

const CALLS: [&str; 4] = [
    "create_tenant('X', 'x')",
    "create_user('x@y', 'viewer')",
    "create_assistant('X', 'x', 'custom')",
    "create_work_item('00000000-0000-0000-0000-000000000007', 'X')",
];

#[tokio::test]
async fn without_a_context_nothing_of_a_tenant_is_made() {
    let database = Database::new().await;
    let mut app = database.app().await;
    let mut transaction = app.transaction().await.expect("a transaction begins");
    for call in &CALLS[1..] {
        assert_refused(attempt(&mut transaction, call).await, "42501", "no_tenant_context");
    }
}

#[tokio::test]
async fn roles_without_the_privilege_may_not() {
    let database = Database::new().await;
    let group = group(&database).await;
    for (login, allowed) in [
        (Login::App, &CALLS[1..]),
        (Login::Admin, &CALLS[..2]),
        (Login::Auditor, &[]),
        (Login::Maintainer, &[]),
        (Login::Nobody, &[]),
    ] {
        let mut client = database.connect(login).await;
        let mut transaction = client.transaction().await.expect("a transaction begins");
        if login != Login::Nobody {
            let sql = "SELECT awgp.set_context($1)";
            transaction.execute(sql, &[&group.north.id]).await.expect("the context is set");
        }
        for call in CALLS {
            let result = attempt(&mut transaction, call).await;
            if allowed.contains(&call) {
                // The work item names no assistant: refused for that, not for want of privilege.
                let code = result.err().map(|error| refused(Err::<(), _>(error)).code);
                assert_ne!(code.as_deref(), Some("42501"), "{login:?} {call}");
            } else {
                assert_sqlstate(result, "42501");
            }
        }
    }
}

#[tokio::test]
async fn an_administrator_makes_the_first_user_of_a_tenant() {
    let database = Database::new().await;
    let mut admin = database.admin().await;
    let transaction = admin.transaction().await.expect("a transaction begins");
    let tenant = one(&transaction, "SELECT id FROM awgp.create_tenant('New', 'new')", &[]).await;
    transaction.execute("SELECT awgp.set_context($1)", &[&tenant]).await.expect("in the same transaction");
    let row = made(transaction.client(), "users", "create_user('first@new.example', 'super_admin')").await;
    assert_has(&row, &json!({"tenant_id": tenant.to_string(), "role": "super_admin"}));
}
