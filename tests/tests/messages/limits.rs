//! The sliding hour: exact at its edge, exact under concurrency, bounded.

use super::{Message, assert_allowed, assert_denied, assistant, policy, scene};
use awgp_tests::fixture::{Tenant, within};
use awgp_tests::{Database, Login, refused};
use serde_json::{Value, json};
use tokio_postgres::Client;

const HOUR_US: i64 = 3_600_000_000;

/// Moves every counted message back in time, as only a superuser can.
async fn age(superuser: &Client, microseconds: i64) {
    for (table, column) in [("message_sends", "sent_at"), ("message_windows", "last_sent_at")] {
        let sql =
            format!("UPDATE awgp.{table} SET {column} = {column} - $1::bigint * interval '1 microsecond'");
        superuser.execute(&sql, &[&microseconds]).await.expect("a superuser may");
    }
}

async fn counted(superuser: &Client) -> (i64, i64) {
    let sql = "SELECT (SELECT COALESCE(sum(sent), 0)::bigint FROM awgp.message_windows),
                      (SELECT count(*) FROM awgp.message_sends)";
    let row = superuser.query_one(sql, &[]).await.expect("a superuser reads it");
    (row.get(0), row.get(1))
}

/// How many of 32 sessions that ask at once, `each` times, are allowed; whatever fails fails the test.
async fn storm(
    database: &Database,
    tenant: &Tenant,
    messages: Vec<Message>,
    each: usize,
) -> (usize, Vec<Value>) {
    let mut senders = Vec::new();
    for number in 0..32 {
        let mut client = database.connect(Login::App).await;
        let (tenant, message) = (tenant.clone(), messages[number % messages.len()].clone());
        senders.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            for _ in 0..each {
                answers.push(message.send(&mut client, &tenant).await);
            }
            answers
        }));
    }
    let mut answers = Vec::new();
    for sender in senders {
        answers.extend(sender.await.expect("a sender ends"));
    }
    let (allowed, denied): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer["allowed"] == json!(true));
    (allowed.len(), denied)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_senders_at_once_exactly_as_many_as_the_limit_get_through() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 100").await;
    let there = Message::new(group.north.assistant, other);
    let back = Message::new(other, group.north.assistant);
    // Both directions share the policy's hour.
    let (allowed, denied) = storm(&database, &group.north, vec![there, back], 10).await;
    assert_eq!((allowed, denied.len()), (100, 220));
    for answer in &denied {
        assert_denied(answer, "rate_limited");
        let wait = answer["retry_after_seconds"].as_i64().expect("a wait");
        assert!((1..=3600).contains(&wait), "{wait}");
    }
    let superuser = database.superuser().await;
    assert_eq!(counted(&superuser).await.0, 100);
    let sql = "SELECT count(*) FILTER (WHERE action = 'message.allowed'), count(*) FILTER (WHERE action = 'message.denied')
               FROM awgp.audit_logs";
    let row = superuser.query_one(sql, &[]).await.expect("the trail is read");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (100, 220), "each answer is in the trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_policies_hold_each_by_itself_under_32_senders() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let (hr, it) = (
        assistant(&mut app, &group.north, "hr", "shared_hr").await,
        assistant(&mut app, &group.north, "it", "shared_it").await,
    );
    let all = policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 148").await;
    let narrow = policy(
        &mut app,
        &group.north,
        "name, to_assistant_types, rate_limit_per_hour",
        "'To HR', '{shared_hr}', 20",
    )
    .await;
    let messages = vec![Message::new(group.north.assistant, hr), Message::new(group.north.assistant, it)];
    // 128 messages to each: to the one all fit, to the other as many as the narrow limit lets, and then the
    // wide one is full, in whatever order they come.
    let (allowed, denied) = storm(&database, &group.north, messages.clone(), 8).await;
    assert_eq!((allowed, denied.len()), (148, 108));
    for answer in &denied {
        assert_denied(answer, "rate_limited");
    }
    for (message, full) in messages.iter().zip([None, Some(all)]) {
        let answer = message.clone().send(&mut app, &group.north).await;
        assert_denied(&answer, "rate_limited");
        assert!(full.is_none_or(|full| answer["policy_id"] == json!(full.to_string())), "{answer}");
    }
    let superuser = database.superuser().await;
    let sql = "SELECT sent FROM awgp.message_windows WHERE policy_id = $1";
    let sent = |row: tokio_postgres::Row| row.get::<_, i64>(0);
    assert_eq!(sent(superuser.query_one(sql, &[&all]).await.expect("a window")), 148);
    assert_eq!(sent(superuser.query_one(sql, &[&narrow]).await.expect("a window")), 20);
}

