//! How a context begins, what is none, and how it ends.

use awgp_tests::asking::{SET_CONFIG, SET_CONTEXT, WAYS, attempt, enter, scene, seen};
use awgp_tests::everything::count;
use awgp_tests::fixture::{one, within};
use awgp_tests::{assert_refused, assert_sqlstate, refused};
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

#[tokio::test]
async fn an_unknown_and_an_inactive_tenant_are_refused_alike_by_set_context() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let sql = "SELECT awgp.set_context($1)";
    let unknown = refused(app.execute(sql, &[&Uuid::from_u128(7)]).await);
    let inactive = refused(app.execute(sql, &[&group.inactive.id]).await);
    let none = refused(app.execute(sql, &[&None::<Uuid>]).await);
    for refused in [&unknown, &inactive, &none] {
        assert_eq!((refused.code.as_str(), refused.reason.as_deref()), ("42501", Some("unknown_tenant")));
    }
    assert_eq!(unknown.detail, inactive.detail, "the answer does not tell which");
    assert_sqlstate(app.execute("SELECT awgp.set_context('not-a-uuid')", &[]).await, "22P02");
}

#[tokio::test]
async fn by_the_setting_an_unknown_or_inactive_tenant_is_no_context() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    for tenant in [Uuid::from_u128(7), group.inactive.id] {
        let mut transaction = enter(&mut app, SET_CONFIG, tenant).await;
        for table in &tables {
            assert!(seen(transaction.client(), table).await.is_empty(), "{table}");
        }
        let written = attempt(&mut transaction, "DELETE FROM awgp.users").await;
        assert_refused(written, "42501", "no_tenant_context");
        let sql = "SELECT awgp.current_tenant() IS NULL AND awgp.visible_tenants() = '{}'";
        assert!(transaction.query_one(sql, &[]).await.expect("an answer").get::<_, bool>(0));
    }
}

#[tokio::test]
async fn a_malformed_setting_is_one_clear_error_and_an_empty_one_is_no_context() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    for text in ["not-a-uuid", "0", "00000000-0000-0000-0000-00000000000", "'; DROP TABLE awgp.users; --"] {
        for sql in
            ["SELECT count(*) FROM awgp.users", "DELETE FROM awgp.users", "SELECT awgp.current_tenant()"]
        {
            let transaction = app.transaction().await.expect("a transaction begins");
            transaction.execute(SET_CONFIG, &[&text]).await.expect("a setting can be set");
            assert_refused(transaction.execute(sql, &[]).await, "22023", "malformed_tenant_id");
        }
    }
    let transaction = app.transaction().await.expect("a transaction begins");
    transaction.execute(SET_CONFIG, &[&""]).await.expect("a setting can be set");
    assert_eq!(count(transaction.client(), "users", None).await, 0);
    // As PostgreSQL writes a uuid and as people do.
    let id = group.north.id.to_string();
    for text in [id.to_uppercase(), format!(" {id} "), format!("{{{id}}}")] {
        transaction.execute(SET_CONFIG, &[&text]).await.expect("a setting can be set");
        assert_eq!(seen(transaction.client(), "users").await, [group.north.id], "{text}");
    }
}

/// The client has no context any more, and it is not an error.
async fn assert_no_context(client: &Client, after: &str) {
    // One message first: preparing a statement would be a transaction of its
    // own, whose end clears everything.
    let messages = client.simple_query("SELECT count(*) FROM awgp.users").await.expect("reading is no error");
    let rows = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    assert_eq!(rows, Some("0"), "after {after}");
    let written = client.batch_execute("DELETE FROM awgp.users").await;
    assert_refused(written, "42501", "no_tenant_context");
}

#[tokio::test]
async fn a_context_ends_with_its_transaction_however_it_ends() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    for way in WAYS {
        let transaction = enter(&mut app, way, group.north.id).await;
        assert_eq!(count(transaction.client(), "users", None).await, 5);
        transaction.commit().await.expect("commits");
        assert_no_context(&app, "commit").await;

        let transaction = enter(&mut app, way, group.north.id).await;
        transaction.rollback().await.expect("rolls back");
        assert_no_context(&app, "rollback").await;

        let transaction = enter(&mut app, way, group.north.id).await;
        assert_sqlstate(transaction.execute("SELECT 1 / 0", &[]).await, "22012");
        transaction.rollback().await.expect("rolls back");
        assert_no_context(&app, "an error").await;

        let transaction = enter(&mut app, way, group.north.id).await;
        transaction
            .execute("DECLARE kept CURSOR WITH HOLD FOR SELECT email FROM awgp.users", &[])
            .await
            .expect("a cursor");
        transaction.commit().await.expect("commits");
        app.batch_execute("DISCARD ALL").await.expect("the pool resets");
        assert_no_context(&app, "DISCARD ALL").await;

        // Outside of a transaction block it lasts for its own statement.
        app.execute(way, &[&group.north.id.to_string()]).await.expect("set");
        assert_no_context(&app, "its own statement").await;
    }
}

