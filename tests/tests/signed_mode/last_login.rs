//! `users.last_login_at`: kept by authenticate(), and by nobody else in signed mode.

use super::{as_user, authenticate, authenticate_session};
use awgp_tests::tokens::{session_database, token_of};
use awgp_tests::{Database, fixture::Group};
use std::time::SystemTime;
use uuid::Uuid;

async fn last_login(database: &Database, user: Uuid) -> Option<SystemTime> {
    let sql = "SELECT last_login_at FROM awgp.users WHERE id = $1";
    database.superuser().await.query_one(sql, &[&user]).await.expect("a user").get(0)
}

/// Events of users in the trail.
async fn events(database: &Database, group: &Group) -> i64 {
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'users' AND tenant_id = $1";
    database.superuser().await.query_one(sql, &[&group.north.id]).await.expect("a count").get(0)
}

async fn set_back(database: &Database, user: Uuid, ago: &str) {
    let sql = format!(
        "SET session_replication_role = replica;
         UPDATE awgp.users SET last_login_at = clock_timestamp() - interval '{ago}' WHERE id = '{user}'"
    );
    database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
}

#[tokio::test]
async fn a_login_is_kept_once_a_minute_and_floods_no_trail() {
    let (database, group) = session_database().await;
    let app = database.app().await;
    let user = group.north.user("viewer");
    let before = events(&database, &group).await;
    assert_eq!(last_login(&database, user).await, None);
    authenticate(&app, &token_of(user)).await.expect("good");
    let first = last_login(&database, user).await.expect("kept");
    assert!(first.elapsed().is_ok_and(|since| since.as_secs() < 3600));
    authenticate(&app, &token_of(user)).await.expect("good");
    assert_eq!(last_login(&database, user).await, Some(first), "within the minute");
    set_back(&database, user, "2 minutes").await;
    authenticate_session(&app, &token_of(user)).await.expect("good");
    assert!(last_login(&database, user).await >= Some(first));
    assert_eq!(events(&database, &group).await, before, "the trail does not grow by logins");
}

#[tokio::test]
async fn a_login_waits_for_nobody_and_no_read_only_transaction_writes() {
    let (database, group) = session_database().await;
    let user = group.north.user("operator");
    let mut app = database.app().await;
    let mut admin = database.admin().await;
    // Whoever holds the user's row until later.
    let holder = admin.transaction().await.expect("begins");
    holder.execute("UPDATE awgp.users SET first_name = 'X' WHERE id = $1", &[&user]).await.expect("held");
    app.batch_execute("SET lock_timeout = '1ms'").await.expect("set");
    authenticate(&app, &token_of(user)).await.expect("it does not wait");
    holder.rollback().await.expect("rolled back");
    assert_eq!(last_login(&database, user).await, None);
    for options in ["READ ONLY", "ISOLATION LEVEL REPEATABLE READ, READ ONLY"] {
        app.batch_execute(&format!("BEGIN {options}")).await.expect("begins");
        authenticate(&app, &token_of(user)).await.expect("good");
        app.batch_execute("COMMIT").await.expect("commits");
        assert_eq!(last_login(&database, user).await, None, "{options}");
    }
    // An older snapshot than the row's: the login is left out, and nothing fails.
    let transaction = app
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .start()
        .await
        .expect("begins");
    transaction.execute("SELECT count(*) FROM awgp.tenants", &[]).await.expect("a snapshot");
    admin.execute("UPDATE awgp.users SET first_name = 'Y' WHERE id = $1", &[&user]).await.expect("changed");
    authenticate(&transaction, &token_of(user)).await.expect("good");
    transaction.commit().await.expect("commits");
    // What is rolled back was no login.
    let transaction = as_user(&mut app, user).await;
    transaction.rollback().await.expect("rolled back");
    assert_eq!(last_login(&database, user).await, None);
    let transaction = as_user(&mut app, user).await;
    transaction.commit().await.expect("commits");
    assert!(last_login(&database, user).await.is_some());
}

#[tokio::test]
async fn nobody_else_writes_it_in_signed_mode() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let (boss, viewer) = (group.north.user("super_admin"), group.north.user("viewer"));
    let transaction = as_user(&mut app, boss).await;
    let sql = "UPDATE awgp.users SET last_login_at = '2020-01-01', first_name = 'X' WHERE id = $1";
    assert_eq!(transaction.execute(sql, &[&viewer]).await.expect("the rest counts"), 1);
    transaction.commit().await.expect("commits");
    assert_eq!(last_login(&database, viewer).await, None);
}

#[tokio::test]
async fn two_transactions_of_two_users_do_not_meet_at_each_others_rows() {
    let (database, group) = session_database().await;
    let (one, two) = (group.north.user("admin"), group.north.user("super_admin"));
    let (mut first, mut second) = (database.app().await, database.app().await);
    for client in [&first, &second] {
        client.batch_execute("SET lock_timeout = '1ms'").await.expect("set");
    }
    // Each is authenticated, and then changes the other one's row, or its own.
    let (first, second) = (as_user(&mut first, one).await, as_user(&mut second, two).await);
    let sql = "UPDATE awgp.users SET first_name = 'X' WHERE id = $1";
    second.execute(sql, &[&one]).await.expect("it is not locked");
    first.execute(sql, &[&group.north.user("viewer")]).await.expect("it is not locked");
    first.commit().await.expect("commits");
    second.commit().await.expect("commits");
    assert!(last_login(&database, two).await.is_some());
}