#[tokio::test]
async fn the_hour_slides_and_no_two_bursts_meet_at_its_edge() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 3").await;
    let message = Message::new(group.north.assistant, other);
    // One at -59 minutes, two at -1 minute, as bursts around an edge would be.
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    age(&superuser, 58 * 60_000_000).await;
    for _ in 0..2 {
        assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    }
    age(&superuser, 60_000_000).await;
    let answer = message.send(&mut app, &group.north).await;
    assert_denied(&answer, "rate_limited");
    let wait = answer["retry_after_seconds"].as_i64().expect("a wait");
    assert!((1..=60).contains(&wait), "{wait}");
    // When the first has left the hour there is room for one and not for three.
    age(&superuser, 60_000_000).await;
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    let answer = message.send(&mut app, &group.north).await;
    assert_denied(&answer, "rate_limited");
    let wait = answer["retry_after_seconds"].as_i64().expect("a wait");
    assert!((57 * 60..=58 * 60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn the_wait_is_exact_to_the_microsecond() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 1").await;
    let message = Message::new(group.north.assistant, other);
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.test_message($1, $2, 'internal', 'x', at => sent_at + $3::bigint * interval '1 microsecond')
               FROM awgp.message_sends";
    for (microseconds, allowed, wait) in [
        (0, false, json!(3600)),
        (1, false, json!(3600)),
        (1_000_000, false, json!(3599)),
        (HOUR_US - 1_000_001, false, json!(2)),
        (HOUR_US - 1, false, json!(1)),
        (HOUR_US, true, json!(null)),
    ] {
        let row = transaction.query_one(sql, &[&message.from, &message.to, &microseconds]).await;
        let answer: Value = row.expect("an answer").get(0);
        assert_eq!(
            (&answer["allowed"], &answer["retry_after_seconds"]),
            (&json!(allowed), &wait),
            "{microseconds}"
        );
    }
    let exact = "SELECT (awgp.test_message($1, $2, 'internal', 'x') ->> 'retry_at')::timestamptz
                        = sent_at + interval '1 hour' FROM awgp.message_sends";
    let row = transaction.query_one(exact, &[&message.from, &message.to]).await.expect("an answer");
    assert!(row.get::<_, bool>(0), "retry_at is exact");
    transaction.rollback().await.expect("rolled back");
    // Asking counts nothing.
    assert_eq!(counted(&superuser).await, (1, 1));
}

#[tokio::test]
async fn a_message_counts_when_its_transaction_commits() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 1").await;
    let message = Message::new(group.north.assistant, other);
    let transaction = within(&mut app, group.north.id).await;
    assert_allowed(&message.ask(&transaction).await.expect("a decision"), "policy_allows");
    assert_denied(&message.ask(&transaction).await.expect("a decision"), "rate_limited");
    transaction.rollback().await.expect("rolled back");
    assert_eq!(counted(&superuser).await, (0, 0));
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    assert_denied(&message.send(&mut app, &group.north).await, "rate_limited");
}

#[tokio::test]
async fn a_scope_says_whose_messages_count_together() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let (hr, it) = (
        assistant(&mut app, &group.north, "hr", "shared_hr").await,
        assistant(&mut app, &group.north, "it", "shared_it").await,
    );
    let from = group.north.assistant;
    let sends = [(from, hr), (from, it), (hr, it), (from, hr)];
    for (scope, expected) in [
        ("policy", [true, false, false, false]),
        ("sender", [true, false, true, false]),
        ("pair", [true, true, true, false]),
    ] {
        let id = policy(
            &mut app,
            &group.north,
            "name, rate_limit_per_hour, rate_limit_scope",
            &format!("'All', 1, '{scope}'"),
        )
        .await;
        let mut got = Vec::new();
        for (from, to) in sends {
            got.push(Message::new(from, to).send(&mut app, &group.north).await["allowed"] == json!(true));
        }
        assert_eq!(got, expected, "{scope}");
        let transaction = within(&mut app, group.north.id).await;
        let sql = "DELETE FROM awgp.communication_policies WHERE id = $1";
        transaction.execute(sql, &[&id]).await.expect("a policy with counts can be deleted");
        transaction.commit().await.expect("commits");
        let superuser = database.superuser().await;
        assert_eq!(counted(&superuser).await, (0, 0), "the counts go with it");
    }
}

