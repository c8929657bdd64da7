//! One key is one action: whoever asks again, at once or after it has ended, is told of the same.

use super::{assert_denied, begun, count, finished, item, scene};
use awgp_tests::fixture::{Group, within};
use awgp_tests::{Database, Login, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// Begins under a key, in a transaction of its own.
async fn keyed(app: &mut Client, group: &Group, item: Uuid, arguments: &str) -> Result<Value, Error> {
    let transaction = within(app, group.north.id).await;
    let sql = format!("SELECT awgp.begin_action($1, {arguments})");
    let answer = transaction.query_one(&sql, &[&item]).await?.get(0);
    transaction.commit().await?;
    Ok(answer)
}

const ONE: &str = "'look', 'openai', 2.50, '10 minutes', 'one'";

async fn open(database: &Database) -> i64 {
    count(database, "SELECT count(*) FROM awgp.credit_reservations WHERE state = 'held'").await
}

#[tokio::test]
async fn a_repeated_key_is_the_same_action_and_holds_the_money_once() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let (first, other) = (item(&mut app, &group, 0).await, item(&mut app, &group, 0).await);
    let answer = keyed(&mut app, &group, first, ONE).await.expect("an answer");
    assert_eq!((&answer["allowed"], &answer["status"]), (&json!(true), &json!("begun")), "{answer}");
    assert_eq!(keyed(&mut app, &group, first, ONE).await.expect("the same"), answer);
    let told = answer["expires_at"].as_str().expect("when its time is over");
    let kept = "SELECT expires_at = $1::text::timestamptz FROM awgp.governed_actions";
    let kept: bool = database.superuser().await.query_one(kept, &[&told]).await.expect("one action").get(0);
    assert!(kept, "the moment is the row's: {told}");
    let alike = "'look', 'openai', 2.5, '600 seconds', idempotency_key => 'one'";
    assert_eq!(keyed(&mut app, &group, first, alike).await.expect("the same by value"), answer);
    assert_eq!(open(&database).await, 1);
    for arguments in [
        "'pay', 'openai', 2.50, '10 minutes', 'one'",
        "'look', 'anthropic', 2.50, '10 minutes', 'one'",
        "'look', 'openai', 2.51, '10 minutes', 'one'",
        "'look', 'openai', NULL, '10 minutes', 'one'",
        "'look', 'openai', 2.50, '11 minutes', 'one'",
    ] {
        let result = keyed(&mut app, &group, first, arguments).await;
        assert_refused(result, "22023", "idempotency_conflict");
    }
    let elsewhere = keyed(&mut app, &group, other, ONE).await.expect("another item has keys of its own");
    assert_ne!(elsewhere["action_id"], answer["action_id"]);
    let anew =
        keyed(&mut app, &group, first, "'look', 'openai', 2.50, '10 minutes', 'two'").await.expect("new");
    assert_ne!(anew["action_id"], answer["action_id"]);
    assert_eq!(open(&database).await, 3);
    for key in ["''", "repeat('x', 201)"] {
        let result = keyed(&mut app, &group, first, &format!("'look', idempotency_key => {key}")).await;
        assert_refused(result, "22023", "out_of_range");
    }
}

#[tokio::test]
async fn a_key_is_answered_with_its_action_whatever_has_become_of_it() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = keyed(&mut app, &group, item, ONE).await.expect("an answer");
    let superuser = database.superuser().await;
    super::age(&superuser, "1 hour").await;
    let late = keyed(&mut app, &group, item, ONE).await.expect("the same");
    assert_eq!((&late["action_id"], &late["status"]), (&answer["action_id"], &json!("begun")));
    assert_ne!(late["hint"], answer["hint"], "its time is over");
    database
        .connect(Login::Maintainer)
        .await
        .execute("SELECT awgp.abandon_actions()", &[])
        .await
        .expect("swept");
    let swept = keyed(&mut app, &group, item, ONE).await.expect("the same");
    assert_eq!((&swept["action_id"], &swept["status"]), (&answer["action_id"], &json!("unknown")));
    finished(&mut app, &group, &answer, "succeeded", Some("1")).await.expect("an end");
    // The item has ended too, and its assistant is suspended: the answer stands.
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute("SELECT awgp.complete_work_item($1)", &[&item]).await.expect("completed");
    let sql = "UPDATE awgp.assistants SET status = 'suspended' WHERE id = $1";
    transaction.execute(sql, &[&group.north.assistant]).await.expect("suspended");
    transaction.commit().await.expect("commits");
    let ended = keyed(&mut app, &group, item, ONE).await.expect("the same");
    assert_eq!(
        (&ended["allowed"], &ended["action_id"], &ended["status"]),
        (&json!(true), &answer["action_id"], &json!("succeeded"))
    );
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.governed_actions").await, 1);
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn a_denial_keeps_no_key() {
    let (database, group) = scene("1").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    assert_denied(&keyed(&mut app, &group, item, ONE).await.expect("an answer"), "budget_exceeded");
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute("SELECT awgp.set_credit_pool('openai', 10)", &[]).await.expect("raised");
    transaction.commit().await.expect("commits");
    let allowed = keyed(&mut app, &group, item, ONE).await.expect("an answer");
    assert_eq!(allowed["allowed"], json!(true), "{allowed}");
    assert_eq!(
        begun(&mut app, &group, item, Some("1")).await["allowed"],
        json!(true),
        "without a key, a new one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_that_begin_under_one_key_all_are_told_of_one_action() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let mut tasks = Vec::new();
    for number in 0..16 {
        let (mut client, group) = (database.connect(Login::App).await, group.clone());
        if number % 2 == 1 {
            let sql = "SET default_transaction_isolation = 'repeatable read'";
            client.batch_execute(sql).await.expect("it can be set");
        }
        tasks.push(tokio::spawn(async move {
            // A snapshot from before the first is told to begin again, and does.
            loop {
                match keyed(&mut client, &group, item, ONE).await {
                    Err(error) if error.code().is_some_and(|code| code.code() == "40001") => {}
                    answer => return answer.expect("an answer"),
                }
            }
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("a client ends")["action_id"].clone());
    }
    assert!(answers.iter().all(|id| *id == answers[0] && id.is_string()), "{answers:?}");
    assert_eq!(open(&database).await, 1);
}
