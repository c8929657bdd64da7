//! The forms of messages that runtimes have: recorded as they came, found by their words, counted and erased.

use super::{log, row, said, stored};
use awgp_core::records::commitment::{Kind, commitment};
use awgp_tests::fixture::{group, within};
use awgp_tests::{Database, assert_refused, refused};
use serde_json::{Value, json};

/// A real message of each form, and what is read of it.
fn examples() -> Vec<Value> {
    let text = include_str!("../../../awgp_core/src/records/forms/examples.json");
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn every_form_is_recorded_as_it_came_and_read_for_role_words_and_tokens() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    for example in examples() {
        let message = &example["message"];
        let (id, made) = log(&transaction, &north, &json!([message])).await;
        assert_eq!(made["messages"], json!([message]), "{}", example["form"]);
        let told = &example["tokens"];
        assert_eq!(
            (&made["token_count"], &made["token_count_is_computed"]),
            (told, &json!(!told.is_null())),
            "{}",
            example["form"]
        );
        let sql = "SELECT awgp.read_message(messages -> 0) FROM awgp.conversation_logs WHERE id = $1";
        let read: Value = transaction.query_one(sql, &[&id]).await.expect("it is read").get(0);
        let lines =
            example["text"].as_array().expect("texts").iter().filter_map(Value::as_str).collect::<Vec<_>>();
        assert_eq!(read, json!({"role": example["role"], "text": lines.join("\n"), "tokens": told}));
        // The digest is of what came, whatever it is.
        let sql = "SELECT content_salt, messages::text FROM awgp.conversation_logs WHERE id = $1";
        let kept = transaction.query_one(sql, &[&id]).await.expect("it is there");
        let digest = commitment(&kept.get::<_, Vec<u8>>(0), Kind::Conversation, [None, Some(kept.get(1))]);
        assert_eq!(made["content_digest"], json!(digest));
        for line in lines {
            let sql = "SELECT count(*) FROM awgp.search_conversations($1, max_rows => 1000) WHERE id = $2";
            let query = format!("\"{}\"", line.replace('"', " "));
            let found: i64 = transaction.query_one(sql, &[&query, &id]).await.expect("a search").get(0);
            assert_eq!(found, 1, "{}: {line}", example["form"]);
        }
    }
}

#[tokio::test]
async fn a_message_without_a_word_is_recorded_and_the_next_one_is_found() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let silent = json!([
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]},
        {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}]},
        {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}]},
        {"role": "assistant", "content": []},
        {"role": "assistant", "content": null},
        {"role": "user", "content": "🙂"},
        {"role": "user", "content": ""},
    ]);
    let (id, made) = log(&transaction, &north, &silent).await;
    assert_eq!((&made["messages"], &made["message_count"]), (&silent, &json!(8)));
    let append = "SELECT to_jsonb(c) FROM awgp.append_conversation($1, $2) AS c";
    for (message, word) in silent.as_array().expect("messages").iter().zip(["zero", "one", "two", "three"]) {
        row(&transaction, append, &[&id, &json!([message, said(word)])]).await;
        let sql = "SELECT id FROM awgp.search_conversations($1)";
        let found: uuid::Uuid = transaction.query_one(sql, &[&word]).await.expect("it is found").get(0);
        assert_eq!(found, id);
    }
    row(&transaction, "SELECT to_jsonb(c) FROM awgp.erase_conversation($1, 'request 17') AS c", &[&id]).await;
    assert_eq!(stored(&transaction, id).await["message_count"], json!(16));
}

