//! Who may say what to whom inside one tenant.

use super::{Message, assert_allowed, assert_denied, assistant, policy, scene, set_messaging};
use awgp_tests::assert_refused;
use awgp_tests::fixture::{within, within_as};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn nothing_may_be_said_until_a_policy_or_the_tenants_settings_allow_it() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    let message = Message::new(group.north.assistant, other);
    assert_denied(&message.send(&mut app, &group.north).await, "no_policy");
    set_messaging(&database, &group.north, json!({"allow_within_tenant": true})).await;
    let answer = message.send(&mut app, &group.north).await;
    assert_allowed(&answer, "tenant_allows");
    assert_eq!(answer["policy_id"], json!(null));
    // A policy about these types takes the word from the settings, on the channels that it does not name too.
    let id = policy(
        &mut app,
        &group.north,
        "name, to_assistant_types, allowed_channels",
        "'HR', '{shared_hr}', '{internal}'",
    )
    .await;
    let answer = message.send(&mut app, &group.north).await;
    assert_allowed(&answer, "policy_allows");
    assert_eq!(answer["policy_id"], json!(id.to_string()));
    assert_denied(&message.clone().on("slack").send(&mut app, &group.north).await, "channel_not_in_policy");
    // An inactive one has no word at all.
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.communication_policies SET is_active = false";
    transaction.execute(sql, &[]).await.expect("a policy can be switched off");
    transaction.commit().await.expect("commits");
    assert_allowed(&message.on("slack").send(&mut app, &group.north).await, "tenant_allows");
}

#[tokio::test]
async fn all_policies_that_match_must_agree_and_the_answer_names_who_did_not() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    let columns = "name, from_assistant_types, content_rules, rate_limit_per_hour";
    let wide = policy(&mut app, &group.north, columns, "'Wide', NULL, '{\"max_length\": 100}', 50").await;
    let narrow = policy(&mut app, &group.north, columns,
        "'Narrow', '{custom}', '{\"max_length\": 10, \"forbidden_patterns\": [\"(?i)secret\"], \"required_fields\": [\"subject\"], \"allow_links\": false}', 5").await;
    policy(&mut app, &group.north, columns, "'Of others', '{shared_legal}', '{\"max_length\": 0}', 0").await;
    let mut message = Message::new(group.north.assistant, other);
    message.metadata = json!({"subject": "Re"});
    let answer = message.send(&mut app, &group.north).await;
    assert_allowed(&answer, "policy_allows");
    assert_eq!(answer["policy_id"], json!(narrow.to_string()), "the strictest: {answer}");
    assert_eq!((&answer["considered"], answer["policies"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    let long = "x".repeat(11);
    let cases = [
        (message.clone().saying(&long), "too_long", "max_length"),
        (message.clone().saying("SECRET"), "forbidden_pattern", "forbidden_patterns[0]"),
        (message.clone().saying("www.a.b"), "link_not_allowed", "allow_links"),
        (
            Message { metadata: json!({"subject": " "}), ..message.clone() },
            "missing_field",
            "required_fields[0]",
        ),
    ];
    for (message, reason, rule) in cases {
        let answer = message.send(&mut app, &group.north).await;
        assert_denied(&answer, reason);
        assert_eq!((&answer["policy_id"], &answer["rule"]), (&json!(narrow.to_string()), &json!(rule)));
    }
    let answer = message.clone().saying(&"ä".repeat(101)).send(&mut app, &group.north).await;
    let broken: Vec<_> =
        answer["policies"].as_array().expect("an array").iter().map(|told| &told["broken_rules"]).collect();
    assert_eq!(broken, [&json!(["max_length"]), &json!(["max_length"])], "both are told: {answer}");
    assert!([wide, narrow].iter().all(|id| answer.to_string().contains(&id.to_string())));
    // Characters count, not bytes.
    assert_allowed(&message.saying(&"ä".repeat(10)).send(&mut app, &group.north).await, "policy_allows");
}

#[tokio::test]
async fn a_link_is_found_wherever_it_stands_and_led_to_where_programs_go() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    let id = policy(&mut app, &group.north, "name", "'Links'").await;
    let message = Message::new(group.north.assistant, other);
    let everywhere = [
        "请看https://evil.com",
        "смhttps://evil.com",
        "9https://evil.com",
        "_HTTPS://evil.com",
        "ｈｔｔｐｓ：／／evil．com",
        "h\u{200b}ttps://evil.com",
        "https:\\\\evil.com",
        "https://docs.example@evil.com",
        "https://docs.example\\@evil.com",
        "https://docs.example%40evil.com",
        "https://evil。com",
        "<https://evil.com|bank>",
        "[bank](https://evil.com)",
        "[docs](https://docs.example/a)[bank](https://evil.com)",
        "请看www.evil.com",
        "请mailto:a@evil.com",
        "javascript://docs.example/%0aalert(1)",
    ];
    let bare = [
        "evil.com",
        "t.me/x",
        "<evil.com|bank>",
        "[bank](//evil.com)",
        "пример.рф",
        "ada@evil.com",
        "8.8.8.8/x",
    ];
    let none = ["no link", "a.b c", "10:30", "3.14", "hotel:5", ""];
    for (rules, rule) in [
        (json!({"allow_links": false}), "allow_links"),
        (json!({"allowed_link_hosts": ["Docs.example"]}), "allowed_link_hosts"),
    ] {
        for bare_hosts_are_links in [None, Some(true), Some(false)] {
            let mut rules = rules.clone();
            if let Some(answer) = bare_hosts_are_links {
                rules["bare_hosts_are_links"] = json!(answer);
            }
            let transaction = within(&mut app, group.north.id).await;
            let sql = "UPDATE awgp.communication_policies SET content_rules = $2 WHERE id = $1";
            transaction.execute(sql, &[&id, &rules]).await.expect("rules can be set");
            let bare_is_denied = bare_hosts_are_links != Some(false);
            let denied = everywhere
                .iter()
                .map(|text| (text, true))
                .chain(bare.iter().map(|text| (text, bare_is_denied)));
            for (text, denied) in denied.chain(none.iter().map(|text| (text, false))) {
                let answer =
                    message.clone().saying(text).ask(&transaction).await.expect("a decision is returned");
                if denied {
                    assert_denied(&answer, "link_not_allowed");
                    assert_eq!(answer["rule"], json!(rule), "{text}");
                } else {
                    assert_eq!(answer["allowed"], json!(true), "{rules}: {text}: {answer}");
                }
            }
            let listed = message
                .clone()
                .saying("请看https://docs.example/a?b=c, docs.example")
                .ask(&transaction)
                .await;
            assert_eq!(listed.expect("a decision")["allowed"], json!(rule == "allowed_link_hosts"));
        }
    }
}

#[tokio::test]
async fn only_active_assistants_speak_and_listen() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name", "'All'").await;
    let message = Message::new(group.north.assistant, other);
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    for status in ["suspended", "inactive", "error"] {
        for (id, reason) in [(group.north.assistant, "sender_not_active"), (other, "receiver_not_active")] {
            let transaction = within(&mut app, group.north.id).await;
            let sql = "UPDATE awgp.assistants SET status = $2 WHERE id = $1";
            transaction.execute(sql, &[&id, &status]).await.expect("a status can be set");
            let answer = message.ask(&transaction).await.expect("a decision is returned");
            assert_denied(&answer, reason);
        }
    }
}

