//! What is declared: the trail has commitments, readers see the values, an erasure removes them.

use super::{SECRET, assert_whole, counts, declare, erase, history, person, tables_with_the_secret, work};
use awgp_tests::fixture::{group, within, within_as};
use awgp_tests::{Database, Login, trail};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_declared_column_is_a_commitment_in_the_trail_and_a_value_for_its_readers() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let rows = trail::history(&database, user).await;
    let state = rows[0].after_state.as_deref().expect("a state");
    assert!(!state.to_lowercase().contains(SECRET), "{state}");
    let stored: Value = serde_json::from_str(state).expect("JSON");
    let commitment = stored["email"]["erasable"]["hmac"].as_str().expect("a commitment");
    assert_eq!(stored["role"], "operator", "what is not declared stays plain");
    let metadata: Value = serde_json::from_str(rows[0].metadata.as_deref().expect("metadata")).expect("JSON");
    let mut named: Vec<&str> =
        metadata["erasable"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    named.sort_unstable();
    let expected =
        ["after_state.email", "after_state.first_name", "after_state.keycloak_id", "after_state.last_name"];
    assert_eq!(named, expected);

    let seen = history(&database, &north, "users", user).await;
    assert_eq!(seen[0].2["email"], "zyzzyva7741@north.example");
    let superuser = database.superuser().await;
    let sql = "SELECT awgp.erasable_commitment(salt, value) = commitment, octet_length(salt), subject
               FROM awgp.audit_erasable_values WHERE commitment = $1";
    let row = superuser.query_one(sql, &[&commitment]).await.expect("the value is there");
    assert_eq!((row.get(0), row.get(1), row.get::<_, String>(2)), (true, 32, user.to_string()));
    assert_whole(&database).await;
}

#[tokio::test]
async fn a_value_that_does_not_change_is_stored_once_and_null_stays_null() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT id FROM awgp.create_user('a@north.example', 'viewer')";
    let user: Uuid = transaction.query_one(sql, &[]).await.expect("a user").get(0);
    transaction.commit().await.expect("committed");
    let transaction = within(&mut app, north.id).await;
    transaction.execute("SELECT awgp.update_user($1, role => 'operator')", &[&user]).await.expect("changed");
    transaction.commit().await.expect("committed");
    let rows = trail::history(&database, user).await;
    let state = |state: &Option<String>| -> Value {
        serde_json::from_str(state.as_deref().expect("a state")).expect("JSON")
    };
    let (before, after) = (state(&rows[1].before_state), state(&rows[1].after_state));
    assert_eq!(before["email"], after["email"], "one commitment");
    assert_eq!(after["first_name"], Value::Null);
    let superuser = database.superuser().await;
    let sql = "SELECT count(*) FROM awgp.audit_erasable_values WHERE subject = $1";
    let stored: i64 = superuser.query_one(sql, &[&user.to_string()]).await.expect("counted").get(0);
    assert_eq!(stored, 2, "one of the insert, one of the update");
    let seen = history(&database, &north, "users", user).await;
    assert_eq!(
        (&seen[1].1["email"], &seen[1].2["email"]),
        (&json!("a@north.example"), &json!("a@north.example"))
    );
    assert_whole(&database).await;
}

