//! Never more than it may. Each refusal is the database's: it holds for whoever asks in SQL as well.

use awgp_tests::fixture::within_as;
use awgp_tests::mcp_serve::{Scene, Serving};
use awgp_tests::tokens::token_of;
use awgp_tests::{assert_refused, command};
use serde_json::{Value, json};
use tokio_postgres::Error;
use uuid::Uuid;

/// Every tool that names a work item, with this one.
fn about(item: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("get_work", json!({"work_item_id": item})),
        ("start_work", json!({"work_item_id": item})),
        ("complete_work", json!({"work_item_id": item})),
        ("fail_work", json!({"work_item_id": item, "reason": "no"})),
        ("begin_action", json!({"work_item_id": item, "action": "look"})),
        ("request_work_approval", json!({"work_item_id": item})),
        ("request_action_approval", json!({"work_item_id": item, "action": "look", "arguments": {}})),
        ("log_conversation", json!({"channel": "internal", "messages": [], "work_item_id": item})),
    ]
}

/// The status of a work item, as a superuser reads it.
async fn status(scene: &Scene, item: &str) -> String {
    let sql = "SELECT status FROM awgp.work_items WHERE id::text = $1";
    scene.database.superuser().await.query_one(sql, &[&item]).await.expect("a status").get(0)
}

#[tokio::test]
async fn work_of_another_assistant_and_of_another_tenant_is_unknown() {
    let scene = Scene::new().await;
    let (_, others) = scene.other().await;
    let abroad = scene.group.south.work_item.to_string();
    let nowhere = Uuid::from_u128(7).to_string();
    let mut serving = scene.serve();
    for item in [&others, &abroad, &nowhere] {
        for (tool, arguments) in about(item) {
            assert_eq!(serving.refuses(tool, arguments), "unknown_work_item", "{tool}");
        }
    }
    assert_eq!(
        (status(&scene, &others).await, status(&scene, &abroad).await),
        ("backlog".into(), "backlog".into())
    );
    // Nor is another assistant's action known, or its conversation.
    let sql = "SELECT awgp.begin_action($1::text::uuid, 'look') ->> 'action_id'";
    let action = scene.text(sql, &[&others]).await;
    assert_eq!(
        serving.refuses("finish_action", json!({"action_id": action, "outcome": "failed"})),
        "unknown_action"
    );
    let sql = "SELECT (awgp.log_conversation(w.assistant_id, 'internal')).id::text FROM awgp.work_items AS w
               WHERE w.id::text = $1";
    let conversation = scene.text(sql, &[&others]).await;
    let appending = json!({"conversation_id": conversation, "messages": [], "end": true});
    assert_eq!(serving.refuses("append_conversation", appending), "unknown_conversation");
}

/// What a statement does with operator and helper in context.
async fn tried(scene: &Scene, sql: &str, id: &str) -> Result<u64, Error> {
    let mut app = scene.database.app().await;
    let work = within_as(&mut app, scene.north().id, Some(scene.north().user("operator"))).await;
    let context = "SELECT awgp.set_context(awgp.current_tenant(), awgp.current_user_id(), $1)";
    work.execute(context, &[&scene.north().assistant]).await.expect("a context");
    work.execute(sql, &[&id]).await
}

#[tokio::test]
async fn the_database_lets_an_assistant_neither_move_nor_ask_for_the_work_of_another_one() {
    let scene = Scene::new().await;
    let (other, others) = scene.other().await;
    let ask = "SELECT awgp.request_approval($1::text::uuid)";
    let ask_action = "SELECT awgp.request_action_approval($1::text::uuid, 'look', '{}')";
    let start = "SELECT awgp.start_work_item($1::text::uuid)";
    let plainly = "UPDATE awgp.work_items SET status = 'in_progress' WHERE id = $1::text::uuid";
    for sql in [ask, ask_action, start, plainly] {
        assert_refused(tried(&scene, sql, &others).await, "42501", "not_own_work");
    }
    scene.does("operator", start, &[&others]).await;
    for sql in
        ["SELECT awgp.complete_work_item($1::text::uuid)", "SELECT awgp.fail_work_item($1::text::uuid, 'no')"]
    {
        assert_refused(tried(&scene, sql, &others).await, "42501", "not_own_work");
    }
    assert_eq!(status(&scene, &others).await, "in_progress");
    let log = "SELECT (awgp.log_conversation($1, 'internal')).id::text";
    let conversation = scene.text(log, &[&other]).await;
    for sql in [
        "SELECT awgp.append_conversation($1::text::uuid, '[]')",
        "SELECT awgp.end_conversation($1::text::uuid)",
    ] {
        assert_refused(tried(&scene, sql, &conversation).await, "P0002", "unknown_conversation");
    }
    // Without another assistant in context all of it is possible, as before.
    scene.does("operator", "SELECT awgp.complete_work_item($1::text::uuid)", &[&others]).await;
    scene.does("operator", "SELECT awgp.end_conversation($1::text::uuid)", &[&conversation]).await;
}

