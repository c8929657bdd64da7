//! How long an identity lasts, and what ends it.

use super::{NOBODY, as_user, authenticate, authenticate_session, context, rows_seen};
use awgp_tests::tokens::{ED25519, claims_with, now, session_database, token_of, trusting_database};
use awgp_tests::{assert_refused, assert_sqlstate};
use serde_json::json;
use std::time::Duration;
use tokio_postgres::Client;
use uuid::Uuid;

#[tokio::test]
async fn an_identity_of_the_transaction_ends_with_it() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let user = group.north.user("manager");
    as_user(&mut app, user).await.commit().await.expect("a commit");
    assert_eq!(context(&app).await, NOBODY);
    as_user(&mut app, user).await.rollback().await.expect("a rollback");
    assert_eq!(context(&app).await, NOBODY);
    let transaction = as_user(&mut app, user).await;
    assert_sqlstate(transaction.execute("SELECT 1 / 0", &[]).await, "22012");
    drop(transaction);
    assert_eq!((context(&app).await, rows_seen(&app).await), (NOBODY, 0));
    authenticate(&app, &token_of(user)).await.expect("a statement of its own");
    assert_eq!(context(&app).await, NOBODY);
}

#[tokio::test]
async fn an_identity_of_the_session_outlives_commits_and_no_rollback() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let (user, token) = (group.north.user("manager"), token_of(group.north.user("manager")));
    let expected = (Some(group.north.id), Some(user));
    authenticate_session(&app, &token).await.expect("the token is good");
    for _ in 0..2 {
        assert_eq!(context(&app).await, expected);
        let transaction = app.transaction().await.expect("a transaction begins");
        assert_eq!(context(&transaction).await, expected);
        transaction.commit().await.expect("a commit");
    }
    assert_sqlstate(app.execute("SELECT 1 / 0", &[]).await, "22012");
    assert_eq!((context(&app).await, rows_seen(&app).await), (NOBODY, 0));

    let transaction = app.transaction().await.expect("a transaction begins");
    authenticate_session(&transaction, &token).await.expect("the token is good");
    assert_eq!(context(&transaction).await, expected);
    transaction.rollback().await.expect("a rollback");
    assert_eq!(context(&app).await, NOBODY);

    let transaction = app.transaction().await.expect("a transaction begins");
    authenticate_session(&transaction, &token).await.expect("the token is good");
    transaction.commit().await.expect("a commit");
    assert_eq!(context(&app).await, expected);
    app.batch_execute("BEGIN; ROLLBACK").await.expect("a rollback");
    assert_eq!(context(&app).await, NOBODY);
}

#[tokio::test]
async fn discard_all_and_reset_all_end_it() {
    let (database, group) = session_database().await;
    let app = database.app().await;
    let token = token_of(group.north.user("manager"));
    for reset in ["DISCARD ALL", "RESET ALL", "DO $$ BEGIN EXECUTE 'RESET ALL'; END $$"] {
        authenticate_session(&app, &token).await.expect("the token is good");
        assert_ne!(context(&app).await, NOBODY);
        app.batch_execute(reset).await.expect(reset);
        assert_eq!(context(&app).await, NOBODY, "{reset}");
    }
    for kept in ["DISCARD PLANS", "RESET search_path", "SET work_mem = '8MB'"] {
        authenticate_session(&app, &token).await.expect("the token is good");
        app.batch_execute(kept).await.expect(kept);
        assert_ne!(context(&app).await, NOBODY, "{kept}");
    }
    let sql = format!("BEGIN; SELECT awgp.authenticate('{token}'); RESET ALL");
    app.batch_execute(&sql).await.expect("reset within a transaction");
    assert_eq!(context(&app).await, NOBODY);
    app.batch_execute("COMMIT").await.expect("a commit");
    assert_eq!(context(&app).await, NOBODY);
}

/// An identity of the session by a token that expires soon: in two seconds, or in more where the machine is
/// too busy to take it in time. The token, and when it expires.
async fn soon_over(app: &Client, user: Uuid) -> (String, i64) {
    for life in [2, 4, 8, 16, 32, 64] {
        let expires = now() + life;
        let token = ED25519.sign(&claims_with(&user.to_string(), "exp", json!(expires)));
        match authenticate_session(app, &token).await {
            Ok(_) => return (token, expires),
            refused => assert_refused(refused, "42501", "token_expired"),
        }
    }
    panic!("the machine is too busy");
}