#[tokio::test]
async fn an_erased_user_leaves_no_byte_and_the_trail_verifies() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let item = work(&database, &north, user, true).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT awgp.log_conversation($1, 'mail', '[{\"role\": \"user\", \"content\": \"I am zyzzyva7741\"}]', $2)";
    transaction.execute(sql, &[&north.assistant, &item]).await.expect("a conversation");
    let sql = "SELECT awgp.log_event('asked', 'letter', $1, after => '{\"text\": \"from Zyzzyva7741\", \"n\": 7}',
                                     metadata => '{\"sender\": \"zyzzyva7741\"}', erasable => '{text,sender}')";
    transaction.execute(sql, &[&user]).await.expect("an event");
    transaction.commit().await.expect("committed");
    let superuser = database.superuser().await;
    let with = tables_with_the_secret(&superuser).await;
    let expected = [
        "awgp.audit_erasable_values",
        "awgp.conversation_logs",
        "awgp.conversation_search",
        "awgp.users",
        "awgp.work_items",
        "pg_catalog.pg_statistic",
    ];
    assert_eq!(with, expected, "the trail itself has none of it");
    assert_whole(&database).await;
    let before: Vec<String> =
        trail::rows(&database).await.iter().map(|row| row.integrity_hash.clone()).collect();

    let dry = erase(&database, &north, user, true).await;
    assert_eq!(tables_with_the_secret(&superuser).await, expected, "a dry run erases nothing");
    let lines = erase(&database, &north, user, false).await;
    assert_eq!(dry, lines, "a dry run says what an erasure does");
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_whole(&database).await;
    let after: Vec<String> =
        trail::rows(&database).await.iter().map(|row| row.integrity_hash.clone()).collect();
    assert!(before.iter().all(|hash| after.contains(hash)), "no event has changed");

    let erased = |place, what| counts(&lines, place, what);
    assert_eq!(erased("awgp.users", "email, first_name, last_name, keycloak_id"), (Some(1), 1, Some(0)));
    assert_eq!(
        erased("awgp.work_items", "title, description, closed_reason, context, result"),
        (Some(1), 1, Some(0))
    );
    assert_eq!(
        erased("awgp.conversation_logs", "conversations about their work items"),
        (Some(1), 1, Some(0))
    );
    assert_eq!(erased("awgp.audit_logs", "users.email"), (Some(1), 1, Some(0)));
    assert_eq!(erased("awgp.audit_logs", "letter.text"), (Some(1), 1, Some(0)));
    assert_eq!(erased("awgp.audit_logs", "letter.sender"), (Some(1), 1, Some(0)));
    // Of the insert and of the cancelling.
    assert_eq!(erased("awgp.audit_logs", "work_items.title"), (Some(2), 2, Some(0)));

    let seen = history(&database, &north, "users", user).await;
    let actions: Vec<&str> = seen.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(actions, ["insert", "update", "erase"]);
    assert!(seen[0].2["email"]["erased"]["event"].is_i64(), "{:?}", seen[0]);
    assert!(seen[1].1["email"]["erased"]["at"].is_string(), "{:?}", seen[1]);
    assert_eq!(seen[1].2["email"], json!(format!("erased-{user}@erased.invalid")));
    assert_eq!(seen[1].2["is_active"], json!(false));
    assert_eq!(seen[2].2["reason"], "request 17");

    let again = erase(&database, &north, user, false).await;
    assert!(again.iter().all(|line| line.erased == 0), "{again:#?}");
    assert_eq!(
        history(&database, &north, "users", user).await.len(),
        3,
        "nothing was erased, so nothing is recorded"
    );
    assert_whole(&database).await;
}

