//! What a superuser has set is in force for whoever connects with options of their own,
//! also where the library is loaded late.

use awgp_tests::own_server::is_inside;
use awgp_tests::tokens::signed_database;
use awgp_tests::{Database, Login, PASSWORD, assert_refused, assert_sqlstate, server};
use tokio_postgres::{Client, NoTls};

/// A connection of an application's with these options; none where the server has the library from its start,
/// knows the setting and refuses whoever may not set it.
pub async fn connect_with(database: &Database, options: &str) -> Option<Client> {
    let mut config = server();
    config.dbname(&database.name).user("awgp_test_app").password(PASSWORD).options(options);
    match config.connect(NoTls).await {
        Ok((client, connection)) => {
            tokio::spawn(connection);
            Some(client)
        }
        Err(error) => {
            let code = error.code().expect("the server itself refuses").code();
            assert!(
                is_preloaded(database).await && ["42501", "22023", "55P02"].contains(&code),
                "{options}: {error}"
            );
            None
        }
    }
}

async fn is_preloaded(database: &Database) -> bool {
    let superuser = database.superuser().await;
    let row = superuser.query_one("SHOW shared_preload_libraries", &[]).await.expect("a setting");
    row.get::<_, String>(0).contains("awgp")
}

/// A setting of AWGP's that only a superuser sets: its name, its default, and another value.
struct Setting {
    name: String,
    default: String,
    other: String,
}

/// All of them, from the catalog of a session that has the library.
async fn settings(client: &Client, context: &str) -> Vec<Setting> {
    client.query_one("SELECT awgp.context_mode()", &[]).await.expect("the library is loaded");
    let sql = "SELECT name, coalesce(boot_val, ''), CASE vartype
                   WHEN 'bool' THEN CASE boot_val WHEN 'on' THEN 'off' ELSE 'on' END
                   WHEN 'integer' THEN (boot_val::integer + 1)::text
                   WHEN 'enum' THEN (SELECT value FROM unnest(enumvals) AS value WHERE value <> boot_val LIMIT 1)
                   ELSE CASE name WHEN 'awgp.accounting_time' THEN '2026-01-02' ELSE 'something_else' END END
               FROM pg_settings WHERE name LIKE 'awgp.%' AND context = $1 ORDER BY name";
    let rows = client.query(sql, &[&context]).await.expect("pg_settings is readable");
    rows.iter().map(|row| Setting { name: row.get(0), default: row.get(1), other: row.get(2) }).collect()
}

/// What a session has in force once it has called AWGP.
async fn in_force(client: &Client, name: &str) -> String {
    client.query_one("SELECT awgp.context_mode()", &[]).await.expect("a mode");
    client
        .query_one("SELECT setting FROM pg_settings WHERE name = $1", &[&name])
        .await
        .expect("the setting")
        .get(0)
}

#[tokio::test]
async fn no_option_of_a_client_takes_the_place_of_what_database_or_login_say() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let settings = settings(&superuser, "superuser").await;
    assert!(settings.len() >= 9, "the settings of a superuser are there");
    let name = &database.name;
    for (place, reset) in [
        (format!("DATABASE {name}"), format!("DATABASE {name} RESET ALL")),
        (
            format!("ROLE awgp_test_app IN DATABASE {name}"),
            format!("ROLE awgp_test_app IN DATABASE {name} RESET ALL"),
        ),
    ] {
        for Setting { name, other, .. } in &settings {
            let sql = format!("ALTER {place} SET {name} = '{other}'");
            superuser.batch_execute(&sql).await.expect("a superuser sets it");
        }
        for Setting { name, default, other } in &settings {
            for option in [
                format!("-c {name}={default}"),
                format!("-c {name}=nonsense"),
                format!("-c {name}="),
                // Another one's, whose own value must not go down with it either.
                "-c awgp.audit_lanes=1".to_owned(),
            ] {
                let Some(app) = connect_with(&database, &option).await else { continue };
                assert_eq!(&in_force(&app, name).await, other, "{place}: {option}");
                app.batch_execute(&format!("RESET {name}")).await.expect_err("not theirs to reset");
                assert_eq!(&in_force(&app, name).await, other, "{place}: {option}, after RESET");
            }
        }
        superuser.batch_execute(&format!("ALTER {reset}")).await.expect("put back");
    }
}

#[test]
fn no_option_of_a_client_takes_the_place_of_what_the_servers_files_say() {
    let test = "signed_mode::settings::no_option_of_a_client_takes_the_place_of_what_the_servers_files_say";
    // The harness writes them where ALTER SYSTEM does.
    let options = [
        "--conf",
        "awgp.audit_retention=3650",
        "--conf",
        "awgp.maintenance_interval=77",
        "--conf",
        "awgp.context_mode=signed",
    ];
    if !is_inside(test, &options) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let database = Database::new().await;
        let given = "-c awgp.audit_retention=1 -c awgp.maintenance_interval=1 -c awgp.context_mode=trusted";
        let app = connect_with(&database, given).await.expect("the library is not preloaded");
        for (name, value) in [
            ("awgp.audit_retention", "3650"),
            ("awgp.maintenance_interval", "77"),
            ("awgp.context_mode", "signed"),
        ] {
            let shown =
                app.query_one("SELECT awgp.context_mode()", &[]).await.expect("a mode").get::<_, String>(0);
            assert_eq!(shown, "signed");
            assert_eq!(in_force(&app, name).await, value, "{name}");
        }
        let role =
            format!("ALTER ROLE awgp_test_app IN DATABASE {} SET awgp.audit_retention = 500", database.name);
        database.superuser().await.batch_execute(&role).await.expect("a superuser sets it");
        let app = connect_with(&database, given).await.expect("the library is not preloaded");
        assert_eq!(in_force(&app, "awgp.audit_retention").await, "500", "the login's own is stronger");
    });
}

#[tokio::test]
async fn a_privileged_client_may_pass_what_it_may_set() {
    let (database, _group) = signed_database().await;
    let mut config = server();
    config.dbname(&database.name).options("-c awgp.audit_retention=777 -c awgp.context_mode=trusted");
    let (superuser, connection) = config.connect(NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    assert_eq!(in_force(&superuser, "awgp.audit_retention").await, "777");
    assert_eq!(in_force(&superuser, "awgp.context_mode").await, "trusted");
}

#[tokio::test]
async fn a_mode_that_nobody_knows_means_signed_and_other_settings_are_refused() {
    let (database, group) = awgp_tests::tokens::trusting_database().await;
    // Set while the library is not loaded, as a placeholder: nothing judges it.
    let superuser = awgp_tests::connect_to("postgres", Login::Superuser).await;
    let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'singed'", database.name);
    let set = superuser.batch_execute(&sql).await;
    if is_preloaded(&database).await {
        assert_sqlstate(set, "22023");
        return;
    }
    set.expect("a superuser sets what they like");
    let app = database.app().await;
    assert_eq!(
        app.query_one("SELECT awgp.context_mode()", &[]).await.expect("a mode").get::<_, String>(0),
        "signed"
    );
    let set = app.execute("SELECT awgp.set_context($1)", &[&group.north.id]).await;
    assert_refused(set, "42501", "signed_mode");
    // What is to be masked, and how many lanes there are, nobody can say: so nothing is written.
    let written = database.admin().await.batch_execute("SELECT awgp.create_tenant('New', 'new')").await;
    assert_refused(written, "55000", "settings_unknown");
}
