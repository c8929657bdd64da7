//! What is logged, and what the machine adds to it.

use super::{attempt, log, row, said, stored};
use awgp_tests::fixture::{group, within, within_as};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use serde_json::{Value, json};

#[tokio::test]
async fn log_conversation_returns_the_row_and_the_machine_keeps_its_columns() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let messages = json!([said("hi"), {"role": "assistant", "content": [{"type": "text", "text": "ho"}]}]);
    let sql = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'telegram', $2, $3, 'chat-7', 1.5, 70) AS c";
    let (id, made) = row(&transaction, sql, &[&north.assistant, &messages, &north.work_item]).await;
    for (column, value) in [
        ("tenant_id", json!(north.id)),
        ("messages", messages),
        ("message_count", json!(2)),
        ("external_id", json!("chat-7")),
        ("cost_amount", json!(1.5)),
        ("cost_is_computed", json!(false)),
        ("token_count", json!(70)),
        ("model", json!("gpt-4")),
        ("ended_at", Value::Null),
        ("legal_hold", json!(false)),
        ("erased_at", Value::Null),
    ] {
        assert_eq!(made[column], value, "{column}");
    }
    assert!(made["started_at"].is_string());
    assert_eq!(made, stored(&transaction, id).await);
    // A plain INSERT gets the same, whatever it says of what is the machine's.
    let sql = "INSERT INTO awgp.conversation_logs AS c
                   (assistant_id, channel, messages, message_count, content_digest, content_salt, erased_by)
               VALUES ($1, 'telegram', $2, 99, repeat('0', 64), '\\x00', $3) RETURNING to_jsonb(c)";
    let (_, plain) =
        row(&transaction, sql, &[&north.assistant, &json!([said("hi")]), &north.user("admin")]).await;
    assert_eq!((&plain["message_count"], &plain["erased_by"]), (&json!(1), &Value::Null));
    assert_ne!(plain["content_digest"], json!("0".repeat(64)));
    assert_eq!(plain["content_salt"].as_str().map(str::len), Some(2 + 64), "32 bytes in hex");
}

