//! What hostile SQL may try against signed mode.

use super::settings::connect_with;
use super::{NOBODY, as_user, context, rows_seen};
use awgp_tests::assert_refused;
use awgp_tests::tokens::signed_database;
use tokio_postgres::Client;

#[tokio::test]
async fn set_context_only_narrows_to_an_assistant_of_the_same_tenant_and_user() {
    let (database, group) = signed_database().await;
    let mut app = database.app().await;
    let none: Option<uuid::Uuid> = None;
    let sql = "SELECT awgp.set_context($1, $2, $3)";
    let plain = app.execute(sql, &[&group.north.id, &none, &none]).await;
    assert_refused(plain, "42501", "signed_mode");
    let (user, peer) = (group.north.user("operator"), group.north.user("admin"));
    let (own, foreign) = (Some(group.north.assistant), Some(group.other.assistant));
    for (tenant, other_user, assistant, reason) in [
        (group.north.id, Some(peer), own, "signed_mode"),
        (group.north.id, none, own, "signed_mode"),
        (group.north.id, Some(user), none, "signed_mode"),
        (group.other.id, Some(user), own, "signed_mode"),
        (group.other.id, none, foreign, "signed_mode"),
        (group.north.id, Some(user), foreign, "unknown_assistant"),
    ] {
        let transaction = as_user(&mut app, user).await;
        let set = transaction.execute(sql, &[&tenant, &other_user, &assistant]).await;
        assert_refused(set, "42501", reason);
    }
    let transaction = as_user(&mut app, user).await;
    transaction.execute(sql, &[&group.north.id, &Some(user), &own]).await.expect("narrowed");
    let row = transaction.query_one("SELECT awgp.current_assistant_id()", &[]).await.expect("a row");
    assert_eq!((context(&transaction).await, row.get(0)), ((Some(group.north.id), Some(user)), own));
}

/// Each is one script; whatever it answers, the next statement sees nothing. $NORTH and $USER are ids.
const ATTEMPTS: &[(&str, &str)] = &[
    ("the mode, by SET", "SET awgp.context_mode = 'trusted'"),
    ("the mode, by SET LOCAL", "BEGIN; SET LOCAL awgp.context_mode = 'trusted'"),
    ("the mode, by set_config", "SELECT set_config('awgp.context_mode', 'trusted', false)"),
    ("the mode, by RESET", "RESET awgp.context_mode"),
    ("the mode, by RESET ALL", "RESET ALL"),
    ("the mode of the login", "ALTER ROLE awgp_test_app SET awgp.context_mode = 'trusted'"),
    ("the mode of the database", "ALTER DATABASE $DATABASE SET awgp.context_mode = 'trusted'"),
    (
        "the mode, by pg_settings",
        "UPDATE pg_settings SET setting = 'trusted' WHERE name = 'awgp.context_mode'",
    ),
    (
        "the mode, in a function",
        "CREATE FUNCTION pg_temp.f() RETURNS bigint LANGUAGE sql SET awgp.context_mode = 'trusted' AS
         'SELECT count(*) FROM awgp.users'; SELECT pg_temp.f()",
    ),
    ("the seed's setting", "SET app.current_tenant = '$NORTH'"),
    ("the seed's setting, by set_config", "SELECT set_config('app.current_tenant', '$NORTH', false)"),
    (
        "made-up settings",
        "SET awgp.tenant = '$NORTH'; SET awgp.current_tenant = '$NORTH'; SET awgp.user = '$USER'",
    ),
    ("set_context", "SELECT awgp.set_context('$NORTH')"),
    ("set_context with a user", "SELECT awgp.set_context('$NORTH', '$USER')"),
    ("an assistant", "SELECT awgp.set_context('$NORTH', '$USER', '$ASSISTANT')"),
    ("another role", "SET ROLE awgp_admin"),
    ("another login", "SET SESSION AUTHORIZATION awgp_test_admin"),
    ("the group role", "SET ROLE awgp_app"),
    (
        "planted functions",
        "CREATE FUNCTION pg_temp.current_tenant() RETURNS uuid LANGUAGE sql AS $f$ SELECT '$NORTH'::uuid $f$;
         SET search_path = pg_temp, awgp; SELECT count(*) FROM awgp.users",
    ),
    (
        "planted tables",
        "CREATE TEMP TABLE users (id uuid, tenant_id uuid, keycloak_id text, is_active boolean); SET search_path = pg_temp, awgp",
    ),
    (
        "a provider of one's own",
        "INSERT INTO awgp.identity_providers (name, issuer, audience, jwks) VALUES ('x', 'x', '{x}', '{}')",
    ),
    ("a provider, by function", "SELECT awgp.create_identity_provider('x', 'x', '{x}', '{\"keys\": []}')"),
    ("other keys", "UPDATE awgp.identity_providers SET jwks = jwks"),
    (
        "other keys, by function",
        "SELECT awgp.rotate_identity_provider('https://id.example.com/realms/acme', '{}')",
    ),
    ("reading the providers", "SELECT * FROM awgp.identity_providers"),
    (
        "a function in awgp",
        "CREATE OR REPLACE FUNCTION awgp.current_tenant() RETURNS uuid LANGUAGE sql AS $f$ SELECT '$NORTH'::uuid $f$",
    ),
    ("the library again", "LOAD 'awgp'"),
    ("row security off", "SET row_security = off"),
];

