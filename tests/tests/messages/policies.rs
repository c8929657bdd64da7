//! What a policy may be, by every way to write one.

use super::{Message, assert_allowed, policy, scene, set_messaging};
use awgp_tests::fixture::{within, within_as};
use awgp_tests::{assert_refused, assert_sqlstate, refused};
use serde_json::{Value, json};

#[tokio::test]
async fn a_policy_that_cannot_be_used_is_refused_and_the_key_named() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    policy(&mut app, &group.north, "name", "'All'").await;
    for (column, value, key) in [
        ("from_assistant_types", "'{robot}'", "from_assistant_types[1]"),
        ("from_assistant_types", "'{}'", "from_assistant_types"),
        ("to_assistant_types", "'{custom,NULL}'", "to_assistant_types[2]"),
        ("allowed_channels", "'{internal,fax}'", "allowed_channels[2]"),
        ("content_rules", "'{\"max_lenght\": 1}'", "content_rules.max_lenght"),
        ("content_rules", "'{\"max_length\": \"1\"}'", "content_rules.max_length"),
        (
            "content_rules",
            "'{\"forbidden_patterns\": [\"a\", \"(\"]}'",
            "content_rules.forbidden_patterns[1]",
        ),
        (
            "content_rules",
            "'{\"forbidden_patterns\": [\"((a{100}){100}){100}\"]}'",
            "content_rules.forbidden_patterns[0]",
        ),
        ("content_rules", "'{\"required_fields\": [1]}'", "content_rules.required_fields[0]"),
        (
            "content_rules",
            "'{\"allow_links\": false, \"bare_hosts_are_links\": 1}'",
            "content_rules.bare_hosts_are_links",
        ),
        ("content_rules", "'{\"bare_hosts_are_links\": true}'", "content_rules.bare_hosts_are_links"),
        ("content_rules", "'[]'", "content_rules"),
        ("rate_limit_per_hour", "1000001", "rate_limit_per_hour"),
        ("rate_limit_per_hour", "-1", "rate_limit_per_hour"),
    ] {
        for sql in [
            format!("INSERT INTO awgp.communication_policies (name, {column}) VALUES ('Bad', {value})"),
            format!("UPDATE awgp.communication_policies SET {column} = {value}"),
        ] {
            let transaction = within(&mut app, group.north.id).await;
            let result = refused(transaction.execute(&sql, &[]).await);
            assert_eq!(
                (result.code.as_str(), result.reason.as_deref()),
                ("22023", Some("invalid_policy")),
                "{sql}"
            );
            let detail: Value = serde_json::from_str(&result.detail).expect("DETAIL is JSON");
            assert_eq!(detail["key"], json!(key), "{sql}: {result:?}");
            assert!(result.hint.contains(key), "{result:?}");
        }
    }
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.communication_policies SET rate_limit_scope = 'tenant'";
    assert_sqlstate(transaction.execute(sql, &[]).await, "23514");
}

#[tokio::test]
async fn a_channel_of_the_tenants_own_may_stand_in_its_policies() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    set_messaging(&database, &group.north, json!({"channels": ["pager"]})).await;
    policy(&mut app, &group.north, "name, allowed_channels", "'Pager', '{pager}'").await;
    let transaction = within(&mut app, group.south.id).await;
    let sql = "INSERT INTO awgp.communication_policies (name, allowed_channels) VALUES ('Pager', '{pager}')";
    assert_refused(transaction.execute(sql, &[]).await, "22023", "invalid_policy");
}

#[tokio::test]
async fn policies_are_written_by_admins_and_counters_by_nobody() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let insert = "INSERT INTO awgp.communication_policies (name) VALUES ('Mine')";
    for role in ["viewer", "operator", "manager"] {
        let transaction = within_as(&mut app, group.north.id, Some(group.north.user(role))).await;
        assert_refused(transaction.execute(insert, &[]).await, "42501", "role_not_sufficient");
    }
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("admin"))).await;
    transaction.execute(insert, &[]).await.expect("an admin may");
    transaction.rollback().await.expect("rolled back");
    for table in ["message_windows", "message_sends"] {
        for sql in
            [format!("DELETE FROM awgp.{table}"), format!("UPDATE awgp.{table} SET tenant_id = tenant_id")]
        {
            let transaction = within(&mut app, group.north.id).await;
            assert_sqlstate(transaction.execute(&sql, &[]).await, "42501");
        }
    }
}

#[tokio::test]
async fn the_counts_of_a_policy_go_with_it_and_those_of_others_stay() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let gone = policy(&mut app, &group.north, "name", "'Gone'").await;
    let kept = policy(&mut app, &group.north, "name", "'Kept'").await;
    let message = Message::new(group.north.assistant, group.north.assistant);
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    let superuser = database.superuser().await;
    let sql = "SELECT w.policy_id, s.number FROM awgp.message_windows AS w
               JOIN awgp.message_sends AS s ON s.tenant_id = w.tenant_id AND s.window_id = w.id";
    let counted = async || -> Vec<(uuid::Uuid, i64)> {
        let rows = superuser.query(sql, &[]).await.expect("the counters are read");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    assert_eq!(counted().await.len(), 2);
    let transaction = within(&mut app, group.north.id).await;
    let delete = "DELETE FROM awgp.communication_policies WHERE id = $1";
    assert_eq!(transaction.execute(delete, &[&gone]).await.expect("a policy may go"), 1);
    transaction.commit().await.expect("commits");
    assert_eq!(counted().await, [(kept, 1)]);
    let windows = "SELECT count(*) FROM awgp.message_windows";
    assert_eq!(superuser.query_one(windows, &[]).await.expect("counted").get::<_, i64>(0), 1);
}
