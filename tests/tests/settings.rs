//! Changing a tenant's settings key by key: who may, what is refused, what waits for others.

use awgp_tests::approving::{another, asked, policy};
use awgp_tests::cli::{json, table};
use awgp_tests::fixture::{Tenant, scene, within_as};
use awgp_tests::{Database, Login, Refused, assert_refused, refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// One call with one JSON argument, as a user; committed where it is not refused.
async fn call(
    client: &mut Client,
    tenant: &Tenant,
    user: Option<Uuid>,
    sql: &str,
    given: &str,
) -> Result<Value, Error> {
    let transaction = within_as(client, tenant.id, user).await;
    let answer = transaction.query_one(sql, &[&given]).await?.try_get(0)?;
    transaction.commit().await?;
    Ok(answer)
}

const CHANGE: &str = "SELECT awgp.change_settings($1::text::jsonb, 'a test')";
const TRY: &str = "SELECT awgp.change_settings($1::text::jsonb, dry_run => true)";
const CONFIRM: &str = "SELECT awgp.confirm_settings_change($1::text::uuid)";
const WITHDRAW: &str = "SELECT awgp.withdraw_settings_change($1::text::uuid, 'a test')";

async fn settings(database: &Database, tenant: &Tenant) -> Value {
    let admin = database.admin().await;
    let sql = "SELECT settings FROM awgp.tenants WHERE id = $1";
    admin.query_one(sql, &[&tenant.id]).await.expect("the tenant").get(0)
}

fn detail(refused: &Refused) -> Value {
    serde_json::from_str(&refused.detail).expect("JSON")
}

#[tokio::test]
async fn a_misspelt_key_at_the_top_is_refused_like_one_inside() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    let misspelt = json!({"approval_polcy": {"quorum": {"4": 2}}});
    let refusal = refused(admin.execute(sql, &[&group.north.id, &misspelt]).await);
    assert_eq!((refusal.code.as_str(), refusal.reason.as_deref()), ("22023", Some("invalid_setting")));
    assert_eq!(detail(&refusal)["key"], "approval_polcy");
    let made = admin.execute("SELECT awgp.create_tenant('X', 'x', settings => $1)", &[&misspelt]).await;
    assert_refused(made, "22023", "invalid_setting");
    let own = json!({"application": {"theme": "dark", "approval_polcy": 1}});
    assert_eq!(admin.execute(sql, &[&group.north.id, &own]).await.expect("its own"), 1);
}

