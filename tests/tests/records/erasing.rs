//! Content is erased wherever it is, the proof stays, and the trail verifies.

use super::{attempt, row, said, stored};
use awgp_core::records::commitment::{Kind, commitment};
use awgp_tests::command::Folder;
use awgp_tests::fixture::{Tenant, group, within, within_as};
use awgp_tests::{Database, assert_refused, trail};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// What must be gone; in lower case, as words are kept.
const SECRET: &str = "zyzzyva7741";

const ERASE: &str = "SELECT to_jsonb(c) FROM awgp.erase_conversation($1, 'request 17') AS c";

/// Every table of the database, catalogs and the toast behind them included, that has the secret in a row.
async fn tables_with_the_secret(superuser: &Client) -> Vec<String> {
    let sql =
        "SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
               WHERE relkind IN ('r', 'm') ORDER BY 1";
    let mut found = Vec::new();
    for table in superuser.query(sql, &[]).await.expect("the catalog is readable") {
        let table: String = table.get(0);
        let sql = format!("SELECT count(*) FROM {table} AS t WHERE t::text ILIKE '%' || $1 || '%'");
        let rows = superuser.query_one(&sql, &[&SECRET]).await;
        if rows.unwrap_or_else(|error| panic!("{table}: {error:?}")).get::<_, i64>(0) > 0 {
            found.push(table);
        }
    }
    found
}

/// A conversation with the secret in it, flags that quote it, and reviews that do.
async fn with_secret(database: &Database, north: &Tenant) -> (Uuid, Vec<Uuid>) {
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let messages = json!([said(&format!("I am Zyzzyva7741 and I owe {}", "x".repeat(4000))), said("ok")]);
    let sql = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'telegram', $2, $3, $4) AS c";
    let external = format!("chat {SECRET}");
    let (id, _) = row(&transaction, sql, &[&north.assistant, &messages, &north.work_item, &external]).await;
    let append = "SELECT to_jsonb(c) FROM awgp.append_conversation($1, $2) AS c";
    row(&transaction, append, &[&id, &json!([said("again zyzzyva7741")])]).await;
    let mut flags = Vec::new();
    for conversation in [Some(id), None] {
        let sql = "SELECT to_jsonb(f) FROM awgp.flag_hallucination(
                       $1, 'pattern', 0.9, 'again zyzzyva7741', conversation_log_id => $2) AS f";
        flags.push(row(&transaction, sql, &[&north.assistant, &conversation]).await.0);
    }
    transaction.commit().await.expect("committed");
    let transaction = within_as(&mut app, north.id, Some(north.user("manager"))).await;
    let review =
        "SELECT to_jsonb(f) FROM awgp.review_hallucination($1, 'confirmed', 'zyzzyva7741 it is') AS f";
    for flag in &flags {
        row(&transaction, review, &[flag]).await;
    }
    transaction.commit().await.expect("committed");
    (id, flags)
}

/// The server, the chain's own rules and the verifier in Python find the trail whole.
async fn assert_trail_verifies(database: &Database) {
    assert_eq!(trail::verify(database).await, []);
    let (install_id, rows) = (trail::install_id(database).await, trail::rows(database).await);
    trail::assert_intact(install_id, &rows);
    let folder = Folder::new(database);
    let file = folder.file("trail.jsonl");
    std::fs::write(&file, trail::export(install_id, &rows)).expect("the export is written");
    let (code, told) = trail::verify_in_python(file);
    assert_eq!(code, 0, "{told}");
}