#[tokio::test]
async fn a_setting_of_the_session_lasts_until_it_is_reset_or_discarded() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let set = format!("SET app.current_tenant = '{}'", group.north.id);
    for end in ["RESET app.current_tenant", "RESET ALL", "DISCARD ALL"] {
        app.batch_execute(&set).await.expect("set");
        assert_eq!(count(&app, "users", None).await, 5);
        app.batch_execute(end).await.expect("reset");
        assert_no_context(&app, end).await;
    }
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_takes_its_context_with_it() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    for way in WAYS {
        // Nothing before the savepoint, so nothing after it.
        let mut transaction = app.transaction().await.expect("a transaction begins");
        let savepoint = transaction.transaction().await.expect("a savepoint");
        savepoint.execute(way, &[&group.north.id.to_string()]).await.expect("set");
        assert_eq!(seen(savepoint.client(), "users").await, [group.north.id]);
        savepoint.rollback().await.expect("rolled back");
        assert!(seen(transaction.client(), "users").await.is_empty(), "{way}");
        transaction.rollback().await.expect("rolled back");

        // What was in force before comes back.
        let mut transaction = enter(&mut app, way, group.north.id).await;
        let savepoint = transaction.transaction().await.expect("a savepoint");
        savepoint.execute(way, &[&group.south.id.to_string()]).await.expect("set");
        assert_eq!(seen(savepoint.client(), "users").await, [group.south.id]);
        savepoint.rollback().await.expect("rolled back");
        assert_eq!(seen(transaction.client(), "users").await, [group.north.id], "{way}");

        // What a released savepoint set stays.
        let savepoint = transaction.transaction().await.expect("a savepoint");
        savepoint.execute(way, &[&group.south.id.to_string()]).await.expect("set");
        savepoint.commit().await.expect("released");
        assert_eq!(seen(transaction.client(), "users").await, [group.south.id], "{way}");
        transaction.rollback().await.expect("rolled back");
    }
}

#[tokio::test]
async fn a_savepoint_inside_a_savepoint_keeps_and_loses_contexts_in_order() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let mut outer = transaction.transaction().await.expect("a savepoint");
    let inner = outer.transaction().await.expect("a savepoint");
    inner.execute(SET_CONTEXT, &[&group.south.id.to_string()]).await.expect("set");
    inner.commit().await.expect("released");
    assert_eq!(seen(outer.client(), "users").await, [group.south.id]);
    outer.rollback().await.expect("rolled back");
    assert_eq!(seen(transaction.client(), "users").await, [group.north.id]);
}

#[tokio::test]
async fn a_prepared_transaction_leaves_no_context_behind() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let name = format!("{}_prepared", database.name);
    let begin = format!("BEGIN; SELECT awgp.set_context('{}')", group.north.id);
    app.batch_execute(&begin).await.expect("set");
    app.batch_execute("UPDATE awgp.users SET first_name = 'P'").await.expect("written");
    app.batch_execute(&format!("PREPARE TRANSACTION '{name}'")).await.expect("prepared");
    assert_no_context(&app, "PREPARE TRANSACTION").await;
    app.batch_execute(&format!("COMMIT PREPARED '{name}'")).await.expect("committed");
    assert_no_context(&app, "COMMIT PREPARED").await;
}

#[tokio::test]
async fn a_context_of_user_or_assistant_of_another_tenant_is_refused() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let north = group.north.id;
    let user = "SELECT awgp.set_context($1::uuid, $2::uuid)";
    let assistant = "SELECT awgp.set_context($1, NULL, $2)";
    for id in [group.south.users[0], group.holding.users[0], Uuid::from_u128(7)] {
        assert_refused(app.execute(user, &[&north, &id]).await, "42501", "unknown_user");
    }
    for id in [group.south.assistant, Uuid::from_u128(7)] {
        assert_refused(app.execute(assistant, &[&north, &id]).await, "42501", "unknown_assistant");
    }
    let set = "UPDATE awgp.users SET is_active = false WHERE id = $1";
    let superuser = database.superuser().await;
    superuser.execute(set, &[&group.north.users[0]]).await.expect("set up");
    let inactive = app.execute(user, &[&north, &group.north.users[0]]).await;
    assert_refused(inactive, "42501", "unknown_user");
}

#[tokio::test]
async fn a_refused_set_context_leaves_the_one_before_in_force() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let sql = format!("SELECT awgp.set_context('{}', '{}')", group.south.id, group.other.users[0]);
    assert_refused(attempt(&mut transaction, &sql).await, "42501", "unknown_user");
    assert_eq!(seen(transaction.client(), "users").await, [group.north.id]);
}

#[tokio::test]
async fn set_context_wins_over_the_setting() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute(SET_CONFIG, &[&group.south.id.to_string()]).await.expect("a setting can be set");
    assert_eq!(seen(transaction.client(), "users").await, [group.north.id]);
}

#[tokio::test]
async fn a_tenant_is_found_by_slug_or_id_and_only_while_it_is_active() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let sql = "SELECT awgp.find_tenant($1)";
    for text in ["north".to_owned(), group.north.id.to_string(), group.north.id.to_string().to_uppercase()] {
        let found: Uuid = app.query_one(sql, &[&text]).await.expect("found").get(0);
        assert_eq!(found, group.north.id);
    }
    for text in ["nowhere", "North", "", "not-a-uuid", "inactive", &group.inactive.id.to_string()] {
        assert_refused(app.query_one(sql, &[&text]).await, "42501", "unknown_tenant");
    }
    assert_refused(app.query_one(sql, &[&None::<&str>]).await, "42501", "unknown_tenant");

    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.find_user($1)";
    let found = one(&transaction, sql, &[&"manager@north.example"]).await;
    assert_eq!(found, group.north.user("manager"));
    let stranger = transaction.query_one(sql, &[&"manager@south.example"]).await;
    assert_refused(stranger, "42501", "unknown_user");
}