#[tokio::test]
async fn the_token_s_last_second_is_not_in_it() {
    let (database, group) = session_database().await;
    let app = database.app().await;
    let user = group.north.user("manager");
    let (token, expires) = soon_over(&app, user).await;
    let clock = "SELECT awgp.current_tenant(), floor(extract(epoch FROM clock_timestamp()))::bigint";
    loop {
        let before = now();
        let row = app.query_one(clock, &[]).await.expect("the context can be asked");
        let (tenant, after): (Option<Uuid>, i64) = (row.get(0), row.get(1));
        if before >= expires {
            assert_eq!(tenant, None);
            break;
        }
        // The clock may strike while the statement runs: only what is surely before must still be in force.
        assert!(tenant == Some(group.north.id) || after >= expires, "{after} {expires}");
    }
    assert_refused(authenticate(&app, &token).await, "42501", "token_expired");
    let insert = app.execute("INSERT INTO awgp.users (email, role) VALUES ('a@b', 'viewer')", &[]).await;
    assert_refused(insert, "42501", "no_tenant_context");
}

#[tokio::test]
async fn a_narrowed_identity_of_the_session_ends_with_its_token_too() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let user = group.north.user("manager");
    let narrow = "SELECT awgp.set_context($1, $2, $3)";
    loop {
        let (_, expires) = soon_over(&app, user).await;
        let transaction = app.transaction().await.expect("a transaction begins");
        let narrowed = transaction.execute(narrow, &[&group.north.id, &user, &group.north.assistant]).await;
        if let Err(error) = narrowed {
            // A busy machine may come too late: another token.
            assert!(now() >= expires, "an assistant of the tenant: {error:?}");
            continue;
        }
        while now() < expires {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(context(&transaction).await, NOBODY);
        return;
    }
}

#[tokio::test]
async fn a_user_or_a_tenant_that_is_deactivated_loses_the_session_at_its_next_transaction() {
    let (database, group) = session_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    for (what, sql) in [
        (group.north.user("manager"), "UPDATE awgp.users SET is_active = false WHERE id = $1"),
        (group.north.id, "UPDATE awgp.tenants SET is_active = false WHERE id = $1"),
    ] {
        let user = if what == group.north.id { group.north.user("admin") } else { what };
        authenticate_session(&app, &token_of(user)).await.expect("the token is good");
        assert_ne!(context(&app).await, NOBODY);
        admin.execute(sql, &[&what]).await.expect("an administrator deactivates");
        assert_eq!((context(&app).await, rows_seen(&app).await), (NOBODY, 0));
        let back = sql.replace("false", "true");
        admin.execute(&back, &[&what]).await.expect("an administrator activates");
        assert_eq!(context(&app).await, NOBODY, "what was lost does not come back by itself");
    }
}

#[tokio::test]
async fn a_provider_that_is_shut_out_loses_its_sessions_at_their_next_transaction() {
    let (database, group) = session_database().await;
    let (mut app, admin) = (database.app().await, database.admin().await);
    let token = token_of(group.north.user("manager"));
    authenticate_session(&app, &token).await.expect("the token is good");
    let running = app.transaction().await.expect("a transaction begins");
    assert_ne!(context(&running).await, NOBODY);
    admin.execute("UPDATE awgp.identity_providers SET is_active = false", &[]).await.expect("shut out");
    assert_ne!(context(&running).await, NOBODY, "a running transaction keeps what it has looked up");
    running.commit().await.expect("a commit");
    assert_eq!((context(&app).await, rows_seen(&app).await), (NOBODY, 0));
    admin.execute("UPDATE awgp.identity_providers SET is_active = true", &[]).await.expect("let in again");
    assert_eq!(context(&app).await, NOBODY, "what was lost does not come back by itself");
    authenticate_session(&app, &token).await.expect("the token is good again");
    admin.execute("DELETE FROM awgp.identity_providers", &[]).await.expect("removed");
    assert_eq!(context(&app).await, NOBODY);
}