#[tokio::test]
async fn an_erased_conversation_leaves_no_byte_of_its_content_and_the_chain_verifies() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (id, flags) = with_secret(&database, &north).await;
    let superuser = database.superuser().await;
    superuser.batch_execute("ANALYZE").await.expect("statistics are made");
    let content = ["awgp.conversation_logs", "awgp.conversation_search", "awgp.hallucination_flags"];
    assert_eq!(tables_with_the_secret(&superuser).await, content, "the trail and the statistics hold none");

    let mut app = database.app().await;
    let admin = north.user("admin");
    let transaction = within_as(&mut app, north.id, Some(admin)).await;
    let before = stored(&transaction, id).await;
    let (_, erased) = row(&transaction, ERASE, &[&id]).await;
    transaction.commit().await.expect("committed");
    for (column, value) in [
        ("messages", json!([])),
        ("message_count", json!(3)),
        ("external_id", Value::Null),
        ("content_salt", Value::Null),
        ("content_digest", before["content_digest"].clone()),
        ("erased_by", json!(admin)),
        ("erased_reason", json!("request 17")),
        ("channel", json!("telegram")),
    ] {
        assert_eq!(erased[column], value, "{column}");
    }
    assert!(erased["ended_at"].is_string(), "what is erased is over");
    superuser.batch_execute("ANALYZE").await.expect("statistics are made");
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());

    let transaction = within(&mut app, north.id).await;
    for flag in flags {
        let sql = "SELECT to_jsonb(f) FROM awgp.hallucination_flags AS f WHERE id = $1";
        let (_, flag) = row(&transaction, sql, &[&flag]).await;
        assert_eq!(
            (&flag["flagged_content"], &flag["notes"], &flag["content_salt"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(flag["status"], json!("confirmed"), "the judgement stays");
        assert!(flag["content_erased_at"].is_string());
    }
    transaction.commit().await.expect("committed");
    assert_trail_verifies(&database).await;
}

#[tokio::test]
async fn the_trail_says_who_erased_what_when_and_why() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (id, _) = with_secret(&database, &north).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let before = stored(&transaction, id).await;
    transaction.commit().await.expect("committed");
    // While the content is there, the digest in the trail can be held against it.
    let salt = hex::decode(&before["content_salt"].as_str().expect("a salt")[2..]).expect("hex");
    let messages: String = {
        let superuser = database.superuser().await;
        let sql = "SELECT messages::text FROM awgp.conversation_logs WHERE id = $1";
        superuser.query_one(sql, &[&id]).await.expect("the row is there").get(0)
    };
    let digest = commitment(&salt, Kind::Conversation, [before["external_id"].as_str(), Some(&messages)]);
    assert_eq!(before["content_digest"], json!(digest));
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    row(&transaction, ERASE, &[&id]).await;
    transaction.commit().await.expect("committed");
    let rows = trail::history(&database, id).await;
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["insert", "update", "update", "erase"]);
    for row in &rows {
        let after: Value = serde_json::from_str(row.after_state.as_deref().expect("a state")).expect("JSON");
        for absent in ["messages", "external_id", "content_salt"] {
            assert!(after.get(absent).is_none(), "{absent}");
        }
    }
    let event = rows.last().expect("the event");
    assert_eq!(event.actor_id, Some(north.user("admin")));
    let after: Value = serde_json::from_str(event.after_state.as_deref().expect("a state")).expect("JSON");
    let expected = json!({"reason": "request 17", "content_digest": digest, "message_count": 3, "search_rows": 3, "flags": 2});
    assert_eq!(after, expected);
}

