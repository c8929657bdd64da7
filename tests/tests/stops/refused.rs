//! In the scope of a stop everything that begins is refused, and nothing else.

use super::{WAYS, another, assert_holds, begin, id_of, resume, scene, stop};
use awgp_tests::fixture::{Group, within};
use awgp_tests::{Database, assert_refused};
use serde_json::{Value, json};
use uuid::Uuid;

/// Asserts that no way begins something for the assistant.
async fn assert_stopped(database: &Database, group: &Group, assistant: Uuid, item: Uuid, scope: &str) {
    for (name, sql) in WAYS {
        let mut app = database.app().await;
        let transaction = within(&mut app, group.north.id).await;
        let answer = begin(&transaction, sql, assistant, item).await;
        match name {
            "begin_action" => {
                let answer = answer.expect("a denial is an answer");
                assert_eq!(
                    (&answer["allowed"], &answer["reason"]),
                    (&json!(false), &json!("stopped")),
                    "{answer}"
                );
                assert_eq!(answer["facts"]["scope"], scope);
            }
            "authorize_message" => {
                assert_eq!(answer.expect("a denial is an answer")["reason"], "sender_stopped");
            }
            _ => assert_refused(answer, "55000", "stopped"),
        }
    }
}

async fn assert_all_begin(database: &Database, group: &Group, assistant: Uuid, item: Uuid) {
    for (name, sql) in WAYS {
        let mut app = database.app().await;
        let transaction = within(&mut app, group.north.id).await;
        let answer = begin(&transaction, sql, assistant, item).await.expect(name);
        assert_ne!(answer["allowed"], json!(false), "{name}: {answer}");
    }
}

#[tokio::test]
async fn where_a_stop_is_in_force_nothing_begins_until_somebody_resumes() {
    let (database, group) = scene().await;
    let (assistant, item) = (group.north.assistant, group.north.work_item);
    let admin = database.admin().await;
    let superuser = database.superuser().await;
    for (scope, id) in [
        ("assistant", Some(assistant)),
        ("tenant", Some(group.north.id)),
        ("holding", Some(group.holding.id)),
        ("installation", None),
    ] {
        let stopped = stop(&admin, scope, id).await.expect("an administrator stops");
        assert_eq!((&stopped["made"], &stopped["scope"]), (&json!(true), &json!(scope)));
        assert_stopped(&database, &group, assistant, item, scope).await;
        assert_holds(&database, &stopped).await;
        resume(&superuser, &stopped).await.expect("another resumes");
        assert_all_begin(&database, &group, assistant, item).await;
        assert_holds(&database, &stopped).await;
    }
}

#[tokio::test]
async fn what_is_not_in_the_scope_goes_on() {
    let (database, group) = scene().await;
    let (other, item) = another(&database, &group).await;
    let admin = database.admin().await;
    stop(&admin, "assistant", Some(group.north.assistant)).await.expect("stopped");
    stop(&admin, "tenant", Some(group.south.id)).await.expect("stopped");
    assert_all_begin(&database, &group, other, item).await;
    // A message to who is stopped is not one.
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.authorize_message($1, $2, 'internal', 'Hi')";
    let row = transaction.query_one(sql, &[&other, &group.north.assistant]).await.expect("an answer");
    assert_eq!(row.get::<_, Value>(0)["reason"], "receiver_stopped");
}

#[tokio::test]
async fn a_running_item_does_not_pass_to_who_is_stopped() {
    let (database, group) = scene().await;
    let (other, item) = another(&database, &group).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute("SELECT awgp.start_work_item($1)", &[&item]).await.expect("started");
    transaction.commit().await.expect("commits");
    stop(&database.admin().await, "assistant", Some(group.north.assistant)).await.expect("stopped");
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET assistant_id = $2 WHERE id = $1 AND $3::uuid IS NOT NULL";
    assert_refused(
        transaction.execute(sql, &[&item, &group.north.assistant, &other]).await,
        "55000",
        "stopped",
    );
}

#[tokio::test]
async fn what_runs_is_listed_and_may_end() {
    let (database, group) = scene().await;
    let (assistant, item) = (group.north.assistant, group.north.work_item);
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let begun = begin(&transaction, WAYS[0].1, assistant, item).await.expect("begun");
    transaction.commit().await.expect("commits");
    let admin = database.admin().await;
    let stopped = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    let running = &stopped["running"];
    for (kind, id) in [
        ("actions", &begun["action_id"]),
        ("reservations", &begun["reservation_id"]),
        ("work_items", &begun["work_item_id"]),
    ] {
        assert_eq!(running[kind]["count"], 1, "{kind}: {running:#}");
        assert_eq!(&running[kind]["first"][0]["id"], id, "{kind}");
    }
    let transaction = within(&mut app, group.north.id).await;
    let action: Uuid = begun["action_id"].as_str().expect("an id").parse().expect("a uuid");
    let finish = "SELECT awgp.finish_action($1, 'succeeded', 'gpt-4', 10, 20, 0.005)";
    transaction.execute(finish, &[&action]).await.expect("what runs ends");
    transaction.execute("SELECT awgp.complete_work_item($1)", &[&item]).await.expect("what runs ends");
    transaction.commit().await.expect("commits");
    let row = admin.query_one("SELECT awgp.stop_details($1)", &[&id_of(&stopped)]).await.expect("details");
    let details: Value = row.get(0);
    for kind in ["actions", "reservations", "work_items"] {
        assert_eq!(details["running"][kind]["count"], 0, "{details:#}");
    }
    assert_holds(&database, &stopped).await;
}

#[tokio::test]
async fn a_key_keeps_its_answer_and_its_hint_speaks_of_the_stop() {
    let (database, group) = scene().await;
    let sql = "SELECT awgp.begin_action($1, 'look', idempotency_key => 'k')";
    let mut app = database.app().await;
    let mut answers = Vec::new();
    for stops in [false, true] {
        if stops {
            stop(&database.admin().await, "tenant", Some(group.north.id)).await.expect("stopped");
        }
        let transaction = within(&mut app, group.north.id).await;
        let row = transaction.query_one(sql, &[&group.north.work_item]).await.expect("an answer");
        answers.push(row.get::<_, Value>(0));
        transaction.commit().await.expect("commits");
    }
    assert_eq!(answers[0]["action_id"], answers[1]["action_id"]);
    assert_eq!(answers[1]["allowed"], true);
    assert_ne!(answers[0]["hint"], answers[1]["hint"]);
}