#[tokio::test]
async fn a_savepoint_takes_back_what_was_authenticated_since() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let (north, south) = (group.north.user("admin"), group.south.user("admin"));
    let mut transaction = as_user(&mut app, north).await;
    for session in [false, true] {
        let savepoint = transaction.savepoint("before").await.expect("a savepoint");
        let token = token_of(south);
        if session {
            authenticate_session(&savepoint, &token).await.expect("the token is good");
        } else {
            authenticate(&savepoint, &token).await.expect("the token is good");
        }
        assert_eq!(context(&savepoint).await, (Some(group.south.id), Some(south)));
        savepoint.rollback().await.expect("back to the savepoint");
        assert_eq!(context(&transaction).await, (Some(group.north.id), Some(north)));
    }
    let savepoint = transaction.savepoint("kept").await.expect("a savepoint");
    authenticate(&savepoint, &token_of(south)).await.expect("the token is good");
    savepoint.commit().await.expect("released");
    assert_eq!(context(&transaction).await, (Some(group.south.id), Some(south)));
    transaction.commit().await.expect("a commit");
    assert_eq!(context(&app).await, NOBODY, "the session's was rolled back");
}

#[tokio::test]
async fn a_failed_statement_within_a_savepoint_leaves_the_session_authenticated() {
    let (database, group) = session_database().await;
    let app = database.app().await;
    authenticate_session(&app, &token_of(group.north.user("admin"))).await.expect("the token is good");
    let sql = "DO $$ BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END $$";
    app.batch_execute(sql).await.expect("the error is caught");
    assert_ne!(context(&app).await, NOBODY);
}

#[tokio::test]
async fn two_users_on_one_pooled_connection_never_meet() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let count = "SELECT count(*) FROM awgp.users WHERE tenant_id = $1";
    let statement = app.prepare(count).await.expect("a prepared statement");
    for _ in 0..8 {
        for tenant in [&group.north, &group.other] {
            let transaction = as_user(&mut app, tenant.user("operator")).await;
            for asked in [&group.north, &group.other] {
                let row = transaction.query_one(&statement, &[&asked.id]).await.expect("a count");
                assert_eq!(row.get::<_, i64>(0) > 0, asked.id == tenant.id);
            }
            transaction.commit().await.expect("a commit");
            let row = app.query_one(&statement, &[&tenant.id]).await.expect("a count");
            assert_eq!(row.get::<_, i64>(0), 0);
        }
    }
}

#[tokio::test]
async fn another_login_does_not_take_the_session_s_identity_over() {
    let (database, group) = session_database().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("SET SESSION AUTHORIZATION awgp_test_app").await.expect("a superuser may");
    authenticate_session(&superuser, &token_of(group.north.user("admin"))).await.expect("the token is good");
    assert_ne!(context(&superuser).await, NOBODY);
    let sql = "RESET SESSION AUTHORIZATION; SET SESSION AUTHORIZATION awgp_test_admin";
    superuser.batch_execute(sql).await.expect("a superuser may");
    assert_eq!(context(&superuser).await, NOBODY);
}

#[tokio::test]
async fn in_trusted_mode_a_token_counts_as_well() {
    let (database, group) = trusting_database().await;
    let mut app = database.app().await;
    let user = group.north.user("viewer");
    let transaction = as_user(&mut app, user).await;
    assert_eq!(context(&transaction).await, (Some(group.north.id), Some(user)));
    let insert =
        transaction.execute("SELECT awgp.create_work_item($1, 'No')", &[&group.north.assistant]).await;
    assert_refused(insert, "42501", "role_not_sufficient");
}

#[tokio::test]
async fn errors_pass_the_reset_watch_unchanged() {
    let (database, group) = session_database().await;
    let app = database.admin().await;
    app.query_one("SELECT awgp.version()", &[]).await.expect("the library is loaded, and watches");
    let sql = format!(
        "DO $$ BEGIN INSERT INTO awgp.tenants (name, slug, type) VALUES ('x', '{}', 'holding'); END $$",
        group.north.slug
    );
    let error = app.batch_execute(&sql).await.expect_err("the slug is taken");
    let error = error.as_db_error().expect("the server refuses");
    assert_eq!((error.code().code(), error.constraint()), ("23505", Some("tenants_slug_key")));
    assert_eq!((error.schema(), error.table()), (Some("awgp"), Some("tenants")));
    let error = app.batch_execute("CREATE TEMP TABLE t AS SELECT nowhere").await.expect_err("no such column");
    let position = error.as_db_error().and_then(|error| error.position().cloned());
    assert_eq!(position, Some(tokio_postgres::error::ErrorPosition::Original(31)));
}