#[tokio::test]
async fn cost_and_tokens_are_the_ledgers_until_the_conversation_ends() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let spend = "INSERT INTO awgp.cost_transactions
                     (assistant_id, work_item_id, provider, model, input_tokens, output_tokens, cost_amount, created_at)
                 VALUES ($1, $2, 'local', $3, 10, 5, 0.000123, clock_timestamp())";
    let work = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'internal', '[]', $2) AS c";
    let (unspent, made) = row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    assert_eq!(
        (&made["cost_amount"], &made["token_count"], &made["model"]),
        (&json!(0.0), &json!(0), &json!("gpt-4"))
    );
    transaction.execute(spend, &[&north.assistant, &north.work_item, &"first"]).await.expect("a cost");
    let (open, made) = row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    assert_eq!((&made["cost_amount"], &made["token_count"]), (&json!(0.000_123), &json!(15)));
    assert_eq!((&made["model"], &made["cost_is_computed"]), (&json!("first"), &json!(true)));
    let given =
        "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'internal', '[]', $2, cost_amount => 7) AS c";
    let (given, made) = row(&transaction, given, &[&north.assistant, &north.work_item]).await;
    assert_eq!((&made["cost_amount"], &made["token_count"]), (&json!(7.0), &json!(15)));
    transaction.execute(spend, &[&north.assistant, &north.work_item, &"second"]).await.expect("a cost");
    let end = "SELECT to_jsonb(c) FROM awgp.end_conversation($1) AS c";
    for (id, cost, tokens) in [(unspent, 0.000_246, 30), (open, 0.000_246, 30), (given, 7.0, 30)] {
        let (_, ended) = row(&transaction, end, &[&id]).await;
        assert_eq!((&ended["cost_amount"], &ended["token_count"]), (&json!(cost), &json!(tokens)));
        assert!(ended["ended_at"].is_string());
    }
    // Without a work item the ledger has nothing to say.
    let (_, plain) = log(&transaction, &north, &json!([])).await;
    assert_eq!((&plain["cost_amount"], &plain["cost_is_computed"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn what_the_ledger_took_back_is_no_cost_and_no_tokens_of_a_conversation() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let spend = "SELECT id FROM awgp.record_cost($1, 'local', $2, $3, 5, $4::text::numeric, $5)";
    let mut entries = Vec::new();
    for (model, tokens, cost) in [("first", 10_i64, "0.25"), ("second", 100, "0.5")] {
        let row = transaction
            .query_one(spend, &[&north.assistant, &model, &tokens, &cost, &north.work_item])
            .await
            .expect("a cost");
        entries.push(row.get::<_, uuid::Uuid>(0));
    }
    let work = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'internal', '[]', $2) AS c";
    let (open, made) = row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    assert_eq!((&made["cost_amount"], &made["token_count"]), (&json!(0.75), &json!(120)));
    let reverse = "SELECT awgp.reverse_cost($1, 'counted twice')";
    transaction.execute(reverse, &[&entries[1]]).await.expect("a correction");
    // A new one is told what is left; the open one keeps what it was told until it ends.
    let (_, later) = row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    assert_eq!((&later["cost_amount"], &later["token_count"]), (&json!(0.25), &json!(15)));
    assert_eq!(later["model"], json!("first"), "the last one whose entry stands");
    assert_eq!(stored(&transaction, open).await["cost_amount"], json!(0.75));
    let end = "SELECT to_jsonb(c) FROM awgp.end_conversation($1) AS c";
    let (_, ended) = row(&transaction, end, &[&open]).await;
    assert_eq!((&ended["cost_amount"], &ended["token_count"]), (&json!(0.25), &json!(15)));
    // All of it taken back is nothing, and not less.
    transaction.execute(reverse, &[&entries[0]]).await.expect("a correction");
    let (_, none) = row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    assert_eq!((&none["cost_amount"], &none["token_count"]), (&json!(0.0), &json!(0)));
}

#[tokio::test]
async fn messages_that_break_a_rule_are_refused_by_function_and_by_plain_sql() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (open, _) = log(&transaction, &north, &json!([said("hi")])).await;
    transaction.commit().await.expect("committed");
    let large = json!([said(&"x".repeat(128 << 10))]);
    let many = Value::from(vec![said("x"); 10_001]);
    for (messages, reason) in [
        (json!({}), "messages_invalid"),
        (json!([{"content": "no role"}]), "messages_invalid"),
        (json!([{"role": "nobody", "content": "x"}]), "messages_invalid"),
        (json!([{"role": "user"}]), "messages_invalid"),
        (json!([{"role": "user", "content": 7}]), "messages_invalid"),
        (large, "messages_too_large"),
        (many, "messages_too_large"),
    ] {
        let insert =
            "INSERT INTO awgp.conversation_logs (assistant_id, channel, messages) VALUES ($1, 'x', $2)";
        for sql in ["SELECT awgp.log_conversation($1, 'x', $2)", insert] {
            let transaction = within(&mut app, north.id).await;
            assert_refused(transaction.execute(sql, &[&north.assistant, &messages]).await, "22023", reason);
        }
        let transaction = within(&mut app, north.id).await;
        let append = "SELECT awgp.append_conversation($1, $2)";
        assert_refused(transaction.execute(append, &[&open, &messages]).await, "22023", reason);
    }
}

#[tokio::test]
async fn a_conversation_is_of_one_assistant_and_one_tenant() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (north, south) = (&group.north, &group.south);
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom')";
    let other = awgp_tests::fixture::one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("committed");
    let sql = "SELECT awgp.log_conversation($1, 'x', '[]', $2)";
    let others = attempt(&mut app, north.id, None, sql, &[&other, &north.work_item]).await;
    assert_refused(others, "23514", "other_assistant");
    for (assistant, work_item) in [(south.assistant, None), (north.assistant, Some(south.work_item))] {
        let foreign = attempt(&mut app, north.id, None, sql, &[&assistant, &work_item]).await;
        assert_sqlstate(foreign, "23503");
    }
    let nothing = None::<uuid::Uuid>;
    let error = database.app().await.execute(sql, &[&north.assistant, &nothing]).await;
    assert_refused(error, "42501", "no_tenant_context");
    let viewer = Some(north.user("viewer"));
    let error = attempt(&mut app, north.id, viewer, sql, &[&north.assistant, &nothing]).await;
    assert_refused(error, "42501", "role_not_sufficient");
}