#[tokio::test]
async fn nothing_that_sql_can_write_forges_a_context() {
    let (database, group) = signed_database().await;
    for loaded in [false, true] {
        for (name, script) in ATTEMPTS {
            let app = database.app().await;
            if loaded {
                assert_eq!(context(&app).await, NOBODY);
            }
            let script = script
                .replace("$NORTH", &group.north.id.to_string())
                .replace("$USER", &group.north.user("admin").to_string())
                .replace("$ASSISTANT", &group.north.assistant.to_string())
                .replace("$DATABASE", &database.name);
            let answer = app.batch_execute(&script).await;
            let answer =
                answer.map_err(|error| error.as_db_error().map(|error| error.code().code().to_owned()));
            if answer.is_err() {
                app.batch_execute("ROLLBACK").await.expect("the session goes on");
            }
            assert!(!name.starts_with("reading") || answer == Err(Some("42501".to_owned())), "{answer:?}");
            app.batch_execute("SET row_security = on").await.expect("a setting of everybody's");
            assert_eq!(context(&app).await, NOBODY, "{name}, loaded before: {loaded}");
            assert_eq!(rows_seen(&app).await, 0, "{name}, loaded before: {loaded}");
            assert_eq!(mode(&app).await, "signed", "{name}, loaded before: {loaded}");
        }
    }
    // Other tests have settings in databases of theirs.
    let entries = "SELECT count(*) FROM pg_db_role_setting
                   WHERE setdatabase = 0 OR setrole <> 0 AND setdatabase =
                       (SELECT oid FROM pg_database WHERE datname = current_database())";
    let row = database.superuser().await.query_one(entries, &[]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 0, "no setting was left behind");
}

async fn mode(client: &Client) -> String {
    client.query_one("SELECT awgp.context_mode()", &[]).await.expect("a mode").get(0)
}

#[tokio::test]
async fn what_a_client_passes_when_it_connects_does_not_hide_the_mode() {
    let (database, group) = signed_database().await;
    for options in [
        "-c awgp.context_mode=trusted",
        "-c awgp.context_mode=signed",
        "-c awgp.context_mode=nonsense",
        "-c awgp.context_mode=",
        "-c awgp.Context_Mode=trusted",
        "--awgp.context-mode=trusted",
        "-c awgp.context\\_mode=trusted",
    ] {
        let Some(app) = connect_with(&database, options).await else { continue };
        let id = group.north.id.to_string();
        let sql = "SELECT set_config('app.current_tenant', $1, false)";
        app.execute(sql, &[&id]).await.expect("any setting may be set");
        assert_eq!((context(&app).await, rows_seen(&app).await), (NOBODY, 0), "{options}");
        assert_eq!(mode(&app).await, "signed", "{options}");
        let set = app.execute("SELECT awgp.set_context($1)", &[&group.north.id]).await;
        assert_refused(set, "42501", "signed_mode");
    }
}

#[tokio::test]
async fn preloaded_or_not_the_mode_holds() {
    let (database, group) = signed_database().await;
    let sql = format!("ALTER DATABASE {} SET session_preload_libraries = 'awgp'", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("a superuser preloads");
    for options in ["", "-c awgp.context_mode=trusted"] {
        let Some(app) = connect_with(&database, options).await else { continue };
        let sql = format!("SET app.current_tenant = '{}'", group.north.id);
        app.batch_execute(&sql).await.expect("any setting may be set");
        let set = app.batch_execute("SET awgp.context_mode = 'trusted'").await;
        assert_eq!(set.expect_err("not theirs to set").code().map(|code| code.code()), Some("42501"));
        assert_eq!((context(&app).await, rows_seen(&app).await), (NOBODY, 0), "{options}");
        assert_eq!(mode(&app).await, "signed", "{options}");
    }
}