#[tokio::test]
async fn what_is_kept_of_a_window_is_bounded_and_a_changed_limit_stays_exact() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    let id = policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 5").await;
    let message = Message::new(group.north.assistant, other);
    for _ in 0..30 {
        for _ in 0..5 {
            assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
        }
        age(&superuser, HOUR_US).await;
    }
    let (sent, kept) = counted(&superuser).await;
    assert_eq!(sent, 150);
    assert!(kept <= 5 + 64, "{kept}");
    // The last hour is empty: a limit of 7 has room for 7, then one of 3 for none.
    for (limit, room) in [(7, 7), (3, 0), (9, 2)] {
        let sql = "UPDATE awgp.communication_policies SET rate_limit_per_hour = $2 WHERE id = $1";
        superuser.execute(sql, &[&id, &limit]).await.expect("a limit can be changed");
        let mut through = 0;
        while message.send(&mut app, &group.north).await["allowed"] == json!(true) {
            through += 1;
        }
        assert_eq!(through, room, "limit {limit}");
    }
}

#[tokio::test]
async fn a_limit_of_zero_never_opens() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    policy(&mut app, &group.north, "name, rate_limit_per_hour", "'None', 0").await;
    let message = Message::new(group.north.assistant, group.north.assistant);
    for answer in [
        message.send(&mut app, &group.north).await,
        message.test_in(&mut app, &group.north, 99 * HOUR_US).await,
    ] {
        assert_denied(&answer, "rate_limited");
        assert_eq!((&answer["retry_after_seconds"], &answer["retry_at"]), (&json!(null), &json!(null)));
    }
}

#[tokio::test]
async fn at_stricter_levels_whoever_waited_tries_again_and_nothing_is_counted_twice() {
    let (database, group) = scene().await;
    let (mut first, mut second) = (database.app().await, database.app().await);
    let other = assistant(&mut first, &group.north, "hr", "shared_hr").await;
    policy(&mut first, &group.north, "name, rate_limit_per_hour", "'All', 2").await;
    let message = Message::new(group.north.assistant, other);
    assert_allowed(&message.send(&mut first, &group.north).await, "policy_allows");
    second.batch_execute("SET default_transaction_isolation = 'repeatable read'").await.expect("a setting");
    let late = within(&mut second, group.north.id).await;
    assert_allowed(&message.send(&mut first, &group.north).await, "policy_allows");
    let refused = refused(message.ask(&late).await);
    assert_eq!(refused.code, "40001", "{refused:?}");
    late.rollback().await.expect("rolled back");
    assert_denied(&message.send(&mut second, &group.north).await, "rate_limited");
}

#[tokio::test]
async fn idle_windows_are_forgotten_and_full_ones_are_not() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    policy(&mut app, &group.north, "name, rate_limit_per_hour", "'All', 1").await;
    let message = Message::new(group.north.assistant, group.north.assistant);
    assert_allowed(&message.send(&mut app, &group.north).await, "policy_allows");
    let maintainer = database.connect(Login::Maintainer).await;
    let forget = "SELECT awgp.forget_message_windows(now() + interval '1 day')";
    let gone = maintainer.query_one(forget, &[]).await.expect("a maintainer may").get::<_, i64>(0);
    assert_eq!((gone, counted(&superuser).await), (0, (1, 1)), "a moment to come opens no hour");
    age(&superuser, HOUR_US).await;
    let gone = maintainer.query_one(forget, &[]).await.expect("a maintainer may").get::<_, i64>(0);
    assert_eq!((gone, counted(&superuser).await), (1, (0, 0)));
}