#[tokio::test]
async fn a_tracked_table_says_whose_its_values_are() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC;
             CREATE TABLE shop.orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, customer uuid, address jsonb,
                                       note text, total numeric, pin text);
             GRANT ALL ON shop.orders TO PUBLIC;
             SELECT awgp.track_table('shop.orders', mask => '{pin}', erasable => '{address,note}', subject => 'customer')",
        )
        .await
        .expect("a tracked table");
    let customer = north.user("viewer");
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "INSERT INTO shop.orders VALUES (7, $1, $2, '{\"street\": \"Zyzzyva7741 Street 1\", \"token\": \"hush\"}', 'ring at zyzzyva7741', 9.90, '1234')";
    transaction.execute(sql, &[&north.id, &customer]).await.expect("an order");
    transaction.execute("UPDATE shop.orders SET note = NULL, total = 1.0", &[]).await.expect("changed");
    transaction.execute("DELETE FROM shop.orders", &[]).await.expect("deleted");
    transaction.commit().await.expect("committed");
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT coalesce(after_state, before_state) FROM awgp.row_history('shop.orders', '7')";
    let seen = transaction.query(sql, &[]).await.expect("a history");
    let state: Value = seen[0].get(0);
    assert_eq!(state["address"], json!({"street": "Zyzzyva7741 Street 1", "token": "[masked]"}));
    assert_eq!((&state["note"], &state["pin"]), (&json!("ring at zyzzyva7741"), &json!("[masked]")));
    transaction.commit().await.expect("committed");
    assert_eq!(tables_with_the_secret(&superuser).await, ["awgp.audit_erasable_values"]);
    let auditor = database.connect(Login::Auditor).await;
    let listed = auditor
        .query_one("SELECT erasable, subject FROM awgp.tracked_tables", &[])
        .await
        .expect("the list of tracked tables");
    assert_eq!(
        (listed.get::<_, Vec<String>>(0), listed.get::<_, &str>(1)),
        (vec!["address".to_owned(), "note".to_owned()], "customer")
    );
    assert_whole(&database).await;

    // Dropping the subject hides what can no longer be erased; a new name of it does not.
    superuser.batch_execute("ALTER TABLE shop.orders RENAME customer TO buyer").await.expect("renamed");
    let transaction = within(&mut app, north.id).await;
    let sql = "INSERT INTO shop.orders VALUES (8, $1, $2, NULL, 'zyzzyva7741 again', 1, NULL)";
    transaction.execute(sql, &[&north.id, &customer]).await.expect("an order");
    transaction.commit().await.expect("committed");
    superuser.batch_execute("ALTER TABLE shop.orders DROP buyer").await.expect("dropped");
    let transaction = within(&mut app, north.id).await;
    let sql = "INSERT INTO shop.orders VALUES (9, $1, NULL, 'zyzzyva7741 once more', 1, NULL)";
    transaction.execute(sql, &[&north.id]).await.expect("an order");
    let sql = "SELECT awgp.flush_audit(), (SELECT after_state ->> 'note' FROM awgp.audit_logs
                                           WHERE entity_type = 'shop.orders' ORDER BY id DESC LIMIT 1)";
    transaction.query_one(sql, &[]).await.expect("flushed");
    transaction.commit().await.expect("committed");
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT after_state ->> 'note' FROM awgp.row_history('shop.orders', '9')";
    let note: String = transaction.query_one(sql, &[]).await.expect("an event").get(0);
    assert_eq!(note, "[masked]");
    transaction.commit().await.expect("committed");

    superuser.batch_execute("DELETE FROM shop.orders").await.expect("the application removes its own rows");
    let lines = erase(&database, &north, customer, false).await;
    assert_eq!(counts(&lines, "awgp.audit_logs", "shop.orders.note"), (Some(3), 3, Some(0)));
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_whole(&database).await;
}

#[tokio::test]
async fn nothing_is_declared_at_first_and_the_answer_names_what_was_recorded_before() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let user = person(&database, &north).await;
    work(&database, &north, user, true).await;
    let superuser = database.superuser().await;
    let sql = "SELECT (SELECT count(*) FROM awgp.audit_erasable_values), (SELECT count(*) FROM awgp.audit_erasable_columns)";
    let row = superuser.query_one(sql, &[]).await.expect("counted");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (0, 0));
    let lines = erase(&database, &north, user, false).await;
    let users = lines.iter().find(|line| line.what.starts_with("users: ")).expect("a line of the events");
    assert_eq!((users.found, users.erased, users.remains), (Some(1), 0, Some(1)));
    assert!(
        users.why.as_deref().is_some_and(|why| why.contains("until these months are retired")),
        "{users:?}"
    );
    let items = counts(&lines, "awgp.work_items", "title, description, closed_reason, context, result");
    assert_eq!(items, (Some(1), 0, Some(1)), "not declared, so it is not touched");
    // The erasure itself leaves no second copy, declared or not.
    let rows = trail::history(&database, user).await;
    let update = rows.iter().find(|row| row.action == "update").expect("the row was changed");
    assert!(update.before_state.as_deref().is_some_and(|state| !state.contains(SECRET)), "{update:?}");
    assert!(rows[0].after_state.as_deref().is_some_and(|state| state.contains(SECRET)), "{:?}", rows[0]);
    assert_whole(&database).await;
}

#[tokio::test]
async fn what_is_open_stays_until_it_is_over() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let item = work(&database, &north, user, false).await;
    let what = "title, description, closed_reason, context, result";
    let lines = erase(&database, &north, user, false).await;
    assert_eq!(counts(&lines, "awgp.work_items", what), (Some(1), 0, Some(1)));
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    transaction.execute("SELECT awgp.cancel_work_item($1, 'over')", &[&item]).await.expect("cancelled");
    transaction.commit().await.expect("committed");
    let lines = erase(&database, &north, user, false).await;
    assert_eq!(counts(&lines, "awgp.work_items", what), (Some(1), 1, Some(0)));
    assert_eq!(tables_with_the_secret(&database.superuser().await).await, Vec::<String>::new());
    assert_whole(&database).await;
}