#[tokio::test]
async fn an_assistant_in_context_speaks_for_itself_alone() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name", "'All'").await;
    let transaction = app.transaction().await.expect("a transaction begins");
    let sql = "SELECT awgp.set_context($1, NULL, $2)";
    transaction.execute(sql, &[&group.north.id, &other]).await.expect("the context is set");
    let forged = Message::new(group.north.assistant, other).ask(&transaction).await.expect("a decision");
    assert_denied(&forged, "sender_not_in_context");
    let own = Message::new(other, group.north.assistant).ask(&transaction).await.expect("a decision");
    assert_allowed(&own, "policy_allows");
}

#[tokio::test]
async fn a_foreign_id_is_answered_as_one_that_does_not_exist() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    for tenant in group.all() {
        if tenant.slug != "inactive" {
            policy(&mut app, tenant, "name", "'All'").await;
        }
    }
    let own = group.north.assistant;
    let nobody = Uuid::from_u128(7);
    for receiver in [nobody, group.south.assistant, group.other.assistant, group.inactive.assistant] {
        let mut answer = Message::new(own, receiver).send(&mut app, &group.north).await;
        answer["audit_id"] = json!(0);
        let mut unknown = Message::new(own, nobody).send(&mut app, &group.north).await;
        unknown["audit_id"] = json!(0);
        assert_eq!(answer, unknown);
        assert_denied(&answer, "unknown_receiver");
    }
    for sender in [nobody, group.south.assistant, group.holding.assistant] {
        assert_denied(&Message::new(sender, own).send(&mut app, &group.north).await, "unknown_sender");
    }
}

#[tokio::test]
async fn a_channel_is_built_in_or_one_that_the_tenant_has_added() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name", "'All'").await;
    let message = Message::new(group.north.assistant, other);
    for channel in ["telegram", "slack", "email", "internal"] {
        assert_allowed(&message.clone().on(channel).send(&mut app, &group.north).await, "policy_allows");
    }
    for channel in ["pager", "Slack", ""] {
        assert_denied(&message.clone().on(channel).send(&mut app, &group.north).await, "channel_not_allowed");
    }
    set_messaging(&database, &group.north, json!({"channels": ["pager"]})).await;
    assert_allowed(&message.on("pager").send(&mut app, &group.north).await, "policy_allows");
}

#[tokio::test]
async fn what_is_no_question_is_raised() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let without = Message::new(group.north.assistant, group.north.assistant).ask(&app).await;
    assert_refused(without, "42501", "no_tenant_context");
    let viewer = Some(group.north.user("viewer"));
    let transaction = within_as(&mut app, group.north.id, viewer).await;
    let result = Message::new(group.north.assistant, group.north.assistant).ask(&transaction).await;
    assert_refused(result, "42501", "role_not_sufficient");
    transaction.rollback().await.expect("rolled back");
    let a = group.north.assistant;
    for arguments in [
        format!("NULL, '{a}', 'internal', 'x'"),
        format!("'{a}', NULL, 'internal', 'x'"),
        format!("'{a}', '{a}', NULL, 'x'"),
        format!("'{a}', '{a}', 'internal', NULL"),
        format!("'{a}', '{a}', 'internal', 'x', '[]'"),
        format!("'{a}', '{a}', 'internal', 'x', (repeat('[', 200) || repeat(']', 200))::jsonb"),
    ] {
        for function in ["authorize_message", "test_message"] {
            let transaction = within(&mut app, group.north.id).await;
            let result = transaction.execute(&format!("SELECT awgp.{function}({arguments})"), &[]).await;
            assert_refused(result, "22023", "out_of_range");
        }
    }
}