#[tokio::test]
async fn a_suspended_assistant_begins_nothing_and_finishes_what_has_begun() {
    let scene = Scene::new().await;
    let (open, fresh) = (scene.item(1).await, scene.item(1).await);
    let (other, _) = scene.other().await;
    let mut serving = scene.serve();
    let begun = serving.tells("begin_action", json!({"work_item_id": open, "action": "look"}));
    let sql = "SELECT FROM awgp.set_assistant_status($1, 'suspended', 'it errs')";
    scene.does("manager", sql, &[&scene.north().assistant]).await;
    for item in [&open, &fresh] {
        let beginning = json!({"work_item_id": item, "action": "look"});
        assert_eq!(serving.refuses("begin_action", beginning), "assistant_suspended");
    }
    assert_eq!(serving.refuses("start_work", json!({"work_item_id": fresh})), "assistant_suspended");
    let message = json!({"to": other, "channel": "internal", "content": "Hello"});
    assert_eq!(serving.refuses("authorize_message", message), "sender_not_active");
    let rules = serving.tells("get_my_rules", json!({}));
    assert_eq!((&rules["status"], &rules["status_reason"]), (&json!("suspended"), &json!("it errs")));
    let finishing = json!({"action_id": begun["action_id"], "outcome": "succeeded"});
    assert_eq!(serving.tells("finish_action", finishing)["status"], "succeeded");
}

#[tokio::test]
async fn a_program_whose_user_is_a_viewer_reads_and_writes_nothing() {
    let scene = Scene::new().await;
    let (item, (other, _)) = (scene.item(1).await, scene.other().await);
    let mut serving = scene.serve_as("viewer@north.example");
    assert_eq!(serving.tells("get_work", json!({"work_item_id": item}))["work_item"]["status"], "backlog");
    for (tool, arguments) in about(&item) {
        // A work item that is not in progress is neither completed nor failed by anybody.
        if !["get_work", "complete_work", "fail_work"].contains(&tool) {
            assert_eq!(serving.refuses(tool, arguments), "role_not_sufficient", "{tool}");
        }
    }
    let message = json!({"to": other, "channel": "internal", "content": "Hello"});
    assert_eq!(serving.refuses("authorize_message", message), "role_not_sufficient");
    assert_eq!(status(&scene, &item).await, "backlog");
}

#[tokio::test]
async fn in_signed_mode_nobody_comes_in_without_a_good_token() {
    let scene = Scene::trusting().await;
    scene.sign().await;
    let (code, said) = Serving::silent(scene.command(&[])).ends();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("reason: unknown_tenant"), "nobody learns which tenants there are: {said}");
    let mut command = scene.bare_command(&[]);
    command.env("AWGP_TOKEN", "no.good.token");
    let (code, said) = Serving::silent(command).ends();
    assert!(code != 0 && said.contains("reason: token_"), "{code}: {said}");
    let folder = command::Folder::new(&scene.database);
    let file = folder.file("token");
    std::fs::write(&file, token_of(scene.north().user("operator"))).expect("a file");
    let mut serving = Serving::new(scene.bare_command(&["--token-file", &file]));
    assert_eq!(serving.tells("get_my_rules", json!({}))["tenant"], "north");
    // The token is read again for each call: one that is good no more lets nothing through.
    std::fs::write(&file, token_of(Uuid::from_u128(7))).expect("a file");
    let refused = serving.refuses("list_work", json!({}));
    assert!(["unknown_user", "user_inactive"].contains(&refused.as_str()), "{refused}");
}

#[tokio::test]
async fn who_cannot_come_in_learns_it_at_the_start() {
    let scene = Scene::new().await;
    let mut command = scene.command(&[]);
    command.env("AWGP_ASSISTANT", "nobody");
    let (code, said) = Serving::silent(command).ends();
    assert_eq!(code, 8, "{said}");
    let mut command = scene.command(&[]);
    command.env("AWGP_USER", "nobody@north.example");
    let (code, said) = Serving::silent(command).ends();
    assert_eq!(code, 3, "{said}");
    let mut command = scene.bare_command(&[]);
    command.env("AWGP_TENANT", "north");
    let (code, said) = Serving::silent(command).ends();
    assert_eq!(code, 2, "without a user no role is checked: {said}");
    let mut command = scene.command(&[]);
    command.env_remove("AWGP_ASSISTANT");
    let (code, said) = Serving::silent(command).ends();
    assert_eq!(code, 2, "{said}");
}