#[tokio::test]
async fn what_no_form_has_is_refused_and_the_element_named() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for element in [
        json!("a text"),
        json!({}),
        json!({"role": "nobody", "content": "x"}),
        json!({"role": "user", "content": null}),
        json!({"role": "user", "content": null, "tool_calls": []}),
        json!({"role": "user", "content": {"text": "x"}}),
        json!({"role": "assistant"}),
        json!({"type": "text", "text": "a part"}),
        json!({"type": "remove", "data": {"content": "x"}}),
        json!({"lc": 1, "type": "constructor", "id": ["langchain", "PromptTemplate"], "kwargs": {"content": "x"}}),
        json!({"choices": []}),
    ] {
        let transaction = within(&mut app, north.id).await;
        let sql = "SELECT awgp.log_conversation($1, 'internal', $2)";
        let messages = json!([said("good"), element]);
        let error = refused(transaction.execute(sql, &[&north.assistant, &messages]).await);
        assert_eq!(
            (error.code.as_str(), error.reason.as_deref()),
            ("22023", Some("messages_invalid")),
            "{element}"
        );
        let detail: Value = serde_json::from_str(&error.detail).expect("DETAIL is JSON");
        assert_eq!(detail["message_number"], json!(2), "{element}");
        assert!(detail["rule"].is_string(), "{element}");
        drop(transaction);
        let transaction = within(&mut app, north.id).await;
        let read = transaction.execute("SELECT awgp.read_message($1)", &[&element]).await;
        assert_refused(read, "22023", "messages_invalid");
    }
}

#[tokio::test]
async fn tokens_that_messages_tell_are_added_up_until_somebody_says_better() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let answer = |tokens: i64| json!({"role": "assistant", "content": "ok", "usage": {"input_tokens": tokens, "output_tokens": 1}});
    let append = "SELECT to_jsonb(c) FROM awgp.append_conversation($1, $2) AS c";
    let (id, made) = log(&transaction, &north, &json!([said("hi")])).await;
    assert_eq!((&made["token_count"], &made["token_count_is_computed"]), (&Value::Null, &json!(false)));
    for (tokens, sum) in [(10, 11), (4, 16)] {
        let (_, grown) = row(&transaction, append, &[&id, &json!([answer(tokens), said("and")])]).await;
        assert_eq!((&grown["token_count"], &grown["token_count_is_computed"]), (&json!(sum), &json!(true)));
    }
    let (_, most) = row(&transaction, append, &[&id, &json!([answer(i64::MAX)])]).await;
    assert_eq!(most["token_count"], json!(i32::MAX));
    transaction
        .execute("UPDATE awgp.conversation_logs SET token_count = 7 WHERE id = $1", &[&id])
        .await
        .expect("tokens may be filled in");
    let (_, given) = row(&transaction, append, &[&id, &json!([answer(1)])]).await;
    assert_eq!((&given["token_count"], &given["token_count_is_computed"]), (&json!(7), &json!(false)));
    // The ledger of a work item knows better than what messages tell, and what is given better than both.
    let sql = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'internal', $2, $3) AS c";
    let (_, of_work) =
        row(&transaction, sql, &[&north.assistant, &json!([answer(10)]), &north.work_item]).await;
    assert_eq!(of_work["token_count"], json!(0));
    let sql = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'internal', $2, token_count => 3) AS c";
    let (_, given) = row(&transaction, sql, &[&north.assistant, &json!([answer(10)])]).await;
    assert_eq!((&given["token_count"], &given["token_count_is_computed"]), (&json!(3), &json!(false)));
}

#[tokio::test]
async fn what_a_flag_quotes_of_any_form_goes_with_the_conversation() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let arguments = "{\"city\": \"Zyzzyva\"}";
    let messages = json!([
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": arguments}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "zyzzyva is wet"}]},
        {"role": "model", "parts": [{"text": "It rains in zyzzyva."}]},
    ]);
    let (id, _) = log(&transaction, &north, &messages).await;
    let flag = "SELECT to_jsonb(f) FROM awgp.flag_hallucination($1, 'pattern', 0.9, $2) AS f";
    let mut flags = Vec::new();
    for quoted in [arguments, "zyzzyva is wet", "rains in zyzzyva", "something else"] {
        flags.push(row(&transaction, flag, &[&north.assistant, &quoted]).await.0);
    }
    row(&transaction, "SELECT to_jsonb(c) FROM awgp.erase_conversation($1, 'request 17') AS c", &[&id]).await;
    let sql = "SELECT content_erased_at IS NOT NULL FROM awgp.hallucination_flags WHERE id = $1";
    let mut erased = Vec::new();
    for flag in flags {
        erased.push(transaction.query_one(sql, &[&flag]).await.expect("a flag").get::<_, bool>(0));
    }
    assert_eq!(erased, [true, true, true, false]);
}
