//! Messages are appended while a conversation is open, and nothing else of it changes.

use super::{log, row, said, stored};
use awgp_tests::fixture::{group, within};
use awgp_tests::{Database, assert_refused};
use serde_json::{Value, json};

const APPEND: &str = "SELECT to_jsonb(c) FROM awgp.append_conversation($1, $2) AS c";
const END: &str = "SELECT to_jsonb(c) FROM awgp.end_conversation($1) AS c";

#[tokio::test]
async fn messages_are_appended_and_earlier_ones_never_change() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (id, first) =
        log(&transaction, &north, &json!([said("one"), {"role": "tool", "content": "", "n": 1.10}])).await;
    let (_, second) = row(&transaction, APPEND, &[&id, &json!([said("three")])]).await;
    assert_eq!(second["message_count"], json!(3));
    assert_eq!(second["messages"][2], said("three"));
    assert_ne!(first["content_digest"], second["content_digest"]);
    transaction.commit().await.expect("committed");
    for sql in [
        "UPDATE awgp.conversation_logs SET messages = '[]' WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = messages - 0 WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = messages - 2 WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = jsonb_set(messages, '{0,content}', '\"uno\"') WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = jsonb_set(messages, '{1,n}', '1.10') WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = jsonb_insert(messages, '{0}', '{\"role\": \"user\", \"content\": \"\"}') WHERE id = $1",
        "UPDATE awgp.conversation_logs SET external_id = 'other' WHERE id = $1",
        "UPDATE awgp.conversation_logs SET channel = 'other' WHERE id = $1",
        "UPDATE awgp.conversation_logs SET started_at = now() - interval '1 day' WHERE id = $1",
        "UPDATE awgp.conversation_logs SET created_at = now() - interval '1 day' WHERE id = $1",
    ] {
        let transaction = within(&mut app, north.id).await;
        assert_refused(transaction.execute(sql, &[&id]).await, "55000", "append_only");
        // The rule is the row's, so it binds a superuser too.
        let superuser = database.superuser().await;
        assert_refused(superuser.execute(sql, &[&id]).await, "55000", "append_only");
    }
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.conversation_logs AS c SET content_digest = repeat('0', 64), message_count = 0, content_salt = NULL
               WHERE id = $1 RETURNING to_jsonb(c)";
    let (_, kept) = row(&transaction, sql, &[&id]).await;
    for column in ["content_digest", "message_count", "content_salt"] {
        assert_eq!(kept[column], second[column], "{column}");
    }
}

#[tokio::test]
async fn after_its_end_nothing_of_a_conversation_changes() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (id, _) = log(&transaction, &north, &json!([said("one")])).await;
    let (_, ended) = row(&transaction, END, &[&id]).await;
    transaction.commit().await.expect("committed");
    for sql in [
        "SELECT awgp.append_conversation($1, '[{\"role\": \"user\", \"content\": \"late\"}]')",
        "SELECT awgp.end_conversation($1)",
        "UPDATE awgp.conversation_logs SET ended_at = NULL WHERE id = $1",
        "UPDATE awgp.conversation_logs SET cost_amount = 1 WHERE id = $1",
        "UPDATE awgp.conversation_logs SET token_count = 1 WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = messages || '{\"role\": \"user\", \"content\": \"late\"}' WHERE id = $1",
    ] {
        let transaction = within(&mut app, north.id).await;
        assert_refused(transaction.execute(sql, &[&id]).await, "55000", "conversation_ended");
    }
    let transaction = within(&mut app, north.id).await;
    // An ORM that writes every column as it was changes nothing.
    let sql = "UPDATE awgp.conversation_logs SET messages = messages, ended_at = ended_at WHERE id = $1";
    transaction.execute(sql, &[&id]).await.expect("nothing changes");
    let mut now = stored(&transaction, id).await;
    now["updated_at"] = ended["updated_at"].clone();
    assert_eq!(now, ended);
}

#[tokio::test]
async fn writers_that_append_at_once_lose_nothing() {
    const WRITERS: usize = 8;
    const MESSAGES: usize = 10;
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (id, _) = log(&transaction, &north, &json!([])).await;
    transaction.commit().await.expect("committed");
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (mut client, north) = (database.app().await, north.clone());
        writers.push(tokio::spawn(async move {
            for message in 0..MESSAGES {
                let transaction = within(&mut client, north.id).await;
                let messages = json!([said(&format!("{writer}.{message}"))]);
                row(&transaction, APPEND, &[&id, &messages]).await;
                transaction.commit().await.expect("committed");
            }
        }));
    }
    for writer in writers {
        writer.await.expect("a writer ends well");
    }
    let transaction = within(&mut app, north.id).await;
    let conversation = stored(&transaction, id).await;
    assert_eq!(conversation["message_count"], json!(WRITERS * MESSAGES));
    let messages = conversation["messages"].as_array().expect("an array");
    for writer in 0..WRITERS {
        let own: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
        let own: Vec<&str> = own.into_iter().filter_map(Value::as_str).collect();
        let own: Vec<&str> = own.into_iter().filter(|text| text.starts_with(&format!("{writer}."))).collect();
        let expected: Vec<String> = (0..MESSAGES).map(|message| format!("{writer}.{message}")).collect();
        assert_eq!(own, expected, "each writer's messages, in its order");
    }
    let sql = "SELECT count(*) FROM awgp.conversation_search WHERE conversation_log_id = $1";
    let indexed: i64 = transaction.query_one(sql, &[&id]).await.expect("a count").get(0);
    assert_eq!(usize::try_from(indexed), Ok(WRITERS * MESSAGES));
}

#[tokio::test]
async fn a_conversation_of_another_tenant_is_none() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let (id, _) = log(&transaction, &group.north, &json!([said("one")])).await;
    transaction.commit().await.expect("committed");
    for tenant in [group.south.id, group.holding.id, group.other.id] {
        for sql in [
            "SELECT awgp.append_conversation($1, '[]')",
            "SELECT awgp.end_conversation($1)",
            "SELECT awgp.hold_conversation($1)",
            "SELECT awgp.erase_conversation($1, 'why')",
        ] {
            let transaction = within(&mut app, tenant).await;
            assert_refused(transaction.execute(sql, &[&id]).await, "P0002", "unknown_conversation");
        }
    }
    let app = database.app().await;
    let error = app.execute("SELECT awgp.end_conversation($1)", &[&id]).await;
    assert_refused(error, "42501", "no_tenant_context");
}