#[tokio::test]
async fn who_may_not_erase_is_told_why_and_nothing_is_erased() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (id, _) = with_secret(&database, &north).await;
    let mut app = database.app().await;
    let plain =
        "UPDATE awgp.conversation_logs SET erased_at = now(), erased_reason = 'request 17' WHERE id = $1";
    let erase = "SELECT awgp.erase_conversation($1, 'request 17')";
    for role in ["viewer", "operator", "manager"] {
        for sql in [erase, plain] {
            let transaction = within_as(&mut app, north.id, Some(north.user(role))).await;
            assert_refused(transaction.execute(sql, &[&id]).await, "42501", "role_not_sufficient");
        }
    }
    for user in [None, Some(north.user("super_admin"))] {
        for sql in [erase, plain, "SELECT awgp.hold_conversation($1)"] {
            let transaction = app.transaction().await.expect("begins");
            let context = "SELECT awgp.set_context($1, $2, $3)";
            transaction.execute(context, &[&north.id, &user, &north.assistant]).await.expect("a context");
            assert_refused(transaction.execute(sql, &[&id]).await, "42501", "human_needed");
        }
    }
    for reason in ["''".to_owned(), "' '".to_owned(), "NULL".to_owned(), format!("'{}'", "x".repeat(501))] {
        let transaction = within(&mut app, north.id).await;
        let sql = format!("SELECT awgp.erase_conversation($1, {reason})");
        assert_refused(transaction.execute(&sql, &[&id]).await, "22023", "out_of_range");
    }
    let hold = "SELECT awgp.hold_conversation($1, $2)";
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    transaction.execute(hold, &[&id, &true]).await.expect("an admin holds");
    transaction.commit().await.expect("committed");
    for sql in [erase, plain] {
        let transaction = within(&mut app, north.id).await;
        assert_refused(transaction.execute(sql, &[&id]).await, "55000", "legal_hold");
    }
    let released = attempt(&mut app, north.id, Some(north.user("manager")), hold, &[&id, &false]).await;
    assert_refused(released, "42501", "role_not_sufficient");
    let transaction = within(&mut app, north.id).await;
    assert_eq!(stored(&transaction, id).await["message_count"], json!(3));
    transaction.execute(hold, &[&id, &false]).await.expect("the system releases");
    transaction.execute(plain, &[&id]).await.expect("plain SQL erases as the function does");
    assert_eq!(stored(&transaction, id).await["messages"], json!([]));
    transaction.commit().await.expect("committed");
    let superuser = database.superuser().await;
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_erased_stays_erased() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (id, flags) = with_secret(&database, &north).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (_, erased) = row(&transaction, ERASE, &[&id]).await;
    transaction.commit().await.expect("committed");
    for sql in [
        "SELECT awgp.erase_conversation($1, 'again')",
        "SELECT awgp.append_conversation($1, '[{\"role\": \"user\", \"content\": \"x\"}]')",
        "SELECT awgp.hold_conversation($1)",
        "UPDATE awgp.conversation_logs SET external_id = 'x' WHERE id = $1",
        "UPDATE awgp.conversation_logs SET erased_reason = 'x' WHERE id = $1",
        "UPDATE awgp.conversation_logs SET messages = '[{\"role\": \"user\", \"content\": \"x\"}]' WHERE id = $1",
    ] {
        let transaction = within(&mut app, north.id).await;
        assert_refused(transaction.execute(sql, &[&id]).await, "55000", "conversation_erased");
    }
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.conversation_logs SET erased_at = NULL WHERE id = $1";
    transaction.execute(sql, &[&id]).await.expect("the machine's column keeps what it has");
    assert_eq!(stored(&transaction, id).await["erased_at"], erased["erased_at"]);
    transaction.commit().await.expect("committed");
    let flag =
        "SELECT awgp.flag_hallucination($1, 'pattern', 0.5, 'quoted again', conversation_log_id => $2)";
    let quoted = attempt(&mut app, north.id, None, flag, &[&north.assistant, &id]).await;
    assert_refused(quoted, "55000", "conversation_erased");
    let admin = Some(north.user("admin"));
    let review = "SELECT awgp.review_hallucination($1, 'false_positive', 'he said …')";
    let noted = attempt(&mut app, north.id, admin, review, &[&flags[0]]).await;
    assert_refused(noted, "55000", "conversation_erased");
    let review = "SELECT awgp.review_hallucination($1, 'false_positive')";
    let judged = attempt(&mut app, north.id, admin, review, &[&flags[0]]).await;
    judged.expect("a judgement without content");
}

#[tokio::test]
async fn a_flag_that_is_written_while_its_conversation_is_erased_does_not_outlive_it() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    for level in ["READ COMMITTED", "REPEATABLE READ"] {
        let (id, _) = with_secret(&database, &north).await;
        let (mut flagger, eraser) = (database.app().await, database.app().await);
        eraser.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).await.expect("begins");
        eraser.execute("SELECT awgp.set_context($1)", &[&north.id]).await.expect("a context");
        eraser.execute("SELECT count(*) FROM awgp.hallucination_flags", &[]).await.expect("a snapshot");
        let transaction = within(&mut flagger, north.id).await;
        let flag = "SELECT awgp.flag_hallucination($1, 'pattern', 0.5, 'zyzzyva7741 again', conversation_log_id => $2)";
        transaction.execute(flag, &[&north.assistant, &id]).await.expect("a flag");
        let erasing = tokio::spawn(async move {
            let erased = eraser.execute("SELECT awgp.erase_conversation($1, 'request 17')", &[&id]).await;
            let end = if erased.is_ok() { "COMMIT" } else { "ROLLBACK" };
            eraser.batch_execute(end).await.expect("it ends");
            erased
        });
        database.until_somebody_waits().await;
        transaction.commit().await.expect("the flag is there");
        let erased = erasing.await.expect("it ends");
        if level == "READ COMMITTED" {
            erased.expect("it has waited, and sees the flag");
        } else {
            assert_refused(erased, "40001", "erased_meanwhile");
            let transaction = within(&mut flagger, north.id).await;
            row(&transaction, ERASE, &[&id]).await;
            transaction.commit().await.expect("run again, it is erased");
        }
        let superuser = database.superuser().await;
        assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new(), "{level}");
    }
}
