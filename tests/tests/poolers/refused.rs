//! The setting `awgp.session_context`, and what the doctor says of it.

use super::session_context;
use awgp_tests::fixture::Group;
use awgp_tests::tokens::{signed_database, token_of, trusting_database};
use awgp_tests::{Database, Login, assert_refused};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

async fn tenant(client: &Client) -> Result<Option<Uuid>, Error> {
    Ok(client.query_one("SELECT awgp.current_tenant()", &[]).await?.get(0))
}

/// A setting of the session, and one of the transaction.
fn settings(group: &Group) -> (String, String) {
    let id = group.north.id;
    (
        format!("SET app.current_tenant = '{id}'"),
        format!("SET LOCAL app.current_tenant = '{}'", group.south.id),
    )
}

#[tokio::test]
async fn an_identity_of_the_session_is_refused_unless_a_superuser_allows_it() {
    for (database, group) in [signed_database().await, trusting_database().await] {
        let token = token_of(group.north.user("manager"));
        let keep = "SELECT awgp.authenticate($1, for_session => true)";
        let app = database.app().await;
        assert_refused(app.execute(keep, &[&token]).await, "42501", "session_context");
        app.execute("SELECT awgp.authenticate($1)", &[&token]).await.expect("for the transaction");
        app.execute("SET awgp.session_context = 'allowed'", &[]).await.expect_err("not theirs to set");
        for (value, is_allowed) in [("allowed", true), ("setting", false), ("refused", false)] {
            session_context(&database, value).await;
            let app = database.app().await;
            let kept = app.execute(keep, &[&token]).await;
            if is_allowed {
                kept.expect("a superuser allows it");
                assert_eq!(tenant(&app).await.expect("a tenant"), Some(group.north.id));
            } else {
                assert_refused(kept, "42501", "session_context");
            }
        }
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_read_refuses_contexts_of_the_session() {
    let (database, group) = trusting_database().await;
    let superuser = awgp_tests::connect_to("postgres", Login::Superuser).await;
    let preloaded: String =
        superuser.query_one("SHOW shared_preload_libraries", &[]).await.expect("a setting").get(0);
    if preloaded.contains("awgp") {
        // The server checks the value when it is given.
        return;
    }
    let nonsense = format!("ALTER DATABASE {} SET awgp.session_context = 'alowed'", database.name);
    superuser.batch_execute(&nonsense).await.expect("a placeholder takes any value");
    let token = token_of(group.north.user("manager"));
    let app = database.app().await;
    let kept = app.execute("SELECT awgp.authenticate($1, true)", &[&token]).await;
    assert_refused(kept, "42501", "session_context");
}

#[tokio::test]
async fn where_it_is_refused_a_tenant_counts_only_in_the_transaction_that_has_set_it() {
    let (database, group) = trusting_database().await;
    session_context(&database, "refused").await;
    let (session, local) = settings(&group);
    let app = database.app().await;
    // Also before the library is loaded, when the setting is a placeholder.
    app.batch_execute(&session).await.expect("any value can be set");
    assert_refused(tenant(&app).await, "42501", "session_context");
    let write = app.execute("SELECT awgp.create_user('a@b.example', 'viewer')", &[]).await;
    assert_refused(write, "42501", "session_context");

    app.batch_execute("BEGIN").await.expect("a transaction begins");
    app.batch_execute(&local).await.expect("it is set");
    assert_eq!(tenant(&app).await.expect("a tenant"), Some(group.south.id));
    app.batch_execute(&format!("SAVEPOINT s; {local}; ROLLBACK TO s")).await.expect("a savepoint");
    assert_eq!(tenant(&app).await.expect("a tenant"), Some(group.south.id));
    app.batch_execute("ROLLBACK; BEGIN").await.expect("another one");
    app.batch_execute(&format!("SAVEPOINT s; {local}; ROLLBACK TO s")).await.expect("a savepoint");
    assert_refused(tenant(&app).await, "42501", "session_context");
    app.batch_execute(&format!("ROLLBACK; BEGIN; {session}")).await.expect("a session's, in a transaction");
    assert_eq!(tenant(&app).await.expect("set in this transaction"), Some(group.north.id));
    app.batch_execute("COMMIT").await.expect("it commits");
    assert_refused(tenant(&app).await, "42501", "session_context");
    let set = format!("SELECT awgp.set_context('{}'), awgp.current_tenant()", group.other.id);
    app.batch_execute(&set).await.expect("a context of its own comes first");
    app.batch_execute("RESET app.current_tenant").await.expect("reset");
    assert_eq!(tenant(&app).await.expect("no tenant, no error"), None);
}

#[tokio::test]
async fn the_first_transaction_of_a_connection_may_set_it_before_the_library_is_loaded() {
    let (database, group) = trusting_database().await;
    session_context(&database, "refused").await;
    let app = database.app().await;
    let sql = format!("BEGIN; SET LOCAL app.current_tenant = '{}'", group.north.id);
    app.batch_execute(&sql).await.expect("a placeholder");
    assert_eq!(tenant(&app).await.expect("a tenant"), Some(group.north.id));
}

#[tokio::test]
async fn what_an_administrator_has_set_for_a_login_counts_and_what_a_client_passes_does_not() {
    let (database, group) = trusting_database().await;
    session_context(&database, "refused").await;
    let (login, name) = ("awgp_test_app", &database.name);
    let sql = format!("ALTER ROLE {login} IN DATABASE {name} SET app.current_tenant = '{}'", group.north.id);
    database.superuser().await.batch_execute(&sql).await.expect("a superuser sets it");
    assert_eq!(tenant(&database.app().await).await.expect("a tenant"), Some(group.north.id));

    let mut config = awgp_tests::server();
    config.dbname(name).user(login).password(awgp_tests::PASSWORD);
    config.options(format!("-c app.current_tenant={}", group.south.id));
    let (app, connection) = config.connect(tokio_postgres::NoTls).await.expect("any client may pass it");
    tokio::spawn(connection);
    assert_refused(tenant(&app).await, "42501", "session_context");
}

/// Codes, objects and hints of the doctor's findings of one code.
async fn findings(database: &Database, code: &str) -> Vec<(String, String)> {
    let maintainer = database.connect(Login::Maintainer).await;
    let sql = "SELECT object, hint FROM awgp.doctor() WHERE code = $1";
    let rows = maintainer.query(sql, &[&code]).await.expect("the doctor answers");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn the_doctor_says_where_contexts_outlive_their_transaction() {
    let database = Database::new().await;
    let name = &database.name;
    let superuser = database.superuser().await;
    let [(_, hint)] = &findings(&database, "session_setting").await[..] else { panic!("trusted mode") };
    assert_eq!(findings(&database, "session_context").await, []);
    superuser.batch_execute(hint).await.expect("the hint is a statement");
    assert_eq!(findings(&database, "session_setting").await, []);
    let roles = format!("awgp_test_app IN DATABASE {name}");
    for place in [format!("DATABASE {name}"), format!("ROLE {roles}")] {
        let allow = format!("ALTER {place} SET awgp.session_context = allowed");
        superuser.batch_execute(&allow).await.expect("a superuser allows it");
        let found = findings(&database, "session_context").await;
        let [(object, hint)] = &found[..] else { panic!("{place}: {found:?}") };
        assert_eq!(*object, format!("awgp.session_context of {place}"));
        superuser.batch_execute(hint).await.expect("the hint is a statement");
        assert_eq!(findings(&database, "session_context").await, [], "{place}");
    }
}

#[tokio::test]
async fn the_doctor_names_settings_that_put_tokens_into_the_log() {
    let (database, _) = signed_database().await;
    let name = &database.name;
    let superuser = database.superuser().await;
    assert_eq!(findings(&database, "token_logged").await, []);
    for (place, setting) in [
        (format!("DATABASE {name}"), "pgaudit.log_parameter = on"),
        (format!("ROLE awgp_test_app IN DATABASE {name}"), "pgaudit.log_parameter = on"),
        (format!("DATABASE {name}"), "log_parameter_max_length_on_error = 100"),
        (format!("ROLE awgp_test_app IN DATABASE {name}"), "log_statement = 'all'"),
        (format!("DATABASE {name}"), "log_min_duration_statement = 250"),
    ] {
        let sql = format!("ALTER {place} SET {setting}");
        superuser.batch_execute(&sql).await.expect("a superuser sets it");
        let found = findings(&database, "token_logged").await;
        let [(object, _)] = &found[..] else { panic!("{sql}: {found:?}") };
        let (parameter, _) = setting.split_once(' ').expect("a name");
        assert_eq!(*object, format!("{parameter} of {place}"));
        let off = format!("ALTER {place} SET log_parameter_max_length = 0");
        superuser.batch_execute(&off).await.expect("a superuser sets it");
        let only_lengths = setting.starts_with("log_statement") || setting.starts_with("log_min");
        let is_for_all = place.starts_with("DATABASE");
        if only_lengths && is_for_all {
            assert_eq!(findings(&database, "token_logged").await, [], "{sql}: no parameter is logged");
        }
        superuser.batch_execute(&format!("ALTER {place} RESET ALL")).await.expect("reset");
        let signed = format!("ALTER DATABASE {name} SET awgp.context_mode = signed");
        superuser.batch_execute(&signed).await.expect("put back");
    }
    // Where nobody uses tokens there are none to log.
    let (trusting, _) = awgp_tests::fixture::scene().await;
    let sql = format!("ALTER DATABASE {} SET pgaudit.log_parameter = on", trusting.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets it");
    assert_eq!(findings(&trusting, "token_logged").await, []);
}