#[tokio::test]
async fn a_super_admin_changes_the_tenants_own_policies_and_the_trail_says_who_and_why() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let boss = group.north.user("super_admin");
    let answer = call(&mut app, &group.north, Some(boss), CHANGE, r#"{"approval_policy.quorum.4": 2}"#).await;
    let answer = answer.expect("their own policy");
    assert_eq!((&answer["applied"], &answer["people_needed"]), (&json!(true), &json!(1)));
    assert_eq!(answer["changes"], json!([{"key": "approval_policy.quorum.4", "before": null, "after": 2}]));
    let level = &answer["approvals"][0];
    assert_eq!(
        (&level["risk_level"], &level["before"]["votes"], &level["after"]["votes"]),
        (&json!(4), &json!(1), &json!(2))
    );
    assert_eq!(level["after"]["people"], 2);
    assert_eq!(settings(&database, &group.north).await, json!({"approval_policy": {"quorum": {"4": 2}}}));
    call(&mut app, &group.north, Some(boss), CHANGE, r#"{"time_zone": "Europe/Berlin"}"#)
        .await
        .expect("theirs");
    let transaction = within_as(&mut app, group.north.id, Some(boss)).await;
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'change_settings' AND actor_id = $1
               AND after_state ->> 'reason' = 'a test'";
    assert_eq!(transaction.query_one(sql, &[&boss]).await.expect("the trail").get::<_, i64>(0), 2);
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'tenants' AND action = 'update' AND actor_id = $1";
    assert_eq!(transaction.query_one(sql, &[&boss]).await.expect("the trail").get::<_, i64>(0), 2);
}

#[tokio::test]
async fn others_change_nothing_and_a_super_admin_nothing_that_is_the_administrators() {
    let (database, group) = scene().await;
    let north = &group.north;
    let mut app = database.app().await;
    let change = r#"{"approval_policy.quorum.4": 2}"#;
    for role in ["viewer", "operator", "manager", "admin"] {
        let by = call(&mut app, north, Some(north.user(role)), CHANGE, change).await;
        assert_refused(by, "42501", "role_not_sufficient");
        let by = call(&mut app, north, Some(north.user(role)), TRY, change).await;
        assert_refused(by, "42501", "role_not_sufficient");
    }
    assert_refused(call(&mut app, north, None, CHANGE, change).await, "42501", "human_needed");
    let boss = Some(north.user("super_admin"));
    for reserved in [
        r#"{"providers": ["x"]}"#,
        r#"{"conversation_policy.retention_days": 1}"#,
        r#"{"application.x": 1}"#,
        r#"{"approval_policy.break_glass": ["0a0b0c0d-1111-4222-8333-444455556666"]}"#,
    ] {
        assert_refused(call(&mut app, north, boss, CHANGE, reserved).await, "42501", "setting_reserved");
    }
    for wrong in [
        r#"{"approval_policy.quorum.9": 2}"#,
        r#"{"time_zone": "Mars/Olympus"}"#,
        "{}",
        "[]",
        r#"{"messaging.x": 1}"#,
    ] {
        assert_refused(call(&mut app, north, boss, CHANGE, wrong).await, "22023", "invalid_setting");
    }
    assert_eq!(settings(&database, north).await, json!({}));
    // With an assistant in context too, no human speaks.
    let transaction = within_as(&mut app, north.id, boss).await;
    let sql = "SELECT awgp.set_context($1::uuid, $2::uuid, $3::uuid)";
    transaction.execute(sql, &[&north.id, &boss, &north.assistant]).await.expect("a context");
    assert_refused(transaction.query_one(CHANGE, &[&change]).await, "42501", "human_needed");
    drop(transaction);
    let mut admin = database.admin().await;
    let answer = call(&mut admin, north, None, CHANGE, r#"{"conversation_policy.retention_days": 30}"#).await;
    assert_eq!(answer.expect("an administrator may")["applied"], true);
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    policy(&database, &group.north, &json!({"quorum": {"4": 2}, "roles": {"3": "admin"}})).await;
    let before = settings(&database, &group.north).await;
    let boss = Some(group.north.user("super_admin"));
    let open = asked(&mut app, &group.north, 4).await;
    let whole = r#"{"approval_policy": {"expires_in_seconds": 600}}"#;
    let answer = call(&mut app, &group.north, boss, TRY, whole).await.expect("a dry run");
    assert_eq!(answer["falls_away"], json!(["approval_policy.roles.3", "approval_policy.quorum.4"]));
    assert_eq!((&answer["loosens"], &answer["people_needed"]), (&json!([3, 4]), &json!(2)));
    assert_eq!(answer["open_approvals"], json!([open.approval]));
    assert_eq!((&answer["applied"], settings(&database, &group.north).await), (&json!(false), before));
}

#[tokio::test]
async fn nobody_loosens_a_policy_for_an_approval_that_is_open() {
    let (database, group) = scene().await;
    let north = &group.north;
    let (mut app, mut admin) = (database.app().await, database.admin().await);
    let boss = Some(north.user("super_admin"));
    policy(&database, north, &json!({"roles": {"3": "admin"}})).await;
    asked(&mut app, north, 3).await;
    let looser = r#"{"approval_policy.roles.3": null}"#;
    let refusal = refused(call(&mut app, north, boss, CHANGE, looser).await);
    assert_eq!((refusal.code.as_str(), refusal.reason.as_deref()), ("55000", Some("approvals_open")));
    assert_eq!(detail(&refusal)["risk_levels"], json!([3]));
    assert_refused(call(&mut admin, north, None, CHANGE, looser).await, "55000", "approvals_open");
    // Another level has no open approval, and a stricter rule loosens nothing.
    call(&mut app, north, boss, CHANGE, r#"{"approval_policy.roles.5": "admin"}"#)
        .await
        .expect("no approval is open");
    call(&mut app, north, boss, CHANGE, r#"{"approval_policy.quorum.3": 2}"#).await.expect("stricter");
}

#[tokio::test]
async fn a_quorum_is_not_loosened_alone_and_the_last_one_needed_applies_the_change() {
    let (database, group) = scene().await;
    let north = &group.north;
    let mut app = database.app().await;
    policy(&database, north, &json!({"quorum": {"4": 2}})).await;
    let (boss, second) = (north.user("super_admin"), another(&mut app, north, "super_admin").await);
    let looser = r#"{"approval_policy.quorum.4": 1}"#;
    let answer = call(&mut app, north, Some(boss), CHANGE, looser).await.expect("proposed");
    assert_eq!((&answer["applied"], &answer["people_needed"]), (&json!(false), &json!(2)));
    let id = answer["change_id"].as_str().expect("an id").to_owned();
    assert_eq!(settings(&database, north).await["approval_policy"]["quorum"]["4"], 2);
    assert_refused(call(&mut app, north, Some(boss), CONFIRM, &id).await, "42501", "own_settings_change");
    let by_admin = call(&mut app, north, Some(north.user("admin")), CONFIRM, &id).await;
    assert_refused(by_admin, "42501", "role_not_sufficient");
    let by_stranger = call(&mut app, &group.south, Some(group.south.user("super_admin")), CONFIRM, &id).await;
    assert_refused(by_stranger, "P0002", "unknown_settings_change");
    let again = call(&mut app, north, Some(second), CHANGE, looser).await;
    assert_refused(again, "55000", "settings_change_open");
    // What was proposed is judged again when it is confirmed.
    let open = asked(&mut app, north, 4).await;
    assert_refused(call(&mut app, north, Some(second), CONFIRM, &id).await, "55000", "approvals_open");
    awgp_tests::approving::let_it_expire(&database, open.approval).await;
    let answer = call(&mut app, north, Some(second), CONFIRM, &id).await.expect("the second");
    assert_eq!((&answer["applied"], &answer["people_agreed"]), (&json!(true), &json!(2)));
    assert_eq!(settings(&database, north).await["approval_policy"]["quorum"]["4"], 1);
    assert_refused(
        call(&mut app, north, Some(second), CONFIRM, &id).await,
        "P0002",
        "unknown_settings_change",
    );
}

#[tokio::test]
async fn a_policy_change_quorum_holds_for_every_change_and_a_change_can_be_withdrawn() {
    let (database, group) = scene().await;
    let north = &group.north;
    let mut app = database.app().await;
    policy(&database, north, &json!({"policy_change_quorum": 3})).await;
    let boss = north.user("super_admin");
    let (second, third) =
        (another(&mut app, north, "super_admin").await, another(&mut app, north, "super_admin").await);
    let answer = call(&mut app, north, Some(boss), CHANGE, r#"{"time_zone": "Europe/Berlin"}"#)
        .await
        .expect("proposed");
    let id = answer["change_id"].as_str().expect("an id").to_owned();
    call(&mut app, north, Some(third), WITHDRAW, &id).await.expect("any super_admin may");
    assert_refused(
        call(&mut app, north, Some(second), CONFIRM, &id).await,
        "P0002",
        "unknown_settings_change",
    );
    let lower = r#"{"approval_policy.policy_change_quorum": 1}"#;
    let answer = call(&mut app, north, Some(boss), CHANGE, lower).await.expect("proposed");
    let id = answer["change_id"].as_str().expect("an id").to_owned();
    let answer = call(&mut app, north, Some(second), CONFIRM, &id).await.expect("the second");
    assert_eq!((&answer["applied"], &answer["people_agreed"]), (&json!(false), &json!(2)));
    // Who is no longer a super_admin no longer counts.
    let admin = database.admin().await;
    let demote = "UPDATE awgp.users SET role = 'viewer' WHERE id = $1";
    admin.execute(demote, &[&second]).await.expect("an administrator may");
    let answer = call(&mut app, north, Some(third), CONFIRM, &id).await.expect("the third");
    assert_eq!((&answer["applied"], &answer["people_agreed"]), (&json!(false), &json!(2)));
    let fourth = another(&mut app, north, "super_admin").await;
    let answer = call(&mut app, north, Some(fourth), CONFIRM, &id).await.expect("the fourth");
    assert_eq!(answer["applied"], true);
}

#[tokio::test]
async fn settings_are_read_and_changed_key_by_key_on_the_command_line() {
    let (database, _) = scene().await;
    let context = ["--tenant", "north", "--user", "super_admin@north.example"];
    let run = |arguments: &[&str]| {
        json(&database, Login::App, &[&["tenant", "settings"], arguments, &context[..]].concat())
    };
    let all = run(&["get"]).expect(0).json();
    assert!(
        all.as_array().expect("a list").iter().any(|row| row["key"] == "time_zone" && row["value"] == "UTC")
    );
    let changed = run(&["set", "time_zone", "Europe/Berlin"]).expect(0).json();
    assert_eq!(changed["applied"], true);
    let dry = run(&["set", "approval_policy.quorum.4", "2", "--dry-run"]).expect(0).json();
    assert_eq!(dry["applied"], false);
    let zone = run(&["get", "time_zone"]).expect(0).json();
    assert_eq!((&zone[0]["value"], &zone[0]["is_set"]), (&json!("Europe/Berlin"), &json!(true)));
    run(&["unset", "time_zone"]).expect(0);
    assert_eq!(run(&["get", "time_zone"]).expect(0).json()[0]["is_set"], false);
    let error = run(&["set", "approval_polcy.quorum.4", "2"]);
    assert_eq!(error.error()["reason"], "setting_reserved");
    run(&["get", "no_such_key"]).expect(8);
    let admin = ["tenant", "settings", "set", "approval_polcy.quorum.4", "2", "--tenant", "north"];
    assert_eq!(json(&database, Login::Admin, &admin).error()["reason"], "invalid_setting");
    let text = ["tenant", "settings", "set", "time_zone", "Asia/Tokyo", "--tenant", "north"];
    let told = table(&database, Login::Admin, &text).expect(0).stdout;
    assert!(
        told.contains("not set -> \"Asia/Tokyo\"") && told.contains("the settings are changed"),
        "{told}"
    );
}
